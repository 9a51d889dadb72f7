"""The app's part that opens the store behind the first frame, and says what keeps it shut and what helps."""

from __future__ import annotations

import asyncio

from textual.binding import Binding
from textual.worker import Worker

from smimetui.model.display import as_sentence
from smimetui.model.errors import SmimetuiError, StoreError
from smimetui.ui.accounting import Accounting
from smimetui.ui.screens.frame import Speaking
from smimetui.ui.sessions import DeclinedError

_PATIENCE = 2.0
"""Seconds; an unlocked keyring takes a tenth of one."""
_AGAIN = "try_again"


class Opening(Accounting):
    """A part of the app."""

    BINDINGS = [  # noqa: RUF012 - Textual's own type
        Binding(
            "ctrl+r",
            _AGAIN,
            "Try Again",
            id="app.try_again",
            show=False,
            priority=True,
            tooltip="Open the store again",
        ),
    ]

    def say(self, text: str, tone: str = "") -> None:
        """Say a sentence on the screen in front."""
        if isinstance(self.screen, Speaking):
            self.screen.say(text, tone)

    async def open_store(self) -> bool:
        """Open the default account's session; where that fails, say why, and what helps."""
        opening = asyncio.ensure_future(self._sessions.get())
        await asyncio.wait({opening}, timeout=_PATIENCE)
        if not opening.done() and not self._sessions.questions:
            # It may take a minute, and nobody has to wait: what needs the store does.
            self.say("The keyring does not answer yet; it may ask for its password elsewhere.", "warning")
        try:
            await opening
        except SmimetuiError as error:
            self.say(self.told(error), "error")
            return False
        return True

    def told(self, error: SmimetuiError) -> str:
        """Return what went wrong and what helps, and the key that opens a store that is shut."""
        if self._sessions.open or isinstance(error, DeclinedError) or not isinstance(error, StoreError):
            return str(error)
        sentences = (as_sentence(part) for part in (error.summary, error.hint) if part)
        return f"{' '.join(sentences)} Ctrl+R tries again."

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to try again while there is something to try."""
        return not self._sessions.open if action == _AGAIN else super().check_action(action, parameters)

    def action_try_again(self) -> None:
        """Open the store again, and let every screen begin with it."""
        _: Worker[None] = self.run_worker(self._try_again, group=_AGAIN, exclusive=True)

    async def _try_again(self) -> None:
        if await self.open_store():
            for screen in self.screen_stack:
                if isinstance(screen, Speaking):
                    screen.complain("")
                    screen.accounts_changed()
