"""The body: plain text, soft-wrapped, with undo."""

from textual import events
from textual.widgets import TextArea

from smimetui.model.display import printable


class BodyEditor(TextArea):
    """A TextArea without ornaments that takes no control characters, not from a paste either."""

    DEFAULT_CSS = """
    BodyEditor { height: 1fr; border: none; padding: 0 2; background: $background; scrollbar-size-vertical: 1; }
    BodyEditor:focus { border: none; }
    """

    def __init__(self, text: str) -> None:
        super().__init__(
            text,
            id="body",
            soft_wrap=True,
            show_line_numbers=False,
            tab_behavior="focus",
            highlight_cursor_line=False,
            compact=True,
        )

    async def _on_paste(self, event: events.Paste) -> None:
        event.text = printable(event.text)
        await super()._on_paste(event)
