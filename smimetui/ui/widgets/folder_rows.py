"""The rows of a folder: sender, badge, lock, subject, date; verdicts arrive as rows are opened behind the screen."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, cast

from smimetui.model.display import printable_line
from smimetui.model.errors import SmimetuiError
from smimetui.model.message import Summary
from smimetui.model.wording import UNREADABLE, when
from smimetui.ui.folder import MOST_JUDGED, TOO_LARGE, Facts, Folder, Moved, Row, facts_of
from smimetui.ui.widgets.rows import Cell, Rows

if TYPE_CHECKING:
    from smimetui.services.session import Session
    from smimetui.ui.app import SmimetuiApp

_AHEAD = 20
"""Rows beyond the visible ones whose verdicts are looked up."""


class FolderRows(Rows[Row]):
    """One folder, or nothing yet."""

    def __init__(self, *, empty: str = "", id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(self._columns, empty=empty, gutter=self._mark, id=id)

    @property
    def smimetui(self) -> SmimetuiApp:
        """The app, with its own type."""
        return cast("SmimetuiApp", self.app)

    def follow(self, folder: Folder, *, empty: str | None = None) -> None:
        """Show a folder; the cursor stays on its message wherever that goes."""
        if self.rows is not folder:
            self.on_unmount()
            folder.followers.add(self._follow_moved)
        self.show(folder, empty=empty)

    def on_unmount(self) -> None:
        """Let go of the folder."""
        if isinstance(self.rows, Folder):
            self.rows.followers.discard(self._follow_moved)

    def _follow_moved(self, moved: Moved) -> None:
        place = moved(self.cursor)
        with self.prevent(self.Highlighted):  # the person moved nothing
            self.show(self.rows)
            if place is not None:
                self.cursor = place

    async def judged(self, session: Session, folder: Folder) -> AsyncIterator[int]:
        """Open what is in sight and a little beyond, one by one; yield the index of each row that shows it."""
        if await folder.read(self._around):
            self.refresh()
        while (index := folder.unjudged(self._around)) is not None and self.rows is folder:
            summary = folder[index].summary
            if summary is None:
                return
            with folder.judging(summary):
                look = partial(look_at, session, folder, summary)
                folder.learn(summary, await self.smimetui.lanes.badges.call(look))
            self.refresh_row(index)
            yield index

    @property
    def _around(self) -> range:
        visible = self.visible_range
        return range(max(0, visible.start - 1), min(len(self.rows), visible.stop + _AHEAD))

    def _mark(self, row: Row) -> str:
        glyphs = self.smimetui.glyphs
        unread = glyphs.unread if row.summary is not None and not row.summary.seen else ""
        return glyphs.selected + unread if row.selected else unread

    def _columns(self, row: Row, width: int) -> Sequence[Cell]:
        glyphs, facts, summary = self.smimetui.glyphs, row.facts, row.summary
        if summary is None:
            return ((glyphs.ellipsis, "muted", width),)
        sender_width, mark, lock, date = min(44, max(17, width * 3 // 10)), 3, max(4, len(glyphs.locked) + 1), 8
        sender = printable_line((facts and facts.sender) or summary.sender) or "(no sender)"
        if facts is not None and facts.recipients and isinstance(self.rows, Folder) and self.rows.name == "Sent":
            sender = f"To {facts.recipients}"
        badge, tone = "", ""
        if facts is not None and facts.badge is not None:
            badge, tone = (glyphs.trusted, "accent") if facts.badge else (glyphs.untrusted, "error")
        subject = printable_line(summary.subject) or "(no subject)"
        if facts is not None and not facts.readable:
            subject = f"({UNREADABLE})" if facts.locked else subject
        clock = when(summary.date, self.smimetui.now())
        room = width - sender_width - 1 - mark - lock - date
        return (
            (sender, "strong" if not summary.seen else "", sender_width),
            (" ", "", 1),
            (badge, tone, mark),
            (glyphs.locked if facts is not None and facts.locked else "", "accent", lock),
            (subject, "", room),
            (clock, "muted", -date),
        )


def look_at(session: Session, folder: Folder, summary: Summary) -> Facts:
    """Return what opening a message tells the list. Blocks."""
    if summary.size > MOST_JUDGED:
        return TOO_LARGE
    try:
        return facts_of(session.reader.open(folder.mailbox.fetch(folder.name, summary.uid)))
    except SmimetuiError as error:
        return Facts(sentence=str(error), readable=False)
