"""The tags and lengths of X.690, enough to walk to a field without parsing what lies around it.

Reads DER and the BER forms that mail meets: indefinite lengths and long-form lengths. Multi-byte tags are refused.
"""

from collections.abc import Iterator
from typing import NamedTuple

from smimetui.model.errors import FormatError

SEQUENCE, SET, OID, INTEGER, OCTET_STRING, CONTEXT_0, CONTEXT_3 = 0x30, 0x31, 0x06, 0x02, 0x04, 0xA0, 0xA3

# Each level of indefinite length is scanned again by its parent, so depth multiplies time. Real files nest 12 deep.
_MOST_DEPTH = 40
_CUT = "the data ends inside a field"


class Field(NamedTuple):
    """One tag, length and value; offsets into the data it was read from."""

    tag: int
    start: int
    """Where the tag stands."""
    content: int
    """Where the value begins."""
    end: int
    """Where the value ends."""
    after: int
    """Where the next field begins: `end`, or two more where end-of-contents octets stand."""


# A NamedTuple's own constructor costs as much as reading the field.
_new = tuple.__new__


def read_field(data: bytes, offset: int, stop: int, depth: int = 0) -> Field:
    """Return the field at `offset`, which must end by `stop`. Raises FormatError."""
    if offset + 2 > stop:
        raise FormatError(_CUT)
    tag, length = data[offset], data[offset + 1]
    content = offset + 2
    if tag & 0x1F == 0x1F:  # noqa: PLR2004 - X.690 section 8.1.2.4: a tag of several octets
        raise FormatError("the data holds a tag this program does not know")
    if length == 0x80:  # noqa: PLR2004 - X.690 section 8.1.3.6: the indefinite form
        return _indefinite(data, tag, offset, stop, depth)
    if length > 0x80:  # noqa: PLR2004 - X.690 section 8.1.3.5: the long form
        octets = length & 0x7F
        length = int.from_bytes(data[content : content + octets])
        content += octets
    end = content + length
    if end > stop:
        raise FormatError(_CUT)
    return _new(Field, (tag, offset, content, end, end))


def fields(data: bytes, start: int, stop: int) -> Iterator[Field]:
    """Yield the fields between two offsets. Raises FormatError."""
    while start < stop:
        field = read_field(data, start, stop)
        yield field
        start = field.after


def child(data: bytes, parent: Field, tag: int) -> Field:
    """Return the first field of `parent`, which must have this tag. Raises FormatError."""
    field = read_field(data, parent.content, parent.end)
    if field.tag != tag:
        raise FormatError("the data holds something else where a field was expected")
    return field


def _indefinite(data: bytes, tag: int, offset: int, stop: int, depth: int) -> Field:
    if not tag & 0x20 or depth > _MOST_DEPTH:
        raise FormatError("the data is nested too deep, or breaks the rules of its encoding")
    position = content = offset + 2
    while data[position : position + 2] != b"\x00\x00":
        position = read_field(data, position, stop, depth + 1).after
    if position + 2 > stop:
        raise FormatError(_CUT)
    return Field(tag, offset, content, position, position + 2)
