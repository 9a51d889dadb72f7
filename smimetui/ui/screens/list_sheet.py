"""A sheet with a list that is read behind it, and acts below the list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from smimetui.ui.screens.frame import Sheet
from smimetui.ui.widgets.actions import Action
from smimetui.ui.widgets.rows import Rows

if TYPE_CHECKING:
    from smimetui.services.session import Session

_MOST = 12
"""Rows that are shown at once."""


class ListSheet(Sheet[None]):
    """Its list is `Rows`; `read` says what stands there, on the store's lane, and may raise StoreError."""

    def __init__(self, read: Callable[[Session], Sequence[Any]]) -> None:
        super().__init__()
        self._read_rows = read

    def on_mount(self) -> None:
        """Read the list."""
        rows = self.query_one(Rows)
        rows.styles.height = 1
        rows.focus()
        self.certificates_changed()

    def certificates_changed(self) -> None:
        """Read it again."""
        self.work(self.load, group="load", exclusive=True)

    async def load(self) -> None:
        """Read the list and show it."""
        session = await self.attempt(self.smimetui.session())
        if session is None:
            return
        found = await self.attempt(self.smimetui.lanes.store.call(partial(self._read_rows, session)))
        if found is not None:
            self.show_rows(found)
            if not found and self.query_one(Rows).has_focus:
                self.query(Action).first().focus()

    def show_rows(self, found: Sequence[Any], *, empty: str | None = None) -> None:
        """Show the rows, as high as they need."""
        rows = self.query_one(Rows)
        rows.show(found, empty=empty)
        rows.styles.height = max(1, min(_MOST, len(found)))

    def tell(self, sentence: str | None) -> None:
        """Say what came of a sheet in front, if anything did."""
        if sentence:
            self.say(sentence, "accent")
