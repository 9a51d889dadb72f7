"""Header fields as they leave (RFC 5322, 2047, 2231): encoded, folded, and never with a line that was not meant.

Every value is text that somebody typed or another's program sent: line ends and other controls in it become blanks.
"""

import re
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime, quote
from urllib.parse import quote as percent

from smimetui.model.address import Address, ascii_domain

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_MESSAGE_ID = re.compile(r"<[^<>\s\x00-\x1f\x7f]{1,900}>")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
# RFC 2047 section 2: a line with an encoded word has at most 76 characters, `Subject: =?utf-8?b?` and `?=` included.
_WORD_OCTETS = 39
# RFC 5322 section 2.1.1.
_LINE = 78
_LONGEST_LINE = 998
# Names come from directories, which hold anything; an unbroken one must not pass the longest line.
_LONGEST_NAME = 256
# RFC 2231: pieces short enough for a line of their own.
_PIECE = 60


def header(name: str, value: str) -> bytes:
    """Return one field of text (Subject): ASCII folded at blanks, else as encoded words."""
    text = plain(value)
    if text.isascii() and "=?" not in text and all(len(word) < _LONGEST_LINE - 20 for word in text.split(" ")):
        return _folded(name, text.split(" "))
    return _folded(name, _encoded_words(text))


def address_header(name: str, addresses: Sequence[Address]) -> bytes:
    """Return one field of mailboxes, folded at blanks."""
    text = ", ".join(mailbox(address) for address in addresses)
    return _folded(name, text.split(" "))


def identifier_header(name: str, identifiers: Sequence[str]) -> bytes:
    """Return a field of Message-IDs; what is none is left out, and the field is empty if none is left."""
    valid = [found for found in identifiers if _MESSAGE_ID.fullmatch(found)]
    return _folded(name, valid) if valid else b""


def date_header(moment: datetime) -> bytes:
    """Return the Date field."""
    return f"Date: {format_datetime(moment)}\r\n".encode()


def parameterised(name: str, value: str, /, **parameters: str) -> bytes:
    """Return a field with parameters, each on a line of its own; non-ASCII values by RFC 2231."""
    lines = [f"{name}: {value}"]
    for key, text in parameters.items():
        lines.extend(_parameter(key.replace("_", "-"), plain(text)))
    return ";\r\n ".join(lines).encode() + b"\r\n"


def plain(value: str) -> str:
    """Return text without line ends and controls, which become blanks."""
    return _CONTROL.sub(" ", value).strip()


def mailbox(address: Address) -> str:
    """Return a mailbox for a header: the name quoted or encoded, an international domain in its ASCII form."""
    spec = _CONTROL.sub("", f"{address.local}@{ascii_domain(address.domain)}")
    name = plain(address.display_name)[:_LONGEST_NAME]
    if not name:
        return spec
    if not name.isascii() or "=?" in name:
        return f"{' '.join(_encoded_words(name))} <{spec}>"
    return f"{name} <{spec}>" if _ATOMS.fullmatch(name) else f'"{quote(name)}" <{spec}>'


def _encoded_words(text: str) -> list[str]:
    """Return `text` as encoded words, none of which cuts a character."""
    pieces, piece = [], b""
    for character in text:
        octets = character.encode()
        if len(piece) + len(octets) > _WORD_OCTETS:
            pieces.append(piece)
            piece = b""
        piece += octets
    pieces.append(piece)
    return [f"=?utf-8?b?{b64encode(piece).decode()}?=" for piece in pieces]


def _folded(name: str, words: Sequence[str]) -> bytes:
    """Return a field whose lines break before words where they would grow too long; blanks inside stay as they are."""
    lines, line = [], f"{name}:"
    for word in words:
        # A line of blanks alone would end the header for some readers.
        if len(line) + len(word) + 1 > _LINE and word and line.strip() and not line.endswith(":"):
            lines.append(line)
            line = ""
        line += f" {word}"
    return "\r\n".join([*lines, line.rstrip(" ")]).encode() + b"\r\n"


def _parameter(key: str, text: str) -> list[str]:
    if text.isascii():
        if len(text) <= _PIECE:
            return [f'{key}="{quote(text)}"']
        pieces = [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)]
        return [f'{key}*{number}="{quote(piece)}"' for number, piece in enumerate(pieces)]
    encoded = [percent(character, safe="") for character in text]
    pieces, piece = [], "utf-8''"
    for unit in encoded:
        if len(piece) + len(unit) > _PIECE:
            pieces.append(piece)
            piece = ""
        piece += unit
    pieces.append(piece)
    if len(pieces) == 1:
        return [f"{key}*={pieces[0]}"]
    return [f"{key}*{number}*={piece}" for number, piece in enumerate(pieces)]
