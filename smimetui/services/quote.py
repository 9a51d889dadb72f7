"""New drafts from received messages: replies and forwards, quoting only what the screen showed."""

import re
from collections.abc import Sequence
from datetime import datetime

from smimetui.model.address import Address
from smimetui.model.display import printable, printable_line
from smimetui.model.message import Attachment, Draft, Headers, OpenedMessage
from smimetui.model.wording import local_time
from smimetui.services.signature_text import without_signature

_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,900}>")
_MOST_REFERENCES = 20
"""RFC 5322 section 3.6.4 sets no limit; the first one and the latest keep every thread together."""
_NO_NAME = re.compile(r'[/\\<>:"|?*\ufffd]+')
_MOST_NAME = 60
_REPLY = re.compile(r"(?:\s*re\s*:)+\s*", re.IGNORECASE)
_FORWARD = re.compile(r"(?:\s*fwd?\s*:)+\s*", re.IGNORECASE)


def reply_draft(
    opened: OpenedMessage, *, sender: Address, now: datetime, everyone: bool, own: Sequence[Address] = ()
) -> Draft:
    """Return a reply from `sender`: threaded, addressed, with the visible text quoted (RFC 5322 section 3.6.3).

    Neither the sender nor another of one's `own` addresses is answered, unless nobody else is there. Dates are written
    in the time zone of `now`, as the screen shows them.
    """
    to, cc = _audience(opened.headers, {sender, *own}, everyone=everyone)
    headers = opened.headers
    message_id = headers.message_id if _MESSAGE_ID.fullmatch(headers.message_id) else ""
    return Draft(
        sender=sender,
        to=to,
        cc=cc,
        subject=_subject("Re: ", _REPLY, headers),
        body=_quoted(opened, now),
        in_reply_to=message_id,
        references=_references(headers, message_id),
    )


def forward_draft(opened: OpenedMessage, *, sender: Address, now: datetime) -> Draft:
    """Return a forward from `sender`: the headers people read, the visible text and the files of the whole message.

    Parts that were signed or encrypted apart from the whole stay behind: a forward must not carry what was decrypted
    elsewhere in the tree into a message of its own.
    """
    headers = opened.headers
    lines = [
        "---------- Forwarded message ----------",
        f"From: {_people(headers.sender) or printable_line(headers.from_text)}",
        *([f"Date: {_when(headers.date, now)}"] if headers.date else []),
        f"Subject: {printable_line(headers.subject)}",
        f"To: {_people(headers.to)}",
        *([f"Cc: {_people(headers.cc)}"] if headers.cc else []),
    ]
    return Draft(
        sender=sender,
        subject=_subject("Fwd: ", _FORWARD, headers),
        body="\n\n" + "\n".join(lines) + "\n\n" + printable(opened.body),
        attachments=tuple(
            Attachment(
                name=printable_line(part.attachment.name),
                content_type=part.attachment.content_type,
                content=part.attachment.content,
            )
            for part in opened.parts
            if part.attachment is not None and not part.note
        ),
    )


def attached_draft(opened: OpenedMessage, *, sender: Address) -> Draft:
    """Return a forward from `sender` with the message in a file, octet for octet: signed or sealed as it was."""
    subject = printable_line(opened.headers.subject).strip()
    return Draft(
        sender=sender,
        subject=_subject("Fwd: ", _FORWARD, opened.headers),
        attachments=(
            Attachment(
                name=f"{_NO_NAME.sub(' ', subject).strip(' .')[:_MOST_NAME] or 'message'}.eml",
                content_type="message/rfc822",
                content=opened.raw,
            ),
        ),
    )


def _audience(
    headers: Headers, mine: set[Address], *, everyone: bool
) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
    """Return To and Cc of a reply; one's own message is answered to those it went to."""
    own = not mine.isdisjoint(headers.sender)
    to = headers.reply_to or (headers.to if own else headers.sender)
    others = tuple(dict.fromkeys(address for address in to if address not in mine)) or tuple(dict.fromkeys(to))
    if not everyone:
        return others, ()
    copied = dict.fromkeys((*headers.to, *headers.cc))
    return others, tuple(address for address in copied if address not in mine and address not in others)


def _subject(prefix: str, present: re.Pattern[str], headers: Headers) -> str:
    subject = printable_line(headers.subject)
    return prefix + present.sub("", subject, count=1) if present.match(subject) else prefix + subject


def _references(headers: Headers, message_id: str) -> tuple[str, ...]:
    """Return the parent's References, or else its In-Reply-To, and its Message-ID (RFC 5322 section 3.6.4)."""
    parents = headers.references or ((headers.in_reply_to,) if headers.in_reply_to else ())
    found = [text for text in dict.fromkeys((*parents, message_id)) if _MESSAGE_ID.fullmatch(text)]
    return tuple(found if len(found) <= _MOST_REFERENCES else [found[0], *found[1 - _MOST_REFERENCES :]])


def _quoted(opened: OpenedMessage, now: datetime) -> str:
    text = without_signature(printable(opened.body).strip("\n"))
    if not text:
        return ""
    headers = opened.headers
    author = headers.sender[0].label if headers.sender else headers.from_text
    written = f"{printable_line(author) or 'Someone'} wrote:"
    if headers.date is not None:
        written = f"On {_when(headers.date, now)}, {written}"
    quoted = "\n".join(_quoted_line(line) for line in text.split("\n"))
    return f"\n\n{written}\n{quoted}\n"


def _when(date: datetime, now: datetime) -> str:
    local = local_time(date, now)
    return f"{local:%a} {local.day} {local:%b %Y} at {local:%H:%M}"


def _quoted_line(line: str) -> str:
    return f">{line}" if line.startswith(">") else f"> {line}".rstrip()


def _people(addresses: tuple[Address, ...]) -> str:
    return ", ".join(printable_line(str(address)) for address in addresses)
