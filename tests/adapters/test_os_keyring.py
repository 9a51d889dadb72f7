import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest
from keyring.backend import KeyringBackend
from keyring.backends import SecretService, fail, null
from keyring.errors import InitError, KeyringLocked, NoKeyringError, PasswordDeleteError, PasswordSetError

from smimetui.adapters import os_keyring
from smimetui.adapters.items import Items
from smimetui.adapters.os_keyring import OsKeyring, accepted_backend, find_keyring
from smimetui.model.errors import StoreError, StoreFullError, StoreLockedError, StoreUnavailableError
from tests.adapters.places import keyring_session
from tests.conftest import ROOT


def backend_called(module: str, name: str, **members: object) -> KeyringBackend:
    """Return a backend that goes by this name, as the ones of other systems do; it keeps items in memory."""
    kept: dict[tuple[str, str], str] = {}

    def delete(_: object, service: str, username: str) -> None:
        if kept.pop((service, username), None) is None:
            raise PasswordDeleteError("not there")

    usual = {
        "priority": 0,
        "get_password": lambda _, service, username: kept.get((service, username)),
        "set_password": lambda _, service, username, password: kept.update({(service, username): password}),
        "delete_password": delete,
    }
    return type(name, (KeyringBackend,), {**usual, **members, "__module__": module, "__qualname__": name})()


def windows(**members: object) -> KeyringBackend:
    return backend_called("keyring.backends.Windows", "WinVaultKeyring", **members)


def raising(error: Exception) -> Callable[..., None]:
    def call(*_: object) -> None:
        raise error

    return call


@pytest.mark.parametrize(
    ("module", "name", "shown"),
    [
        ("keyring.backends.SecretService", "Keyring", "Secret Service"),
        ("keyring.backends.libsecret", "Keyring", "libsecret"),
        ("keyring.backends.kwallet", "DBusKeyring", "KWallet"),
        ("keyring.backends.kwallet", "DBusKeyringKWallet4", "KWallet 4"),
        ("keyring.backends.macOS", "Keyring", "macOS keychain"),
        ("keyring.backends.Windows", "WinVaultKeyring", "Windows Credential Manager"),
    ],
)
def test_the_keyrings_of_the_systems_are_taken_by_name(module: str, name: str, shown: str) -> None:
    keyring = OsKeyring(accepted_backend(backend_called(module, name)))
    assert keyring.name == shown
    assert (keyring.limit is not None) == (module == "keyring.backends.Windows")
    keyring.set_password("s", "u", "x")
    assert keyring.get_password("s", "u") == "x"
    keyring.delete_password("s", "u")
    keyring.delete_password("s", "u")
    assert keyring.get_password("s", "u") is None


def test_long_texts_fit_where_items_are_small() -> None:
    longest = []
    kept: dict[str, str] = {}

    def keep(_: object, service: str, username: str, password: str) -> None:
        longest.append(len(password.encode("utf-16-le")))
        kept[username] = password

    keyring = OsKeyring(windows(set_password=keep, get_password=lambda *names: kept.get(names[-1])))
    Items(keyring, "s", keyring.limit).put("book", "é" * 10_000)
    assert Items(keyring, "s", keyring.limit).get("book") == "é" * 10_000
    # CRED_MAX_CREDENTIAL_BLOB_SIZE
    assert max(longest) <= 2560


@pytest.mark.parametrize(
    "backend",
    [
        fail.Keyring(),
        null.Keyring(),
        backend_called("keyrings.alt.file", "PlaintextKeyring"),
        backend_called("keyrings.cryptfile.cryptfile", "CryptFileKeyring"),
        backend_called("keyring.backends.chainer", "ChainerBackend", backends=()),
    ],
)
def test_what_keeps_no_secrets_is_refused_by_name_with_the_way_out(backend: KeyringBackend) -> None:
    with pytest.raises(StoreUnavailableError, match=type(backend).__qualname__) as caught:
        accepted_backend(backend)
    assert 'store = "vault"' in caught.value.hint


def test_a_chain_with_a_plaintext_member_is_refused_and_names_it() -> None:
    members = (SecretService.Keyring(), backend_called("keyrings.alt.file", "PlaintextKeyring"))
    chain = backend_called("keyring.backends.chainer", "ChainerBackend", backends=members)
    with pytest.raises(StoreUnavailableError, match=r"keyrings\.alt\.file\.PlaintextKeyring"):
        accepted_backend(chain)


def test_of_a_chain_of_keyrings_the_first_is_taken() -> None:
    members = (SecretService.Keyring(), backend_called("keyring.backends.kwallet", "DBusKeyring"))
    chain = backend_called("keyring.backends.chainer", "ChainerBackend", backends=members)
    assert accepted_backend(chain) is members[0]


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (NoKeyringError("No recommended backend"), StoreUnavailableError, "no keyring"),
        (InitError("Failed to create"), StoreUnavailableError, "no collection"),
        (KeyringLocked("dismissed"), StoreLockedError, "locked"),
        (PasswordSetError("too long"), StoreFullError, "PasswordSetError: too long"),
        (ConnectionResetError(), StoreUnavailableError, "ConnectionResetError"),
        (StoreFullError("ours already"), StoreFullError, "ours already"),
    ],
)
def test_errors_of_the_library_become_sentences(error: Exception, kind: type[StoreError], words: str) -> None:
    keyring = OsKeyring(windows(get_password=raising(error), set_password=raising(error)))
    for act in (lambda: keyring.get_password("s", "u"), lambda: keyring.set_password("s", "u", "x")):
        with pytest.raises(kind, match=words):
            act()


def test_an_item_that_is_there_and_not_deleted_is_an_error() -> None:
    keyring = OsKeyring(windows(get_password=lambda *_: "x", delete_password=raising(PasswordDeleteError("denied"))))
    with pytest.raises(StoreUnavailableError, match="denied"):
        keyring.delete_password("s", "u")


def test_a_keyring_that_hangs_is_given_up_and_not_asked_again_until_it_answers() -> None:
    prompt_closed, asked = Event(), []

    def hang(*_: object) -> str:
        asked.append(1)
        prompt_closed.wait()
        return "x"

    keyring = OsKeyring(windows(get_password=hang), patience=0.01)
    for _ in range(3):
        with pytest.raises(StoreUnavailableError, match="does not answer") as caught:
            keyring.get_password("s", "u")
        assert "unlock it" in caught.value.hint
    assert len(asked) == 1
    prompt_closed.set()
    keyring._calls._stuck.join()
    assert keyring.get_password("s", "u") == "x"


def test_where_nobody_sees_a_prompt_the_wait_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("DISPLAY", raising=False)
    alone = os_keyring._patience()
    monkeypatch.setenv("DISPLAY", ":0")
    assert alone < os_keyring._patience()


FIND = "from smimetui.adapters.os_keyring import find_keyring; k = find_keyring(patience=20); print(k.name)"


def found(monkeypatch: pytest.MonkeyPatch, backend: str | None) -> "subprocess.CompletedProcess[str]":
    """Run `find_keyring` in a process of its own: the library decides once in each."""
    if backend is None:
        monkeypatch.delenv("PYTHON_KEYRING_BACKEND")
    else:
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", backend)
    return subprocess.run([sys.executable, "-c", FIND], cwd=ROOT, capture_output=True, text=True, check=False)


def test_without_a_d_bus_session_there_is_no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    result = found(monkeypatch, None)
    assert "StoreUnavailableError: there is no keyring here" in result.stderr


def test_a_backend_that_cannot_be_imported_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "StoreUnavailableError: the keyring failed" in found(monkeypatch, "keyrings.none.Keyring").stderr


def test_the_secret_service_is_found_where_it_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with keyring_session(tmp_path) as address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        result = found(monkeypatch, None)
    assert result.stdout == "Secret Service\n", result.stderr


def test_in_tests_the_persons_keyring_is_out_of_reach() -> None:
    with pytest.raises(StoreUnavailableError, match=r"fail\.Keyring"):
        find_keyring()
