"""Send: sealed at once, then a countdown in which it can be taken back."""

from threading import Event

from smimetui.model.message import Outcome, SealedMessage
from smimetui.services.outbox_entry import Standing
from smimetui.smime.identity import Identity
from smimetui.ui.outgoing import sending_word
from smimetui.ui.preferences import Preferences
from smimetui.ui.screens.compose import ComposeScreen
from smimetui.ui.screens.mail_list import MailListScreen
from smimetui.ui.start import Compose
from tests.services.world import ALICE, BOB, make_world, person
from tests.ui.leaving import SECONDS, begin, its_time_is_over, patient, standings, world_of, write_and_send
from tests.ui.stage import stage


async def test_a_message_is_taken_back_with_all_that_was_written() -> None:
    world = world_of()
    async with stage(world.session, preferences=patient()) as on:
        await write_and_send(on)
        await on.sees("Sending in 10 s")
        assert isinstance(on.app.screen, MailListScreen)
        assert standings(world.session) == [Standing.WAITING]
        on.turn(3)
        await on.sees("Sending in 7 s  u Undo")
        await on.press("u")
        await on.until(lambda: isinstance(on.app.screen, ComposeScreen), "the composer")
        await on.sees("🔒 Encrypted")
        body = on.composer.query_one("#body")
        assert (body.text, body.has_focus) == ("Half past three.", True)
        assert on.composer.query_one("#subject").value == "Tea"
        assert "Undo" not in on.text
        on.turn(SECONDS)
    assert world.transport.taken == []
    assert world.session.outbox.entries() == ()


async def test_what_was_taken_back_can_be_sent_after_all() -> None:
    world = world_of()
    async with stage(world.session, preferences=patient()) as on:
        await write_and_send(on)
        await on.sees("u Undo")
        await on.press("u")
        await on.sees("Half past three.")
        await on.sees("🔒 Encrypted")
        await on.type("Or four: ")
        await on.press("f5")
        await its_time_is_over(on)
        await on.sees("Sent, encrypted, to bob@corp.example")
        await on.until(lambda: not world.session.outbox.entries())
    (sent,) = world.transport.taken
    assert world.session.reader.open(sent.data).body.rstrip() == "Or four: Half past three."
    assert len(world.mailbox.messages["Sent"]) == 1
    assert world.session.autosave.left() == ()


async def test_what_cannot_be_sealed_is_said_at_once_and_nothing_counts_down() -> None:
    world = world_of()
    async with stage(world.session, preferences=patient()) as on:
        await begin(on)
        world.store.remove_identity(person(ALICE).certificate.sha256)
        await on.press("f5")
        await on.sees("Not sent: ")
        assert isinstance(on.app.screen, ComposeScreen)
    assert world.session.outbox.entries() == ()


async def test_two_messages_are_taken_back_one_after_the_other_the_newest_first() -> None:
    world = world_of()
    async with stage(world.session, preferences=patient()) as on:
        await write_and_send(on, "First.")
        await on.sees("u Undo")
        await write_and_send(on, "Second.")
        await on.until(lambda: len(on.app.outgoing.leaving) == 2, "both count down")
        await on.press("u")
        await on.sees("Second.")
        await on.press("escape")
        await on.sees("Delete Draft")
        await on.press("down", "down", "enter")
        await on.until(lambda: isinstance(on.app.screen, MailListScreen))
        await on.sees("u Undo")
        await on.press("u")
        await on.sees("First.")


async def test_the_countdown_stands_on_whatever_screen_is_in_front() -> None:
    world = world_of()
    async with stage(world.session, preferences=patient(), size=(60, 18)) as on:
        await write_and_send(on)
        await on.sees("u Undo")
        await on.press("c")
        await on.until(lambda: "New Message" in on.text and "^P Undo" in on.text, "the countdown over the composer")
        await on.until(lambda: on.app.focused is on.composer.query_one("#to").input)
        await on.type("u")
        assert "Send" in on.text
        assert on.composer.query_one("#to").input.value == "u"


async def test_a_click_on_the_countdown_takes_the_message_back() -> None:
    world = world_of()
    async with stage(world.session, preferences=patient()) as on:
        await write_and_send(on)
        await on.sees("u Undo")
        await on.until(lambda: on.app.screen.query_one("OutgoingLine").region.height == 1, "the line is laid out")
        await on.pilot.click("OutgoingLine")
        await on.sees("Half past three.")


async def test_a_composer_that_is_all_there_is_counts_down_itself_and_ends_the_program() -> None:
    world = world_of()
    start = Compose(to=(BOB,), subject="Tea", body="Half past three.")
    async with stage(world.session, start=start, preferences=patient()) as on:
        await on.sees("🔒 Encrypted")
        await on.press("f5")
        await its_time_is_over(on)
        await on.until(lambda: on.app.return_value is not None, "the end")
    assert on.app.return_value == 0
    assert len(world.transport.taken) == 1


async def test_a_composer_that_is_all_there_is_takes_its_message_back() -> None:
    world = world_of()
    async with stage(
        world.session, start=Compose(to=(BOB,), subject="Tea", body="Three."), preferences=patient()
    ) as on:
        await on.sees("🔒 Encrypted")
        await on.press("f5")
        await on.sees("u Undo")
        await on.press("escape")
        await on.sees("Not sent.")
        assert not on.composer.query_one("#body").disabled
        await on.press("f5")
        await on.sees("u Undo")
        await on.press("u")
        await on.sees("Not sent.")
    assert world.transport.taken == []
    assert world.session.outbox.entries() == ()


async def test_the_time_to_undo_is_a_setting_that_is_kept() -> None:
    kept: list[int] = []
    preferences = Preferences(undo_send=10, save_undo_send=kept.append)
    async with stage(world_of().session, preferences=preferences) as on:
        await on.sees("messages")
        await on.press("m", "end", "enter")
        await on.sees("Undo Send               10 s")
        await on.press("down", "down", "down", "enter")
        await on.sees("Undo Send               20 s")
        await on.press("enter", "enter")
        await on.sees("Undo Send               off")
        await on.until(lambda: kept == [20, 30, 0])


async def test_sealing_can_be_cancelled_and_nothing_is_anywhere() -> None:
    world = world_of()
    async with stage(world.session, preferences=patient()) as on:
        await begin(on)
        started, go_on = Event(), Event()
        identities = world.store.identities

        def slow() -> tuple[Identity, ...]:
            started.set()
            go_on.wait(20)
            return identities()

        world.store.identities = slow  # type: ignore[method-assign]
        await on.press("f5")
        await on.until(started.is_set)
        await on.press("escape")
        await on.sees("Not sent.")
        assert not on.composer.query_one("#body").disabled
        go_on.set()
        world.store.identities = identities  # type: ignore[method-assign]
        await on.press("f5")
        await on.sees("u Undo")
    assert world.transport.taken == []


async def test_what_is_being_handed_over_is_not_cancelled_any_more_and_its_end_is_said() -> None:
    world = world_of()
    started, go_on = Event(), Event()
    send = world.transport.send

    def slow(message: SealedMessage) -> Outcome:
        started.set()
        go_on.wait(20)
        return send(message)

    world.transport.send = slow  # type: ignore[method-assign]
    async with stage(world.session, start=Compose(to=(BOB,), subject="Tea")) as on:
        await on.sees("🔒 Encrypted")
        await on.press("f5")
        await on.until(started.is_set)
        await on.sees("Sending…")
        on.turn(7)
        await on.sees("Sending… 7 s")
        await on.press("escape")
        await on.sees("It is too late to cancel")
        go_on.set()
        await on.until(lambda: on.app.return_value is not None, "the end")
    assert on.app.return_value == 0
    assert len(world.transport.taken) == 1


async def test_a_large_message_says_its_size_and_how_long_it_takes() -> None:
    assert sending_word(900, 0.5) == "Sending…"
    assert sending_word(34_000_000, 12.3) == "Sending 34.0 MB… 12 s"


async def test_without_a_certificate_a_message_is_sent_from_the_composer_as_nothing_can_be_kept() -> None:
    world = make_world(identities=[])
    async with stage(world.session, preferences=patient()) as on:
        await begin(on, state="Not Encrypted")
        await on.press("f5")
        await on.sees("u Undo")
        assert on.composer.query_one("#body").disabled
        await on.press("u")
        await on.sees("Not sent.")
        await on.press("f5")
        await its_time_is_over(on)
        await on.sees("Sent to bob@corp.example.")
    assert len(world.transport.taken) == 1


async def test_of_a_delete_beside_a_countdown_it_is_said_which_of_them_the_key_undoes() -> None:
    world = world_of()
    world.mailbox.append("Inbox", b"From: <bob@corp.example>\nSubject: Lunch\n\nAt noon?\n")
    async with stage(world.session, preferences=patient()) as on:
        await write_and_send(on)
        await on.sees("Sending in 10 s  u Undo")
        await on.press("d")
        await on.sees("Moved to the trash. u brings it back once the message has left.")
        on.turn(SECONDS)
        await on.sees("Sent, encrypted, to bob@corp.example")
        await on.press("u")
        await on.sees("Brought back.")


async def test_where_letters_are_typed_another_key_takes_the_message_back() -> None:
    world = world_of()
    async with stage(world.session, preferences=patient()) as on:
        await write_and_send(on)
        await on.sees("Sending in 10 s  u Undo")
        await on.press("c")
        await on.sees("Sending in 10 s  ^P Undo")
        await on.press("ctrl+p")
        await on.type("Take the mess")
        await on.sees("Take the message back")
        await on.press("enter")
        await on.sees("Half past three.")
    assert world.transport.taken == []
