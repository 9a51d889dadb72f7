"""A composer keeps itself on this machine, and what was left there is offered at the next start."""

from dataclasses import replace

from smimetui.model.message import Draft, Protection
from smimetui.services.autosave import Written
from smimetui.services.session import Session
from smimetui.ui.preferences import Preferences
from smimetui.ui.screens.compose import ComposeScreen
from smimetui.ui.screens.mail_list import MailListScreen
from smimetui.ui.start import Compose, ShowList
from tests.services.world import ALICE, BOB, DAVE, make_world
from tests.ui.stage import Stage, stage

BOTH = Protection(sign=True, encrypt=True)


def left_by_another_window(session: Session, **changes: object) -> None:
    draft = Draft(sender=ALICE, to=(BOB,), subject="Half done", body="The first half.")
    here = session.autosave.begin()
    here.save(replace(Written(draft=draft, protection=BOTH), **changes))  # type: ignore[arg-type]
    here.leave()


def kept(on: Stage, session: Session) -> Written | None:
    here = on.composer.here
    return session.autosave.read(here.name) if here is not None else None


async def open_recovered(on: Stage) -> None:
    await on.press("m")
    await on.sees("Recovered Drafts")
    await on.press("end", *["up"] * 5, "enter")
    await on.sees("Half done: ")


async def test_what_is_written_is_kept_within_seconds_with_what_is_no_recipient_yet() -> None:
    world = make_world(published=[BOB])
    async with stage(world.session, start=ShowList()) as on:
        await on.sees("messages")
        await on.press("c")
        await on.type("bob@corp.example,da")
        await on.until(lambda: (found := kept(on, world.session)) and found.pending[0] == "da", "the draft is kept")
        written = kept(on, world.session)
        assert written is not None
        assert (written.draft.to, written.pending, written.protection) == ((BOB,), ("da", "", ""), BOTH)
        on.composer.query_one("#body").focus()
        await on.type("Hello")
        await on.until(lambda: "Hello" in repr(kept(on, world.session).draft), "the change is kept")


async def test_an_empty_composer_leaves_nothing_behind() -> None:
    world = make_world()
    async with stage(world.session, start=ShowList()) as on:
        await on.sees("messages")
        await on.press("c")
        await on.sees("New Message")
        on.composer._look()
        assert on.composer.here is None
        assert not on.composer.keep_now()


async def test_what_was_left_is_offered_and_gone_on_with() -> None:
    world = make_world(published=[BOB])
    left_by_another_window(world.session, pending=("dave@ext.exam", "", ""))
    async with stage(world.session, start=ShowList()) as on:
        await on.sees("A draft was recovered: m opens Recovered Drafts.")
        await on.sees("1 recovered")
        await open_recovered(on)
        await on.press("enter")
        await on.sees("The first half.")
        await on.sees("dave@ext.exam")
        assert on.composer.wanted
        on.composer.query_one("#body").focus()
        await on.type("And ")
        await on.press("escape")
        await on.sees("Save Draft")
        await on.press("down", "enter")
        await on.until(lambda: isinstance(on.app.screen, MailListScreen))
        await on.until(lambda: "recovered" not in on.text)
    assert len(world.mailbox.messages["Drafts"]) == 1
    assert world.session.autosave.left() == ()


async def test_what_was_left_can_be_discarded_after_a_question() -> None:
    world = make_world()
    left_by_another_window(world.session)
    async with stage(world.session, start=ShowList()) as on:
        await on.sees("recovered")
        await open_recovered(on)
        await on.press("d")
        await on.sees("gone for good")
        await on.press("enter")
        await on.until(lambda: "gone for good" not in on.text)
        assert len(world.session.autosave.left()) == 1
        await on.press("d")
        await on.sees("gone for good")
        await on.press("down", "enter")
        await on.sees("No draft was left behind.")
    assert world.session.autosave.left() == ()


async def test_the_composer_by_itself_says_what_was_left() -> None:
    world = make_world()
    left_by_another_window(world.session)
    async with stage(world.session, start=Compose()) as on:
        await on.sees("A draft was recovered: ^P has Recovered Drafts.")
        await on.press("ctrl+p")
        await on.type("recovered")
        await on.sees("drafts left behind")
        await on.press("enter")
        await on.sees("Half done: ")
        await on.press("enter")
        await on.sees("The first half.")
        await on.press("escape")
        await on.sees("This draft has not been sent.")


async def test_a_draft_that_another_window_opened_meanwhile_stays_there() -> None:
    world = make_world()
    left_by_another_window(world.session)
    async with stage(world.session, start=ShowList()) as on:
        await on.sees("recovered")
        await open_recovered(on)
        (left,) = world.session.autosave.left()
        taken = world.session.autosave.take(left.name)
        assert taken is not None
        await on.press("enter")
        await on.sees("Another window has it open.")


async def test_without_a_certificate_the_screen_says_calmly_that_nothing_is_kept() -> None:
    world = make_world(identities=[])
    async with stage(world.session, start=ShowList()) as on:
        await on.sees("messages")
        await on.press("c")
        await on.type("bob@corp.example,")
        await on.sees("This draft is kept in memory only: no certificate of your own.")
        assert isinstance(on.app.screen, ComposeScreen)


async def test_leaving_the_program_keeps_the_last_letter_and_says_so() -> None:
    world = make_world(published=[BOB])
    async with stage(world.session, start=ShowList()) as on:
        await on.sees("messages")
        await on.press("c")
        await on.type("bob@corp.example,")
        await on.sees("🔒 Encrypted")
        await on.press("tab", "tab", "tab")
        await on.type("Tea\nHalf past three.")
        name = on.composer
        await on.press("ctrl+q")
        await on.until(lambda: on.app._exit, "the end")
    assert name.here is not None
    written = world.session.autosave.read(name.here.name)
    assert written is not None
    assert written.draft.body == "Half past three."


async def test_a_mistake_of_the_program_keeps_what_is_written() -> None:
    world = make_world(published=[BOB])
    async with stage(world.session, start=ShowList()) as on:
        await on.sees("messages")
        await on.press("c")
        await on.sees("not signed" if not world.session.account.sign_by_default else "signed")
        await on.type("half an addr")
        on.app.keep_everything()
        written = kept(on, world.session)
        assert written is not None
        assert written.pending[0] == "half an addr"


async def test_a_draft_of_the_mailbox_is_open_in_one_window_and_the_other_is_told() -> None:
    world = make_world(published=[BOB])
    uid = world.session.drafts.save(Draft(sender=ALICE, to=(DAVE,), subject="Mine"), BOTH)
    async with stage(world.session, start=ShowList(), preferences=Preferences()) as on:
        await on.press("m", "home")
        await on.sees("Drafts")
        await on.press(*["down"] * list(on.app.screen.query_one("Rows").rows).index("Drafts"), "enter")
        await on.sees("Mine")
        assert world.session.autosave.hold(ALICE, uid)
        await on.press("enter")
        await on.sees("This draft is open in another window")
        world.session.autosave.let_go(ALICE, uid)
        await on.press("enter")
        await on.until(lambda: isinstance(on.app.screen, ComposeScreen), "the composer")
        assert not world.session.autosave.hold(ALICE, uid)
        await on.until(lambda: on.composer.session is not None)
        await on.press("escape")
        await on.until(lambda: isinstance(on.app.screen, MailListScreen))
        await on.until(lambda: world.session.autosave.hold(ALICE, uid), "the draft is let go")


async def test_what_an_editor_saves_is_kept_while_it_has_the_terminal() -> None:
    world = make_world(published=[BOB])
    async with stage(world.session, start=ShowList()) as on:
        await on.sees("messages")
        await on.press("c")
        await on.until(lambda: isinstance(on.app.screen, ComposeScreen) and on.composer.session, "the composer")
        on.composer.query_one("#subject").value = "Tea"
        saved = on.composer.keep_beside()
        first = kept(on, world.session)
        saved("From the editor  ")
        written = kept(on, world.session)
    assert (first.draft.subject, first.draft.body) == ("Tea", "")
    assert (written.draft.subject, written.draft.body) == ("Tea", "From the editor")


async def test_two_windows_keep_two_drafts_and_neither_takes_the_others() -> None:
    world = make_world(published=[BOB])
    async with stage(world.session, start=Compose(to=(BOB,))) as first, stage(world.session, start=Compose()) as second:
        for on, word in ((first, "one"), (second, "two")):
            await on.until(lambda on=on: on.composer.session, "the session")
            on.composer.query_one("#body").text = word
            assert on.composer.keep_now()
        names = {on.composer.here.name for on in (first, second)}
        assert len(names) == 2
        assert all(world.session.autosave.take(name) is None for name in names)
        assert {world.session.autosave.read(name).draft.body for name in names} == {"one", "two"}
