"""What all screens with a text to read share: scrolling, search in the text, copying. And one with nothing else."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Input

from smimetui.model.display import printable_line
from smimetui.ui.screens.frame import Frame
from smimetui.ui.widgets.bars import Foot, TitleBar
from smimetui.ui.widgets.reading import MOST_MATCHES, ReadingView


class ReadingScreen(Frame[None]):
    """A screen with one ReadingView and the line to search it."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar = [
        Binding("slash", "find", "Find", id="reading.find", tooltip="Find words in the text", show=False),
        Binding("N", "match(-1)", "Match before", id="reading.before", tooltip="The match before", show=False),
        Binding("y", "copy", "Copy", id="reading.copy", tooltip="Copy what is selected, or the whole text", show=False),
        Binding("down,j", "body('scroll_down')", "Down", show=False),
        Binding("up,k", "body('scroll_up')", "Up", show=False),
        Binding("pagedown,space", "body('scroll_page_down')", "Page down", show=False),
        Binding("pageup,b", "body('scroll_page_up')", "Page up", show=False),
        Binding("home,g", "body('scroll_home')", "Top", show=False),
        Binding("end,G", "body('scroll_end')", "End", show=False),
    ]

    def text_widgets(self) -> ComposeResult:
        """Yield the text and the line that searches it."""
        find = Input(placeholder="Find in this text", id="find")
        find.display = False
        yield find
        yield ReadingView()

    @property
    def view(self) -> ReadingView:
        """The text."""
        return self.query_one(ReadingView)

    @property
    def finding(self) -> bool:
        """A search is going on."""
        return bool(self.query_one("#find", Input).display)

    def settle(self) -> None:
        """Put the focus where it belongs when nothing is typed."""
        self.set_focus(None)

    def action_body(self, move: str) -> None:
        """Scroll the text by one of its methods."""
        getattr(self.view, move)(animate=False)

    def action_find(self) -> None:
        """Ask for what to find."""
        find = self.query_one("#find", Input)
        find.display = True
        find.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Find while typing; a search that ended has emptied its line."""
        if event.input.id == "find" and self.finding:
            self._say_match(self.view.find(event.value) and self.view.step(0))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Back to the text, the places found marked."""
        if event.input.id == "find":
            if event.value:
                self.settle()
            else:
                self.end_search()

    def action_match(self, by: int) -> None:
        """Go to another place found; without a search, ask for one."""
        if self.finding:
            self._say_match(self.view.step(by))
        else:
            self.action_find()

    def _say_match(self, place: tuple[int, int] | int) -> None:
        sought = printable_line(self.query_one("#find", Input).value)
        if not sought:
            self.say("Type what to find; Enter goes back to the text")
        elif isinstance(place, tuple) and place[1]:
            more = "or more " if place[1] == MOST_MATCHES else ""
            self.say(f"{place[0]:,} of {place[1]:,} {more}“{sought}”: n next, N before, Esc ends")
        else:
            self.say(f"“{sought}” is not in this text.", "warning")

    def end_search(self) -> None:
        """Close the search line."""
        find = self.query_one("#find", Input)
        find.value = ""
        find.display = False
        self.view.find("")
        self.say("")
        self.settle()

    def action_copy(self) -> None:
        """Hand the selection, or else the whole text, to the terminal for its clipboard."""
        selected = self.get_selected_text()
        text = selected or self.view.text
        self.app.copy_to_clipboard(text)
        what = f"{len(text):,} selected" if selected else f"All {len(text):,}"
        # A terminal does not say whether it took it (OSC 52).
        self.say(f"{what} characters copied, unless the terminal ignores it.")

    def action_copy_text(self) -> None:
        """Copy on Ctrl+C where something is selected."""
        if self.get_selected_text():
            self.action_copy()


class TextScreen(ReadingScreen):
    """A text to read: the headers or the source of a message."""

    BINDINGS: ClassVar = [
        Binding("n", "match(1)", "Next match", id="text.next", tooltip="The next match", show=False),
        Binding("escape,q", "back", "Back", id="text.back", tooltip="Back to the message"),
    ]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title, self._text = title, text

    def compose(self) -> ComposeResult:
        """Lay out the bar, the text and the foot."""
        yield TitleBar(back=(f"{self.smimetui.glyphs.back} Message", "back"), where=self._title, main=("Find", "find"))
        yield from self.text_widgets()
        yield Foot()

    def on_mount(self) -> None:
        """Show the text."""
        self.view.show(self._text)
        self.set_focus(None)

    def action_back(self) -> None:
        """End the search, or go back."""
        if self.finding:
            self.end_search()
        else:
            self.dismiss(None)
