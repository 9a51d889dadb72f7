"""An attached file, as a block that can be selected and removed."""

from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.widgets import Static


class FileChip(Static, can_focus=True):
    """Backspace or Delete takes the file out; Left and Right move on."""

    DEFAULT_CSS = """
    FileChip { width: auto; height: 1; padding: 0 1; margin-right: 1; background: $chip-neutral;
               color: $chip-neutral-text; text-wrap: nowrap; }
    FileChip:focus { text-style: reverse; }
    """
    BINDINGS = [  # noqa: RUF012 - Textual's own type
        Binding("backspace,delete", "remove", "Remove", show=False, tooltip="Take the selected file out"),
        Binding("left", "screen.focus_previous", "Previous", show=False),
        Binding("right", "screen.focus_next", "Next", show=False),
    ]

    class Removed(Message):
        """The file is to be taken out."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, label: str, index: int) -> None:
        super().__init__(Content(label), markup=False)
        self._index = index

    def action_remove(self) -> None:
        """Ask to be taken out."""
        self.post_message(self.Removed(self._index))
