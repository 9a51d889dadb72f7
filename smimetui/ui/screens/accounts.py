"""The accounts: which there are, the default one first; and one of them with its defaults, its check, its end."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Static

from smimetui.model.display import printable_line
from smimetui.ui.screens.account import AccountSheet
from smimetui.ui.screens.account_check import AccountCheckSheet
from smimetui.ui.screens.choice import Choice, ChoiceSheet
from smimetui.ui.screens.frame import Sheet
from smimetui.ui.screens.settings import SWITCHES, switch_line, switched
from smimetui.ui.widgets.actions import Action, Actions
from smimetui.ui.widgets.rows import Cell, Rows

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from smimetui.model.address import Address
    from smimetui.services.account import Account
    from smimetui.ui.account_book import ListedAccount

_DEFAULT_WORD = "Default"
_MOST_ROWS = 10


class AccountsSheet(Sheet[None]):
    """All accounts."""

    title_word = "Your Accounts"
    back_word = "Close"

    def content(self) -> ComposeResult:
        """Yield the list and the way to another one."""
        yield Rows["ListedAccount"](self._cells, empty="Reading…", id="rows")
        yield Actions([Action("Add…", "add")])

    def on_mount(self) -> None:
        """Read them."""
        rows = self.query_one(Rows)
        rows.styles.height = 1
        rows.focus()
        self.reload()

    def reload(self) -> None:
        """Read them again."""
        self.work(self._load, group="load", exclusive=True)

    async def _load(self) -> None:
        book = self.smimetui.preferences.book
        found = await self.attempt(self.smimetui.lanes.account.call(book.listed)) if book is not None else ()
        rows = self.query_one(Rows)
        rows.show(found or (), empty="No account yet." if book is not None else "Accounts cannot be changed here.")
        rows.styles.height = max(1, min(_MOST_ROWS, len(found or ())))
        if not found and rows.has_focus:
            self.query_one(Action).focus()

    def _cells(self, listed: ListedAccount, width: int) -> tuple[Cell, ...]:
        is_default = listed is self.query_one(Rows).rows[0] and len(self.query_one(Rows).rows) > 1
        mark = len(_DEFAULT_WORD) + 1
        where = max(8, (width - mark) // 3)
        return (
            (printable_line(listed.account.address.spec), "", width - mark - where),
            (" " + printable_line(listed.where), "muted", where),
            (_DEFAULT_WORD if is_default else "", "accent", -mark),
        )

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Show one."""
        listed: ListedAccount = self.query_one(Rows).rows[event.index]
        self.app.push_screen(OneAccountSheet(listed, is_default=event.index == 0), self._came_back)

    def _came_back(self, sentence: str | None) -> None:
        if sentence:
            self.say(sentence, "accent")
        self.reload()

    def on_action_chosen(self) -> None:
        """Add one."""
        self.app.push_screen(AccountSheet(), self._added)

    def _added(self, address: Address | None) -> None:
        if address is not None:
            self.work(partial(self._show_new, address))

    async def _show_new(self, address: Address) -> None:
        await self.smimetui.accounts_changed()
        self.reload()
        self.say(f"{address.spec} is added.", "accent")
        await self.app.push_screen(AccountCheckSheet(address))


class OneAccountSheet(Sheet[str]):
    """One account; returns a sentence when its place in the list, or the list, changed."""

    within = True
    title_word = "Account"
    back_word = "Accounts"

    def __init__(self, listed: ListedAccount, *, is_default: bool) -> None:
        super().__init__()
        self._listed, self._is_default = listed, is_default
        self._account: Account = listed.account

    def content(self) -> ComposeResult:
        """Yield what it is, its switches, and what can be done."""
        yield Static(Content(printable_line(self._address.spec)), classes="strong", markup=False)
        where = f"{self._listed.backend.title()}, {self._listed.where}"
        if self._is_default:
            where += f" {self.smimetui.glyphs.dot} the default account"
        yield Static(Content(printable_line(where)), classes="muted", markup=False)
        acts = [Action("…", act) for act in SWITCHES] + [Action("Check…", "check")]
        if self._listed.auth:
            acts.append(Action("Log In Again…", "login"))
        if not self._is_default:
            acts.append(Action("Make Default", "default"))
        yield Actions([*acts, Action("Remove…", "remove", danger=True)], column=True)

    @property
    def _address(self) -> Address:
        return self._listed.account.address

    def on_mount(self) -> None:
        """Show the switches as they are."""
        self._paint()
        self.query(Action).first().focus()

    def _paint(self) -> None:
        for act in SWITCHES:
            self.query_one(f"#act-{act}", Action).rename(switch_line(self._account, act), act)

    def on_action_chosen(self, event: Action.Chosen) -> None:
        """Turn a switch, or do what was chosen."""
        match event.act:
            case "check":
                self.app.push_screen(AccountCheckSheet(self._address))
            case "login":
                self.work(self._log_in)
            case "default":
                self.work(self._make_default, exclusive=True)
            case "remove":
                self.app.push_screen(self._really(), self._answered)
            case act:
                self._account = switched(self._account, act)
                self.smimetui.change_account(self._account)
                self._paint()

    async def _log_in(self) -> None:
        await self.smimetui.log_in_again(self._address)

    async def _make_default(self) -> None:
        book = self.smimetui.preferences.book
        if book is not None and await self._changed(partial(book.make_default, self._address)):
            self.dismiss(f"{self._address.spec} is the default account now.")

    def _really(self) -> ChoiceSheet:
        lines = (
            Content.assemble((printable_line(self._address.spec), "bold")),
            "Its password is forgotten here. Its mail stays where it is, and so do your keys and certificates.",
        )
        choices = (Choice("Keep", "keep"), Choice("Remove Account", "remove", danger=True))
        return ChoiceSheet(title="Remove Account", lines=lines, choices=choices)

    def _answered(self, act: str | None) -> None:
        if act == "remove":
            self.work(self._remove, exclusive=True)

    async def _remove(self) -> None:
        book, ask = self.smimetui.preferences.book, self.smimetui.ask
        if book is not None and await self._changed(partial(book.remove, self._address, ask=ask)):
            self.dismiss(f"{self._address.spec} is removed.")

    async def _changed(self, change: partial[None]) -> bool:
        def done() -> bool:
            change()
            return True

        if not await self.attempt(self.smimetui.lanes.account.call(done)):
            return False
        await self.smimetui.accounts_changed()
        return True
