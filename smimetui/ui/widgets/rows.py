"""A list drawn line by line: its cost does not depend on how many rows there are."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

RowT = TypeVar("RowT")
Cell = tuple[str, str, int]
"""Text, component class (or empty), width in cells; a negative width aligns right."""


class Rows(ScrollView, Generic[RowT], can_focus=True):
    """Rows of `RowT`, one selected; `cells` says what a row shows for a given width."""

    DEFAULT_CSS = """
    Rows { height: 1fr; scrollbar-size-vertical: 1; background: $background; }
    Rows > .row { color: $foreground; }
    Rows > .muted { color: $muted; }
    Rows > .accent { color: $primary; }
    Rows > .warning { color: $warning; }
    Rows > .error { color: $error; text-style: bold; }
    Rows > .strong { text-style: bold; }
    Rows > .selected { background: $selection; }
    Rows:nocolor > .selected { text-style: reverse; }
    Rows:ansi > .selected { text-style: reverse; background: ansi_default; }
    """
    COMPONENT_CLASSES = {"row", "muted", "accent", "warning", "error", "strong", "selected"}  # noqa: RUF012 - Textual's own type
    BINDINGS = [  # noqa: RUF012
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup,ctrl+u", "page(-1)", "Page up", show=False),
        Binding("pagedown,ctrl+d,space", "page(1)", "Page down", show=False),
        Binding("home,g", "end(-1)", "First", show=False),
        Binding("end,G", "end(1)", "Last", show=False),
        Binding("enter", "choose", "Open", id="rows.open"),
    ]

    cursor: reactive[int] = reactive(0)

    class Highlighted(Message):
        """The selection moved."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    class Chosen(Message):
        """Enter or a click on the selected row."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(
        self,
        cells: Callable[[RowT, int], Sequence[Cell]],
        *,
        empty: str = "",
        gutter: Callable[[RowT], str] | None = None,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(id=id)
        self._cells = cells
        self._gutter = gutter
        self._empty = empty
        self.rows: Sequence[RowT] = ()

    def show(self, rows: Sequence[RowT], *, empty: str | None = None) -> None:
        """Replace the rows, keeping the cursor in range."""
        self.rows = rows
        if empty is not None:
            self._empty = empty
        self.virtual_size = Size(0, max(1, len(rows)))
        self.cursor = max(0, min(self.cursor, len(rows) - 1))
        self.refresh()

    @property
    def selected(self) -> RowT | None:
        """The row under the cursor."""
        return self.rows[self.cursor] if self.rows else None

    @property
    def visible_range(self) -> range:
        """Indices of the rows on the screen now."""
        top = self.scroll_offset.y
        return range(top, min(len(self.rows), top + max(1, self.size.height)))

    def refresh_row(self, index: int) -> None:
        """Paint one row again."""
        self.refresh(Region(0, index - self.scroll_offset.y, self.size.width, 1))

    def validate_cursor(self, cursor: int) -> int:
        """Keep the cursor among the rows."""
        return max(0, min(cursor, len(self.rows) - 1))

    def watch_cursor(self) -> None:
        """Bring the row into view and tell."""
        self.refresh()
        self.scroll_to_region(Region(0, self.cursor, 1, 1), animate=False, force=True)
        self.post_message(self.Highlighted(self.cursor))

    def render_line(self, y: int) -> Strip:
        """Paint the row that stands at line `y` of the widget."""
        width = self.size.width
        index = y + self.scroll_offset.y
        base = self.get_component_rich_style("row")
        if not self.rows and y == 0 and self._empty:
            style = base + self.get_component_rich_style("muted", partial=True)
            return Strip([Segment("  " + self._empty, style)]).adjust_cell_length(width, base)
        if index >= len(self.rows):
            return Strip.blank(width, base)
        if index == self.cursor:
            base += self.get_component_rich_style("selected")
        mark = self._gutter(self.rows[index]) if self._gutter is not None else ""
        segments = [Segment(mark.ljust(2), base + self.get_component_rich_style("accent", partial=True))]
        for text, name, cells in self._cells(self.rows[index], max(10, width - 4)):
            segments.extend(self._segments(text, name, cells, base))
        return Strip(segments).adjust_cell_length(width, base)

    def _segments(self, text: str, name: str, cells: int, base: Style) -> tuple[Segment, Segment]:
        style = base + self.get_component_rich_style(name, partial=True) if name else base
        strip = Strip([Segment(text)])
        length = strip.cell_length
        width = abs(cells)
        if length > width:
            text = fitted(text, width, self.ellipsis)
            length = Strip([Segment(text)]).cell_length
        word, padding = Segment(text, style), Segment(" " * (width - length), base)
        return (padding, word) if cells < 0 else (word, padding)

    @property
    def ellipsis(self) -> str:
        """What stands for text that was cut."""
        return ellipsis_of(self)

    def action_move(self, step: int) -> None:
        """Move the selection."""
        self.cursor += step

    def action_page(self, step: int) -> None:
        """Move the selection by a screenful."""
        self.cursor += step * max(1, self.size.height - 1)

    def action_end(self, step: int) -> None:
        """Move the selection to the first or last row."""
        self.cursor = len(self.rows) - 1 if step > 0 else 0

    def action_choose(self) -> None:
        """Open the selected row."""
        if self.rows:
            self.post_message(self.Chosen(self.cursor))

    def on_click(self, event: events.Click) -> None:
        """Select on the first click, open on a click on the selected row."""
        index = event.y + self.scroll_offset.y
        if index < len(self.rows):
            if index == self.cursor:
                self.action_choose()
            self.cursor = index


def ellipsis_of(widget: Widget) -> str:
    """Return the ellipsis of the app's glyph set."""
    glyphs = getattr(widget.app, "glyphs", None)
    return glyphs.ellipsis if glyphs is not None else "…"


def fitted(text: str, width: int, ellipsis: str) -> str:
    """Return `text` cut to `width` cells, ending in the ellipsis if anything was cut."""
    strip = Strip([Segment(text)])
    if strip.cell_length <= width:
        return text
    return strip.crop(0, max(0, width - len(ellipsis))).text + ellipsis[:width]
