import stat
from pathlib import Path

import pytest

from smimetui.adapters.atomic_file import private_folder, remove_leftovers, write_atomically
from smimetui.adapters.folders import folders_under, own_folders


def test_the_own_folders_are_those_of_xdg(own_world: Path) -> None:
    folders = own_folders()
    assert folders.settings_file == own_world / ".config/smimetui/settings.toml"
    assert folders.themes == own_world / ".config/smimetui/themes"
    assert folders.vault_file == own_world / ".local/share/smimetui/vault"
    assert folders.state == own_world / ".local/state/smimetui"
    assert folders.cache == own_world / ".cache/smimetui"
    assert not folders.settings.exists()


def test_folders_under_a_root_stay_in_it(tmp_path: Path) -> None:
    folders = folders_under(tmp_path)
    for folder in (folders.settings, folders.data, folders.state, folders.cache):
        assert folder.parent == tmp_path


def test_a_private_folder_is_the_owners_and_an_existing_one_stays_as_it_is(tmp_path: Path) -> None:
    assert stat.S_IMODE(private_folder(tmp_path / "a").stat().st_mode) == 0o700
    private_folder(tmp_path / "c" / "d" / "e")
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "c", *(tmp_path / "c").rglob("*"))} == {0o700}
    (tmp_path / "b").mkdir(mode=0o755)
    assert stat.S_IMODE(private_folder(tmp_path / "b").stat().st_mode) == 0o755


def test_a_file_is_replaced_whole_and_is_the_owners(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o644)
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_replaced_and_what_it_points_to_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("old")
    (tmp_path / "link").symlink_to("target")
    write_atomically(tmp_path / "link", b"new")
    assert (tmp_path / "target").read_text() == "old"
    assert not (tmp_path / "link").is_symlink()


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_atomically(tmp_path / "folder", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_only_leftovers_of_that_file_are_removed(tmp_path: Path) -> None:
    for name in (".a.01.tmp", ".b.01.tmp", "a", "a.tmp"):
        (tmp_path / name).write_text("")
    remove_leftovers(tmp_path / "a")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".b.01.tmp", "a", "a.tmp"]
