"""`manual`: the man page, judged by the programs that show it."""

import re
import subprocess

from smimetui.cli.declaring import SUMMARIES
from tests.cli.running import smimetui
from tests.conftest import need_program


def test_mandoc_finds_nothing_to_complain_about() -> None:
    program = need_program("mandoc")
    done = subprocess.run(
        [program, "-T", "lint", "-W", "warning"], input=smimetui("manual").raw, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, b"")


def test_groff_shows_every_command_and_option() -> None:
    program = need_program("groff")
    done = subprocess.run(
        [program, "-man", "-Tutf8", "-ww", "-P-c"], input=smimetui("manual").raw, capture_output=True, check=True
    )
    assert done.stderr == b""
    # What a teletype leaves on the paper: each letter once.
    shown = re.sub(".\b", "", done.stdout.decode())
    for command in SUMMARIES:
        assert f"smimetui {command}" in shown
    assert "--backend {exchange,maildir}" in shown
    assert "EXIT STATUS" in shown
    for own in ("at least one is not ready", "unable to encrypt", "the composer was cancelled"):
        assert shown.count(own) == 1
