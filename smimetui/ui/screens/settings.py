"""The account's switches and the look."""

from dataclasses import replace

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from smimetui.services.account import Account
from smimetui.ui import glyphs as glyph_sets
from smimetui.ui.screens.frame import Sheet
from smimetui.ui.widgets.actions import Action, Actions, following

SWITCHES = {
    "encrypt": ("Encrypt by Default", "encrypt_by_default"),
    "sign": ("Sign by Default", "sign_by_default"),
    "vouches": ("Address list vouches", "directory_vouches"),
}
"""An account's switches: label, and the name of the field."""

_UNDO_SECONDS = (10, 20, 30)
"""Those of iOS Mail; the settings file takes any number."""


class SettingsSheet(Sheet[None]):
    """Each line is a setting; Enter changes it, at once and for good."""

    title_word = "Settings"
    back_word = "Close"
    done_word = "Done"

    def __init__(self) -> None:
        super().__init__()
        self._account: Account | None = None
        self._people = 0

    def content(self) -> ComposeResult:
        """Yield the switches."""
        yield Static("", classes="muted", id="whose", markup=False)
        acts = (*SWITCHES, "undo", "theme", "glyphs", "people")
        yield Actions([Action("…", act) for act in acts], column=True)

    def on_mount(self) -> None:
        """Read the account."""
        self.query(Action).first().focus()
        self.work(self._load, exclusive=True)

    async def _load(self) -> None:
        session = await self.attempt(self.smimetui.session())
        if session is not None:
            self._account = session.account
            self._people = len(await self.attempt(self.smimetui.lanes.store.call(session.people.people)) or ())
            self.query_one("#whose", Static).update(Content(session.account.address.spec))
        self._paint()

    async def _forget(self) -> None:
        session = await self.attempt(self.smimetui.session())
        if session is not None:
            await self.attempt(self.smimetui.lanes.store.call(session.people.forget))
            await self._load()

    def _paint(self) -> None:
        account, preferences = self._account, self.smimetui.preferences
        lines = {
            **{act: switch_line(account, act) for act in SWITCHES},
            "undo": setting_line("Undo Send", f"{preferences.undo_send} s" if preferences.undo_send else "off"),
            "theme": setting_line("Theme", preferences.theme),
            "glyphs": setting_line("Glyphs", preferences.glyphs),
            "people": setting_line("People written to", f"{self._people}, forget them" if self._people else "none"),
        }
        for act, line in lines.items():
            self.query_one(f"#act-{act}", Action).rename(line, act)

    def on_action_chosen(self, event: Action.Chosen) -> None:
        """Change a setting."""
        app, account = self.smimetui, self._account
        match event.act:
            case "undo":
                waits = [seconds for seconds in _UNDO_SECONDS if seconds > app.preferences.undo_send]
                app.choose_undo_send(waits[0] if waits else 0)
            case "theme":
                app.choose_theme(following(app.theme_choices(), app.preferences.theme))
            case "glyphs":
                app.choose_glyphs(following(["auto", *glyph_sets.SETS], app.preferences.glyphs))
            case "people":
                if self._people:
                    self.work(self._forget, exclusive=True)
            case act if account is not None:
                self._account = switched(account, act)
                app.change_account(self._account)
        self._paint()


def switch_line(account: Account | None, switch: str) -> str:
    """Return the line of one of an account's SWITCHES."""
    label, name = SWITCHES[switch]
    return setting_line(label, "on" if account is not None and getattr(account, name) else "off")


def setting_line(label: str, value: str) -> str:
    """Return a label and a value, below those of the other settings."""
    return f"{label.ljust(24)}{value}"


def switched(account: Account, switch: str) -> Account:
    """Return the account with one of its SWITCHES turned."""
    match switch:
        case "encrypt":
            return replace(account, encrypt_by_default=not account.encrypt_by_default)
        case "sign":
            return replace(account, sign_by_default=not account.sign_by_default)
        case _:
            return replace(account, directory_vouches=not account.directory_vouches)
