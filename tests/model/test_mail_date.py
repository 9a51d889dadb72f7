from datetime import UTC, datetime, timedelta, timezone

import pytest

from smimetui.model.mail_date import parse_date

CET = timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    ("value", "date"),
    [
        ("Mon, 23 Nov 2026 09:14:05 +0100", datetime(2026, 11, 23, 9, 14, 5, tzinfo=CET)),
        ("23 Nov 2026 09:14 +0100 (CET)", datetime(2026, 11, 23, 9, 14, tzinfo=CET)),
        ("Mon,  3 nov 2026 09:14:60 -0030", datetime(2026, 11, 3, 9, 14, 59, tzinfo=timezone(-timedelta(minutes=30)))),
        ("Mon, 23 Nov 2026 09:14:05 GMT", datetime(2026, 11, 23, 9, 14, 5, tzinfo=UTC)),
        ("Mon, 23 Nov 26 09:14:05 EST", datetime(2026, 11, 23, 9, 14, 5, tzinfo=timezone(-timedelta(hours=5)))),
        ("Mon, 23 Nov 2026 09:14:05 -0000", datetime(2026, 11, 23, 9, 14, 5, tzinfo=UTC)),
        ("31 Feb 2026 09:14 +0100", None),
        ("23 Nov 2026 09:14 +9900", None),
        ("23 Foo 2026 09:14:00 +0100", None),
        ("", None),
        ("yesterday", None),
        ("Sat, 30 Jun 2012 23:59:60 +0000", datetime(2012, 6, 30, 23, 59, 59, tzinfo=UTC)),
        ("Mon, 23 Nov 2026 09:14:05 +0100" + " " * 200, None),
    ],
)
def test_dates_are_read_as_mail_writes_them(value: str, date: datetime | None) -> None:
    assert parse_date(value) == date
