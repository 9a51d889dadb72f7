"""What the server knows: the address list, the mailboxes, what was sent. The operations work on it."""

from collections.abc import Iterable
from dataclasses import field
from datetime import UTC, datetime
from enum import Enum
from threading import Event, RLock

from smimetui.demo.exchange.directory import AddressList
from smimetui.demo.exchange.mail import read_headers, rewrite
from smimetui.demo.exchange.markup import Node
from smimetui.demo.exchange.soap import RefusedError
from smimetui.demo.exchange.store import ChangeKind, Folder, Mailbox, Recipient
from smimetui.demo.exchange.subscriptions import Subscriptions
from smimetui.model.value import dataclass

_DEPTH = 16
"""Lists within lists, before delivery gives up on a member."""


class ContactCertificates(Enum):
    """How a contact's certificate may be written."""

    PROPERTY = "by the extended property 0x3A70 alone, as Exchange does"
    FIELD = "by contacts:UserSMIMECertificate too"
    REFUSED = "not at all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A message that left: from whom, to whom, and the octets that the recipients get."""

    sender: str
    recipients: tuple[str, ...]
    mime: bytes


@dataclass(slots=True, kw_only=True)
class Options:
    """How this server is set up."""

    host: str = "ex01.corp.example"
    addresses_in_listings: bool = False
    """Whether FindItem says the address of a sender beside the name; Exchange says the name alone."""
    contact_certificates: ContactCertificates = ContactCertificates.PROPERTY
    message_limit: int = 36 * 1024 * 1024
    """Octets of MIME."""
    minute: float = 60.0
    """Seconds in a minute of ConnectionTimeout."""
    heartbeat: float = 30.0
    """Seconds after which a stream says that it is still there."""
    sending_refused: str = ""
    """A response code with which every sending is refused, such as ErrorSendAsDenied."""


@dataclass(slots=True, kw_only=True)
class Service:
    """The state of a server."""

    options: Options
    people: AddressList = field(default_factory=AddressList)
    mailboxes: dict[str, Mailbox] = field(default_factory=dict)
    shared: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    """Owner and delegate, by address in lower case: the delegate's effective rights in the owner's folders."""
    sent: list[Sent] = field(default_factory=list)
    subscriptions: Subscriptions = field(default_factory=Subscriptions)
    closing: Event = field(default_factory=Event)
    """Set when the server stops: what waits, ends."""
    _lock: RLock = field(default_factory=RLock)

    def add_mailbox(self, address: str) -> Mailbox:
        """Return a new mailbox."""
        mailbox = Mailbox(len(self.mailboxes) + 1, address)
        self.mailboxes[address.lower()] = mailbox
        return mailbox

    def mailbox_at(self, address: str) -> Mailbox | None:
        """Return the mailbox of an address, one of its owner's other addresses among them."""
        if (mailbox := self.mailboxes.get(address.lower())) is not None:
            return mailbox
        entry = self.people.at(address)
        addresses = entry.addresses if entry else ()
        return next((self.mailboxes[other.lower()] for other in addresses if other.lower() in self.mailboxes), None)

    def send(
        self,
        mailbox: Mailbox,
        mime: bytes,
        *,
        to: tuple[Recipient, ...],
        bcc: tuple[Recipient, ...],
        copy: Folder | None,
    ) -> None:
        """Send a message: to those in its headers (or in `to` instead) and to `bcc`, and keep a copy.

        Raises RefusedError.
        """
        headers = read_headers(mime)
        named = [one.address for one in to] or [address for _, address in headers.addresses("To", "Cc")]
        hidden = [one.address for one in bcc] + [address for _, address in headers.addresses("Bcc")]
        recipients = tuple(dict.fromkeys([*named, *hidden]))
        self._check(mailbox, mime, headers.sender[1], recipients)
        at = datetime.now(UTC)
        leaving = rewrite(mime, host=self.options.host, at=at, name_of=self._name_of)
        with self._lock:
            self.sent.append(Sent(sender=mailbox.address, recipients=recipients, mime=leaving))
        if copy is not None:
            kept = mailbox.add(copy, leaving, received=at)
            kept.is_read, kept.bcc = True, bcc
        for owner in {id(box): box for box in self._boxes(recipients)}.values():
            owner.add(owner.folder("inbox"), leaving, received=at, kind=ChangeKind.NEW_MAIL)

    def _check(self, mailbox: Mailbox, mime: bytes, sender: str, recipients: tuple[str, ...]) -> None:
        if self.options.sending_refused:
            raise RefusedError(self.options.sending_refused, "The user account may not send.")
        if len(mime) > self.options.message_limit:
            raise RefusedError("ErrorMessageSizeExceeded", "The message exceeds the maximum supported size.")
        if not recipients:
            raise RefusedError("ErrorInvalidRecipients", "At least one recipient isn't valid.")
        if sender and self.mailbox_at(sender) is not mailbox:
            raise RefusedError(
                "ErrorSendAsDenied",
                "The user account which was used to submit this request does not have the right to send mail on "
                "behalf of the specified sending account.",
            )

    def _boxes(self, addresses: Iterable[str], depth: int = 0) -> Iterable[Mailbox]:
        for address in addresses:
            entry = self.people.at(address)
            if entry is not None and entry.is_list and depth < _DEPTH:
                yield from self._boxes(entry.members, depth + 1)
            elif (mailbox := self.mailbox_at(address)) is not None:
                yield mailbox

    def _name_of(self, address: str) -> str:
        entry = self.people.at(address)
        return entry.name if entry else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request of one person."""

    service: Service
    mailbox: Mailbox
    request: Node
