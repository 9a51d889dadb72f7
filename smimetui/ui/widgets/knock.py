"""The line that says of a sheet that it waits, and by which key it opens."""

from textual.content import Content

from smimetui.model.display import printable_line
from smimetui.ui.widgets.bars import Word


class Knock(Word):
    """Above the foot of whatever screen is in front; a click opens the sheet, too."""

    DEFAULT_CSS = """
    Knock {
        dock: bottom; width: 100%; height: 1; margin-bottom: 2; padding: 0 2;
        background: $panel; text-wrap: nowrap; text-overflow: ellipsis;
    }
    """

    def __init__(self, key: str, verb: str, why: str, action: str) -> None:
        super().__init__("", action)
        self._text = Content.assemble((f"{key} {verb}", "$primary"), "  ", (printable_line(why), "$warning"))

    def on_mount(self) -> None:
        """Show the line."""
        self.update(self._text)
