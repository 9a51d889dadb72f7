"""The composer's completion: from the store at once, from the directories after a short pause."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.geometry import Offset

from smimetui.model.address import parse_address
from smimetui.model.errors import AddressError, SmimetuiError
from smimetui.ui.lanes import Lane
from smimetui.ui.screens.frame import Speaking
from smimetui.ui.widgets.completions import Completions
from smimetui.ui.widgets.recipients import RecipientField

if TYPE_CHECKING:
    from smimetui.services.completion import Suggestion
    from smimetui.services.session import Session
    from smimetui.ui.app import SmimetuiApp

_PAUSE = 0.12
"""Seconds without a key before the directories are asked."""


class Completing(Speaking[str]):
    """A part of the composer's screen."""

    session: Session | None

    def forgive(self) -> None:
        """Take back a complaint: the person is mending it."""

    @property
    def _lane(self) -> Lane:
        return cast("SmimetuiApp", self.app).lanes.directory

    def on_recipient_field_typed(self, event: RecipientField.Typed) -> None:
        """Ask for people who match."""
        self.forgive()
        text = event.text.strip()
        if not text:
            self.query_one(Completions).hide()
            self.workers.cancel_group(self, "complete")
            return
        self.work(partial(self._complete, event.field, text), group="complete", exclusive=True)

    async def _complete(self, field: RecipientField, text: str) -> None:
        session, lane = self.session, self._lane
        if session is None:
            return
        from smimetui.services.completion import together

        resolver, people = session.resolver, session.people
        try:
            known = await lane.call(lambda: together(people.matching(text), resolver.complete_installed(text)))
            self._show_completions(field, text, known)
            await asyncio.sleep(_PAUSE)
            found = await lane.call(lambda: resolver.complete(text))
            self._show_completions(field, text, together(known, found))
        except SmimetuiError:
            return  # completion is a help; sending will say what is wrong

    def _show_completions(self, field: RecipientField, text: str, found: tuple[Suggestion, ...]) -> None:
        if field.input.value.strip() != text or not field.input.has_focus:
            return
        completions = self.query_one(Completions)
        chosen = completions.choice
        shown = [item for item in found if item.address not in field.addresses]
        if shown:
            self.forgive()
        completions.show(shown, preselect=not _is_address(text))
        if chosen in shown:
            completions.selected = shown.index(chosen)
        place = field.input.region
        x = max(0, min(place.x - 2, self.size.width - 64))
        completions.styles.offset = Offset(x, place.y + 1)
        self._offer(field)

    def _offer(self, field: RecipientField) -> None:
        choice = self.query_one(Completions).choice
        field.completion = (field.pending, choice.address) if choice is not None else None

    def on_recipient_field_moved(self, event: RecipientField.Moved) -> None:
        """Arrows: within the completions while they show, else between the fields."""
        completions = self.query_one(Completions)
        if completions.suggestions:
            completions.step(event.step)
            self._offer(event.field)
        elif event.step > 0:
            self.focus_next()
        else:
            self.focus_previous()

    def on_completions_chosen(self, event: Completions.Chosen) -> None:
        """Take the suggestion that was clicked."""
        focused = self.focused
        field = next(
            (item for item in self.query(RecipientField) if focused is not None and item in focused.ancestors), None
        )
        self.query_one(Completions).hide()
        if field is not None:
            field.add(event.suggestion.address)


def _is_address(text: str) -> bool:
    try:
        return "." in parse_address(text).domain
    except AddressError:
        return False
