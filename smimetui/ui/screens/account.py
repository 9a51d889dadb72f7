"""A new account: address, where its mail is, how to log in; then what worked, line by line."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from smimetui.model.display import printable
from smimetui.ui.preferences import NewAccount
from smimetui.ui.screens.frame import Sheet, row
from smimetui.ui.widgets.actions import Action

if TYPE_CHECKING:
    from textual.app import ComposeResult

_BACKENDS = {"exchange": "Exchange", "maildir": "Maildir on this machine"}
_AUTHS = {"": "found out by itself", "basic": "basic", "ntlm": "NTLM", "oauth": "OAuth, by a code in a browser"}


class AccountSheet(Sheet[bool]):
    """Returns True once the account is in the settings."""

    title_word = "Add Account"
    done_word = "Add"

    def __init__(self) -> None:
        super().__init__()
        self._backend, self._auth = "exchange", ""
        self._added = False

    def content(self) -> ComposeResult:
        """Yield the fields of both kinds; those of the other kind are hidden."""
        with VerticalScroll(id="account-fields"):
            yield row("Address", Input(placeholder="you@corp.example", id="address"))
            yield row("Mail is in", Action("", "backend"))
            with Vertical(id="exchange-fields", classes="auto"):
                yield row("Login", Input(placeholder="the address, or DOMAIN\\name", id="login"))
                yield row("Password", Input(password=True, id="password"))
                yield row("Server", Input(placeholder="empty: found by autodiscover", id="endpoint"))
                yield row("Log in by", Action("", "auth"))
                with Vertical(id="oauth-fields", classes="auto"):
                    yield row("Application", Input(placeholder="client id, registered by IT", id="client-id"))
            with Vertical(id="maildir-fields", classes="auto"):
                yield row("Folder", Input(placeholder="~/Mail", id="path"))
        yield Static("", id="account-report", classes="gap", markup=False)

    def on_mount(self) -> None:
        """Type at once."""
        self._paint()
        self.query_one("#address").focus()

    def _paint(self) -> None:
        self.query_one("#act-backend", Action).rename(_BACKENDS[self._backend], "backend")
        self.query_one("#act-auth", Action).rename(_AUTHS[self._auth], "auth")
        self.query_one("#exchange-fields").display = self._backend == "exchange"
        self.query_one("#oauth-fields").display = self._auth == "oauth"
        self.query_one("#maildir-fields").display = self._backend == "maildir"

    def on_action_chosen(self, event: Action.Chosen) -> None:
        """Turn to the next choice."""
        if event.act == "backend":
            self._backend = _after(_BACKENDS, self._backend)
        else:
            self._auth = _after(_AUTHS, self._auth)
        self._paint()

    def on_input_submitted(self) -> None:
        """Enter leads on; behind the last field it adds the account."""
        last = "path" if self._backend == "maildir" else "endpoint"
        if self.focused is not None and self.focused.id == last:
            self.action_done()
        else:
            self.focus_next()

    def action_done(self) -> None:
        """Add the account, or close the sheet once it is added."""
        if self._added:
            self.dismiss(True)
            return
        add = self.smimetui.preferences.add_account
        if add is None:
            self.say("Accounts cannot be added here.", "error")
            return
        self.work(self._add, exclusive=True)

    async def _add(self) -> None:
        add = self.smimetui.preferences.add_account
        if add is None:
            return
        wanted = self._wanted()
        self._report(("Connecting…",))

        def tell(sentence: str) -> None:
            self.app.call_from_thread(self._report, (sentence,))

        lines = await self.attempt(self.smimetui.lanes.mail.call(partial(add, wanted, tell)))
        if lines is None:
            self._report(())
            return
        self._added = True
        self.query_one("#password", Input).value = ""
        self.query_one("#sheet-done", Static).update(Content("Done"))
        self.query_one("#account-fields").disabled = True
        self._report(lines)
        self.say("The account is added. Enter or Esc closes this.", "accent")
        self.set_focus(None)

    def _wanted(self) -> NewAccount:
        def text(name: str) -> str:
            return self.query_one(f"#{name}", Input).value.strip()

        return NewAccount(
            address=text("address"),
            backend=self._backend,
            endpoint=text("endpoint"),
            auth=self._auth,
            login=text("login"),
            password=self.query_one("#password", Input).value,
            path=text("path"),
            client_id=text("client-id"),
        )

    def _report(self, lines: tuple[str, ...]) -> None:
        self.query_one("#account-report", Static).update(Content("\n".join(map(printable, lines))))

    def key_enter(self) -> None:
        """Close the sheet once the account is added."""
        if self._added:
            self.dismiss(True)

    def action_back(self) -> None:
        """Close the sheet; what was added stays."""
        self.dismiss(self._added)


def _after(choices: dict[str, str], current: str) -> str:
    names = list(choices)
    return names[(names.index(current) + 1) % len(names)]
