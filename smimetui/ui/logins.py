"""Asks for a login again where a server does not take it any more, one sheet at a time."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from textual.worker import Worker

from smimetui.model.address import Address
from smimetui.model.errors import SmimetuiError

if TYPE_CHECKING:
    from smimetui.ui.account_book import AccountBook, ListedAccount
    from smimetui.ui.app import SmimetuiApp


class Logins:
    """An account whose sheet was closed without a login is not asked for again by itself."""

    def __init__(self, app: SmimetuiApp) -> None:
        self._app = app
        self._asked: set[Address] = set()

    def watch(self, book: AccountBook) -> None:
        """Hear of refused logins from now on."""
        loop = asyncio.get_running_loop()

        def refused(address: Address) -> None:
            with suppress(RuntimeError):  # the loop is closed: the program is quitting
                loop.call_soon_threadsafe(self._refused, address)

        book.on_refused_login(refused)

    def _refused(self, address: Address) -> None:
        from smimetui.ui.screens.account_check import AccountCheckSheet
        from smimetui.ui.screens.log_in import LogInSheet

        # These have their own way to it.
        if address not in self._asked and not isinstance(self._app.screen, AccountCheckSheet | LogInSheet):
            self._asked.add(address)
            worker: Worker[bool] = self._app.run_worker(partial(self.again, address, refused=True), exit_on_error=False)
            del worker

    async def again(self, address: Address, *, refused: bool = False) -> bool:
        """Ask for an account's login; True once it is let in, and every screen looks again."""
        from smimetui.ui.screens.log_in import LogInSheet

        app = self._app
        try:
            account = await self._listed(address)
        except SmimetuiError as error:
            app.say(str(error), "error")
            return False
        if account is None or not account.auth:
            return False
        sheet = LogInSheet(account, refused=refused)
        if refused:
            async with app.knocked("Log In", f"{account.where} refused the login of {address.spec}."):
                done = await app.push_screen_wait(sheet)
        else:
            done = await app.push_screen_wait(sheet)
        if done:
            self._asked.discard(address)
            app.certificates_changed()
            app.say("Logged in again.", "accent")
            app.outgoing.retry()
        return bool(done)

    async def _listed(self, address: Address) -> ListedAccount | None:
        book = self._app.preferences.book
        if book is None:
            return None
        accounts = await self._app.lanes.account.call(book.listed)
        return next((found for found in accounts if found.account.address == address), None)
