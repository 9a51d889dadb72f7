"""Certificates, identities and account secrets over a keyring-like backend.

The book is one item and the index of all others; an identity is one item, an account secret is one item. Every change
takes the lock, reads the book again, and verifies what it wrote. A damaged book is never written over.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock

import msgspec

from smimetui.adapters.book import Book, decode_book, encode_book, identities_left_in
from smimetui.adapters.idle import Idle
from smimetui.adapters.items import Backend, Items
from smimetui.adapters.store_lock import StoreLock
from smimetui.adapters.vault import Vault
from smimetui.model.errors import FormatError, StoreCorruptError, StoreError, UnsupportedError
from smimetui.services.ports import InstalledCertificate
from smimetui.smime.identity import Identity, SoftwareIdentity
from smimetui.smime.x509 import load_certificate

_BOOK = "book"


class _StoredIdentity(msgspec.Struct, kw_only=True):
    pkcs8: bytes
    certificate: bytes
    chain: tuple[bytes, ...] = ()

    def __repr__(self) -> str:
        return "_StoredIdentity()"


class SecretStore:
    """CertificateStore and IdentityStore in one, over any `Backend`.

    `state` is the folder of the lock file; processes that share a backend share it. `limit` is the longest text that
    the backend keeps in one item. After `idle` seconds without use (0: never) it locks itself. Safe for several threads
    and processes.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        state: Path,
        service: str = "smimetui",
        limit: int | None = None,
        idle: float = 0.0,
    ) -> None:
        self._backend = backend
        self._idle = Idle(idle, self._lock_if_idle)
        self._items = Items(backend, service, limit)
        self._lock = StoreLock(state)
        self._threads = RLock()
        self._seen: tuple[str, Book] | None = None
        self._identities: dict[str, Identity] = {}
        self._version = ""

    @property
    def vault(self) -> Vault | None:
        """The vault behind this store, to unlock it; None over a keyring."""
        return self._backend if isinstance(self._backend, Vault) else None

    def unlock(self, passphrase: str) -> None:
        """Open the vault. Raises what `Vault.unlock` does."""
        assert self.vault is not None
        self.vault.unlock(passphrase)
        self._idle.touch()

    def lock(self) -> None:
        """Forget every secret in memory, and close the vault."""
        with self._threads:
            self._idle.stop()
            self._seen = None
            self._identities.clear()
            if self.vault is not None:
                self.vault.lock()

    def version(self) -> str:
        """Return a text that is another one after each change, by whichever process; while locked, the last one."""
        vault = self.vault
        if vault is None or not vault.locked:
            self._version = f"{self._lock.stamp()} {'' if vault is None else vault.revision()}"
        return self._version

    def installed(self) -> tuple[InstalledCertificate, ...]:
        """Return all installed certificates, oldest first."""
        return self._read().certificates

    def install(self, *certificates: InstalledCertificate) -> None:
        """Add certificates in one change; one that is there already is replaced."""
        self._change(lambda book: book.with_installed(certificates))

    def remove(self, sha256: str) -> None:
        """Remove an installed certificate; does nothing if it is not there."""
        self._change(lambda book: book.without_installed(sha256))

    def anchors(self) -> tuple[bytes, ...]:
        """Return the DER of the own trust anchors."""
        return self._read().anchors

    def add_anchor(self, der: bytes) -> None:
        """Add a trust anchor; does nothing if it is there."""
        self._change(lambda book: book.with_anchor(der))

    def remove_anchor(self, sha256: str) -> None:
        """Remove a trust anchor; does nothing if it is not there."""
        self._change(lambda book: book.without_anchor(sha256))

    def identities(self) -> tuple[Identity, ...]:
        """Return all own identities, newest certificate first. Raises StoreCorruptError for one that cannot be read."""
        with self._threads:
            found = [self._identity(fingerprint) for fingerprint in self._read().identities]
        ordered = sorted(found, key=lambda identity: identity.certificate.not_before, reverse=True)
        return tuple(ordered)

    def add_identity(self, pkcs8: bytes, certificate: bytes, chain: Sequence[bytes]) -> None:
        """Keep a private key (PKCS#8 DER) with its certificate and chain (DER)."""
        identity = _StoredIdentity(pkcs8=pkcs8, certificate=certificate, chain=tuple(chain))
        fingerprint = _opened(identity).certificate.sha256
        text = msgspec.json.encode(identity).decode()
        self._change(lambda book: book.with_identity(fingerprint), put=(_identity_item(fingerprint), text))

    def remove_identity(self, sha256: str) -> None:
        """Forget the key of this certificate; does nothing if it is not there."""
        self._change(lambda book: book.without_identity(sha256), delete=_identity_item(sha256))

    def secret(self, name: str) -> str | None:
        """Return an account's password or token, None if there is none."""
        with self._threads:
            return self._items.get(_secret_item(name)) if name in self._read().secrets else None

    def set_secret(self, name: str, value: str) -> None:
        """Keep an account's password or token."""
        self._change(lambda book: book.with_secret(name), put=(_secret_item(name), value))

    def remove_secret(self, name: str) -> None:
        """Forget an account's password or token; does nothing if it is not there."""
        self._change(lambda book: book.without_secret(name), delete=_secret_item(name))

    def secrets(self) -> tuple[str, ...]:
        """Return the names of all account secrets."""
        return self._read().secrets

    def set_book_aside(self) -> str:
        """Move a damaged book to another item, start a new one with the keys it still names; return the item's name.

        The way out of StoreCorruptError, taken only when the person says so.
        """
        aside = f"{_BOOK}.aside-{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"
        with self._using(), self._lock.changing():
            named = identities_left_in(self._items.readable(_BOOK))
            kept = tuple(
                fingerprint for fingerprint in named if self._items.raw(_identity_item(fingerprint)) is not None
            )
            self._items.set_aside(_BOOK, aside)
            # A generation of its own: pieces that the damaged book did not name any more are not written over.
            self._items.put(_BOOK, encode_book(Book(identities=kept)), generation=secrets.randbelow(10**9) + 10)
            self._seen = None
        return aside

    @contextmanager
    def _using(self) -> Iterator[None]:
        with self._threads:
            self._lock_if_idle()
            self._idle.touch()
            yield

    def _lock_if_idle(self) -> None:
        with self._threads:
            if self._idle.over:
                self.lock()

    def _read(self) -> Book:
        with self._using():
            stamp = self._lock.stamp()
            revision = f"{stamp} {self.vault.revision() if self.vault is not None else ''}"
            if self._seen is not None and stamp is not None and self._seen[0] == revision:
                return self._seen[1]
            try:
                book = self._load()
            except StoreCorruptError:
                # Perhaps just being replaced: what is damaged under the lock is damaged.
                with self._lock.changing():
                    book = self._load()
            self._seen = (revision, book)
            self._identities.clear()
            return book

    def _load(self) -> Book:
        text = self._items.get(_BOOK)
        return Book() if text is None else decode_book(text)

    def _change(
        self, change: Callable[[Book], Book], *, put: tuple[str, str] | None = None, delete: str | None = None
    ) -> None:
        """Apply `change` under the lock: `put` is written before the book names it, `delete` removed after.

        A name to delete stands in the book until the next change: a kill in between, or a keyring that refuses, leaves
        no forgotten key.
        """
        with self._using(), self._lock.changing() as unchanged:
            book = self._load()
            left = tuple(name for name in book.leftovers if not self._deleted(name))
            changed = replace(change(book), leftovers=left)
            if delete is not None and changed != replace(book, leftovers=left):
                changed = replace(changed, leftovers=(*left, delete))
            if put is not None:
                self._items.put(*put)
                self._identities.clear()
            if changed != book:
                self._items.put(_BOOK, encode_book(changed))
            elif put is None or _is_secret(put[0]):
                # A token that is renewed every hour makes nobody look again.
                unchanged()
            self._seen = None
            if delete is not None:
                self._items.delete(delete)

    def _deleted(self, name: str) -> bool:
        try:
            self._items.delete(name)
        except StoreError:
            return False
        return True

    def _identity(self, fingerprint: str) -> Identity:
        identity = self._identities.get(fingerprint)
        if identity is None:
            name = _identity_item(fingerprint)
            text = self._items.get(name)
            if text is None:
                raise _lost(fingerprint)
            try:
                identity = _opened(msgspec.json.decode(text, type=_StoredIdentity))
            except (msgspec.DecodeError, FormatError, UnsupportedError) as error:
                raise _lost(fingerprint) from error
            self._identities[fingerprint] = identity
        return identity


def _opened(stored: _StoredIdentity) -> SoftwareIdentity:
    chain = tuple(load_certificate(der) for der in stored.chain)
    return SoftwareIdentity(pkcs8=stored.pkcs8, certificate=load_certificate(stored.certificate), chain=chain)


def _identity_item(fingerprint: str) -> str:
    return f"identity:{fingerprint}"


def _secret_item(name: str) -> str:
    return f"account:{name}"


def _is_secret(item: str) -> bool:
    return item.startswith(_secret_item(""))


def _lost(fingerprint: str) -> StoreCorruptError:
    return StoreCorruptError(
        f"the own key of certificate {fingerprint[:16]}… is damaged or gone from the store",
        "remove it with `smimetui identity remove` and import it again",
    )
