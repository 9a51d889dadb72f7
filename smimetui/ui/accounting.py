"""The app's part that knows of accounts: their places, their logins, and what is done when they are others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.app import SystemCommand

from smimetui.ui.knocking import Knocking
from smimetui.ui.screens.frame import Speaking

if TYPE_CHECKING:
    from smimetui.model.address import Address
    from smimetui.ui.lanes import Lanes
    from smimetui.ui.logins import Logins
    from smimetui.ui.sessions import Sessions


class Accounting(Knocking):
    """A part of the app."""

    lanes: Lanes
    _sessions: Sessions
    _logins: Logins

    def ask(self, question: str) -> str:
        """Ask for the store's passphrase on the screen; only from a lane. Raises StoreLockedError."""
        return self._sessions.ask(question)

    async def log_in_again(self, address: Address) -> bool:
        """Ask for an account's login; True once the server lets it in."""
        return await self._logins.again(address)

    async def accounts_changed(self) -> None:
        """Take other accounts, or another order of them, into every screen."""
        book = self.preferences.book
        if book is not None:
            listed = await self.lanes.account.call(book.listed)
            self.preferences.accounts = tuple(found.account.address for found in listed)
        self.forget_sessions()
        for screen in self.screen_stack:
            if isinstance(screen, Speaking):
                screen.accounts_changed()

    def forget_sessions(self) -> None:
        """Open the sessions anew: there is another account."""
        self._sessions.forget()

    def account_commands(self) -> Iterable[SystemCommand]:
        """Yield the palette's ways to the accounts."""
        if self.preferences.book is not None:
            yield SystemCommand("Accounts", "add, check, change and remove accounts", self.action_accounts)
        yield SystemCommand("Check Account", "say what works of the default account", self.action_check_account)
        yield SystemCommand("Test Message", "send one to yourself, and see it come back", self.action_test_message)

    def action_accounts(self) -> None:
        """Show the accounts."""
        from smimetui.ui.screens.accounts import AccountsSheet

        self.push_screen(AccountsSheet())

    def action_check_account(self) -> None:
        """Say what works of the default account."""
        from smimetui.ui.screens.account_check import AccountCheckSheet

        self.push_screen(AccountCheckSheet())

    def action_test_message(self) -> None:
        """Send a test message to oneself."""
        from smimetui.ui.screens.round_trip import RoundTripSheet

        self.push_screen(RoundTripSheet())
