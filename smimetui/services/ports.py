"""What the services need of the world outside. Adapters implement these; services know nothing else.

Every method may block; none is called on the screen's thread. Implementations are safe to call from several threads.
"""

from collections.abc import Sequence
from dataclasses import field
from datetime import datetime
from typing import Protocol

from smimetui.model.address import Address
from smimetui.model.certificate import Certificate, Source
from smimetui.model.message import Outcome, SealedMessage, Summary
from smimetui.model.value import dataclass
from smimetui.smime.identity import Identity


class Clock(Protocol):
    """The time, so that tests can choose it."""

    def now(self) -> datetime:
        """Return the current time, with a time zone."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryEntry:
    """A person as a directory knows them.

    `certificates` holds the raw values as they came (DER, CMS SignedData, Outlook's block); none is trusted to parse.
    """

    name: str
    addresses: tuple[str, ...]
    source: Source
    certificates: tuple[bytes, ...] = field(default=(), repr=False)
    is_list: bool = False
    """A distribution list: `Directory.expand` tells its members."""


class Directory(Protocol):
    """An address list that may publish certificates: the GAL, the contacts, LDAP."""

    @property
    def source(self) -> Source:
        """What to call this directory's certificates."""
        ...

    def lookup(self, address: Address) -> tuple[DirectoryEntry, ...]:
        """Return the entries that hold exactly this address; empty if there is none.

        Raises DirectoryError when the directory could not answer.
        """
        ...

    def complete(self, text: str, limit: int) -> tuple[DirectoryEntry, ...]:
        """Return up to `limit` entries with a name or address in which a word starts with `text`, best first.

        Raises DirectoryError when the directory could not answer.
        """
        ...

    def expand(self, address: Address) -> tuple[DirectoryEntry, ...]:
        """Return the direct members of a distribution list, lists among them; empty if it is none.

        Raises DirectoryError when the directory could not answer.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledCertificate:
    """A certificate the person installed: pinned for `addresses`, and a recipient certificate for them.

    `addresses` are stored beside the DER so that a look-up parses only what it needs.
    """

    der: bytes = field(repr=False)
    sha256: str
    addresses: tuple[str, ...]
    """Comparison keys (`Address.key`)."""
    not_after: datetime
    installed_at: datetime
    source: Source = Source.FILE
    capabilities: bytes | None = field(default=None, repr=False)
    name: str = ""
    """The common name, stored beside the DER likewise; empty where it was not when this was installed."""


class ContactBook(Protocol):
    """The person's contacts, as far as certificates can be written to them."""

    def add_certificate(self, address: Address, certificate: Certificate) -> bool:
        """Write a certificate to the contact with this address, made where there is none; False where it is there.

        Done only when the person asks for it. Raises DirectoryError, Refused where the server does not allow it.
        """
        ...


class CertificateStore(Protocol):
    """The certificate book: installed certificates and the person's own trust anchors.

    Every method raises StoreError when the place behind it fails.
    """

    def installed(self) -> tuple[InstalledCertificate, ...]:
        """Return all installed certificates, oldest first."""
        ...

    def install(self, *certificates: InstalledCertificate) -> None:
        """Add certificates in one change; one that is there already is replaced."""
        ...

    def remove(self, sha256: str) -> None:
        """Remove an installed certificate; does nothing if it is not there."""
        ...

    def anchors(self) -> tuple[bytes, ...]:
        """Return the DER of the person's own trust anchors."""
        ...

    def add_anchor(self, der: bytes) -> None:
        """Add a trust anchor; does nothing if it is there."""
        ...

    def remove_anchor(self, sha256: str) -> None:
        """Remove a trust anchor; does nothing if it is not there."""
        ...

    def version(self) -> str:
        """Return a text that is another one after each change, by whichever process; while locked, the last one.

        Cheap enough to be asked every second: no prompt, no item is read, and it does not count as use. Raises nothing.
        """
        ...


class IdentityStore(Protocol):
    """The person's own keys. Every method raises StoreError when the place behind it fails."""

    def identities(self) -> tuple[Identity, ...]:
        """Return all own identities, newest certificate first."""
        ...

    def add_identity(self, pkcs8: bytes, certificate: bytes, chain: Sequence[bytes]) -> None:
        """Keep a private key (unencrypted PKCS#8 DER) with its certificate and chain (DER)."""
        ...

    def remove_identity(self, sha256: str) -> None:
        """Forget the key of this certificate; does nothing if it is not there."""
        ...


class KeptSecrets(Protocol):
    """Short texts that the store keeps by name. Every method raises StoreError when the place behind it fails."""

    def secret(self, name: str) -> str | None:
        """Return a secret, None if there is none."""
        ...

    def set_secret(self, name: str, value: str) -> None:
        """Keep a secret, replacing it."""
        ...

    def remove_secret(self, name: str) -> None:
        """Forget a secret; does nothing if it is not there."""
        ...

    def secrets(self) -> tuple[str, ...]:
        """Return the names of all secrets."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Rows of a folder."""

    rows: tuple[Summary, ...]
    total: int
    """Messages in the folder."""
    unread: int
    """How many of them are unread."""


class Mailbox(Protocol):
    """Folders of messages. Every method raises MailboxError."""

    def folders(self) -> tuple[str, ...]:
        """Return the folder names, `Inbox` first."""
        ...

    def page(self, folder: str, *, offset: int, limit: int) -> Page:
        """Return some rows of a folder, newest first, and how many there are in all."""
        ...

    def search(self, folder: str, text: str, *, limit: int) -> tuple[Summary, ...]:
        """Return up to `limit` rows, newest first, whose sender or subject holds `text` in any case."""
        ...

    def wait_for_change(self, folder: str, seconds: float) -> bool:
        """Wait until something in the folder changed, at most so long, and return whether it did."""
        ...

    def fetch(self, folder: str, uid: str) -> bytes:
        """Return a whole message as it was received."""
        ...

    def mark_seen(self, folder: str, uid: str, *, seen: bool = True) -> None:
        """Mark a message as read, or as unread."""
        ...

    def trash(self, folder: str, uid: str) -> str:
        """Move a message to the trash and return its uid there."""
        ...

    def restore(self, folder: str, uid: str) -> None:
        """Move a message from the trash back to `folder`."""
        ...

    def append(self, folder: str, message: bytes) -> str:
        """File a message, as read, and return its uid."""
        ...

    def delete(self, folder: str, uid: str) -> bool:
        """Remove a message for good, past the trash, and return whether it was there."""
        ...


class Shelf(Protocol):
    """Files of the program's own, each replaced whole, for the next start to find: what is put here is sealed.

    Every method raises StoreError when the disk fails. Names are of letters, digits, dots and hyphens.
    """

    def names(self) -> tuple[str, ...]:
        """Return what is there, oldest first."""
        ...

    def read(self, name: str) -> bytes | None:
        """Return a file; None if it is not there."""
        ...

    def write(self, name: str, data: bytes) -> None:
        """Keep a file, on disk when this returns."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file; does nothing if it is not there."""
        ...

    def claim(self, name: str) -> bool:
        """Hold a name, a file or not, until `release` or the end of the process; False if it is held."""
        ...

    def release(self, name: str) -> None:
        """Hold a name no more; does nothing if it is not held here."""
        ...


class Transport(Protocol):
    """Takes a sealed message away."""

    @property
    def sent_copies(self) -> "SentCopies | None":
        """The copies that whoever sends files in Sent, one for each envelope; None where nobody does."""
        ...

    def send(self, message: SealedMessage) -> Outcome:
        """Hand over one envelope, once.

        Raises TransportError: Unreachable, AuthenticationFailed and Refused say that nothing left, Uncertain that it
        may have.
        """
        ...

    def resume(self, message_id: str, left: int) -> None:
        """Learn that so many envelopes of a message left in an earlier run, before the others are handed over."""
        ...


class SentCopies(Protocol):
    """Copies that a server filed in Sent by itself."""

    def count(self, message_id: str) -> int:
        """Return how many copies of a message are there now. Raises MailboxError."""
        ...

    def unite(self, sent: Sequence[SealedMessage], whole: bytes, hidden: Sequence[Address]) -> None:
        """Put `whole`, whose header names the hidden recipients too, in the place of the copies of all envelopes.

        Whatever fails, a copy stays. Raises MailboxError.
        """
        ...


class AnchorSource(Protocol):
    """The system's trust anchors for mail."""

    def anchors(self) -> tuple[Certificate, ...]:
        """Return the anchors; empty where the system has none. Read, never written."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationData:
    """What is at hand about revocation, DER; none of it is believed before its signature was verified."""

    crls: tuple[bytes, ...] = field(default=(), repr=False)
    ocsps: tuple[bytes, ...] = field(default=(), repr=False)
    authorities: tuple[bytes, ...] = field(default=(), repr=False)
    """Certificates of issuers that lists were asked of; they join a path, and end none."""


class RevocationSource(Protocol):
    """What authorities publish about revocation. No method raises: what cannot be had is not known."""

    def known(self) -> RevocationData:
        """Return what is at hand, without asking anybody; the same object until something is added."""
        ...

    def refresh(self, chain: Sequence[Certificate], *, others: Sequence[Certificate], inside: bool) -> bool:
        """Ask for what is missing or due, for some seconds at most, and tell whether something new came.

        `chain` is valid and ends in its anchor: only what a trusted authority signed says whom to ask. `others` may
        have signed lists. `inside` lets it point into private networks.
        """
        ...
