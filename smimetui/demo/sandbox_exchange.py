"""The sandbox's people and post on an Exchange server of the loopback: the same demo through the real protocol."""

import secrets
from dataclasses import replace
from pathlib import Path

from smimetui.adapters.exchange.connection import Connection
from smimetui.adapters.exchange.opening import exchange_over
from smimetui.adapters.exchange.place import Password, Place
from smimetui.adapters.file_directory import FileDirectory, read_entries
from smimetui.adapters.maildir import Maildir
from smimetui.demo.exchange.server import ExchangeServer
from smimetui.demo.people import ALICE
from smimetui.demo.sandbox import sandbox_contacts, sandbox_gal, sandbox_mailbox
from smimetui.model.address import parse_address
from smimetui.model.certificate import Source
from smimetui.services.memory_shelf import Shelves
from smimetui.services.ports import AnchorSource
from smimetui.services.session import Session, build_session

_MOST = 1000


def serve_sandbox(folder: Path) -> tuple[ExchangeServer, str]:
    """Start a server with what the sandbox in `folder` holds; return it and the password of its one login.

    What happens to the mailbox happens on the server alone, and ends with the program.
    """
    server = ExchangeServer()
    password = secrets.token_urlsafe(12)
    address_list = FileDirectory(sandbox_gal(folder), Source.GAL)
    for entry in read_entries(sandbox_gal(folder), Source.GAL):
        members = address_list.expand(parse_address(entry.addresses[0])) if entry.is_list else ()
        server.publish(
            entry.name,
            entry.addresses,
            entry.certificates,
            is_list=entry.is_list,
            members=[member.addresses[0] for member in members],
        )
    server.add_mailbox(ALICE.address, password, name=ALICE.name)
    for entry in read_entries(sandbox_contacts(folder), Source.CONTACTS):
        server.publish(entry.name, entry.addresses, entry.certificates, contacts_of=ALICE.address)
    mailbox = Maildir(sandbox_mailbox(folder))
    for name, folder_id in (("Inbox", "inbox"), ("Sent", "sentitems")):
        for row in reversed(mailbox.page(name, offset=0, limit=_MOST).rows):
            raw = mailbox.fetch(name, row.uid)
            server.deliver(ALICE.address, raw, folder=folder_id, received=row.date, is_read=row.seen)
    server.start()
    return server, password


def session_on(
    server: ExchangeServer, password: str, session: Session, *, system: AnchorSource, shelves: Shelves | None = None
) -> Session:
    """Return the sandbox's session with a mailbox, an address list and sending on a server of serve_sandbox."""
    place = Place(address=session.account.address, endpoint=server.url, auth="ntlm")
    exchange = exchange_over(Connection(place, Password(password)))
    served = build_session(
        account=session.account,
        store=session.store,
        identities=session.identities,
        directories=exchange.directories,
        system=system,
        mailbox=exchange.mailbox,
        transport=exchange.transport,
        contacts=exchange.contacts,
        examine=exchange.examine,
        clock=session.clock,
        shelves=shelves,
        notice="The sandbox on an Exchange server of its own; it ends with the program",
        close_ports=exchange.close,
    )
    # The keys that wait for a certificate are in the sandbox's own store.
    return replace(served, enrolment=session.enrolment)
