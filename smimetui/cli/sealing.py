"""`seal`'s work: a composer with what the options bring, and the envelopes as files."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from smimetui.adapters.no_anchors import NoAnchors
from smimetui.cli.memory_store import MemoryStore
from smimetui.cli.world import World
from smimetui.model.certificate import Certificate
from smimetui.model.message import Cipher, Draft, Protection, SealedMessage
from smimetui.model.value import dataclass
from smimetui.model.verdict import Problem, Resolution
from smimetui.services.account import Account
from smimetui.services.composer import Composer, UnableToEncryptError
from smimetui.services.engine import build_engine, build_trust
from smimetui.services.ports import Directory
from smimetui.smime.identity import Identity
from smimetui.smime.revocation import RevocationMode


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """A composer for one draft, and how its sender's account starts messages."""

    account: Account
    composer: Composer

    def protection(self, *, sign: bool | None, encrypt: bool | None) -> Protection:
        """Return what the options ask for, or else the account's defaults."""
        return Protection(
            sign=self.account.sign_by_default if sign is None else sign,
            encrypt=self.account.encrypt_by_default if encrypt is None else encrypt,
        )

    def seal(self, draft: Draft, protection: Protection, cipher: Cipher | None) -> tuple[SealedMessage, ...]:
        """Return the envelopes; raises UnableToEncryptError, the sender being one of those who may stop it."""
        if protection.encrypt and not self.composer.can_encrypt():
            reason = "you have no certificate of your own to encrypt to, and could not read this message again"
            raise UnableToEncryptError([Resolution(address=draft.sender, problems=(Problem.NOT_FOUND,), reason=reason)])
        return self.composer.seal(draft, protection, cipher=cipher)


def prepare(  # noqa: PLR0913 - the options of the command, keyword-only
    draft: Draft,
    *,
    world: World,
    account: str | None,
    identities: Sequence[Identity],
    certificates: Sequence[Certificate],
    isolated: bool,
) -> Workshop:
    """Return a composer for the draft's sender; isolated, `world` is asked for the time alone.

    Certificates from files count as installed ones, for this run. Raises StoreError, ConfigError.
    """
    store = MemoryStore()
    directories: tuple[Directory, ...] = ()
    others: tuple[Directory, ...] = ()
    chosen = Account(address=draft.sender)
    if not isolated:
        session = world.session(account)
        store.copy_from(session.store, session.identities)
        directories, others = session.directories, session.other_directories
        chosen = replace(session.account, address=draft.sender)
    store.use(identities)
    store.pin(certificates, now=world.clock.now())
    trust, watch = build_trust(
        store=store,
        system=NoAnchors() if isolated else world.anchors(),
        clock=world.clock,
        extra_anchors=(),
        crls=(),
        identities=store,
        revocation=None if isolated else world.revocation(),
        mode=RevocationMode.SOFT if isolated else RevocationMode(world.settings().revocation),
    )
    engine = build_engine(
        account=chosen,
        store=store,
        identities=store,
        directories=directories,
        other_directories=others,
        trust=trust,
        revocation=watch,
        mailbox=None,
        transport=None,
        clock=world.clock,
    )
    return Workshop(account=chosen, composer=engine.composer)


def write_envelopes(envelopes: Sequence[SealedMessage], folder: Path) -> tuple[Path, ...]:
    """Write each envelope into `folder` and return the paths; no file is ever replaced. Raises OSError.

    The names hold no recipient: a file name may travel along, and a Bcc must not.
    """
    folder.mkdir(parents=True, exist_ok=True)
    run = secrets.token_hex(4)
    paths = [folder / f"{run}-{number}.eml" for number in range(1, len(envelopes) + 1)]
    for path, envelope in zip(paths, envelopes, strict=True):
        with path.open("xb") as file:
            file.write(envelope.data)
    return tuple(paths)
