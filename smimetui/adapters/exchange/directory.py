"""Exchange's address list and the account's contacts as directories: one name a request, exact addresses only."""

from dataclasses import replace
from typing import TYPE_CHECKING

from smimetui.adapters.exchange.connection import Connection
from smimetui.model.address import Address, address_key
from smimetui.model.certificate import Source
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
        with self._connection.for_directory():
            found = self._resolve(address.spec, whole=True)
        # The server matches by prefix, on names and many other fields.
        return tuple(self._entry(resolved) for resolved in found if address.key in map(address_key, resolved.addresses))

    def complete(self, text: str, limit: int) -> tuple[DirectoryEntry, ...]:
        """Return up to `limit` entries, as the server finds them by name or address. Raises DirectoryError."""
        wanted = " ".join(text.split())
        if len(wanted) < _SHORTEST or limit < 1:
            return ()
        with self._connection.for_directory():
            found = self._resolve(wanted, whole=False)
        return tuple(self._entry(resolved) for resolved in found if resolved.addresses)[:limit]

    def expand(self, address: Address) -> tuple[DirectoryEntry, ...]:
        """Return a distribution list's direct members, some without an address the server would tell; at most 1,000.

        Raises DirectoryError. Private lists have no address to write to, so they are not known here.
        """
        with self._connection.for_directory():
            return tuple(
                DirectoryEntry(
                    name=member.name,
                    addresses=(member.address,) if member.address else (),
                    source=self._source,
                    is_list=member.is_list,
                )
                for member in self._members(address.spec)
            )

    def _members(self, address: str) -> "list[Mailbox]":
        from exchangelib.errors import ErrorNameResolutionNoResults
        from exchangelib.properties import DLMailbox

        from smimetui.adapters.exchange.resolve_names import ExpandMembers

        service = ExpandMembers(protocol=self._connection.account().protocol)
        found: list[Mailbox] = []
        try:
            for member in service.call(distribution_list=DLMailbox(email_address=address, mailbox_type="PublicDL")):
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
            addresses=resolved.addresses,
            source=self._source,
            certificates=resolved.certificates,
            is_list=resolved.mailbox.is_list,
        )
