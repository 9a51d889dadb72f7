"""From a draft to what leaves: the only maker of SealedMessage, and so the only way out.

A message that is wanted encrypted is encrypted for every recipient and the sender, or nothing is made at all.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from smimetui.model.address import Address, ascii_domain
from smimetui.model.certificate import Certificate, Purpose
from smimetui.model.contact_group import is_group
from smimetui.model.errors import AddressError, ConfigError, IdentityNotFoundError, SmimetuiError
from smimetui.model.message import Cipher, Draft, OpenedMessage, Protection, SealedMessage
from smimetui.model.value import dataclass
from smimetui.model.verdict import Candidate, Resolution
from smimetui.model.wording import recipient_word
from smimetui.services.account import Account
from smimetui.services.contact_groups import OpenedDraft, open_groups
from smimetui.services.dispatch import SendReport, dispatch
from smimetui.services.own_keys import own_identity
from smimetui.services.parallel import gather
from smimetui.services.ports import Clock, IdentityStore, Mailbox, Transport
from smimetui.services.quote import attached_draft, forward_draft, reply_draft
from smimetui.services.reader import Reader
from smimetui.services.resolver import Resolver
from smimetui.services.revocation import Revocation
from smimetui.smime.capabilities import common_cipher
from smimetui.smime.identity import Identity

_ASK_SUBJECT = "Please send me a signed message"
_ASK_BODY = """\
I would like to write to you encrypted, and need your S/MIME certificate for it.

Please answer this message with a signed one: your certificate comes with the signature.
"""


class UnableToEncryptError(SmimetuiError):
    """Recipients that stop an encrypted message; `resolutions` holds one for each, with its reason."""

    def __init__(self, resolutions: Sequence[Resolution]) -> None:
        self.resolutions = tuple(resolutions)
        reasons = "; ".join(f"{recipient_word(found.address)}: {found.reason}" for found in self.resolutions)
        super().__init__(
            f"Unable to Encrypt: {reasons}", "remove them, ask them for a signed message, or open the lock"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A draft that is sealed and checked, and has not left."""

    draft: Draft
    protection: Protection
    envelopes: tuple[SealedMessage, ...]
    hidden: tuple[Address, ...]
    """Whom the copy in Sent names beside the header."""
    groups: Mapping[Address, tuple[Address, ...]]
    """Contact groups that the draft was for, with their people."""

    @property
    def size(self) -> int:
        """Octets of all envelopes together."""
        return sum(len(envelope.data) for envelope in self.envelopes)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """All that is decided before the first byte is made."""

    draft: Draft
    protection: Protection
    signer: Identity | None
    own: Certificate | None
    """The one to encrypt to oneself, and the one that answers are asked to be encrypted to."""
    people: OpenedDraft
    chosen: Mapping[Address, tuple[Candidate, ...]]
    """One for a person, one for each member of a list."""
    message_id: str
    date: datetime
    cipher: Cipher | None
    """None leaves it to what the recipients' programs read."""
    mine: frozenset[Certificate]
    """Own certificates, whose owner's program is this one."""

    def cipher_for(self, recipients: tuple[Address, ...]) -> Cipher:
        """Return the cipher of an envelope; that of the common one says nothing about who gets a hidden copy."""
        if self.cipher is not None:
            return self.cipher
        theirs = [found for address in recipients for found in self.chosen.get(address, ())]
        return common_cipher([found.capabilities for found in theirs if found.certificate not in self.mine])

    def certificates_for(self, recipients: tuple[Address, ...]) -> tuple[Certificate, ...]:
        """Return what an envelope is encrypted to, the own certificate included; nothing where it is to be plain."""
        if not self.protection.encrypt or self.own is None:
            return ()
        theirs = [found.certificate for address in recipients for found in self.chosen[address]]
        return tuple(dict.fromkeys([*theirs, self.own]))


class Composer:
    """Makes drafts, seals them and sends them for one account.

    A distribution list is one recipient, and its message is encrypted to each of its members.
    """

    def __init__(  # noqa: PLR0913 - keyword-only collaborators
        self,
        *,
        account: Account,
        identities: IdentityStore,
        resolver: Resolver,
        reader: Reader,
        transport: Transport | None,
        mailbox: Mailbox | None,
        clock: Clock,
        revocation: Revocation,
    ) -> None:
        self._account = account
        self._identities = identities
        self._resolver = resolver
        self._reader = reader
        self._transport = transport
        self._mailbox = mailbox
        self._clock = clock
        self._revocation = revocation

    def adopt(self, account: Account) -> None:
        """Take changed defaults of the account."""
        self._account = account

    def new(self, to: Sequence[Address] = (), subject: str = "", body: str = "") -> Draft:
        """Return a draft from this account."""
        return Draft(sender=self._account.address, to=tuple(to), subject=subject, body=body)

    def reply(self, opened: OpenedMessage, *, everyone: bool, own: Sequence[Address] = ()) -> Draft:
        """Return a reply that quotes the visible text; `everyone` adds the original's To and Cc.

        Oneself is excluded, and one's `own` other accounts are.
        """
        sender, now = self._account.address, self._clock.now()
        return reply_draft(opened, sender=sender, now=now, everyone=everyone, own=own)

    def forward(self, opened: OpenedMessage) -> Draft:
        """Return a forward of the visible text and files, to nobody yet."""
        return forward_draft(opened, sender=self._account.address, now=self._clock.now())

    def forward_attached(self, opened: OpenedMessage) -> Draft:
        """Return a forward that carries the message as it was received in a file, to nobody yet."""
        return attached_draft(opened, sender=self._account.address)

    def ask_for_signed(self, addresses: Sequence[Address]) -> Draft:
        """Return a draft, to leave unencrypted, that asks for a signed message.

        Several go into Bcc: who was to be written to in secret is nobody else's business.
        """
        people = tuple(dict.fromkeys(addresses))
        draft = self.new(subject=_ASK_SUBJECT, body=_ASK_BODY)
        return replace(draft, to=people) if len(people) == 1 else replace(draft, bcc=people)

    def wanted(self, original: OpenedMessage | None) -> bool:
        """Return where the lock starts: the account's default, or the state of the message answered or forwarded."""
        if not self.can_encrypt():
            return False
        return self._account.encrypt_by_default if original is None else original.encrypted

    def can_encrypt(self) -> bool:
        """Return whether there is an own certificate that sent mail can be encrypted to."""
        return self._has(Purpose.ENCRYPT)

    def can_sign(self) -> bool:
        """Return whether there is an own certificate that may sign for this account's address."""
        return self._has(Purpose.SIGN)

    def why_not(self, purpose: Purpose) -> str:
        """Return why no own certificate serves a purpose, as a sentence; empty where one does, or there is none at all.

        Who has no certificate has not been let down by one.
        """
        identities = self._identities.identities()
        try:
            self._own(purpose, self._account.address, self._clock.now())
        except IdentityNotFoundError as error:
            return error.summary if identities else ""
        return ""

    def can_send(self) -> bool:
        """Return whether this account has a way to send."""
        return self._transport is not None

    def seal(self, draft: Draft, protection: Protection, *, cipher: Cipher | None = None) -> tuple[SealedMessage, ...]:
        """Return the envelopes of a draft: one for To and Cc together, then one for each Bcc.

        Recipients are resolved anew. Each envelope has been opened again and compared with the draft. Raises
        AddressError without recipients, UnableToEncryptError naming each recipient that stops it, IdentityNotFoundError
        without a fit own certificate, SealMismatchError if the self-check fails.
        """
        return self._sealed(self._plan(draft, protection, cipher), _silent)

    def _sealed(self, plan: _Plan, tell: Callable[[str], None]) -> tuple[SealedMessage, ...]:
        people = plan.people
        envelopes = [*([people.visible] if people.visible else []), *((address,) for address in people.hidden)]
        if plan.protection.encrypt:
            sealed = []
            for number, recipients in enumerate(envelopes, start=1):
                if number > 1:
                    tell(f"Sealing {number} of {len(envelopes)}…")
                sealed.append(self._envelope(plan, recipients))
            return tuple(sealed)
        # Without encryption the envelopes are the same bytes, signed once.
        first = self._envelope(plan, envelopes[0])
        return (first, *(replace(first, recipients=recipients) for recipients in envelopes[1:]))

    def send(
        self, draft: Draft, protection: Protection, *, on_progress: Callable[[str], None] | None = None
    ) -> SendReport:
        """Seal and send a draft, each envelope once, and file the common one in Sent, with the names of the hidden.

        Raises what `seal` raises, and TransportError when nothing left. `on_progress` gets sentences to show.
        """
        prepared = self.prepare(draft, protection, on_progress=on_progress)
        return self.deliver(prepared, on_progress=on_progress)

    def deliver(self, prepared: Prepared, *, on_progress: Callable[[str], None] | None = None) -> SendReport:
        """Send what `prepare` made, each envelope once, and keep no journal. Raises TransportError, ConfigError."""
        report = dispatch(
            prepared.envelopes,
            transport=self._way(),
            mailbox=self._mailbox,
            on_progress=on_progress or _silent,
            hidden=prepared.hidden,
        )
        return replace(report, groups=prepared.groups)

    def prepare(
        self, draft: Draft, protection: Protection, *, on_progress: Callable[[str], None] | None = None
    ) -> Prepared:
        """Seal a draft and check what came of it; nothing leaves. Raises what `seal` raises, ConfigError."""
        self._way()
        tell = on_progress or _silent
        tell("Checking the recipients and sealing…" if protection.encrypt else "Preparing the message…")
        plan = self._plan(draft, protection, None)
        return Prepared(
            draft=draft,
            protection=protection,
            envelopes=self._sealed(plan, tell),
            hidden=plan.people.hidden,
            groups=plan.people.groups,
        )

    def _way(self) -> Transport:
        if self._transport is None:
            raise ConfigError("this account has no way to send", "a Maildir is only read; an Exchange account sends")
        return self._transport

    def _has(self, purpose: Purpose) -> bool:
        return self._available(purpose, self._account.address, self._clock.now()) is not None

    def _available(self, purpose: Purpose, address: Address, at: datetime) -> Identity | None:
        try:
            return self._own(purpose, address, at)
        except IdentityNotFoundError:
            return None

    def _own(self, purpose: Purpose, address: Address, at: datetime) -> Identity:
        own = own_identity(
            self._identities.identities(),
            purpose=purpose,
            address=address,
            at=at,
            chosen=self._account.chosen_for(address, purpose),
            revocation=self._revocation,
        )
        self._revocation.want(own.certificate, purpose=purpose, extra=own.chain)
        return own

    def _plan(self, draft: Draft, protection: Protection, cipher: Cipher | None) -> _Plan:
        if not draft.recipients:
            raise AddressError("the message has no recipient", "fill in To, Cc or Bcc")
        now = self._clock.now()
        signer = self._own(Purpose.SIGN, draft.sender, now) if protection.sign else None
        find = self._own if protection.encrypt else self._available
        own = find(Purpose.ENCRYPT, draft.sender, now)
        people = self._people(draft, protection)
        return _Plan(
            # The draft that is sealed knows no Bcc, so that no header and no RecipientInfo can name one.
            draft=replace(people.draft, bcc=()),
            people=people,
            protection=protection,
            signer=signer,
            own=own.certificate if own else None,
            chosen=people.chosen if protection.encrypt else {},
            message_id=f"<{secrets.token_hex(16)}@{ascii_domain(draft.sender.domain)}>",
            date=now,
            cipher=cipher or self._account.cipher,
            mine=frozenset(identity.certificate for identity in self._identities.identities()),
        )

    def _people(self, draft: Draft, protection: Protection) -> OpenedDraft:
        """Return whom the draft is for, resolved now: everybody to be encrypted to, or else the contact groups.

        Raises UnableToEncryptError, and AddressError for a group that cannot be opened.
        """
        if not protection.encrypt:
            return open_groups(draft, self._resolutions([found for found in draft.recipients if is_group(found)]))
        resolutions = self._resolutions(draft.recipients)
        if self._revocation.refresh_pending():
            resolutions = self._resolutions(draft.recipients)
        stopping = [found for found in resolutions if not found.choices]
        if stopping:
            raise UnableToEncryptError(stopping)
        return open_groups(draft, resolutions)

    def _resolutions(self, recipients: Sequence[Address]) -> list[Resolution]:
        resolutions = []
        for found in gather([partial(self._resolved, address) for address in recipients]):
            if isinstance(found, Exception):
                raise found
            resolutions.append(found)
        return resolutions

    def _resolved(self, address: Address) -> Resolution:
        # An installed certificate wins over any directory's, so a directory that is down need not delay sending.
        return self._resolver.installed(address) or self._resolver.resolve_to_send(address)

    def _envelope(self, plan: _Plan, recipients: tuple[Address, ...]) -> SealedMessage:
        from smimetui.services.self_check import Expectation, check_envelope
        from smimetui.smime.seal import read_back, seal

        certificates = plan.certificates_for(recipients)
        data = seal(
            plan.draft,
            protection=plan.protection,
            identity=plan.signer,
            recipients=certificates,
            message_id=plan.message_id,
            date=plan.date,
            cipher=plan.cipher_for(recipients),
            encryption_certificate=None if plan.signer and plan.signer.certificate == plan.own else plan.own,
        )
        expected = Expectation(
            draft=plan.draft,
            protection=plan.protection,
            signer=plan.signer.certificate if plan.signer else None,
            recipients=certificates,
            outsiders=tuple(found.certificate for choices in plan.chosen.values() for found in choices),
        )
        opened, found = check_envelope(data, expected, self._reader)
        return SealedMessage(
            data=data,
            sender=plan.draft.sender,
            recipients=recipients,
            message_id=opened.headers.message_id,
            signed=opened.signature is not None,
            encrypted_to=found,
            cipher=read_back(data).cipher,
        )


def _silent(_sentence: str) -> None:
    """Report progress to nobody."""
