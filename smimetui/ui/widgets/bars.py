"""The bar of words above every screen, and the status line and line of keys below."""

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Static

from smimetui.model.display import printable_line
from smimetui.ui.acts import PALETTE, Act, acts


class Word(Static):
    """A word that acts when it is clicked; the same act always has a key."""

    DEFAULT_CSS = "Word { width: auto; pointer: pointer; }"

    def __init__(self, text: str, action: str, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(Content(printable_line(text)), id=id, classes=classes, markup=False)
        self._action = action

    def say(self, text: str) -> None:
        """Show another word."""
        self.update(Content(printable_line(text)))

    async def on_click(self) -> None:
        """Do what the word says."""
        await self.screen.run_action(self._action)


_BETWEEN = 2
"""Cells between two keys."""


class TitleBar(Widget):
    """Left: back. Middle: where. Right: the one main act. Below the middle: one quiet line."""

    DEFAULT_CSS = """
    TitleBar { height: 2; dock: top; padding: 0 2; layout: vertical; }
    TitleBar > Horizontal { height: 1; }
    TitleBar #where { width: 1fr; text-align: center; text-style: bold; }
    TitleBar .side { width: 14; color: $primary; }
    TitleBar #main { text-align: right; text-style: bold; }
    TitleBar #under {
        width: 1fr; height: 1; color: $muted; text-align: center; text-wrap: nowrap; text-overflow: ellipsis;
    }
    TitleBar #under.-warning { color: $warning; }
    """

    def __init__(self, *, back: tuple[str, str], where: str, main: tuple[str, str], under: str = "") -> None:
        super().__init__()
        self._back, self._main = back, main
        # Made here, and not with the layout: what is behind the screen may be there before it.
        self._where = Static(Content(printable_line(where)), id="where", markup=False)
        self._under = Static(Content(printable_line(under)), id="under", markup=False)

    def compose(self) -> ComposeResult:
        """Lay out the three words and the line below."""
        with Horizontal():
            yield Word(self._back[0], self._back[1], id="back", classes="side")
            yield self._where
            yield Word(self._main[0], self._main[1], id="main", classes="side")
        yield self._under

    def where(self, text: str) -> None:
        """Change the middle."""
        self._where.update(Content(printable_line(text)))

    def under(self, text: str | Content, *, tone: str = "") -> None:
        """Change the line below the middle; the tone `warning` is for what went wrong behind the screen."""
        self._under.set_class(tone == "warning", "-warning")
        self._under.update(text if isinstance(text, Content) else Content(printable_line(text)))


class KeyLine(Static):
    """The keys that matter here, each a clickable thing, as many as fit on the line."""

    DEFAULT_CSS = """
    KeyLine { height: 1; padding: 0 2; color: $muted; pointer: pointer; text-wrap: nowrap; }
    """

    def __init__(self) -> None:
        super().__init__("", markup=False)
        self._places: list[tuple[range, Act]] = []
        self._shown = Content()

    def on_mount(self) -> None:
        """Follow the bindings of the screen."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _screen: self.call_after_refresh(self.refresh))
        self.call_after_refresh(self.refresh)

    def render(self) -> Content:
        """Lay the keys out, as many as fit; as they are painted, so that they stand in the first frame."""
        if not self.is_attached or not self.screen.is_current:
            return self._shown
        words, self._places, used = [], [], 0
        for key in (*acts(self.screen, shown=True), PALETTE):
            end = used + len(key.keys[0]) + 1 + len(key.label)
            if end > self.size.width:
                break
            self._places.append((range(used, end), key))
            words.append(Content.assemble((key.keys[0], "$primary"), f" {key.label}"))
            used = end + _BETWEEN
        self._shown = Content(" " * _BETWEEN).join(words)
        return self._shown

    async def on_click(self, event: events.Click) -> None:
        """Do what the key under the mouse does."""
        column = event.get_content_offset_capture(self).x
        for place, key in self._places:
            if column in place:
                await self.app.run_action(key.action, key.node or self.app)
                return


class StatusLine(Static):
    """One sentence: what is selected, or what went wrong and what helps."""

    DEFAULT_CSS = """
    StatusLine { height: 1; padding: 0 2; color: $muted; text-wrap: nowrap; text-overflow: ellipsis; }
    StatusLine.-error, StatusLine.-warning, StatusLine.-accent {
        height: auto; max-height: 4; text-wrap: wrap; text-overflow: fold;
    }
    StatusLine.-error { color: $error; }
    StatusLine.-warning { color: $warning; }
    StatusLine.-accent { color: $primary; }
    """

    text: reactive[str] = reactive("")

    def __init__(self) -> None:
        super().__init__("", markup=False)

    def say(self, text: str, tone: str = "") -> None:
        """Show a sentence in a tone: empty, `accent`, `warning` or `error`."""
        for name in ("error", "warning", "accent"):
            self.set_class(tone == name, f"-{name}")
        self.text = printable_line(text)

    def watch_text(self, text: str) -> None:
        """Paint the sentence."""
        self.update(Content(text))


class OutgoingLine(Static):
    """What is about to leave, and how it is taken back; there only while something is."""

    DEFAULT_CSS = """
    OutgoingLine { height: 1; padding: 0 2; color: $foreground; display: none; pointer: pointer; text-wrap: nowrap; }
    OutgoingLine.-shown { display: block; }
    """

    def __init__(self) -> None:
        super().__init__("", markup=False)
        self._text = ""

    def say(self, text: str) -> None:
        """Show a line: what is happening, and behind a tab the key and the word that undo it. Empty hides it."""
        if text != self._text:
            self._text = text
            self.set_class(bool(text), "-shown")
            what, _, undo = text.partition("\t")
            key, _, word = undo.partition(" ")
            self.update(
                Content.assemble(what, " " * _BETWEEN, (key, "$primary"), (f" {word}", "$muted")) if undo else what
            )

    async def on_click(self) -> None:
        """Take it back."""
        await self.app.run_action("undo_send")


class Foot(Vertical):
    """Status line and line of keys on a raised panel; above them what is about to leave."""

    DEFAULT_CSS = "Foot { dock: bottom; height: auto; background: $panel; }"

    class Said(Message):
        """Nothing but a place for tests to wait on."""

    def compose(self) -> ComposeResult:
        """Lay out the lines."""
        yield OutgoingLine()
        yield StatusLine()
        yield KeyLine()
