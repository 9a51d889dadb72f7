"""The sandbox's mail, opened as the reader opens it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from smimetui.demo.people import ALICE
from smimetui.demo.sandbox import open_sandbox
from smimetui.model.certificate import Source
from smimetui.model.display import printable
from smimetui.model.message import OpenedMessage, Protection
from smimetui.model.verdict import Problem, Verdict
from tests.cli.running import letter


def opened(folder: Path, name: str) -> OpenedMessage:
    return open_sandbox(folder).reader.open(letter(folder, name).read_bytes())


def test_the_inbox_is_in_order_and_three_messages_are_unread(pristine: Path) -> None:
    mailbox = open_sandbox(pristine).mailbox
    assert mailbox is not None
    rows = mailbox.summaries("Inbox")
    assert len(rows) == 12
    assert [row.subject for row in rows][:4] == [
        "Budget, final",
        "Signed contract",
        "Minutes of Friday",
        "Urgent payment",
    ]
    assert sum(not row.seen for row in rows) == 3
    dates = [row.date for row in rows if row.date]
    assert len(dates) == 12
    assert dates == sorted(dates, reverse=True)
    assert dates[0] < datetime.now(UTC)
    assert (datetime.now(UTC) - dates[-1]).days < 30


@pytest.mark.parametrize(
    ("name", "layers", "verdict", "problem"),
    [
        ("budget-final", "enveloped signed", Verdict.PASSED, None),
        ("signed-contract", "enveloped signed", Verdict.INDETERMINATE, Problem.UNTRUSTED),
        ("minutes", "signed", Verdict.PASSED, None),
        ("bank-details", "signed", Verdict.FAILED, Problem.ALTERED),
        ("lab-access", "signed", Verdict.PASSED, None),
        ("slides-and-figures", "signed", Verdict.PASSED, None),
        ("scanned-plans", "signed", Verdict.PASSED, None),
    ],
)
def test_every_signed_message_gets_its_verdict(
    pristine: Path, name: str, layers: str, verdict: Verdict, problem: Problem | None
) -> None:
    message = opened(pristine, name)
    assert message.layers == tuple(layers.split())
    assert message.signature is not None
    assert message.signature.verdict is verdict
    assert message.signature.trusted == (verdict is Verdict.PASSED)
    assert message.signature.problems[:1] == ((problem,) if problem else ())


def test_the_spoof_is_signed_by_somebody_else_than_its_sender(pristine: Path) -> None:
    message = opened(pristine, "urgent-payment")
    assert message.headers.sender[0].spec == "x@evil.example"
    assert message.signature is not None
    assert not message.signature.matches_from
    assert not message.signature.trusted
    assert not open_sandbox(pristine).trust.offer(message).allowed


def test_a_tampered_message_offers_nothing_to_install(pristine: Path) -> None:
    assert not open_sandbox(pristine).trust.offer(opened(pristine, "bank-details")).allowed


@pytest.mark.parametrize("name", ["weekly-digest", "lunch", "terminal-escapes"])
def test_plain_mail_has_no_badge_and_no_lock(pristine: Path, name: str) -> None:
    message = opened(pristine, name)
    assert message.signature is None
    assert message.encryption is None
    assert message.body.strip()


def test_a_message_for_a_lost_key_stays_shut(pristine: Path) -> None:
    message = opened(pristine, "salary-review")
    assert message.encryption is not None
    assert not message.encryption.decrypted
    assert message.body == ""


def test_one_message_has_three_files_and_one_is_2_mb(pristine: Path) -> None:
    files = [attachment.name for attachment in opened(pristine, "slides-and-figures").attachments]
    assert files == ["q3.csv", "Übersicht 2026.txt", "slides.pdf"]
    (plans,) = opened(pristine, "scanned-plans").attachments
    assert plans.size == 2_000_000


def test_the_hostile_message_is_hostile_in_every_field_and_harmless_when_shown(pristine: Path) -> None:
    raw = letter(pristine, "terminal-escapes").read_bytes()
    assert raw.count(b"\x1b") > 10
    message = opened(pristine, "terminal-escapes")
    assert "\x1b" in message.headers.subject
    shown = printable(message.headers.subject + message.headers.from_text + message.body)
    assert not set(shown) & set("\x1b\x07\x9b\u202e")


def test_the_html_message_shows_its_hidden_text(pristine: Path) -> None:
    body = opened(pristine, "weekly-digest").body
    assert "Three stories" in body
    assert "<p>" not in body
    assert "would not see this sentence" in body


def test_erin_is_won_by_installing_her_certificate(sandbox: Path) -> None:
    session = open_sandbox(sandbox)
    message = opened(sandbox, "signed-contract")
    erin = message.headers.sender[0]
    offer = session.trust.offer(message)
    assert offer.allowed
    session.trust.install(offer.certificates, source=Source.FILE, addresses=[erin])
    again = opened(sandbox, "signed-contract")
    assert again.signature is not None
    assert again.signature.trusted
    reply = session.composer.reply(again, everyone=False)
    (sealed,) = session.composer.seal(reply, Protection(sign=True, encrypt=True))
    assert sealed.recipients == (erin,)


def test_everything_is_for_alice(pristine: Path) -> None:
    mailbox = open_sandbox(pristine).mailbox
    assert mailbox is not None
    for row in mailbox.summaries("Inbox"):
        message = open_sandbox(pristine).reader.open(mailbox.fetch("Inbox", row.uid))
        assert ALICE.mailbox in message.headers.to
