"""Facts and contents as one encrypted record to oneself: what this program leaves on the disk for its next start.

AuthEnvelopedData (RFC 5083) around a length, JSON, and the contents one after the other. No other program reads it.
"""

import json
from collections.abc import Sequence
from dataclasses import field
from typing import Any

from smimetui.model.certificate import Certificate
from smimetui.model.errors import FormatError
from smimetui.model.message import Cipher
from smimetui.model.value import dataclass
from smimetui.smime.cms import EnvelopedData, read_cms
from smimetui.smime.envelope import decrypt, encrypt
from smimetui.smime.identity import Identity

_LENGTH_OCTETS = 4
_DAMAGED = "the record is damaged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What `seal_record` was given; the facts are JSON of any shape, for the caller to check."""

    facts: Any = field(repr=False)
    contents: tuple[bytes, ...] = field(default=(), repr=False)


def seal_record(record: Record, certificate: Certificate) -> bytes:
    """Return a ContentInfo (DER) that the certificate's key opens. Raises UnsupportedError if it cannot receive."""
    head = json.dumps([[len(content) for content in record.contents], record.facts]).encode("ascii")
    pieces = [len(head).to_bytes(_LENGTH_OCTETS, "big"), head, *record.contents]
    return b"".join(encrypt(pieces, sum(map(len, pieces)), [certificate], Cipher.AES256_GCM))


def open_record(raw: bytes, identities: Sequence[Identity]) -> Record:
    """Return what was sealed. Raises FormatError, UnsupportedError, DecryptionError where none of the keys opens it."""
    structure = read_cms(raw)
    if not isinstance(structure, EnvelopedData) or structure.mac is None:
        raise FormatError(_DAMAGED)
    opened = decrypt(structure, identities)
    data = opened.data[: opened.size]
    at = _LENGTH_OCTETS + int.from_bytes(data[:_LENGTH_OCTETS], "big")
    contents = []
    try:
        sizes, facts = json.loads(data[_LENGTH_OCTETS:at])
        for size in sizes:
            if not isinstance(size, int) or size < 0:
                raise FormatError(_DAMAGED)
            contents.append(data[at : at + size])
            at += size
    except (ValueError, TypeError, RecursionError) as error:
        raise FormatError(_DAMAGED) from error
    if at != len(data):
        raise FormatError(_DAMAGED)
    return Record(facts=facts, contents=tuple(contents))
