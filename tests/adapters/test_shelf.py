import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from smimetui.adapters.folders import folders_under
from smimetui.adapters.shelf import FolderShelf, shelves_in
from smimetui.model.errors import StoreError
from smimetui.services.memory_shelf import MemoryShelf
from smimetui.services.ports import Shelf


@pytest.fixture(params=["folder", "memory"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    makers: dict[str, Callable[[], Shelf]] = {"folder": lambda: FolderShelf(tmp_path / "shelf"), "memory": MemoryShelf}
    return makers[request.param]()


def test_what_is_put_there_is_there_until_it_is_removed(shelf: Shelf) -> None:
    assert shelf.names() == ()
    assert shelf.read("one") is None

    shelf.write("one", b"1")
    shelf.write("two.files", b"2")
    shelf.write("one", b"new")

    assert set(shelf.names()) == {"one", "two.files"}
    assert shelf.read("one") == b"new"
    shelf.remove("one")
    shelf.remove("one")
    assert shelf.names() == ("two.files",)


def test_a_name_is_held_by_one_at_a_time(shelf: Shelf) -> None:
    assert shelf.claim("one")
    assert not shelf.claim("one")
    shelf.release("one")
    shelf.release("one")
    assert shelf.claim("one")
    assert shelf.names() == ()


def test_another_window_does_not_get_what_is_held(tmp_path: Path) -> None:
    here, there = FolderShelf(tmp_path), FolderShelf(tmp_path)

    assert here.claim("one")
    assert not there.claim("one")
    here.release("one")
    assert there.claim("one")


def test_a_name_is_free_again_when_its_process_was_killed(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from smimetui.adapters.shelf import FolderShelf\n"
        "shelf = FolderShelf(Path(sys.argv[1]))\n"
        "print(shelf.claim('one') and 'held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        here = FolderShelf(tmp_path)
        assert not here.claim("one")
        holder.kill()
        holder.wait()
        assert here.claim("one")


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    shelf = FolderShelf(tmp_path / "shelf")

    shelf.claim("one")
    shelf.write("one", b"1")

    assert (tmp_path / "shelf").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "shelf").iterdir()} == {0o600}


def test_what_others_put_into_the_folder_is_left_alone(tmp_path: Path) -> None:
    shelf = FolderShelf(tmp_path)
    (tmp_path / "a folder").mkdir()
    (tmp_path / "sub").mkdir()
    (tmp_path / ".one.abc.tmp").write_bytes(b"half")
    shelf.write("one", b"1")

    assert shelf.names() == ("one",)
    shelf.remove("one")
    assert {path.name for path in tmp_path.iterdir()} == {"a folder", "sub"}


@pytest.mark.parametrize("name", ["../out", "", ".hidden", "a/b", "a b"])
def test_a_name_never_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    shelf = FolderShelf(tmp_path / "shelf")

    for act in (shelf.read, shelf.remove, shelf.claim, lambda name: shelf.write(name, b"")):
        with pytest.raises(StoreError):
            act(name)


def test_drafts_and_outgoing_messages_lie_apart_among_the_persons_data(tmp_path: Path) -> None:
    shelves = shelves_in(folders_under(tmp_path))

    shelves.drafts.write("one", b"1")
    shelves.outbox.write("two", b"2")

    assert (tmp_path / "data" / "drafts" / "one").read_bytes() == b"1"
    assert (tmp_path / "data" / "outbox" / "two").read_bytes() == b"2"


def test_a_folder_that_cannot_be_used_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "shelf").write_text("a file")
    shelf = FolderShelf(tmp_path / "shelf")

    for act in (shelf.names, lambda: shelf.read("one"), lambda: shelf.write("one", b""), lambda: shelf.claim("one")):
        with pytest.raises(StoreError, match="shelf cannot be"):
            act()
