"""A test message to oneself, sent, received, decrypted and verified: the lines that say so, one after the other."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from smimetui.model.errors import SmimetuiError
from smimetui.model.message import OpenedMessage, Protection, SealedMessage
from smimetui.model.wording import cipher_name, signature_sentence
from smimetui.services.account_check import Line, tried

if TYPE_CHECKING:
    from smimetui.services.session import Session

_INBOX = "Inbox"
_SUBJECT = "Test message from smimetui"
_BODY = """\
This message went out signed and encrypted to you alone, and came back.

If you can read it here, you can write to others in the same way.
"""
_NEWEST = 50
_ROUNDS, _SECONDS = 15, 2.0
"""How often, and how long each time, the message is waited for."""


def send_to_oneself(session: "Session", is_over: Callable[[], bool] = lambda: False) -> Iterator[Line]:
    """Yield what became of each step as soon as it is known; the first that does not work is the last.

    Going on to the next line may block, half a minute at most while the message is on its way, or until `is_over`.
    """
    sent: list[SealedMessage] = []
    line = tried("sent", lambda: _send(session, sent))
    yield line
    if line.works is False:
        return
    try:
        opened = _received(session, sent[0].message_id, is_over)
    except SmimetuiError as error:
        yield Line(works=False, what="received", found=str(error))
        return
    if opened is None:
        found = "not in Inbox yet; it may still come, so look there before you try again"
        yield Line(works=None, what="received", found=found)
        return
    yield Line(works=True, what="received", found=f"in {_INBOX}")
    yield _decrypted(opened)
    yield _verified(opened)


def _send(session: "Session", sent: list[SealedMessage]) -> tuple[bool | None, str]:
    address = session.account.address
    draft = session.composer.new((address,), _SUBJECT, _BODY)
    report = session.composer.send(draft, Protection(sign=True, encrypt=True))
    sent += report.sent or report.uncertain
    how = f"signed and encrypted with {cipher_name(sent[0].cipher)}"
    if report.uncertain:
        return None, f"{how}; it is uncertain whether it left"
    return True, how


def _received(session: "Session", message_id: str, is_over: Callable[[], bool]) -> OpenedMessage | None:
    """Wait for the message; every look is at the newest of its subject, which an earlier test has, too."""
    mailbox = session.mailbox
    looked: set[str] = set()
    for _ in range(_ROUNDS):
        if mailbox is None or is_over():
            return None
        for row in mailbox.page(_INBOX, offset=0, limit=_NEWEST).rows:
            if row.uid in looked or row.subject != _SUBJECT:
                continue
            looked.add(row.uid)
            opened = session.reader.open(mailbox.fetch(_INBOX, row.uid))
            if opened.headers.message_id.strip("<>") == message_id.strip("<>"):
                return opened
        mailbox.wait_for_change(_INBOX, _SECONDS)
    return None


def _decrypted(opened: OpenedMessage) -> Line:
    encryption = opened.encryption
    if encryption is None or not encryption.decrypted:
        found = "it came back encrypted, and your key does not open it" if encryption else "it came back unencrypted"
        return Line(works=False, what="decrypted", found=found)
    if opened.body.split() != _BODY.split():
        return Line(works=False, what="decrypted", found="it opens, and the text is not as it was written")
    cipher = cipher_name(encryption.content_encryption_algorithm)
    return Line(works=True, what="decrypted", found=f"from {cipher}; the text is as it was written")


def _verified(opened: OpenedMessage) -> Line:
    signature = opened.signature
    if signature is None:
        return Line(works=False, what="verified", found="it came back without its signature")
    if not signature.intact:
        return Line(works=False, what="verified", found=signature_sentence(signature))
    found = f"{signature.badge}: {signature_sentence(signature)}"
    return Line(works=True if signature.trusted else None, what="verified", found=found)
