"""The sandbox's organisation as values: authorities, certificates, keys and address lists. Nothing is written here."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta

from smimetui.demo.people import ALICE, CONTACTS, ERIN, LISTS, Person, Standing, colleagues
from smimetui.demo.pki import Authority, Holder, make_authority, rsa_key
from smimetui.model.certificate import Certificate, Source
from smimetui.model.value import dataclass
from smimetui.services.ports import DirectoryEntry
from smimetui.smime.identity import SoftwareIdentity
from smimetui.smime.x509 import load_certificate

_EXPIRED_SINCE = timedelta(days=41)


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """corp.example, and whom it writes with.

    `holders` maps an address to the certificate and key that its owner signs with today.
    """

    root: bytes
    """The trust anchor, DER."""
    issuing: bytes
    partner: bytes
    """The authority of partner.example, which nobody here knows."""
    holders: Mapping[str, Holder] = field(repr=False)
    lost: Certificate
    """A certificate of Alice's whose key is gone."""
    gal: tuple[DirectoryEntry, ...]
    members: Mapping[str, tuple[str, ...]]
    """Address of a list in `gal` to those of its members."""
    contacts: tuple[DirectoryEntry, ...]

    def certificate(self, person: Person) -> Certificate:
        """Return the certificate the person uses today."""
        return load_certificate(self.holders[person.address].certificate)

    def identity(self, person: Person) -> SoftwareIdentity:
        """Return the person's key, to sign with."""
        holder = self.holders[person.address]
        chain = self.partner if person is ERIN else self.issuing
        return SoftwareIdentity(
            pkcs8=holder.pkcs8, certificate=load_certificate(holder.certificate), chain=(load_certificate(chain),)
        )


def found_organisation(now: datetime) -> Organisation:
    """Return a new organisation with certificates around `now`; every key is new."""
    root = make_authority(common_name="Corp Example Root CA", organisation="Corp Example", now=now)
    issuing = make_authority(common_name="Corp Example Mail CA", organisation="Corp Example", now=now, issuer=root)
    partner = make_authority(common_name="Partner CA", organisation="Partner Ltd", now=now)
    supplier = make_authority(common_name="Supplier CA", organisation="Supplier Inc", now=now)

    people = colleagues()
    holders = {person.address: _holder(person, issuing) for person in people}
    holders |= {person.address: _holder(person, supplier) for person in CONTACTS if person.address not in holders}
    holders[ERIN.address] = partner.issue(name=ERIN.name, address=ERIN.address, key=rsa_key())
    lost = issuing.issue(name=ALICE.name, address=ALICE.address)
    return Organisation(
        root=root.certificate,
        issuing=issuing.certificate,
        partner=partner.certificate,
        holders=holders,
        lost=load_certificate(lost.certificate),
        gal=(
            *(
                _entry(person, Source.GAL, _published(person, holders[person.address], issuing, now))
                for person in people
            ),
            *(
                DirectoryEntry(name=found.name, addresses=(found.address,), source=Source.GAL, is_list=True)
                for found in LISTS
            ),
        ),
        members={found.address: tuple(member.address for member in found.members) for found in LISTS},
        contacts=tuple(
            _entry(person, Source.CONTACTS, _published(person, holders[person.address], issuing, now))
            for person in CONTACTS
        ),
    )


def _holder(person: Person, authority: Authority) -> Holder:
    return authority.issue(
        name=person.name,
        address=person.certified_address or person.address,
        key=rsa_key() if person is ALICE else None,
        encryption=person.standing is not Standing.SIGNING_ONLY,
    )


def _published(person: Person, holder: Holder, issuing: Authority, now: datetime) -> tuple[bytes, ...]:
    match person.standing:
        case Standing.NONE:
            return ()
        case Standing.EXPIRED:
            old = issuing.issue(name=person.name, address=person.address, valid_until=now - _EXPIRED_SINCE)
            return (old.certificate,)
        case _:
            return (holder.certificate,)


def _entry(person: Person, source: Source, certificates: tuple[bytes, ...]) -> DirectoryEntry:
    return DirectoryEntry(name=person.name, addresses=(person.address,), source=source, certificates=certificates)
