"""Reading: wrapping, searching, copying; headers, source, and the files of a message."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.geometry import Offset
from textual.selection import Selection

from smimetui.__main__ import Sandbox
from smimetui.model.message import Attachment
from smimetui.ui.preferences import Preferences
from smimetui.ui.screens.compose import ComposeScreen
from smimetui.ui.screens.reading import TextScreen
from smimetui.ui.source import full_headers
from smimetui.ui.start import View
from smimetui.ui.widgets.reading import ReadingView, wrapped
from tests.services.world import make_world
from tests.ui.stage import stage
from tests.ui.test_winning_a_correspondent import on_list, open_message

PLAIN = (
    b"From: Bob <bob@corp.example>\r\nTo: alice@corp.example\r\nSubject: =?utf-8?q?Caf=C3=A9?=\r\n"
    b"X-Long: one\r\n two\r\nDate: Mon, 23 Nov 2026 09:14:00 +0000\r\nMIME-Version: 1.0\r\n"
)
TEXT = PLAIN + b"\r\nalpha beta\r\n> ALPHA\r\n" + b"line\r\n" * 60 + b"the last alpha\r\n"
FILES = (
    PLAIN
    + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nhello\r\n--b\r\nContent-Type: application/pdf\r\n'
    + b'Content-Disposition: attachment; filename="../a.pdf"\r\n\r\nPDF\r\n--b\r\nContent-Type: text/plain\r\n'
    + b'Content-Disposition: attachment; filename="b.txt"\r\n\r\ntext\r\n--b--\r\n'
)


class Reader(App[None]):
    """A view alone."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        yield ReadingView()

    @property
    def view(self) -> ReadingView:
        return self.query_one(ReadingView)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return {"muted": "grey", "selection": "blue"}

    async def on_mount(self) -> None:
        self.call_after_refresh(self.view.show, self._text)


@given(st.text(st.sampled_from("ab 界é\u0301-"), max_size=200), st.integers(2, 20))
def test_wrapping_loses_nothing_but_blanks_at_breaks_and_fits(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(cell_len(line) <= width for line in lines)


def test_a_word_of_a_million_letters_is_cut_in_one_go() -> None:
    assert len(wrapped("x" * 1_000_000, 100)) == 10_000
    assert len(wrapped("界" * 100_000, 100)) == 2_000
    assert max(map(len, wrapped("a" + "\u0301" * 100_000, 50))) <= 200


async def test_a_match_is_found_across_a_break_and_in_any_case() -> None:
    app = Reader("some words that wrap INTO another line\n" * 3)
    async with app.run_test(size=(20, 10)) as pilot:
        await pilot.pause()
        assert app.view.find("wrap into another") == 3
        assert app.view.step(1) == (2, 3)
        assert app.view.step(-2) == (3, 3)
        assert app.view.find("[a-z]") == 0
        assert app.view.step(1) == (0, 0)
        assert app.view.find("") == 0


async def test_what_the_mouse_selects_is_copied_as_it_was_before_it_was_wrapped() -> None:
    app = Reader("one two three four five six\nseven\neight")
    async with app.run_test(size=(16, 10)) as pilot:
        await pilot.pause()
        view = app.view
        assert len(view._lines) > 3
        whole = Selection(None, None)
        assert view.get_selection(whole)[0] == "one two three four five six\nseven\neight"
        assert view.get_selection(Selection(Offset(4, 0), Offset(3, len(view._lines) - 2)))[0] == (
            "two three four five six\nsev"
        )
        view.screen.selections = {view: Selection(Offset(0, 0), Offset(3, 0))}
        assert view.render_line(0).text.startswith("one")


def test_all_headers_are_unfolded_and_decoded() -> None:
    assert full_headers(TEXT).splitlines()[2:4] == ["Subject: Café", "X-Long: one two"]
    assert full_headers(b"X: \xe9\n\nbody: no") == "X: é"
    assert full_headers(b"\n\nbody") == ""
    assert full_headers(b"no field\nA: 1") == "no field\nA: 1"


async def test_a_search_in_a_message_goes_to_and_fro_and_ends_with_escape() -> None:
    async with stage(make_world().session, start=View(raw=TEXT, name="mail.eml")) as on:
        await on.sees("alpha beta")
        await on.press("N")
        await on.sees("Find in this text")
        await on.type("alpha")
        await on.sees("1 of 3")
        await on.press("enter", "n", "n")
        await on.sees("3 of 3")
        await on.sees("the last alpha")
        await on.press("n", "N", "N")
        await on.sees("2 of 3")
        await on.press("slash")
        await on.type("zz")
        await on.sees("is not in this text")
        await on.press("escape")
        await on.until(lambda: "Find in" not in on.text and "zz" not in on.text, "the search has ended")
        await on.pilot.pause()
        assert "Type what to find" not in on.text
        assert on.app.is_running


async def test_headers_and_source_are_screens_of_their_own_with_a_search() -> None:
    async with stage(make_world().session, start=View(raw=TEXT, name="mail.eml")) as on:
        await on.sees("alpha beta")
        await on.press("h")
        await on.sees("X-Long: one two")
        await on.press("slash")
        await on.type("two\n")
        await on.sees("1 of 1")
        await on.press("n", "escape", "escape")
        await on.until(lambda: not isinstance(on.app.screen, TextScreen), "back")
        await on.press("v")
        await on.sees("=?utf-8?q?Caf=C3=A9?=")
        await on.press("slash", "enter", "q")
        await on.until(lambda: not isinstance(on.app.screen, TextScreen), "back")


async def test_a_large_source_is_shown_in_part_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smimetui.ui.screens.message_acts.MOST_SOURCE", 300)
    async with stage(make_world().session, start=View(raw=TEXT, name="mail.eml"), size=(100, 40)) as on:
        await on.sees("alpha beta")
        await on.press("v")
        await on.sees("more are not shown")


async def test_copying_says_what_was_copied_and_that_a_terminal_may_not_take_it() -> None:
    async with stage(make_world().session, start=View(raw=TEXT, name="mail.eml")) as on:
        await on.sees("alpha beta")
        await on.press("y")
        await on.sees("characters copied, unless the terminal ignores it.")
        assert on.app.clipboard.startswith("alpha beta\n> ALPHA\n")
        on.app.screen.selections = {on.app.screen.query_one(ReadingView): Selection(Offset(0, 0), Offset(5, 0))}
        await on.press("ctrl+c")
        await on.sees("5 selected characters copied")
        assert on.app.clipboard == "alpha"


async def test_a_message_without_files_says_so_and_n_stays_where_there_is_no_next() -> None:
    async with stage(make_world().session, start=View(raw=TEXT, name="mail.eml")) as on:
        await on.sees("alpha beta")
        for key in ("s", "o"):
            await on.press("y")
            await on.sees("copied")
            await on.press(key)
            await on.sees("This message has no files.")
        await on.press("n")
        await on.sees("alpha beta")


async def test_a_file_is_opened_only_after_a_question() -> None:
    opened: list[Attachment] = []

    def open_file(attachment: Attachment) -> str:
        opened.append(attachment)
        return "It is open."

    preferences = Preferences(open_file=open_file)
    async with stage(make_world().session, start=View(raw=FILES, name="mail.eml"), preferences=preferences) as on:
        await on.sees("hello")
        await on.press("o")
        await on.sees("Which file?")
        await on.press("down", "enter")
        await on.sees("goes to the program")
        await on.press("enter")
        await on.until(lambda: "goes to the program" not in on.text, "Back is first")
        assert opened == []
        await on.press("o", "enter")
        await on.sees("goes to the program")
        await on.press("down", "enter")
        await on.sees("It is open.")
        assert [item.content for item in opened] == [b"PDF"]


async def test_where_no_program_can_be_started_saving_is_offered() -> None:
    async with stage(make_world().session, start=View(raw=FILES, name="mail.eml")) as on:
        await on.sees("hello")
        await on.press("o")
        await on.sees("s saves the files")


async def test_an_encrypted_message_goes_on_as_a_file_that_stays_encrypted(sandbox: Sandbox) -> None:
    async with on_list(sandbox) as on:
        screen = await open_message(on, "budget")
        assert screen.opened is not None
        await on.press("F")
        await on.sees("stays encrypted")
        await on.press("down", "enter")
        await on.until(lambda: isinstance(on.app.screen, ComposeScreen), "the composer")
        await on.sees("Budget, final.eml")
        draft = on.composer.draft_given
        assert draft.attachments[0].content == screen.opened.raw


async def test_reply_to_all_leaves_oneself_out(sandbox: Sandbox) -> None:
    async with on_list(sandbox) as on:
        await open_message(on, "Minutes")
        await on.press("a")
        await on.until(lambda: isinstance(on.app.screen, ComposeScreen), "the composer")
        assert "alice@corp.example" not in {address.spec for address in on.composer.draft_given.recipients}


def test_hostile_names_stay_in_their_folder(tmp_path: Path) -> None:
    from smimetui.ui.files import save_attachments

    names = ["../../x", "..", "/etc/passwd", "a\0b", "con.txt", "LPT1", "é" * 200 + ".pdf", "a" * 300, "\u202egpj.exe"]
    names += [".ssh/authorized_keys", "~", "-rf", "x/", "\\\\host\\share", "a. . .", "界" * 90]
    (tmp_path / "target").write_text("mine")
    (tmp_path / "link.txt").symlink_to(tmp_path / "target")
    names.append("link.txt")
    folder = tmp_path / "saved"
    folder.mkdir()
    (folder / "link.txt").symlink_to(tmp_path / "target")
    items = [Attachment(name=name, content_type="text/plain", content=b"theirs") for name in names]
    saved = save_attachments(items, folder)
    assert len(set(saved)) == len(names)
    assert all(path.parent == folder and len(path.name.encode()) <= 255 for path in saved)
    assert (tmp_path / "target").read_text() == "mine"
    assert not {"con.txt", "LPT1"} & {path.name for path in saved}
