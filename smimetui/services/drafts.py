"""Drafts in the mailbox's Drafts folder, encrypted to their writer: they survive this program and this machine.

A draft that is saved again becomes a new message; the earlier one is deleted once the new one is there, so that at no
moment there is none.
"""

import secrets
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from smimetui.model.address import Address, ascii_domain
from smimetui.model.certificate import Purpose
from smimetui.model.errors import (
    ConfigError,
    DecryptionError,
    FormatError,
    IdentityNotFoundError,
    MailboxError,
    UnsupportedError,
)
from smimetui.model.message import Draft, Protection
from smimetui.model.value import dataclass
from smimetui.services.account import Account
from smimetui.services.own_keys import own_identity
from smimetui.services.parallel import gather
from smimetui.services.ports import Clock, IdentityStore, Mailbox
from smimetui.services.revocation import Revocation
from smimetui.smime.identity import Identity

if TYPE_CHECKING:
    from smimetui.smime.draft_message import KeptDraft

DRAFTS_FOLDER = "Drafts"
_MOST_LISTED = 200
"""Messages of the folder that are looked into, the newest: each is fetched and opened once."""
_MOST_REPLACED = 20
_IN_MEMORY = "the draft is kept in memory only: "


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRow:
    """A draft in a list."""

    uid: str
    """Its name until it is saved again."""
    subject: str
    recipients: tuple[Address, ...]
    saved_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedDraft:
    """A draft to be written on, and how its lock and its signature were set."""

    uid: str
    draft: Draft
    protection: Protection


@dataclass(frozen=True, slots=True, kw_only=True)
class _Version:
    """What is remembered of a message in the folder: no text, no files."""

    version: str
    replaces: tuple[str, ...]
    """Those of the earlier versions that may still be there."""
    subject: str
    recipients: tuple[Address, ...]


class Drafts:
    """The drafts of one account. Safe to use from several threads."""

    def __init__(
        self,
        *,
        account: Account,
        identities: IdentityStore,
        mailbox: Mailbox | None,
        clock: Clock,
        revocation: Revocation | None = None,
    ) -> None:
        self._account = account
        self._identities = identities
        self._mailbox = mailbox
        self._clock = clock
        self._revocation = revocation
        self._lock = threading.RLock()
        self._known: dict[str, _Version | None] = {}
        """Uid to version; None for a message that is no draft of ours."""

    def adopt(self, account: Account) -> None:
        """Take changed defaults of the account."""
        self._account = account

    def why_not(self) -> str:
        """Return why drafts of this account can be kept in memory only, as a sentence; empty when they can be saved."""
        try:
            self._place()
            self._own(self._account.address)
        except (ConfigError, IdentityNotFoundError) as error:
            return error.summary
        return ""

    def save(self, draft: Draft, protection: Protection, *, uid: str = "") -> str:
        """Keep a draft and return its uid; `uid` names the version it replaces, from `save`, `open` or `list`.

        Where this raises, the earlier version is as it was: ConfigError without a mailbox, IdentityNotFoundError
        without a certificate to encrypt to, MailboxError, SealMismatchError.
        """
        with self._lock:
            mailbox, own = self._place(), self._own(draft.sender)
            earlier = self._known.get(uid)
            replaces = (*earlier.replaces, earlier.version)[-_MOST_REPLACED:] if earlier is not None else ()
            kept = _Version(
                version=secrets.token_hex(16), replaces=replaces, subject=draft.subject, recipients=draft.recipients
            )
            new = mailbox.append(DRAFTS_FOLDER, self._sealed(draft, protection, own, kept))
            gone: set[str] = set()
            for name in dict.fromkeys((*self._uids(replaces), *([uid] if uid else []))):
                # What cannot be deleted now is hidden by the new version, and deleted with a later one.
                with suppress(MailboxError):
                    gone |= self._discard(mailbox, name)
            self._known[new] = replace(kept, replaces=tuple(found for found in replaces if found not in gone))
            return new

    def list(self) -> tuple[DraftRow, ...]:
        """Return the drafts, newest first, each in its latest version; others' messages in the folder are left out.

        Raises ConfigError without a mailbox, MailboxError.
        """
        with self._lock:
            mailbox = self._place()
            rows = mailbox.page(DRAFTS_FOLDER, offset=0, limit=_MOST_LISTED).rows
            self._look_into(mailbox, [row.uid for row in rows if row.uid not in self._known])
            versions = [(row, version) for row in rows if (version := self._known.get(row.uid)) is not None]
            replaced = {found for _, version in versions for found in version.replaces}
            return tuple(
                DraftRow(uid=row.uid, subject=version.subject, recipients=version.recipients, saved_at=row.date)
                for row, version in versions
                if version.version not in replaced
            )

    def open(self, uid: str) -> OpenedDraft:
        """Return a draft as it was saved.

        Raises ConfigError without a mailbox, MailboxError, FormatError for a message that is no draft of this program,
        UnsupportedError, DecryptionError where no own key opens it.
        """
        with self._lock:
            kept = self._fetched(self._place(), uid, self._identities.identities())
            self._known[uid] = _version(kept)
            return OpenedDraft(uid=uid, draft=kept.draft, protection=kept.protection)

    def delete(self, uid: str) -> None:
        """Delete a draft for good, what is left of its earlier versions first; does nothing if it is not there.

        Raises ConfigError without a mailbox, MailboxError.
        """
        with self._lock:
            mailbox = self._place()
            version = self._known.get(uid)
            if version is not None and version.replaces:
                # One that was left by a kill would come back to life.
                self.list()
                for name in self._uids(version.replaces):
                    self._discard(mailbox, name)
            self._discard(mailbox, uid)

    def _place(self) -> Mailbox:
        if self._mailbox is None:
            raise ConfigError(f"{_IN_MEMORY}this account has no mailbox", "set one up with `smimetui account add`")
        return self._mailbox

    def _own(self, sender: Address) -> Identity:
        try:
            return own_identity(
                self._identities.identities(),
                purpose=Purpose.ENCRYPT,
                address=sender,
                at=self._clock.now(),
                chosen=self._account.chosen_for(sender, Purpose.ENCRYPT),
                revocation=self._revocation,
            )
        except IdentityNotFoundError as error:
            raise IdentityNotFoundError(_IN_MEMORY + error.summary, error.hint) from error

    def _sealed(self, draft: Draft, protection: Protection, own: Identity, version: _Version) -> bytes:
        """Return the message, opened again and compared: only then may it replace an earlier one."""
        from smimetui.services.self_check import SealMismatchError
        from smimetui.smime.draft_message import KeptDraft, open_draft, seal_draft

        kept = KeptDraft(draft=draft, protection=protection, version=version.version, replaces=version.replaces)
        data = seal_draft(
            kept,
            certificate=own.certificate,
            message_id=f"<{kept.version}@{ascii_domain(draft.sender.domain)}>",
            date=self._clock.now(),
        )
        if open_draft(data, [own]) != kept:
            raise SealMismatchError("the draft does not read back as it was written", "its earlier version is kept")
        return data

    def _look_into(self, mailbox: Mailbox, uids: Sequence[str]) -> None:
        identities = self._identities.identities()
        answers = gather([partial(self._fetched, mailbox, uid, identities) for uid in uids])
        for uid, answer in zip(uids, answers, strict=True):
            match answer:
                case FormatError() | UnsupportedError():
                    self._known[uid] = None
                case MailboxError() | DecryptionError():
                    # Gone, or for a key that may be imported later: looked into again next time.
                    continue
                case Exception():
                    raise answer
                case _:
                    self._known[uid] = _version(answer)

    @staticmethod
    def _fetched(mailbox: Mailbox, uid: str, identities: Sequence[Identity]) -> "KeptDraft":
        from smimetui.smime.draft_message import open_draft

        return open_draft(mailbox.fetch(DRAFTS_FOLDER, uid), identities)

    def _uids(self, versions: Sequence[str]) -> tuple[str, ...]:
        """Return where versions are known to be."""
        return tuple(uid for uid, version in self._known.items() if version is not None and version.version in versions)

    def _discard(self, mailbox: Mailbox, uid: str) -> set[str]:
        """Delete a message, and return the version that is gone with it, if it was known."""
        mailbox.delete(DRAFTS_FOLDER, uid)
        version = self._known.pop(uid, None)
        return set() if version is None else {version.version}


def _version(kept: "KeptDraft") -> _Version:
    return _Version(
        version=kept.version,
        replaces=kept.replaces,
        subject=kept.draft.subject,
        recipients=kept.draft.recipients,
    )
