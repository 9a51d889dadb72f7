"""Help: every key that works on the screen behind, as it is bound now."""

from collections.abc import Iterator

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input, Static, TextArea

from smimetui.ui.screens.frame import Sheet
from smimetui.ui.widgets.bars import key_name

_WIDTH = 16


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
                yield Static(Content.assemble((keys.ljust(_WIDTH), "$primary"), what), markup=False)

    def _lines(self) -> Iterator[tuple[str, str]]:
        acts: dict[str, tuple[list[str], str]] = {}
        for key, entry in self._behind.active_bindings.items():
            binding = entry.binding
            if binding.description and not isinstance(entry.node, Input | TextArea) and not binding.system:
                keys, _ = acts.setdefault(binding.action, ([], binding.tooltip or binding.description))
                keys.append(key_name(self.app.get_key_display(binding.with_key(key))))
        for keys, what in acts.values():
            yield " ".join(keys[:3]), what
        yield "^P", "All commands, themes and glyph sets"

    def on_mount(self) -> None:
        """Scroll with the arrows."""
        self.query_one(VerticalScroll).focus()
