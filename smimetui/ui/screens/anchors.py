"""The person's own trust anchors: look, add with the fingerprint shown and asked for, remove."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from smimetui.model.certificate import Certificate
from smimetui.model.display import printable_line
from smimetui.model.errors import FormatError
from smimetui.services.expiry import day, standing
from smimetui.ui.screens.certificate import essential_fields, further_fields, two_lines
from smimetui.ui.screens.choice import Choice, ChoiceSheet
from smimetui.ui.screens.file_reading import ReadsCertificates
from smimetui.ui.screens.frame import Sheet
from smimetui.ui.widgets.actions import Action, Actions
from smimetui.ui.widgets.rows import Cell, Rows

if TYPE_CHECKING:
    from smimetui.services.session import Session


class AnchorsSheet(ReadsCertificates):
    """Authorities the person trusts, beside those of the system."""

    title_word = "Trust Anchors"
    back_word = "Close"

    def __init__(self) -> None:
        super().__init__(_anchors)

    def content(self) -> ComposeResult:
        """Yield the list and the way to more."""
        sentence = "You trust all that these authorities issue. Those of the system count too."
        yield Static(Content(f"{sentence}\n"), classes="muted", markup=False)
        yield Rows[Certificate](_cells, empty="No authority of your own.", id="rows")
        yield Actions([Action("Add…", "add")])

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Show the authority, where it can be removed."""
        anchor: Certificate = self.query_one(Rows).rows[event.index]
        self.app.push_screen(AnchorSheet(anchor), self.tell)

    def on_action_chosen(self) -> None:
        """Ask for a file."""
        question = "PEM, DER or PKCS#7 file with the authority's certificate"
        self.ask_for_file(title="Add a Trust Anchor", question=question, review=self._review)

    def _review(self, certificates: tuple[Certificate, ...]) -> None:
        """Ask about one authority after the other, with its fingerprint; to keep things as they are stands first."""
        authorities = [found for found in certificates if found.is_ca or found.is_self_issued]
        if not authorities:
            raise FormatError("this file holds no authority", "a person's certificate is installed among the others")
        self._ask(authorities)

    def _ask(self, authorities: list[Certificate]) -> None:
        authority, *others = authorities
        name = printable_line(authority.display_name)
        ending = standing(authority, self.smimetui.now())
        lines = (
            # What must be seen stands first: a small terminal shows seven lines before it scrolls.
            Content.assemble((name, "bold")),
            two_lines(authority.sha256),
            "",
            "Whoever holds this authority can write to you as anybody. Compare the fingerprint over another channel.",
            "",
            printable_line(authority.subject),
            f"valid to {day(authority.not_after)}" + (f", {ending}" if ending else ""),
        )
        choices = (Choice("Do Not Trust", "keep"), Choice("Trust This Authority", "trust", danger=True))

        def chosen(act: str | None) -> None:
            if act == "trust":
                self.work(partial(self._add, authority))
            if others and act is not None:
                self._ask(others)

        self.app.push_screen(ChoiceSheet(title="Trust Anchor", lines=lines, choices=choices), chosen)

    async def _add(self, authority: Certificate) -> None:
        session = await self.attempt(self.smimetui.session())
        if session is None:
            return

        def add() -> bool:
            session.store.add_anchor(authority.der)
            return True

        if await self.in_store(add):
            self.smimetui.certificates_changed()
            self.tell("Trusted from now on.")


class AnchorSheet(Sheet[str]):
    """One anchor; returns a sentence when it is gone."""

    title_word = "Trust Anchor"
    within = True
    back_word = "Anchors"

    def __init__(self, anchor: Certificate) -> None:
        super().__init__()
        self._anchor = anchor

    def content(self) -> ComposeResult:
        """Yield the certificate, then the acts."""
        with VerticalScroll():
            yield Static(Content(printable_line(self._anchor.display_name)), classes="strong", markup=False)
            yield Static("", markup=False)
            yield from essential_fields(self._anchor)
            with Vertical(classes="auto"):
                yield from further_fields(self._anchor, ())
        yield Actions([Action("Remove", "remove", danger=True), Action("Back", "back")])

    def on_mount(self) -> None:
        """Have the way back at hand."""
        self.query_one("#act-back", Action).focus()

    def on_action_chosen(self, event: Action.Chosen) -> None:
        """Remove it, or go back."""
        if event.act == "remove":
            self.work(self._remove)
        else:
            self.dismiss(None)

    async def _remove(self) -> None:
        session = await self.attempt(self.smimetui.session())
        if session is None:
            return

        def remove() -> bool:
            session.store.remove_anchor(self._anchor.sha256)
            return True

        if await self.in_store(remove):
            self.smimetui.certificates_changed()
            self.dismiss("Removed. What it issued is no longer trusted for its sake.")


def _anchors(session: Session) -> tuple[Certificate, ...]:
    parsed = map(session.trust.parse, session.store.anchors())
    return tuple(
        sorted((found for found in parsed if found is not None), key=lambda found: found.display_name.casefold())
    )


def _cells(anchor: Certificate, width: int) -> tuple[Cell, ...]:
    return ((printable_line(anchor.display_name), "", width - 14), (day(anchor.not_after), "muted", -14))
