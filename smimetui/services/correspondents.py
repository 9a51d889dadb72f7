"""People one has written to: kept in the store, sealed as all that is there, for completion and to know domains by."""

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from threading import Lock

from smimetui.model.address import Address, parse_address
from smimetui.model.contact_group import is_group
from smimetui.model.errors import AddressError, StoreError
from smimetui.model.message import Outcome, SealedMessage
from smimetui.services.completion import Suggestion, matches
from smimetui.services.ports import CertificateStore, KeptSecrets, SentCopies, Transport

_NAME = "people-written-to"
MOST = 500
"""People kept: the ones written to longest ago are forgotten first."""


class Correspondents:
    """The people of all accounts, the one written to last first. Safe for several threads."""

    def __init__(self, *, secrets: KeptSecrets | None, store: CertificateStore, own: Address) -> None:
        self._secrets = secrets
        self._store = store
        self._own = own
        self._lock = Lock()

    def people(self) -> tuple[Address, ...]:
        """Return everybody. Raises StoreError; a list that cannot be read counts as empty."""
        text = self._secrets.secret(_NAME) if self._secrets is not None else None
        try:
            written = json.loads(text or "[]")
        except (ValueError, RecursionError):
            return ()
        return tuple(_addresses(written if isinstance(written, list) else ()))

    def learn(self, addresses: Sequence[Address]) -> None:
        """Remember people that a message has reached; never raises, as the message has left."""
        new = [address for address in addresses if address != self._own and not is_group(address)]
        if self._secrets is None or not new:
            return
        with self._lock, suppress(StoreError):
            before = self.people()
            names = {address: address.display_name for address in before}
            named = [Address(found.local, found.domain, found.display_name or names.get(found, "")) for found in new]
            after = list(dict.fromkeys((*named, *before)))[:MOST]
            self._secrets.set_secret(_NAME, json.dumps([[found.spec, found.display_name] for found in after]))

    def forget(self) -> None:
        """Forget everybody. Raises StoreError."""
        if self._secrets is not None:
            self._secrets.remove_secret(_NAME)

    def matching(self, text: str, limit: int = 8) -> tuple[Suggestion, ...]:
        """Return people whose name or address has words that start as `text` does. Raises StoreError."""
        wanted = text.strip()
        found = (one for one in self.people() if wanted and matches(wanted, one.spec, one.display_name))
        return tuple(Suggestion(address=address) for address in found)[:limit]

    def domains(self) -> frozenset[str]:
        """Return the domains of people one knows: written to, installed, oneself. Raises StoreError."""
        installed = (address for entry in self._store.installed() for address in entry.addresses)
        known = {address.rpartition("@")[2] for address in installed}
        return frozenset({*known, *(person.domain for person in self.people()), self._own.domain})


def _addresses(written: Iterable[object]) -> Iterable[Address]:
    for entry in written:
        match entry:
            case [str(spec), str(name)]:
                with suppress(AddressError):
                    bare = parse_address(spec)
                    yield Address(bare.local, bare.domain, name)
            case _:
                continue


class RememberingTransport:
    """A way to send that remembers whom a message has left for."""

    def __init__(self, transport: Transport, people: Correspondents) -> None:
        self._transport = transport
        self._people = people

    @property
    def sent_copies(self) -> SentCopies | None:
        """The copies that whoever sends files in Sent."""
        return self._transport.sent_copies

    def send(self, message: SealedMessage) -> Outcome:
        """Hand over one envelope, once; what is uncertain is not learned from."""
        outcome = self._transport.send(message)
        if outcome is Outcome.SENT:
            self._people.learn(message.recipients)
        return outcome

    def resume(self, message_id: str, left: int) -> None:
        """Learn that so many envelopes of a message left in an earlier run."""
        self._transport.resume(message_id, left)
