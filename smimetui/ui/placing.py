"""Where a recipient stands: in one field only, moved by a key; and whether an address poses as a known one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smimetui.model.contact_group import is_group
from smimetui.model.display import printable_line
from smimetui.model.lookalike import lookalike
from smimetui.ui.screens.frame import Speaking
from smimetui.ui.widgets.chips import RecipientChips
from smimetui.ui.widgets.recipients import RecipientField

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smimetui.model.address import Address
    from smimetui.services.session import Session


class Placing(Speaking[str]):
    """A part of the composer's screen."""

    _known: frozenset[str] = frozenset()
    _judged: dict[str, str]

    def follow(self) -> None:
        """Look up who is new on the screen, forget who is gone."""

    def recipients_changed(self) -> None:
        """Paint what follows from the recipients and the lock."""

    def fold_duplicates(self) -> None:
        """Keep each recipient once: in To before Cc, in Cc before Bcc."""
        seen: set[Address] = set()
        for field in self.query(RecipientField):
            twice = seen.intersection(field.addresses)
            if twice:
                field.take_out(tuple(twice))
            seen.update(field.addresses)

    def on_recipient_chips_moved(self, event: RecipientChips.Moved) -> None:
        """Put a chip into the next field, and stay with it."""
        fields = list(self.query(RecipientField))
        here = next((index for index, field in enumerate(fields) if event.address in field.addresses), None)
        if here is None:
            return
        target = fields[(here + 1) % len(fields)]
        fields[here].take_out((event.address,))
        target.take_in(event.address)
        self.follow()
        target.select(event.address)

    async def learn_domains(self, session: Session) -> None:
        """Learn which domains are known here."""
        known = await self.attempt(self.smimetui.lanes.store.call(session.people.domains))
        if known is not None:
            self._known, self._judged = known, {}
            self.recipients_changed()

    def posing(self, addresses: Sequence[Address]) -> str:
        """Return a sentence about the first address whose domain looks like a known one and is another."""
        for address in addresses if self._known else ():
            if is_group(address):
                continue
            if address.domain not in self._judged:
                self._judged[address.domain] = lookalike(address.domain, self._known)
            if known := self._judged[address.domain]:
                return printable_line(f"{address.domain} only looks like {known}.")
        return ""
