"""A layout that flows children like words: left to right, wrapping, the last one taking the rest of its line."""

from textual.geometry import NULL_OFFSET, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget

_GAP = 1
_LEAST_LAST = 4
"""Cells the last child (the input) needs at least before it moves to a line of its own."""


class FlowLayout(Layout):
    """Children one line high, separated by one cell."""

    name = "flow"

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:  # noqa: FBT001, FBT002 - Textual's signature
        """Place the children; a child wider than the line is cut to it."""
        del greedy
        parent.pre_layout(self)
        placements, x, y = [], 0, 0
        width = max(1, size.width)
        last = len(children) - 1
        for index, child in enumerate(children):
            wanted = min(width, child.get_content_width(size, parent.app.size) + child.styles.gutter.width)
            needed = min(width, max(wanted, _LEAST_LAST)) if index == last else wanted
            if x and x + needed > width:
                x, y = 0, y + 1
            cells = width - x if index == last else needed
            placements.append(WidgetPlacement(Region(x, y, cells, 1), NULL_OFFSET, child.styles.margin, child))
            x += cells + _GAP
        return placements
