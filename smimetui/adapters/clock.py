"""The machine's clock."""

from datetime import datetime


class SystemClock:
    """Clock over the machine's own, in the person's time zone."""

    def now(self) -> datetime:
        """Return the current time, with a time zone."""
        return datetime.now().astimezone()
