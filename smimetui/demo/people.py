"""The people of the sandbox: 200 names of corp.example, the same at every build, and a few outside."""

import unicodedata
from enum import Enum
from random import Random

from smimetui.model.address import Address
from smimetui.model.value import dataclass

CORP = "corp.example"
GAL_SIZE = 200
_WITHOUT_CERTIFICATE_EVERY = 12
_FIRST = (
    "Ada Adrian Agnes Akira Amara Anders Anita Antonio Aylin Beatriz Benedikt Birgit Brigid Camille Cedric Clara "
    "Colin Cora Daichi Daniela Dario Delia Desmond Edda Eleni Elias Emeka Esther Fabio Farah Felix Fiona Georg Greta "
    "Gwen Hanna Haruki Helena Hugo Imani Ines Ingrid Isaac Jamila Jasper Joanna Jonas Kaito Karin Kofi Lars Leila "
    "Linus Lucia Magnus Maren Mateo Meera Milan Nadia Naoko Niklas Noor Odile Olga Omar Pavel Petra Pia Quentin "
    "Rafael Ravi Renate Rosa Ruth Samir Selma Sofia Stefan Sunita Tamara Thandi Thomas Tobias Ulrike Uma Valentin "
    "Vera Viktor Wanda Willem Xenia Yara Yusuf Zeno Zoe "
)
_LAST = (
    "Abel Acosta Adeyemi Ahlberg Alvarez Anand Arnold Bauer Bergström Bianchi Blake Brandt Castro Chandra Costa Dahl "
    "Dubois Dvořák Ebert Engel Eriksen Farkas Ferreira Fontana Gallo García Grant Gruber Haas Hansen Harper Hayashi "
    "Iyer Jansson Jensen Kaplan Keller Khan Kimura Kowalski Kraus Lambert Larsen Lehmann Lopez Madsen Maier Marino "
    "Mbeki Meyer Moreau Müller Nakamura Nguyen Novák Nowak Okafor Olsson Ortiz Park Patel Pereira Petrov Quinn Rahman "
    "Ramos Richter Rossi Sato Schmid Sharma Silva Simon Suzuki Svensson Tanaka Thorne Tran Urban Vasquez Vogel Wagner "
    "Weber Winter Wójcik Yamada Yilmaz Young Zeller Zhou "
)


class Standing(Enum):
    """What the address list holds for a person."""

    GOOD = "a certificate that is good for signing and encryption"
    NONE = "no certificate"
    EXPIRED = "an expired certificate; the contacts hold a good one"
    OTHER_ADDRESS = "a certificate for another address"
    SIGNING_ONLY = "a certificate for signing only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One entry of an address list."""

    name: str
    address: str
    standing: Standing = Standing.GOOD
    certified_address: str = ""
    """The address in the certificate, where it is another."""

    @property
    def mailbox(self) -> Address:
        """The address with the display name."""
        local, _, domain = self.address.partition("@")
        return Address(local, domain, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class DistributionList:
    """A list of the address list; lists may be among its members."""

    name: str
    address: str
    members: tuple["Person | DistributionList", ...]


ALICE = Person(name="Alice Archer", address="alice@corp.example")
BOB = Person(name="Bob Baker", address="bob@corp.example")
CAROL = Person(name="Carol Chen", address="carol@corp.example")
DANA = Person(name="Dana Diaz", address="dana@corp.example")
FRANK = Person(name="Frank Fischer", address="frank@corp.example", standing=Standing.EXPIRED)
GINA = Person(name="Gina Galloway", address="gina@corp.example", standing=Standing.NONE)
HENRY = Person(
    name="Henry Hoang",
    address="henry@corp.example",
    standing=Standing.OTHER_ADDRESS,
    certified_address="henry.hoang@old-corp.example",
)
IVY = Person(name="Ivy Ito", address="ivy@corp.example", standing=Standing.SIGNING_ONLY)
JULIA_SALES = Person(name="Julia Jansen", address="julia.jansen@corp.example")
JULIA_LEGAL = Person(name="Julia Jansen", address="julia.jansen2@corp.example")
LONG = Person(
    name="Maximiliane Alexandra Konstantinopolski von und zu Hohenstein-Wertheim (Facilities and Real Estate)",
    address="maximiliane-alexandra.konstantinopolski-von-hohenstein@corp.example",
)
ZOFIE = Person(name="Žofie Þórsdóttir-Núñez", address="zofie@corp.example")
MALLORY = Person(name="Mallory Moss", address="mallory@corp.example")
LI = Person(name="李小龍", address="li.xiaolong@corp.example")

ERIN = Person(name="Erin Ext", address="erin@partner.example")
"""Outside, in no address list: the correspondent who is won by a signed message."""
DAVE = "dave@ext.example"
"""In nobody's list: the recipient who stays red."""

CONTACTS = (
    Person(name="Frank Fischer", address="frank@corp.example"),
    Person(name="Nora Novak", address="nora@supplier.example"),
    Person(name="Oskar Olsen", address="oskar@club.example", standing=Standing.NONE),
)
"""Alice's own contacts."""

TEAM = DistributionList(name="Team", address="team@corp.example", members=(ALICE, BOB, CAROL, FRANK))
"""Everybody in it can be written to; Frank by what the contacts hold."""
PROJECTS = DistributionList(name="Projects", address="projects@corp.example", members=(TEAM, DANA, GINA))
"""Gina stops it; a list within a list."""
LISTS = (TEAM, PROJECTS)

_NAMED = (ALICE, BOB, CAROL, DANA, FRANK, GINA, HENRY, IVY, JULIA_SALES, JULIA_LEGAL, LONG, ZOFIE, LI, MALLORY)


def colleagues() -> tuple[Person, ...]:
    """Return the 200 people of the global address list, those with a part to play first."""
    first_names, last_names = _FIRST.split(), _LAST.split()
    random = Random(2026)  # noqa: S311 - names, not secrets
    people = list(_NAMED)
    taken = {person.address for person in people}
    while len(people) < GAL_SIZE:
        first, last = random.choice(first_names), random.choice(last_names)
        address = f"{_plain(first)}.{_plain(last)}@{CORP}"
        if address in taken:
            continue
        taken.add(address)
        standing = Standing.NONE if len(people) % _WITHOUT_CERTIFICATE_EVERY == 0 else Standing.GOOD
        people.append(Person(name=f"{first} {last}", address=address, standing=standing))
    return tuple(people)


def _plain(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.lower())
    return "".join(character for character in decomposed if character.isascii())
