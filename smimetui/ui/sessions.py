"""The open sessions, one an account: each is opened once, behind the screens, when somebody first asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from smimetui.model.errors import StoreLockedError
from smimetui.services.account import Account
from smimetui.ui.lanes import Lanes

if TYPE_CHECKING:
    from smimetui.services.session import Session
    from smimetui.ui.knocking import Knocking

Ask = Callable[[str], str]
"""Asks the person for a passphrase, from a lane; raises StoreLockedError when they decline."""
OpenSession = Callable[[Ask, str], "Session"]
"""Opens the session of an account, named by its address; of the default one for an empty text. May block."""
DEFAULT = ""


class DeclinedError(StoreLockedError):
    """The person was asked for a passphrase, and gave none."""


class Sessions:
    """Account -> its session, or the opening of it."""

    def __init__(
        self, app: Knocking, open_session: OpenSession, lanes: Lanes, certificates_changed: Callable[[], None]
    ) -> None:
        self._app, self._open_session, self._lanes = app, open_session, lanes
        self._certificates_changed = certificates_changed
        self._asking: set[asyncio.Task[None]] = set()
        self._opening: dict[str, asyncio.Task[Session]] = {}
        self.open: dict[str, Session] = {}
        """The sessions that are ready."""
        self.questions = 0
        """Passphrases that the person is being asked for."""

    async def get(self, account: str = DEFAULT) -> Session:
        """Return a session. Raises the SmimetuiError that keeps it shut; the next call tries again."""
        if (ready := self.open.get(account) or self._default_of(account)) is not None:
            return ready
        if account not in self._opening:
            self._opening[account] = asyncio.create_task(self._open(account))
        try:
            return await asyncio.shield(self._opening[account])
        finally:
            if self._opening.get(account) is not None and self._opening[account].done():
                del self._opening[account]

    def _default_of(self, account: str) -> Session | None:
        """Return the default account's session where it is named by its address."""
        default = self.open.get(DEFAULT)
        return default if default is not None and default.account.address.spec == account else None

    def forget(self) -> None:
        """Close every session; each is opened anew when it is next asked for, for the accounts are others now."""
        thrown, self.open = self.open, {}
        self._opening = {}
        for session in thrown.values():
            session.close()

    def close(self) -> None:
        """Close every session for good: the program ends."""
        for task in self._opening.values():
            task.cancel()
        self.forget()

    def adopt(self, account: Account) -> None:
        """Take changed defaults of an account into its open session."""
        for name, session in self.open.items():
            if session.account.address == account.address:
                self.open[name] = session.adopt(replace(account, address=session.account.address))

    async def _open(self, account: str) -> Session:
        loop = asyncio.get_running_loop()
        ask = self.ask
        session = await self._lanes.store.call(lambda: self._open_session(ask, account))
        if self._opening.get(account) is not asyncio.current_task():
            # The accounts changed meanwhile.
            session.close()
            return await self.get(account)
        self.open[account] = session

        def wanted() -> None:
            with suppress(RuntimeError):  # the loop is closed: the program is quitting
                loop.call_soon_threadsafe(self._learn_of_revocation, session)

        session.revocation.on_wanted(wanted)
        return session

    def _learn_of_revocation(self, session: Session) -> None:
        """Ask the authorities behind the screens; the screens look again where a verdict is another one now."""

        async def learn() -> None:
            if await self._lanes.revocation.call(session.revocation.refresh_pending):
                self._certificates_changed()

        task = asyncio.create_task(learn())
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    def ask(self, question: str) -> str:
        """Ask for a passphrase on the screen; only from a lane. Raises StoreLockedError when it is declined."""
        from smimetui.ui.screens.passphrase import PassphraseSheet

        async def ask() -> str | None:
            answer: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
            self.questions += 1
            try:
                async with self._app.knocked("Unlock", "The store is locked.", needed=True):
                    await self._app.push_screen(PassphraseSheet(question), answer.set_result)
                    return await answer
            finally:
                self.questions -= 1

        # Sets the context that composing a screen needs, which a lane does not have.
        given: str | None = self._app.call_from_thread(ask)  # type: ignore[arg-type] # its type knows no coroutines
        if given is None:
            raise DeclinedError("the store stays locked", "press Ctrl+R to enter its passphrase")
        return given
