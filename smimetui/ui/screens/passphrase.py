"""A sheet that asks for a passphrase."""

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, Static

from smimetui.ui.screens.frame import Sheet


class PassphraseSheet(Sheet[str]):
    """Returns the passphrase, or None."""

    title_word = "Unlock"
    done_word = "Unlock"

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def content(self) -> ComposeResult:
        """Yield the question and a masked input."""
        yield Static(Content(self._question), classes="muted", markup=False)
        yield Input(password=True, id="passphrase")

    def on_mount(self) -> None:
        """Type at once."""
        self.query_one(Input).focus()

    def on_input_submitted(self) -> None:
        """Enter ends."""
        self.action_done()

    def action_done(self) -> None:
        """Return what was typed and forget it here."""
        field = self.query_one(Input)
        value, field.value = field.value, ""
        self.dismiss(value)
