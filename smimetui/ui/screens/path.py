"""A sheet that asks for a path, completing it with Tab."""

import shlex

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, Static

from smimetui.ui.files import complete_path, dropped_files
from smimetui.ui.screens.frame import Sheet


class PathInput(Input):
    """An input in which Tab completes."""

    def on_key(self, event: events.Key) -> None:
        """Complete on Tab, as a shell does."""
        if event.key == "tab":
            event.stop()
            event.prevent_default()
            self.value = complete_path(self.value)
            self.cursor_position = len(self.value)

    def _on_paste(self, event: events.Paste) -> None:
        """Take dropped files as their paths, each one word; the input's own handler, called next, takes all else."""
        files = dropped_files(event.text)
        if files:
            event.stop()
            event.prevent_default()
            self.value = str(files[0]) if len(files) == 1 else shlex.join(map(str, files))
            self.cursor_position = len(self.value)


class PathSheet(Sheet[str]):
    """Returns the path as it was typed, or None."""

    def __init__(self, *, title: str, question: str, done: str, value: str = "") -> None:
        super().__init__()
        self.title_word, self.done_word = title, done
        self._question, self._value = question, value

    def content(self) -> ComposeResult:
        """Yield the question and the input."""
        yield Static(Content(self._question), classes="muted", markup=False)
        yield PathInput(self._value, placeholder="path; Tab completes", id="path", select_on_focus=False)

    def on_mount(self) -> None:
        """Type at once."""
        self.query_one(PathInput).focus()

    def on_input_submitted(self) -> None:
        """Enter ends."""
        self.action_done()

    def action_done(self) -> None:
        """Return the path."""
        value = self.query_one(PathInput).value.strip()
        if value:
            self.dismiss(value)
        else:
            self.say("Type a path, or press Esc.")
