"""Sealed messages on their way out: kept until it is settled what became of them, whatever happens to the program.

Before an envelope is handed over its attempt is written down, and after it how it ended. Who starts later reads there
what is still to be sent, and what may have left: that is never sent again by itself, but looked for in Sent.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from smimetui.model.address import Address
from smimetui.model.errors import (
    ConfigError,
    DecryptionError,
    FormatError,
    MailboxError,
    StoreError,
    UnsupportedError,
)
from smimetui.model.message import SealedMessage
from smimetui.services.account import Account
from smimetui.services.composer import Prepared
from smimetui.services.dispatch import SendReport, Step, dispatch
from smimetui.services.outbox_entry import Attempt, OutboxEntry, Standing
from smimetui.services.outbox_record import entry_record, journal_record, mail_record, read_entry, read_mail
from smimetui.services.own_records import OwnRecords
from smimetui.services.ports import Clock, Mailbox, Transport

_MAIL, _JOURNAL = ".mail", ".journal"
"""Beside an entry: the envelopes themselves, and what was tried."""
Forget = Callable[[OutboxEntry], None]
"""Removes the draft of a message that has left. Raises StoreError, MailboxError."""


class Outbox:
    """The outgoing messages of one account. Safe for several threads; each message is one window's at a time."""

    def __init__(  # noqa: PLR0913 - keyword-only collaborators
        self,
        *,
        account: Account,
        records: OwnRecords,
        transport: Transport | None,
        mailbox: Mailbox | None,
        clock: Clock,
        forget: Forget,
    ) -> None:
        self._account = account
        self._records = records
        self._shelf = records.shelf
        self._transport = transport
        self._mailbox = mailbox
        self._clock = clock
        self._forget = forget
        self._lock = threading.RLock()
        self._held: set[str] = set()
        self._sending: set[str] = set()

    def put(self, name: str, prepared: Prepared, *, uid: str = "") -> None:
        """Keep a message, to be sent by `send`; `name` is that of its draft on this machine.

        It is not there after an IdentityNotFoundError, for want of a certificate of one's own to seal it to, a
        StoreError or an UnsupportedError; it is, or may be, after a ConfigError.
        """
        own = self._records.own(prepared.draft.sender)
        entry = entry_record(prepared, account=self._account.address, uid=uid, at=self._clock.now())
        with self._lock:
            if not self._hold(name) or self._shelf.read(name) is not None:
                raise ConfigError("the message is in the outbox already")
            # The entry comes last: without it the rest is nothing, and the draft is still there.
            try:
                self._records.write(name + _MAIL, mail_record(prepared), own)
                self._records.write(name, entry, own)
            except StoreError as error:
                self._withdraw(name, error)
                raise

    def entries(self) -> tuple[OutboxEntry, ...]:
        """Return what is this window's, oldest first; what no other window holds becomes this one's. Raises StoreError.

        What own keys do not open is left where it is.
        """
        with self._lock:
            self._clear_orphans()
            found = []
            for name in self._names():
                if not self._hold(name):
                    continue
                entry = self._entry_or_none(name)
                if entry is not None and entry.account == self._account.address:
                    found.append(entry)
                else:
                    self._let_go(name)
            return tuple(found)

    def standing(self, entry: OutboxEntry) -> Standing:
        """Return where a message stands now."""
        return Standing.SENDING if entry.name in self._sending else entry.standing

    def others(self) -> tuple[Address, ...]:
        """Return the other accounts that have messages here, which no window holds. Raises StoreError."""
        with self._lock:
            found = []
            for name in self._names():
                if name in self._held or not self._shelf.claim(name):
                    continue
                entry = self._entry_or_none(name)
                self._shelf.release(name)
                if entry is not None:
                    found.append(entry.account)
            return tuple(dict.fromkeys(address for address in found if address != self._account.address))

    def send(self, name: str, *, on_progress: Callable[[str], None] | None = None) -> SendReport:
        """Send what has not left, each envelope once; what is complete leaves the outbox, and its draft goes.

        What may have left is looked for first, and while that is not settled nothing is sent. Raises TransportError and
        StoreError when nothing left by this call, ConfigError, MailboxError, and what `entries` passes over.
        """
        transport = self._transport
        if transport is None:
            raise ConfigError("this account has no way to send", "a Maildir is only read; an Exchange account sends")
        with self._at_work(name):
            entry = self._settled(self._entry(name))
            envelopes = self._envelopes(entry)
            if entry.uncertain:
                return _unsettled(entry, envelopes)
            if entry.left:
                transport.resume(entry.message_id, len(entry.left))
            report = dispatch(
                envelopes,
                transport=transport,
                mailbox=self._mailbox,
                on_progress=on_progress or _silent,
                hidden=entry.hidden,
                log=lambda step, envelope, why: self._log(entry, step, envelope, why),
                left=entry.left,
                filed=entry.filed,
            )
            report = replace(report, groups=entry.groups)
            return self._finished(entry, report) if report.complete else report

    def look(self, name: str) -> OutboxEntry | None:
        """Look into Sent for what may have left, and return how it stands; None once all has left and is done with.

        Raises MailboxError, StoreError.
        """
        with self._at_work(name):
            entry = self._settled(self._entry(name))
        if entry.standing is Standing.SENT:
            self.send(name)
            return None
        return entry

    @property
    def can_look(self) -> bool:
        """Whether Sent can tell what left."""
        return self._transport is not None and self._transport.sent_copies is not None

    def again(self, name: str) -> None:
        """Let `send` try once more what was refused or may have left: the person wants it. Raises StoreError."""
        with self._at_work(name):
            entry = self._entry(name)
            for number, step in enumerate(entry.steps):
                if step not in {None, Step.SENT}:
                    self._log(entry, Step.AGAIN, number, "")

    def take_back(self, name: str) -> OutboxEntry | None:
        """Take a message out, and return it; None where it is being sent or has gone: too late. Raises StoreError."""
        with self._lock:
            if name in self._sending or not self._hold(name):
                return None
            entry = self._entry_or_none(name)
            if entry is not None:
                self._remove(name)
            return entry

    def close(self) -> None:
        """Let other windows, or the next start, see to what waits."""
        with self._lock:
            for name in self._held - self._sending:
                self._let_go(name)

    @contextmanager
    def _at_work(self, name: str) -> Iterator[None]:
        with self._lock:
            if name in self._sending or not self._hold(name):
                raise StoreError("the message is being sent already", "another window may be at it")
            self._sending.add(name)
        try:
            yield
        finally:
            with self._lock:
                self._sending.discard(name)

    def _settled(self, entry: OutboxEntry) -> OutboxEntry:
        """Look for the envelopes that may have left: each leaves a copy with the message's Message-ID in Sent."""
        copies = self._transport.sent_copies if self._transport is not None else None
        if copies is None or not entry.uncertain:
            return entry
        arrived = max(0, copies.count(entry.message_id) - len(entry.left))
        for number in entry.uncertain[:arrived]:
            self._log(entry, Step.SENT, number, "")
        return self._entry(entry.name)

    def _finished(self, entry: OutboxEntry, report: SendReport) -> SendReport:
        """Remove the draft, then the message: the other way round a kill would bring the draft back to life."""
        try:
            self._forget(entry)
        except (MailboxError, StoreError) as error:
            report = replace(report, warnings=(*report.warnings, f"the draft is still in Drafts: {error.summary}"))
        self._remove(entry.name)
        return report

    def _hold(self, name: str) -> bool:
        if name not in self._held and self._shelf.claim(name):
            self._held.add(name)
        return name in self._held

    def _let_go(self, name: str) -> None:
        self._held.discard(name)
        self._shelf.release(name)

    def _remove(self, name: str) -> None:
        for part in (name, name + _MAIL, name + _JOURNAL):
            self._shelf.remove(part)
        with self._lock:
            self._let_go(name)

    def _withdraw(self, name: str, because: StoreError) -> None:
        try:
            self._remove(name)
        except StoreError:
            raise ConfigError(f"the message may be in the outbox: {because.summary}", "see the outbox") from because

    def _log(self, entry: OutboxEntry, step: Step, envelope: int, why: str) -> None:
        attempts = self._entry(entry.name).attempts
        attempt = Attempt(at=self._clock.now(), step=step, envelope=envelope, why=why)
        own = self._records.own(entry.sender)
        self._records.write(entry.name + _JOURNAL, journal_record((*attempts, attempt)), own)

    def _names(self) -> tuple[str, ...]:
        return tuple(name for name in self._shelf.names() if "." not in name)

    def _clear_orphans(self) -> None:
        """Remove what a kill left of a message that came in or went."""
        names = self._shelf.names()
        for name in names:
            owner, _, part = name.partition(".")
            if part and owner not in names and owner not in self._held and self._shelf.claim(owner):
                self._shelf.remove(name)
                self._shelf.release(owner)

    def _entry_or_none(self, name: str) -> OutboxEntry | None:
        try:
            return self._entry(name)
        except (FormatError, UnsupportedError, DecryptionError, ConfigError):
            return None

    def _entry(self, name: str) -> OutboxEntry:
        record = self._records.read(name)
        if record is None:
            raise ConfigError("the message is not in the outbox any more", "another window may have seen to it")
        return read_entry(name, record, self._records.read(name + _JOURNAL))

    def _envelopes(self, entry: OutboxEntry) -> tuple[SealedMessage, ...]:
        record = self._records.read(entry.name + _MAIL)
        if record is None:
            raise FormatError("the message in the outbox is damaged")
        return read_mail(entry, record)


def _unsettled(entry: OutboxEntry, envelopes: tuple[SealedMessage, ...]) -> SendReport:
    numbers = entry.uncertain
    rest = [number for number in range(len(envelopes)) if number not in entry.left and number not in numbers]
    return SendReport(
        sent=tuple(envelopes[number] for number in sorted(entry.left)),
        uncertain=tuple(envelopes[number] for number in numbers),
        unsent=tuple(address for number in rest for address in envelopes[number].recipients),
        groups=entry.groups,
    )


def _silent(_sentence: str) -> None:
    """Report progress to nobody."""
