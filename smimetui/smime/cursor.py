"""Reads the fields of DER in order. What a structure lacks, or holds in the wrong place, is a FormatError."""

from functools import lru_cache

from smimetui.model.errors import FormatError
from smimetui.smime.der import Field, read_field
from smimetui.smime.names import dotted_oid

_INTEGER, _OID = 0x02, 0x06


class Cursor:
    """Walks the fields inside a DER field in order. Every method raises FormatError where they are not there."""

    __slots__ = ("_data", "_end", "_position")

    def __init__(self, data: bytes, start: int, end: int) -> None:
        self._data = data
        self._position = start
        self._end = end

    @property
    def done(self) -> bool:
        """No field is left."""
        return self._position >= self._end

    @property
    def tag(self) -> int:
        """The identifier octet of the next field; -1 if none is left."""
        return -1 if self.done else self._data[self._position]

    def take(self, *tags: int) -> Field:
        """Return the next field, which must have one of these identifier octets (none given: any)."""
        if self.done:
            raise FormatError("a CMS structure lacks a field")
        found = read_field(self._data, self._position, self._end)
        if tags and found.tag not in tags:
            raise FormatError("a CMS structure holds something else where a field was expected")
        self._position = found.after
        return found

    def optional(self, tag: int) -> Field | None:
        """Return the next field if it has this identifier octet."""
        return self.take(tag) if self.tag == tag else None

    def enter(self, *tags: int) -> "Cursor":
        """Return a cursor over the content of the next field."""
        found = self.take(*tags)
        return Cursor(self._data, found.content, found.end)

    def content(self, *tags: int) -> bytes:
        """Return the content octets of the next field."""
        found = self.take(*tags)
        return self._data[found.content : found.end]

    def encoded(self, *tags: int) -> bytes:
        """Return the next field with its identifier and length."""
        found = self.take(*tags)
        return self._data[found.start : found.after]

    def integer(self) -> int:
        """Return the next field, an INTEGER."""
        return int.from_bytes(self.content(_INTEGER), signed=True)

    def oid(self) -> str:
        """Return the next field, an OBJECT IDENTIFIER, dotted."""
        return _dotted(self.content(_OID))


def walk(data: bytes) -> Cursor:
    """Return a cursor over all of `data`."""
    return Cursor(data, 0, len(data))


@lru_cache(maxsize=512)
def _dotted(content: bytes) -> str:
    return dotted_oid(content)
