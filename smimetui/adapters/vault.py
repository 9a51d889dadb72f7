"""The vault: one file that holds what a keyring would, for machines without one.

Its format is `vault_file`'s. Each write replaces the file whole; it is 0600 in a folder of its owner.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import field
from errno import EDQUOT, EFBIG, ENOSPC
from hashlib import sha256
from pathlib import Path
from threading import RLock
from typing import Self

from filelock import FileLock, Timeout

from smimetui.adapters.atomic_file import private_folder, remove_leftovers, write_atomically
from smimetui.adapters.vault_file import (
    MOST_BYTES,
    MOST_HEADER,
    Cost,
    ItemTexts,
    Sealing,
    check_header,
    damaged,
    items_of,
    new_sealing,
    sealing_of,
)
from smimetui.model.errors import StoreError, StoreFullError, StoreLockedError, StoreUnavailableError
from smimetui.model.value import dataclass

_REVISION = 1024
_PATIENCE = 30.0
_LONG = 100_000


@dataclass(slots=True, kw_only=True)
class _Open:
    """The state of an unlocked vault: the key, and the items as of one state of the file."""

    sealing: Sealing
    revision: str = ""
    items: dict[str, dict[str, str]] | None = None
    taken: set[tuple[str, str]] = field(default_factory=set)
    """Long texts that were handed out, and are kept by who asked for them."""

    def __repr__(self) -> str:
        return "_Open()"


class Vault:
    """A keyring backend of our own over the file `path`; locked until `unlock`.

    Safe for several threads, and for several processes: each change holds a lock file and reads again.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._name = f"the vault {path}"
        self._open: _Open | None = None
        self._threads = RLock()
        self._file_lock = FileLock(
            path.with_name(path.name + ".lock"), timeout=_PATIENCE, mode=0o600, thread_local=False, poll_interval=0.01
        )

    @classmethod
    def create(cls, path: Path, passphrase: str, *, cost: Cost | None = None) -> Self:
        """Make a new, empty vault and return it unlocked.

        Raises StoreError when there is a file at `path` already: it is never written over.
        """
        vault = cls(path)
        sealing = new_sealing(passphrase, cost or Cost())
        with vault._changing():
            if vault.exists:
                raise StoreUnavailableError(f"there is a vault at {path} already", "it is not written over")
            vault._replace(sealing, {})
        vault._open = _Open(sealing=sealing)
        return vault

    @property
    def exists(self) -> bool:
        """There is a file, readable or not."""
        return os.path.lexists(self.path)

    @property
    def locked(self) -> bool:
        """The passphrase is needed first."""
        return self._open is None

    def unlock(self, passphrase: str) -> None:
        """Open the vault for this process.

        Raises WrongPassphraseError, StoreCorruptError for a damaged file, StoreUnavailableError for none.
        """
        state = _Open(sealing=sealing_of(self._content(MOST_HEADER), passphrase, self._name))
        self._decrypt(state)
        with self._threads:
            self._open = state

    def lock(self) -> None:
        """Forget the key and the items."""
        with self._threads:
            self._open = None

    def change_passphrase(self, old: str, new: str, *, cost: Cost | None = None) -> None:
        """Seal the vault under another passphrase, with a new salt; other processes are locked by it.

        The file is replaced whole: it opens with the old passphrase or with the new one. Raises WrongPassphraseError,
        StoreError.
        """
        with self._changing():
            self.unlock(old)
            sealing = new_sealing(new, cost or Cost())
            self._replace(sealing, self._items())
            self._open = _Open(sealing=sealing)

    def set_aside(self, name: str) -> Path:
        """Rename the file to `name` in its folder, whatever is in it, and return the new path. Raises StoreError."""
        aside = self.path.with_name(name)
        with self._changing():
            self.lock()
            try:
                self.path.rename(aside)
            except OSError as error:
                raise self._failure(error) from error
        return aside

    def remove(self) -> None:
        """Delete the file; does nothing where there is none. Raises StoreError."""
        with self._changing():
            self.lock()
            try:
                self.path.unlink(missing_ok=True)
            except OSError as error:
                raise self._failure(error) from error

    def revision(self) -> str:
        """Return a text that changes with the file; empty when there is none."""
        try:
            with self.path.open("rb") as stream:
                return _revision(stream.read(_REVISION), os.fstat(stream.fileno()).st_size)
        except OSError:
            return ""

    def get_password(self, service: str, username: str) -> str | None:
        """Return the item's text, None if there is none. Raises StoreError."""
        with self._threads:
            items = self._items(service, username).get(service, {})
            text = items.get(username)
            if text is not None and len(text) > _LONG:
                assert self._open is not None
                self._open.taken.add((service, username))
                del items[username]
            return text

    def set_password(self, service: str, username: str, password: str) -> None:
        """Write the item, replacing it. Raises StoreError; the old file is then still there."""
        with self._changing():
            items = self._items()
            self._write({**items, service: {**items.get(service, {}), username: password}})

    def delete_password(self, service: str, username: str) -> None:
        """Remove the item; does nothing if it is not there. Raises StoreError."""
        with self._changing():
            items = self._items()
            if username in items.get(service, {}):
                rest = {name: text for name, text in items[service].items() if name != username}
                self._write({**items, service: rest})

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with self._threads:
            try:
                private_folder(self.path.parent)
                self._file_lock.acquire()
            except Timeout as error:
                raise StoreUnavailableError("another smimetui is changing the vault and does not finish") from error
            except OSError as error:
                raise self._failure(error) from error
            try:
                remove_leftovers(self.path)
                yield
            finally:
                self._file_lock.release()

    def _items(self, *name: str) -> dict[str, dict[str, str]]:
        """Return all items as the file has them now; or, with the name of one, at least that one, if it is there."""
        state = self._open
        if state is None:
            raise StoreLockedError("the vault is locked", "it needs its passphrase")
        known = name not in state.taken if name else not state.taken
        if state.items is not None and known and state.revision == self.revision():
            return state.items
        return self._decrypt(state)

    def _content(self, most: int = MOST_BYTES + 1) -> bytes:
        try:
            with self.path.open("rb") as stream:
                content = stream.read(most)
        except FileNotFoundError as error:
            raise StoreUnavailableError(f"there is no vault at {self.path}") from error
        except OSError as error:
            raise self._failure(error) from error
        if len(content) > MOST_BYTES:
            raise damaged(self._name)
        return content

    def _decrypt(self, state: _Open) -> dict[str, dict[str, str]]:
        content = self._content()
        if not content.startswith(state.sealing.prefix):
            check_header(content, self._name)
            self._open = None
            raise StoreLockedError("the vault was given another passphrase meanwhile", "unlock it again")
        revision, plain = _revision(content, len(content)), state.sealing.plain(content, self._name)
        # Megabytes that are not needed twice.
        del content
        items = items_of(plain, self._name)
        state.items, state.revision, state.taken = items, revision, set()
        return items

    def _write(self, items: ItemTexts) -> None:
        assert self._open is not None
        self._replace(self._open.sealing, items)
        # The next look reads the file, not what was meant to be in it.
        self._open.items = None

    def _replace(self, sealing: Sealing, items: ItemTexts) -> None:
        try:
            write_atomically(self.path, sealing.seal(items))
        except OSError as error:
            raise self._failure(error) from error

    def _failure(self, error: OSError) -> StoreError:
        if error.errno in {ENOSPC, EDQUOT, EFBIG}:
            return StoreFullError(f"{self._name} cannot grow: {error.strerror}")
        return StoreUnavailableError(f"{self._name} cannot be used: {error.strerror}")


def _revision(content: bytes, size: int) -> str:
    # The nonce stands in the first bytes and differs with every write; times and inodes may not.
    return f"{size} {sha256(content[:_REVISION]).hexdigest()}"
