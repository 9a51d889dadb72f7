"""Where else one can go: the account's folders, the certificates, the settings."""

from textual.app import ComposeResult

from smimetui.model.display import printable_line
from smimetui.ui.screens.frame import Sheet
from smimetui.ui.widgets.rows import Cell, Rows

_OUTBOX, _RECOVERED = "Outbox", "Recovered Drafts"
_OTHERS = ("Your Accounts", "Installed Certificates", "Trust Anchors", "Your Identities", "Settings")


class PlacesSheet(Sheet[str]):
    """Returns a folder, or None after another sheet was opened."""

    title_word = "Accounts"
    back_word = "Close"

    def content(self) -> ComposeResult:
        """Yield the list."""
        yield Rows[str](_cells, id="rows")

    def on_mount(self) -> None:
        """Read the folders."""
        self._folders: tuple[str, ...] = ()
        rows = self.query_one(Rows)
        rows.focus()
        rows.show(_OTHERS)
        rows.styles.height = len(_OTHERS)
        self.work(self._load, exclusive=True)

    async def _load(self) -> None:
        session = await self.attempt(self.smimetui.session())
        if session is None or session.mailbox is None:
            return
        waiting = await self.attempt(self.smimetui.outgoing.look())
        left = [_RECOVERED] if self.smimetui.outgoing.left else []
        own = (*left, *([_OUTBOX] if waiting else []), *_OTHERS)
        self._show(own)
        folders = self.smimetui.lanes.mail.call(session.mailbox.folders)
        self._folders = await self.attempt(folders, meanwhile="Asking for the folders…") or ()
        self._show((*self._folders, *own))

    def _show(self, places: tuple[str, ...]) -> None:
        rows = self.query_one(Rows)
        rows.show(places)
        rows.styles.height = min(16, len(places))

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Go there."""
        from smimetui.ui.screens.accounts import AccountsSheet
        from smimetui.ui.screens.anchors import AnchorsSheet
        from smimetui.ui.screens.certificates import CertificatesSheet
        from smimetui.ui.screens.identity import IdentitiesSheet
        from smimetui.ui.screens.outbox import OutboxSheet
        from smimetui.ui.screens.recovered import RecoveredSheet
        from smimetui.ui.screens.settings import SettingsSheet

        place: str = self.query_one(Rows).rows[event.index]
        if event.index < len(self._folders):
            self.dismiss(place)
            return
        self.dismiss(None)
        sheets = {
            _OUTBOX: OutboxSheet,
            _RECOVERED: RecoveredSheet,
            "Your Accounts": AccountsSheet,
            "Installed Certificates": CertificatesSheet,
            "Trust Anchors": AnchorsSheet,
            "Your Identities": IdentitiesSheet,
        }
        self.app.push_screen(sheets.get(place, SettingsSheet)())


def _cells(place: str, width: int) -> tuple[Cell, ...]:
    return ((printable_line(place), "accent" if place in _OTHERS else "", width),)
