"""BER made DER (X.690), and DER framed by hand.

S/MIME producers stream: indefinite lengths, and octet strings in thousands of segments. `to_der` turns that into
definite lengths once, in linear time, so that everything behind it reads plain DER by offsets. No parsing of values.
"""

from functools import lru_cache

from smimetui.model.errors import FormatError

# A chain of certificates inside a message nests 15 deep; deeper is built to exhaust the reader.
MOST_DEPTH = 64
# 25 MB streamed in segments of 1 kB has 25,000 fields, 10,000 recipients 200,000; each costs a microsecond.
MOST_FIELDS = 500_000

_OCTETS, _SEGMENTED_OCTETS, _SEQUENCE, _CONTEXT_0 = 0x04, 0x24, 0x30, 0xA0
_CONSTRUCTED, _MULTI_BYTE = 0x20, 0x1F
_INDEFINITE = 0x80
_MOST_LENGTH_OCTETS = 8
_SHORT, _MOST_JOINED = 200, 10_000
# SignedData and EnvelopedData hold their certificates, signers and recipients here. What has a definite length there is
# copied as it is: readers normalise each member by itself, and a thousand recipients cost nothing until one is wanted.
_MEMBERS_LEVEL = 3
_MEMBERS = frozenset({0x31, 0xA0, 0xA1})
# EncryptedContentInfo stands this many levels below the ContentInfo that holds it.
_ENCRYPTED_CONTENT_LEVEL = 4
# id-envelopedData, id-encryptedData, id-ct-authEnvelopedData: their `[0]` content is an octet string without a tag of
# its own (RFC 5652 section 6.1), where SignedData's wraps one; the two cannot be told apart by their bytes.
_IMPLICIT_CONTENT = (
    bytes.fromhex("06092a864886f70d010703"),
    bytes.fromhex("06092a864886f70d010706"),
    bytes.fromhex("060b2a864886f70d0109100117"),
)


class _Open:
    """A constructed field whose end has not been reached."""

    __slots__ = ("buffer", "changes", "end", "identifier", "run", "size", "slot", "start")

    def __init__(self, identifier: int, start: int, end: int, slot: int, buffer: bytearray | None) -> None:
        self.identifier = identifier
        self.start = start
        self.end = end  # -1: at the end-of-contents octets
        self.slot = slot  # index of the piece that will be its header
        self.size = 0  # of its content in DER
        self.buffer = buffer  # collects the segments of an octet string
        self.changes = self.run = 0  # as they were when it was opened


def to_der(data: bytes, *, members: bool = True) -> bytes:
    """Return the first field of `data` with definite lengths and unsegmented octet strings.

    Returns `data` itself, uncopied, if it is so already. Raises FormatError, also for a limit passed. Values are not
    looked at: what was DER inside stays byte for byte. Without `members`, `data` is a ContentInfo whose certificates,
    signers and recipients may be left as they are.
    """
    end = _end_if_definite(data, -1 if members else _MEMBERS_LEVEL)
    if end < 0:
        return _Normaliser(data, members=members).run()
    return data if end == len(data) else data[:end]


def _end_if_definite(data: bytes, members_level: int) -> int:  # noqa: C901 - a call for each field costs as much again
    """Return where the first field ends if nothing in it is to be normalised; -1 if something is, or is not right.

    Most of what arrives is DER, which this pass knows in a fraction of the normaliser's time.
    """
    ends: list[int] = []
    position, limit, implicit = 0, len(data), False
    try:
        for _ in range(MOST_FIELDS):
            identifier, length, content = data[position], data[position + 1], position + 2
            if length >= _INDEFINITE:
                octets = length & 0x7F
                if not 0 < octets <= _MOST_LENGTH_OCTETS:
                    return -1
                length = int.from_bytes(data[content : content + octets])
                content += octets
            position = content + length
            if position > limit or identifier & _MULTI_BYTE == _MULTI_BYTE or identifier == _SEGMENTED_OCTETS:
                return -1
            depth = len(ends)
            if identifier & _CONSTRUCTED and not (depth == members_level and identifier in _MEMBERS):
                if not depth:
                    implicit = data.startswith(_IMPLICIT_CONTENT, content)
                if depth >= MOST_DEPTH or (implicit and depth == _ENCRYPTED_CONTENT_LEVEL and identifier == _CONTEXT_0):
                    return -1
                ends.append(position)
                position, limit = content, position
            elif not ends:
                return -1
            while position == limit:
                ends.pop()
                if not ends:
                    return position
                limit = ends[-1]
    except IndexError:
        pass
    return -1


class _Normaliser:
    """One pass over the fields: copies runs of bytes, and fills each header in when its field closes."""

    def __init__(self, data: bytes, *, members: bool) -> None:
        self._data = data
        self._members_level = -1 if members else _MEMBERS_LEVEL
        self._view = memoryview(data)
        self._pieces: list[bytes | bytearray | memoryview] = []
        self._stack: list[_Open] = []
        self._run = 0  # where bytes begin that are to be copied as they are
        self._changes = 0
        self._implicit = False

    def run(self) -> bytes:
        identifier, length, position = self._header(0)
        if not identifier & _CONSTRUCTED:
            raise FormatError("the data is not a CMS structure")
        self._implicit = self._data.startswith(_IMPLICIT_CONTENT, position)
        self._open(identifier, length, 0, position)
        fields = 1
        while self._stack:
            top = self._stack[-1]
            if position == top.end or (top.end < 0 and self._data.startswith(b"\x00\x00", position)):
                position = self._close(position)
                continue
            fields += 1
            if fields > MOST_FIELDS:
                raise FormatError(f"the message holds more than {MOST_FIELDS:,} fields")
            position = self._field(top, position)
        if self._changes:
            return _joined(self._pieces)
        return self._data if position == len(self._data) else self._data[:position]

    def _field(self, top: _Open, position: int) -> int:
        """Take the field at `position`; return where to go on."""
        identifier, length, content = self._header(position)
        members = identifier in _MEMBERS and length >= 0 and len(self._stack) == self._members_level
        if identifier & _CONSTRUCTED and not members:
            self._open(identifier, length, position, content)
            return content
        end = content + length
        if length < 0 or (end > top.end >= 0) or end > len(self._data):
            raise FormatError("the data ends inside a field")
        if top.buffer is None:
            top.size += end - position
        elif identifier == _OCTETS:
            top.buffer += self._view[content:end]
        else:
            raise FormatError("a segmented octet string holds something else")
        return end

    def _header(self, position: int) -> tuple[int, int, int]:
        """Return identifier, length (-1: indefinite) and where the content begins."""
        data = self._data
        try:
            identifier, length = data[position], data[position + 1]
            position += 2
            if identifier & _MULTI_BYTE == _MULTI_BYTE:
                raise FormatError("the data holds a tag this program does not know")
            if length < _INDEFINITE:
                return identifier, length, position
            if length == _INDEFINITE:
                return identifier, -1, position
            octets = length & 0x7F
            if octets > _MOST_LENGTH_OCTETS:
                raise FormatError("a length field is longer than 8 octets")
            length = int.from_bytes(data[position : position + octets])
        except IndexError:
            raise FormatError("the data ends inside a field") from None
        else:
            return identifier, length, position + octets

    def _open(self, identifier: int, length: int, start: int, content: int) -> None:
        if len(self._stack) >= MOST_DEPTH:
            raise FormatError(f"the data is nested more than {MOST_DEPTH} levels deep")
        parent = self._stack[-1] if self._stack else None
        end = -1 if length < 0 else content + length
        limit = parent.end if parent is not None and parent.end >= 0 else len(self._data)
        if end > limit:
            raise FormatError("the data ends inside a field")
        if parent is not None and parent.buffer is not None:
            if identifier != _SEGMENTED_OCTETS:
                raise FormatError("a segmented octet string holds something else")
            self._stack.append(_Open(identifier, start, end, -1, parent.buffer))
            return
        segmented = identifier == _SEGMENTED_OCTETS or self._is_implicit_content(identifier)
        self._changes += segmented or end < 0
        opened = _Open(identifier, start, end, 0, bytearray() if segmented else None)
        opened.changes, opened.run = self._changes, self._run
        self._take(start)
        opened.slot = len(self._pieces)
        self._pieces.append(b"")
        self._run = content
        self._stack.append(opened)

    def _take(self, position: int) -> None:
        """Copy what stands before `position` as it is; a view of a short run would weigh more than its bytes."""
        if position - self._run > _SHORT:
            self._pieces.append(self._view[self._run : position])
        elif position > self._run:
            self._pieces.append(self._data[self._run : position])

    def _is_implicit_content(self, identifier: int) -> bool:
        return (
            identifier == _CONTEXT_0
            and self._implicit
            and len(self._stack) == _ENCRYPTED_CONTENT_LEVEL
            and self._stack[-1].identifier == _SEQUENCE
        )

    def _close(self, position: int) -> int:
        """End the innermost field at `position`; return where to go on."""
        done = self._stack.pop()
        after = position if done.end >= 0 else position + 2
        if done.slot < 0:
            return after
        if done.changes == self._changes and done.end >= 0 and done.buffer is None:
            # Nothing inside had to change, so neither does it: a thousand small fields leave no pieces behind.
            self._forget(done)
            return after
        identifier, size = done.identifier, done.size
        if done.buffer is None:
            self._take(position)
        else:
            self._pieces.append(done.buffer if len(done.buffer) > _SHORT else bytes(done.buffer))
            identifier, size = identifier & ~_CONSTRUCTED, len(done.buffer)
        header = self._pieces[done.slot] = (
            _known_header(identifier, size) if size < _INDEFINITE else field_header(identifier, size)
        )
        self._run = after
        if self._stack:
            self._stack[-1].size += len(header) + size
        return after

    def _forget(self, done: _Open) -> None:
        """Go on as if the field had been one that is copied whole."""
        del self._pieces[done.slot :]
        if done.start > done.run:
            self._pieces.pop()
        self._run = done.run
        if self._stack:
            self._stack[-1].size += done.end - done.start


def _joined(pieces: list[bytes | bytearray | memoryview]) -> bytes:
    """Return the pieces as one; joining takes 80 octets for each of them, so not all at a time."""
    if len(pieces) <= _MOST_JOINED:
        return b"".join(pieces)
    return b"".join(b"".join(pieces[start : start + _MOST_JOINED]) for start in range(0, len(pieces), _MOST_JOINED))


def field_header(identifier: int, length: int) -> bytes:
    """Return identifier and length octets in DER."""
    if length < _INDEFINITE:
        return bytes((identifier, length))
    octets = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes((identifier, _INDEFINITE | len(octets))) + octets


_known_header = lru_cache(maxsize=1024)(field_header)


def field(identifier: int, *contents: bytes) -> bytes:
    """Return one field whose content is the concatenation of `contents`."""
    content = contents[0] if len(contents) == 1 else b"".join(contents)
    return field_header(identifier, len(content)) + content


def sequence(*contents: bytes) -> bytes:
    """Return a SEQUENCE of encoded fields."""
    return field(0x30, *contents)


def set_of(*contents: bytes) -> bytes:
    """Return a SET OF encoded fields, sorted as DER wants it (X.690 section 11.6)."""
    return field(0x31, *sorted(contents))


def octet_string(content: bytes) -> bytes:
    """Return an OCTET STRING."""
    return field(_OCTETS, content)


def integer(value: int) -> bytes:
    """Return an INTEGER, of either sign."""
    magnitude = value if value >= 0 else -value - 1
    return field(0x02, value.to_bytes(magnitude.bit_length() // 8 + 1, signed=True))


@lru_cache(maxsize=256)
def identifier(dotted: str) -> bytes:
    """Return an OBJECT IDENTIFIER from its dotted form."""
    first, second, *rest = map(int, dotted.split("."))
    content = bytearray()
    for arc in (first * 40 + second, *rest):
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.append(arc & 0x7F | 0x80)
        content += bytes(reversed(septets))
    return field(0x06, bytes(content))
