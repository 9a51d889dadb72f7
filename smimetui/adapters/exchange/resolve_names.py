"""ResolveNames and ExpandDL, read as they come.

exchangelib 5.6 loses every certificate: it reads the text of `UserSMIMECertificate` and `MSExchangeCertificate`, whose
values are elements inside them, several each ([MS-OXWSCONT] 2.2.4.15). So the answer's XML is read here.
"""

from binascii import Error as Base64Error
from collections.abc import Iterator
from dataclasses import field
from typing import Any

import pybase64
from exchangelib.errors import ErrorNameResolutionNoResults
from exchangelib.services import ExpandDL, ResolveNames
from exchangelib.services.common import EWSService
from exchangelib.util import TNS

from smimetui.model.value import dataclass

NAMES = {"t": TNS}
_CERTIFICATES = ("UserSMIMECertificate", "MSExchangeCertificate")
LISTS = frozenset({"PublicDL", "PrivateDL", "GroupMailbox"})
_MOST_VALUES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """Somebody as the server names them. `address` is empty unless it is an Internet address."""

    name: str
    address: str
    kind: str = "Mailbox"
    item_id: str = ""
    """Of a contact or a private list in the mailbox."""
    other: str = ""
    """An address of another kind, such as EX: what the server knows them by where there is no Internet address."""

    @property
    def is_list(self) -> bool:
        """Whether it has members."""
        return self.kind in LISTS

    @property
    def is_group(self) -> bool:
        """Whether it is a list in the person's own contacts."""
        return self.kind == "PrivateDL" and bool(self.item_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """One resolution: the mailbox, all Internet addresses, and all certificate values as they came."""

    mailbox: Mailbox
    addresses: tuple[str, ...]
    certificates: tuple[bytes, ...] = field(default=(), repr=False)


class ResolveWithCertificates(ResolveNames):  # type: ignore[misc] # exchangelib has no types
    """ResolveNames that returns `Resolved` values."""

    def _get_element_container(self, message: Any, name: str | None = None) -> Any:
        # exchangelib's own warns on the screen when there are more than 100 candidates.
        return EWSService._get_element_container(self, message=message, name=name)  # noqa: SLF001

    def _elem_to_obj(self, elem: Any) -> Resolved:
        return read_resolution(elem)


class ExpandMembers(ExpandDL):  # type: ignore[misc]
    """ExpandDL that returns `Mailbox` values."""

    def _elem_to_obj(self, elem: Any) -> Mailbox:
        return read_mailbox(elem)


def resolve(account: Any, text: str, *, scope: str, whole: bool = True) -> list[Resolved]:
    """Ask for one name: the schema has room for one, and answers to several come incomplete.

    `scope` is `ActiveDirectory` or `Contacts`; without `whole` no certificates come. Raises what exchangelib raises.
    """
    found = []
    for answer in ResolveWithCertificates(protocol=account.protocol).call(
        unresolved_entries=[text],
        # Without both no certificate comes back.
        return_full_contact_data=True,
        search_scope=scope,
        contact_data_shape="AllProperties" if whole else "Default",
    ):
        if isinstance(answer, ErrorNameResolutionNoResults):
            continue
        if isinstance(answer, Exception):
            raise answer
        found.append(answer)
    return found


def read_resolution(elem: Any) -> Resolved:
    """Return what a `t:Resolution` element says."""
    mailbox = read_mailbox(elem.find("t:Mailbox", NAMES))
    contact = elem.find("t:Contact", NAMES)
    addresses = [mailbox.address] if mailbox.address else []
    if contact is None:
        return Resolved(mailbox=mailbox, addresses=tuple(addresses))
    entries = (_text(entry) for entry in contact.iterfind("t:EmailAddresses/t:Entry", NAMES))
    addresses += [address for entry in entries if (address := _internet_address(entry))]
    if not mailbox.name:
        mailbox = Mailbox(
            name=_text(contact.find("t:DisplayName", NAMES)),
            address=mailbox.address,
            kind=mailbox.kind,
            item_id=mailbox.item_id,
            other=mailbox.other,
        )
    return Resolved(
        mailbox=mailbox, addresses=tuple(dict.fromkeys(addresses)), certificates=tuple(dict.fromkeys(_values(contact)))
    )


def read_mailbox(elem: Any) -> Mailbox:
    """Return what a `t:Mailbox` element says; an empty one for None."""
    if elem is None:
        return Mailbox(name="", address="")
    address = _text(elem.find("t:EmailAddress", NAMES))
    routing = _text(elem.find("t:RoutingType", NAMES)) or "SMTP"
    item = elem.find("t:ItemId", NAMES)
    internet = _internet_address(address) if routing.upper() == "SMTP" else ""
    return Mailbox(
        name=_text(elem.find("t:Name", NAMES)),
        address=internet,
        kind=_text(elem.find("t:MailboxType", NAMES)) or "Mailbox",
        item_id=item.get("Id", "") if item is not None else "",
        other="" if internet else address,
    )


def _values(contact: Any) -> Iterator[bytes]:
    """Yield the values of both certificate fields, whatever white space stands around and in them."""
    found = 0
    for name in _CERTIFICATES:
        for value in contact.iterfind(f"t:{name}/t:Base64Binary", NAMES):
            found += 1
            if found > _MOST_VALUES:
                return
            try:
                decoded = pybase64.b64decode("".join((value.text or "").split()), validate=True)
            except (Base64Error, ValueError):
                continue
            if decoded:
                yield decoded


def _internet_address(text: str) -> str:
    """Return an Internet address without the prefix that proxy addresses have; empty for other kinds (X500, SIP)."""
    prefix, colon, rest = text.partition(":")
    if colon and "@" not in prefix:
        return rest.strip() if prefix.upper() == "SMTP" and "@" in rest else ""
    return text if "@" in text else ""


def _text(elem: Any) -> str:
    return (elem.text or "").strip() if elem is not None else ""
