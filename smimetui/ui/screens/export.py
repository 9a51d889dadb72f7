"""Writes an own key to a PKCS#12 file, sealed with a passphrase that is typed twice."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Input, Static

from smimetui.model.display import printable_line
from smimetui.model.errors import FormatError, IdentityError
from smimetui.ui.files import safe_name, save_as, typed_path
from smimetui.ui.screens.frame import Sheet, row
from smimetui.ui.screens.path import PathInput

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from smimetui.smime.identity import Identity


class ExportSheet(Sheet[str]):
    """Returns where the key was written, as a sentence."""

    title_word = "Export Identity"
    done_word = "Export"

    def __init__(self, identity: Identity) -> None:
        super().__init__()
        self._identity = identity

    def content(self) -> ComposeResult:
        """Yield the file and the two passphrases."""
        certificate = self._identity.certificate
        name = safe_name(f"{next(iter(certificate.addresses), certificate.display_name)}.p12")
        yield row("File", PathInput(f"~/{name}", placeholder="path; Tab completes", id="path", select_on_focus=False))
        yield row("Passphrase", Input(password=True, id="passphrase"))
        yield row("Again", Input(password=True, id="again"))
        sentence = "The file holds your private key. Whoever has it and the passphrase reads your mail."
        yield Static(Content(sentence), classes="muted gap", markup=False)

    def on_mount(self) -> None:
        """Type at once."""
        self.query_one("#path").focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter leads on, and from the last field to the export."""
        following = {"path": "#passphrase", "passphrase": "#again"}.get(event.input.id or "")
        if following:
            self.query_one(following).focus()
        else:
            self.action_done()

    def action_done(self) -> None:
        """Export."""
        self.work(self._export, exclusive=True)

    async def _export(self) -> None:
        typed = self.query_one("#path", Input).value.strip()
        fields = [self.query_one(name, Input) for name in ("#passphrase", "#again")]

        def write() -> Path:
            from smimetui.smime.pkcs12_writing import write_pkcs12

            path = typed_path(typed or ".")
            passphrase, again = (field.value for field in fields)
            if path.is_dir():
                raise FormatError(f"{path} is a folder", "name a file in it")
            if passphrase != again:
                raise IdentityError("the two passphrases differ")
            return save_as(path, write_pkcs12(self._identity, passphrase), private=True)

        self.say("Exporting…", "accent")
        saved = await self.attempt(self.smimetui.lanes.crypto.call(write))
        if saved is not None:
            for field in fields:
                field.value = ""
            self.dismiss(printable_line(f"Exported to {saved}"))
