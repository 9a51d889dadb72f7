"""The body of a message: wrapped once a width, drawn line by line, however long it is."""

import re

from rich.segment import Segment
from textual.binding import Binding
from textual.cache import LRUCache
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from smimetui.model.display import printable

_TAB = 8
_MOST_LINE = 10_000
"""Characters of one paragraph that are wrapped by words; beyond that by cells alone."""


class ReadingView(ScrollView, can_focus=True):
    """Text that others wrote, made printable, soft-wrapped; quoted lines are quieter."""

    DEFAULT_CSS = """
    ReadingView { height: 1fr; padding: 0 2; background: $background; scrollbar-size-vertical: 1; }
    ReadingView > .text { color: $foreground; }
    ReadingView > .quote { color: $muted; }
    """
    COMPONENT_CLASSES = {"text", "quote"}  # noqa: RUF012 - Textual's own type
    BINDINGS = [  # noqa: RUF012
        Binding("up,k", "scroll_up", "Up", show=False),
        Binding("down,j", "scroll_down", "Down", show=False),
        Binding("pageup,b", "page_up", "Page up", show=False),
        Binding("pagedown,space", "page_down", "Page down", show=False),
        Binding("home,g", "scroll_home", "Top", show=False),
        Binding("end,G", "scroll_end", "End", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._paragraphs: list[str] = []
        self._lines: list[str] = []
        self._width = 0
        self._strips: LRUCache[int, Strip] = LRUCache(512)

    def show(self, text: str) -> None:
        """Show another text, from its beginning."""
        self._paragraphs = printable(text).expandtabs(_TAB).split("\n")
        self._width = 0
        self._wrap()
        self.scroll_home(animate=False)

    @property
    def text(self) -> str:
        """What is shown, unwrapped."""
        return "\n".join(self._paragraphs)

    def on_resize(self) -> None:
        """Wrap again for the new width."""
        self._wrap()

    def _wrap(self) -> None:
        width = max(10, self.scrollable_content_region.width or self.size.width)
        if width == self._width:
            return
        self._width = width
        self._lines = [line for paragraph in self._paragraphs for line in wrapped(paragraph, width)]
        self._strips.clear()
        self.virtual_size = Size(width, len(self._lines))
        self.refresh()

    def notify_style_update(self) -> None:
        """Forget painted lines when the theme changes."""
        super().notify_style_update()
        self._strips.clear()

    def render_line(self, y: int) -> Strip:
        """Paint one line."""
        index = y + self.scroll_offset.y
        width = self.scrollable_content_region.width
        if (strip := self._strips.get(index)) is None:
            line = self._lines[index] if index < len(self._lines) else ""
            style = self.get_component_rich_style("quote" if line.startswith(">") else "text")
            strip = Strip([Segment(line, style)]).adjust_cell_length(width, style)
            self._strips[index] = strip
        return strip


def wrapped(paragraph: str, width: int) -> list[str]:
    """Return a paragraph as lines of at most `width` cells, broken at blanks where there are any; nothing is lost."""
    if len(paragraph) <= width and paragraph.isascii():
        return [paragraph]
    lines: list[str] = []
    line, used = "", 0
    for word in re.findall(r" *[^ ]+| +", paragraph):
        cells = _cells(word)
        if used + cells > width and line:
            lines.append(line)
            word, line, used = word.lstrip(" "), "", 0  # noqa: PLW2901 - the blanks at a break are the break
            cells = _cells(word)
        while cells > width:
            head = Strip([Segment(word)]).crop(0, width).text
            head = head.rstrip(" ") if len(head) > 1 and not word.isascii() and head.endswith(" ") else head
            head = word[: max(1, len(head))]
            lines.append(head)
            word = word[len(head) :]  # noqa: PLW2901
            cells = _cells(word)
        line += word
        used += cells
    return [*lines, line] if line or not lines else lines


def _cells(text: str) -> int:
    return len(text) if text.isascii() else Strip([Segment(text)]).cell_length
