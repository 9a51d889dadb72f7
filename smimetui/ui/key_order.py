"""Keys take effect in the order they were typed.

Textual hands a key to whatever has the focus when the key arrives, not when the keys before it have been handled: of a
burst (a slow line, a paste without brackets) `Tab` and the text behind it would end up in the same field, and F5 would
overtake the last words. Here a key waits until the one before it has gone through the widgets and the app.
"""

from collections import deque
from collections.abc import Callable
from typing import TypeVar

from textual import events
from textual.app import App
from textual.message_pump import MessagePump
from textual.widgets import Input

from smimetui.model.display import printable

ResultT = TypeVar("ResultT")
_PATIENCE = 2.0
"""Seconds after which a key no longer waits for the one before: a widget is busy, and keys must not be lost."""


class KeysInOrder(App[ResultT]):
    """An app that handles one key or paste at a time."""

    def __init__(self) -> None:
        super().__init__()
        self._held: deque[events.Key | events.Paste] = deque()
        self._turn = 0
        self._busy = False

    async def on_event(self, event: events.Event) -> None:
        """Hold a key back while another is on its way."""
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
        elif self._busy:
            self._held.append(event)
        else:
            await self._take(event)

    async def _take(self, event: events.Key | events.Paste) -> None:
        if isinstance(event, events.Paste) and not (isinstance(self.focused, Input) and self.focused.password):
            # What others wrote must not act on the terminal from wherever it is pasted; a password is not shown.
            event.text = printable(event.text)
        self._busy = True
        self._turn += 1
        turn = self._turn
        target: MessagePump = self.focused or self.screen
        await super().on_event(event)
        self.set_timer(_PATIENCE, lambda: self._release(turn))
        # Through what had the focus and all around it, then through what has it now: that may just have come to be.
        self._follow(target, lambda: self._follow(self.focused or self.screen, lambda: self._release(turn)))

    def _follow(self, pump: MessagePump, arrived: Callable[[], object]) -> None:
        """Queue up behind the key in each pump that it bubbles through, up to the app."""
        if pump is self:
            self.call_later(arrived)
            return
        parent = pump._parent or self  # noqa: SLF001 - the way a message bubbles
        if not pump.call_later(lambda: self._follow(parent, arrived)):
            self.call_later(arrived)

    async def _release(self, turn: int) -> None:
        if turn != self._turn or not self._busy:
            return
        self._busy = False
        if self._held:
            await self._take(self._held.popleft())
