"""A draft from a file: RFC 5322 as people and scripts write it, read tolerantly, for it is the person's own."""

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage, Message

from smimetui.model.address import Address, parse_address, parse_addresses
from smimetui.model.errors import FormatError, SmimetuiError, UnsupportedError
from smimetui.model.message import Attachment, Draft

_MOST_PARTS = 1000


def read_draft(raw: bytes) -> Draft:
    """Return the draft that `raw` holds; a text part is its body, every other part an attachment.

    Raises FormatError for what is no draft, AddressError for a recipient that is no address.
    """
    try:
        return _draft(message_from_bytes(raw, policy=policy.SMTP))
    except SmimetuiError:
        raise
    except Exception as error:
        # The standard library's parser has raised most kinds of exceptions on odd headers; none names the field.
        raise FormatError("the draft cannot be read as an RFC 5322 message", "it needs From, To and a text") from error


def _draft(message: EmailMessage) -> Draft:
    body, attachments = _content(message)
    return Draft(
        sender=_sender(message),
        to=_addresses(message, "To"),
        cc=_addresses(message, "Cc"),
        bcc=_addresses(message, "Bcc"),
        subject=" ".join(str(message.get("Subject", "")).split()),
        body=body,
        attachments=attachments,
        in_reply_to=" ".join(str(message.get("In-Reply-To", "")).split()),
        references=tuple(str(message.get("References", "")).split()),
    )


def _sender(message: EmailMessage) -> Address:
    senders = _addresses(message, "From")
    if len(senders) != 1:
        found = "none" if not senders else f"{len(senders)} addresses"
        raise FormatError(f"the draft's From must hold one address, and holds {found}")
    return senders[0]


def _addresses(message: EmailMessage, name: str) -> tuple[Address, ...]:
    found: list[Address] = []
    for value in message.get_all(name, []):
        text = str(value)
        structured = [address for address in getattr(value, "addresses", ()) if address.domain]
        if structured and not getattr(value, "defects", ()):
            found += [Address(a.username, a.domain, a.display_name) for a in structured]
            # Parsed once more: what the library takes for an address need not be one.
            for address in found:
                parse_address(address.spec)
        elif text.strip():
            found += parse_addresses(text)
    return tuple(dict.fromkeys(found))


def _content(message: EmailMessage) -> tuple[str, tuple[Attachment, ...]]:
    chosen = message.get_body(preferencelist=("plain",))
    if chosen is None and message.get_body(preferencelist=("html",)) is not None:
        raise UnsupportedError("the draft's text is HTML only", "write it as plain text, or attach the HTML")
    body = _text(chosen) if isinstance(chosen, EmailMessage) else ""
    attachments = []
    for number, part in enumerate(_leaves(message)):
        if number > _MOST_PARTS:
            raise FormatError(f"the draft has more than {_MOST_PARTS} parts")
        if part is not chosen:
            attachments.append(_attachment(part, number))
    return body, tuple(attachments)


def _leaves(message: Message) -> Iterator[Message]:
    """Yield the parts that hold content; an attached message stays whole."""
    if message.get_content_maintype() != "multipart" or not message.is_multipart():
        yield message
        return
    for part in message.get_payload():
        if isinstance(part, Message):
            yield from _leaves(part)


def _text(part: EmailMessage) -> str:
    content = part.get_payload(decode=True)
    data = content if isinstance(content, bytes) else b""
    charset = part.get_content_charset("utf-8")
    try:
        text = data.decode(charset)
    except (LookupError, UnicodeDecodeError) as error:
        raise FormatError(f"the text of the draft is not in the character set it names ({charset})") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _attachment(part: Message, number: int) -> Attachment:
    content_type = part.get_content_type()
    if content_type == "message/rfc822" and part.is_multipart():
        inner = part.get_payload(0)
        content: object = inner.as_bytes() if isinstance(inner, Message) else b""
        ending = ".eml"
    else:
        content = part.get_payload(decode=True)
        ending = ""
    name = (part.get_filename() or "").replace("\\", "/").rsplit("/", 1)[-1]
    return Attachment(
        name=name or f"part-{number}{ending or _ending(content_type)}",
        content_type=content_type,
        content=content if isinstance(content, bytes) else b"",
    )


def _ending(content_type: str) -> str:
    # It reads the system's tables, for 4 ms: not for files that have a name.
    import mimetypes

    return mimetypes.guess_extension(content_type) or ".bin"
