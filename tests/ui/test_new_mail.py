"""New mail arrives while a person is at it: a key means the message that was in sight."""

from smimetui.ui.screens.mail_list import MailListScreen
from smimetui.ui.screens.message import MessageScreen
from tests.services.world import World
from tests.ui.stage import Stage, lines_with, stage
from tests.ui.test_mail_acts import filled, mail, the_list


async def arrives(on: Stage, world: World, number: int) -> None:
    """Have a message arrive, and the list behind whatever is in front notice it."""
    world.mailbox.append("Inbox", mail(number))
    beneath = on.app.screen_stack[0]
    assert isinstance(beneath, MailListScreen)
    before = len(beneath.rows.rows)
    world.mailbox.changed.set()
    await on.until(lambda: len(beneath.rows.rows) == before + 1, "the new message in the list")
    world.mailbox.changed.clear()


def subjects(world: World, folder: str) -> set[str]:
    return {summary.subject for summary in world.mailbox.summaries(folder)}


async def test_the_selection_stays_on_its_message() -> None:
    world = filled(4)
    async with stage(world.session) as on:
        await on.sees("message 4")
        await on.press("j")
        await arrives(on, world, 5)
        assert the_list(on).rows.cursor == 2
        await on.press("d")
        await on.sees("Moved to the trash")
        assert subjects(world, "Trash") == {"message 3"}


async def test_the_message_that_is_read_is_the_one_that_is_deleted() -> None:
    world = filled(4)
    async with stage(world.session) as on:
        await on.sees("message 4")
        await on.press("j", "enter")
        await on.sees("2 of 4")
        await on.sees("body")
        await arrives(on, world, 5)
        await on.sees("3 of 5")
        await on.press("d")
        await on.sees("Moved to the trash. u brings it back.")
        assert subjects(world, "Trash") == {"message 3"}
        await on.press("u")
        await on.sees("Brought back.")
        assert subjects(world, "Trash") == set()


async def test_the_next_message_is_the_one_below_also_when_new_mail_came() -> None:
    world = filled(4)
    async with stage(world.session) as on:
        await on.sees("message 4")
        await on.press("j", "enter")
        await on.sees("message 3")
        await arrives(on, world, 5)
        await on.press("n")
        await on.sees("4 of 5")
        await on.until(lambda: "message 2" in on.text)
        await on.press("escape")
        await on.until(lambda: isinstance(on.app.screen, MailListScreen))
        assert the_list(on).rows.cursor == 3


async def test_a_wide_terminal_shows_the_folder_beside_the_message_and_a_click_opens_another() -> None:
    world = filled(6)
    async with stage(world.session, size=(200, 60)) as on:
        await on.sees("message 6")
        await on.press("enter")
        await on.sees("1 of 6")
        await on.sees("From      Sender 6")
        assert len(lines_with(on.text, ["message 2 "])) == 1
        await on.press("n")
        await on.sees("From      Sender 5")
        await on.pilot.click("#beside", offset=(5, 4))
        await on.sees("From      Sender 2")
        await on.sees("5 of 6")
        await arrives(on, world, 7)
        await on.sees("6 of 7")
        assert "From      Sender 2" in on.text
        await on.pilot.resize_terminal(80, 24)
        await on.until(lambda: "message 6" not in on.text)
        screen = on.app.screen
        assert isinstance(screen, MessageScreen)
        assert screen.view.size.width > 70


async def test_the_folder_beside_a_message_gets_its_verdicts_as_it_is_paged_through() -> None:
    world = filled(28)
    async with stage(world.session, size=(200, 20)) as on:
        await on.sees("message 28")
        await on.press("enter")
        await on.sees("1 of 28")
        for number in range(2, 29):
            await on.press("n")
            await on.sees(f"{number} of 28")
        folder = the_list_below(on).folder
        assert folder is not None
        await on.until(lambda: all(row.facts for row in folder), "all verdicts")


def the_list_below(on: Stage) -> MailListScreen:
    screen = on.app.screen_stack[0]
    assert isinstance(screen, MailListScreen)
    return screen
