"""The composer's way to the details of a recipient, and from a list to its people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smimetui.ui.screens.frame import Speaking
from smimetui.ui.widgets.chips import RecipientChips
from smimetui.ui.widgets.recipients import RecipientField

if TYPE_CHECKING:
    from smimetui.model.address import Address
    from smimetui.ui.resolving import Recipients


class Details(Speaking[str]):
    """A part of the composer's screen."""

    recipients: Recipients

    def everybody(self) -> tuple[Address, ...]:
        """Return all recipients, field by field."""
        return tuple(address for field in self.query(RecipientField) for address in field.addresses)

    def tell(self) -> None:
        """Say what matters most."""

    def action_details(self) -> None:
        """Show the details of the selected recipient, else of the first that stands in the way, else of the first."""
        everybody = self.everybody()
        focused = self.focused
        stopping = self.recipients.stopping(everybody)
        if isinstance(focused, RecipientChips) and focused.selected is not None:
            self._show_details(focused.selected)
        elif stopping or everybody:
            self._show_details(stopping[0].address if stopping else everybody[0])
        else:
            self.say("There is no recipient yet.")

    def _show_details(self, address: Address) -> None:
        from smimetui.ui.screens.recipient import RecipientSheet

        def expand(wanted: bool | None) -> None:  # noqa: FBT001 - a screen's result
            if wanted:
                self._expand(address)

        self.app.push_screen(RecipientSheet(address, self.recipients), expand)

    def _expand(self, address: Address) -> None:
        """Put the members of a list in its place."""
        answer = self.recipients.of(address)
        for field in self.query(RecipientField):
            if answer is not None and address in field.addresses:
                field.replace(address, [member.address for member in answer.members])

    def on_recipient_chips_selected(self) -> None:
        """Tell about the selected chip."""
        self.tell()

    def on_recipient_chips_opened(self, event: RecipientChips.Opened) -> None:
        """Enter on a chip."""
        self._show_details(event.address)
