"""What works of an account: one line after the other, as each is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from smimetui.model.display import printable_line
from smimetui.services.account_check import LOGIN, Line, check_account
from smimetui.ui.screens.frame import Sheet, field
from smimetui.ui.widgets.actions import Action, Actions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.app import ComposeResult

    from smimetui.model.address import Address
    from smimetui.services.session import Session

_LAST = Line(works=True, what="", found="")
_TONES = {True: "", None: "warning", False: "error"}


class AccountCheckSheet(Sheet[None]):
    """Checks when it opens; closing it ends the check. Another kind of check says what `lines` are tried."""

    title_word = "Check Account"
    back_word = "Close"
    done_word = "Done"
    busy_word = "checking"
    well_word = "everything works"
    again_word = "Check Again"

    def __init__(self, address: Address | None = None) -> None:
        super().__init__()
        self._address = address
        """None for the default account."""
        self._found: list[Line] = []

    def content(self) -> ComposeResult:
        """Yield whose account it is, room for the lines, and the ways on."""
        yield Static("", id="whose", classes="muted", markup=False)
        yield VerticalScroll(id="findings", classes="gap")
        yield Actions([Action(self.again_word, "again"), Action("Log In Again…", "login")])

    def on_mount(self) -> None:
        """Begin."""
        self.query_one("#findings").focus()
        self._begin()

    def _begin(self) -> None:
        self._found.clear()
        self.query_one("#findings").remove_children()
        self._head(f"{self.busy_word}{self.smimetui.glyphs.ellipsis}")
        self.query_one(Actions).display = False
        self.work(self._check, group="check", exclusive=True)

    def lines(self, session: Session) -> Iterator[Line]:
        """Return what is tried, to be gone through on a lane."""
        return check_account(session)

    async def _check(self) -> None:
        session = await self.attempt(self.smimetui.session(self._address.spec if self._address else ""))
        if session is not None:
            self._address = session.account.address
            self._head(f"{self.busy_word}{self.smimetui.glyphs.ellipsis}")
            lines = self.lines(session)
            # Nobody asks for the next line once the sheet is closed.
            while line := await self.attempt(self.smimetui.lanes.account.call(lambda: next(lines, _LAST))):
                if line is _LAST:
                    self._end()
                    return
                self._found.append(line)
                await self.query_one("#findings").mount(self._shown(line))
        # The status line says why.
        self._head("not checked to the end", "$warning")
        self._offer("again")

    def _shown(self, line: Line) -> Vertical:
        glyphs = self.smimetui.glyphs
        mark = {True: glyphs.trusted, None: glyphs.dot, False: glyphs.failed}[line.works]
        label = printable_line(f"{mark} {line.what[:1].upper()}{line.what[1:]}")
        return field(label, printable_line(line.found), tone=_TONES[line.works])

    def _end(self) -> None:
        failing = sum(line.works is False for line in self._found)
        works = f"{failing} of {len(self._found)} do not work" if failing else self.well_word
        self._head(works, "$warning" if failing else "$primary")
        refused = any(line.works is False and line.what == LOGIN for line in self._found)
        can_log_in = refused and self.smimetui.preferences.book is not None
        self._offer("login" if can_log_in else "again")
        wrong = list(self.query_one("#findings").query(".error"))
        if wrong:
            self.query_one("#findings").scroll_to_widget(wrong[0], animate=False)

    def _offer(self, act: str) -> None:
        self.query_one(Actions).display = True
        self.query_one("#act-login").display = act == "login"
        self.query_one(f"#act-{act}", Action).focus()

    def _head(self, state: str, tone: str = "") -> None:
        whose = f"{printable_line(self._address.spec)} {self.smimetui.glyphs.dot} " if self._address else ""
        self.query_one("#whose", Static).update(Content.assemble(whose, (state, tone)))

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
