"""One account's services, wired together over its ports."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from smimetui.model.certificate import Certificate
from smimetui.services.account import Account
from smimetui.services.composer import Composer
from smimetui.services.ports import (
    AnchorSource,
    CertificateStore,
    Clock,
    Directory,
    IdentityStore,
    Mailbox,
    Transport,
)
from smimetui.services.reader import Reader
from smimetui.services.resolver import Resolver
from smimetui.services.trust import Trust

__all__ = ["Account", "Session", "build_session"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What a screen or a command works with."""

    account: Account
    store: CertificateStore
    identities: IdentityStore
    directories: tuple[Directory, ...] = field(repr=False)
    trust: Trust
    resolver: Resolver
    reader: Reader
    composer: Composer
    mailbox: Mailbox | None
    clock: Clock
    notice: str = ""
    """Which store is in use, and why: a sentence, or empty."""

    def adopt(self, account: Account) -> "Session":
        """Return the session with changed defaults of the same account."""
        self.composer.adopt(account)
        self.resolver.adopt(account)
        return replace(self, account=account)


def build_session(  # noqa: PLR0913 - the ports of one account, keyword-only
    *,
    account: Account,
    store: CertificateStore,
    identities: IdentityStore,
    directories: Sequence[Directory],
    system: AnchorSource,
    mailbox: Mailbox | None,
    transport: Transport | None,
    clock: Clock,
    notice: str = "",
    extra_anchors: Sequence[Certificate] = (),
    crls: Sequence[bytes] = (),
) -> Session:
    """Return the services of an account; nothing is asked of any port yet."""
    trust = Trust(
        store=store, system=system, clock=clock, extra_anchors=extra_anchors, crls=crls, identities=identities
    )
    resolver = Resolver(
        store=store,
        directories=directories,
        trust=trust,
        clock=clock,
        directory_vouches=account.directory_vouches,
        identities=identities,
    )
    reader = Reader(identities=identities, trust=trust, clock=clock)
    composer = Composer(
        account=account,
        identities=identities,
        resolver=resolver,
        reader=reader,
        transport=transport,
        mailbox=mailbox,
        clock=clock,
    )
    return Session(
        account=account,
        store=store,
        identities=identities,
        directories=tuple(directories),
        trust=trust,
        resolver=resolver,
        reader=reader,
        composer=composer,
        mailbox=mailbox,
        clock=clock,
        notice=notice,
    )
