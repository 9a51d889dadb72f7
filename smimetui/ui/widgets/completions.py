"""The people that match what is being typed, below the field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Static

from smimetui.model.contact_group import is_group
from smimetui.model.display import printable_line
from smimetui.model.wording import GROUP
from smimetui.ui.widgets.rows import ellipsis_of, fitted

if TYPE_CHECKING:
    from smimetui.services.completion import Suggestion

_NAME = 28


class Completions(Static):
    """Never takes the focus: the input keeps it, Up and Down move here."""

    DEFAULT_CSS = """
    Completions { layer: above; width: 64; max-width: 100%; height: auto; background: $panel; display: none;
                  pointer: pointer; }
    Completions.-shown { display: block; }
    """

    selected: reactive[int] = reactive(-1)

    class Chosen(Message):
        """A click on a suggestion."""

        def __init__(self, suggestion: Suggestion) -> None:
            super().__init__()
            self.suggestion = suggestion

    def __init__(self) -> None:
        super().__init__("", markup=False)
        self.suggestions: Sequence[Suggestion] = ()

    @property
    def choice(self) -> Suggestion | None:
        """The suggestion that Enter takes."""
        return self.suggestions[self.selected] if 0 <= self.selected < len(self.suggestions) else None

    def show(self, suggestions: Sequence[Suggestion], *, preselect: bool) -> None:
        """Show suggestions; with `preselect` the first one is taken by Enter."""
        self.suggestions = suggestions
        self.set_class(bool(suggestions), "-shown")
        self.set_reactive(Completions.selected, 0 if preselect and suggestions else -1)
        self._paint()

    def hide(self) -> None:
        """Show nothing."""
        self.show((), preselect=False)

    def step(self, step: int) -> None:
        """Move the selection; above the first is none."""
        self.selected = max(-1, min(len(self.suggestions) - 1, self.selected + step))

    def watch_selected(self) -> None:
        """Paint the selection."""
        self._paint()

    def _paint(self) -> None:
        lines = []
        ellipsis = ellipsis_of(self) if self.is_attached else ""
        for index, suggestion in enumerate(self.suggestions):
            name = fitted(printable_line(suggestion.address.display_name), _NAME - 1, ellipsis)
            mark = ">" if index == self.selected else " "
            style = "bold $foreground on $selection" if index == self.selected else "$foreground"
            spec = GROUP if is_group(suggestion.address) else printable_line(suggestion.address.spec)
            address = fitted(spec, 32, ellipsis)
            line = Content.assemble(f"{mark} ", name, " " * (_NAME - cell_len(name)), (address, "$muted"))
            lines.append(line.pad_right(max(0, 64 - line.cell_length)).stylize_before(style))
        self.update(Content("\n").join(lines))

    def on_click(self, event: events.Click) -> None:
        """Take the suggestion under the mouse."""
        if 0 <= event.y < len(self.suggestions):
            self.post_message(self.Chosen(self.suggestions[event.y]))
