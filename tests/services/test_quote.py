from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smimetui.model.address import Address, parse_address
from smimetui.model.message import Attachment, Headers, OpenedMessage, Part
from smimetui.services.quote import forward_draft, reply_draft

ALICE = parse_address("alice@corp.example")
BOB = parse_address("Bob Baker <bob@corp.example>")
CAROL = parse_address("carol@corp.example")
ERIN = parse_address("Erin Ext <erin@partner.example>")
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MORNING = datetime(2026, 11, 23, 9, 14, tzinfo=UTC)


def received(body: str = "Hello Alice,\n\nyes.\n", **headers: object) -> OpenedMessage:
    fields: dict[str, object] = {
        "sender": (ERIN,),
        "to": (ALICE,),
        "subject": "Signed contract",
        "date": MORNING,
        "message_id": "<1@partner.example>",
    }
    return OpenedMessage(headers=Headers(**(fields | headers)), body=body)  # type: ignore[arg-type]


def answered(*, everyone: bool = False, **headers: object) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
    draft = reply_draft(received(**headers), sender=ALICE, now=NOON, everyone=everyone)  # type: ignore[arg-type]
    return draft.to, draft.cc


def test_a_reply_quotes_the_text_under_who_wrote_it_and_when() -> None:
    draft = reply_draft(received(), sender=ALICE, now=NOON, everyone=False)

    assert draft.body == ("\n\nOn Mon 23 Nov 2026 at 09:14, Erin Ext wrote:\n> Hello Alice,\n>\n> yes.\n")
    assert (draft.sender, draft.to, draft.cc, draft.bcc) == (ALICE, (ERIN,), (), ())


def test_dates_are_written_as_the_screen_shows_them() -> None:
    tokyo = timezone(timedelta(hours=9))
    opened = received(date=datetime(2026, 11, 1, 20, 0, tzinfo=UTC))
    draft = reply_draft(opened, sender=ALICE, now=NOON.astimezone(tokyo), everyone=False)

    assert "On Mon 2 Nov 2026 at 05:00, Erin Ext wrote:" in draft.body


def test_a_date_at_the_edge_of_time_is_written_as_it_stands() -> None:
    opened = received(date=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=9))))

    assert "On Mon 1 Jan" in reply_draft(opened, sender=ALICE, now=NOON, everyone=False).body


def test_quoted_quotes_gain_a_mark_and_no_blank() -> None:
    draft = reply_draft(received("> earlier\nnow"), sender=ALICE, now=NOON, everyone=False)

    assert draft.body.endswith(">> earlier\n> now\n")


def test_a_reply_to_a_message_without_date_or_sender_still_says_something() -> None:
    opened = received(sender=(), from_text="", date=None)

    assert reply_draft(opened, sender=ALICE, now=NOON, everyone=False).body.startswith("\n\nSomeone wrote:\n> Hello")


def test_a_message_that_showed_no_text_is_answered_without_a_quote() -> None:
    assert reply_draft(received("\n"), sender=ALICE, now=NOON, everyone=False).body == ""


def test_only_the_shown_body_is_quoted_never_a_part_from_elsewhere() -> None:
    apart = Part(content_type="text/plain", protected=False, text="SECRET", note="encrypted by itself")
    opened = replace(received(), parts=(apart,))

    assert "SECRET" not in reply_draft(opened, sender=ALICE, now=NOON, everyone=True).body
    assert "SECRET" not in forward_draft(opened, sender=ALICE, now=NOON).body


@pytest.mark.parametrize(
    ("subject", "reply", "forward"),
    [
        ("Plans", "Re: Plans", "Fwd: Plans"),
        ("Re: Plans", "Re: Plans", "Fwd: Re: Plans"),
        ("RE: re:Plans", "Re: Plans", "Fwd: RE: re:Plans"),
        ("Fwd: Plans", "Re: Fwd: Plans", "Fwd: Plans"),
        ("FW: Plans", "Re: FW: Plans", "Fwd: Plans"),
        ("Regards", "Re: Regards", "Fwd: Regards"),
        ("", "Re: ", "Fwd: "),
        ("a\r\nBcc: eve@evil.example", "Re: a Bcc: eve@evil.example", "Fwd: a Bcc: eve@evil.example"),
    ],
)
def test_the_subject_is_marked_once(subject: str, reply: str, forward: str) -> None:
    opened = received(subject=subject)

    assert reply_draft(opened, sender=ALICE, now=NOON, everyone=False).subject == reply
    assert forward_draft(opened, sender=ALICE, now=NOON).subject == forward


def test_a_reply_goes_to_reply_to_where_there_is_one() -> None:
    assert answered(reply_to=(CAROL,)) == ((CAROL,), ())


def test_a_reply_to_everyone_leaves_out_oneself_and_duplicates() -> None:
    to, cc = answered(everyone=True, to=(ALICE, BOB, ERIN), cc=(parse_address("BOB@corp.example"), CAROL, ALICE))

    assert (to, cc) == ((ERIN,), (BOB, CAROL))


def test_a_reply_to_ones_own_message_goes_to_those_it_went_to() -> None:
    to, cc = answered(everyone=True, sender=(ALICE,), to=(BOB,), cc=(CAROL,))

    assert (to, cc) == ((BOB,), (CAROL,))


def test_a_reply_to_a_message_to_oneself_goes_to_oneself() -> None:
    assert answered(everyone=True, sender=(ALICE,), to=(ALICE,)) == ((ALICE,), ())


def test_a_reply_is_threaded() -> None:
    opened = received(references=("<a@x.example>", "not an id", "<b@x.example>"))
    draft = reply_draft(opened, sender=ALICE, now=NOON, everyone=False)

    assert draft.in_reply_to == "<1@partner.example>"
    assert draft.references == ("<a@x.example>", "<b@x.example>", "<1@partner.example>")


def test_a_thread_without_references_goes_by_in_reply_to() -> None:
    opened = received(in_reply_to="<a@x.example>")

    assert reply_draft(opened, sender=ALICE, now=NOON, everyone=False).references == (
        "<a@x.example>",
        "<1@partner.example>",
    )


def test_a_long_thread_keeps_its_first_and_latest_references() -> None:
    opened = received(references=tuple(f"<{n}@x.example>" for n in range(100)))
    references = reply_draft(opened, sender=ALICE, now=NOON, everyone=False).references

    assert len(references) == 20
    assert references[:2] == ("<0@x.example>", "<82@x.example>")
    assert references[-1] == "<1@partner.example>"


def test_a_message_id_that_is_none_is_not_carried_into_a_header() -> None:
    draft = reply_draft(received(message_id="<a@b>\r\nBcc: <eve@evil.example>"), sender=ALICE, now=NOON, everyone=False)

    assert (draft.in_reply_to, draft.references) == ("", ())


def test_a_forward_carries_headers_text_and_files() -> None:
    file = Attachment(name="q3\x1b.ods", content_type="application/x-ods", content=b"123")
    opened = replace(
        received(cc=(CAROL,)),
        parts=(
            Part(content_type="text/plain", protected=True, text="Hello"),
            Part(content_type="application/x-ods", protected=True, attachment=file),
        ),
    )

    draft = forward_draft(opened, sender=ALICE, now=NOON)

    assert draft.body == (
        "\n\n---------- Forwarded message ----------\n"
        "From: Erin Ext <erin@partner.example>\n"
        "Date: Mon 23 Nov 2026 at 09:14\n"
        "Subject: Signed contract\n"
        "To: alice@corp.example\n"
        "Cc: carol@corp.example\n"
        "\nHello Alice,\n\nyes.\n"
    )
    assert draft.attachments == (replace(file, name="q3�.ods"),)
    assert draft.recipients == ()


def test_a_forward_leaves_behind_files_that_were_protected_apart() -> None:
    file = Attachment(name="secret.txt", content_type="text/plain", content=b"SECRET")
    apart = Part(content_type="text/plain", protected=False, attachment=file, note="encrypted by itself")

    draft = forward_draft(
        replace(received(date=None, sender=(), from_text="who?"), parts=(apart,)), sender=ALICE, now=NOON
    )

    assert draft.attachments == ()
    assert "From: who?" in draft.body
    assert "Date:" not in draft.body


@given(st.text(), st.text(), st.text())
def test_hostile_texts_end_in_a_draft_without_controls(body: str, subject: str, name: str) -> None:
    opened = received(body, subject=subject, sender=(Address("e", "x.example", name),))

    for draft in (
        reply_draft(opened, sender=ALICE, now=NOON, everyone=True),
        forward_draft(opened, sender=ALICE, now=NOON),
    ):
        assert "\x1b" not in draft.body + draft.subject
        assert "\r" not in draft.body + draft.subject
        assert "\n" not in draft.subject
