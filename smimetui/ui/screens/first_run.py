"""There is no account yet: what there is to do about it, without leaving the keyboard."""

from functools import partial

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from smimetui.model.address import Address
from smimetui.ui.screens.frame import Frame
from smimetui.ui.widgets.bars import Foot, TitleBar

_STEPS = (
    ("a", "Add your account", "Exchange, or a Maildir on this machine"),
    ("i", "Import your key", "a PKCS#12 file (.p12, .pfx): what you sign and decrypt with"),
    ("Enter", "Open the mailbox", "once there is an account"),
)
_TRY = "To look around first: smimetui demo, a small organisation on your own disk, no network"


class FirstRunScreen(Frame[None]):
    """The first-run guide."""

    BINDINGS = [  # noqa: RUF012 - Textual's own type
        Binding("a", "account", "Account", id="first.account", tooltip="Add an account"),
        Binding("i", "identity", "Identity", id="first.identity", tooltip="Import a PKCS#12 file"),
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
                yield Static("", id=f"step-{key.lower()}", markup=False)
            yield Static(Content.assemble((_TRY, "$muted")), classes="gap", markup=False)
        yield Foot()

    def on_mount(self) -> None:
        """Show the steps."""
        self._paint()

    def _paint(self) -> None:
        for key, title, remark in _STEPS:
            mark = self.smimetui.glyphs.trusted if key in self._done else " "
            line = Content.assemble(
                (f"{mark} {key.ljust(6)}", "$primary"), (title, "bold"), (f"\n         {remark}\n", "$muted")
            )
            self.query_one(f"#step-{key.lower()}", Static).update(line)

    def action_account(self) -> None:
        """Add an account."""
        from smimetui.ui.screens.account import AccountSheet

        self.app.push_screen(AccountSheet(), self._account_added)

    def _account_added(self, address: Address | None) -> None:
        if address is not None:
            self._finished("a", "The account is added.", added=True)
            self.work(partial(self._check, address))

    async def _check(self, address: Address) -> None:
        from smimetui.ui.screens.account_check import AccountCheckSheet

        await self.smimetui.accounts_changed()
        await self.app.push_screen(AccountCheckSheet(address))

    def action_identity(self) -> None:
        """Import a key."""
        from smimetui.ui.screens.identity import ImportSheet

        self.app.push_screen(ImportSheet(), lambda done: self._finished("i", "The key is imported.", added=done))

    def _finished(self, step: str, sentence: str, *, added: bool | None) -> None:
        if added:
            self._done.add(step)
            self._paint()
            self.say(f"{sentence} Enter opens the mailbox.", "accent")

    def action_mailbox(self) -> None:
        """Open the mailbox of the account that was added."""
        from smimetui.ui.screens.mail_list import MailListScreen

        if "a" in self._done:
            self.smimetui.forget_sessions()
            self.app.add_mode("mail", MailListScreen)
            self.app.switch_mode("mail")
        else:
            self.say("There is no account yet: a adds one.")
