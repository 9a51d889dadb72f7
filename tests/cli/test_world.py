"""The composition root: what the app saves, when the vault is made, and how failures end."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from smimetui.__main__ import Home
from smimetui.cli.exits import CANNOT, CLOSED_PIPE, INTERRUPTED
from smimetui.cli.run import run
from smimetui.model.errors import ConfigError, StoreLockedError
from smimetui.ui.start import FirstRun, ShowList
from tests.cli.running import one_line, smimetui
from tests.pki import make_authority

START = datetime.now(UTC) - timedelta(days=9)


def test_the_look_that_is_chosen_in_the_app_is_kept(own_world: Path) -> None:
    preferences = Home(None).app(FirstRun()).preferences
    assert preferences.save_look is not None
    preferences.save_look("light", "ascii")
    settings = Home(None).settings()
    assert (settings.theme, settings.glyphs) == ("light", "ascii")


def test_a_glyph_set_that_is_none_is_not_kept(own_world: Path) -> None:
    preferences = Home(None).app(FirstRun()).preferences
    assert preferences.save_look is not None
    with pytest.raises(ConfigError):
        preferences.save_look("light", "klingon")
    assert Home(None).settings().glyphs == "auto"


def test_the_defaults_of_an_account_that_are_changed_in_the_app_are_kept(sandbox: Path) -> None:
    world = Home(None).sandbox(fresh=False)
    account = world.session(None).account
    assert account.encrypt_by_default
    save = world.app(ShowList()).preferences.save_account
    assert save is not None
    save(replace(account, encrypt_by_default=False))
    assert not world.session(None).account.encrypt_by_default
    assert not Home(None).settings().accounts


def test_another_account_of_the_sandbox_has_the_mailbox_it_names(sandbox: Path, tmp_path: Path) -> None:
    assert smimetui("demo", "account", "add", "alice2@corp.example", "--path", tmp_path / "Mail").code == 0
    session = Home(None).sandbox(fresh=False).session("alice2@corp.example")
    assert session.account.address.spec == "alice2@corp.example"
    assert session.mailbox is not None
    assert session.mailbox.summaries("Inbox") == ()
    assert not session.composer.can_send()


def test_looking_makes_no_vault_and_keeping_does(own_world: Path, tmp_path: Path) -> None:
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("correct horse\n")
    vault = own_world / ".local/share/smimetui/vault"
    store = Home(passphrase).store()
    assert (store.installed(), store.anchors(), store.identities()) == ((), (), ())
    for forget in (store.remove, store.remove_anchor, store.remove_identity):
        forget("00" * 32)
    assert not vault.exists()
    alice = make_authority("Root CA").issue("alice@corp.example", not_before=START)
    store.add_identity(alice.pkcs8, alice.der, ())
    assert vault.exists()
    assert [identity.certificate for identity in store.identities()] == [alice.certificate]
    store.remove_identity(alice.certificate.sha256)
    assert Home(passphrase).store().identities() == ()


def test_a_vault_needs_a_passphrase(own_world: Path, tmp_path: Path) -> None:
    empty = tmp_path / "passphrase"
    empty.write_text("\n")
    alice = make_authority("Root CA").issue("alice@corp.example", not_before=START)
    with pytest.raises(StoreLockedError, match="empty"):
        Home(empty).store().add_anchor(alice.der)


def test_a_passphrase_file_that_is_not_there_is_named(own_world: Path, tmp_path: Path) -> None:
    certificate = tmp_path / "erin.pem"
    certificate.write_bytes(make_authority("CA").issue("erin@partner.example", not_before=START).pem)
    done = smimetui("certificate", "install", certificate, "--passphrase-file", tmp_path / "missing")
    assert done.code == 1
    assert one_line(done.err)
    assert "missing" in done.err


def failing(error: BaseException) -> object:
    def make_world(_passphrase_file: Path | None) -> object:
        raise error

    return make_world


def test_ctrl_c_ends_quietly(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["identity", "list"], failing(KeyboardInterrupt())) == INTERRUPTED
    assert capfd.readouterr().err == ""


def test_a_fault_of_the_program_is_one_line_that_tells_the_place_and_no_secret(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert run(["identity", "list"], failing(RuntimeError("secret"))) == CANNOT
    shown = capfd.readouterr().err
    assert one_line(shown)
    assert "RuntimeError in test_world.py" in shown
    assert "secret" not in shown


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError(13, "Permission denied", "/etc/shadow"), "/etc/shadow: Permission denied"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (EOFError(), "ended"),
    ],
)
def test_failures_of_the_system_are_one_line(capfd: pytest.CaptureFixture[str], error: Exception, words: str) -> None:
    assert run(["identity", "list"], failing(error)) == CANNOT
    assert words in capfd.readouterr().err


def test_a_closed_pipe_is_quiet(capfd: pytest.CaptureFixture[str]) -> None:
    kept = os.dup(1)
    try:
        assert run(["identity", "list"], failing(BrokenPipeError())) == CLOSED_PIPE
    finally:
        os.dup2(kept, 1)
        os.close(kept)
    assert capfd.readouterr().err == ""
