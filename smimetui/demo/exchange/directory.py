"""The address list: its entries, and the ambiguous name resolution that Active Directory does over them."""

from collections.abc import Iterable

from smimetui.model.value import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A person or a distribution list of the address list. The first address is the primary one."""

    name: str
    addresses: tuple[str, ...]
    certificates: tuple[bytes, ...] = ()
    """Values of UserSMIMECertificate, as they are published."""
    exchange_certificates: tuple[bytes, ...] = ()
    """Values of MSExchangeCertificate."""
    given_name: str = ""
    surname: str = ""
    company: str = ""
    office: str = ""
    routing: str = "SMTP"
    """EX where the server answers with the legacy distinguished name instead of an address."""
    is_list: bool = False
    members: tuple[str, ...] = ()
    """Addresses, of people, other lists or strangers."""
    mailbox_type: str = ""
    """What the entry says it is; by default Mailbox, or PublicDL for a list."""

    @property
    def alias(self) -> str:
        """What stands before the @ of the primary address."""
        return self.addresses[0].partition("@")[0] if self.addresses else self.name.replace(" ", "")

    @property
    def kind(self) -> str:
        """The MailboxType."""
        return self.mailbox_type or ("PublicDL" if self.is_list else "Mailbox")

    @property
    def legacy_dn(self) -> str:
        """The legacy distinguished name, an address of routing type EX."""
        return f"/o=Sandbox/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn={self.alias}"

    @property
    def shown_address(self) -> str:
        """What Mailbox/EmailAddress says."""
        return self.legacy_dn if self.routing == "EX" else next(iter(self.addresses), "")

    @property
    def names(self) -> tuple[str, str]:
        """Given name and surname, guessed from the display name where they were not given."""
        first, _, last = self.name.partition(" ")
        return (self.given_name or first, self.surname or last)


class AddressList:
    """The entries, in the order they were published."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._entries: list[Entry] = []
        self._by_address: dict[str, Entry] = {}
        self._index: dict[str, list[int]] = {}
        for entry in entries:
            self.publish(entry)

    def publish(self, entry: Entry) -> None:
        """Add an entry, or put it in the place of the one that has its primary address."""
        known = self._by_address.get(entry.addresses[0].lower()) if entry.addresses else None
        if known is None:
            self._entries.append(entry)
        else:
            self._entries[self._entries.index(known)] = entry
        for address in entry.addresses:
            self._by_address[address.lower()] = entry
        self._by_address[entry.legacy_dn.lower()] = entry
        self._rebuild_needed()

    def at(self, address: str) -> Entry | None:
        """Return the entry that has an address, SMTP or EX."""
        return self._by_address.get(_bare(address).lower())

    def resolve(self, text: str) -> list[Entry]:
        """Return the entries that a text may mean, by prefix over names, alias, office and addresses.

        A leading "smtp:" or "=" asks for the whole value instead.
        """
        wanted = _bare(text).strip().lower()
        if wanted != text.strip().lower():
            return [entry for entry in self._entries if wanted in _values(entry)]
        if not self._index:
            self._build_index()
        candidates = self._index.get(wanted[:_KEY], []) if len(wanted) >= _KEY else range(len(self._entries))
        found = [entry for entry in (self._entries[at] for at in candidates) if _matches(entry, wanted)]
        first, _, last = wanted.partition(" ")
        return found or ([entry for entry in self._entries if _both(entry, first, last)] if last else [])

    def _rebuild_needed(self) -> None:
        self._index = {}

    def _build_index(self) -> None:
        index: dict[str, dict[int, None]] = {}
        for at, entry in enumerate(self._entries):
            for value in _values(entry):
                index.setdefault(value[:_KEY], {})[at] = None
        self._index = {key: list(places) for key, places in index.items()}


_KEY = 3
"""Letters of a prefix by which entries are indexed."""


def _bare(text: str) -> str:
    lowered = text.lower()
    for prefix in ("smtp:", "="):
        if lowered.startswith(prefix):
            return text[len(prefix) :]
    return text


def _values(entry: Entry) -> set[str]:
    given, surname = entry.names
    values = (entry.name, given, surname, entry.alias, entry.office, *entry.addresses, entry.legacy_dn)
    return {value.lower() for value in values if value}


def _matches(entry: Entry, wanted: str) -> bool:
    return any(value.startswith(wanted) for value in _values(entry))


def _both(entry: Entry, first: str, last: str) -> bool:
    given, surname = (name.lower() for name in entry.names)
    return (given.startswith(first) and surname.startswith(last)) or (
        given.startswith(last) and surname.startswith(first)
    )
