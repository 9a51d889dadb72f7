"""A new account: address, where its mail is, how to log in; what is seldom needed is behind one word."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from smimetui.model.display import printable_line
from smimetui.ui.account_book import NewAccount
from smimetui.ui.files import read_small
from smimetui.ui.screens.choice import Choice, ChoiceSheet
from smimetui.ui.screens.connecting import Connecting, on_screen
from smimetui.ui.screens.path import PathInput
from smimetui.ui.widgets.actions import Action, following

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Event

    from textual.app import ComposeResult
    from textual.widget import Widget

    from smimetui.model.address import Address
    from smimetui.model.certificate import Certificate
    from smimetui.ui.account_book import Tell

_BACKENDS = {"exchange": "Exchange", "maildir": "Maildir on this machine"}
_AUTHS = {"": "found out by itself", "basic": "basic", "ntlm": "NTLM", "oauth": "OAuth, by a code in a browser"}


class AccountSheet(Connecting["Address"]):
    """Returns the address of the account once it is in the settings."""

    title_word = "Add Account"
    done_word = "Add"

    def __init__(self) -> None:
        super().__init__()
        self._backend, self._auth, self._more = "exchange", "", False
        self._trusted: set[str] = set()
        """SHA-256 of the authorities that the person looked at."""

    def content(self) -> ComposeResult:
        """Yield the fields of all kinds; those that do not matter are hidden."""
        with VerticalScroll(id="account-fields", can_focus=False):
            yield self._row("Address", Input(placeholder="you@corp.example", id="address"))
            yield self._row("Mail is in", Action("", "backend"))
            with Vertical(id="exchange-fields", classes="auto"):
                yield from self._exchange_rows()
            with Vertical(id="maildir-fields", classes="auto"):
                yield self._row("Folder", PathInput(placeholder="~/Mail; Tab completes", id="path"))
        yield Static("", id="progress", classes="gap accent", markup=False)

    def _exchange_rows(self) -> Iterator[Widget]:
        yield self._row("Password", Input(password=True, id="password"), "password-row")
        yield self._row("Log in by", Action("", "auth"))
        yield self._row("Application", Input(placeholder="client id, registered by IT", id="client-id"), "client-row")
        yield self._row("Sign in at", Input(placeholder="empty: Microsoft; or a tenant", id="authority"), "tenant-row")
        yield self._row("Login", Input(placeholder="the address, or DOMAIN\\name", id="login"), "login-row")
        yield self._row("Server", Input(placeholder="empty: found by autodiscover", id="endpoint"), "server-row")
        yield self._row("Private CA", PathInput(placeholder="PEM file; Tab completes", id="anchor"), "anchor-row")
        yield self._row("", Action("More…", "more"), "more-row")

    @staticmethod
    def _row(label: str, widget: Widget, name: str | None = None) -> Widget:
        return Vertical(Static(Content(label), classes="label", markup=False), widget, classes="field", id=name)

    def on_mount(self) -> None:
        """Type at once."""
        self.progress("")
        self._paint()
        self.query_one("#address").focus()

    def _paint(self) -> None:
        by_code = self._auth == "oauth"
        self.query_one("#act-backend", Action).rename(_BACKENDS[self._backend], "backend")
        self.query_one("#act-auth", Action).rename(_AUTHS[self._auth], "auth")
        shown = {
            "exchange-fields": self._backend == "exchange",
            "maildir-fields": self._backend == "maildir",
            "password-row": not by_code,
            "client-row": by_code,
            "tenant-row": by_code,
            "login-row": self._more and not by_code,
            "server-row": self._more,
            "anchor-row": self._more,
            "more-row": not self._more,
        }
        for name, matters in shown.items():
            self.query_one(f"#{name}").display = matters

    def on_action_chosen(self, event: Action.Chosen) -> None:
        """Turn to the next choice, or show what is seldom needed."""
        match event.act:
            case "backend":
                self._backend = following(_BACKENDS, self._backend)
            case "auth":
                self._auth = following(_AUTHS, self._auth)
            case _:
                self._more = True
        self._paint()
        if event.act == "more":
            self.query_one("#endpoint").focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter leads on to the next field to type in; behind the last it adds the account."""
        fields = [field for field in self.query(Input) if _is_shown(field)]
        following = fields[fields.index(event.input) + 1 :]
        if following:
            following[0].focus()
        else:
            self.action_done()

    def action_done(self) -> None:
        """Add the account."""
        if self.smimetui.preferences.book is None:
            self.say("Accounts cannot be added here.", "error")
        else:
            self.connect(self._add)

    def complain(self, sentence: str, tone: str = "error") -> None:
        """Say what went wrong, and show the field that would help."""
        super().complain(sentence, tone)
        if self._backend == "exchange" and on_screen(sentence) != sentence:
            self._more = True
            self._paint()

    async def _add(self) -> None:
        book = self.smimetui.preferences.book
        wanted = self._wanted()
        trusted = await self._trusted_in(wanted.anchor) if wanted.anchor else ""
        if book is None or trusted is None:
            return
        # What was looked at, whatever becomes of the file.
        wanted = replace(wanted, anchor=trusted)
        ask = self.smimetui.ask

        def add(tell: Tell, ended: Event) -> Address:
            return book.add(wanted, ask=ask, tell=tell, cancelled=ended)

        address = await self.call(add)
        if address is not None:
            self.query_one("#password", Input).value = ""
            self.dismiss(address)

    async def _trusted_in(self, file: str) -> str | None:
        """Show the authorities of a file, each with its fingerprint, and ask whether they count for this account.

        Returns them as PEM, or None.
        """
        found = await self.attempt(self.smimetui.lanes.account.call(partial(_authorities, file)))
        for authority in found or ():
            if authority.sha256 in self._trusted:
                continue
            if await self.app.push_screen_wait(_question(authority)) != "trust":
                self.say("Not trusted, so nothing was added.")
                return None
            self._trusted.add(authority.sha256)
        return "".join(authority.pem for authority in found) if found else None

    def _wanted(self) -> NewAccount:
        def text(name: str) -> str:
            field = self.query_one(f"#{name}", Input)
            return field.value.strip() if _is_shown(field) else ""

        password = self.query_one("#password", Input)
        return NewAccount(
            address=text("address"),
            backend=self._backend,
            endpoint=text("endpoint"),
            auth=self._auth,
            login=text("login"),
            password=password.value if _is_shown(password) else "",
            path=text("path"),
            client_id=text("client-id"),
            authority=text("authority"),
            anchor=text("anchor"),
        )


def _question(authority: Certificate) -> ChoiceSheet:
    from smimetui.services.expiry import day
    from smimetui.ui.screens.certificate import two_lines

    lines = (
        Content.assemble((printable_line(authority.display_name), "bold")),
        two_lines(authority.sha256),
        "",
        "Whoever holds it can pose as the server and take your password. Compare the SHA-256 over another channel.",
        "It counts for this account's server alone.",
        "",
        printable_line(authority.subject),
        f"valid to {day(authority.not_after)}",
    )
    choices = (Choice("Do Not Trust", "keep"), Choice("Trust for This Account", "trust", danger=True))
    return ChoiceSheet(title="Private CA", lines=lines, choices=choices)


def _authorities(name: str) -> tuple[Certificate, ...]:
    from smimetui.model.errors import FormatError
    from smimetui.smime.x509 import load_certificates

    data = read_small(Path(name).expanduser())
    try:
        found = load_certificates(data) if data.isascii() else ()
    except FormatError:
        found = ()
    if not found:
        raise FormatError(f"{printable_line(name)} is no PEM file with a certificate")
    return found


def _is_shown(field: Widget) -> bool:
    return all(node.display for node in (field, *field.ancestors) if not node.is_dom_root)
