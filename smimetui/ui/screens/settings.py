"""The account's switches and the look."""

from dataclasses import replace

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from smimetui.services.account import Account
from smimetui.ui import glyphs as glyph_sets
from smimetui.ui import themes
from smimetui.ui.screens.frame import Sheet
from smimetui.ui.widgets.actions import Action, Actions


class SettingsSheet(Sheet[None]):
    """Each line is a setting; Enter changes it, at once and for good."""

    title_word = "Settings"
    back_word = "Close"
    done_word = "Done"

    def __init__(self) -> None:
        super().__init__()
        self._account: Account | None = None

    def content(self) -> ComposeResult:
        """Yield the switches."""
        yield Static("", classes="muted", id="whose", markup=False)
        acts = ("encrypt", "sign", "vouches", "theme", "glyphs")
        yield Actions([Action("…", act) for act in acts], column=True)

    def on_mount(self) -> None:
        """Read the account."""
        self.query(Action).first().focus()
        self.work(self._load, exclusive=True)

    async def _load(self) -> None:
        session = await self.attempt(self.smimetui.session())
        if session is not None:
            self._account = session.account
            self.query_one("#whose", Static).update(Content(session.account.address.spec))
        self._paint()

    def _paint(self) -> None:
        account, preferences = self._account, self.smimetui.preferences
        lines = {
            "encrypt": ("Encrypt by Default", _word(account, "encrypt_by_default")),
            "sign": ("Sign by Default", _word(account, "sign_by_default")),
            "vouches": ("Address list vouches", _word(account, "directory_vouches")),
            "theme": ("Theme", self.app.theme),
            "glyphs": ("Glyphs", preferences.glyphs),
        }
        for act, (label, value) in lines.items():
            self.query_one(f"#act-{act}", Action).rename(f"{label.ljust(24)}{value}", act)

    def on_action_chosen(self, event: Action.Chosen) -> None:
        """Change a setting."""
        app, account = self.smimetui, self._account
        match event.act:
            case "theme":
                names = [
                    name for name in themes.theme_names(app.preferences.themes_folder) if name in app.available_themes
                ]
                app.choose_theme(_after(names, app.theme))
            case "glyphs":
                app.choose_glyphs(_after(["auto", *glyph_sets.SETS], app.preferences.glyphs))
            case act if account is not None:
                changes = {
                    "encrypt": replace(account, encrypt_by_default=not account.encrypt_by_default),
                    "sign": replace(account, sign_by_default=not account.sign_by_default),
                    "vouches": replace(account, directory_vouches=not account.directory_vouches),
                }
                self._account = changes[act]
                app.change_account(changes[act])
        self._paint()


def _word(account: Account | None, name: str) -> str:
    return "on" if account is not None and getattr(account, name) else "off"


def _after(names: list[str], current: str) -> str:
    return names[(names.index(current) + 1) % len(names)] if current in names else names[0]
