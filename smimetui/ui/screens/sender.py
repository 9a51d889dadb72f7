"""Who sent this: name, address, the verdict in a sentence, and the way to the certificate."""

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from smimetui.model.display import printable_line
from smimetui.model.message import OpenedMessage
from smimetui.model.wording import cipher_name, signature_sentence
from smimetui.ui.people import sender_label
from smimetui.ui.screens.certificate import CertificateSheet
from smimetui.ui.screens.frame import Sheet, field
from smimetui.ui.widgets.actions import Action, Actions


class SenderSheet(Sheet[None]):
    """The sender of a signed or unsigned message."""

    title_word = "Sender"
    back_word = "Close"
    done_word = "Done"

    def __init__(self, opened: OpenedMessage) -> None:
        super().__init__()
        self._opened = opened

    def content(self) -> ComposeResult:
        """Yield name, address, verdict, and View Certificate where there is one."""
        opened = self._opened
        sender = opened.headers.sender[0] if len(opened.headers.sender) == 1 else None
        yield Static(Content(sender_label(opened)), classes="strong", markup=False)
        yield Static(self._verdict(), id="verdict", markup=False)
        if sender is not None:
            if sender.display_name:
                yield field("Name", printable_line(sender.display_name))
            yield field("Address", printable_line(sender.spec))
        signature = opened.signature
        if signature is not None and signature.signing_time is not None:
            signed = signature.signing_time.astimezone(self.smimetui.now().tzinfo)
            yield field("Signed", f"{signed:%a} {signed.day} {signed:%b %Y  %H:%M}, by the signer's clock")
        if opened.encryption is not None and opened.encryption.content_encryption_algorithm:
            yield field("Encrypted", f"with {cipher_name(opened.encryption.content_encryption_algorithm)}")
        if signature is not None and signature.signer is not None:
            yield Actions([Action("View Certificate", "certificate")])

    def on_mount(self) -> None:
        """Have View Certificate at hand."""
        for act in self.query(Action):
            act.focus()

    def _verdict(self) -> Content:
        signature = self._opened.signature
        if signature is None:
            return Content.assemble(("Not signed: anybody could have written this address.", "$muted"))
        glyphs = self.smimetui.glyphs
        glyph, tone = (glyphs.trusted, "$primary") if signature.trusted else (glyphs.untrusted, "$error")
        return Content.assemble(
            (f"{glyph} {signature.badge} {glyphs.dot} {signature_sentence(signature)}", f"bold {tone}")
        )

    def on_action_chosen(self) -> None:
        """Show the certificate."""
        self.app.push_screen(CertificateSheet.of_message(self._opened), self._returned)

    def _returned(self, done: bool | None) -> None:  # noqa: FBT001 - a screen's result
        if done:
            self.dismiss(None)

    async def _look_again(self) -> None:
        session = await self.attempt(self.smimetui.session())
        if session is None:
            return
        opened = await self.attempt(self.smimetui.lanes.crypto.call(lambda: session.reader.open(self._opened.raw)))
        if opened is not None:
            self._opened = opened
            self.query_one("#verdict", Static).update(self._verdict())

    def certificates_changed(self) -> None:
        """Judge again."""
        self.work(self._look_again, exclusive=True)
