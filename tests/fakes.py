"""Small real classes that implement the ports in memory: they pass the same conformance suites as the adapters."""

import threading
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import sha256

from smimetui.model.address import Address, address_key
from smimetui.model.certificate import Certificate, Source
from smimetui.model.errors import DirectoryError, MailboxError, SmimetuiError, TransportError
from smimetui.model.message import Outcome, SealedMessage, Summary
from smimetui.services.completion import matches
from smimetui.services.ports import DirectoryEntry, InstalledCertificate, Page, SentCopies
from smimetui.smime.identity import Identity

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class FixedClock:
    """A clock that stands still until it is set."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


class NoAnchors:
    """A system without trust anchors."""

    def anchors(self) -> tuple[Certificate, ...]:
        return ()


class MemoryStore:
    """The certificate book and the identities, for as long as the process lives."""

    def __init__(self, identities: Iterable[Identity] = (), anchors: Iterable[Certificate] = ()) -> None:
        self._installed: dict[str, InstalledCertificate] = {}
        self._anchors = {anchor.sha256: anchor.der for anchor in anchors}
        self._identities = {identity.certificate.sha256: identity for identity in identities}
        self._secrets: dict[str, str] = {}
        self._lock = threading.Lock()

    def installed(self) -> tuple[InstalledCertificate, ...]:
        with self._lock:
            return tuple(sorted(self._installed.values(), key=lambda entry: entry.installed_at))

    def install(self, *certificates: InstalledCertificate) -> None:
        with self._lock:
            self._installed.update({entry.sha256: entry for entry in certificates})

    def remove(self, sha256: str) -> None:
        with self._lock:
            self._installed.pop(sha256, None)

    def version(self) -> str:
        with self._lock:
            return str(hash((tuple(self._installed.items()), tuple(self._anchors), tuple(self._identities))))

    def anchors(self) -> tuple[bytes, ...]:
        with self._lock:
            return tuple(self._anchors.values())

    def add_anchor(self, der: bytes) -> None:
        with self._lock:
            self._anchors[sha256(der).hexdigest()] = der

    def remove_anchor(self, sha256: str) -> None:
        with self._lock:
            self._anchors.pop(sha256, None)

    def identities(self) -> tuple[Identity, ...]:
        with self._lock:
            return tuple(sorted(self._identities.values(), key=lambda own: own.certificate.not_before, reverse=True))

    def add_identity(self, pkcs8: bytes, certificate: bytes, chain: Sequence[bytes]) -> None:
        from smimetui.smime.identity import SoftwareIdentity
        from smimetui.smime.x509 import load_certificate

        identity = SoftwareIdentity(
            pkcs8=pkcs8,
            certificate=load_certificate(certificate),
            chain=tuple(load_certificate(der) for der in chain),
        )
        with self._lock:
            self._identities[identity.certificate.sha256] = identity

    def remove_identity(self, sha256: str) -> None:
        with self._lock:
            self._identities.pop(sha256, None)

    def secret(self, name: str) -> str | None:
        with self._lock:
            return self._secrets.get(name)

    def set_secret(self, name: str, value: str) -> None:
        with self._lock:
            self._secrets[name] = value

    def remove_secret(self, name: str) -> None:
        with self._lock:
            self._secrets.pop(name, None)

    def secrets(self) -> tuple[str, ...]:
        with self._lock:
            return tuple(self._secrets)


class MemoryDirectory:
    """An address list; `failure` makes it unable to answer."""

    def __init__(
        self, source: Source = Source.GAL, entries: Iterable[DirectoryEntry] = (), failure: Exception | None = None
    ) -> None:
        self.source = source
        self.entries = list(entries)
        self.failure = failure
        self.asked: list[str] = []
        self.members: dict[str, tuple[str, ...]] = {}

    def publish(self, name: str, addresses: Sequence[str], *certificates: Certificate | bytes) -> None:
        values = tuple(value if isinstance(value, bytes) else value.der for value in certificates)
        self.entries.append(
            DirectoryEntry(name=name, addresses=tuple(addresses), source=self.source, certificates=values)
        )

    def lookup(self, address: Address) -> tuple[DirectoryEntry, ...]:
        self.asked.append(address.spec)
        if self.failure is not None:
            raise self.failure
        return tuple(entry for entry in self.entries if address.key in map(address_key, entry.addresses))

    def complete(self, text: str, limit: int) -> tuple[DirectoryEntry, ...]:
        if self.failure is not None:
            raise self.failure
        return tuple(entry for entry in self.entries if matches(text, entry.name, *entry.addresses))[:limit]

    def publish_list(self, name: str, address: str, members: Sequence[str]) -> None:
        """Publish a distribution list."""
        self.entries.append(DirectoryEntry(name=name, addresses=(address,), source=self.source, is_list=True))
        self.members[address_key(address)] = tuple(members)

    def expand(self, address: Address) -> tuple[DirectoryEntry, ...]:
        if self.failure is not None:
            raise self.failure
        found = []
        for text in self.members.get(address.key, ()):
            known = [entry for entry in self.entries if address_key(text) in map(address_key, entry.addresses)]
            found += known or [DirectoryEntry(name="", addresses=(text,), source=self.source)]
        return tuple(found)


class MemoryMailbox:
    """Folders of raw messages; `failure` makes appending and deleting fail."""

    def __init__(self, failure: MailboxError | None = None) -> None:
        self.messages: dict[str, dict[str, bytes]] = {"Inbox": {}, "Sent": {}, "Drafts": {}, "Trash": {}}
        self.seen: set[tuple[str, str]] = set()
        self.failure = failure
        self.changed = threading.Event()
        self._next = 1

    def folders(self) -> tuple[str, ...]:
        return tuple(self.messages)

    def summaries(self, folder: str) -> tuple[Summary, ...]:
        rows = [self._summary(folder, uid, raw) for uid, raw in self._folder(folder).items()]
        return tuple(reversed(rows))

    def page(self, folder: str, *, offset: int, limit: int) -> Page:
        rows = self.summaries(folder)
        return Page(rows=rows[offset : offset + limit], total=len(rows), unread=sum(not row.seen for row in rows))

    def search(self, folder: str, text: str, *, limit: int) -> tuple[Summary, ...]:
        wanted = text.casefold()
        found = [row for row in self.summaries(folder) if wanted in f"{row.sender}\n{row.subject}".casefold()]
        return tuple(found[:limit])

    def wait_for_change(self, folder: str, seconds: float) -> bool:
        self._folder(folder)
        return self.changed.wait(seconds)

    def fetch(self, folder: str, uid: str) -> bytes:
        try:
            return self._folder(folder)[uid]
        except KeyError:
            raise MailboxError(f"there is no message {uid} in {folder}") from None

    def mark_seen(self, folder: str, uid: str, *, seen: bool = True) -> None:
        self.fetch(folder, uid)
        (self.seen.add if seen else self.seen.discard)((folder, uid))

    def trash(self, folder: str, uid: str) -> str:
        raw = self.fetch(folder, uid)
        del self.messages[folder][uid]
        return self._file("Trash", raw)

    def restore(self, folder: str, uid: str) -> None:
        raw = self.fetch("Trash", uid)
        del self.messages["Trash"][uid]
        self._file(folder, raw)

    def append(self, folder: str, message: bytes) -> str:
        if self.failure is not None:
            raise self.failure
        uid = self._file(folder, message)
        self.seen.add((folder, uid))
        return uid

    def delete(self, folder: str, uid: str) -> bool:
        if self.failure is not None:
            raise self.failure
        return self._folder(folder).pop(uid, None) is not None

    def _file(self, folder: str, raw: bytes) -> str:
        uid = str(self._next)
        self._next += 1
        self._folder(folder)[uid] = raw
        return uid

    def _folder(self, folder: str) -> dict[str, bytes]:
        try:
            return self.messages[folder]
        except KeyError:
            raise MailboxError(f"there is no folder {folder}") from None

    def _summary(self, folder: str, uid: str, raw: bytes) -> Summary:
        from email.parser import BytesHeaderParser
        from email.utils import parsedate_to_datetime

        headers = BytesHeaderParser().parsebytes(raw)
        date = headers.get("Date")
        return Summary(
            uid=uid,
            sender=str(headers.get("From", "")),
            subject=str(headers.get("Subject", "")),
            date=parsedate_to_datetime(date) if date else None,
            seen=(folder, uid) in self.seen,
            size=len(raw),
            content_type=headers.get_content_type(),
        )


class MemoryCopies:
    """Copies in Sent; `failure` is why they cannot become one."""

    def __init__(self, failure: MailboxError | None = None) -> None:
        self._failure = failure
        self.united: list[tuple[int, bytes]] = []
        """How many became one, and which."""
        self.arrived = 0
        """Copies that are there."""

    def count(self, message_id: str) -> int:
        del message_id
        if self._failure is not None:
            raise self._failure
        return self.arrived

    def unite(self, sent: Sequence[SealedMessage], whole: bytes, hidden: Sequence[Address]) -> None:
        del hidden
        if self._failure is not None:
            raise self._failure
        self.united.append((len(sent), whole))


class MemoryTransport:
    """Takes envelopes away; `plan` says how each attempt ends, in order, and Sent is the rest."""

    def __init__(self, *plan: Outcome | TransportError, sent_copies: SentCopies | None = None) -> None:
        self.sent_copies = sent_copies
        self._plan = list(plan)
        self.taken: list[SealedMessage] = []
        """Everything that was handed over, whatever the answer."""
        self.resumed: list[int] = []
        """How many had left before, as far as it was told."""

    def resume(self, message_id: str, left: int) -> None:
        del message_id
        self.resumed.append(left)

    def send(self, message: SealedMessage) -> Outcome:
        self.taken.append(message)
        end = self._plan.pop(0) if self._plan else Outcome.SENT
        if isinstance(end, SmimetuiError):
            raise end
        return end


UNREACHABLE = DirectoryError("the address list does not answer")
