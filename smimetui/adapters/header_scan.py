"""The few header fields a message list shows, found in the first bytes of a message without parsing the rest."""

import re

from smimetui.model.address import decode_words, header_addresses
from smimetui.model.mail_date import parse_date
from smimetui.model.message import Summary
from smimetui.model.value import dataclass

HEAD = 65_536
"""Bytes of a message that are looked at; a header that is longer shows what it has up to there."""
# Longer values are of no use in a row, and their decoding is not free.
_MOST_VALUE = 4096
_END = re.compile(rb"\r?\n\r?\n|\A\r?\n")
_FIELD = re.compile(rb"^(from|subject|date|content-type)[ \t]*:((?:[^\n]|\n(?=[ \t]))*)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A summary and what it is sorted by: seconds since 1970 of its date, or of its arrival."""

    summary: Summary
    order: float


def scan_header(head: bytes, *, uid: str, seen: bool, size: int, arrived: float) -> Row:
    """Return the row of a message that starts with `head`; never raises, whatever the bytes."""
    end = _END.search(head)
    fields: dict[bytes, bytes] = {}
    for match in _FIELD.finditer(head, 0, end.start() + 1 if end else len(head)):
        # The first of its kind, as most readers show it.
        fields.setdefault(match[1].lower(), match[2][:_MOST_VALUE])
    date = parse_date(_text(fields.get(b"date", b"")))
    summary = Summary(
        uid=uid,
        sender=_sender(_text(fields.get(b"from", b""))),
        subject=decode_words(_text(fields.get(b"subject", b""))),
        date=date,
        seen=seen,
        size=size,
        content_type=_text(fields.get(b"content-type", b"")),
    )
    return Row(summary=summary, order=arrived if date is None else date.timestamp())


def _sender(value: str) -> str:
    mailboxes = header_addresses(value)
    return mailboxes[0].label if mailboxes else decode_words(value)


def _text(value: bytes) -> str:
    """Unfold and decode: UTF-8 (RFC 6532), or Latin-1 where it is not that."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = value.decode("latin-1")
    return " ".join(text.split())
