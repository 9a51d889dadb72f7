"""Chooses where certificates and keys are kept: the system's keyring, or the vault."""

from collections.abc import Callable

from smimetui.adapters.folders import Folders, shown_path
from smimetui.adapters.os_keyring import OsKeyring, find_keyring
from smimetui.adapters.secret_store import SecretStore
from smimetui.adapters.settings import Store
from smimetui.adapters.vault import Vault
from smimetui.model.errors import StoreCorruptError, StoreError, StoreUnavailableError


def open_store(
    choice: Store, folders: Folders, *, find: Callable[[], OsKeyring] = find_keyring, idle: float = 0.0
) -> tuple[SecretStore, str]:
    """Return the store and a sentence that says where it is, and why.

    The vault comes locked (`store.vault`), and does not exist before it is first unlocked with `Vault.create`.
    `auto` stays with what was used here before. The store locks itself after `idle` seconds without use. Raises
    StoreError when the keyring is asked for, or was used so far, and does not answer or holds a damaged book.
    """
    vault = vault_store(folders, idle=idle)
    exists = vault.vault is not None and vault.vault.exists
    if choice == "vault":
        return vault, _in_vault(folders, "as the settings say")
    try:
        if choice == "auto" and exists and not _keyring_used(folders):
            return vault, _in_vault(folders, "it is there already")
        keyring = find()
        store = keyring_store(folders, keyring, idle=idle)
        # A keyring that is there may still be locked or without a collection: a first look tells.
        store.installed()
    except StoreCorruptError:
        raise
    except StoreError as error:
        if choice == "keyring":
            raise
        if _keyring_used(folders) and not exists:
            raise StoreUnavailableError(
                f"the keyring that holds your keys cannot be used: {error.summary}", error.hint
            ) from error
        return vault, _in_vault(folders, error.summary)
    why = ", as the settings say" if choice == "keyring" else ""
    return store, f"Keys are kept in the system's keyring ({keyring.name}){why}"


def keyring_store(folders: Folders, keyring: OsKeyring, *, idle: float = 0.0) -> SecretStore:
    """Return the store over a keyring; it was not looked into yet."""
    return SecretStore(keyring, state=folders.state / "keyring", limit=keyring.limit, idle=idle)


def vault_store(folders: Folders, *, idle: float = 0.0) -> SecretStore:
    """Return the store over the vault, which is locked or not there yet."""
    return SecretStore(Vault(folders.vault_file), state=folders.state / "vault", idle=idle)


def _in_vault(folders: Folders, why: str) -> str:
    return f"Keys are kept in the vault {shown_path(folders.vault_file)}: {why}"


def _keyring_used(folders: Folders) -> bool:
    return (folders.state / "keyring" / "store.stamp").exists()
