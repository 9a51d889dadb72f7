"""What is on its way out: a countdown in which it can be taken back, then the sending, then what became of it.

The outbox on the disk is what counts; here is only when each of its messages is next seen to.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from textual.widgets import Input, TextArea

from smimetui.model.display import as_sentence, file_size, printable_line
from smimetui.model.errors import AuthenticationFailedError, MailboxError, SmimetuiError
from smimetui.model.value import dataclass
from smimetui.model.wording import cipher_name
from smimetui.ui.widgets.bars import OutgoingLine

if TYPE_CHECKING:
    from textual.screen import Screen
    from textual.timer import Timer

    from smimetui.model.address import Address
    from smimetui.services.composer import Prepared
    from smimetui.services.dispatch import SendReport
    from smimetui.services.outbox_entry import OutboxEntry, Standing
    from smimetui.services.session import Session
    from smimetui.ui.app import SmimetuiApp

    End = SendReport | SmimetuiError
    """What became of an attempt to send."""

_TICK = 0.5
"""Seconds between two looks at what is due."""
_RETRY = (30.0, 60.0, 120.0, 300.0)
"""Seconds between attempts while the server does not answer."""
_LARGE = 1_000_000
"""Octets from which on the size of what is sent is worth a word."""
_LONG = 2.0
"""Seconds from which on it is worth a word how long it takes."""
_WAITS = ("uncertain", "not sent", "waiting")
"""The standings that a list tells of."""
_UNCERTAIN = "It is uncertain whether the message left: see the outbox."


@dataclass(slots=True, kw_only=True, eq=False)
class Departure:
    """A message that is being seen to here."""

    name: str
    """Its name in the outbox; empty where it cannot be kept there, for want of a certificate to seal it to."""
    account: str
    recipients: Sequence[Address]
    encrypted: bool
    size: int = 0
    """Octets, as far as they are known."""
    prepared: Prepared | None = None
    """The message itself where it is not in the outbox."""
    end: asyncio.Future[End | None] | None = None
    """Where a composer waits for what becomes of it; None means that it was taken back."""
    due: float = 0.0
    """When it is sent, or when that began, on `Outgoing.now`."""
    sending: bool = False
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A message in the outbox of an account."""

    session: Session
    entry: OutboxEntry
    standing: Standing


class Outgoing:
    """The app's departures, the newest last."""

    def __init__(self, app: SmimetuiApp) -> None:
        self._app = app
        self._departures: list[Departure] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._ticking: Timer | None = None
        self._hurried = False
        self.stranded = False
        """A message that could not be kept in the outbox has not left: a composer has it, and nothing else."""
        self._said: list[str] = []
        """What became of messages while the program was being left."""
        self._standings: dict[str, Standing] = {}
        self._others: tuple[str, ...] = ()
        """Accounts whose messages are, or were, in the outbox, beside the default one's."""
        self.now: Callable[[], float] = time.monotonic
        """The clock of the countdowns, in seconds."""
        self.left = 0
        """Drafts that windows left behind."""

    @property
    def line(self) -> str:
        """What stands above the status line; empty for nothing."""
        if (counting := self.counting) is not None:
            return f"Sending in {max(1, math.ceil(counting.due - self.now()))} s\tu Undo"
        sending = next((found for found in self._departures if found.sending), None)
        return "" if sending is None else sending_word(sending.size, self.now() - sending.due)

    @property
    def counting(self) -> Departure | None:
        """The newest message that can be taken back."""
        return next((found for found in reversed(self._departures) if not found.sending and not found.tries), None)

    @property
    def leaving(self) -> tuple[Departure, ...]:
        """What is about to leave or leaving, and not waiting for a server."""
        return tuple(found for found in self._departures if found.sending or not found.tries)

    @property
    def waits(self) -> bool:
        """Something is in the outbox, as far as was read."""
        return bool(self._standings)

    def quiet_words(self) -> list[str]:
        """Return what a list says beside its number of messages: what waits for the person or for the server."""
        busy = {found.name for found in self.leaving}
        waits = [standing.value for name, standing in self._standings.items() if name not in busy]
        words = [f"{waits.count(word)} {word}" for word in _WAITS if word in waits]
        return [*words, *([f"{self.left} recovered"] if self.left else [])]

    async def resume(self, session: Session) -> None:
        """See to what an earlier run left in the outbox: send what never left, settle what may have."""
        from smimetui.services.outbox_entry import Standing

        with suppress(SmimetuiError):
            others = await self._app.lanes.crypto.call(session.outbox.others)
            self._others = tuple(address.spec for address in others)
            for waiting in await self.look():
                if waiting.standing is not Standing.REFUSED:
                    self.depart(departure_of(waiting.entry), at_once=bool(waiting.entry.attempts))

    async def look(self) -> list[Waiting]:
        """Read the outbox, and how many drafts were left behind, for `quiet_words`. Raises SmimetuiError."""
        sessions = [await self._app.session()]
        for account in self._others:
            with suppress(SmimetuiError):
                sessions.append(await self._app.session(account))

        def look() -> tuple[list[Waiting], int]:
            found = [
                Waiting(session=session, entry=entry, standing=session.outbox.standing(entry))
                for session in dict.fromkeys(sessions)
                for entry in session.outbox.entries()
            ]
            return found, len(sessions[0].autosave.left())

        found, self.left = await self._app.lanes.crypto.call(look)
        self._standings = {waiting.entry.name: waiting.standing for waiting in found}
        return found

    def depart(self, departure: Departure, *, at_once: bool = False) -> None:
        """Count down, then send; one that is being sent already is left alone."""
        found = self._of(departure.name) or departure
        if found.sending:
            return
        if found is departure:
            self._departures.append(departure)
            self._others = tuple(dict.fromkeys((*self._others, departure.account)))
        found.due = self.now() + (0 if at_once else self._app.preferences.undo_send)
        if self._ticking is None:
            self._ticking = self._app.set_interval(_TICK, self.tick)
        self.tick()

    async def seen_off(self, departure: Departure) -> End | None:
        """Count down and send, and return what became of it; None when it was taken back."""
        self.stranded = False
        departure.end = asyncio.get_running_loop().create_future()
        self.depart(departure)
        return await departure.end

    def undo(self) -> bool:
        """Take back the newest message that has not left; return whether there was one."""
        departure = self.counting
        if departure is None:
            return False
        self._let_go(departure)
        if departure.end is not None:
            _answer(departure.end, None)
        else:
            self._spawn(self._take_back(departure))
        return True

    def forget(self, name: str) -> None:
        """See to a message no more: the person takes it out of the outbox."""
        found = self._of(name)
        if found is not None and not found.sending:
            self._let_go(found)

    def retry(self) -> None:
        """Wait no longer: the server may take what it did not take before."""
        for departure in self._departures:
            if departure.tries and not departure.sending:
                departure.due = self.now()
        self.tick()

    async def hurry(self) -> None:
        """Wait for no countdown any more, and until all has been tried; `farewell` says what came of it."""
        self._hurried = True
        for departure in self.leaving:
            departure.due = departure.due if departure.sending else self.now()
        self.tick()
        while self._tasks:
            await asyncio.wait(self._tasks)
        self._hurried = False

    def farewell(self) -> str:
        """Return what to say of messages when the program ends: what came of them, or where they are; or nothing."""
        if self._said:
            return " ".join(self._said)
        if any(found.sending for found in self._departures):
            return "A message was being sent: the next start of smimetui looks whether it has left."
        if self._departures:
            return "A message waits in the outbox: it is sent when smimetui starts again."
        return ""

    def tick(self) -> None:
        """Send what is due, and paint."""
        now = self.now()
        for departure in self._departures:
            if not departure.sending and departure.due <= now and not (self._hurried and departure.tries):
                departure.sending, departure.due = True, now
                self._spawn(self._see_off(departure))
        if not self._departures and self._ticking is not None:
            self._ticking.stop()
            self._ticking = None
        self.paint()

    def paint(self) -> None:
        """Show on every screen what is about to leave."""
        for screen in self._app.screen_stack:
            for line in screen.query(OutgoingLine):
                line.say(self.line.replace("\tu ", "\t^P ") if types(screen) else self.line)

    async def tell(self, sentence: str = "", tone: str = "accent") -> None:
        """Read the outbox again, and say what became of a message."""
        with suppress(SmimetuiError):
            await self.look()
        self._app.outgoing_changed(sentence, tone)

    def _of(self, name: str) -> Departure | None:
        return next((found for found in self._departures if name and found.name == name), None)

    def _let_go(self, departure: Departure) -> None:
        self._departures.remove(departure)
        self.tick()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _see_off(self, departure: Departure) -> None:
        from smimetui.services.outbox_entry import Standing

        end = await self._sent(departure)
        if departure.end is not None and not (self._hurried and departure.name):
            self.stranded = not departure.name and (isinstance(end, SmimetuiError) or not end.complete)
            self._let_go(departure)
            _answer(departure.end, end)
            return
        with suppress(SmimetuiError):
            await self.look()
        waits, again = self._standings.get(departure.name) is Standing.WAITING, departure.tries > 0
        if waits:
            refused = isinstance(end, AuthenticationFailedError)
            departure.due = math.inf if refused else self.now() + _RETRY[min(departure.tries, len(_RETRY) - 1)]
            departure.tries, departure.sending = departure.tries + 1, False
            self.tick()
        else:
            self._let_go(departure)
        sentence, tone = told(end, departure, self._when(end) if waits else "")
        if self._hurried:
            self._said.append(sentence)
        self._app.outgoing_changed("" if waits and again else sentence, tone)

    def _when(self, end: End) -> str:
        if self._hurried:
            return "when smimetui starts again"
        return "once you are logged in" if isinstance(end, AuthenticationFailedError) else "when the server answers"

    async def _sent(self, departure: Departure) -> End:
        from smimetui.services.dispatch import SendReport

        prepared = departure.prepared
        try:
            session = await self._app.session(departure.account)
            return await self._app.lanes.sending.call(
                lambda: session.outbox.send(departure.name) if prepared is None else session.composer.deliver(prepared)
            )
        except SmimetuiError as error:
            return error
        except Exception as error:  # noqa: BLE001 - a mistake of the program; without an end, whoever waits would for good
            stopped = f"A mistake in smimetui stopped this ({type(error).__name__})."
            if prepared is None:
                return MailboxError(stopped)
            return SendReport(uncertain=prepared.envelopes, warnings=(stopped,))

    async def _take_back(self, departure: Departure) -> None:
        from smimetui.ui.screens.compose import ComposeScreen

        try:
            session = await self._app.session(departure.account)
            taken = await self._app.lanes.crypto.call(lambda: session.keeping.take_back(departure.name))
        except SmimetuiError as error:
            await self.tell(str(error), "error")
            return
        if taken is None:
            await self.tell("It is too late to undo: the message is on its way.", "warning")
        else:
            self._app.reopen(ComposeScreen.resumed(*taken))


def _answer(end: asyncio.Future[End | None], what: End | None) -> None:
    if not end.done():  # cancelled, where the program is being left
        end.set_result(what)


def types(screen: Screen[object]) -> bool:
    """Return whether a letter is typed there, and is no key."""
    return isinstance(screen.focused, Input | TextArea)


def departure_of(entry: OutboxEntry) -> Departure:
    """Return the departure of a message in the outbox."""
    return Departure(
        name=entry.name, account=entry.account.spec, recipients=entry.recipients, encrypted=entry.encrypted
    )


def sending_word(size: int, seconds: float) -> str:
    """Return what is said while a message is being handed over."""
    large = f" {file_size(size)}" if size > _LARGE else ""
    return f"Sending{large}…{f' {int(seconds)} s' if seconds > _LONG else ''}"


def told(end: End, departure: Departure, again: str = "") -> tuple[str, str]:
    """Return what became of a message as a sentence, and its tone; what is not complete is in the outbox.

    `again` says when it is sent by itself, if it is.
    """
    match end:
        case MailboxError():
            return _UNCERTAIN, "warning"  # what may have left could not be looked for
        case SmimetuiError() if again:
            return f"Not sent yet: {printable_line(end.summary)}. It is sent {again}.", "error"
        case SmimetuiError():
            return f"Not sent: {printable_line(str(end))}. It is in the outbox.", "error"
        case _ if end.complete:
            return sent_sentence(end, departure.recipients, encrypted=departure.encrypted), "accent"
        case _ if end.uncertain:
            return _UNCERTAIN, "warning"
        case _:
            return f"{' '.join(map(as_sentence, end.warnings))} See the outbox.", "error"


def sent_sentence(report: SendReport, recipients: Sequence[Address], *, encrypted: bool) -> str:
    """Return the sentence about a message that has left for everybody."""
    people = ", ".join(printable_line(address.label) for address in recipients)
    ciphers = dict.fromkeys(cipher_name(sealed.cipher) for sealed in report.sent if sealed.cipher)
    cipher = f" ({', '.join(ciphers)})" if ciphers else ""
    how = "Sent, encrypted, to" if encrypted else "Sent to"
    return f"{how} {people}{cipher}. {' '.join(report.warnings)}".strip()
