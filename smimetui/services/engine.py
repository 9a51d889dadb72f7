"""What an account judges, reads and seals with, wired together over its ports; nothing here keeps anything."""

from collections.abc import Sequence

from smimetui.model.certificate import Certificate
from smimetui.model.value import dataclass
from smimetui.services.account import Account
from smimetui.services.composer import Composer
from smimetui.services.ports import (
    AnchorSource,
    CertificateStore,
    Clock,
    Directory,
    IdentityStore,
    Mailbox,
    RevocationSource,
    Transport,
)
from smimetui.services.reader import Reader
from smimetui.services.resolver import Resolver
from smimetui.services.revocation import Revocation
from smimetui.services.trust import Trust
from smimetui.smime.revocation import RevocationMode


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A session's inner half: all that `seal` as a command needs."""

    resolver: Resolver
    reader: Reader
    composer: Composer


def build_trust(  # noqa: PLR0913, PLR0917 - the ports of one account
    store: CertificateStore,
    system: AnchorSource,
    clock: Clock,
    extra_anchors: Sequence[Certificate],
    crls: Sequence[bytes],
    identities: IdentityStore,
    revocation: RevocationSource | None,
    mode: RevocationMode,
) -> tuple[Trust, Revocation]:
    """Return who judges certificates, and who asks whether they are revoked; no port is asked yet."""
    source = None if mode is RevocationMode.OFF else revocation
    trust = Trust(
        store=store,
        system=system,
        clock=clock,
        extra_anchors=extra_anchors,
        crls=crls,
        identities=identities,
        revocation=source,
        mode=mode,
    )
    return trust, Revocation(trust=trust, source=source, clock=clock)


def build_engine(  # noqa: PLR0913, PLR0917 - the ports of one account
    account: Account,
    store: CertificateStore,
    identities: IdentityStore,
    directories: Sequence[Directory],
    other_directories: Sequence[Directory],
    trust: Trust,
    revocation: Revocation,
    mailbox: Mailbox | None,
    transport: Transport | None,
    clock: Clock,
) -> Engine:
    """Return an account's engine; no port is asked yet."""
    reader = Reader(identities=identities, trust=trust, clock=clock, revocation=revocation)
    resolver = Resolver(
        store=store,
        directories=directories,
        other_directories=other_directories,
        trust=trust,
        clock=clock,
        directory_vouches=account.directory_vouches,
        identities=identities,
        revocation=revocation,
    )
    composer = Composer(
        account=account,
        identities=identities,
        resolver=resolver,
        reader=reader,
        transport=transport,
        mailbox=mailbox,
        clock=clock,
        revocation=revocation,
    )
    return Engine(resolver=resolver, reader=reader, composer=composer)
