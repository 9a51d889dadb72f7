"""A recipient: the state, the reason, and every certificate that was found."""

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from smimetui.model.address import Address
from smimetui.model.certificate import Certificate, Source
from smimetui.model.contact_group import is_group
from smimetui.model.display import printable_line
from smimetui.model.verdict import Candidate, RecipientState, Resolution, explain
from smimetui.model.wording import GROUP
from smimetui.ui.resolving import Recipients
from smimetui.ui.screens.certificate import CertificateSheet, validity
from smimetui.ui.screens.frame import Sheet, field
from smimetui.ui.widgets.actions import Action, Actions
from smimetui.ui.widgets.chips import chip_glyph

_SOURCES = {
    Source.INSTALLED: "Installed",
    Source.GAL: "Address list",
    Source.CONTACTS: "Contacts",
    Source.LDAP: "LDAP",
    Source.FILE: "File",
}
_TONES = {
    RecipientState.READY: "accent",
    RecipientState.BLOCKED: "error",
    RecipientState.UNREACHABLE: "warning",
    RecipientState.CHECKING: "muted",
}


class RecipientSheet(Sheet[bool]):
    """Details of a chip. Returns True when a list is to be shown as its people."""

    title_word = "Recipient"
    back_word = "Close"
    done_word = "Done"

    def __init__(self, address: Address, recipients: Recipients) -> None:
        super().__init__()
        self._address, self._recipients = address, recipients

    def content(self) -> ComposeResult:
        """Yield name, address, state, then the candidates."""
        answer, state = self._recipients.of(self._address), self._recipients.state(self._address)
        glyph = chip_glyph(state, self.smimetui.glyphs)
        yield Static(Content(printable_line(self._address.label)), classes="strong", markup=False)
        reason = f" {self.smimetui.glyphs.dot} {answer.reason}" if answer is not None and answer.reason else ""
        line = printable_line(f"{glyph} {state.value.capitalize()}{reason}")
        yield Static(Content(line), classes=_TONES[state], markup=False)
        spec = GROUP if is_group(self._address) else printable_line(self._address.spec)
        yield field("Address", spec)
        candidates = answer.candidates if answer is not None else ()
        with VerticalScroll():
            for candidate in candidates:
                yield Static(Content(self._candidate(candidate)), classes="gap", markup=False)
            if answer is not None and answer.members:
                yield Static(Content(self._members(answer)), classes="gap", markup=False)
        acts = []
        if answer is not None and answer.members:
            acts.append(Action("Show as People", "expand"))
        if self._best() is not None:
            acts.append(Action("View Certificate", "view"))
        if state is RecipientState.UNREACHABLE:
            acts.append(Action("Try Again", "retry"))
        yield Actions(acts)

    def on_mount(self) -> None:
        """Have the first act at hand."""
        self.query(VerticalScroll).first().can_focus = False
        for act in self.query(Action):
            act.focus()
            break

    def _members(self, answer: Resolution) -> str:
        glyphs = self.smimetui.glyphs
        ordered = sorted(answer.members, key=lambda member: member.state is RecipientState.READY)
        lines = [
            f"{chip_glyph(member.state, glyphs)} {member.address.label}"
            + ("" if member.state is RecipientState.READY else f": {member.reason}")
            for member in ordered
        ]
        return "\n".join([f"{len(lines)} people", *map(printable_line, lines)])

    def _candidate(self, candidate: Candidate) -> str:
        certificate = candidate.certificate
        chosen = self._best() is certificate
        reasons = "; ".join(explain(problem, certificate, candidate.faults) for problem in candidate.problems)
        if candidate.vouched and not candidate.problems:
            reasons = "vouched for by the directory, its issuer is unknown here"
        verdict = reasons or "good"
        mark = "used" if chosen else "not used"
        return printable_line(f"{_SOURCES[candidate.source]}: {certificate.display_name}, {validity(certificate)}") + (
            f"\n  {printable_line(verdict)} ({mark})"
        )

    def _best(self) -> Certificate | None:
        answer = self._recipients.of(self._address)
        if answer is None:
            return None
        if answer.chosen is not None:
            return answer.chosen.certificate
        return answer.candidates[0].certificate if answer.candidates else None

    def on_action_chosen(self, event: Action.Chosen) -> None:
        """Show the certificate, or ask the directories again."""
        best = self._best()
        if event.act == "view" and best is not None:
            self.app.push_screen(CertificateSheet(best, back="Recipient"))
        elif event.act == "expand":
            self.dismiss(True)
        elif event.act == "retry":
            self.work(self._retry)

    async def _retry(self) -> None:
        self._recipients.again(await self.smimetui.session(), fresh=True)
        self.dismiss(False)
