"""The open sessions, one an account: each is opened once, behind the screens, when somebody first asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.app import App

from smimetui.model.errors import StoreLockedError
from smimetui.services.account import Account
from smimetui.ui.lanes import Lane

if TYPE_CHECKING:
    from smimetui.services.session import Session

Ask = Callable[[str], str]
"""Asks the person for a passphrase, from a lane; raises StoreLockedError when they decline."""
OpenSession = Callable[[Ask, str], "Session"]
"""Opens the session of an account, named by its address; of the default one for an empty text. May block."""
DEFAULT = ""


class Sessions:
    """Account -> its session, or the opening of it."""

    def __init__(self, app: App[int], open_session: OpenSession, lane: Lane) -> None:
        self._app, self._open_session, self._lane = app, open_session, lane
        self._opening: dict[str, asyncio.Task[Session]] = {}
        self.open: dict[str, Session] = {}
        """The sessions that are ready."""

    async def get(self, account: str = DEFAULT) -> Session:
        """Return a session. Raises the SmimetuiError that keeps it shut; the next call tries again."""
        if (ready := self.open.get(account)) is not None:
            return ready
        if account not in self._opening:
            self._opening[account] = asyncio.create_task(self._open(account))
        try:
            return await asyncio.shield(self._opening[account])
        finally:
            if self._opening.get(account) is not None and self._opening[account].done():
                del self._opening[account]

    def adopt(self, account: Account) -> None:
        """Take changed defaults of an account into its open session."""
        for name, session in self.open.items():
            if session.account.address == account.address:
                self.open[name] = session.adopt(replace(account, address=session.account.address))

    async def _open(self, account: str) -> Session:
        loop = asyncio.get_running_loop()
        session = await self._lane.call(lambda: self._open_session(lambda question: self._ask(loop, question), account))
        self.open[account] = session
        return session

    def _ask(self, loop: asyncio.AbstractEventLoop, question: str) -> str:
        from smimetui.ui.screens.passphrase import PassphraseSheet

        async def ask() -> str | None:
            answer: asyncio.Future[str | None] = loop.create_future()
            await self._app.push_screen(PassphraseSheet(question), answer.set_result)
            return await answer

        given = asyncio.run_coroutine_threadsafe(ask(), loop).result()
        if given is None:
            raise StoreLockedError("the store stays locked", "press Ctrl+R to enter its passphrase")
        return given
