"""The vault: one file that holds what a keyring would, for machines without one.

`smimetui-vault 1` LF, the header as JSON LF, its SHA-256 LF, then nonce (12 bytes) and AES-256-GCM over the JSON of
all items, with everything before the nonce as additional data. The key comes from the passphrase by Argon2id (RFC 9106)
and HKDF. Each write takes a new random nonce and replaces the file whole; it is 0600 in a folder of its owner.
"""

import os
import secrets
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from errno import EDQUOT, EFBIG, ENOSPC
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from threading import RLock
from typing import Self

import msgspec
from filelock import FileLock, Timeout

from smimetui.adapters.atomic_file import private_folder, remove_leftovers, write_atomically
from smimetui.model.errors import (
    StoreCorruptError,
    StoreError,
    StoreFullError,
    StoreLockedError,
    StoreUnavailableError,
    WrongPassphraseError,
)

_MAGIC = b"smimetui-vault "
_VERSION = b"1"
_NONCE, _SALT = 12, 16
_MOST_HEADER = 4096
# A book of 100,000 certificates is some 250 MB; more than this is no vault of ours.
_MOST_BYTES = 1 << 29
_REVISION = 1024
_PATIENCE = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Argon2id's parameters: memory in KiB, passes, lanes.

    The default is RFC 9106's second recommended option. What a file asks for is bounded, so that a hostile one takes
    neither all memory nor minutes.
    """

    memory: int = 64 * 1024
    passes: int = 3
    lanes: int = 4

    def within_bounds(self) -> bool:
        """Tell whether Argon2id takes these and a machine can bear them."""
        return 1 <= self.lanes <= 16 and 1 <= self.passes <= 16 and 8 * self.lanes <= self.memory <= 256 * 1024  # noqa: PLR2004 - the bounds themselves


class _Header(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    memory: int
    passes: int
    lanes: int
    salt: bytes
    check: bytes = b""
    """Derived from the passphrase beside the key: tells a wrong passphrase from a damaged file."""


@dataclass(slots=True, kw_only=True)
class _Open:
    """The state of an unlocked vault: the authenticated prefix, the key, and the items as of one state of the file."""

    prefix: bytes
    key: bytes
    revision: str = ""
    items: dict[str, dict[str, str]] | None = None

    def __repr__(self) -> str:
        return "_Open()"


class Vault:
    """A keyring backend of our own over the file `path`; locked until `unlock`.

    Safe for several threads, and for several processes: each change holds a lock file and reads again.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._open: _Open | None = None
        self._threads = RLock()
        self._file_lock = FileLock(
            path.with_name(path.name + ".lock"), timeout=_PATIENCE, mode=0o600, thread_local=False
        )

    @classmethod
    def create(cls, path: Path, passphrase: str, *, cost: Cost | None = None) -> Self:
        """Make a new, empty vault and return it unlocked.

        Raises StoreError when there is a file at `path` already: it is never written over.
        """
        vault = cls(path)
        with vault._changing():
            if vault.exists:
                raise StoreUnavailableError(f"there is a vault at {path} already", "it is not written over")
            vault._write_new(passphrase, cost or Cost(), {})
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
        content, revision = self._content()
        prefix, header = _split_header(self.path, content)
        key, check = _derive(passphrase, header)
        if not compare_digest(check, header.check):
            raise WrongPassphraseError("this passphrase does not open the vault")
        state = _Open(prefix=prefix, key=key)
        self._decrypt(state, content, revision)
        with self._threads:
            self._open = state

    def lock(self) -> None:
        """Forget the key and the items."""
        with self._threads:
            self._open = None

    def change_passphrase(self, old: str, new: str, *, cost: Cost | None = None) -> None:
        """Seal the vault under another passphrase, with a new salt; other processes are locked by it."""
        with self._changing():
            self.unlock(old)
            self._write_new(new, cost or Cost(), self._items())

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
            return self._items().get(service, {}).get(username)

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
                raise _failure(self.path, error) from error
            try:
                remove_leftovers(self.path)
                yield
            finally:
                self._file_lock.release()

    def _items(self) -> dict[str, dict[str, str]]:
        """Return the items as the file has them now."""
        state = self._open
        if state is None:
            raise StoreLockedError("the vault is locked", "it needs its passphrase")
        if state.items is not None and state.revision == self.revision():
            return state.items
        content, revision = self._content()
        if not content.startswith(state.prefix):
            _split_header(self.path, content)
            self._open = None
            raise StoreLockedError("the vault was given another passphrase meanwhile", "unlock it again")
        return self._decrypt(state, content, revision)

    def _content(self) -> tuple[bytes, str]:
        try:
            with self.path.open("rb") as stream:
                content = stream.read(_MOST_BYTES + 1)
        except FileNotFoundError as error:
            raise StoreUnavailableError(f"there is no vault at {self.path}") from error
        except OSError as error:
            raise _failure(self.path, error) from error
        if len(content) > _MOST_BYTES:
            raise _damaged(self.path)
        return content, _revision(content, len(content))

    def _decrypt(self, state: _Open, content: bytes, revision: str) -> dict[str, dict[str, str]]:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        sealed = content[len(state.prefix) :]
        try:
            plain = AESGCM(state.key).decrypt(sealed[:_NONCE], sealed[_NONCE:], state.prefix)
            items = msgspec.json.decode(plain, type=dict[str, dict[str, str]])
        except (InvalidTag, ValueError, msgspec.DecodeError) as error:
            raise _damaged(self.path) from error
        state.items, state.revision = items, revision
        return items

    def _write(self, items: dict[str, dict[str, str]]) -> None:
        assert self._open is not None
        self._replace(self._open, items)
        # The next look reads the file, not what was meant to be in it.
        self._open.items = None

    def _write_new(self, passphrase: str, cost: Cost, items: dict[str, dict[str, str]]) -> None:
        if not passphrase:
            raise WrongPassphraseError("an empty passphrase protects nothing")
        if not cost.within_bounds():
            raise ValueError(cost)
        header = _Header(memory=cost.memory, passes=cost.passes, lanes=cost.lanes, salt=secrets.token_bytes(_SALT))
        key, header.check = _derive(passphrase, header)
        line = msgspec.json.encode(header)
        # The checksum tells a damaged header, which no passphrase opens, from a wrong passphrase.
        prefix = b"\n".join((_MAGIC + _VERSION, line, sha256(line).hexdigest().encode(), b""))
        state = _Open(prefix=prefix, key=key)
        self._replace(state, items)
        self._open = state

    def _replace(self, state: _Open, items: dict[str, dict[str, str]]) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = secrets.token_bytes(_NONCE)
        sealed = AESGCM(state.key).encrypt(nonce, msgspec.json.encode(items), state.prefix)
        try:
            write_atomically(self.path, state.prefix + nonce + sealed)
        except OSError as error:
            raise _failure(self.path, error) from error


def _split_header(path: Path, content: bytes) -> tuple[bytes, _Header]:
    """Return the authenticated prefix and the header in it. Raises StoreError."""
    lines = content[:_MOST_HEADER].split(b"\n", 3)
    if not content.startswith(_MAGIC) or len(lines) < 4:  # noqa: PLR2004 - magic, header, checksum, the rest
        raise _damaged(path)
    if lines[0] != _MAGIC + _VERSION:
        raise StoreUnavailableError(f"the vault {path} was written by a newer smimetui", "update this one")
    try:
        header = msgspec.json.decode(lines[1], type=_Header)
    except (msgspec.DecodeError, ValueError) as error:
        raise _damaged(path) from error
    cost = Cost(memory=header.memory, passes=header.passes, lanes=header.lanes)
    if sha256(lines[1]).hexdigest().encode() != lines[2] or not cost.within_bounds() or len(header.salt) != _SALT:
        raise _damaged(path)
    return content[: sum(len(line) + 1 for line in lines[:3])], header


def _derive(passphrase: str, header: _Header) -> tuple[bytes, bytes]:
    """Return the key and the check value (32 and 16 bytes)."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
    from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

    secret = Argon2id(
        salt=header.salt, length=32, iterations=header.passes, lanes=header.lanes, memory_cost=header.memory
    ).derive(unicodedata.normalize("NFC", passphrase).encode(errors="surrogatepass"))
    key = HKDFExpand(SHA256(), 32, b"smimetui vault key").derive(secret)
    return key, HKDFExpand(SHA256(), 16, b"smimetui vault check").derive(secret)


def _revision(content: bytes, size: int) -> str:
    # The nonce stands in the first bytes and differs with every write; times and inodes may not.
    return f"{size} {sha256(content[:_REVISION]).hexdigest()}"


def _damaged(path: Path) -> StoreCorruptError:
    return StoreCorruptError(f"the vault {path} is damaged", "it was left as it is; restore it from a backup")


def _failure(path: Path, error: OSError) -> StoreError:
    if error.errno in {ENOSPC, EDQUOT, EFBIG}:
        return StoreFullError(f"the vault {path} cannot grow: {error.strerror}")
    return StoreUnavailableError(f"the vault {path} cannot be used: {error.strerror}")
