"""Chooses where certificates and keys are kept: the system's keyring, or the vault."""

from collections.abc import Callable

from smimetui.adapters.folders import Folders
from smimetui.adapters.os_keyring import OsKeyring, find_keyring
from smimetui.adapters.secret_store import SecretStore
from smimetui.adapters.settings import Store
from smimetui.adapters.vault import Vault
from smimetui.model.errors import StoreError, StoreUnavailableError


def open_store(
    choice: Store, folders: Folders, *, find: Callable[[], OsKeyring] = find_keyring, idle: float = 0.0
) -> tuple[SecretStore, str]:
    """Return the store and a sentence that says where it is, and why.

    The vault comes locked (`store.vault`), and does not exist before it is first unlocked with `Vault.create`.
    `auto` stays with what was used here before. The store locks itself after `idle` seconds without use. Raises
    StoreError when the keyring is asked for, or was used so far, and does not answer.
    """
    vault = Vault(folders.vault_file)
    if choice == "vault":
        return _over_vault(vault, folders, idle, "as the settings say")
    try:
        if choice == "auto" and vault.exists and not _keyring_used(folders):
            return _over_vault(vault, folders, idle, "it is there already")
        return _over_keyring(find(), folders, idle, "as the settings say" if choice == "keyring" else "")
    except StoreError as error:
        if choice == "keyring":
            raise
        if _keyring_used(folders) and not vault.exists:
            raise StoreUnavailableError(
                f"the keyring that holds your keys cannot be used: {error.summary}", error.hint
            ) from error
        return _over_vault(vault, folders, idle, error.summary)


def _over_keyring(keyring: OsKeyring, folders: Folders, idle: float, why: str) -> tuple[SecretStore, str]:
    store = SecretStore(keyring, state=folders.state / "keyring", limit=keyring.limit, idle=idle)
    # A keyring that is there may still be locked or without a collection: a first look tells.
    store.installed()
    return store, f"Keys are kept in the system's keyring ({keyring.name})" + (f", {why}" if why else "")


def _over_vault(vault: Vault, folders: Folders, idle: float, why: str) -> tuple[SecretStore, str]:
    store = SecretStore(vault, state=folders.state / "vault", idle=idle)
    return store, f"Keys are kept in the vault {vault.path}: {why}"


def _keyring_used(folders: Folders) -> bool:
    return (folders.state / "keyring" / "store.stamp").exists()
