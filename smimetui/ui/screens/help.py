"""Help: every key that works on the screen behind, as it is bound now."""

from collections.abc import Iterator

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from smimetui.ui.acts import PALETTE, acts
from smimetui.ui.screens.frame import Sheet


class HelpSheet(Sheet[None]):
    """The live key map."""

    title_word = "Help"
    back_word = ""
    done_word = "Done"

    def __init__(self, behind: Screen[object]) -> None:
        super().__init__()
        self._behind = behind

    def content(self) -> ComposeResult:
        """Yield a line for each act."""
        with VerticalScroll():
            for keys, what in self._lines():
                yield Vertical(
                    Static(Content.assemble((keys, "$primary")), classes="label", markup=False),
                    Static(Content(what), classes="value", markup=False),
                    classes="field",
                )

    def _lines(self) -> Iterator[tuple[str, str]]:
        for act in (*acts(self._behind), PALETTE):
            yield " ".join(act.keys[:3]), act.what

    def on_mount(self) -> None:
        """Scroll with the arrows."""
        self.query_one(VerticalScroll).focus()
