"""The header fields a person reads, from a received header. What is not valid is left out."""

import re

from smimetui.model.address import MOST_ADDRESSES, Address, decode_words, header_addresses
from smimetui.model.errors import FormatError
from smimetui.model.mail_date import parse_date
from smimetui.model.message import Headers
from smimetui.smime.mime import Entity

_MESSAGE_ID = re.compile(r"<[^<>\s]{1,900}>")
_MOST_REFERENCES = 200
_PEOPLE = ("from", "to", "cc", "bcc", "reply-to")
# Decoding takes the square of the length in the standard library; no person reads a longer line.
_MOST_TEXT = 10_000


def headers(message: Entity) -> Headers:
    """Return the decoded header of a message. Several From fields all count, so that none hides behind another.

    Raises FormatError where it names more people than the limit.
    """
    people = _people(message)
    return Headers(
        sender=people["from"],
        from_text=decode_words(", ".join(message.all("from"))[:_MOST_TEXT]),
        to=people["to"],
        cc=people["cc"],
        bcc=people["bcc"],
        reply_to=people["reply-to"],
        subject=decode_words(message.get("subject")[:_MOST_TEXT]),
        date=parse_date(message.get("date")),
        message_id=next(iter(_identifiers(message.get("message-id"))), ""),
        in_reply_to=next(iter(_identifiers(message.get("in-reply-to"))), ""),
        references=_identifiers(message.get("references")),
    )


def _people(message: Entity) -> dict[str, tuple[Address, ...]]:
    found: dict[str, list[Address]] = {name: [] for name in _PEOPLE}
    count = 0
    for name in _PEOPLE:
        for value in message.all(name):
            addresses = header_addresses(value)
            count += len(addresses)
            if count > MOST_ADDRESSES:
                raise FormatError(f"the message names over {MOST_ADDRESSES:,} addresses, past the limit")
            found[name] += addresses
    return {name: tuple(addresses) for name, addresses in found.items()}


def _identifiers(value: str) -> tuple[str, ...]:
    return tuple(match[0] for match, _ in zip(_MESSAGE_ID.finditer(value), range(_MOST_REFERENCES), strict=False))
