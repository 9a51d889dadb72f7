"""There is no account yet: what there is to do about it, without leaving the keyboard."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from smimetui.ui.screens.frame import Frame
from smimetui.ui.widgets.bars import Foot, TitleBar

_LINES = (
    ("Try it first", "smimetui demo", "a small organisation on your own disk, no network"),
    ("Add an account", "smimetui account add you@corp.example --backend maildir --path ~/Mail", ""),
    ("Import your key", "smimetui identity import you.p12", "the certificate you sign and decrypt with"),
    ("See what works", "smimetui account check", ""),
)


class FirstRunScreen(Frame[None]):
    """The first-run guide."""

    BINDINGS = [  # noqa: RUF012 - Textual's own type
        Binding("i", "identity", "Import identity", id="first.identity", tooltip="Import a PKCS#12 file"),
        Binding("escape,q", "app.quit", "Quit", id="first.quit", tooltip="Quit smimetui"),
    ]

    def compose(self) -> ComposeResult:
        """Lay out the steps."""
        yield TitleBar(back=("Quit", "app.quit"), where="Welcome", main=("", "help"), under="There is no account yet")
        with Vertical(classes="fields"):
            for title, command, remark in _LINES:
                yield Static(
                    Content.assemble(
                        (title, "bold"), f"\n  {command}", (f"\n  {remark}" if remark else "", "$muted"), "\n"
                    ),
                    markup=False,
                )
        yield Foot()

    def action_identity(self) -> None:
        """Import a key."""
        from smimetui.ui.screens.identity import ImportSheet

        self.app.push_screen(ImportSheet(), lambda done: self.say("Imported.", "accent") if done else None)
