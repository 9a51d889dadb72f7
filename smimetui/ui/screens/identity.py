"""Own keys: the sheet that imports one, and the list of those there are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, Static

from smimetui.model.display import printable_line
from smimetui.model.errors import FormatError, IdentityError, SmimetuiError
from smimetui.ui.screens.certificate import CertificateSheet, usage, validity
from smimetui.ui.screens.frame import Sheet
from smimetui.ui.screens.path import PathInput
from smimetui.ui.widgets.actions import Action, Actions
from smimetui.ui.widgets.rows import Cell, Rows

if TYPE_CHECKING:
    from smimetui.services.session import Session
    from smimetui.smime.identity import Identity

_MOST_BYTES = 10_000_000
"""A PKCS#12 file holds a few certificates; anything larger is something else."""


class ImportSheet(Sheet[bool]):
    """Asks for a PKCS#12 file and its password; returns True when a key was imported."""

    title_word = "Import Identity"
    done_word = "Import"

    def content(self) -> ComposeResult:
        """Yield the two inputs."""
        yield Static(Content("PKCS#12 file (.p12, .pfx)"), classes="muted", markup=False)
        yield PathInput(placeholder="path; Tab completes", id="path")
        yield Static(Content("Its password"), classes="muted gap", markup=False)
        yield Input(password=True, id="password")

    def on_mount(self) -> None:
        """Type at once."""
        self.query_one("#path").focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter leads from the path to the password, and from there to the import."""
        if event.input.id == "path":
            self.query_one("#password").focus()
        else:
            self.action_done()

    def action_done(self) -> None:
        """Import."""
        self.work(self._import, exclusive=True)

    async def _import(self) -> None:
        session = await self.attempt(self.smimetui.session())
        if session is None:
            return
        typed = self.query_one("#path", Input).value.strip()
        password = self.query_one("#password", Input)

        def take() -> tuple[Identity, ...]:
            return import_identities(session, Path(typed).expanduser(), password.value)

        self.say("Importing…", "accent")
        if await self.attempt(self.smimetui.lanes.store.call(take)) is not None:
            password.value = ""
            self.smimetui.certificates_changed()
            self.dismiss(True)


class NeedIdentitySheet(Sheet[bool]):
    """The lock needs a certificate of one's own; offers to import one."""

    title_word = "No Certificate of Your Own"
    back_word = "Back"

    def content(self) -> ComposeResult:
        """Yield the reason and the way on."""
        sentence = (
            "Encrypted mail is also encrypted to you, so that you can read it in Sent: that needs your own certificate."
        )
        yield Static(Content(sentence), markup=False)
        yield Actions([Action("Import…", "import"), Action("Back", "back")])

    def on_mount(self) -> None:
        """Have the way on at hand."""
        self.query(Action).first().focus()

    def on_action_chosen(self, event: Action.Chosen) -> None:
        """Import, or go back."""
        if event.act == "import":
            self.app.push_screen(ImportSheet(), self._imported)
        else:
            self.dismiss(False)

    def _imported(self, imported: bool | None) -> None:  # noqa: FBT001 - a screen's result
        self.dismiss(bool(imported))


class IdentitiesSheet(Sheet[None]):
    """Own certificates, newest first; old ones are kept for old mail."""

    title_word = "Your Identities"
    back_word = "Close"
    done_word = "Import…"

    def content(self) -> ComposeResult:
        """Yield the list."""
        yield Rows["Identity"](_cells, empty="No certificate of your own yet.", id="rows")

    def on_mount(self) -> None:
        """Read them."""
        self.query_one(Rows).focus()
        self.work(self._load, exclusive=True)

    async def _load(self) -> None:
        session = await self.attempt(self.smimetui.session())
        if session is None:
            return
        found = await self.attempt(self.smimetui.lanes.store.call(session.identities.identities))
        rows = self.query_one(Rows)
        rows.show(found or ())
        rows.styles.height = max(1, min(12, len(found or ())))

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Show the certificate."""
        identity: Identity = self.query_one(Rows).rows[event.index]
        self.app.push_screen(CertificateSheet(identity.certificate, back="Identities"))

    def action_done(self) -> None:
        """Import another."""
        self.app.push_screen(ImportSheet())

    def certificates_changed(self) -> None:
        """Read them again."""
        self.work(self._load, exclusive=True)


def import_identities(session: Session, path: Path, password: str) -> tuple[Identity, ...]:
    """Read a PKCS#12 file and keep its keys. Raises FormatError, IdentityError, UnsupportedError or StoreError."""
    from smimetui.smime.identity import SoftwareIdentity
    from smimetui.smime.pkcs12 import load_pkcs12

    shown = printable_line(str(path))
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise FormatError(f"{shown} is too large for a PKCS#12 file")
        data = path.read_bytes()
    except OSError as error:
        raise SmimetuiError(f"{shown} cannot be read: {error.strerror}") from error
    found = load_pkcs12(data, password)
    for identity in found:
        if not isinstance(identity, SoftwareIdentity):
            raise IdentityError("the key cannot be copied")
        session.identities.add_identity(identity.pkcs8, identity.certificate.der, [link.der for link in identity.chain])
    return found


def _cells(identity: Identity, width: int) -> tuple[Cell, ...]:
    certificate = identity.certificate
    name = certificate.addresses[0] if certificate.addresses else certificate.display_name
    period = validity(certificate)
    return (
        (printable_line(name), "", max(10, width - 28 - len(period) - 2)),
        (" " + usage(certificate), "muted", 28),
        (period, "muted", -(len(period) + 1)),
    )
