from pathlib import Path
from shlex import quote
from threading import Event

import pytest
from textual.events import Paste

from smimetui.model.errors import FormatError
from smimetui.ui.files import dropped_files, read_attachment
from smimetui.ui.start import Compose
from smimetui.ui.widgets.editor import BodyEditor
from smimetui.ui.widgets.file_chip import FileChip
from tests.services.world import BOB, make_world
from tests.ui.stage import Stage, stage


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    first, second = tmp_path / "q3 figures.ods", tmp_path / ".hidden ü"
    first.write_bytes(bytes(48_000))
    second.write_bytes(b"x")
    return first, second


def names(on: Stage) -> list[str]:
    return [item.name for item in on.composer.attachments]


def test_files_are_known_however_a_terminal_writes_them(files: tuple[Path, Path]) -> None:
    first, second = files
    escaped = str(first).replace(" ", "\\ ")
    assert dropped_files(str(first)) == (first,)
    assert dropped_files(f"{escaped} {quote(str(second))} ") == files
    assert dropped_files(f"{first}\n{second}\n") == files
    assert dropped_files(f"{first.as_uri()}\r\n{second.as_uri()}") == files


def test_anything_else_is_text(files: tuple[Path, Path], tmp_path: Path) -> None:
    for text in (
        f"see {files[0]}",
        f"{files[0]} and",
        str(tmp_path),
        f"{tmp_path}/none",
        "/",
        "'",
        "",
        "/\0",
        "~nobody-here/x",
    ):
        assert dropped_files(text) == ()
    assert dropped_files(f"{files[0]}\n" * 1_000) == ()
    assert dropped_files("/" + "x" * 5_000) == ()


async def test_files_dropped_on_the_text_are_attached_and_undo_takes_them_for_text(files: tuple[Path, Path]) -> None:
    async with stage(make_world(published=[BOB]).session, start=Compose(to=(BOB,), subject="s", body="b")) as on:
        await on.sees("Encrypted")
        body = on.composer.query_one(BodyEditor)
        await on.until(lambda: body.has_focus)
        pasted = f"{quote(str(files[0]))} {quote(str(files[1]))}"
        on.app.post_message(Paste(pasted))
        await on.sees("2 files, 48 kB; about 100 kB to send.")
        assert names(on) == ["q3 figures.ods", ".hidden ü"]
        assert body.text == "b"
        await on.press("ctrl+u")
        await on.until(lambda: not names(on))
        assert body.text == f"{pasted}b"


async def test_undoing_a_drop_takes_out_no_other_file(files: tuple[Path, Path]) -> None:
    async with stage(make_world(published=[BOB]).session, start=Compose(to=(BOB,), subject="s")) as on:
        body = on.composer.query_one(BodyEditor)
        await on.until(lambda: body.has_focus)
        await on.composer.add_file(files[1])
        # Two are dropped, and the first is gone by now.
        on.composer.on_body_editor_dropped(BodyEditor.Dropped((files[0].with_name("gone"), files[0])))
        await on.sees("gone is not a file")
        on.composer.on_body_editor_undropped()
        assert names(on) == [".hidden ü"]


async def test_of_many_files_the_number_is_told_and_each_can_be_brought_into_view(tmp_path: Path) -> None:
    paths = [tmp_path / f"a rather long name of a file, number {number}.bin" for number in range(8)]
    for path in paths:
        path.write_bytes(b"x")
    start = Compose(to=(BOB,), subject="s", attachments=tuple(paths))
    async with stage(make_world(published=[BOB]).session, start=start, size=(60, 18)) as on:
        await on.sees("Files (8)")
        assert "number 7" not in on.text
        on.composer.query(FileChip).last().focus()
        await on.sees("number 7.bin")
        await on.press("backspace")
        await on.sees("Files (7)")


async def test_typing_after_a_drop_makes_undo_undo_the_typing(files: tuple[Path, Path]) -> None:
    async with stage(make_world(published=[BOB]).session, start=Compose(to=(BOB,), subject="s")) as on:
        body = on.composer.query_one(BodyEditor)
        await on.until(lambda: body.has_focus)
        on.app.post_message(Paste(str(files[0])))
        await on.until(lambda: names(on))
        await on.press("x", "ctrl+u")
        assert names(on) == ["q3 figures.ods"]
        assert body.text == ""


async def test_the_sheet_takes_several_dropped_files_and_the_row_takes_more(files: tuple[Path, Path]) -> None:
    async with stage(make_world(published=[BOB]).session, start=Compose(to=(BOB,))) as on:
        await on.sees("Encrypted")
        await on.press("f8")
        await on.sees("File to attach")
        on.app.post_message(Paste(f"{files[0]}\n{files[1]}"))
        await on.pilot.pause()
        await on.press("enter")
        await on.until(lambda: len(names(on)) == 2)
        on.composer.query(FileChip).first().focus()
        await on.pilot.pause()
        on.app.post_message(Paste(str(files[1])))
        await on.until(lambda: len(names(on)) == 3)


async def test_a_text_that_speaks_of_a_file_asks_once_and_sends_then() -> None:
    world = make_world(published=[BOB])
    async with stage(world.session, start=Compose(to=(BOB,), subject="s", body="Attached are the figures.")) as on:
        await on.sees("Encrypted")
        await on.press("f5")
        await on.sees("The message speaks of a file, and none is attached.")
        await on.press("escape")
        assert not world.transport.taken
        await on.press("f5")
        await on.until(lambda: world.transport.taken)


async def test_send_without_sends() -> None:
    world = make_world(published=[BOB])
    async with stage(world.session, start=Compose(to=(BOB,), subject="s", body="Anbei die Zahlen.")) as on:
        await on.sees("Encrypted")
        await on.press("f5")
        await on.sees("Send Without")
        await on.press("down", "enter")
        await on.until(lambda: world.transport.taken)


async def test_attach_a_file_comes_first_and_asks_for_it() -> None:
    async with stage(make_world().session, start=Compose(to=(BOB,), subject="s", body="Anbei die Zahlen.")) as on:
        await on.until(lambda: on.composer.session is not None)
        await on.press("f5")
        await on.sees("Send Without")
        await on.press("enter")
        await on.sees("File to attach")


def test_reading_tells_how_far_it_is_and_stops_when_told(tmp_path: Path) -> None:
    path = tmp_path / "big"
    path.write_bytes(bytes(5_000_000))
    seen: list[tuple[int, int]] = []
    with pytest.raises(FormatError, match="big is not attached"):
        read_attachment(path, lambda done, size: not seen.append((done, size)) and len(seen) < 2)
    assert seen == [(2_000_000, 5_000_000), (4_000_000, 5_000_000)]


async def test_esc_stops_reading_a_big_file_and_keeps_the_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "big.iso"
    path.write_bytes(bytes(6_000_000))
    reached, go_on = Event(), Event()

    def slowly(where: Path, progress: object) -> object:
        assert callable(progress)

        def told(done: int, size: int) -> bool:
            on_way = bool(progress(done, size))
            reached.set()
            go_on.wait(20)
            return on_way and bool(progress(done, size))

        return read_attachment(where, told)

    monkeypatch.setattr("smimetui.ui.attaching.read_attachment", slowly)
    async with stage(make_world(published=[BOB]).session, start=Compose(to=(BOB,), subject="s")) as on:
        await on.sees("Encrypted")
        body = on.composer.query_one(BodyEditor)
        body.focus()
        await on.pilot.pause()
        on.app.post_message(Paste(str(path)))
        await on.sees("Reading big.iso: 33 %. Esc cancels.")
        await on.press("escape")
        go_on.set()
        await on.sees("Not attached.")
        assert names(on) == []
