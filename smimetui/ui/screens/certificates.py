"""The installed certificates: look, search, import from a file, remove."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.widgets import Input

from smimetui.model.certificate import Certificate, Source
from smimetui.model.display import printable_line
from smimetui.model.errors import FormatError
from smimetui.services.expiry import day
from smimetui.ui.screens.certificate import CertificateSheet, two_lines
from smimetui.ui.screens.choice import Choice, ChoiceSheet
from smimetui.ui.screens.file_reading import ReadsCertificates
from smimetui.ui.widgets.actions import Action, Actions
from smimetui.ui.widgets.rows import Cell, Rows

if TYPE_CHECKING:
    from smimetui.services.ports import InstalledCertificate
    from smimetui.services.session import Session

_MOST_WHOLE, _MOST_NAMED = 2, 6
"""Certificates of a file that are shown with their fingerprints, and by their names."""
_LEAST_INSIDE = 3
"""Letters that are looked for inside of certificates; fewer are in every one."""
_NONE = "No certificate is installed."


class CertificatesSheet(ReadsCertificates):
    """Installed certificates, newest first; each is read when its row is."""

    title_word = "Installed Certificates"
    back_word = "Close"

    def __init__(self) -> None:
        super().__init__(self._read_all)
        self._wanted = ""
        self._all: tuple[InstalledCertificate, ...] = ()
        self._session: Session | None = None
        self._texts: dict[str, str] = {}
        """What was read of certificates to search it, by fingerprint."""

    def content(self) -> ComposeResult:
        """Yield the search line, the list, and the way to more."""
        yield Input(placeholder="Search name and address", id="search")
        yield Rows["InstalledCertificate"](self._cells, empty=_NONE, id="rows")
        yield Actions([Action("Import…", "import")])

    def _read_all(self, session: Session) -> tuple[InstalledCertificate, ...]:
        self._session, self._all = session, tuple(reversed(session.store.installed()))
        return self._matching(session, self._wanted)

    async def _filter(self) -> None:
        if self._session is not None:
            search = partial(self._matching, self._session, self._wanted)
            self.show_rows(await self.smimetui.lanes.store.call(search))

    def show_rows(self, found: Sequence[object], *, empty: str | None = None) -> None:
        """Show them, or say why there are none."""
        super().show_rows(found, empty=empty or ("Nothing matches." if self._wanted else _NONE))

    def _matching(self, session: Session, wanted: str) -> tuple[InstalledCertificate, ...]:
        if not wanted:
            return self._all
        return tuple(entry for entry in self._all if self._matches(session, entry, wanted))

    def _matches(self, session: Session, entry: InstalledCertificate, wanted: str) -> bool:
        """Look at what is stored beside a certificate; read those alone that hold the text elsewhere.

        Thousands are searched as one types. A certificate may name more addresses than it was installed for.
        """
        if wanted in "\n".join((entry.name, *entry.addresses)).casefold():
            return True
        if entry.name and (len(wanted) < _LEAST_INSIDE or wanted.encode() not in entry.der.lower()):
            return False
        text = self._texts.get(entry.sha256)
        if text is None:
            certificate = session.trust.parse(entry.der)
            names = (certificate.display_name, *certificate.addresses) if certificate is not None else ()
            text = self._texts[entry.sha256] = "\n".join(names).casefold()
        return wanted in text

    def _cells(self, entry: InstalledCertificate, width: int) -> tuple[Cell, ...]:
        address = next(iter(entry.addresses), "")
        shown = entry.name
        if not shown and self._session is not None:
            certificate = self._session.trust.parse(entry.der)
            shown = certificate.display_name if certificate is not None else address
        name = max(10, (width - 14) // 2)
        return (
            (printable_line(shown), "", name),
            (" " + printable_line(address), "muted", width - 14 - name),
            (day(entry.not_after), "muted", -13),
        )

    def on_input_changed(self) -> None:
        """Search while typing."""
        self._wanted = self.query_one("#search", Input).value.strip().casefold()
        self.work(self._filter, group="search", exclusive=True)

    def on_input_submitted(self) -> None:
        """Back to the list."""
        self.query_one(Rows).focus()

    def on_key(self, event: object) -> None:
        """Slash searches."""
        if getattr(event, "key", "") == "slash" and not self.query_one("#search").has_focus:
            self.query_one("#search").focus()

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Show the certificate, where it can be removed and exported."""
        entry: InstalledCertificate = self.query_one(Rows).rows[event.index]
        certificate = self._session.trust.parse(entry.der) if self._session is not None else None
        if certificate is not None:
            self.app.push_screen(CertificateSheet(certificate, back="Certificates"))
        else:
            self.say("This certificate cannot be read any more.", "error")

    def on_action_chosen(self) -> None:
        """Import from a file."""
        question = "PEM, DER, PKCS#7 or vCard file"
        self.ask_for_file(title="Import Certificates", question=question, review=self._review)

    def _review(self, certificates: tuple[Certificate, ...]) -> None:
        """Show what would be installed, and ask."""
        people = tuple(found for found in certificates if found.addresses)
        if not people:
            sentence = "none of these certificates names a mail address"
            raise FormatError(sentence, "an authority is added among the Trust Anchors")
        lines = [_described(found, whole=len(people) <= _MOST_WHOLE) for found in people[:_MOST_NAMED]]
        if len(people) > _MOST_NAMED:
            lines.append(f"and {len(people) - _MOST_NAMED} more")
        lines.append("")
        if len(people) < len(certificates):
            lines.append(f"Left out, for they name no address: {len(certificates) - len(people)}.")
        lines.append("Installing trusts each for its addresses. Compare the fingerprints over another channel first.")
        label = "Install" if len(people) == 1 else f"Install {len(people)} Certificates"
        choices = (Choice(label, "install"), Choice("Cancel", "cancel"))

        def chosen(act: str | None) -> None:
            if act == "install":
                self.work(partial(self._install, people))

        self.app.push_screen(ChoiceSheet(title="Install Certificates", lines=lines, choices=choices), chosen)

    async def _install(self, certificates: tuple[Certificate, ...]) -> None:
        session = await self.attempt(self.smimetui.session())
        if session is None:
            return

        def install() -> bool:
            session.trust.install(certificates, source=Source.FILE)
            return True

        if await self.in_store(install):
            count = len(certificates)
            self.say("Installed." if count == 1 else f"{count} certificates installed.", "accent")
            self.smimetui.certificates_changed()


def _described(certificate: Certificate, *, whole: bool) -> str:
    name, addresses = printable_line(certificate.display_name), printable_line(", ".join(certificate.addresses))
    return f"{name}\n{addresses}\n{two_lines(certificate.sha256)}" if whole else f"{name}, {addresses}"
