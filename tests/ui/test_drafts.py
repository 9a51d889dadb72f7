import pytest

from smimetui.ui.screens.compose import ComposeScreen
from smimetui.ui.screens.mail_list import MailListScreen
from smimetui.ui.start import ShowList
from tests.services.world import BOB, DAVE, make_world
from tests.ui.stage import Stage, stage


async def write(on: Stage) -> None:
    await on.sees("messages")
    await on.press("c")
    await on.type("bob@corp.example,dave@ext.example,")
    await on.press("tab", "tab", "tab")
    await on.type("Half done\nThe first half.")
    await on.sees("Unable to Encrypt")


async def save(on: Stage) -> None:
    await on.press("escape")
    await on.sees("Save Draft")
    await on.press("down", "enter")
    await on.sees("saved in Drafts, encrypted to you")


async def open_drafts(on: Stage) -> None:
    await on.press("m", "home")
    await on.sees("Drafts")
    screen = on.app.screen.query_one("Rows")
    names = list(screen.rows)
    await on.press(*["down"] * names.index("Drafts"), "enter")
    await on.until(lambda: isinstance(on.app.screen, MailListScreen) and on.app.screen.folder.name == "Drafts")


async def test_a_saved_draft_lies_encrypted_in_drafts_and_opens_as_it_was() -> None:
    world = make_world(published=[BOB])
    async with stage(world.session, start=ShowList()) as on:
        await write(on)
        await save(on)
        (kept,) = world.mailbox.messages["Drafts"].values()
        assert b"The first half" not in kept
        assert b"dave@ext.example" not in kept
        await open_drafts(on)
        await on.press("enter")
        await on.sees("The first half.")
        draft = on.composer.draft(world.session)
        assert (draft.to, draft.subject, draft.body) == ((BOB, DAVE), "Half done", "The first half.")
        assert on.composer.wanted


async def test_a_draft_that_is_sent_leaves_drafts() -> None:
    world = make_world(published=[BOB])
    async with stage(world.session, start=ShowList()) as on:
        await write(on)
        await save(on)
        await open_drafts(on)
        await on.press("enter")
        await on.sees("Unable to Encrypt")
        await on.press("f5", "down", "enter")
        await on.sees("🔒 Encrypted")
        await on.press("f5")
        await on.until(lambda: world.transport.taken and not world.mailbox.messages["Drafts"])


async def test_a_draft_saved_again_replaces_its_earlier_version() -> None:
    world = make_world(published=[BOB])
    async with stage(world.session, start=ShowList()) as on:
        await write(on)
        await save(on)
        await open_drafts(on)
        await on.press("enter")
        await on.sees("The first half.")
        on.composer.query_one("#body").focus()
        await on.type("And the second.")
        await save(on)
        await on.until(lambda: len(world.mailbox.messages["Drafts"]) == 1)


async def test_without_a_certificate_of_ones_own_a_draft_is_not_saved_and_stays_on_the_screen() -> None:
    world = make_world(identities=[])
    async with stage(world.session, start=ShowList()) as on:
        await on.sees("messages")
        await on.press("c")
        await on.type("bob@corp.example,")
        await on.press("escape")
        await on.sees("Save Draft")
        await on.press("down", "enter")
        await on.sees("kept in memory only")
        assert on.composer.draft(world.session).to == (BOB,)
        assert not world.mailbox.messages["Drafts"]


@pytest.mark.parametrize("begun", [("r",), ("f",), ("enter", "r"), ("enter", "f"), ("enter", "c"), ("enter", "F")])
async def test_what_became_of_a_message_is_told_where_it_was_begun(begun: tuple[str, ...]) -> None:
    world = make_world()
    world.mailbox.append("Inbox", b"From: <bob@corp.example>\nSubject: Lunch\n\nAt noon?\n")
    async with stage(world.session, start=ShowList()) as on:
        await on.sees("Lunch")
        for key in begun:
            await on.press(key)
            if key == "enter":
                await on.sees("At noon?")
        await on.until(lambda: isinstance(on.app.screen, ComposeScreen))
        on.composer.query_one("#body").focus()
        await on.type("Words of mine.")
        await save(on)
        assert not isinstance(on.app.screen, ComposeScreen)
