"""What sheets share that talk to an account's server: one act at a time, which Esc and Cancel end at once."""

import re
from collections.abc import Callable
from threading import Event
from typing import TypeVar

from textual.content import Content
from textual.widgets import Static

from smimetui.model.display import printable
from smimetui.ui.account_book import Tell
from smimetui.ui.screens.frame import ResultT, Sheet, Work

T = TypeVar("T")

_GROUP = "connect"
_OPTIONS = {
    "endpoint": "Server",
    "auth": "Log in by",
    "client-id": "Application",
    "anchor": "Private CA",
    "authority": "Sign in at",
}
"""What the commands' options are called on the screen."""
_OPTION = re.compile(r"(?:give (?:it with )?)?--(" + "|".join(_OPTIONS) + r")\b(?: (oauth|[A-Z]+))?")


class Connecting(Sheet[ResultT]):
    """A sheet with a line `#progress` for what is told meanwhile."""

    _ended: Event | None = None

    def connect(self, work: Work) -> None:
        """Start an act, unless one is under way."""
        if self._ended is None:
            self.work(work, group=_GROUP, exclusive=True)

    async def call(self, act: Callable[[Tell, Event], T]) -> T | None:
        """Run an act on the accounts' lane, and return None where it fails.

        It is given how to tell, and the event that ends it.
        """
        ended = self._ended = Event()

        def tell(sentence: str) -> None:
            if not ended.is_set():
                self.app.call_from_thread(self.progress, f"{sentence}\nWaiting for it. Esc ends this.")

        self.say("")
        self.progress("Connecting… Esc ends this.")
        try:
            return await self.attempt(self.smimetui.lanes.account.call(lambda: act(tell, ended)))
        finally:
            # Also where the sheet, or the program, is left.
            ended.set()
            self._ended = None
            if self.is_mounted:
                self.progress("")

    def progress(self, text: str) -> None:
        """Show what is under way."""
        line = self.query_one("#progress", Static)
        line.update(Content(printable(text)))
        line.display = bool(text)

    def complain(self, sentence: str, tone: str = "error") -> None:
        """Say what went wrong, with the words of the screen for the commands' options."""
        super().complain(on_screen(sentence), tone)

    def end(self) -> bool:
        """End what is under way; False if nothing is."""
        if self._ended is None:
            return False
        self._ended.set()
        self.workers.cancel_group(self, _GROUP)
        return True

    def action_back(self) -> None:
        """End what is under way, or close the sheet."""
        if self.end():
            self.say("Cancelled. Nothing was changed.")
        else:
            self.leave()

    def leave(self) -> None:
        """Close the sheet."""
        self.dismiss(None)


def on_screen(sentence: str) -> str:
    """Return a sentence with options as the fields they are here: `Server` for `--endpoint URL`."""

    def field(found: re.Match[str]) -> str:
        name = _OPTIONS[found[1]]
        return f"{name}: OAuth" if found[2] == "oauth" else name

    return _OPTION.sub(field, sentence)
