"""A store that asks for its passphrase when it is needed: to make the vault, and to open it again after a pause."""

from collections.abc import Callable, Sequence
from threading import Lock
from typing import TypeVar

from smimetui.adapters.secret_store import SecretStore
from smimetui.model.errors import SmimetuiError, StoreLockedError
from smimetui.services.ports import InstalledCertificate
from smimetui.smime.identity import Identity

_T = TypeVar("_T")


class AskingStore:
    """A store over `store`, whose vault `make` creates and `unlock` opens; both ask the person.

    A vault that is not there yet is empty to read, and made with the first thing that is to be kept: nobody is asked
    who only looks at a message. One that locked itself is opened by whoever needs it first, the others wait for that
    answer; a refusal is an answer to all of them. Raises StoreError, and what `make` and `unlock` raise.
    """

    def __init__(self, store: SecretStore, *, make: Callable[[], None], unlock: Callable[[], None]) -> None:
        self._store = store
        self._make = make
        self._unlock = unlock
        self._asking = Lock()
        self._refusals = 0

    def installed(self) -> tuple[InstalledCertificate, ...]:
        """Return all installed certificates."""
        return self._read(self._store.installed, ())

    def install(self, *certificates: InstalledCertificate) -> None:
        """Add certificates in one change."""
        self._keep(lambda: self._store.install(*certificates))

    def remove(self, sha256: str) -> None:
        """Remove an installed certificate."""
        self._read(lambda: self._store.remove(sha256), None)

    def version(self) -> str:
        """Return a text that is another one after each change; asks nobody."""
        return self._store.version()

    def anchors(self) -> tuple[bytes, ...]:
        """Return the DER of the trust anchors."""
        return self._read(self._store.anchors, ())

    def add_anchor(self, der: bytes) -> None:
        """Add a trust anchor."""
        self._keep(lambda: self._store.add_anchor(der))

    def remove_anchor(self, sha256: str) -> None:
        """Remove a trust anchor."""
        self._read(lambda: self._store.remove_anchor(sha256), None)

    def identities(self) -> tuple[Identity, ...]:
        """Return all own identities."""
        return self._read(self._store.identities, ())

    def add_identity(self, pkcs8: bytes, certificate: bytes, chain: Sequence[bytes]) -> None:
        """Keep a private key with its certificate and chain."""
        self._keep(lambda: self._store.add_identity(pkcs8, certificate, chain))

    def remove_identity(self, sha256: str) -> None:
        """Forget a key."""
        self._read(lambda: self._store.remove_identity(sha256), None)

    def secret(self, name: str) -> str | None:
        """Return an account's password or token."""
        return self._read(lambda: self._store.secret(name), None)

    def set_secret(self, name: str, value: str) -> None:
        """Keep an account's password or token."""
        self._keep(lambda: self._store.set_secret(name, value))

    def remove_secret(self, name: str) -> None:
        """Forget an account's password or token."""
        self._read(lambda: self._store.remove_secret(name), None)

    @property
    def resting(self) -> bool:
        """It locked itself, and was not used since; asks nobody."""
        return self._store.resting

    def on_lock(self, tell: Callable[[], None]) -> None:
        """Have `tell` called whenever the store locks."""
        self._store.on_lock(tell)

    def secrets(self) -> tuple[str, ...]:
        """Return the names of all account secrets."""
        return self._read(self._store.secrets, ())

    def _read(self, act: Callable[[], _T], nothing: _T) -> _T:
        vault = self._store.vault
        if vault is not None and vault.locked and not vault.exists:
            return nothing
        return self._keep(act)

    def _keep(self, act: Callable[[], _T]) -> _T:
        refusals = self._refusals
        try:
            return act()
        except StoreLockedError:
            if self._store.vault is None:
                raise
        # Nothing was done: every act is one change, or none.
        self._opened(refusals)
        return act()

    def _opened(self, refusals: int) -> None:
        with self._asking:
            vault = self._store.vault
            if vault is None or not vault.locked:
                return
            if self._refusals != refusals:
                raise StoreLockedError("the store stays locked", "it needs its passphrase")
            try:
                (self._unlock if vault.exists else self._make)()
            except SmimetuiError:
                self._refusals += 1
                raise
