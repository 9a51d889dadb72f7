"""What laying an HTML document out would take in memory, told from its texts and boxes before anything is laid out.

And before that, what the tree of a document would take, told from its tags.
"""

import re
from typing import Any

from smimetui.smime.streamed_html import feed

PRE = frozenset({"pre", "xmp", "listing", "plaintext"})
_CELLS = frozenset({"td", "th"})
_LISTS = frozenset({"ul", "ol"})
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "div",
        "figcaption",
        "figure",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "li",
        "main",
        "nav",
        "p",
    ]
) | (PRE | _LISTS)
_WITH_MARGINS = frozenset(["figure", "h1", "h2", "h3", "h4", "h5", "h6", "p"])
_INDENT, _BETWEEN_CELLS = 4, 2
# Measured in octets: a node of the tree with its text, an attribute with its value, a cell, a line of a cell.
_NODE, _ATTRIBUTE, _CELL, _CELL_LINE = 350, 275, 800, 64
# A letter of the longest text, while its blanks are collapsed: of Latin ones Python makes no objects.
_LETTER, _WIDE_LETTER = 32, 110
# What attributes without a value take, at most: two octets each in the source.
_MOST_EXPANSION = 70
_LINES = re.compile(r"[^\n]+")
_WIDE = re.compile(r"[^\x00-\xff]")
# As `[^\x00-\uffff]` it takes 3 ms to compile, at every start.
_WIDEST = re.compile("[\U00010000-\U0010ffff]")


class _Box:
    """What stands one below the other: in the document, or in a cell. In characters and lines, rather too many."""

    __slots__ = ("height", "line", "width")

    def __init__(self) -> None:
        self.line = self.width = self.height = 0

    def end_line(self) -> None:
        self.width = max(self.width, self.line)
        self.height += 1
        self.line = 0


class _Table:
    __slots__ = ("boxes", "column", "columns", "height", "loose", "row_height")

    def __init__(self, boxes: int) -> None:
        self.columns: list[int] = []
        self.column = self.row_height = self.height = self.loose = 0
        self.boxes = boxes
        """How many are open around it; as many are while text stands in it, but in none of its cells."""

    def end_row(self) -> None:
        self.height += self.row_height
        self.row_height = self.column = 0

    def add(self, cell: _Box) -> None:
        if self.column == len(self.columns):
            self.columns.append(0)
        self.columns[self.column] = max(self.columns[self.column], cell.width + _BETWEEN_CELLS)
        self.row_height = max(self.row_height, cell.height)
        self.column += 1


class _Measure:
    def __init__(self) -> None:
        self.boxes = [_Box()]
        self.tables: list[_Table] = []
        self.nodes = self.cells = self.lines = self.characters = self.longest = 0
        self.pre = self.lists = self.width = 0

    def text(self, text: str | None) -> None:
        if not text:
            return
        box = self.boxes[-1]
        wide = _WIDE.search(text) is not None
        self._written(len(text), wide=wide)
        if wide:
            self.width = max(self.width, 4 if _WIDEST.search(text) else 2)
        self.characters += len(text)
        if not self.pre:
            box.line += 1 if text.isspace() else len(text)
            return
        lines = text.count("\n")
        box.line += max((found.end() - found.start() for found in _LINES.finditer(text)), default=0)
        box.height += lines
        self.characters += lines * self.lists * _INDENT

    def start(self, tag: Any) -> None:
        self.nodes += 1
        box = self.boxes[-1]
        if tag in _BLOCKS or tag == "table":
            self._end_line(box, always=tag == "li", margin=tag in _WITH_MARGINS)
        elif tag == "br":
            self._end_line(box, always=True)
        if tag == "table":
            self.tables.append(_Table(len(self.boxes)))
        elif self.tables and tag == "tr":
            self.tables[-1].end_row()
        elif self.tables and tag in _CELLS:
            self.cells += 1
            self.boxes.append(_Box())
        self.pre += tag in PRE
        self.lists += tag in _LISTS

    def end(self, tag: Any) -> None:
        self.pre -= tag in PRE
        self.lists -= tag in _LISTS
        if tag in _BLOCKS:
            self._end_line(self.boxes[-1], always=False, margin=tag in _WITH_MARGINS)
        elif self.tables and tag in _CELLS:
            cell = self.boxes.pop()
            self._end_line(cell, always=True)
            self.tables[-1].add(cell)
        elif tag == "table":
            self._end_table(self.tables.pop())

    def _end_line(self, box: _Box, *, always: bool, margin: bool = False) -> None:
        if box.line or always:
            box.line += self.lists * _INDENT
            self.characters += self.lists * _INDENT
            box.end_line()
        box.height += margin

    def _written(self, letters: int, *, wide: bool) -> None:
        self.longest = max(self.longest, letters * (_WIDE_LETTER if wide else _LETTER))
        if self.tables and self.tables[-1].boxes == len(self.boxes):
            self.tables[-1].loose += letters

    def _end_table(self, table: _Table) -> None:
        # What stood in none of its cells is written at once, behind it.
        self._written(table.loose, wide=self.width > 0)
        table.end_row()
        width = sum(table.columns) + self.lists * _INDENT
        self.characters += 2 * table.height * width
        self.lines += table.height * len(table.columns)
        box = self.boxes[-1]
        box.width = max(box.width, width)
        box.height += table.height

    def octets(self) -> int:
        shown = self.characters * max(1, self.width) + self.longest
        return shown + self.nodes * _NODE + self.cells * _CELL + self.lines * _CELL_LINE


def tree_exceeds(source: bytes, most: int) -> bool:
    """Tell whether the tree of a document in UTF-8 would take more octets than `most`, without building it."""
    if len(source) * _MOST_EXPANSION <= most:
        return False
    try:
        return not feed(source, _Weight(most))
    except _TooHeavyError:
        return True


class _TooHeavyError(Exception):
    """The tree takes more than it may."""


class _Weight:
    """Takes what lxml's parser meets."""

    def __init__(self, most: int) -> None:
        self._left = most

    def start(self, _tag: str, attributes: dict[str, str]) -> None:
        self._left -= _NODE + len(attributes) * _ATTRIBUTE
        if self._left < 0:
            raise _TooHeavyError

    def close(self) -> None:
        """End; the parser asks for this."""


def layout_octets(tree: Any) -> int:
    """Return about how many octets of memory laying out this tree of lxml takes at most."""
    from lxml import etree

    measure = _Measure()
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        if event == "start":
            measure.start(element.tag)
            measure.text(element.text or element.get("alt"))
        else:
            measure.end(element.tag)
            measure.text(element.tail)
    return measure.octets()
