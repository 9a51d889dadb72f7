"""A store whose vault is not there yet: empty to read, and made with the first thing that is to be kept."""

from collections.abc import Callable, Sequence

from smimetui.adapters.secret_store import SecretStore
from smimetui.services.ports import InstalledCertificate
from smimetui.smime.identity import Identity


class UnmadeStore:
    """A store over `store`, the vault of which `make` creates and unlocks when needed.

    `make` asks the person for a passphrase, so that nobody is asked who only looks at a message. Raises StoreError.
    """

    def __init__(self, store: SecretStore, make: Callable[[], None]) -> None:
        self._store = store
        self._make = make

    def installed(self) -> tuple[InstalledCertificate, ...]:
        """Return all installed certificates."""
        return self._store.installed() if self._is_made else ()

    def install(self, *certificates: InstalledCertificate) -> None:
        """Add certificates in one change."""
        self._made().install(*certificates)

    def remove(self, sha256: str) -> None:
        """Remove an installed certificate."""
        if self._is_made:
            self._store.remove(sha256)

    def anchors(self) -> tuple[bytes, ...]:
        """Return the DER of the trust anchors."""
        return self._store.anchors() if self._is_made else ()

    def add_anchor(self, der: bytes) -> None:
        """Add a trust anchor."""
        self._made().add_anchor(der)

    def remove_anchor(self, sha256: str) -> None:
        """Remove a trust anchor."""
        if self._is_made:
            self._store.remove_anchor(sha256)

    def identities(self) -> tuple[Identity, ...]:
        """Return all own identities."""
        return self._store.identities() if self._is_made else ()

    def add_identity(self, pkcs8: bytes, certificate: bytes, chain: Sequence[bytes]) -> None:
        """Keep a private key with its certificate and chain."""
        self._made().add_identity(pkcs8, certificate, chain)

    def remove_identity(self, sha256: str) -> None:
        """Forget a key."""
        if self._is_made:
            self._store.remove_identity(sha256)

    def secret(self, name: str) -> str | None:
        """Return an account's password or token."""
        return self._store.secret(name) if self._is_made else None

    def set_secret(self, name: str, value: str) -> None:
        """Keep an account's password or token."""
        self._made().set_secret(name, value)

    def remove_secret(self, name: str) -> None:
        """Forget an account's password or token."""
        if self._is_made:
            self._store.remove_secret(name)

    @property
    def _is_made(self) -> bool:
        vault = self._store.vault
        return vault is None or not vault.locked

    def _made(self) -> SecretStore:
        if not self._is_made:
            self._make()
        return self._store
