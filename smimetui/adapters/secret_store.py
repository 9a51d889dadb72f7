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
from threading import RLock, Thread

import msgspec

from smimetui.adapters.book import Book, decode_book, encode_book, identities_left_in, secrets_left_in
from smimetui.adapters.freed_memory import give_back
from smimetui.adapters.idle import Idle
from smimetui.adapters.items import Backend, Items
from smimetui.adapters.store_contents import (
    BOOK,
    SERVICE,
    Contents,
    identity_item,
    lost_identity,
    read_book,
    read_contents,
    secret_item,
    write_contents,
)
from smimetui.adapters.store_lock import StoreLock
from smimetui.adapters.vault import Vault
from smimetui.model.errors import (
    FormatError,
    StoreCorruptError,
    StoreError,
    StoreUnavailableError,
    UnsupportedError,
)
from smimetui.services.ports import InstalledCertificate
from smimetui.smime.identity import Identity, SoftwareIdentity
from smimetui.smime.x509 import load_certificate

_MANY = 1_000


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
        service: str = SERVICE,
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
        self._resting = False
        self._tell_of_lock: Callable[[], None] | None = None

    @property
    def vault(self) -> Vault | None:
        """The vault behind this store, to unlock it; None over a keyring."""
        return self._backend if isinstance(self._backend, Vault) else None

    def unlock(self, passphrase: str) -> None:
        """Open the vault. Raises what `Vault.unlock` does."""
        assert self.vault is not None
        self.vault.unlock(passphrase)
        self._touch()

    def lock(self) -> None:
        """Forget every secret in memory, and close the vault."""
        with self._threads:
            self._idle.stop()
            self._forget()
            if self.vault is not None:
                self.vault.lock()
            self._resting, tell = True, self._tell_of_lock
        if tell is not None:
            # Whoever is told may wait for somebody who waits for this store.
            Thread(target=tell, name="locked", daemon=True).start()

    def on_lock(self, tell: Callable[[], None]) -> None:
        """Have `tell` called, on a thread of its own, whenever the store locks: the last one given here."""
        self._tell_of_lock = tell

    @property
    def resting(self) -> bool:
        """Its vault locked itself, and was not used since: whoever uses it asks the person. A keyring stays open."""
        return self._resting and self.vault is not None

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

    def identity_count(self) -> int:
        """Return how many own keys the book names, whether each can be read or not."""
        return len(self._read().identities)

    def add_identity(self, pkcs8: bytes, certificate: bytes, chain: Sequence[bytes]) -> None:
        """Keep a private key (PKCS#8 DER) with its certificate and chain (DER)."""
        identity = _StoredIdentity(pkcs8=pkcs8, certificate=certificate, chain=tuple(chain))
        fingerprint = _opened(identity).certificate.sha256
        text = msgspec.json.encode(identity).decode()
        self._change(lambda book: book.with_identity(fingerprint), put=(identity_item(fingerprint), text))

    def remove_identity(self, sha256: str) -> None:
        """Forget the key of this certificate; does nothing if it is not there."""
        self._change(lambda book: book.without_identity(sha256), delete=identity_item(sha256))

    def secret(self, name: str) -> str | None:
        """Return an account's password or token, None if there is none."""
        with self._threads:
            return self._items.get(secret_item(name)) if name in self._read().secrets else None

    def set_secret(self, name: str, value: str) -> None:
        """Keep an account's password or token."""
        self._change(lambda book: book.with_secret(name), put=(secret_item(name), value))

    def remove_secret(self, name: str) -> None:
        """Forget an account's password or token; does nothing if it is not there."""
        self._change(lambda book: book.without_secret(name), delete=secret_item(name))

    def secrets(self) -> tuple[str, ...]:
        """Return the names of all account secrets."""
        return self._read().secrets

    def contents(self) -> Contents:
        """Return everything, as of one moment. Raises StoreError, StoreCorruptError where a key cannot be read."""
        with self._using(), self._lock.held():
            return read_contents(self._items)

    def take(self, contents: Contents) -> None:
        """Hold exactly this from now on; a kill leaves what was there, and perhaps items that no book names.

        Raises StoreError. What is not in `contents` any more is removed with this change or the next.
        """
        with self._using(), self._lock.changing():
            old = read_book(self._items)
            names = {*map(identity_item, old.identities), *map(secret_item, old.secrets), *old.leftovers}
            leftovers = tuple(sorted(names - contents.items().keys()))
            write_contents(self._items, contents, leftovers)
            self._forget()
        if leftovers:
            self._change(lambda book: book)

    def erase(self) -> None:
        """Remove everything, the book last. Raises StoreError; it can be called again to finish."""
        with self._using(), self._lock.changing():
            book = read_book(self._items)
            names = (*map(identity_item, book.identities), *map(secret_item, book.secrets), *book.leftovers)
            self._items.put(BOOK, encode_book(Book(leftovers=names)))
            self._forget()
            for name in names:
                self._items.delete(name)
            self._items.delete(BOOK)
        self._lock.forget()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep every other process from changing the store meanwhile. Raises StoreError."""
        with self._threads, self._lock.held():
            yield

    def close_to_others(self) -> None:
        """Shut out the stores that are open elsewhere: this place is no longer theirs, and they say so when used."""
        self._lock.end_era()

    def unreadable(self) -> tuple[str, ...]:
        """Return the fingerprints of the keys that the book names and that cannot be read. Raises StoreError."""
        with self._using():
            found = []
            for fingerprint in self._read().identities:
                try:
                    self._identity(fingerprint)
                except StoreCorruptError:
                    found.append(fingerprint)
            return tuple(found)

    def set_identity_aside(self, fingerprint: str) -> str:
        """Move a damaged key to another item, out of the book; return that item's name. Raises StoreError."""
        aside = _aside_name(identity_item(fingerprint))
        with self._using(), self._lock.changing():
            self._items.set_aside(identity_item(fingerprint), aside)
            book = read_book(self._items)
            self._items.put(BOOK, encode_book(book.without_identity(fingerprint)))
            self._forget()
        return aside

    def set_book_aside(self) -> str:
        """Move a damaged book to another item, start a new one with what it still names; return the item's name.

        The way out of StoreCorruptError, taken only when the person says so.
        """
        aside = _aside_name(BOOK)
        with self._using(), self._lock.changing():
            left = self._items.readable(BOOK)
            identities = tuple(name for name in identities_left_in(left) if self._is_there(identity_item(name)))
            kept = tuple(name for name in secrets_left_in(left) if self._is_there(secret_item(name)))
            self._items.set_aside(BOOK, aside)
            # A generation of its own: pieces that the damaged book did not name any more are not written over.
            generation = secrets.randbelow(10**9) + 10
            self._items.put(BOOK, encode_book(Book(identities=identities, secrets=kept)), generation=generation)
            self._forget()
        return aside

    def bring_book_back(self, aside: str) -> str:
        """Make a book that was set aside the one in use, and set that aside; return the name of its item.

        Raises StoreCorruptError where the book that was set aside still cannot be read; nothing is changed then.
        """
        with self._using(), self._lock.changing():
            text = self._items.get(aside)
            if text is None:
                raise StoreUnavailableError(f"there is no item “{aside}”", "smimetui store repair said its name")
            decode_book(text)
            instead = _aside_name(BOOK)
            self._items.set_aside(BOOK, instead)
            self._items.put(BOOK, text, generation=secrets.randbelow(10**9) + 10)
            self._forget()
        return instead

    def _is_there(self, item: str) -> bool:
        return self._items.raw(item) is not None

    def _forget(self) -> None:
        self._seen = None
        self._identities.clear()

    @contextmanager
    def _using(self) -> Iterator[None]:
        with self._threads:
            self._lock_if_idle()
            self._touch()
            yield

    def _touch(self) -> None:
        self._idle.touch()
        if self.vault is None or not self.vault.locked:
            self._resting = False

    def _lock_if_idle(self) -> None:
        with self._threads:
            if self._idle.over:
                self.lock()

    def _read(self) -> Book:
        with self._using():
            self._lock.check()
            stamp = self._lock.stamp()
            revision = f"{stamp} {self.vault.revision() if self.vault is not None else ''}"
            if self._seen is not None and stamp is not None and self._seen[0] == revision:
                return self._seen[1]
            try:
                book = read_book(self._items)
            except StoreCorruptError:
                # Perhaps just being replaced: what is damaged under the lock is damaged.
                with self._lock.changing():
                    book = read_book(self._items)
            self._seen = (revision, book)
            self._identities.clear()
            if len(book.certificates) > _MANY:
                # Its text came through many hands.
                give_back()
            return book

    def _change(
        self, change: Callable[[Book], Book], *, put: tuple[str, str] | None = None, delete: str | None = None
    ) -> None:
        """Apply `change` under the lock: `put` is written before the book names it, `delete` removed after.

        A name to delete stands in the book until the next change: a kill in between, or a keyring that refuses, leaves
        no forgotten key.
        """
        with self._using(), self._lock.changing() as unchanged:
            try:
                book = read_book(self._items)
            except StoreError:
                # A keyring that does not answer changed nothing: what was read before is still true.
                unchanged()
                raise
            left = tuple(name for name in book.leftovers if not self._deleted(name))
            changed = replace(change(book), leftovers=left)
            if delete is not None and changed != replace(book, leftovers=left):
                changed = replace(changed, leftovers=(*left, delete))
            if put is not None:
                self._items.put(*put)
                self._identities.clear()
            if changed != book:
                self._items.put(BOOK, encode_book(changed))
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
            name = identity_item(fingerprint)
            text = self._items.get(name)
            if text is None:
                raise lost_identity(fingerprint)
            try:
                identity = _opened(msgspec.json.decode(text, type=_StoredIdentity))
            except (msgspec.DecodeError, FormatError, UnsupportedError) as error:
                raise lost_identity(fingerprint) from error
            self._identities[fingerprint] = identity
        return identity


def _opened(stored: _StoredIdentity) -> SoftwareIdentity:
    chain = tuple(load_certificate(der) for der in stored.chain)
    return SoftwareIdentity(pkcs8=stored.pkcs8, certificate=load_certificate(stored.certificate), chain=chain)


def _is_secret(item: str) -> bool:
    return item.startswith(secret_item(""))


def _aside_name(item: str) -> str:
    return f"{item}.aside-{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"
