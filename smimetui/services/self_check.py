"""Reads a sealed message back before it may leave, and compares it with what was written.

The lock's promise is kept here: nothing is believed of our own bytes that was not read from them.
"""

from collections.abc import Callable

from smimetui.model.certificate import Certificate
from smimetui.model.display import printable
from smimetui.model.errors import SmimetuiError
from smimetui.model.message import Attachment, Draft, OpenedMessage, Protection
from smimetui.model.value import dataclass
from smimetui.services.reader import Reader
from smimetui.smime.header_build import plain
from smimetui.smime.seal import encrypted_to, read_back

_HINT = "this is a fault of the program; nothing was sent and the draft is unchanged"

_MESSAGE_ENDINGS = (".p7m", ".p7s", ".p7c", ".p7z")
"""Files that any S/MIME reader may take for a message or a signature, whatever their type says."""


class SealMismatchError(SmimetuiError):
    """A sealed message that does not read back as it was written. It must not leave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What an envelope has to turn out to be."""

    draft: Draft
    protection: Protection
    signer: Certificate | None
    recipients: tuple[Certificate, ...]
    """All it must be encrypted to, the own one included."""
    outsiders: tuple[Certificate, ...] = ()
    """Certificates of the message's other envelopes, which it must not be encrypted to."""


def check_envelope(data: bytes, expected: Expectation, reader: Reader) -> tuple[OpenedMessage, tuple[Certificate, ...]]:
    """Return the envelope as our own reader opens it, and the certificates it is encrypted to.

    Raises SealMismatchError naming what differs.
    """
    found = _recipients(data, expected)
    opened = reader.open(data)
    draft = expected.draft
    expectations: tuple[tuple[str, Callable[[], bool]], ...] = (
        ("the encryption", lambda: _encryption_holds(opened, expected.protection)),
        ("the signature", lambda: _signature_holds(opened, expected)),
        ("the sender or the recipients", lambda: _headers_hold(opened, draft)),
        ("the subject", lambda: _line(opened.headers.subject) == _line(draft.subject)),
        ("the text", lambda: _text_holds(opened, draft)),
        ("the attachments", lambda: _attachments_hold(opened, draft)),
    )
    for thing, holds in expectations:
        if not holds():
            raise SealMismatchError(f"{thing} of the sealed message is not what was written", _HINT)
    return opened, found


def _recipients(data: bytes, expected: Expectation) -> tuple[Certificate, ...]:
    if not expected.protection.encrypt:
        return ()
    found = encrypted_to(data, tuple(dict.fromkeys((*expected.recipients, *expected.outsiders))))
    if set(found) != set(expected.recipients) or len(read_back(data).recipient_ids) != len(found):
        raise SealMismatchError("the message is not encrypted to exactly its recipients and you", _HINT)
    return found


def _encryption_holds(opened: OpenedMessage, protection: Protection) -> bool:
    if not protection.encrypt:
        return opened.encryption is None
    return opened.encryption is not None and opened.encryption.decrypted and opened.layers[:1] == ("enveloped",)


def _signature_holds(opened: OpenedMessage, expected: Expectation) -> bool:
    if not expected.protection.sign:
        return opened.signature is None
    return opened.signature is not None and opened.signature.intact and opened.signature.signer == expected.signer


def _headers_hold(opened: OpenedMessage, draft: Draft) -> bool:
    headers = opened.headers
    found = (headers.sender, headers.to, headers.cc, headers.bcc)
    return found == ((draft.sender,), draft.to, draft.cc, ())


def _attachments_hold(opened: OpenedMessage, draft: Draft) -> bool:
    """Compare the files in order; an attached S/MIME message may have been opened and be shown apart instead."""
    shown = [part.attachment.content for part in opened.parts if part.attachment is not None and not part.note]
    for attachment in draft.attachments:
        if shown and shown[0] == attachment.content:
            del shown[0]
        elif not _is_message(attachment):
            return False
    return not shown


def _is_message(attachment: Attachment) -> bool:
    return "pkcs7" in attachment.content_type.casefold() or attachment.name.casefold().endswith(_MESSAGE_ENDINGS)


def _text_holds(opened: OpenedMessage, draft: Draft) -> bool:
    """Compare the text; that of an attached S/MIME message may have been opened and follow it, or be shown apart."""
    first, *others = [part.text for part in opened.parts if part.text is not None and not part.note] or [""]
    return _text(first) == _text(draft.body) and (not others or any(map(_is_message, draft.attachments)))


def _text(body: str) -> str:
    # A lone surrogate has no UTF-8 form and leaves as a question mark.
    return printable(body.encode("utf-8", "replace").decode()).rstrip("\n")


def _line(subject: str) -> str:
    """Return a subject as a header carries it: controls are blanks there, and blanks fold."""
    return " ".join(printable(plain(subject)).split())
