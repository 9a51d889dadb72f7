"""The list: several messages at once, delete with undo, read and unread, and a search that knows who signed."""

from pathlib import Path

import pytest

from smimetui.__main__ import Sandbox
from smimetui.adapters.maildir import Maildir
from smimetui.model.errors import MailboxError
from smimetui.ui import folder as folder_module
from smimetui.ui.preferences import Preferences
from smimetui.ui.screens.mail_list import MailListScreen
from smimetui.ui.start import ShowList
from smimetui.ui.widgets.rows import Rows
from tests.services.world import World, make_world
from tests.ui.stage import Stage, lines_with, stage
from tests.ui.test_winning_a_correspondent import on_list


def mail(number: int) -> bytes:
    return (
        f"From: Sender {number} <s{number}@corp.example>\nSubject: message {number}\n"
        f"Date: Mon, {number} Jun 2026 09:00:00 +0000\n\nbody\n"
    ).encode()


def filled(messages: int) -> World:
    world = make_world()
    for number in range(1, messages + 1):
        world.mailbox.append("Inbox", mail(number))
    return world


def the_list(on: Stage) -> MailListScreen:
    screen = on.app.screen
    assert isinstance(screen, MailListScreen)
    return screen


async def test_several_are_selected_deleted_together_and_brought_back_together() -> None:
    world = filled(6)
    box = world.mailbox
    async with stage(world.session) as on:
        await on.sees("message 6")
        await on.press("x", "x", "j", "x")
        await on.sees("3 selected")
        assert [line[:2] for line in on.text.splitlines() if " message " in line][:4] == ["▌ ", "▌ ", "  ", "▌ "]
        await on.press("d")
        await on.sees("Moved 3 messages to the trash. u brings them back.")
        await on.sees("3 messages")
        assert len(box.messages["Trash"]) == 3
        assert "selected" not in on.text
        await on.press("u")
        await on.sees("Brought 3 back.")
        assert on.text.count(" message ") == 6
        await on.press("u")
        await on.sees("Nothing to undo.")


async def test_deletes_are_undone_one_after_the_other() -> None:
    async with stage(filled(3).session) as on:
        await on.sees("message 3")
        await on.press("d")
        await on.sees("u brings it back")
        await on.press("d")
        await on.sees("1 message")
        await on.press("u")
        await on.until(lambda: on.text.count(" message ") == 2, "one is back")
        await on.press("u")
        await on.until(lambda: on.text.count(" message ") == 3, "both are back")


async def test_escape_ends_the_selection_and_x_takes_one_back() -> None:
    async with stage(filled(3).session) as on:
        await on.sees("message 3")
        await on.press("x", "k", "x")
        await on.until(lambda: "selected" not in on.text, "none is selected")
        await on.press("x")
        await on.sees("1 selected")
        await on.press("escape")
        await on.until(lambda: "selected" not in on.text, "none is selected")


async def test_a_search_ends_the_selection_so_that_nothing_out_of_sight_is_deleted() -> None:
    world = filled(3)
    async with stage(world.session) as on:
        await on.sees("message 3")
        await on.press("x", "slash")
        await on.type("message 1\n")
        await on.sees("1 found")
        assert "selected" not in on.text
        await on.press("d")
        await on.sees("u brings it back")
        assert [b"message 1" in raw for raw in world.mailbox.messages["Trash"].values()] == [True]


async def test_messages_are_marked_as_unread_and_as_read() -> None:
    async with stage(filled(3).session) as on:
        await on.sees("3 messages")
        await on.press("x", "x", "U")
        await on.sees("Marked as unread.")
        await on.sees("2 unread")
        await on.press("escape", "g", "U")
        await on.sees("Marked as read.")
        await on.sees("1 unread")


async def test_what_fails_midway_keeps_its_selection_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    world = filled(4)
    box = world.mailbox
    trash = box.trash

    def fail(folder: str, uid: str) -> str:
        if len(box.messages["Trash"]) == 1:
            raise MailboxError("the server said no")
        return trash(folder, uid)

    monkeypatch.setattr(box, "trash", fail)
    async with stage(world.session) as on:
        await on.sees("4 messages")
        await on.press("x", "x", "x", "d")
        await on.sees("3 messages")
        await on.sees("2 selected")
        assert len(box.messages["Trash"]) == 1


async def test_the_acts_are_in_the_help_and_can_be_remapped() -> None:
    preferences = Preferences(keys={"list.select": "t"})
    async with stage(filled(2).session, preferences=preferences, size=(80, 50)) as on:
        await on.sees("message 2")
        await on.press("t")
        await on.sees("1 selected")
        await on.press("f1")
        await on.sees("Select the message, or no longer")
        assert lines_with(on.text, ["Select the message"])[0].split()[0] == "t"
        assert "Mark as read, or as unread" in on.text


async def test_a_search_finds_by_who_signed(sandbox: Sandbox) -> None:
    async with on_list(sandbox) as on:
        await on.press("slash")
        await on.type("partner.example")
        await on.sees("Signed contract")
        assert "Budget" not in on.text
        await on.press("escape")
        await on.sees("Budget")


async def test_a_signer_is_found_among_messages_that_no_page_has_shown(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_module, "PAGE", 5)
    box = Maildir(Path(sandbox.folder) / "mail")
    for number in range(1, 29):
        box.deliver(mail(number).replace(b"Jun 2026", b"Dec 2037"))
    app = sandbox.app(ShowList())
    async with app.run_test(size=(80, 12)) as pilot:
        on = Stage(app, pilot)
        await on.sees("Sender 28")
        await on.press("slash")
        await on.type("partner.example")
        await on.sees("Signed contract")
        await on.sees("1 found")
        await on.until(lambda: "signers" not in on.text, "all were looked at")


async def test_a_search_that_opened_enough_says_how_far_it_came(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_module, "MOST_SOUGHT", 10)
    monkeypatch.setattr(folder_module, "PAGE", 5)
    async with on_list(sandbox) as on:
        await on.press("slash")
        await on.type("zzz")
        await on.sees("signers: the newest 5 looked at")


@pytest.mark.parametrize("size", [(80, 24), (60, 18), (200, 60)])
async def test_a_click_selects_and_opens_at_every_size(size: tuple[int, int]) -> None:
    async with stage(filled(3).session, size=size) as on:
        await on.sees("message 1")
        line = next(number for number, text in enumerate(on.text.splitlines()) if "message 2" in text)
        await on.pilot.click(offset=(10, line))
        await on.until(lambda: the_list(on).rows.cursor == 1, "the second row")
        await on.pilot.click(offset=(10, line))
        await on.sees("2 of 3")


async def test_sent_mail_is_listed_by_whom_it_went_to() -> None:
    world = filled(1)
    raw = b"From: Alice <alice@corp.example>\nTo: Bob Baker <bob@corp.example>\nCc: x@y.example\nSubject: Tea\n\nHi\n"
    world.mailbox.append("Sent", raw)
    async with stage(world.session) as on:
        await on.sees("Sender 1")
        await on.press("m")
        await on.sees("Trash")
        await on.press("home", *["down"] * list(on.app.screen.query_one(Rows).rows).index("Sent"), "enter")
        await on.sees("Tea")
        await on.sees("To Bob Baker, x@y")
