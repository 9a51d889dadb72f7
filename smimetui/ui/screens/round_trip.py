"""A test message to oneself, reported line by line."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

from smimetui.services.round_trip import send_to_oneself
from smimetui.ui.screens.account_check import AccountCheckSheet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smimetui.services.account_check import Line
    from smimetui.services.session import Session

_STEPS = 4


class RoundTripSheet(AccountCheckSheet):
    """Sends when it opens; closing it ends the wait, and leaves the message where it is."""

    title_word = "Test Message"
    busy_word = "on its way"
    well_word = "encrypted mail works"
    again_word = "Send Another"

    def __init__(self) -> None:
        super().__init__()
        self._over = Event()

    @property
    def worked(self) -> bool:
        """Every step was gone through, and none failed; an issuer that is unknown here is no failure."""
        return len(self._found) == _STEPS and all(line.works is not False for line in self._found)

    def lines(self, session: Session) -> Iterator[Line]:
        """Send, and see what comes back."""
        return send_to_oneself(session, self._over.is_set)

    def on_unmount(self) -> None:
        """Wait no longer."""
        self._over.set()
