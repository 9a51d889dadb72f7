"""The person's store, opened when something first needs it, and for the whole program once."""

from collections.abc import Callable
from typing import TypeAlias

from smimetui.adapters.asking_store import AskingStore
from smimetui.adapters.passphrases import Passphrases
from smimetui.adapters.secret_store import SecretStore
from smimetui.adapters.vault import Vault

Ask: TypeAlias = Callable[[str], str]


class OwnStore:
    """Opens with `find`, which returns the store and a sentence about it; `passphrases` are those of who asks."""

    def __init__(self, find: Callable[[], tuple[SecretStore, str]], passphrases: Callable[[Ask], Passphrases]) -> None:
        self._find = find
        self._passphrases = passphrases
        self._found: tuple[SecretStore, str] | None = None
        self._asking: tuple[Ask, AskingStore] | None = None

    @property
    def notice(self) -> str:
        """Which store is in use, and why; empty before it was opened."""
        return "" if self._found is None else self._found[1]

    def open(self, ask: Ask) -> SecretStore | AskingStore:
        """Return the store, unlocked; a vault that locks itself later asks again. Raises StoreError."""
        if self._found is None:
            self._found = self._find()
        store, _ = self._found
        vault = store.vault
        if vault is None:
            return store
        passphrases = self._passphrases(ask)
        if vault.exists and vault.locked:
            store.unlock(passphrases.of(vault))
        if self._asking is None or self._asking[0] != ask:
            self._asking = (
                ask,
                AskingStore(
                    store,
                    make=lambda: make_vault(store, vault, passphrases),
                    unlock=lambda: store.unlock(passphrases.of(vault)),
                ),
            )
        return self._asking[1]


def make_vault(store: SecretStore, vault: Vault, passphrases: Passphrases) -> None:
    """Make the vault that is not there yet, under a new passphrase, and open the store over it. Raises StoreError."""
    passphrase = passphrases.new()
    Vault.create(vault.path, passphrase)
    store.unlock(passphrase)
