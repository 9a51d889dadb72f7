"""The subject and the body: plain text; the body soft-wrapped, with undo."""

from pathlib import Path

from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.widgets import Input, TextArea

from smimetui.model.display import printable_line
from smimetui.ui.files import dropped_files


class BodyEditor(TextArea):
    """A TextArea without ornaments."""

    DEFAULT_CSS = """
    BodyEditor { height: 1fr; border: none; padding: 0 2; background: $background; scrollbar-size-vertical: 1; }
    BodyEditor:focus { border: none; }
    """

    BINDINGS = [  # noqa: RUF012 - Textual's own type
        # ^Z suspends programs, and ^/ and ^_ are one key to a terminal.
        Binding("ctrl+u,ctrl+underscore", "undo", "Undo", show=False, id="body.undo", tooltip="Undo in the text"),
        Binding("ctrl+y", "redo", "Redo", show=False, id="body.redo", tooltip="Redo in the text"),
    ]

    class Dropped(Message):
        """Nothing but files was pasted: a terminal's way to say that they were dropped here."""

        def __init__(self, files: tuple[Path, ...]) -> None:
            super().__init__()
            self.files = files

    class Undropped(Message):
        """The text was meant, not the files."""

    def __init__(self, text: str) -> None:
        self._dropped = ""
        super().__init__(
            text,
            id="body",
            soft_wrap=True,
            show_line_numbers=False,
            tab_behavior="focus",
            highlight_cursor_line=False,
            compact=True,
        )

    def take(self, text: str) -> None:
        """Show another text; one undo brings the old one back."""
        if text != self.text:
            self.history.checkpoint()
            self.replace(text, self.document.start, self.document.end, maintain_selection_offset=False)
            self.history.checkpoint()

    def action_undo(self) -> None:
        """Take the last change back; after a drop, put the text there that was pasted."""
        text, self._dropped = self._dropped, ""
        if text:
            self.post_message(self.Undropped())
            self.insert(text)
        else:
            super().action_undo()

    async def _on_key(self, event: events.Key) -> None:
        if event.is_printable:
            self._dropped = ""
        await super()._on_key(event)

    async def _on_paste(self, event: events.Paste) -> None:
        files = dropped_files(event.text) if event.text.lstrip()[:1] in {"/", "~", "'", '"', "f", "\\"} else ()
        if files:
            event.stop()
            event.prevent_default()
            self._dropped = event.text
            self.post_message(self.Dropped(files))
        # Else the text area's own handler takes it, which Textual calls by itself.


class SubjectInput(Input):
    """One line; Enter leads to the body, at once, so that nothing typed behind it stays here."""

    def __init__(self, text: str) -> None:
        super().__init__(text, id="subject", compact=True, select_on_focus=False)

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self.screen.set_focus(self.screen.query_one(BodyEditor))
        else:
            await super()._on_key(event)

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.insert_text_at_cursor(printable_line(event.text))
