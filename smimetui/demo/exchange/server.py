"""An Exchange server on the loopback, for tests and for the demo: written from Microsoft's documented schema.

It knows nothing of the client that talks to it. What it says of certificates, threads and files is its own.
"""

import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from smimetui.demo.exchange.autodiscover import POX_PATH, SOAP_PATH, Places
from smimetui.demo.exchange.certificate import Channel, Tls, digest, make_channel
from smimetui.demo.exchange.directory import Entry
from smimetui.demo.exchange.login import Door, Scheme
from smimetui.demo.exchange.misbehaviour import ANY, Misbehaviour, Slow
from smimetui.demo.exchange.service import Options, Sent, Service
from smimetui.demo.exchange.store import ChangeKind, ContactCard, Item, Mailbox, make_id
from smimetui.demo.exchange.web import EWS_PATH, Front, Listener, Request

_LOOPBACK = "127.0.0.1"
_POLL = 0.02
"""Seconds between the looks of the accepting thread whether it is to stop."""


class ExchangeServer:
    """A server with its people and mailboxes; a context manager that listens while it is entered.

    `people` are the entries of the address list. With `pretty` the answers have white space between their elements.
    """

    def __init__(  # noqa: PLR0913 - a server is set up in that many ways
        self,
        *,
        people: Iterable[Entry] = (),
        tls: Tls = Tls.NONE,
        schemes: Iterable[Scheme] = (Scheme.NTLM, Scheme.BASIC),
        domain: str = "CORP",
        pretty: bool = False,
        options: Options | None = None,
    ) -> None:
        self._folder: Path | None = None
        """Where the files of TLS are: a server without it, as the demo's is, writes nothing."""
        self.options = options or Options()
        self._channel: Channel | None = None
        if tls is not Tls.NONE:
            self._folder = Path(tempfile.mkdtemp(prefix="exchange-"))
            self._channel = make_channel(tls, self._folder, host=self.options.host)
        self.service = Service(options=self.options)
        self.door = Door(
            schemes=frozenset(schemes),
            domain=domain,
            host=self.options.host,
            certificate=self._channel.certificate if self._channel else None,
            digest=digest,
        )
        self.front = Front(service=self.service, door=self.door, places=Places(host=self.options.host), pretty=pretty)
        self._listener: Listener | None = None
        self._thread: threading.Thread | None = None
        self._stopping = threading.Lock()
        self._port = 0
        for entry in people:
            self.service.people.publish(entry)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Listen, on the port of the last time where there was one."""
        self.service.closing.clear()
        context = self._channel.context if self._channel else None
        self._listener = Listener((_LOOPBACK, self._port), self.front, context)
        self._port = self._listener.server_address[1]
        self.front.places.ews = self.url
        self._thread = threading.Thread(
            target=self._listener.serve_forever, kwargs={"poll_interval": _POLL}, name="exchange", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Listen no more and drop every connection; what is stored stays, and start() goes on with it."""
        with self._stopping:
            listener, thread, self._listener, self._thread = self._listener, self._thread, None, None
        if listener is None or thread is None:
            return
        self.service.closing.set()
        for mailbox in self.service.mailboxes.values():
            with mailbox.lock:
                mailbox.news.notify_all()
        listener.shutdown()
        thread.join()
        listener.server_close()
        listener.drop_connections()

    def close(self) -> None:
        """Stop for good and remove the files."""
        self.stop()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def url(self) -> str:
        """The endpoint of Exchange Web Services."""
        return f"{self._origin}{EWS_PATH.replace('ews/exchange', 'EWS/Exchange')}"

    @property
    def autodiscover_url(self) -> str:
        """Autodiscover in plain XML."""
        return self._origin + POX_PATH

    @property
    def autodiscover_soap_url(self) -> str:
        """Autodiscover in SOAP."""
        return self._origin + SOAP_PATH

    @property
    def _origin(self) -> str:
        return f"{'https' if self._channel else 'http'}://{_LOOPBACK}:{self._port}"

    @property
    def ca_file(self) -> Path:
        """The certificate to trust, PEM. Raises ValueError for a server without TLS."""
        if self._channel is None or self._folder is None:
            raise ValueError("this server speaks plain HTTP")
        path = self._folder / "ca.pem"
        path.write_bytes(self._channel.authority_pem)
        return path

    # What is in it

    def add_mailbox(self, address: str, password: str, *, name: str = "") -> Mailbox:
        """Return a new mailbox, open to that password; its owner is in the address list from now on."""
        self.door.add(address, password)
        if self.service.people.at(address) is None:
            shown = name or address.partition("@")[0].replace(".", " ").title()
            self.service.people.publish(Entry(name=shown, addresses=(address,)))
        return self.service.add_mailbox(address)

    def mailbox(self, address: str) -> Mailbox:
        """Return a mailbox. Raises KeyError."""
        return self.service.mailboxes[address.lower()]

    def share(self, owner: str, delegate: str, rights: Iterable[str] = ("Read",)) -> None:
        """Let another login into a mailbox, with these effective rights in its folders."""
        self.service.shared[owner.lower(), delegate.lower()] = frozenset(rights)

    def publish(  # noqa: PLR0913 - an entry has that many properties
        self,
        name: str,
        addresses: Iterable[str],
        certificates: Iterable[bytes] = (),
        *,
        exchange_certificates: Iterable[bytes] = (),
        contacts_of: str | None = None,
        routing: str = "SMTP",
        is_list: bool = False,
        members: Iterable[str] = (),
        mailbox_type: str = "",
    ) -> None:
        """Put a person or a list into the address list, or into the contacts of a mailbox.

        The certificates are the values of the directory, whatever their form. An entry replaces the one that has its
        first address.
        """
        if contacts_of is not None:
            card = ContactCard(
                name=name,
                given_name=name.partition(" ")[0],
                surname=name.partition(" ")[2],
                addresses=tuple(addresses),
                certificates=tuple(certificates),
                exchange_certificates=tuple(exchange_certificates),
                is_list=is_list,
                members=tuple(members),
            )
            mailbox = self.mailbox(contacts_of)
            mailbox.add(mailbox.folder("contacts"), b"", card=card)
            return
        self.service.people.publish(
            Entry(
                name=name,
                addresses=tuple(addresses),
                certificates=tuple(certificates),
                exchange_certificates=tuple(exchange_certificates),
                routing=routing,
                is_list=is_list,
                members=tuple(members),
                mailbox_type=mailbox_type,
            )
        )

    def deliver(
        self,
        address: str,
        mime: bytes | Callable[[], bytes],
        *,
        folder: str = "inbox",
        received: datetime | None = None,
        is_read: bool = False,
    ) -> str:
        """Put a message into a folder (by its distinguished or display name) and return its identifier."""
        mailbox = self.mailbox(address)
        kind = ChangeKind.NEW_MAIL if folder == "inbox" else ChangeKind.CREATED
        item = mailbox.add(mailbox.folder_named(folder), mime, received=received, kind=kind)
        item.is_read = is_read
        return make_id("item", mailbox, item.number)

    def fill(self, address: str, count: int, *, folder: str = "inbox", newest: datetime | None = None) -> None:
        """Put many small messages into a folder, one a minute up to `newest`; their octets are made when asked for."""
        newest = newest or datetime.now(UTC)
        for at in range(count):
            received = newest - timedelta(minutes=count - 1 - at)
            self.deliver(
                address, _Recipe(at + 1, address, received), folder=folder, received=received, is_read=at % 3 != 0
            )

    def items(self, address: str, folder: str) -> tuple[Item, ...]:
        """Return what is in a folder, oldest first."""
        mailbox = self.mailbox(address)
        with mailbox.lock:
            return tuple(mailbox.folder_named(folder).items.values())

    def add_folder(self, address: str, name: str, *, parent: str = "msgfolderroot") -> None:
        """Make a folder under another one."""
        mailbox = self.mailbox(address)
        mailbox.add_folder(name, mailbox.folder_named(parent))

    # What it saw

    @property
    def sent(self) -> tuple[Sent, ...]:
        """What left, in order."""
        return tuple(self.service.sent)

    @property
    def requests(self) -> tuple[Request, ...]:
        """The requests that passed the login, in order."""
        return tuple(self.front.requests)

    def count(self, operation: str) -> int:
        """Return how often an operation was asked for."""
        return sum(request.operation == operation for request in self.front.requests)

    # How it behaves

    def misbehave(self, operation: str, how: Misbehaviour, times: int | None = 1) -> None:
        """Misbehave the next `times` times an operation is asked for (ANY: any operation), or until behave() (None)."""
        self.front.mood.add(operation, how, times)

    def delay(self, operation: str, milliseconds: int) -> None:
        """Answer an operation late from now on; many answers may be on their way at once."""
        self.misbehave(operation, Slow(milliseconds), times=None)

    def behave(self) -> None:
        """Forget all misbehaviour that was ordered."""
        self.front.mood.clear()
        self.front.concurrent = None

    def throttle(self, concurrent: int, *, back_off: int = 5000) -> None:
        """Say ErrorServerBusy to requests beyond so many at once, with the milliseconds to wait."""
        self.front.concurrent, self.front.back_off = concurrent, back_off

    def expire_password(self, address: str) -> None:
        """Let nobody in with the password, on open connections neither."""
        self.door.accounts[address.lower()].expired = True

    def renew_password(self, address: str, password: str) -> None:
        """Let the person in with a new password."""
        self.door.add(address, password)

    def accept_token(self, token: str, address: str) -> None:
        """Let the person in with a bearer token, where bearer logins are offered."""
        self.door.tokens[token] = address

    def drop_connections(self) -> None:
        """Close every open connection, as a restarting proxy does."""
        if self._listener is not None:
            self._listener.drop_connections()


class _Recipe:
    """The octets of a small message, made when they are read."""

    __slots__ = ("address", "number", "received")

    def __init__(self, number: int, address: str, received: datetime) -> None:
        self.number, self.address, self.received = number, address, received

    def __call__(self) -> bytes:
        sender = f"Sender {self.number % 97} <sender{self.number % 97}@partner.example>"
        return (
            f"From: {sender}\r\nTo: {self.address}\r\nSubject: Message {self.number}\r\n"
            f"Date: {self.received:%a, %d %b %Y %H:%M:%S} +0000\r\nMessage-ID: <{self.number}@partner.example>\r\n"
            "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
            f"This is message {self.number}.\r\n"
        ).encode()


__all__ = ["ANY", "ExchangeServer"]
