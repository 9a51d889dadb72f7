"""The real program on a real terminal: screens open, passphrases are asked for, nothing secret is echoed."""

import shlex
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pexpect
import pyte
import pytest

from tests.cli.running import letter
from tests.pki import make_authority

PATIENCE = 30.0
START = datetime.now(UTC) - timedelta(days=9)


class Terminal:
    """A program in a pty of 80x24, and the screen as a person sees it."""

    def __init__(self, *arguments: object, stdin: Path | None = None) -> None:
        self._screen = pyte.Screen(80, 24)
        self._stream = pyte.ByteStream(self._screen)
        self.raw = b""
        words = shlex.join([sys.executable, "-m", "smimetui", *map(str, arguments)])
        feed = f" < {shlex.quote(str(stdin))}" if stdin else ""
        self._child = pexpect.spawn("/bin/sh", ["-c", f"exec {words}{feed}"], dimensions=(24, 80), timeout=PATIENCE)

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self._screen.display)

    def sees(self, text: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while text not in self.text:
            assert time.monotonic() < deadline, f"never seen: {text}\n{self.text}"
            self._read()

    def types(self, text: str) -> None:
        self._child.send(text)

    def ends(self) -> int:
        while True:
            try:
                self._read(wait=PATIENCE)
            except pexpect.EOF:
                break
        self._child.close()
        return int(self._child.exitstatus if self._child.exitstatus is not None else -1)

    def close(self) -> None:
        self._child.close(force=True)

    def _read(self, wait: float = 0.1) -> None:
        try:
            data = self._child.read_nonblocking(65536, timeout=wait)
        except pexpect.TIMEOUT:
            return
        self.raw += data
        self._stream.feed(data)


@pytest.fixture
def terminal(request: pytest.FixtureRequest) -> object:
    def start(*arguments: object, stdin: Path | None = None) -> Terminal:
        started = Terminal(*arguments, stdin=stdin)
        request.addfinalizer(started.close)
        return started

    return start


def test_the_demo_opens_on_its_inbox(sandbox: Path, terminal: type[Terminal]) -> None:
    screen = terminal("demo")
    for text in ("Inbox", "Bob Baker", "Budget, final", "alice@corp.example"):
        screen.sees(text)


def test_compose_opens_with_what_the_command_line_says(sandbox: Path, terminal: type[Terminal]) -> None:
    screen = terminal("demo", "compose", "mailto:bob@corp.example?subject=Q3%20figures&body=Hello")
    for text in ("New Message", "bob@corp.example", "Q3 figures", "Hello", "Encrypted"):
        screen.sees(text)


def test_view_shows_one_message(sandbox: Path, terminal: type[Terminal]) -> None:
    screen = terminal("demo", "view", letter(sandbox, "signed-contract"))
    for text in ("Erin Ext", "Not Trusted", "Signed contract", "install my certificate"):
        screen.sees(text)


def test_view_takes_a_message_from_a_pipe_and_keys_from_the_terminal(sandbox: Path, terminal: type[Terminal]) -> None:
    screen = terminal("demo", "view", "-", stdin=letter(sandbox, "signed-contract"))
    screen.sees("install my certificate")
    screen.types("\x1b")
    assert screen.ends() == 0


def test_a_passphrase_is_chosen_twice_then_asked_for_and_never_shown(
    own_world: Path, tmp_path: Path, terminal: type[Terminal]
) -> None:
    file = tmp_path / "erin.pem"
    file.write_bytes(make_authority("Partner CA").issue("erin@partner.example", not_before=START).pem)
    first = terminal("certificate", "install", file)
    first.sees("Choose a passphrase")
    first.types("correct horse\n")
    first.sees("again")
    first.types("correct horse\n")
    assert first.ends() == 0
    second = terminal("certificate", "list")
    second.sees("Passphrase of the vault")
    second.types("correct horse\n")
    assert second.ends() == 0
    assert b"erin@partner.example" in second.raw
    assert b"correct horse" not in first.raw + second.raw


def test_two_different_passphrases_make_no_vault(own_world: Path, tmp_path: Path, terminal: type[Terminal]) -> None:
    file = tmp_path / "erin.pem"
    file.write_bytes(make_authority("Partner CA").issue("erin@partner.example", not_before=START).pem)
    screen = terminal("certificate", "install", file)
    screen.sees("Choose a passphrase")
    screen.types("one\n")
    screen.sees("again")
    screen.types("other\n")
    assert screen.ends() == 1
    assert not (own_world / ".local/share/smimetui/vault").exists()


def test_ctrl_c_at_a_question_ends_quietly(own_world: Path, tmp_path: Path, terminal: type[Terminal]) -> None:
    file = tmp_path / "erin.pem"
    file.write_bytes(make_authority("Partner CA").issue("erin@partner.example", not_before=START).pem)
    screen = terminal("certificate", "install", file)
    screen.sees("Choose a passphrase")
    screen.types("\x03")
    assert screen.ends() == 130
    assert b"Traceback" not in screen.raw


def test_removing_a_key_asks_first(sandbox: Path, terminal: type[Terminal]) -> None:
    from smimetui.demo.sandbox import open_sandbox

    (identity,) = open_sandbox(sandbox).identities.identities()
    screen = terminal("demo", "identity", "remove", identity.certificate.sha256)
    screen.sees("Type yes")
    screen.types("no\n")
    assert screen.ends() == 0
    assert open_sandbox(sandbox).identities.identities()
    screen = terminal("demo", "identity", "remove", identity.certificate.sha256)
    screen.sees("Type yes")
    screen.types("yes\n")
    assert screen.ends() == 0
    assert not open_sandbox(sandbox).identities.identities()


def test_an_account_asks_for_its_folder(own_world: Path, tmp_path: Path, terminal: type[Terminal]) -> None:
    screen = terminal("account", "add", "alice@corp.example")
    screen.sees("Maildir folder")
    screen.types(f"{tmp_path / 'Mail'}\n")
    assert screen.ends() == 0
    assert (tmp_path / "Mail/cur").is_dir()
