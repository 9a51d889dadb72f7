"""The body of a message: wrapped once a width, drawn line by line, however long it is."""

import re
from bisect import bisect_right
from collections import defaultdict
from itertools import accumulate, pairwise

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from smimetui.model.display import printable

_TAB = 8
_WORD = re.compile(r" *[^ ]+| +")
_NARROW = re.compile("[ -~\u00a1-\u00ac\u00ae-\u02ff\u0386-\u03ff\u0400-\u0482]*")
"""Latin, Greek and Cyrillic letters, each one cell wide."""
MOST_MATCHES = 10_000
_MOST_WIDTH = 120
"""Cells of a line: longer ones are hard to read."""
_MOST_MARKS = 4
"""Characters in a cell, on average, beyond which a word is cut: marks that take no cell may be without end."""
Place = tuple[int, int, int]
"""A line, and where something in it starts and ends."""


class ReadingView(ScrollView, can_focus=False):
    """Text that others wrote, made printable, soft-wrapped; quoted lines are quieter. Its screen has the keys."""

    DEFAULT_CSS = """
    ReadingView { height: 1fr; padding: 0 2; background: $background; scrollbar-size-vertical: 1; }
    ReadingView > .text { color: $foreground; }
    ReadingView > .quote { color: $muted; }
    ReadingView > .found { background: $selection; text-style: bold; }
    ReadingView > .here { text-style: bold reverse; }
    ReadingView:nocolor > .found, ReadingView:ansi > .found { text-style: bold underline; background: ansi_default; }
    """
    COMPONENT_CLASSES = {"text", "quote", "found", "here"}  # noqa: RUF012 - Textual's own type

    def __init__(self) -> None:
        super().__init__()
        self._paragraphs: list[str] = []
        self._lines: list[str] = []
        self._starts: list[int] = []
        self._width = 0
        self._sought = ""
        self._matches: list[list[Place]] = []
        self._at = 0
        self._strips: LRUCache[int, Strip] = LRUCache(512)

    def show(self, text: str) -> None:
        """Show another text, from its beginning."""
        self._paragraphs = printable(text).expandtabs(_TAB).split("\n")
        self._width = 0
        self._sought, self._matches = "", []
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
        width = min(_MOST_WIDTH, max(10, self.scrollable_content_region.width or self.size.width))
        if width == self._width:
            return
        self._width = width
        pieces = [wrapped(paragraph, width) for paragraph in self._paragraphs]
        self._lines = [line for lines in pieces for line in lines]
        self._starts = list(accumulate((len(lines) for lines in pieces), initial=0))[:-1]
        self._seek()
        self._strips.clear()
        self.virtual_size = Size(width, len(self._lines))
        self.refresh()

    def find(self, text: str) -> int:
        """Mark every place where a text stands, go to the first from here on, and return how many there are."""
        self._sought = text
        self._seek()
        top = self.scroll_offset.y
        self._at = next((index for index, match in enumerate(self._matches) if match[0][0] >= top), 0)
        self._strips.clear()
        self._show_match()
        return len(self._matches)

    def step(self, by: int) -> tuple[int, int]:
        """Go to another of the places found, around the end; return its number and how many there are."""
        if self._matches:
            self._at = (self._at + by) % len(self._matches)
            self._show_match()
        return (self._at + 1 if self._matches else 0), len(self._matches)

    def _show_match(self) -> None:
        self._strips.clear()
        self.refresh()
        if self._matches:
            line, height = self._matches[self._at][0][0], self.scrollable_content_region.height
            if not self.scroll_offset.y <= line < self.scroll_offset.y + height:
                self.scroll_to(y=max(0, line - height // 3), animate=False, force=True)

    def _seek(self) -> None:
        self._matches = []
        if not self._sought:
            return
        pattern = re.compile(re.escape(self._sought), re.IGNORECASE)
        for number, paragraph in enumerate(self._paragraphs):
            found = [match.span() for match in pattern.finditer(paragraph)]
            if not found:
                continue
            spans = self._spans(number)
            if len(spans) == 1:
                self._matches.extend([(spans[0][0], *span)] for span in found)
            else:
                self._matches.extend(places for span in found if (places := _crossing(spans, *span)))
            if len(self._matches) >= MOST_MATCHES:
                del self._matches[MOST_MATCHES:]
                break
        self._at = min(self._at, max(0, len(self._matches) - 1))

    def _spans(self, number: int) -> list[Place]:
        """Return the lines of a paragraph, and where in it they start and end."""
        first = self._starts[number]
        last = self._starts[number + 1] if number + 1 < len(self._starts) else len(self._lines)
        spans, at = [], 0
        for index in range(first, last):
            # What was left out between two lines are blanks.
            start = self._paragraphs[number].index(self._lines[index], at)
            at = start + len(self._lines[index])
            spans.append((index, start, at))
        return spans

    def get_selection(self, selection: Selection) -> tuple[str, str]:
        """Return what the mouse selected, as it was before it was wrapped."""
        start, end = selection.start, selection.end
        first = start.y if start is not None else 0
        last = min(end.y if end is not None else len(self._lines) - 1, len(self._lines) - 1)
        pieces = []
        for number in range(bisect_right(self._starts, first) - 1, bisect_right(self._starts, last)):
            spans = [span for span in self._spans(number) if first <= span[0] <= last]
            begin, stop = spans[0][1], spans[-1][2]
            if start is not None and spans[0][0] == start.y:
                begin += start.x
            if end is not None and spans[-1][0] == end.y:
                stop = min(stop, spans[-1][1] + end.x)
            pieces.append(self._paragraphs[number][begin:stop])
        return "\n".join(pieces), "\n"

    def selection_updated(self, selection: Selection | None) -> None:  # noqa: ARG002 - Textual's own signature
        """Paint what is selected."""
        self._strips.clear()
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
            strip = Strip(self._segments(index, line, style)).adjust_cell_length(width, style)
            strip = strip.apply_offsets(0, index)
            self._strips[index] = strip
        return strip

    def _segments(self, index: int, line: str, style: Style) -> list[Segment]:
        """Return a line in pieces: what was found stands out, and what is selected."""
        marks: dict[int, Style] = defaultdict(Style.null)
        for number, match in self._near(index):
            name = "here" if number == self._at else "found"
            for start, end in ((start, end) for at, start, end in match if at == index):
                marks |= dict.fromkeys(range(start, end), self.get_component_rich_style(name, partial=True))
        span = self.text_selection.get_span(index) if self.text_selection is not None else None
        if span is not None:
            chosen = self.screen.get_component_rich_style("screen--selection", partial=True)
            end = len(line) if span[1] == -1 else min(span[1], len(line))
            marks |= dict.fromkeys(range(span[0], end), chosen)
        if not marks:
            return [Segment(line, style)]
        edges = sorted(
            {0, len(line), *(at for at in marks if marks[at] != marks.get(at - 1)), *(at + 1 for at in marks)}
        )
        return [Segment(line[a:b], style + marks.get(a, Style.null())) for a, b in pairwise(edges)]

    def _near(self, index: int) -> list[tuple[int, list[Place]]]:
        """Return the places found that a line may hold, with their numbers."""
        first = bisect_right(self._matches, index, key=lambda match: match[-1][0] + 1)
        last = bisect_right(self._matches, index, key=lambda match: match[0][0])
        return [(number, self._matches[number]) for number in range(first, last)]


def _crossing(spans: list[Place], start: int, end: int) -> list[Place]:
    """Return the lines that a stretch of a paragraph lies in, with its ends in each."""
    return [
        (index, max(start, begin) - begin, min(end, stop) - begin)
        for index, begin, stop in spans[max(0, bisect_right(spans, start, key=lambda span: span[2])) :]
        if start < stop and begin < end
    ]


def wrapped(paragraph: str, width: int) -> list[str]:
    """Return a paragraph as lines of at most `width` cells, broken at blanks where there are any; nothing is lost."""
    if len(paragraph) <= width and _cells(paragraph) <= width:
        return [paragraph]
    if _NARROW.fullmatch(paragraph):
        return _wrapped_narrow(paragraph, width)
    lines: list[str] = []
    line: list[str] = []
    used = 0
    for word in _WORD.findall(paragraph):
        cells = _cells(word)
        if used + cells > width and line:
            lines.append("".join(line))
            word, line, used = word.lstrip(" "), [], 0  # noqa: PLW2901 - the blanks at a break are the break
            cells = _cells(word)
        if cells > width or len(word) > _MOST_MARKS * width:
            *whole, word = _cut(word, width)  # noqa: PLW2901
            lines += whole
            cells = _cells(word)
        line.append(word)
        used += cells
    return [*lines, "".join(line)] if line or not lines else lines


def _wrapped_narrow(paragraph: str, width: int) -> list[str]:
    """Wrap a text in which every character takes one cell."""
    lines, at = [], 0
    while len(paragraph) - at > width:
        cut = paragraph.rfind(" ", at + 1, at + width + 1)
        line = paragraph[at:cut].rstrip(" ") if cut > 0 else ""
        if line:
            at = cut
            while paragraph.startswith(" ", at):
                at += 1
        else:
            line = paragraph[at : at + width]
            at += width
        lines.append(line)
    return [*lines, paragraph[at:]] if at < len(paragraph) else lines


def _cut(word: str, width: int) -> list[str]:
    """Return a word in pieces of at most `width` cells."""
    pieces, at = [], 0
    while at < len(word):
        # Marks that take no cell may be many: then a piece is as long as what is looked at.
        window = word[at : at + _MOST_MARKS * width]
        piece = window[: max(1, len(Strip([Segment(window)]).crop(0, width).text.rstrip(" ")))]
        pieces.append(piece)
        at += len(piece)
    return pieces


def _cells(text: str) -> int:
    return len(text) if text.isascii() else cell_len(text)
