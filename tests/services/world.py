"""A small world for service tests: an organisation with its CA, people, and the services over in-memory ports."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache

from smimetui.model.address import Address, parse_address
from smimetui.model.certificate import Certificate, Source
from smimetui.model.errors import TransportError
from smimetui.model.message import Outcome
from smimetui.services.account import Account
from smimetui.services.ports import AnchorSource, Directory, RevocationSource
from smimetui.services.session import Session, build_session
from smimetui.smime.identity import Identity
from smimetui.smime.revocation import RevocationMode
from tests.fakes import FixedClock, MemoryDirectory, MemoryMailbox, MemoryStore, MemoryTransport, NoAnchors
from tests.pki import NOW, Authority, Issued, make_authority

ALICE = parse_address("Alice Adams <alice@corp.example>")
BOB = parse_address("bob@corp.example")
CAROL = parse_address("carol@corp.example")
DAVE = parse_address("dave@ext.example")
ERIN = parse_address("erin@partner.example")


@cache
def corp() -> Authority:
    """The organisation's CA, an anchor here."""
    return make_authority("Corp CA")


@cache
def partner() -> Authority:
    """A CA nobody here knows."""
    return make_authority("Partner CA")


@cache
def person(address: Address) -> Issued:
    """A valid certificate under the corporate CA, for the people of corp.example, or else the partner's."""
    authority = corp() if address.domain == "corp.example" else partner()
    return authority.issue(address.spec, name=name_of(address), key="p256")


def name_of(address: Address) -> str:
    """What people call them."""
    return address.display_name or address.local.title()


@dataclass(kw_only=True)
class World:
    """Ports in memory and the session over them."""

    store: MemoryStore
    gal: MemoryDirectory
    contacts: MemoryDirectory
    mailbox: MemoryMailbox
    transport: MemoryTransport
    session: Session
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))

    def install(self, *certificates: Certificate, addresses: Sequence[Address] | None = None) -> None:
        self.session.trust.install(certificates, source=Source.FILE, addresses=addresses)


def make_world(  # noqa: PLR0913 - what a test may want to be different
    *,
    identities: Iterable[Identity] | None = None,
    anchors: Iterable[Certificate] | None = None,
    account: Account | None = None,
    sending: Sequence[Outcome | TransportError] = (),
    crls: Sequence[bytes] = (),
    published: Iterable[Address] = (),
    others: Sequence[Directory] = (),
    revocation: RevocationSource | None = None,
    mode: RevocationMode = RevocationMode.SOFT,
    system: AnchorSource | None = None,
) -> World:
    """Return a world in which Alice has an identity, trusts the corporate CA and `published` people are in the GAL."""
    own = [person(ALICE).identity] if identities is None else identities
    store = MemoryStore(identities=own, anchors=[corp().certificate] if anchors is None else anchors)
    gal, contacts = MemoryDirectory(Source.GAL), MemoryDirectory(Source.CONTACTS)
    for address in published:
        gal.publish(name_of(address), [address.spec], person(address).certificate)
    mailbox, transport, clock = MemoryMailbox(), MemoryTransport(*sending), FixedClock(NOW)
    session = build_session(
        account=account or Account(address=ALICE),
        store=store,
        identities=store,
        directories=[gal, contacts],
        other_directories=others,
        system=system or NoAnchors(),
        mailbox=mailbox,
        transport=transport,
        secrets=store,
        clock=clock,
        crls=crls,
        revocation=revocation,
        mode=mode,
    )
    return World(
        store=store,
        gal=gal,
        contacts=contacts,
        mailbox=mailbox,
        transport=transport,
        session=session,
        clock=clock,
    )
