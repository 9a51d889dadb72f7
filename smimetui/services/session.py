"""One account's services, wired together over its ports."""

from collections.abc import Callable, Sequence
from dataclasses import field, replace

from smimetui.model.certificate import Certificate, Purpose
from smimetui.model.value import dataclass
from smimetui.services.account import Account
from smimetui.services.account_check import Examine
from smimetui.services.autosave import Autosave
from smimetui.services.composer import Composer
from smimetui.services.correspondents import Correspondents, RememberingTransport
from smimetui.services.drafts import Drafts
from smimetui.services.engine import build_engine, build_trust
from smimetui.services.enrolment import Enrolment
from smimetui.services.expiry import expiry_warning
from smimetui.services.keeping import Keeping, build_keeping
from smimetui.services.memory_shelf import Shelves
from smimetui.services.outbox import Outbox
from smimetui.services.own_keys import published_note
from smimetui.services.ports import (
    AnchorSource,
    CertificateStore,
    Clock,
    ContactBook,
    Directory,
    IdentityStore,
    KeptSecrets,
    Mailbox,
    RevocationSource,
    Transport,
)
from smimetui.services.reader import Reader
from smimetui.services.resolver import Resolver
from smimetui.services.revocation import Revocation
from smimetui.services.trust import Trust
from smimetui.smime.revocation import RevocationMode

__all__ = ["Account", "Session", "build_session"]


def _nothing() -> None:
    """Close nothing: these ports hold nothing open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What a screen or a command works with."""

    account: Account
    store: CertificateStore
    identities: IdentityStore
    directories: tuple[Directory, ...] = field(repr=False)
    other_directories: tuple[Directory, ...] = field(repr=False)
    """Those of the other accounts, asked where the own ones do not help."""
    trust: Trust
    revocation: Revocation
    resolver: Resolver
    reader: Reader
    composer: Composer
    keeping: Keeping
    people: Correspondents
    """Who was written to."""
    enrolment: Enrolment
    mailbox: Mailbox | None
    clock: Clock
    contacts: ContactBook | None = None
    """Where a certificate can be written to a person's contact."""
    examine: Examine | None = None
    """Tries what the account's server allows; None where there is no server."""
    notice: str = ""
    """Which store is in use, and why: a sentence, or empty."""
    close_ports: Callable[[], None] = field(default=_nothing, repr=False)

    @property
    def drafts(self) -> Drafts:
        """The drafts in the mailbox."""
        return self.keeping.drafts

    @property
    def autosave(self) -> Autosave:
        """The drafts on this machine."""
        return self.keeping.autosave

    @property
    def outbox(self) -> Outbox:
        """Messages that have not left, or may have."""
        return self.keeping.outbox

    def close(self) -> None:
        """End what the ports hold open: connections, threads, logins. Nothing of this session works afterwards."""
        self.outbox.close()
        self.close_ports()

    def adopt(self, account: Account) -> "Session":
        """Return the session with changed defaults of the same account."""
        self.composer.adopt(account)
        self.resolver.adopt(account)
        self.keeping.adopt(account)
        return replace(self, account=account)

    def own_certificate_note(self) -> str:
        """Return a sentence where the directories publish a certificate for this account whose key is not here, or "".

        Asks the directories. Empty too where they could not answer; raises StoreError.
        """
        found = self.resolver.resolve(self.account.address)
        return published_note(found, self.identities.identities())

    def expiry_note(self) -> str:
        """Return what to say of own certificates that end soon, or have ended with no other in their place, or "".

        Raises StoreError.
        """
        at, identities = self.clock.now(), self.identities.identities()
        ending, composer = expiry_warning(identities, self.account, at), self.composer
        return ending or composer.why_not(Purpose.SIGN) or composer.why_not(Purpose.ENCRYPT)


def build_session(  # noqa: PLR0913 - the ports of one account, keyword-only
    *,
    account: Account,
    store: CertificateStore,
    identities: IdentityStore,
    directories: Sequence[Directory],
    other_directories: Sequence[Directory] = (),
    system: AnchorSource,
    mailbox: Mailbox | None,
    transport: Transport | None,
    clock: Clock,
    contacts: ContactBook | None = None,
    examine: Examine | None = None,
    secrets: KeptSecrets | None = None,
    notice: str = "",
    extra_anchors: Sequence[Certificate] = (),
    crls: Sequence[bytes] = (),
    revocation: RevocationSource | None = None,
    mode: RevocationMode = RevocationMode.SOFT,
    shelves: Shelves | None = None,
    close_ports: Callable[[], None] = _nothing,
) -> Session:
    """Return an account's services; no port is asked yet. Without `secrets` no key can wait for its certificate."""
    people = Correspondents(secrets=secrets, store=store, own=account.address)
    transport = RememberingTransport(transport, people) if transport is not None else None
    trust, watch = build_trust(store, system, clock, extra_anchors, crls, identities, revocation, mode)
    engine = build_engine(
        account, store, identities, directories, other_directories, trust, watch, mailbox, transport, clock
    )
    return Session(
        account=account,
        store=store,
        identities=identities,
        directories=tuple(directories),
        other_directories=tuple(other_directories),
        trust=trust,
        revocation=watch,
        resolver=engine.resolver,
        reader=engine.reader,
        composer=engine.composer,
        people=people,
        keeping=_keeping(account, shelves, identities, transport, mailbox, clock, watch),
        enrolment=Enrolment(identities=identities, secrets=secrets, clock=clock),
        mailbox=mailbox,
        clock=clock,
        contacts=contacts,
        examine=examine,
        notice=notice,
        close_ports=close_ports,
    )


def _keeping(  # noqa: PLR0913, PLR0917 - handed on
    account: Account,
    shelves: Shelves | None,
    identities: IdentityStore,
    transport: Transport | None,
    mailbox: Mailbox | None,
    clock: Clock,
    watch: Revocation,
) -> Keeping:
    return build_keeping(
        account=account,
        shelves=shelves or Shelves(),
        identities=identities,
        transport=transport,
        mailbox=mailbox,
        clock=clock,
        revocation=watch,
    )
