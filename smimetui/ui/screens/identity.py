"""Own keys: the list of those there are and those that wait, and the sheet that imports one."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, Static

from smimetui.model.certificate import Certificate
from smimetui.model.display import as_sentence, printable_line
from smimetui.model.value import dataclass
from smimetui.services.expiry import day, in_use, standing
from smimetui.ui.files import read_small, safe_name, save_new, typed_path
from smimetui.ui.screens.choice import Choice, ChoiceSheet
from smimetui.ui.screens.frame import Sheet
from smimetui.ui.screens.list_sheet import ListSheet
from smimetui.ui.screens.path import PathInput, PathSheet
from smimetui.ui.widgets.actions import Action, Actions
from smimetui.ui.widgets.rows import Cell, Rows

if TYPE_CHECKING:
    from smimetui.services.enrolment import PendingKey
    from smimetui.services.session import Session
    from smimetui.smime.identity import Identity
    from smimetui.ui.screens.new_identity import Made

_NOTE_WIDTH, _UNTIL_WIDTH, _WIDE = 25, 13, 50
"""Cells; where a row is narrower than the last, the date is left out."""


class ImportSheet(Sheet[tuple[Certificate, ...]]):
    """Asks for a file and its password; returns the certificates of the keys that are held now."""

    title_word = "Import Identity"
    done_word = "Import"

    def content(self) -> ComposeResult:
        """Yield the two inputs."""
        sentence = "PKCS#12 file (.p12, .pfx), or the certificate for a request"
        yield Static(Content(sentence), classes="muted", markup=False)
        yield PathInput(placeholder="path; Tab completes", id="path")
        yield Static(Content("Its password, if it has one"), classes="muted gap", markup=False)
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
        if self.query_one("#path", Input).value.strip():
            self.work(self._import, exclusive=True)
        else:
            self.say("Type the path of a file, or press Esc.")

    async def _import(self) -> None:
        session = await self.attempt(self.smimetui.session())
        if session is None:
            return
        typed = self.query_one("#path", Input).value.strip()
        password = self.query_one("#password", Input)

        def take() -> tuple[Certificate, ...]:
            return session.enrolment.take(read_small(typed_path(typed)), lambda: password.value)

        self.say("Importing…", "accent")
        taken = await self.attempt(self.smimetui.lanes.store.call(take))
        if taken is not None:
            password.value = ""
            self.smimetui.certificates_changed()
            self.dismiss(taken)


class NeedIdentitySheet(Sheet[bool]):
    """The lock needs a certificate of one's own; offers to import or to make one. Returns whether there is one now."""

    back_word = "Back"

    def __init__(self, why: str = "") -> None:
        """`why` says what is wrong with those there are; empty if there are none."""
        super().__init__()
        self.title_word = "Your Certificate" if why else "No Certificate of Your Own"
        self._why = why

    def content(self) -> ComposeResult:
        """Yield the reason and the ways on."""
        if self._why:
            why = printable_line(as_sentence(self._why))
            yield Static(Content(why), classes="warning", markup=False)
        sentence = (
            "Encrypted mail is also encrypted to you, so that you can read it in Sent: that needs your own certificate."
        )
        yield Static(Content(sentence), classes="gap" if self._why else "", markup=False)
        yield Actions([Action("Import…", "import"), Action("New…", "new"), Action("Back", "back")])

    def on_mount(self) -> None:
        """Have the way on at hand."""
        self.query(Action).first().focus()

    def on_action_chosen(self, event: Action.Chosen) -> None:
        """Import, make a new one, or go back."""
        if event.act == "import":
            self.app.push_screen(ImportSheet(), self._imported)
        elif event.act == "new":
            from smimetui.ui.screens.new_identity import NewIdentitySheet

            self.app.push_screen(NewIdentitySheet(), self._made)
        else:
            self.dismiss(False)

    def _imported(self, taken: tuple[Certificate, ...] | None) -> None:
        if taken:
            self.dismiss(True)

    def _made(self, made: Made | None) -> None:
        if made is not None and made.usable:
            self.dismiss(True)
        elif made is not None:
            self.say(made.sentence, "accent")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Own:
    """A row: a key with its certificate, or one that waits for it."""

    name: str
    note: str
    tone: str
    until: str = ""
    identity: Identity | None = None
    pending: PendingKey | None = None


class IdentitiesSheet(ListSheet):
    """Own certificates, newest first, then the keys that wait; old ones are kept for old mail."""

    title_word = "Your Identities"
    back_word = "Close"

    def __init__(self) -> None:
        super().__init__(_rows)

    def content(self) -> ComposeResult:
        """Yield the list and the ways to more."""
        yield Rows[_Own](_cells, empty="No certificate of your own yet.", id="rows")
        yield Actions([Action("Import…", "import"), Action("New…", "new")])

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Show the key, or what can be done with one that waits."""
        own: _Own = self.query_one(Rows).rows[event.index]
        if own.identity is not None:
            from smimetui.ui.screens.own import IdentitySheet

            self.app.push_screen(IdentitySheet(own.identity), self.tell)
        elif own.pending is not None:
            self._ask_about(own.pending)

    def on_action_chosen(self, event: Action.Chosen) -> None:
        """Import one, or make one."""
        if event.act == "import":
            self._import()
        else:
            from smimetui.ui.screens.new_identity import NewIdentitySheet

            self.app.push_screen(NewIdentitySheet(), lambda made: self.tell(made.sentence if made else None))

    def _import(self) -> None:
        def taken(certificates: tuple[Certificate, ...] | None) -> None:
            if certificates:
                names = ", ".join(next(iter(found.addresses), found.display_name) for found in certificates)
                self.tell(printable_line(f"Imported {names}."))

        self.app.push_screen(ImportSheet(), taken)

    def _ask_about(self, pending: PendingKey) -> None:
        lines = (
            printable_line(f"{pending.address.spec}, {pending.kind.label}, requested on {day(pending.created_at)}."),
            "Import the certificate when your authority sends it. The key waits here until then.",
        )
        choices = (
            Choice("Import the Certificate…", "import"),
            Choice("Write the Request Again…", "write"),
            Choice("Remove", "remove", danger=True),
        )

        def chosen(act: str | None) -> None:
            if act == "import":
                self._import()
            elif act == "write":
                self._ask_where(pending)
            elif act == "remove":
                self.work(partial(self._discard, pending))

        self.app.push_screen(ChoiceSheet(title="Waiting for a Certificate", lines=lines, choices=choices), chosen)

    def _ask_where(self, pending: PendingKey) -> None:
        name = f"~/{safe_name(pending.address.spec)}.csr"

        def chosen(path: str | None) -> None:
            if path is not None:
                self.work(partial(self._write, pending, typed_path(path)))

        self.app.push_screen(PathSheet(title="Request", question="File to write", done="Write", value=name), chosen)

    async def _write(self, pending: PendingKey, path: Path) -> None:
        saved = await self.attempt(self.smimetui.lanes.mail.call(partial(save_new, path, pending.request)))
        if saved is not None:
            self.tell(printable_line(f"Request written to {saved}."))

    async def _discard(self, pending: PendingKey) -> None:
        session = await self.attempt(self.smimetui.session())
        if session is None:
            return

        def discard() -> bool:
            session.enrolment.discard(pending)
            return True

        if await self.in_store(discard):
            self.smimetui.certificates_changed()


def _rows(session: Session) -> tuple[_Own, ...]:
    from smimetui.ui.screens.own import UNUSED, uses

    at, identities = session.clock.now(), session.identities.identities()
    used = in_use(identities, session.account, at)
    rows = []
    for identity in identities:
        certificate = identity.certificate
        purpose, ending = uses(used, identity), standing(certificate, at)
        name = next(iter(certificate.addresses), certificate.display_name)
        tone = "warning" if ending and purpose else "" if purpose else "muted"
        note = ending or purpose or UNUSED
        rows.append(_Own(name=name, note=note, tone=tone, until=day(certificate.not_after), identity=identity))
    rows.extend(
        _Own(name=pending.address.spec, note="waits for its certificate", tone="accent", pending=pending)
        for pending in session.enrolment.pending()
    )
    return tuple(rows)


def _cells(own: _Own, width: int) -> tuple[Cell, ...]:
    note = min(_NOTE_WIDTH, width // 2)
    until = _UNTIL_WIDTH if own.until and width > _WIDE else 0
    name = max(10, width - note - until)
    return ((printable_line(own.name), "", name), (own.note, own.tone, -note), (own.until, "muted", -until))
