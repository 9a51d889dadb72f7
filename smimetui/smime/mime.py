"""MIME entities (RFC 2045, 2046) found by search in the bytes that carry them.

The message is never copied to be parsed: an entity is a stretch of octets with its header read. The standard library's
parser takes 0.5 s and eight times the memory for 25 MB, and does not keep the octets that a signature covers.
"""

import re
from binascii import Error as Base64Error
from binascii import a2b_qp
from collections.abc import Iterator
from dataclasses import field
from string import ascii_letters, digits

import pybase64

from smimetui.model.errors import FormatError
from smimetui.model.flowed import unflow
from smimetui.model.value import dataclass
from smimetui.smime.charset import decode_text
from smimetui.smime.fields import file_name, media_type, parameterised

# Exchange's largest message is 150 MB; four thirds of it in base64.
MOST_OCTETS = 200_000_000
# Replies with forwards nest five deep, and each level is searched once more.
MOST_DEPTH = 24
# A newsletter with all its images has fifty parts.
MOST_PARTS = 1_000
# Received and ARC fields add up to 30 kB on long ways.
MOST_HEADER_OCTETS = 256 * 1024
MOST_FIELDS = 2_000

_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:")
_DELIMITER_REST = re.compile(rb"(--)?[ \t]*(?:\r?\n|\r?\Z)")
_BLANKS = b" \t"
_NOT_BASE64 = bytes(range(256)).translate(None, b"+/" + (ascii_letters + digits).encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A header and a body: the octets `start` to `end` of `data`, the body from `body` on."""

    data: bytes = field(repr=False)
    start: int
    body: int
    end: int
    fields: tuple[tuple[str, str], ...]
    """(lower-case name, unfolded value, not decoded), in their order."""
    content_type: str
    parameters: dict[str, str]
    disposition: str
    """`inline`, `attachment` or empty."""
    file_name: str

    def all(self, name: str) -> tuple[str, ...]:
        """Return the values of every field of this name."""
        return tuple(value for key, value in self.fields if key == name)

    def get(self, name: str) -> str:
        """Return the first value of a field, or an empty string."""
        return next((value for key, value in self.fields if key == name), "")

    @property
    def octets(self) -> memoryview:
        """Header and body, as a signature covers them."""
        return memoryview(self.data)[self.start : self.end]

    @property
    def is_multipart(self) -> bool:
        """The body is made of parts that a boundary divides."""
        return self.content_type.startswith("multipart/") and bool(self.parameters.get("boundary"))

    @property
    def is_attachment(self) -> bool:
        """A file, not something to show."""
        return self.disposition == "attachment" or (bool(self.file_name) and self.disposition != "inline")

    def decoded(self) -> bytes:
        """Return the body without its transfer encoding (RFC 2045 section 6); never raises."""
        body = memoryview(self.data)[self.body : self.end]
        encoding = self.get("content-transfer-encoding").strip().lower()
        if encoding == "base64":
            return decode_base64(body)
        if encoding == "quoted-printable":
            return a2b_qp(body)
        return bytes(body)

    def text(self) -> str:
        """Return the body as text with line feeds, flowed lines joined (RFC 3676); never raises."""
        text = decode_text(self.decoded(), self.parameters.get("charset", ""))
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        if self.content_type == "text/plain" and self.parameters.get("format", "").lower() == "flowed":
            return unflow(text, delsp=self.parameters.get("delsp", "").lower() == "yes")
        return text

    def parts(self, default: str = "text/plain") -> Iterator["Entity"]:
        """Yield the parts of a multipart body; without a single delimiter there is none. Raises FormatError."""
        default = "message/rfc822" if self.content_type == "multipart/digest" else default
        for start, end in split(self.data, self.body, self.end, self.parameters["boundary"]):
            yield parse(self.data, start, end, default)


def parse(data: bytes, start: int = 0, end: int | None = None, default: str = "text/plain") -> Entity:
    """Return the entity in `data[start:end]`; octets that begin without a header field are all body.

    Raises FormatError where a limit is passed.
    """
    end = len(data) if end is None else end
    if end - start > MOST_OCTETS:
        raise FormatError(f"a message of more than {MOST_OCTETS // 1_000_000} MB is not read")
    fields, body = _header(data, start, end)
    first: dict[str, str] = {}
    for name, value in fields:
        first.setdefault(name, value)
    kind, parameters = media_type(first.get("content-type", ""), default)
    disposition, more = parameterised(first.get("content-disposition", ""))
    return Entity(
        data=data,
        start=start,
        body=body,
        end=end,
        fields=tuple(fields),
        content_type=kind,
        parameters=parameters,
        disposition=disposition,
        file_name=file_name(more, parameters),
    )


def parse_message(raw: bytes) -> Entity:
    """Return the message that `raw` is; a bare CMS structure counts as one without a header. Raises FormatError."""
    if raw[:1] != b"\x30":
        return parse(raw)
    if len(raw) > MOST_OCTETS:
        raise FormatError(f"a message of more than {MOST_OCTETS // 1_000_000} MB is not read")
    return Entity(
        data=raw,
        start=0,
        body=0,
        end=len(raw),
        fields=(),
        content_type="application/pkcs7-mime",
        parameters={},
        disposition="",
        file_name="",
    )


def split(data: bytes, start: int, end: int, boundary: str) -> list[tuple[int, int]]:
    """Return where the parts between a boundary's delimiter lines stand (RFC 2046 section 5.1.1).

    The line end before a delimiter belongs to it. A last part without closing delimiter reaches to the end. Raises
    FormatError past MOST_PARTS.
    """
    delimiter = b"--" + boundary.rstrip().encode("utf-8", "replace")
    found: list[tuple[int, int]] = []
    opened, position = -1, start
    while (position := data.find(delimiter, position, end)) >= 0:
        line = position
        position += len(delimiter)
        if line > start and data[line - 1] != 0x0A:  # noqa: PLR2004 - a delimiter begins its line
            continue
        rest = _DELIMITER_REST.match(data, position, end)
        if rest is None:
            continue
        if opened >= 0:
            found.append((opened, max(opened, _before_line_end(data, opened, line))))
        if len(found) > MOST_PARTS:
            raise FormatError(f"the message has more than {MOST_PARTS:,} parts")
        position = rest.end()
        opened = -1 if rest[1] else position
        if rest[1]:
            return found
    if opened >= 0:
        found.append((opened, end))
    return found


def decode_base64(text: bytes | memoryview) -> bytes:
    """Return the octets of base64 text; never raises.

    Characters outside the alphabet do not count, and of text that is cut or badly padded what is whole does.
    """
    try:
        return pybase64.b64decode(text)
    except (Base64Error, ValueError):
        kept = bytes(text).translate(None, _NOT_BASE64)
    whole = kept[:-1] if len(kept) % 4 == 1 else kept
    return pybase64.b64decode(whole + b"=" * (-len(whole) % 4))


def canonical(octets: bytes | memoryview) -> bytes:
    """Return text with every line end, LF or CR LF, as CR LF (RFC 8551 section 3.1.1).

    A CR alone is no line end, here as in headers and before delimiters: else somebody could take the end of a header
    out of signed text, and what follows out of sight, under a signature that holds.
    """
    # By a pattern it would be a list of all lines: 20 x the text where they are short.
    return bytes(octets).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _header(data: bytes, start: int, end: int) -> tuple[list[tuple[str, str]], int]:
    """Return the fields and where the body begins."""
    # Lines are joined as they come: a list of those of two letters takes 25 x their size.
    fields: list[tuple[bytes, bytearray]] = []
    position, limit = start, start + MOST_HEADER_OCTETS
    while position < end:
        stop = data.find(b"\n", position, end)
        following = end if stop < 0 else stop + 1
        if following > limit:
            if not fields:
                break
            raise FormatError(f"a header of more than {MOST_HEADER_OCTETS // 1024} kB is not read")
        line = data[position:following].rstrip(b"\r\n")
        if not line:
            position = following
            break
        if line[0] in _BLANKS and fields:
            fields[-1][1].extend(line)
        elif (match := _FIELD.match(line)) is not None:
            fields.append((match[1], bytearray(line[match.end() :])))
        elif not fields and line.startswith((b"From ", b">From ")):
            # The mailbox format's own line, before the header proper.
            pass
        else:
            break
        if len(fields) > MOST_FIELDS:
            raise FormatError(f"a header of more than {MOST_FIELDS:,} fields is not read")
        position = following
    # A part may have no field at all, only the empty line.
    body = position if fields or data[start:position].strip() == b"" else start
    return [(name.decode("ascii").lower(), value.decode("utf-8", "replace").strip()) for name, value in fields], body


def _before_line_end(data: bytes, opened: int, line: int) -> int:
    """Return where the content ends whose delimiter begins at `line`."""
    end = line - 1
    return end - 1 if end > opened and data[end - 1] == 0x0D else end  # noqa: PLR2004 - CR
