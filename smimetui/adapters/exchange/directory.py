"""Exchange's address list and the account's contacts as directories: one name a request, exact addresses only."""

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from smimetui.adapters.exchange.connection import Connection
from smimetui.model.address import Address, address_key
from smimetui.model.certificate import Source
from smimetui.model.contact_group import group_address, group_name, is_group, stands_for
from smimetui.services.ports import DirectoryEntry

if TYPE_CHECKING:
    from smimetui.adapters.exchange.resolve_names import Mailbox, Resolved

_SCOPES = {Source.GAL: "ActiveDirectory", Source.CONTACTS: "Contacts"}
_SHORTEST = 2
_MOST_MEMBERS = 1000


class ExchangeDirectory:
    """Directory over one of the server's scopes: `Source.GAL` or `Source.CONTACTS`."""

    def __init__(self, connection: Connection, source: Source) -> None:
        self._connection = connection
        self._source = source

    @property
    def source(self) -> Source:
        """What to call this directory's certificates."""
        return self._source

    def lookup(self, address: Address) -> tuple[DirectoryEntry, ...]:
        """Return the entries that hold exactly this address. Raises DirectoryError."""
        if is_group(address):
            return tuple(map(self._entry, self._groups(address)))
        found = self._connection.look_up(partial(self._resolve, address.spec, whole=True))
        # The server matches by prefix, on names and many other fields.
        return tuple(self._entry(resolved) for resolved in found if address.key in map(address_key, resolved.addresses))

    def complete(self, text: str, limit: int) -> tuple[DirectoryEntry, ...]:
        """Return up to `limit` entries, as the server finds them by name or address. Raises DirectoryError."""
        wanted = " ".join(text.split())
        if len(wanted) < _SHORTEST or limit < 1:
            return ()
        with self._connection.for_directory():
            found = self._resolve(wanted, whole=False)
        entries = map(self._entry, found)
        return tuple(entry for entry in entries if entry.addresses)[:limit]

    def expand(self, address: Address) -> tuple[DirectoryEntry, ...]:
        """Return a distribution list's direct members, some without an address the server would tell; at most 1,000.

        A contact group is opened by the scope that holds it. Raises DirectoryError.
        """
        groups = self._groups(address) if is_group(address) else ()
        named = (
            [{"item_id": group.mailbox.item_id} for group in groups]
            if is_group(address)
            else [{"address": address.spec}]
        )
        members = [member for name in named for member in self._connection.look_up(partial(self._members, **name))]
        return tuple(
            DirectoryEntry(name=member.name, addresses=_addresses(member), source=self._source, is_list=member.is_list)
            for member in members
        )

    def _groups(self, address: Address) -> "tuple[Resolved, ...]":
        """Return the contact group that an address stands for, at most one; only the contacts have any."""
        name = group_name(address)
        if self._source is not Source.CONTACTS or not name:
            return ()
        found = self._connection.look_up(partial(self._resolve, name, whole=False))
        return tuple(one for one in found if one.mailbox.is_group and stands_for(address, one.mailbox.item_id))[:1]

    def _members(self, *, address: str = "", item_id: str = "") -> "list[Mailbox]":
        from exchangelib.errors import ErrorNameResolutionNoResults
        from exchangelib.properties import DLMailbox, ItemId

        from smimetui.adapters.exchange.resolve_names import ExpandMembers

        service = ExpandMembers(protocol=self._connection.account().protocol)
        asked = (
            DLMailbox(item_id=ItemId(id=item_id), routing_type="MAPIPDL", mailbox_type="PrivateDL")
            if item_id
            else DLMailbox(email_address=address, mailbox_type="PublicDL")
        )
        found: list[Mailbox] = []
        try:
            for member in service.call(distribution_list=asked):
                if isinstance(member, Exception):
                    raise member
                found.append(member)
        except ErrorNameResolutionNoResults:
            return []
        return [
            member if member.address or not member.other else self._with_address(member)
            for member in found[:_MOST_MEMBERS]
        ]

    def _with_address(self, member: "Mailbox") -> "Mailbox":
        """Return a member known by an address of another kind with the Internet address the server has for it."""
        found = [resolved for resolved in self._resolve(member.other, whole=True) if resolved.addresses]
        return replace(member, address=found[0].addresses[0]) if len(found) == 1 else member

    def _resolve(self, text: str, *, whole: bool) -> "list[Resolved]":
        from smimetui.adapters.exchange.resolve_names import resolve

        return resolve(self._connection.account(), text, scope=_SCOPES[self._source], whole=whole)

    def _entry(self, resolved: "Resolved") -> DirectoryEntry:
        return DirectoryEntry(
            name=resolved.mailbox.name,
            addresses=resolved.addresses or _addresses(resolved.mailbox),
            source=self._source,
            certificates=resolved.certificates,
            is_list=resolved.mailbox.is_list,
        )


def _addresses(mailbox: "Mailbox") -> tuple[str, ...]:
    """Return the Internet address, or that which stands for a contact group; nothing for other kinds."""
    if mailbox.address:
        return (mailbox.address,)
    return (group_address(mailbox.name, mailbox.item_id).spec,) if mailbox.is_group else ()
