"""A sheet with a question and a few ways on; the first is focused."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from smimetui.model.value import dataclass
from smimetui.ui.screens.frame import Sheet
from smimetui.ui.widgets.actions import Action, Actions


@dataclass(frozen=True, slots=True)
class Choice:
    """A way on; `danger` for what cannot be taken back."""

    label: str
    act: str
    danger: bool = False


class ChoiceSheet(Sheet[str]):
    """Returns the chosen act, or None."""

    back_word = "Back"

    def __init__(self, *, title: str, lines: Sequence[str | Content], choices: Sequence[Choice]) -> None:
        super().__init__()
        self.title_word = title
        self._lines, self._choices = lines, choices

    def content(self) -> ComposeResult:
        """Yield the lines, then the choices in a column."""
        with VerticalScroll():
            for line in self._lines:
                yield Static(line if isinstance(line, Content) else Content(line), markup=False)
        yield Actions([Action(item.label, item.act, danger=item.danger) for item in self._choices], column=True)

    def on_mount(self) -> None:
        """Focus the first choice."""
        self.query(VerticalScroll).first().can_focus = False
        self.query(Action).first().focus()

    def on_action_chosen(self, event: Action.Chosen) -> None:
        """Return the choice."""
        self.dismiss(event.act)
