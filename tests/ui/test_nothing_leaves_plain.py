"""No sequence of keys but the lock and Send Unencrypted leads to plain text leaving."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smimetui.model.message import Draft, Protection
from smimetui.services.account import Account
from smimetui.ui.screens.compose import ComposeScreen
from smimetui.ui.screens.unable import UnableSheet
from smimetui.ui.start import Compose, ShowList
from tests.services.world import ALICE, BOB, DAVE, World, make_world, person
from tests.ui.stage import stage

KEYS = st.sampled_from(
    [
        *("f5", "f5", "f5", "f7", "f2", "escape", "enter", "enter", "tab", "shift+tab"),
        *("up", "down", "left", "right", "backspace", "delete", "space", "comma", "semicolon"),
        *("b", "o", "d", "a", "at", "full_stop", "ctrl+a", "ctrl+v", "home", "end"),
    ]
)
SECRET = "the secret of the body"


async def play(world: World, keys: list[str]) -> list[str]:
    """Press the keys in a composer with a blocked recipient and return what was chosen in the sheet."""
    chosen: list[str] = []
    dismiss = UnableSheet.dismiss

    def remembering(sheet: UnableSheet, result: str | None = None) -> object:
        chosen.append(result or "")
        return dismiss(sheet, result)

    UnableSheet.dismiss = remembering  # type: ignore[method-assign, assignment]
    try:
        async with stage(world.session, start=Compose(to=(BOB, DAVE), subject="s", body=SECRET)) as on:
            await on.sees("Unable to Encrypt")
            for key in keys:
                if not on.app.is_running:
                    break
                await on.press(key)
            await on.pilot.pause()
    finally:
        UnableSheet.dismiss = dismiss  # type: ignore[method-assign]
    return chosen


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(keys=st.lists(KEYS, min_size=5, max_size=25))
async def test_what_leaves_is_sealed_whatever_is_typed(keys: list[str]) -> None:
    world = make_world(published=[BOB])
    chosen = await play(world, keys)
    if not {"plain", "ask"} & set(chosen):
        assert all(message.encrypted_to for message in world.transport.taken)
        assert all(SECRET.encode() not in message.data for message in world.transport.taken)


async def test_pasted_text_never_sends() -> None:
    from textual.events import Paste

    world = make_world(published=[BOB])
    async with stage(world.session, start=Compose(to=(BOB,), subject="s", body="b")) as on:
        await on.sees("Encrypted")
        for target in ("#body", "#subject"):
            on.composer.query_one(target).focus()
            on.app.post_message(Paste("\x1b[15~ \x1bOS f5 \r\n\x05\x1b\r\n" * 3))
            await on.pilot.pause()
        assert not world.transport.taken
        assert "\x1b" not in on.composer.query_one("#body").text


async def test_an_answer_to_an_encrypted_message_leaves_in_plain_text_only_after_a_question() -> None:
    """With an expired certificate of one's own the lock cannot close; nobody opened it, though."""
    world = make_world(published=[BOB])
    world.mailbox.append("Inbox", letter_of_bob())
    world.clock.at = person(ALICE).certificate.not_after + timedelta(days=1)
    async with stage(world.session, start=ShowList()) as on:
        await on.sees("1 message")
        await on.press("enter")
        await on.sees(SECRET)
        await on.press("r")
        await on.sees("Not Encrypted")
        await on.sees(SECRET)
        await on.press("f5")
        await on.sees("The message you answer or forward was encrypted")
        await on.press("enter")
        await on.until(lambda: isinstance(on.app.screen, ComposeScreen))
        assert not world.transport.taken
        await on.press("f5")
        await on.sees("The message you answer or forward was encrypted")
        await on.press("down", "enter")
        await on.until(lambda: world.transport.taken)
        assert not world.transport.taken[0].encrypted_to


def letter_of_bob() -> bytes:
    """Return what Bob wrote to Alice in secret."""
    world = make_world(identities=[person(BOB).identity], account=Account(address=BOB), published=[ALICE])
    draft = Draft(sender=BOB, to=(ALICE,), subject="s", body=SECRET)
    world.session.composer.send(draft, Protection(sign=True, encrypt=True))
    return world.transport.taken[0].data
