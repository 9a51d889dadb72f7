"""The real program on a real terminal: screens open, passphrases are asked for, nothing secret is echoed."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from smimetui.demo.sandbox import open_sandbox
from smimetui.model.display import fingerprint_groups
from smimetui.smime.pkcs12 import load_pkcs12
from tests.cli.running import letter
from tests.pki import make_authority
from tests.terminal import Terminal, in_shell, smimetui_command
from tests.terminal import terminal as in_terminal

START = datetime.now(UTC) - timedelta(days=9)


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    """Starts the program in a pty; it ends with the test."""
    with ExitStack() as running:
        yield lambda *arguments, **options: running.enter_context(in_terminal(*arguments, **options))


def test_the_demo_opens_on_its_inbox(sandbox: Path, terminal: Callable[..., Terminal]) -> None:
    screen = terminal("demo")
    for text in ("Inbox", "Bob Baker", "Budget, final", "alice@corp.example"):
        screen.sees(text)


def test_compose_opens_with_what_the_command_line_says(sandbox: Path, terminal: Callable[..., Terminal]) -> None:
    screen = terminal("demo", "compose", "mailto:bob@corp.example?subject=Q3%20figures&body=Hello")
    for text in ("New Message", "bob@corp.example", "Q3 figures", "Hello", "Encrypted"):
        screen.sees(text)


def test_view_shows_one_message(sandbox: Path, terminal: Callable[..., Terminal]) -> None:
    screen = terminal("demo", "view", letter(sandbox, "signed-contract"))
    for text in ("Erin Ext", "Not Trusted", "Signed contract", "install my certificate"):
        screen.sees(text)


def test_view_takes_a_message_from_a_pipe_and_keys_from_the_terminal(
    sandbox: Path, terminal: Callable[..., Terminal]
) -> None:
    screen = terminal("demo", "view", "-", stdin=letter(sandbox, "signed-contract"))
    screen.sees("install my certificate")
    screen.press("\x1b")
    assert screen.ends() == 0


def test_a_passphrase_is_chosen_twice_then_asked_for_and_never_shown(
    own_world: Path, tmp_path: Path, terminal: Callable[..., Terminal]
) -> None:
    file = tmp_path / "erin.pem"
    file.write_bytes(make_authority("Partner CA").issue("erin@partner.example", not_before=START).pem)
    first = terminal("certificate", "install", file)
    first.sees("Choose a passphrase")
    first.press("correct horse\r")
    first.sees("again")
    first.press("correct horse\r")
    assert first.ends() == 0
    second = terminal("certificate", "list")
    second.sees("Passphrase of the vault")
    second.press("correct horse\r")
    assert second.ends() == 0
    assert b"erin@partner.example" in second.received
    assert b"correct horse" not in first.received + second.received
    with in_shell(f"{smimetui_command('certificate', 'list')} | tr a-z A-Z") as piped:
        piped.sees("Passphrase of the vault")
        piped.press("correct horse\r")
        assert piped.ends() == 0
    assert b"ERIN@PARTNER.EXAMPLE" in piped.received


def test_the_name_of_a_key_file_acts_on_no_terminal(tmp_path: Path, terminal: Callable[..., Terminal]) -> None:
    file = tmp_path / "key\x1b]2;owned\x07.p12"
    file.write_bytes(b"0")
    screen = terminal("open", "/dev/null", "--isolated", "--identity", file)
    screen.sees("Password of key")
    screen.press("x\r")
    assert screen.ends() == 1
    assert b"\x1b]2;owned" not in screen.received


def test_two_different_passphrases_make_no_vault(
    own_world: Path, tmp_path: Path, terminal: Callable[..., Terminal]
) -> None:
    file = tmp_path / "erin.pem"
    file.write_bytes(make_authority("Partner CA").issue("erin@partner.example", not_before=START).pem)
    screen = terminal("certificate", "install", file)
    screen.sees("Choose a passphrase")
    screen.press("one\r")
    screen.sees("again")
    screen.press("other\r")
    assert screen.ends() == 1
    assert not (own_world / ".local/share/smimetui/vault").exists()


def test_ctrl_c_at_a_question_ends_quietly(own_world: Path, tmp_path: Path, terminal: Callable[..., Terminal]) -> None:
    file = tmp_path / "erin.pem"
    file.write_bytes(make_authority("Partner CA").issue("erin@partner.example", not_before=START).pem)
    screen = terminal("certificate", "install", file)
    screen.sees("Choose a passphrase")
    screen.press("\x03")
    assert screen.ends() == 130
    assert b"Traceback" not in screen.received


def test_removing_a_key_asks_first(sandbox: Path, terminal: Callable[..., Terminal]) -> None:
    (identity,) = open_sandbox(sandbox).identities.identities()
    screen = terminal("demo", "identity", "remove", identity.certificate.sha256)
    screen.sees("Type yes")
    screen.press("no\r")
    assert screen.ends() == 0
    assert open_sandbox(sandbox).identities.identities()
    screen = terminal("demo", "identity", "remove", identity.certificate.sha256)
    screen.sees("Type yes")
    screen.press("yes\r")
    assert screen.ends() == 0
    assert not open_sandbox(sandbox).identities.identities()


def test_an_account_asks_for_its_folder(own_world: Path, tmp_path: Path, terminal: Callable[..., Terminal]) -> None:
    screen = terminal("account", "add", "alice@corp.example", "--backend", "maildir")
    screen.sees("Maildir folder")
    screen.press(f"{tmp_path / 'Mail'}\r")
    assert screen.ends() == 0
    assert (tmp_path / "Mail/cur").is_dir()


def test_an_anchor_is_added_after_its_fingerprint_and_a_yes(
    sandbox: Path, tmp_path: Path, terminal: Callable[..., Terminal]
) -> None:
    root = make_authority("Partner Root")
    file = tmp_path / "root.pem"
    file.write_bytes(root.pem)
    for answer, count in (("no\r", 1), ("yes\r", 2)):
        screen = terminal("demo", "certificate", "install", "--anchor", file)
        screen.sees(fingerprint_groups(root.certificate.sha256)[:40])
        screen.sees("Type yes")
        screen.press(answer)
        assert screen.ends() == 0
        assert len(open_sandbox(sandbox).store.anchors()) == count


def test_an_exported_key_gets_a_passphrase_that_was_typed_twice(
    sandbox: Path, tmp_path: Path, terminal: Callable[..., Terminal]
) -> None:
    file = tmp_path / "alice.p12"
    for again, code in (("other\r", 1), ("correct horse\r", 0)):
        screen = terminal("demo", "identity", "export", file)
        screen.sees("Passphrase for alice.p12")
        screen.press("correct horse\r")
        screen.sees("again")
        screen.press(again)
        assert screen.ends() == code
        assert b"correct horse" not in screen.received
        assert file.exists() == (code == 0)
    assert load_pkcs12(file.read_bytes(), "correct horse")


def test_the_password_of_a_file_is_asked_for(sandbox: Path, tmp_path: Path, terminal: Callable[..., Terminal]) -> None:
    file = tmp_path / "alice.p12"
    file.write_bytes(make_authority("Partner CA").issue("alice@new.example", not_before=START).pkcs12("secret"))
    screen = terminal("demo", "identity", "import", file)
    screen.sees("Password of alice.p12")
    screen.press("secret\r")
    assert screen.ends() == 0
    assert b"alice@new.example" in screen.received
