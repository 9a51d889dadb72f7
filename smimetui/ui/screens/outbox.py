"""The outbox: what waits there, what happened to it, and what can be done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from smimetui.model.display import printable_line
from smimetui.model.wording import when
from smimetui.services.dispatch import Step
from smimetui.services.outbox_entry import OutboxEntry, Standing
from smimetui.ui.outgoing import Waiting, departure_of
from smimetui.ui.screens.choice import Choice, ChoiceSheet
from smimetui.ui.screens.frame import Sheet
from smimetui.ui.widgets.rows import Cell, Rows

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from smimetui.services.session import Session

T = TypeVar("T")

_MOST = 12
_TONES = {Standing.UNCERTAIN: "warning", Standing.REFUSED: "error"}
_STEPS = {
    Step.TRYING: "handed over",
    Step.SENT: "sent",
    Step.UNCERTAIN: "uncertain",
    Step.REFUSED: "refused",
    Step.UNREACHED: "did not leave",
    Step.AGAIN: "to be sent again",
    Step.FILED: "filed in Sent",
}
_EDIT = Choice("Edit", "edit")
_DISCARD = Choice("Discard", "discard", danger=True)


class OutboxSheet(Sheet[None]):
    """A row a message, the oldest first; Enter says what can be done with it."""

    title_word = "Outbox"
    back_word = "Close"

    def content(self) -> ComposeResult:
        """Yield the list."""
        yield Rows[Waiting](self._cells, empty="Nothing waits.", id="rows")

    def on_mount(self) -> None:
        """Read the outbox."""
        rows = self.query_one(Rows)
        rows.styles.height = 1
        rows.focus()
        self.work(self._load, group="load", exclusive=True)

    def outgoing_changed(self, sentence: str, tone: str) -> None:
        """Read it again."""
        del sentence, tone
        self.work(self._load, group="load", exclusive=True)

    async def _load(self) -> None:
        waiting = await self.attempt(self.smimetui.outgoing.look())
        if waiting is not None:
            rows = self.query_one(Rows)
            rows.show(waiting)
            rows.styles.height = max(1, min(_MOST, len(waiting)))

    def _cells(self, waiting: Waiting, width: int) -> Sequence[Cell]:
        entry, word = waiting.entry, waiting.standing.value
        return (
            (_what(entry), "", width - len(word) - 2),
            ("  ", "", 2),
            (word, _TONES.get(waiting.standing, "muted"), -len(word)),
        )

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Say what happened, and offer what can be done."""
        waiting: Waiting = self.query_one(Rows).rows[event.index]
        session, entry, can_look = waiting.session, waiting.entry, waiting.session.outbox.can_look
        sheet = ChoiceSheet(
            title=waiting.standing.value.title(),
            lines=[_what(entry), "", _told(entry, waiting.standing, can_look=can_look), *self._journal(entry)],
            choices=_choices(waiting.standing, can_look=can_look),
        )
        self.app.push_screen(sheet, partial(self._decided, session, entry))

    def _journal(self, entry: OutboxEntry) -> list[str]:
        now = self.smimetui.now()
        lines = [f"{when(entry.queued_at, now)}  sealed"]
        several = len(entry.envelopes) > 1
        for number, attempt in enumerate(entry.attempts):
            after = entry.attempts[number + 1 :]
            if attempt.step is Step.TRYING and any(later.envelope == attempt.envelope for later in after):
                continue  # what came of it says enough
            people = ", ".join(address.spec for address in entry.envelopes[attempt.envelope])
            whose = f", {people}" if several and attempt.step is not Step.FILED else ""
            why = f": {printable_line(attempt.why)}" if attempt.why else ""
            lines.append(f"{when(attempt.at, now)}  {_STEPS[attempt.step]}{whose}{why}")
        return ["", *lines]

    def _decided(self, session: Session, entry: OutboxEntry, choice: str | None) -> None:
        match choice:
            case "now":
                self._send(entry)
            case "look":
                self.say("Looking into Sent…", "accent")
                self.work(partial(self._look, session, entry))
            case "again":
                self._ask_again(session, entry)
            case "edit":
                self.work(partial(self._edit, session, entry))
            case "discard":
                self.work(partial(self._discard, session, entry))
            case _:
                pass

    def _send(self, entry: OutboxEntry) -> None:
        self.smimetui.outgoing.depart(departure_of(entry), at_once=True)
        self.smimetui.outgoing_changed()

    async def _look(self, session: Session, entry: OutboxEntry) -> None:
        left: list[OutboxEntry | None] = []

        def look() -> bool:
            left.append(session.outbox.look(entry.name))
            return True

        if await self.attempt(self.smimetui.lanes.sending.call(look)):
            found = left[0] is None or left[0].standing is not Standing.UNCERTAIN
            sentence = "Sent has it: the message left." if found else "Sent does not have it, yet or at all."
            self.smimetui.outgoing_changed(sentence)

    def _ask_again(self, session: Session, entry: OutboxEntry) -> None:
        if not entry.uncertain:
            self.work(partial(self._again, session, entry))
            return
        sheet = ChoiceSheet(
            title="Send Again",
            lines=("The message may have left: whoever has it then gets it twice.",),
            choices=(Choice("Keep It Here", "keep"), Choice("Send Again", "again", danger=True)),
        )
        self.app.push_screen(
            sheet, lambda choice: self.work(partial(self._again, session, entry)) if choice == "again" else None
        )

    async def _again(self, session: Session, entry: OutboxEntry) -> None:
        def again() -> bool:
            session.outbox.again(entry.name)
            return True

        if await self.attempt(self.smimetui.lanes.crypto.call(again)):
            self._send(entry)

    async def _edit(self, session: Session, entry: OutboxEntry) -> None:
        """Take it out and write on; those it has reached are no recipients any more."""
        from smimetui.ui.screens.compose import ComposeScreen

        taken = await self._take_out(entry, lambda: session.keeping.take_back(entry.name))
        if taken:
            self.dismiss(None)
            self.smimetui.reopen(ComposeScreen.resumed(*taken))

    async def _discard(self, session: Session, entry: OutboxEntry) -> None:
        if await self._take_out(entry, lambda: session.keeping.discard(entry.name)):
            await self.smimetui.outgoing.tell("Discarded.")

    async def _take_out(self, entry: OutboxEntry, take: Callable[[], T | None]) -> T | None:
        self.smimetui.outgoing.forget(entry.name)
        answer = await self.attempt(self.smimetui.lanes.crypto.call(lambda: (take(),)))
        if answer is not None and not answer[0]:
            self.say("It is being sent, or gone.", "warning")
        return answer[0] if answer else None


def _what(entry: OutboxEntry) -> str:
    people = ", ".join(printable_line(address.label) for address in entry.recipients)
    return f"{printable_line(entry.subject) or '(no subject)'}: {people}"


def _told(entry: OutboxEntry, standing: Standing, *, can_look: bool) -> str:
    because = f": {printable_line(entry.why)}" if entry.why else ""
    match standing:
        case Standing.WAITING:
            return f"It has not left{because}. It is sent {'when the server answers' if because else 'by itself'}."
        case Standing.UNCERTAIN if can_look:
            return "It may have left. It is not sent again by itself; Sent can tell."
        case Standing.UNCERTAIN:
            return "It may have left. It is not sent again by itself; ask the recipients."
        case Standing.REFUSED:
            return f"It has not left{' for everybody' if entry.left else ''}{because}."
        case Standing.SENDING:
            return "It is being sent."
        case Standing.SENT:
            return "It has left, and is not filed yet."


def _choices(standing: Standing, *, can_look: bool) -> list[Choice]:
    match standing:
        case Standing.WAITING:
            return [Choice("Send Now", "now"), _EDIT, _DISCARD]
        case Standing.UNCERTAIN:
            look = [Choice("Look Again", "look")] if can_look else []
            return [*look, Choice("Send Again…", "again"), _DISCARD]
        case Standing.REFUSED:
            return [Choice("Send Again", "again"), _EDIT, _DISCARD]
        case Standing.SENT:
            return [Choice("Finish", "now")]
        case Standing.SENDING:
            return []
