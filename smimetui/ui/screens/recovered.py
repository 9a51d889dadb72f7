"""Drafts that windows left behind on this machine: opened, or discarded."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual.binding import Binding

from smimetui.model.display import printable_line
from smimetui.model.wording import when
from smimetui.services.autosave import LeftDraft
from smimetui.ui.screens.choice import Choice, ChoiceSheet
from smimetui.ui.screens.frame import Sheet
from smimetui.ui.widgets.actions import Action, Actions
from smimetui.ui.widgets.rows import Cell, Rows

if TYPE_CHECKING:
    from textual.app import ComposeResult

_MOST = 12


class RecoveredSheet(Sheet[None]):
    """A row a draft, the newest first."""

    title_word = "Recovered Drafts"
    back_word = "Close"
    BINDINGS = [  # noqa: RUF012 - Textual's own type
        Binding("d,delete", "discard", "Discard", id="recovered.discard", tooltip="Discard the draft"),
    ]

    def content(self) -> ComposeResult:
        """Yield the list, then the acts."""
        yield Rows[LeftDraft](self._cells, empty="No draft was left behind.", id="rows")
        yield Actions([Action("Open", "open"), Action("Discard", "discard", danger=True)])

    def on_mount(self) -> None:
        """Look for the drafts."""
        rows = self.query_one(Rows)
        rows.styles.height = 1
        rows.focus()
        self.work(self._load, group="load", exclusive=True)

    async def _load(self) -> None:
        session = await self.attempt(self.smimetui.session())
        if session is None:
            return
        left = await self.attempt(self.smimetui.lanes.crypto.call(session.autosave.left))
        if left is not None:
            rows = self.query_one(Rows)
            rows.show(left)
            rows.styles.height = max(1, min(_MOST, len(left)))

    def _cells(self, draft: LeftDraft, width: int) -> Sequence[Cell]:
        people = ", ".join(printable_line(address.label) for address in draft.recipients)
        subject = printable_line(draft.subject) or "(no subject)"
        clock = when(draft.saved_at, self.smimetui.now())
        return ((f"{subject}: {people}" if people else subject, "", width - 10), (clock, "muted", -10))

    def on_rows_chosen(self) -> None:
        """Open the draft."""
        self._open()

    def on_action_chosen(self, event: Action.Chosen) -> None:
        """Do what the word says."""
        if event.act == "open":
            self._open()
        else:
            self.action_discard()

    def action_discard(self) -> None:
        """Discard the draft, after a question."""
        draft: LeftDraft | None = self.query_one(Rows).selected
        if draft is None:
            return
        sheet = ChoiceSheet(
            title="Discard",
            lines=(f"“{printable_line(draft.subject) or '(no subject)'}” is gone for good then.",),
            choices=(Choice("Keep It", "keep"), Choice("Discard Draft", "discard", danger=True)),
        )
        self.app.push_screen(
            sheet, lambda choice: self.work(partial(self._discard, draft.name)) if choice == "discard" else None
        )

    async def _discard(self, name: str) -> None:
        session = await self.attempt(self.smimetui.session())
        if session is None:
            return

        def discard() -> bool:
            session.autosave.discard(name)
            return True

        if await self.attempt(self.smimetui.lanes.crypto.call(discard)):
            await self._load()
            await self.smimetui.outgoing.tell()

    def _open(self) -> None:
        draft: LeftDraft | None = self.query_one(Rows).selected
        if draft is not None:
            self.work(partial(self._open_draft, draft.name))

    async def _open_draft(self, name: str) -> None:
        from smimetui.ui.screens.compose import ComposeScreen

        session = await self.attempt(self.smimetui.session())
        if session is None:
            return
        taken = await self.attempt(self.smimetui.lanes.crypto.call(lambda: session.autosave.take(name)))
        if taken is None:
            self.say("Another window has it open.", "warning")
            return
        self.dismiss(None)
        self.smimetui.reopen(ComposeScreen.resumed(*taken))
        await self.smimetui.outgoing.tell()
