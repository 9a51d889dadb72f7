"""The certificate sheet: whose, from whom, until when, for what; Install, Remove, Done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from smimetui.model.address import parse_address
from smimetui.model.certificate import Certificate, Source
from smimetui.model.display import fingerprint_groups, printable_line
from smimetui.model.message import OpenedMessage
from smimetui.model.verdict import SignatureReport, explain
from smimetui.model.wording import why_not_trusted
from smimetui.ui.files import safe_name, typed_path
from smimetui.ui.screens.frame import Sheet, field
from smimetui.ui.widgets.actions import Action, Actions

if TYPE_CHECKING:
    from smimetui.services.session import Session
    from smimetui.services.trust import InstallOffer

_USAGES = {
    "digitalSignature": "signing",
    "nonRepudiation": "signing",
    "contentCommitment": "signing",
    "keyEncipherment": "encryption",
    "keyAgreement": "encryption",
    "dataEncipherment": "encryption",
    "keyCertSign": "issuing certificates",
    "cRLSign": "issuing CRLs",
}


class CertificateSheet(Sheet[bool]):
    """A certificate; with the message that brought it, it can be installed. Returns True for Done."""

    BINDINGS = [Binding("d", "details", "Details", show=False)]  # noqa: RUF012 - Textual's own type
    title_word = "Certificate"
    within = True
    done_word = "Done"

    def __init__(self, certificate: Certificate, *, opened: OpenedMessage | None = None, back: str = "Back") -> None:
        super().__init__()
        self.certificate = certificate
        self._opened = opened
        self._offer: InstallOffer | None = None
        self.back_word = back

    @classmethod
    def of_message(cls, opened: OpenedMessage) -> CertificateSheet:
        """Show the signer's certificate of a message."""
        signer = opened.signature.signer if opened.signature is not None else None
        if signer is None:
            raise ValueError("a message without a signer has no certificate to show")
        return cls(signer, opened=opened, back="Sender")

    def content(self) -> ComposeResult:
        """Yield the certificate, then the acts."""
        with VerticalScroll(id="certificate"):
            yield from self._essentials()
            with Vertical(id="details", classes="auto"):
                yield from self._details()
        yield Static("", id="advice", classes="muted gap", markup=False)
        yield Actions(
            [
                Action("Install", "install"),
                Action("Remove", "remove", danger=True),
                Action("Details", "details"),
                Action("Export", "export"),
                Action("Add to Contacts", "contact"),
            ]
        )

    def _essentials(self) -> Iterator[Widget]:
        yield Static(Content(printable_line(self.certificate.display_name)), classes="strong", markup=False)
        yield Static(self._verdict(), id="verdict", markup=False)
        yield Static("", markup=False)
        yield from essential_fields(self.certificate)

    def _details(self) -> Iterator[Widget]:
        certificate = self.certificate
        signature = self._opened.signature if self._opened else None
        yield from further_fields(certificate, signature.chain if signature is not None else ())
        if signature is not None and signature.problems:
            reasons = (explain(item, certificate, signature.faults) for item in signature.problems)
            yield field("Problems", "\n".join(map(printable_line, reasons)))

    def on_mount(self) -> None:
        """Ask what can be done with it."""
        self.query_one("#details").display = False
        for act in ("install", "remove", "contact"):
            self.query_one(f"#act-{act}").display = False
        self.query_one("#act-details", Action).focus()
        self.work(self._look)

    async def _look(self) -> None:
        session = await self.attempt(self.smimetui.session())
        if session is None:
            return
        looked = await self.attempt(self.smimetui.lanes.store.call(lambda: self._state(session)))
        if looked is None:
            return
        installed, self._offer = looked
        offer = self._offer
        install, remove = self.query_one("#act-install", Action), self.query_one("#act-remove", Action)
        had_focus = self.focused is install or self.focused is remove or not self.query_one("#details").display
        install.display = offer is not None and offer.allowed and not installed
        remove.display = installed
        self.query_one("#act-contact").display = installed and session.contacts is not None
        self.query_one("#advice", Static).update(Content(self._advice(offer, installed=installed)))
        if offer is not None and not installed:
            await self._compare(offer)
        if had_focus:
            (
                install if install.display else remove if remove.display else self.query_one("#act-details", Action)
            ).focus()

    def _state(self, session: Session) -> tuple[bool, InstallOffer | None]:
        if self._opened is None:
            return session.trust.is_installed(self.certificate), None
        self._opened = session.reader.open(self._opened.raw)
        offer = session.trust.offer(self._opened)
        return offer.installed, offer

    async def _compare(self, offer: InstallOffer) -> None:
        await self.query(".old").remove()
        for old in offer.replaces:
            box = Vertical(
                Static(Content("Installed now, another certificate:"), classes="warning gap", markup=False),
                field("Issuer", printable_line(old.issuer_common_name or old.issuer)),
                field("Valid", validity(old)),
                field("SHA-256", two_lines(old.sha256)),
                classes="old",
            )
            box.styles.height = "auto"
            await self.query_one("#certificate").mount(box)

    def _advice(self, offer: InstallOffer | None, *, installed: bool) -> str:
        if installed:
            return "Installed. Messages signed with it are trusted, and its addresses can be written to in secret."
        if offer is None:
            return ""
        if not offer.allowed:
            return printable_line(offer.reason)
        sender = self._opened.headers.sender[0].spec if self._opened else "this address"
        return printable_line(
            f"Installing trusts this one certificate for {sender}. "
            "Compare the fingerprint with its owner over another channel first."
        )

    def _verdict(self) -> Content:
        glyphs = self.smimetui.glyphs
        signature: SignatureReport | None = self._opened.signature if self._opened else None
        if signature is None:
            return Content("")
        if signature.trusted:
            return Content.assemble((f"{glyphs.trusted} {signature.badge}", "bold $primary"))
        why = f"{glyphs.untrusted} {signature.badge} {glyphs.dot} {why_not_trusted(signature)}"
        return Content.assemble((why, "bold $error"))

    def on_action_chosen(self, event: Action.Chosen) -> None:
        """Install, remove, or show more."""
        match event.act:
            case "install":
                self.work(self._install)
            case "remove":
                self.work(self._remove)
            case "export":
                self._export()
            case "contact":
                self.work(self._write_to_contact)
            case _:
                self.action_details()

    def _export(self) -> None:
        from smimetui.ui.files import save_new
        from smimetui.ui.screens.path import PathSheet

        certificate = self.certificate
        name = safe_name(f"{next(iter(certificate.addresses), certificate.display_name)}.pem")

        def chosen(path: str | None) -> None:
            if path is not None:
                self.work(partial(export, typed_path(path)))

        async def export(path: Path) -> None:
            save = partial(save_new, path, certificate.pem.encode())
            saved = await self.attempt(self.smimetui.lanes.mail.call(save))
            if saved is not None:
                self.say(f"Exported to {saved}", "accent")

        self.app.push_screen(PathSheet(title="Export", question="PEM file to write", done="Export", value=name), chosen)

    async def _write_to_contact(self) -> None:
        """Write the certificate to its person's contact, so that it counts on other machines too."""
        session = await self.attempt(self.smimetui.session())
        book = session.contacts if session is not None else None
        if session is None or book is None:
            return
        # Not whomever else it names: a contact vouches for its certificates.
        owners = await self.attempt(
            self.smimetui.lanes.store.call(partial(session.trust.addresses_of, self.certificate))
        )
        if not owners:
            return
        text = owners[0]

        def write() -> bool:
            name = self.certificate.common_name
            return book.add_certificate(replace(parse_address(text), display_name=name), self.certificate)

        adding = self.smimetui.lanes.directory.call(write)
        written = await self.attempt(adding, meanwhile=f"Writing it to the contact of {printable_line(text)}…")
        if written is not None:
            self.say(f"{'Added to' if written else 'Already in'} the contact of {printable_line(text)}", "accent")

    async def _install(self) -> None:
        session, offer = await self.attempt(self.smimetui.session()), self._offer
        if session is None or offer is None or not offer.allowed:
            return
        certificates = tuple(dict.fromkeys(item for item in (offer.signer, offer.encryption) if item is not None))
        capabilities = self._opened.signature.capabilities if self._opened and self._opened.signature else None

        def install() -> bool:
            session.trust.install(
                certificates, source=Source.FILE, addresses=offer.addresses, capabilities=capabilities
            )
            return True

        if await self.in_store(install):
            self.smimetui.certificates_changed()

    async def _remove(self) -> None:
        session = await self.attempt(self.smimetui.session())
        if session is None:
            return
        offer = self._offer
        chosen = (offer.signer, offer.encryption) if offer is not None else (self.certificate,)

        def remove() -> bool:
            for certificate in dict.fromkeys(item for item in chosen if item is not None):
                session.trust.remove(certificate)
            return True

        if await self.in_store(remove):
            self.smimetui.certificates_changed()

    def certificates_changed(self) -> None:
        """Look again at what can be done, and at the verdict."""
        self.work(self._refresh, exclusive=True)

    async def _refresh(self) -> None:
        await self._look()
        self.query_one("#verdict", Static).update(self._verdict())

    def action_details(self) -> None:
        """Show or hide subject, chain and problems."""
        details = self.query_one("#details")
        details.display = not details.display
        self.query_one("#act-details", Action).rename("Less" if details.display else "Details", "details")
        if details.display:
            self.query_one("#certificate").scroll_end(animate=False)

    def action_done(self) -> None:
        """Close this sheet and the one it came from."""
        self.dismiss(True)

    def action_back(self) -> None:
        """Close this sheet."""
        self.dismiss(False)


def essential_fields(certificate: Certificate) -> Iterator[Widget]:
    """Yield what is to be compared and decided by: addresses, issuer, validity, usage, fingerprint."""
    addresses = "\n".join(printable_line(address) for address in certificate.addresses)
    if addresses or not certificate.is_ca:
        yield field("Addresses", addresses or "none")
    yield field("Issuer", printable_line(certificate.issuer_common_name or certificate.issuer))
    yield field("Valid", validity(certificate))
    yield field("For", f"{usage(certificate)}, {certificate.key_description}")
    yield field("SHA-256", two_lines(certificate.sha256))


def further_fields(certificate: Certificate, chain: Sequence[Certificate]) -> Iterator[Widget]:
    """Yield what else there is to know."""
    yield field("Subject", printable_line(certificate.subject))
    yield field("Issued by", printable_line(certificate.issuer))
    yield field("Serial", f"{certificate.serial_number:X}")
    yield field("Signed with", printable_line(certificate.signature_algorithm))
    if chain:
        yield field("Chain", "\n".join(printable_line(link.display_name) for link in chain))


def two_lines(sha256: str) -> str:
    """Return a fingerprint as people compare it, in groups, on two lines."""
    groups = fingerprint_groups(sha256).split(" ")
    return f"{' '.join(groups[:8])}\n{' '.join(groups[8:])}"


def validity(certificate: Certificate) -> str:
    """Return the period as people write it: `12 Jan 2026 to 12 Jan 2028`."""
    start, end = certificate.not_before, certificate.not_after
    return f"{start.day} {start:%b %Y} to {end.day} {end:%b %Y}"


def usage(certificate: Certificate) -> str:
    """Return what the key usage extension allows, in words."""
    if certificate.key_usage is None:
        return "any use"
    words = dict.fromkeys(_USAGES[name] for name in _USAGES if name in certificate.key_usage)
    return " and ".join(words) or "nothing"
