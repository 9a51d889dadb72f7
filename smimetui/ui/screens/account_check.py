"""What works of an account: one line after the other, as each is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from smimetui.model.display import printable_line
from smimetui.services.account_check import LOGIN, check_account
from smimetui.ui.screens.frame import Sheet, field
from smimetui.ui.widgets.actions import Action, Actions

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from smimetui.model.address import Address
    from smimetui.services.account_check import Line

_TONES = {True: "", None: "warning", False: "error"}


class AccountCheckSheet(Sheet[None]):
    """Checks when it opens; closing it ends the check."""

    title_word = "Check Account"
    back_word = "Close"
    done_word = "Done"

    def __init__(self, address: Address | None = None) -> None:
        super().__init__()
        self._address = address
        """None for the default account."""
        self._found: list[Line] = []

    def content(self) -> ComposeResult:
        """Yield whose account it is, room for the lines, and the ways on."""
        whose = self._address.spec if self._address else ""
        yield Static(Content(printable_line(whose)), id="whose", classes="muted", markup=False)
        yield VerticalScroll(id="findings", classes="gap")
        yield Static("Checking…", id="progress", classes="gap muted", markup=False)
        yield Actions([Action("Check Again", "again"), Action("Log In Again…", "login")])

    def on_mount(self) -> None:
        """Begin."""
        self.query_one("#findings").focus()
        self._begin()

    def _begin(self) -> None:
        self._found.clear()
        self.query_one("#findings").remove_children()
        self.query_one("#progress").display = True
        self.query_one(Actions).display = False
        self.work(self._check, group="check", exclusive=True)

    async def _check(self) -> None:
        session = await self.attempt(self.smimetui.session(self._address.spec if self._address else ""))
        if session is not None:
            self._address = session.account.address
            self.query_one("#whose", Static).update(Content(printable_line(self._address.spec)))
            lines = check_account(session)
            # Nobody asks for the next line once the sheet is closed.
            while (line := await self.attempt(self.smimetui.lanes.account.call(lambda: next(lines, None)))) is not None:
                self._found.append(line)
                await self.query_one("#findings").mount(self._shown(line))
        self._end()

    def _shown(self, line: Line) -> Vertical:
        glyphs = self.smimetui.glyphs
        mark = {True: glyphs.trusted, None: glyphs.dot, False: glyphs.failed}[line.works]
        label = printable_line(f"{mark} {line.what[:1].upper()}{line.what[1:]}")
        return field(label, printable_line(line.found), tone=_TONES[line.works])

    def _end(self) -> None:
        failing = sum(line.works is False for line in self._found)
        self.query_one("#progress").display = False
        refused = any(line.works is False and line.what == LOGIN for line in self._found)
        can_log_in = refused and self.smimetui.preferences.book is not None
        self.query_one(Actions).display = True
        self.query_one("#act-login").display = can_log_in
        self.query_one("#act-login" if can_log_in else "#act-again", Action).focus()
        if self._found:
            self.say(
                f"{failing} of {len(self._found)} do not work." if failing else "Everything works.", _tone(failing)
            )

    def on_action_chosen(self, event: Action.Chosen) -> None:
        """Check again, after a new login if that is what is needed."""
        if event.act == "login" and self._address is not None:
            self.work(self._log_in, group="check", exclusive=True)
        else:
            self._begin()

    async def _log_in(self) -> None:
        assert self._address is not None
        if await self.smimetui.log_in_again(self._address):
            self._begin()


def _tone(failing: int) -> str:
    return "warning" if failing else "accent"
