"""There is no account yet: from nothing to the first encrypted mail, without leaving the keyboard."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from smimetui.model.display import printable_line
from smimetui.ui.screens.frame import Frame
from smimetui.ui.widgets.bars import Foot, TitleBar

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from smimetui.model.address import Address
    from smimetui.ui.screens.new_identity import Made

_STEPS = (
    ("a", "Add your account", "Exchange, or a Maildir on this machine"),
    ("i", "Import your key", "a .p12 or .pfx file; n makes a new one instead"),
    ("p", "Look at your preferences", "mail starts encrypted and signed"),
    ("t", "Send a test message to yourself", "sent, received, decrypted, verified"),
    ("Enter", "Open the mailbox", "once there is an account"),
)
_TRY = "To look around first, on your own disk: smimetui demo"


class FirstRunScreen(Frame[None]):
    """The first-run guide."""

    DEFAULT_CSS = """
    FirstRunScreen .step { height: 2; }
    FirstRunScreen.-tall .step { margin-bottom: 1; }
    """
    BINDINGS = [  # noqa: RUF012 - Textual's own type
        Binding("a", "account", "Account", id="first.account", tooltip="Add an account"),
        Binding("i", "identity", "Import", id="first.identity", tooltip="Import a PKCS#12 file"),
        Binding("n", "new", "New Key", id="first.new", tooltip="Make a new key"),
        Binding("p", "preferences", "Preferences", id="first.preferences", tooltip="Change how mail starts"),
        Binding("t", "test", "Test", id="first.test", tooltip="Send a test message to yourself"),
        Binding("enter", "mailbox", "Mailbox", id="first.mailbox", tooltip="Open the mailbox"),
        Binding("escape,q", "app.quit", "Quit", id="first.quit", tooltip="Quit smimetui"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._done: set[str] = set()

    def compose(self) -> ComposeResult:
        """Lay out the steps."""
        yield TitleBar(back=("Quit", "app.quit"), where="Welcome", main=("", "help"), under="There is no account yet")
        with Vertical(classes="fields"):
            for key, *_ in _STEPS:
                yield Static("", id=f"step-{key.lower()}", classes="step", markup=False)
            yield Static(Content.assemble((_TRY, "$muted")), markup=False)
        yield Foot()

    def on_mount(self) -> None:
        """Show the steps."""
        self._paint()

    def _paint(self) -> None:
        for key, title, remark in _STEPS:
            mark = self.smimetui.glyphs.trusted if key in self._done else " "
            possible = key in {"a", "i"} or "a" in self._done
            line = Content.assemble(
                (f"{mark} {key.ljust(6)}", "$primary" if possible else "$muted"),
                (title, "bold" if possible else "$muted"),
                (f"\n        {remark}", "$muted"),
            )
            self.query_one(f"#step-{key.lower()}", Static).update(line)

    def certificates_changed(self) -> None:
        """Take other glyphs."""
        self._paint()

    def action_account(self) -> None:
        """Add an account."""
        from smimetui.ui.screens.account import AccountSheet

        self.app.push_screen(AccountSheet(), self._account_added)

    def _account_added(self, address: Address | None) -> None:
        if address is not None:
            self._finished("a", "The account is added. Enter opens the mailbox.")
            self.query_one(TitleBar).under(printable_line(address.spec))
            self.work(partial(self._check, address))

    async def _check(self, address: Address) -> None:
        from smimetui.ui.screens.account_check import AccountCheckSheet

        await self.smimetui.accounts_changed()
        await self.app.push_screen(AccountCheckSheet(address))

    def action_identity(self) -> None:
        """Import a key."""
        from smimetui.ui.screens.identity import ImportSheet

        def taken(certificates: object) -> None:
            if certificates:
                self._finished("i", f"The key is imported. {self._next()}")

        self.app.push_screen(ImportSheet(), taken)

    def action_new(self) -> None:
        """Make a key."""
        from smimetui.ui.screens.new_identity import NewIdentitySheet

        self.app.push_screen(NewIdentitySheet(), self._made)

    def _made(self, made: Made | None) -> None:
        if made is not None and made.usable:
            self._finished("i", f"{made.sentence} {self._next()}")
        elif made is not None:
            self.say(made.sentence, "accent")

    def _next(self) -> str:
        return "t sends yourself a test message." if "a" in self._done else "a adds your account."

    def action_preferences(self) -> None:
        """Change how mail starts."""
        from smimetui.ui.screens.settings import SettingsSheet

        if self._has_account():
            self.app.push_screen(SettingsSheet(), lambda _: self._finished("p", self._next()))

    def action_test(self) -> None:
        """Send a test message to oneself."""
        from smimetui.ui.screens.round_trip import RoundTripSheet

        if not self._has_account():
            return
        sheet = RoundTripSheet()

        def ended(_: None) -> None:
            if sheet.worked:
                self._finished("t", "Encrypted mail works, there and back. Enter opens the mailbox.")

        self.app.push_screen(sheet, ended)

    def _finished(self, step: str, sentence: str) -> None:
        self._done.add(step)
        self._paint()
        self.say(sentence, "accent")

    def _has_account(self) -> bool:
        if "a" not in self._done:
            self.say("There is no account yet: a adds one.")
        return "a" in self._done

    def action_mailbox(self) -> None:
        """Open the mailbox of the account that was added."""
        from smimetui.ui.screens.mail_list import MailListScreen

        if self._has_account():
            self.smimetui.forget_sessions()
            self.app.add_mode("mail", MailListScreen)
            self.app.switch_mode("mail")
