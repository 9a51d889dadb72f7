"""What all screens and sheets share: a place to say things, and one way to call the services."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from smimetui.model.errors import SmimetuiError
from smimetui.ui.widgets.bars import StatusLine, Word

if TYPE_CHECKING:
    from smimetui.ui.app import SmimetuiApp

ResultT = TypeVar("ResultT")
T = TypeVar("T")


Work = Callable[[], Coroutine[Any, Any, None]]
_PATIENCE = 0.7
"""Seconds until a wait is said."""


class Speaking(Screen[ResultT]):
    """What screens and sheets share."""

    AUTO_FOCUS: ClassVar[str | None] = None

    @property
    def smimetui(self) -> "SmimetuiApp":
        """The app, with its own type."""
        return cast("SmimetuiApp", self.app)

    def on_screen_resume(self) -> None:
        """Show what is about to leave here, too."""
        self.smimetui.outgoing.paint()

    def say(self, text: str, tone: str = "") -> None:
        """Put a sentence into the status line."""
        for line in self.query(StatusLine):
            line.set_class(bool(text), "-shown")
            line.say(text, tone)

    def came_back(self, sentence: str | None) -> None:
        """Say what a screen tells that was opened from here and is closed."""
        if sentence:
            self.say(sentence, "accent")

    async def attempt(self, call: Awaitable[T], *, meanwhile: str = "") -> T | None:
        """Await a service call; an error becomes a sentence in the status line and None."""
        try:
            return await (self.patiently(call, meanwhile) if meanwhile else call)
        except SmimetuiError as error:
            self.complain(self.smimetui.told(error))
            return None

    async def in_store(self, act: Callable[[], T]) -> T | None:
        """Do something with the store on its lane, as `attempt`; what was wrong with it before is taken back."""
        self.say("")
        return await self.attempt(self.smimetui.lanes.store.call(act), meanwhile="Waiting for the store…")

    async def patiently(self, call: Awaitable[T], meanwhile: str) -> T:
        """Await a service call; `meanwhile` is said of one that takes its time, and is gone with it."""
        said = False

        def say() -> None:
            nonlocal said
            said = True
            self.say(meanwhile)

        timer = self.set_timer(_PATIENCE, say)
        try:
            return await call
        finally:
            timer.stop()
            if said and self.is_mounted:
                self.say("")

    def complain(self, sentence: str, tone: str = "error") -> None:
        """Say what went wrong; a screen that says other things too keeps it in sight for a while."""
        self.say(sentence, tone)

    def work(self, work: Work, *, group: str = "default", exclusive: bool = False) -> None:
        """Run a coroutine function beside the screen; `exclusive` ends the group's earlier work."""
        _: Worker[None] = self.run_worker(work, group=group, exclusive=exclusive, exit_on_error=False)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say so when work ended by a mistake of the program: the draft on the screen is worth more than a crash."""
        if event.state is WorkerState.ERROR:
            kind = type(event.worker.error).__name__
            self.say(f"A mistake in smimetui stopped this ({kind}). What you wrote is still here.", "error")

    def certificates_changed(self) -> None:
        """Look again: a certificate was installed or removed."""

    def outgoing_changed(self, sentence: str, tone: str) -> None:
        """Show what waits in the outbox now; `sentence` says what became of a message, if anything did."""

    def accounts_changed(self) -> None:
        """Let go of what belongs to the sessions of before: they are closed."""
        self.certificates_changed()


class Frame(Speaking[ResultT]):
    """A whole screen."""


class Sheet(Speaking[ResultT], ModalScreen[ResultT]):
    """A sheet over the dimmed screen: a bar of words, then what it is about."""

    BINDINGS = [  # noqa: RUF012 - Textual's own type
        Binding("escape", "back", "Back", id="sheet.back"),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
    ]
    back_word = "Cancel"
    within = False
    """The sheet came from another one, and leads back to it."""
    title_word = ""
    done_word = ""

    def compose(self) -> ComposeResult:
        """Lay out the bar and the sheet's own content."""
        with Vertical(classes="sheet"):
            with Vertical(classes="sheet-bar"):
                back = f"{self.smimetui.glyphs.back} {self.back_word}" if self.within else self.back_word
                yield Word(back, "back", id="sheet-back")
                yield Static(Content(self.title_word), id="sheet-title", markup=False)
                yield Word(self.done_word, "done", id="sheet-done")
            yield from self.content()
            yield StatusLine()

    def content(self) -> ComposeResult:
        """Yield what the sheet is about."""
        yield from ()

    def action_page(self, step: int) -> None:
        """Scroll what is more than fits, whatever has the focus."""
        for box in self.query(VerticalScroll):
            box.scroll_relative(y=step * max(1, box.size.height - 1), animate=False)
            return

    def action_back(self) -> None:
        """Close the sheet."""
        self.dismiss(None)

    def action_done(self) -> None:
        """Close the sheet."""
        self.dismiss(None)


def row(label: str, widget: Widget) -> Vertical:
    """Return a row of a form: a grey label and what is filled in."""
    return Vertical(Static(Content(label), classes="label", markup=False), widget, classes="field")


def field(label: str, value: str | Content, *, id: str | None = None, tone: str = "") -> Vertical:  # noqa: A002 - Textual's own name
    """Return a row of a sheet: a grey label and a value that wraps."""
    content = value if isinstance(value, Content) else Content(value)
    return Vertical(
        Static(Content(label), classes="label", markup=False),
        Static(content, classes=f"value {tone}".strip(), id=id, markup=False),
        classes="field",
    )
