"""`mailto-handler`: links of the desktop open the composer, once a person asked for it."""

import subprocess
from configparser import RawConfigParser
from pathlib import Path

import pytest

from smimetui.adapters.mailto_handler import install_handler, remove_handler
from smimetui.model.errors import ConfigError
from tests.cli.running import one_line, smimetui
from tests.conftest import need_program


def applications(home: Path) -> Path:
    return home / ".local/share/applications"


def test_it_is_installed_and_removed_in_the_persons_own_folder(own_world: Path) -> None:
    done = smimetui("mailto-handler", "install")
    assert (done.code, done.err) == (0, "")
    assert "xdg-mime default smimetui.desktop x-scheme-handler/mailto" in done.out
    (file,) = applications(own_world).iterdir()
    entry = RawConfigParser()
    entry.read(file)
    assert entry["Desktop Entry"]["mimetype"] == "x-scheme-handler/mailto;"
    assert entry["Desktop Entry"]["terminal"] == "true"
    assert entry["Desktop Entry"]["exec"].endswith('" compose -- %u')
    assert smimetui("mailto-handler", "install").code == 0
    assert smimetui("mailto-handler", "remove").out == f"removed: {file}\n"
    assert list(applications(own_world).iterdir()) == []
    assert smimetui("mailto-handler", "remove").out == "there is none\n"


@pytest.mark.parametrize("name", ["smimetui", 'odd "name" $HOME `x` \\ 100%'])
def test_the_desktop_file_is_valid(tmp_path: Path, name: str) -> None:
    program = need_program("desktop-file-validate")
    path = install_handler(tmp_path / name, tmp_path)
    done = subprocess.run([program, str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_a_path_that_no_desktop_file_can_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="control characters"):
        install_handler(tmp_path / "a\nExec=evil", tmp_path)


def test_a_folder_that_cannot_be_used_is_a_sentence(own_world: Path) -> None:
    applications(own_world).parent.mkdir(parents=True)
    applications(own_world).write_text("no folder")
    for action in ("install", "remove"):
        done = smimetui("mailto-handler", action)
        assert done.code == 1
        assert one_line(done.err)
    with pytest.raises(ConfigError):
        remove_handler(applications(own_world))
