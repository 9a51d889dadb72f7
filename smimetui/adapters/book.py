"""The certificate book as text: what is installed, the own anchors, and the index of the items beside it.

A keyring cannot list what it holds, so the book names the identities and secrets that have items of their own.
Pure: no I/O, no clock.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TypeVar

import msgspec

from smimetui.model.errors import StoreCorruptError, StoreUnavailableError
from smimetui.services.ports import InstalledCertificate

_VERSION = 1
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """Everything the store knows but the secrets themselves.

    `identities` are the SHA-256 fingerprints of own certificates in the order they were added, `secrets` the names of
    account secrets, `leftovers` names of items that are removed and may still be there after a kill.
    """

    identities: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    leftovers: tuple[str, ...] = ()
    anchors: tuple[bytes, ...] = ()
    certificates: tuple[InstalledCertificate, ...] = ()

    def with_installed(self, certificates: Sequence[InstalledCertificate]) -> "Book":
        """Return the book with these added at the end, each replacing the same one."""
        new = {certificate.sha256: certificate for certificate in certificates}
        kept = tuple(certificate for certificate in self.certificates if certificate.sha256 not in new)
        return replace(self, certificates=kept + tuple(new.values()))

    def without_installed(self, fingerprint: str) -> "Book":
        """Return the book without the certificate of this SHA-256."""
        return replace(self, certificates=tuple(item for item in self.certificates if item.sha256 != fingerprint))

    def with_anchor(self, der: bytes) -> "Book":
        """Return the book with this anchor."""
        return replace(self, anchors=_with(self.anchors, der))

    def without_anchor(self, fingerprint: str) -> "Book":
        """Return the book without the anchor of this SHA-256."""
        return replace(self, anchors=tuple(der for der in self.anchors if sha256(der).hexdigest() != fingerprint))

    def with_identity(self, fingerprint: str) -> "Book":
        """Return the book with this identity named."""
        return replace(self, identities=_with(self.identities, fingerprint))

    def without_identity(self, fingerprint: str) -> "Book":
        """Return the book without this identity."""
        return replace(self, identities=_without(self.identities, fingerprint))

    def with_secret(self, name: str) -> "Book":
        """Return the book with this account secret named."""
        return replace(self, secrets=_with(self.secrets, name))

    def without_secret(self, name: str) -> "Book":
        """Return the book without this account secret."""
        return replace(self, secrets=_without(self.secrets, name))


class _Header(msgspec.Struct):
    version: int


class _Stored(msgspec.Struct, kw_only=True):
    version: int = _VERSION
    # The index stands first: what is left of a cut book still names the keys.
    book: Book


def encode_book(book: Book) -> str:
    """Return the book as one line of JSON."""
    return msgspec.json.encode(_Stored(book=book)).decode()


def decode_book(text: str) -> Book:
    """Return the book that `text` holds.

    Raises StoreCorruptError for what is no book, StoreUnavailableError for one of a newer version.
    """
    try:
        version = msgspec.json.decode(text, type=_Header).version
        if version <= _VERSION:
            return msgspec.json.decode(text, type=_Stored).book
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise StoreCorruptError(
            "the certificate book is damaged",
            "nothing was written over it; bring the keyring or vault back from a backup",
        ) from error
    raise StoreUnavailableError("the certificate book was written by a newer smimetui", "update this one")


def identities_left_in(text: str) -> tuple[str, ...]:
    """Return the identities that a damaged book still names, so that no key is lost with its index."""
    return tuple(name for name in _left_in(text, "identities") if re.fullmatch(r"[0-9a-f]{64}", name))


def secrets_left_in(text: str) -> tuple[str, ...]:
    """Return the account secrets that a damaged book still names."""
    return _left_in(text, "secrets")


def _left_in(text: str, key: str) -> tuple[str, ...]:
    found = re.search(rf'"{key}":\[((?:"(?:[^"\\]|\\.)*",?)*)', text)
    names = re.findall(r'"(?:[^"\\]|\\.)*"', found[1]) if found else []
    read = (_text(name) for name in names)
    return tuple(dict.fromkeys(name for name in read if name is not None))


def _text(quoted: str) -> str | None:
    try:
        return msgspec.json.decode(quoted, type=str)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None


def _with(items: tuple[_Item, ...], item: _Item) -> tuple[_Item, ...]:
    return items if item in items else (*items, item)


def _without(items: tuple[_Item, ...], item: _Item) -> tuple[_Item, ...]:
    return tuple(other for other in items if other != item)
