"""`smimetui store`, on a vault: there is no keyring in the tests."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from smimetui.adapters.vault import Vault
from tests.adapters.places import LIGHT
from tests.cli.running import Done, one_line, smimetui
from tests.pki import make_authority
from tests.terminal import Terminal
from tests.terminal import terminal as in_terminal

START = datetime.now(UTC) - timedelta(days=9)


@pytest.fixture(autouse=True)
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smimetui.adapters.vault.Cost", lambda: LIGHT)
    monkeypatch.setattr("smimetui.adapters.store_contents.Cost", lambda: LIGHT)


@pytest.fixture
def files(own_world: Path, tmp_path: Path) -> Path:
    """A folder with passphrase files, and the store made with one certificate in it."""
    for name in ("old", "new", "backup"):
        (tmp_path / name).write_text(f"the {name} passphrase\n")
    (tmp_path / "erin.pem").write_bytes(make_authority("CA").issue("erin@partner.example", not_before=START).pem)
    assert run(tmp_path, "certificate", "install", tmp_path / "erin.pem").code == 0
    return tmp_path


def run(files: Path, *arguments: object, passphrase: str = "old") -> Done:
    return smimetui(*arguments, "--passphrase-file", files / passphrase)


def test_status_says_where_things_are_and_asks_nobody(files: Path, own_world: Path) -> None:
    locked = smimetui("store", "status")
    assert (locked.code, "there is no keyring here" in locked.out or "already" in locked.out) == (0, True)
    assert "It is locked" in locked.out
    opened = run(files, "store", "status")
    assert "installed certificates: 1\nown keys: 0\ntrust anchors: 0\npasswords and tokens: 0\n" in opened.out
    told = run(files, "store", "status", "--json").json
    assert (told["store"], told["locked"], told["certificates"]) == ("vault", False, 1)
    assert told["where"] == str(own_world / ".local/share/smimetui/vault")
    assert smimetui("store", "status", "--json").json["certificates"] is None


def test_status_of_a_store_that_is_not_made_yet(own_world: Path) -> None:
    assert "not made yet" in smimetui("store", "status").out
    assert not (own_world / ".local/share/smimetui").exists()


def test_the_passphrase_is_changed(files: Path) -> None:
    changed = run(files, "store", "passphrase", "--new-passphrase-file", files / "new")
    assert (changed.code, changed.out.startswith("changed: ")) == (0, True)
    assert run(files, "certificate", "list").code == 1
    assert "erin@partner.example" in run(files, "certificate", "list", passphrase="new").out


def test_a_wrong_passphrase_changes_nothing(files: Path) -> None:
    done = run(files, "store", "passphrase", "--new-passphrase-file", files / "new", passphrase="new")
    assert (done.code, one_line(done.err)) == (1, True)
    assert run(files, "certificate", "list").code == 0


def test_without_a_terminal_a_new_passphrase_needs_its_file(files: Path) -> None:
    done = run(files, "store", "passphrase")
    assert (done.code, one_line(done.err)) == (1, True)


def test_a_backup_brings_everything_back(files: Path, own_world: Path) -> None:
    backup = files / "store.backup"
    exported = run(files, "store", "export", backup, "--password-file", files / "backup")
    assert (exported.code, "installed certificates 1" in exported.out) == (0, True)
    again = run(files, "store", "export", backup, "--password-file", files / "backup")
    assert (again.code, "--overwrite" in again.err, one_line(again.err)) == (1, True, True)
    (own_world / ".local/share/smimetui/vault").unlink()
    imported = run(files, "store", "import", backup, "--password-file", files / "backup", passphrase="new")
    assert (imported.code, imported.err) == (0, "")
    assert "erin@partner.example" in run(files, "certificate", "list", passphrase="new").out
    wrong = run(files, "account", "store", "import", backup, "--password-file", files / "new", passphrase="new")
    assert (wrong.code, one_line(wrong.err)) == (1, True)


def test_there_is_no_keyring_to_move_to(files: Path) -> None:
    done = run(files, "store", "move", "keyring")
    assert (done.code, one_line(done.err), "no keyring" in done.err) == (1, True, True)
    assert run(files, "certificate", "list").code == 0
    assert "everything is kept in the vault" in run(files, "account", "store", "move", "vault").out
    assert smimetui("store", "move", "cloud").code == 2


def test_a_vault_that_cannot_be_read_is_set_aside(files: Path, own_world: Path) -> None:
    assert run(files, "store", "repair").out == "nothing is damaged\n"
    vault = own_world / ".local/share/smimetui/vault"
    vault.write_bytes(vault.read_bytes()[:-1])
    assert run(files, "certificate", "list").code == 1
    repaired = run(files, "store", "repair")
    assert (repaired.code, "set aside as" in repaired.out) == (0, True)
    assert run(files, "certificate", "list").code == 0
    assert len(list(vault.parent.glob("vault.aside-*"))) == 1


def test_a_book_that_was_not_set_aside_is_not_brought_back(files: Path) -> None:
    done = run(files, "store", "repair", "--bring-back", "book.aside-none")
    assert (done.code, "no item" in done.err, one_line(done.err)) == (1, True, True)


def test_the_sandbox_keeps_its_vault(sandbox: Path, tmp_path: Path) -> None:
    status = smimetui("demo", "store", "status")
    assert "own keys: 1" in status.out
    for arguments in (("move", "keyring"), ("passphrase",)):
        done = smimetui("demo", "store", *arguments)
        assert (done.code, "sandbox" in done.err, one_line(done.err)) == (1, True, True)
    (tmp_path / "p").write_text("x")
    assert smimetui("demo", "store", "export", tmp_path / "b", "--password-file", tmp_path / "p").code == 0
    assert smimetui("demo", "store", "import", tmp_path / "b", "--password-file", tmp_path / "p").code == 0


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    with ExitStack() as running:
        yield lambda *arguments, **options: running.enter_context(in_terminal(*arguments, **options))


def test_on_a_terminal_passphrases_are_asked_for_and_never_shown(
    files: Path, own_world: Path, terminal: Callable[..., Terminal]
) -> None:
    screen = terminal("store", "passphrase")
    screen.sees("Passphrase of the vault")
    screen.press("the old passphrase\r")
    screen.sees("Choose a passphrase")
    screen.press("typed in\r")
    screen.sees("again")
    screen.press("typed in\r")
    screen.sees("changed: ")
    assert screen.ends() == 0
    vault = Vault(own_world / ".local/share/smimetui/vault")
    vault.unlock("typed in")
    exporting = terminal("store", "export", files / "backup.out")
    exporting.sees("Passphrase of the vault")
    exporting.press("typed in\r")
    exporting.sees("Choose a passphrase for the file backup.out")
    exporting.press("for it\r")
    exporting.sees("again")
    exporting.press("for it\r")
    exporting.sees("exported to")
    importing = terminal("store", "import", files / "backup.out")
    importing.sees("Passphrase of backup.out")
    importing.press("for it\r")
    importing.sees("Passphrase of the vault")
    importing.press("typed in\r")
    importing.sees("kept now: installed certificates 1")
    assert importing.ends() == 0
