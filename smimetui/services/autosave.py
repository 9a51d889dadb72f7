"""Drafts that are being written, kept on this machine every few seconds: what a kill leaves is there at the next start.

Each window has a draft of its own, which it holds as long as it lives; one that nobody holds was left behind. A draft's
files lie apart from its text: they are large and change seldom.
"""

import hashlib
import secrets
import threading
from collections.abc import Sequence
from dataclasses import field
from datetime import datetime
from typing import Any

from smimetui.model.address import Address
from smimetui.model.certificate import Certificate
from smimetui.model.errors import AddressError, DecryptionError, FormatError, UnsupportedError
from smimetui.model.message import Attachment, Draft, Protection
from smimetui.model.value import dataclass
from smimetui.services.own_records import OwnRecords
from smimetui.services.ports import Clock, Shelf
from smimetui.smime.draft_message import KeptDraft, address_of, facts_of, kept_draft
from smimetui.smime.sealed_record import Record

_DAMAGED = "the draft is damaged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What is on a composer's screen."""

    draft: Draft = field(repr=False)
    protection: Protection
    uid: str = ""
    """The version in the mailbox's Drafts that it continues; empty for none."""
    pending: tuple[str, ...] = ()
    """What was typed into To, Cc and Bcc and is no recipient yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftDraft:
    """A draft that a window left behind."""

    name: str
    subject: str
    recipients: tuple[Address, ...]
    saved_at: datetime


class Autosave:
    """The drafts of this machine, of all accounts. Safe for several threads.

    `outgoing` is where messages wait to be sent, under the names of their drafts.
    """

    def __init__(self, *, records: OwnRecords, outgoing: Shelf, clock: Clock) -> None:
        self._records = records
        self._shelf = records.shelf
        self._outgoing = outgoing
        self._clock = clock

    def begin(self) -> "OpenDraft":
        """Return a new draft, held; nothing is kept before it is saved. Raises StoreError."""
        name = secrets.token_hex(8)
        self._shelf.claim(name)
        return OpenDraft(self, name)

    def left(self) -> tuple[LeftDraft, ...]:
        """Return the drafts that windows left behind, newest first; those that own keys do not open are not told of.

        A draft whose message waits to be sent is none of them. Raises StoreError.
        """
        names, waiting = self._shelf.names(), set(self._outgoing.names())
        found = []
        for name in names:
            owner, _, of_files = name.partition(".")
            if owner in waiting or not self._shelf.claim(owner):
                continue
            try:
                if not of_files:
                    found.append(self._left(name))
                elif owner not in names:
                    # A kill came between the files and the text, or between the removal of the two.
                    self._shelf.remove(name)
            except (FormatError, UnsupportedError, DecryptionError):
                continue
            finally:
                self._shelf.release(owner)
        return tuple(sorted(found, key=lambda draft: draft.saved_at, reverse=True))

    def take(self, name: str) -> "tuple[OpenDraft, Written] | None":
        """Hold a draft and return it as it was; None where it is gone, or another window has it.

        Raises StoreError, FormatError, UnsupportedError, DecryptionError.
        """
        if not self._shelf.claim(name):
            return None
        written = None
        try:
            written = self.read(name)
        finally:
            if written is None:
                self._shelf.release(name)
        return None if written is None else (OpenDraft(self, name, written), written)

    def read(self, name: str) -> Written | None:
        """Return a draft as it was saved, whoever holds it; None where it is gone. Raises as `take` does."""
        record = self._records.read(name)
        if record is None:
            return None
        facts = record.facts
        try:
            files = self._records.read(facts["files"]) if facts["files"] else Record(facts=None)
            if files is None:
                raise FormatError(_DAMAGED)
            kept = kept_draft(facts["draft"], files.contents)
            pending = tuple(map(str, facts["pending"]))
            return Written(draft=kept.draft, protection=kept.protection, uid=str(facts["uid"]), pending=pending)
        except (KeyError, TypeError) as error:
            raise FormatError(_DAMAGED) from error

    def own(self, sender: Address) -> Certificate:
        """Return the certificate to seal a draft to. Raises IdentityNotFoundError without one, StoreError."""
        return self._records.own(sender)

    def save(self, name: str, written: Written, kept_files: str, own: Certificate) -> str:
        """Keep a draft and return the name of its files, which is `kept_files` while they are the same.

        Raises StoreError, UnsupportedError.
        """
        draft = written.draft
        files = _files_name(name, draft.attachments)
        if files and files != kept_files:
            contents = tuple(file.content for file in draft.attachments)
            self._records.write(files, Record(facts=None, contents=contents), own)
        facts = {
            "draft": facts_of(KeptDraft(draft=draft, protection=written.protection, version=name)),
            "uid": written.uid,
            "pending": written.pending,
            "files": files,
            "at": self._clock.now().isoformat(),
        }
        self._records.write(name, Record(facts=facts), own)
        if kept_files not in {files, ""}:
            self._shelf.remove(kept_files)
        return files

    def discard(self, name: str) -> None:
        """Remove a draft for good, the text first, and hold it no more. Raises StoreError."""
        self._shelf.remove(name)
        for other in self._shelf.names():
            if other.startswith(f"{name}."):
                self._shelf.remove(other)
        self._shelf.release(name)

    def release(self, name: str) -> None:
        """Hold a draft no more."""
        self._shelf.release(name)

    def hold(self, account: Address, uid: str) -> bool:
        """Hold a draft of the mailbox while it is open; False if another window has it open. Raises StoreError."""
        return self._shelf.claim(_held_name(account, uid))

    def let_go(self, account: Address, uid: str) -> None:
        """Hold a draft of the mailbox no more."""
        self._shelf.release(_held_name(account, uid))

    def _left(self, name: str) -> LeftDraft:
        record = self._records.read(name)
        if record is None:
            raise FormatError(_DAMAGED)
        try:
            draft: Any = record.facts["draft"]
            people = [address_of(found) for field in ("to", "cc", "bcc") for found in draft[field]]
            return LeftDraft(
                name=name,
                subject=str(draft["subject"]),
                recipients=tuple(dict.fromkeys(people)),
                saved_at=datetime.fromisoformat(record.facts["at"]),
            )
        except (KeyError, TypeError, ValueError, AddressError) as error:
            raise FormatError(_DAMAGED) from error


class OpenDraft:
    """A window's own draft. Safe for several threads: what comes after `leave` or `forget` is not kept."""

    def __init__(self, autosave: Autosave, name: str, saved: Written | None = None) -> None:
        self.name = name
        self._autosave = autosave
        self._saved = saved
        self._files = _files_name(name, saved.draft.attachments) if saved else ""
        self._own: tuple[Address, Certificate] | None = None
        self._is_open = True
        self._lock = threading.Lock()

    @property
    def is_kept(self) -> bool:
        """Something of it is on the disk."""
        return self._saved is not None

    def save(self, written: Written) -> bool:
        """Keep what is on the screen, unless it is kept already; return whether it is kept now.

        Raises IdentityNotFoundError without a certificate to encrypt to, StoreError, UnsupportedError.
        """
        with self._lock:
            if self._is_open and written != self._saved:
                sender = written.draft.sender
                if self._own is None or self._own[0] != sender:
                    # Asked once: a store that locks itself meanwhile must not ask for its passphrase in mid letter.
                    self._own = sender, self._autosave.own(sender)
                self._files = self._autosave.save(self.name, written, self._files, self._own[1])
                self._saved = written
            return self._is_open

    def leave(self) -> None:
        """Let it lie there for another window, or for the message that is made of it."""
        with self._lock:
            self._is_open = False
            self._autosave.release(self.name)

    def forget(self) -> None:
        """Remove it for good. Raises StoreError; then it is still held."""
        with self._lock:
            self._is_open = False
            self._autosave.discard(self.name)


def _files_name(name: str, files: Sequence[Attachment]) -> str:
    if not files:
        return ""
    digest = hashlib.sha256(b"".join(hashlib.sha256(file.content).digest() for file in files)).hexdigest()
    return f"{name}.{digest[:16]}"


def _held_name(account: Address, uid: str) -> str:
    return f"open-{hashlib.sha256(f'{account.spec} {uid}'.encode()).hexdigest()[:32]}"
