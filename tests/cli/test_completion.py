"""`completion`: the shells themselves complete the command line."""

import shlex
import subprocess
from pathlib import Path

import pytest

from smimetui.cli.declaring import SUMMARIES
from tests.cli.running import smimetui
from tests.conftest import need_program
from tests.terminal import in_shell

TAB = "\t"


@pytest.fixture
def script(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    shell = request.param
    need_program(shell)
    done = smimetui("completion", shell)
    assert (done.code, done.err) == (0, "")
    (tmp_path / "pictures").mkdir()
    (tmp_path / "picture.pem").touch()
    path = tmp_path / f"script.{shell}"
    path.write_bytes(done.raw)
    return path


BOTH = [
    ("smimetui doc", "smimetui doctor "),
    ("smimetui account li", "smimetui account list "),
    ("smimetui account add a@b.example --back", "smimetui account add a@b.example --backend "),
    ("smimetui account add a@b.example --backend ex", "smimetui account add a@b.example --backend exchange "),
    ("smimetui open pict", "smimetui open picture"),
    ("smimetui certificate install picture.", "smimetui certificate install picture.pem "),
]


@pytest.mark.parametrize("script", ["bash"], indirect=True)
@pytest.mark.parametrize(("typed", "completed"), BOTH)
def test_bash_completes(script: Path, typed: str, completed: str) -> None:
    folder = shlex.quote(str(script.parent))
    with in_shell(f"cd {folder}; PS1='> ' exec bash --norc --noprofile -i", INPUTRC="/dev/null") as shell:
        shell.press(f". ./{script.name}; echo re''ady\r")
        shell.sees("ready")
        shell.press(f"{typed}{TAB}x")
        shell.sees(f"> {completed}x")


@pytest.mark.parametrize("script", ["zsh"], indirect=True)
@pytest.mark.parametrize(("typed", "completed"), BOTH)
def test_zsh_completes(script: Path, typed: str, completed: str) -> None:
    folder = shlex.quote(str(script.parent))
    with in_shell(f"cd {folder}; PS1='> ' exec zsh -f -i") as shell:
        shell.press(f"autoload -Uz compinit; compinit -u -D; eval \"$(cat {script.name})\"; echo re''ady\r")
        shell.sees("ready")
        shell.press(f"{typed}{TAB}x")
        shell.sees(f"> {completed}x")


@pytest.mark.parametrize("script", ["fish"], indirect=True)
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("smimetui ", list(SUMMARIES)),
        ("smimetui account a", ["add"]),
        ("smimetui demo che", ["check"]),
        ("smimetui store move ", ["keyring", "vault"]),
    ],
)
def test_fish_completes(script: Path, typed: str, offered: list[str]) -> None:
    command = f"source {shlex.quote(str(script))}; complete -C {shlex.quote(typed)}"
    done = subprocess.run(["fish", "--no-config", "-c", command], capture_output=True, text=True, check=True)
    words = [line.split("\t")[0] for line in done.stdout.splitlines()]
    assert set(offered) <= set(words)


def test_a_shell_that_is_not_known_is_a_wrong_command_line() -> None:
    assert smimetui("completion", "ksh").code == 2
