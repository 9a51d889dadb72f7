"""Help, versions and wrong command lines."""

import subprocess
import sys
from pathlib import Path

import pytest

from smimetui import __version__
from tests.cli.running import one_line, smimetui

COMMANDS = [
    "demo",
    "compose",
    "view",
    "open",
    "seal",
    "check",
    "certificate",
    "certificate list",
    "certificate show",
    "certificate install",
    "certificate remove",
    "certificate export",
    "identity",
    "identity import",
    "identity list",
    "identity remove",
    "store",
    "store status",
    "store passphrase",
    "store move",
    "store export",
    "store import",
    "store repair",
    "account",
    "account store",
    "account store move",
    "account add",
    "account list",
    "account check",
    "account remove",
    "doctor",
    "completion",
    "manual",
    "mailto-handler",
    "mailto-handler install",
    "mailto-handler remove",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example_and_its_exit_codes(command: str) -> None:
    done = smimetui(*command.split(), "--help")
    assert done.code == 0
    assert "example:" in done.out
    assert f"smimetui {command.split(maxsplit=1)[0]}" in done.out.split("example:")[1]
    assert "exit codes:" in done.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_knows_the_passphrase_file(command: str) -> None:
    assert "--passphrase-file" in smimetui(*command.split(), "--help").out


def test_the_help_lists_every_command() -> None:
    shown = smimetui("--help").out
    assert all(command.split()[0] in shown for command in COMMANDS)


def test_the_version_is_told() -> None:
    done = smimetui("--version")
    assert (done.code, done.out.strip()) == (0, f"smimetui {__version__}")


@pytest.mark.parametrize(
    "line",
    ["bogus", "check", "open", "open - --at yesterday", "seal - --cipher rot13", "certificate", "account add", "--jsn"],
)
def test_a_wrong_command_line_is_one_line_and_exit_2(line: str) -> None:
    done = smimetui(*line.split())
    assert done.code == 2
    assert one_line(done.err)
    assert done.raw == b""


def test_hostile_arguments_do_not_reach_the_terminal_raw() -> None:
    assert "\x1b" not in smimetui("\x1b[2J").err


@pytest.mark.parametrize("line", ["", "demo", "compose bob@corp.example"])
def test_a_screen_without_a_terminal_is_refused_in_a_sentence(line: str) -> None:
    done = smimetui(*line.split())
    assert done.code == 1
    assert one_line(done.err)
    assert "terminal" in done.err


def test_viewing_without_a_terminal_is_refused_in_a_sentence() -> None:
    done = smimetui("view", "-", stdin=b"Subject: hi\r\n\r\nhi\r\n")
    assert done.code == 1
    assert "terminal" in done.err


HEAVY = ("textual", "rich", "exchangelib", "keyring", "tomlkit", "requests", "pyhanko_certvalidator")


@pytest.mark.parametrize("line", ["--help", "open --help", "open - --isolated"])
def test_small_commands_load_no_heavy_library(line: str) -> None:
    code = (
        "import sys; from smimetui.__main__ import main; main(sys.argv[1:]);"
        f"print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *line.split()],
        input=b"From: a@b.example\r\nSubject: hi\r\n\r\nhello\r\n",
        capture_output=True,
        check=True,
    )
    assert done.stderr.decode().strip() == "[]"
    assert done.stdout


def test_the_module_runs_as_a_program() -> None:
    done = subprocess.run([sys.executable, "-m", "smimetui", "--version"], capture_output=True, check=True)
    assert done.stdout.decode().strip() == f"smimetui {__version__}"


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    program = subprocess.Popen(
        [sys.executable, "-m", "smimetui", "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert program.stdout is not None
    program.stdout.close()
    _, errors = program.communicate(timeout=60)
    assert b"Traceback" not in errors


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed_are_no_fault_of_the_program(closed: str) -> None:
    command = f"{sys.executable} -W error -m smimetui open - --isolated {closed}"
    done = subprocess.run(["bash", "-c", command], input=b"Subject: hi\n\nhello\n", capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == b"" if ">&-" in closed.split() else b"Subject:" in done.stdout


def test_a_disk_that_is_full_is_a_sentence() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "smimetui", "manual"], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 1
    assert done.stderr == b"smimetui: No space left on device\n"
