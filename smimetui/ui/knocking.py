"""A sheet that nobody called for knocks first: it opens between two acts, and never under hands that are typing.

So no word of a letter goes into a password, and none is lost. Whoever types reads one line, and lets the sheet in by a
key when it suits.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import field
from time import monotonic

from textual import events
from textual.binding import Binding
from textual.widgets import Input, TextArea

from smimetui.model.value import dataclass
from smimetui.ui.acts import key_name
from smimetui.ui.preferences import Preferences
from smimetui.ui.screens.frame import Sheet, Speaking
from smimetui.ui.tty import InTerminal
from smimetui.ui.widgets.knock import Knock

_PAUSE = 0.6
"""Seconds without a key, where keys are commands, until a sheet may open."""
_LOOK = 0.1
_LET_IN = "let_in"


@dataclass(eq=False, slots=True)
class _Visit:
    """A sheet outside the door."""

    verb: str
    why: str
    needed: bool
    """A sheet that is open already may be waiting for this one."""
    welcome: asyncio.Event = field(default_factory=asyncio.Event)


class Knocking(InTerminal):
    """A part of the app."""

    BINDINGS = [  # noqa: RUF012 - Textual's own type
        Binding("f9", _LET_IN, "Unlock", id="app.let_in", show=False, priority=True, tooltip="Unlock, or log in"),
    ]

    def __init__(self, preferences: Preferences) -> None:
        super().__init__(preferences)
        self._outside: list[_Visit] = []
        self._inside = 0
        self._typing = False
        self._last_key = 0.0

    async def on_event(self, event: events.Event) -> None:
        """Notice what the hands are at, then handle the event."""
        if isinstance(event, events.Key | events.Paste | events.MouseDown) and not event.is_forwarded:
            self._typing = self._is_typing(event)
            acts = isinstance(event, events.MouseDown) or (isinstance(event, events.Key) and _is_act(event.key))
            self._last_key = 0.0 if acts and not self._typing else monotonic()
        await super().on_event(event)

    def _is_typing(self, event: events.Event) -> bool:
        if isinstance(event, events.MouseDown) or not self._in_text:
            return False
        if isinstance(event, events.Key) and event.key == "enter":
            # In a form it is the end of typing; in a letter it goes on to the next line, or recipient.
            return not isinstance(self.screen, Sheet)
        return not (isinstance(event, events.Key) and _is_act(event.key))

    @property
    def _in_text(self) -> bool:
        return isinstance(self.focused, Input | TextArea)

    @property
    def _hands_free(self) -> bool:
        if self._held or (self._typing and self._in_text):
            return False
        return monotonic() - self._last_key >= _PAUSE

    @asynccontextmanager
    async def knocked(self, verb: str, why: str, *, needed: bool = False) -> AsyncIterator[None]:
        """Go on when a sheet may open; the next one is not let in before this one is done with.

        Until then one line on the screen names the key, the `verb` and `why`. One that is `needed` does not wait for
        another: that may be waiting for it.
        """
        visit = _Visit(verb, why, needed)
        self._outside.insert(0 if needed else len(self._outside), visit)
        try:
            while not self._may_enter(visit):
                await self._show()
                with suppress(TimeoutError):
                    await asyncio.wait_for(visit.welcome.wait(), _LOOK)
        finally:
            self._outside.remove(visit)
            self._hide()
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1

    def _may_enter(self, visit: _Visit) -> bool:
        return visit is self._next and (visit.welcome.is_set() or self._hands_free)

    @property
    def _next(self) -> _Visit | None:
        """Who is let in next; nobody before whoever is inside has left."""
        first = self._outside[0] if self._outside else None
        return first if first is not None and (first.needed or not self._inside) else None

    async def _show(self) -> None:
        screen, visit = self.screen, self._next
        if visit is not None and isinstance(screen, Speaking) and not screen.query(Knock):
            await screen.mount(Knock(self._key, visit.verb, visit.why, f"app.{_LET_IN}"))

    @property
    def _key(self) -> str:
        for bound in self.screen.active_bindings.values():
            if bound.binding.action == _LET_IN:
                return key_name(self.get_key_display(bound.binding))
        return "F9"

    def _hide(self) -> None:
        for screen in self.screen_stack:
            screen.query(Knock).remove()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave the key to others while nothing knocks."""
        return self._next is not None if action == _LET_IN else super().check_action(action, parameters)

    def action_let_in(self) -> None:
        """Open the sheet that knocks."""
        if self._next is not None:
            self._next.welcome.set()


def _is_act(key: str) -> bool:
    return key in {"enter", "escape"} or (key[:1] == "f" and key[1:].isdigit())
