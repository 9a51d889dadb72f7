"""The one line that the screens draw."""

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget


class Hairline(Widget):
    """A quiet horizontal line."""

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 - one line high
        """Draw it in the app's glyph set."""
        glyph = getattr(self.app, "glyphs").hairline  # noqa: B009 - the app's own type is known above this room
        return Strip([Segment(glyph * self.size.width, self.rich_style)])
