"""Dates of mail (RFC 5322 section 3.3), as they come."""

import re
from datetime import UTC, datetime

# Six times the longest date.
_MOST_DATE = 200
_DATE = re.compile(
    r"(?:[A-Za-z]{3},\s*)?(\d{1,2})\s+([A-Za-z]{3})\s+(\d{4})\s+(\d\d):(\d\d)(?::(\d\d))?\s+([+-])(\d\d)([0-5]\d)\b"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def parse_date(value: str) -> datetime | None:
    """Return an RFC 5322 date with its zone, UTC where it names none; None for what is no date."""
    if len(value) > _MOST_DATE:
        return None
    usual = _DATE.match(value)
    try:
        if usual and usual[2].lower() in _MONTHS:
            return datetime.fromisoformat(
                f"{usual[3]}-{_MONTHS.index(usual[2].lower()) + 1:02}-{usual[1]:0>2}T{usual[4]}:{usual[5]}:"
                f"{min(int(usual[6] or 0), 59):02}{usual[7]}{usual[8]}:{usual[9]}"
            )
        from email.utils import parsedate_to_datetime

        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    # `-0000` says that the zone is not known (section 3.3).
    return date if date.tzinfo else date.replace(tzinfo=UTC)
