from collections.abc import Callable
from pathlib import Path

import pytest
from keyring.errors import KeyringLocked

from smimetui.adapters.folders import Folders, folders_under
from smimetui.adapters.open_store import open_store
from smimetui.adapters.os_keyring import OsKeyring
from smimetui.adapters.vault import Vault
from smimetui.model.errors import StoreLockedError, StoreUnavailableError
from tests.adapters.places import LIGHT, PASSPHRASE, certificate
from tests.adapters.test_os_keyring import raising, windows


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return folders_under(tmp_path)


def there() -> Callable[[], OsKeyring]:
    keyring = OsKeyring(windows())
    return lambda: keyring


def nowhere() -> OsKeyring:
    raise StoreUnavailableError("there is no keyring here", 'set store = "vault"')


def locked() -> OsKeyring:
    return OsKeyring(windows(get_password=raising(KeyringLocked("dismissed"))))


def test_auto_takes_the_keyring_and_says_so(folders: Folders) -> None:
    store, notice = open_store("auto", folders, find=there())
    assert store.vault is None
    assert notice == "Keys are kept in the system's keyring (Windows Credential Manager)"
    store.install(certificate(1))
    assert store.installed() == (certificate(1),)


@pytest.mark.parametrize(("find", "why"), [(nowhere, "there is no keyring here"), (locked, "the keyring is locked")])
def test_auto_takes_the_vault_where_the_keyring_fails_and_says_why(
    folders: Folders, find: Callable[[], OsKeyring], why: str
) -> None:
    store, notice = open_store("auto", folders, find=find)
    assert store.vault is not None
    assert store.vault.locked
    assert not store.vault.exists
    assert notice == f"Keys are kept in the vault {folders.vault_file}: {why}"


def test_auto_stays_with_a_vault_that_is_there(folders: Folders) -> None:
    Vault.create(folders.vault_file, PASSPHRASE, cost=LIGHT)
    store, notice = open_store("auto", folders, find=there())
    assert store.vault is not None
    assert "it is there already" in notice
    with pytest.raises(StoreLockedError):
        store.installed()
    store.vault.unlock(PASSPHRASE)
    assert store.installed() == ()


def test_auto_stays_with_a_keyring_that_was_used_though_there_is_a_vault(folders: Folders) -> None:
    find = there()
    open_store("auto", folders, find=find)[0].install(certificate(1))
    Vault.create(folders.vault_file, PASSPHRASE, cost=LIGHT)
    store, _ = open_store("auto", folders, find=find)
    assert store.installed() == (certificate(1),)
    assert open_store("auto", folders, find=nowhere)[0].vault is not None


def test_auto_does_not_start_an_empty_vault_beside_a_keyring_that_holds_keys(folders: Folders) -> None:
    open_store("auto", folders, find=there())[0].install(certificate(1))
    for find, error in ((nowhere, StoreUnavailableError), (locked, StoreUnavailableError)):
        with pytest.raises(error, match="holds your keys") as caught:
            open_store("auto", folders, find=find)
        assert 'store = "vault"' in caught.value.hint


def test_a_keyring_that_is_asked_for_and_fails_is_an_error(folders: Folders) -> None:
    with pytest.raises(StoreUnavailableError):
        open_store("keyring", folders, find=nowhere)
    with pytest.raises(StoreLockedError):
        open_store("keyring", folders, find=locked)
    assert open_store("keyring", folders, find=there())[1].endswith("as the settings say")


def test_the_vault_is_taken_when_asked_for_and_the_keyring_not_looked_at(folders: Folders) -> None:
    store, notice = open_store("vault", folders, find=raising(AssertionError()))
    assert store.vault is not None
    assert notice.endswith("as the settings say")
