from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smimetui.adapters.header_scan import HEAD, scan_header

CET = timezone(timedelta(hours=1))


def row(head: bytes) -> tuple[str, str, datetime | None, str]:
    summary = scan_header(head, uid="u", seen=False, size=1, arrived=0.0).summary
    return summary.sender, summary.subject, summary.date, summary.content_type


def test_the_fields_of_a_usual_header_are_found() -> None:
    head = (
        b"Received: from x\r\n\tby y; Mon, 1 Jan 2001 00:00:00 +0000\r\nFROM: Erin Ext <erin@partner.example>\r\n"
        b"Subject: A long\r\n subject\r\nDate: Mon, 23 Nov 2026 09:14:05 +0100\r\n"
        b"Content-Type: multipart/signed;\r\n micalg=sha-256\r\n\r\nSubject: not this\r\n"
    )
    assert row(head) == (
        "Erin Ext",
        "A long subject",
        datetime(2026, 11, 23, 9, 14, 5, tzinfo=CET),
        "multipart/signed; micalg=sha-256",
    )


def test_line_feeds_alone_will_do() -> None:
    assert row(b"From: a@b.example\nSubject: x\n\nSubject: y\n")[:2] == ("a@b.example", "x")


def test_the_body_is_not_taken_for_a_header() -> None:
    assert row(b"\r\nSubject: x\r\n") == ("", "", None, "")
    assert row(b"X: y\r\n\r\nSubject: x\r\n") == ("", "", None, "")


def test_the_first_field_of_its_name_counts_and_names_must_start_the_line() -> None:
    assert row(b"X-Subject: a\r\nX: y\r\n Subject: b\r\nSubject : c\r\nSubject: d\r\n\r\n")[1] == "c"


def test_encoded_words_raw_utf_8_and_latin_1_are_read() -> None:
    assert row(b"From: =?iso-8859-1?q?J=F6rg?= <j@x.example>\nSubject: =?utf-8?b?8J+Ukg==?=\n\n")[:2] == ("Jörg", "🔒")
    assert row("From: Jörg <j@x.example>\nSubject: é\n\n".encode())[:2] == ("Jörg", "é")
    assert row("Subject: é\n\n".encode("latin-1"))[1] == "é"


def test_a_from_that_is_no_mailbox_is_shown_as_it_stands() -> None:
    assert row(b"From: =?utf-8?q?nobody?= at all\n\n")[0] == "nobody at all"


def test_a_message_without_a_date_is_sorted_by_its_arrival() -> None:
    assert scan_header(b"", uid="u", seen=False, size=0, arrived=7.0).order == 7.0
    dated = scan_header(b"Date: 1 Jan 1970 00:00:01 +0000\n\n", uid="u", seen=False, size=0, arrived=7.0)
    assert dated.order == 1.0


@given(st.binary(max_size=500))
def test_no_bytes_make_it_fail(junk: bytes) -> None:
    scan_header(junk, uid="u", seen=False, size=0, arrived=0.0)
    scan_header(b"From: " + junk + b"\nDate: " + junk + b"\nSubject: " + junk, uid="u", seen=False, size=0, arrived=0.0)


@pytest.mark.parametrize("unit", [b"From: ", b"\n ", b"=?utf-8?q?", b"\r\n", b"<", b'"', b"(", b"Date:1 ", b"\t:"])
@pytest.mark.timeout(5)
def test_hostile_headers_take_linear_time(unit: bytes) -> None:
    for start in (b"From: ", b"Date: ", b"Subject: "):
        head = start + unit * (HEAD // len(unit))
        for _ in range(20):
            scan_header(head, uid="u", seen=False, size=0, arrived=0.0)
