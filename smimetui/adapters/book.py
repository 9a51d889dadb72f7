"""The certificate book as text: what is installed, the own anchors, and the index of the items beside it.

A keyring cannot list what it holds, so the book names the identities and secrets that have items of their own.
Pure: no I/O, no clock.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import TypeVar

import msgspec
import pybase64

from smimetui.model.certificate import Source
from smimetui.model.errors import StoreCorruptError, StoreUnavailableError
from smimetui.model.value import dataclass
from smimetui.services.ports import InstalledCertificate

_VERSION = 2
# Whole groups of four characters: some hundred certificates.
_STRETCH = 1 << 17
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


class _Row(msgspec.Struct, array_like=True, gc=False):
    """An installed certificate, its DER being the next `length` bytes of the book's."""

    sha256: str
    addresses: tuple[str, ...]
    not_after: datetime
    installed_at: datetime
    source: Source
    capabilities: bytes | None
    length: int
    name: str = ""
    der: bytes = b""


class _Pages(msgspec.Struct, kw_only=True):
    """A book as it is stored. All DER in one text is decoded a hundred times faster than in one text each."""

    identities: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    leftovers: tuple[str, ...] = ()
    anchors: tuple[bytes, ...] = ()
    rows: tuple[_Row, ...]
    # A view of the text it stands in: no second copy of megabytes.
    ders: msgspec.Raw


class _Stored(msgspec.Struct, kw_only=True):
    version: int
    # The index stands first: what is left of a cut book still names the keys.
    book: _Pages


class _StoredInOne(msgspec.Struct, kw_only=True):
    """Version 1."""

    book: Book


class _Header(msgspec.Struct):
    version: int


def encode_book(book: Book) -> str:
    """Return the book as one line of JSON."""
    rows = tuple(
        _Row(
            sha256=entry.sha256,
            addresses=entry.addresses,
            not_after=entry.not_after,
            installed_at=entry.installed_at,
            source=entry.source,
            capabilities=entry.capabilities,
            length=len(entry.der),
            name=entry.name,
        )
        for entry in book.certificates
    )
    pages = _Pages(
        identities=book.identities,
        secrets=book.secrets,
        leftovers=book.leftovers,
        anchors=book.anchors,
        rows=rows,
        ders=msgspec.Raw(b'"' + pybase64.b64encode(b"".join(entry.der for entry in book.certificates)) + b'"'),
    )
    return msgspec.json.encode(_Stored(version=_VERSION, book=pages)).decode()


def decode_book(text: str) -> Book:
    """Return the book that `text` holds.

    Raises StoreCorruptError for what is no book, StoreUnavailableError for one of a newer version.
    """
    try:
        stored = msgspec.json.decode(text, type=_Stored)
        if stored.version == _VERSION:
            return _book(stored.book)
    except (msgspec.DecodeError, ValueError):
        pass
    return _other_version(text)


def _other_version(text: str) -> Book:
    version = _version(text)
    if version > _VERSION:
        raise StoreUnavailableError("the certificate book was written by a newer smimetui", "update this one")
    if version == 1:
        return _decode_version_1(text)
    raise _damaged()


def _book(pages: _Pages) -> Book:
    """Return the book of these pages. Raises ValueError."""
    cut = _Cut(pages.ders)
    for row in pages.rows:
        row.der = cut.next(row.length)
    if not cut.at_end:
        raise ValueError(len(pages.rows))
    return Book(
        identities=pages.identities,
        secrets=pages.secrets,
        leftovers=pages.leftovers,
        anchors=pages.anchors,
        # Five times faster than making each one here.
        certificates=msgspec.convert(pages.rows, type=tuple[InstalledCertificate, ...], from_attributes=True),
    )


class _Cut:
    """Cuts the octets of one base64 text into parts, decoding a stretch at a time. Raises ValueError."""

    def __init__(self, quoted: msgspec.Raw) -> None:
        text = memoryview(quoted)
        if bytes(text[:1]) != b'"':
            raise ValueError(len(text))
        self._text = text[1:-1]
        self._stretch = b""
        self._start = 0

    def next(self, length: int) -> bytes:
        """Return the next `length` octets."""
        if length < 0:
            raise ValueError(length)
        while self._start + length > len(self._stretch):
            if not self._text:
                raise ValueError(length)
            self._stretch = self._stretch[self._start :] + pybase64.b64decode(self._text[:_STRETCH], validate=True)
            self._text, self._start = self._text[_STRETCH:], 0
        self._start += length
        return self._stretch[self._start - length : self._start]

    @property
    def at_end(self) -> bool:
        """Nothing is left."""
        return not self._text and self._start == len(self._stretch)


def _version(text: str) -> int:
    """Return the version a text says it has; 0 for none."""
    try:
        return msgspec.json.decode(text, type=_Header).version
    except (msgspec.DecodeError, ValueError):
        return 0


def _decode_version_1(text: str) -> Book:
    try:
        return msgspec.json.decode(text, type=_StoredInOne).book
    except (msgspec.DecodeError, ValueError) as error:
        raise _damaged() from error


def _damaged() -> StoreCorruptError:
    return StoreCorruptError(
        "the certificate book is damaged", "smimetui store repair keeps it aside; nothing was written over it"
    )


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
