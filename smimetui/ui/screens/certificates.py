"""The installed certificates: look, search, remove."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.widgets import Input

from smimetui.model.certificate import Certificate
from smimetui.model.display import printable_line
from smimetui.ui.screens.certificate import CertificateSheet
from smimetui.ui.screens.frame import Sheet
from smimetui.ui.widgets.rows import Cell, Rows

if TYPE_CHECKING:
    from smimetui.services.session import Session


class CertificatesSheet(Sheet[None]):
    """Installed certificates, newest first."""

    title_word = "Installed Certificates"
    back_word = "Close"
    done_word = "Done"

    def __init__(self) -> None:
        super().__init__()
        self._all: tuple[Certificate, ...] = ()

    def content(self) -> ComposeResult:
        """Yield the search line and the list."""
        yield Input(placeholder="Search name and address", id="search")
        yield Rows[Certificate](_cells, empty="No certificate is installed.", id="rows")

    def on_mount(self) -> None:
        """Read them."""
        self.query_one(Rows).focus()
        self.work(self._load, exclusive=True)

    async def _load(self) -> None:
        session = await self.attempt(self.smimetui.session())
        if session is None:
            return
        found = await self.attempt(self.smimetui.lanes.store.call(lambda: _installed(session)))
        self._all = found or ()
        self._filter()

    def _filter(self) -> None:
        wanted = self.query_one("#search", Input).value.casefold()
        shown = [item for item in self._all if wanted in " ".join((item.display_name, *item.addresses)).casefold()]
        rows = self.query_one(Rows)
        rows.show(shown, empty="Nothing matches." if wanted else "No certificate is installed.")
        rows.styles.height = max(1, min(12, len(shown)))

    def on_input_changed(self) -> None:
        """Search while typing."""
        self._filter()

    def on_input_submitted(self) -> None:
        """Back to the list."""
        self.query_one(Rows).focus()

    def on_key(self, event: object) -> None:
        """Slash searches."""
        if getattr(event, "key", "") == "slash" and not self.query_one("#search").has_focus:
            self.query_one("#search").focus()

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Show the certificate, where it can be removed."""
        certificate: Certificate = self.query_one(Rows).rows[event.index]
        self.app.push_screen(CertificateSheet(certificate, back="Certificates"))

    def certificates_changed(self) -> None:
        """Read them again."""
        self.work(self._load, exclusive=True)


def _installed(session: Session) -> tuple[Certificate, ...]:
    parsed = (session.trust.parse(entry.der) for entry in reversed(session.store.installed()))
    return tuple(certificate for certificate in parsed if certificate is not None)


def _cells(certificate: Certificate, width: int) -> tuple[Cell, ...]:
    until = f"{certificate.not_after.day} {certificate.not_after:%b %Y}"
    name = max(10, (width - 14) // 2)
    address = certificate.addresses[0] if certificate.addresses else ""
    return (
        (printable_line(certificate.display_name), "", name),
        (" " + printable_line(address), "muted", width - 14 - name),
        (until, "muted", -13),
    )
