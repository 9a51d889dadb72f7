import fcntl
import os
import signal
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from smimetui.adapters.text_editor import TextEditor
from smimetui.model.errors import ConfigError, SmimetuiError

Make = Callable[[str], TextEditor]


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def editor_doing(tmp_path: Path, runtime: Path) -> Make:
    """Makes an editor that runs a shell script, the file as `$1`."""

    def make(script: str, **more: str) -> TextEditor:
        program = tmp_path / "editor program"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        environment = {"PATH": os.environ["PATH"], "XDG_RUNTIME_DIR": str(runtime), "EDITOR": f"'{program}' -x"}
        return TextEditor(tmp_path / "state", environment | more)

    return make


def test_the_text_goes_to_the_editor_and_what_it_saved_comes_back(editor_doing: Make, tmp_path: Path) -> None:
    editor = editor_doing(f'cp "$2" {tmp_path}/seen; printf "Grüße\\033[2J\\n" > "$2"')
    assert editor.edit("Hello") == "Grüße\N{REPLACEMENT CHARACTER}[2J"
    assert (tmp_path / "seen").read_text() == "Hello"


def test_the_file_is_its_owners_alone_in_memory_and_gone_afterwards(
    editor_doing: Make, tmp_path: Path, runtime: Path
) -> None:
    editor = editor_doing(f'stat -c "%a %n" "$2" "$(dirname "$2")" > {tmp_path}/seen; touch "$2.swp"')
    editor.edit("Secret")
    lines = (tmp_path / "seen").read_text().splitlines()
    assert [line.split()[0] for line in lines] == ["600", "700"]
    assert all(line.split(None, 1)[1].startswith(f"{runtime}/") for line in lines)
    assert list(runtime.iterdir()) == []


def test_visual_goes_before_editor(editor_doing: Make) -> None:
    assert editor_doing("exit 9", VISUAL="true").edit("kept\n") == "kept\n"


@pytest.mark.parametrize("name", ["VISUAL", "EDITOR"])
def test_an_editor_that_is_missing_is_a_sentence(editor_doing: Make, name: str) -> None:
    with pytest.raises(ConfigError, match="nowhere-to-be-found is not there"):
        editor_doing("", **{name: "nowhere-to-be-found --wait"}).edit("kept")


def test_none_at_all_and_one_that_cannot_be_understood_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no editor here"):
        TextEditor(tmp_path, {"PATH": str(tmp_path)}).edit("kept")
    with pytest.raises(ConfigError, match="cannot be understood"):
        TextEditor(tmp_path, {"EDITOR": "vi 'x"}).edit("kept")


def test_an_editor_that_fails_changes_nothing_and_leaves_nothing(editor_doing: Make, runtime: Path) -> None:
    with pytest.raises(SmimetuiError, match="ended with 3"):
        editor_doing('echo other > "$2"; exit 3').edit("kept")
    with pytest.raises(SmimetuiError, match="ended with -9"):
        editor_doing("kill -9 $$").edit("kept")
    with pytest.raises(SmimetuiError, match="cannot be read"):
        editor_doing('rm "$2"').edit("kept")
    assert list(runtime.iterdir()) == []


def test_ctrl_c_in_the_editor_is_the_editors_alone(editor_doing: Make) -> None:
    # The terminal sends it to all who run there: vim goes on with it, and so must the draft.
    editor = editor_doing('trap "" INT QUIT; kill -INT $PPID; kill -QUIT $PPID; echo edited > "$2"')
    assert editor.edit("before") == "edited"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_state_folder_that_cannot_be_made_keeps_no_editor_away(editor_doing: Make, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    assert editor_doing('echo edited > "$2"').edit("before") == "edited"


def test_what_an_editor_saved_before_it_was_killed_is_not_lost(editor_doing: Make) -> None:
    assert editor_doing('echo saved > "$2"; kill -9 $$').edit("before") == "saved"


def test_what_a_crash_left_is_swept_and_what_is_in_use_is_not(editor_doing: Make, runtime: Path) -> None:
    left, used, strange = (runtime / f"smimetui-edit-{name}" for name in ("left", "used", "strange"))
    for folder in (left, used):
        folder.mkdir()
        (folder / "message.txt").write_text("secret")
        (folder / ".lock").touch()
    strange.symlink_to(runtime.parent)
    with (used / ".lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        editor_doing("").sweep()
    assert not left.exists()
    assert (used / "message.txt").exists()
    assert runtime.parent.exists()


def test_without_a_place_in_memory_the_file_is_in_the_programs_own_folder(tmp_path: Path) -> None:
    program = tmp_path / "look"
    program.write_text('#!/bin/sh\ndirname "$1" > "$1"\n')
    program.chmod(0o755)
    environment = {"PATH": os.environ["PATH"], "EDITOR": str(program), "XDG_RUNTIME_DIR": "relative"}
    editor = TextEditor(tmp_path / "state", environment)
    where = editor.edit("")
    assert where.startswith(("/dev/shm/", str(tmp_path / "state")))
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700


def test_what_the_editor_saves_is_told_of_while_it_runs(editor_doing: Make, tmp_path: Path) -> None:
    heard: list[str] = []
    told = tmp_path / "told"
    script = f'echo "Half of it" > "$2"; while ! test -e {told}; do :; done; echo "All of it" > "$2"'

    def saved(text: str) -> None:
        heard.append(text)
        if "Half of it" in text:
            told.touch()

    assert editor_doing(script).edit("Hello\n", saved) == "All of it\n"
    assert heard[0] == "Half of it\n"
