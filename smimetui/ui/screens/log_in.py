"""A login that does not count any more: the new password, or a sign-in by a code in a browser."""

from threading import Event
from typing import ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, Static

from smimetui.model.display import printable_line
from smimetui.ui.account_book import ListedAccount, Tell
from smimetui.ui.screens.connecting import Connecting
from smimetui.ui.widgets.actions import Action, Actions


class LogInSheet(Connecting[bool]):
    """Returns True once the server lets the account in again.

    `refused`: the server said no by itself, and the sheet came over what somebody was doing.
    """

    AUTO_FOCUS: ClassVar[str | None] = ""
    title_word = "Log In"
    back_word = "Later"
    done_word = "Log In"

    def __init__(self, account: ListedAccount, *, refused: bool = False) -> None:
        super().__init__()
        self._account, self._refused = account, refused

    def content(self) -> ComposeResult:
        """Yield whose login it is, and what is needed."""
        address, where = self._account.account.address.spec, self._account.where
        sentence = f"{where} does not let {address} in any more." if self._refused else f"{address} at {where}"
        yield Static(Content(printable_line(sentence)), markup=False)
        if self._refused:
            yield Static(Content("What you were doing waits here, unchanged."), classes="muted", markup=False)
        if self._by_code:
            yield Actions([Action("Sign In by a Code in a Browser", "sign-in")])
        else:
            yield Static(Content("Password"), classes="muted gap", markup=False)
            yield Input(password=True, id="password")
        yield Static("", id="progress", classes="gap accent", markup=False)

    @property
    def _by_code(self) -> bool:
        return self._account.auth == "oauth"

    def on_mount(self) -> None:
        """Type at once."""
        self.progress("")
        self.query_one(Action if self._by_code else Input).focus()

    def on_input_submitted(self) -> None:
        """Enter logs in."""
        self.action_done()

    def on_action_chosen(self) -> None:
        """Sign in."""
        self.action_done()

    def action_done(self) -> None:
        """Log in."""
        if not self._by_code and not self.query_one(Input).value:
            self.say("Type the password, or press Esc.")
            self.query_one(Input).focus()
        else:
            self.connect(self._log_in)

    async def _log_in(self) -> None:
        book = self.smimetui.preferences.book
        if book is None:
            return
        address, ask = self._account.account.address, self.smimetui.ask
        password = "" if self._by_code else self.query_one(Input).value

        def log_in(tell: Tell, ended: Event) -> bool:
            book.log_in(address, password, ask=ask, tell=tell, cancelled=ended)
            return True

        if await self.call(log_in):
            if not self._by_code:
                self.query_one(Input).value = ""
            self.dismiss(True)

    def leave(self) -> None:
        """Close the sheet; the account stays as it is."""
        self.dismiss(False)
