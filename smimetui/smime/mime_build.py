"""MIME entities made in pieces: a draft's text and files, canonical and 7-bit safe (RFC 8551 section 3.1).

Pieces are octets in order that are never joined before they must be: a 25 MB file is encoded once and copied never.
"""

import re
import struct
from binascii import b2a_qp
from collections.abc import Iterable, Iterator
from secrets import token_hex

import pybase64

from smimetui.model.flowed import flow
from smimetui.model.message import Attachment, Draft
from smimetui.smime.header_build import parameterised
from smimetui.smime.mime import canonical

# Whole lines of base64, and few enough to stay in the processor's cache: twice as many cost twice the time a line.
_CHUNK_LINES = 512
_CHUNK = 57 * _CHUNK_LINES
_LINES = struct.Struct("76s" * _CHUNK_LINES)
_TYPE = re.compile(r"(?!multipart/|message/)[a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127}")
_LONGEST_PLAIN_LINE = 76
# A share of octets beyond ASCII from which base64 is shorter than quoted-printable.
_BASE64_SHARE = 6
_BLANK_BEFORE_END = re.compile(rb"[ \t]\r?\n|[ \t]\Z")
_FROM_LINE = re.compile(rb"^From ", re.MULTILINE)


def draft_entity(draft: Draft) -> Iterator[bytes]:
    """Yield the draft's body and attachments as one entity, header included, without a trailing line end."""
    if not draft.attachments:
        return iter(text_entity(draft.body))
    parts = [text_entity(draft.body), *(_attachment(attachment) for attachment in draft.attachments)]
    return multipart("multipart/mixed", parts)


def multipart(kind: str, parts: Iterable[Iterable[bytes]], **parameters: str) -> Iterator[bytes]:
    """Yield an entity of parts (RFC 2046 section 5.1.1); the line end before a delimiter belongs to the delimiter."""
    boundary = f"=_{token_hex(16)}"
    yield parameterised("Content-Type", kind, **parameters, boundary=boundary)
    for part in parts:
        yield f"\r\n--{boundary}\r\n".encode()
        yield from part
    yield f"\r\n--{boundary}--\r\n".encode()


def text_entity(body: str) -> list[bytes]:
    """Return a text/plain entity that arrives as it is typed: 7bit where every line is safe, else encoded.

    Long lines flow (RFC 3676), encoded so that no relay takes a soft break away.
    """
    text = body.replace("\r\n", "\n").replace("\r", "\n")
    flowed = flow(text)
    text = (text if flowed is None else flowed).replace("\n", "\r\n")
    octets = text.encode("utf-8", "replace")
    charset = "us-ascii" if text.isascii() else "utf-8"
    if _is_safe(octets):
        encoding, pieces = "7bit", [octets]
    elif sum(octet > 0x7E for octet in octets[:10_000]) * _BASE64_SHARE > len(octets[:10_000]):  # noqa: PLR2004 - ASCII
        encoding, pieces = "base64", list(base64_lines([octets]))
    else:
        encoding, pieces = "quoted-printable", [_quoted_printable(octets)]
        if _FROM_LINE.search(pieces[0]) is not None:
            encoding, pieces = "base64", list(base64_lines([octets]))
    form = {} if flowed is None else {"format": "flowed"}
    head = parameterised("Content-Type", "text/plain", charset=charset, **form)
    return [head + f"Content-Transfer-Encoding: {encoding}\r\n\r\n".encode(), *pieces]


def base64_lines(pieces: Iterable[bytes | bytearray | memoryview]) -> Iterator[bytes]:
    """Yield the base64 text of the pieces' octets in lines of 76 characters, CR LF after each."""
    kept = b""
    for piece in pieces:
        octets = memoryview(piece)
        if kept:
            missing = min(_CHUNK - len(kept), len(octets))
            kept += octets[:missing]
            octets = octets[missing:]
            if len(kept) < _CHUNK:
                continue
            yield _lines(kept)
        whole = len(octets) - len(octets) % _CHUNK
        for start in range(0, whole, _CHUNK):
            yield _lines(octets[start : start + _CHUNK])
        kept = bytes(octets[whole:])
    if kept:
        yield _lines(kept)


def _lines(octets: bytes | memoryview) -> bytes:
    if len(octets) == _CHUNK:
        # Encoding without line ends is ten times as fast as with them; cutting into lines this way keeps half of that.
        return b"\r\n".join(_LINES.unpack(pybase64.b64encode(octets))) + b"\r\n"
    return pybase64.encodebytes(octets).replace(b"\n", b"\r\n")


def _attachment(attachment: Attachment) -> Iterator[bytes]:
    kind = attachment.content_type.lower()
    # RFC 2046 section 5.2.1, 5.1: messages and multiparts may not be encoded, and as they stand are not 7-bit safe.
    kind = kind if _TYPE.fullmatch(kind) else "application/octet-stream"
    yield (
        parameterised("Content-Type", kind, name=attachment.name)
        + parameterised("Content-Disposition", "attachment", filename=attachment.name)
        + b"Content-Transfer-Encoding: base64\r\n\r\n"
    )
    yield from base64_lines([attachment.content])


def _is_safe(octets: bytes) -> bool:
    """Tell whether text survives relays as it is: short lines of ASCII, no blanks that get lost, no `From `."""
    return (
        octets.isascii()
        and b"\0" not in octets
        and all(len(line) <= _LONGEST_PLAIN_LINE for line in octets.split(b"\r\n"))
        and _BLANK_BEFORE_END.search(octets) is None
        and _FROM_LINE.search(octets) is None
        and b"\r\n.\r\n" not in b"\r\n" + octets + b"\r\n"
    )


def _quoted_printable(octets: bytes) -> bytes:
    # The encoder breaks lines as the text does, and one line alone with a bare LF.
    return canonical(b2a_qp(octets, quotetabs=False, istext=True))
