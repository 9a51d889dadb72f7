"""Step 7: the From field, in all the forms that must not lead a reader to another name than the certificate's."""

import pytest

from smimetui.model.verdict import Problem, SignatureReport
from tests.smime.correspondents import alice, from_, opened, root, sealed


def signature(raw: bytes) -> SignatureReport:
    report = opened(raw).signature
    assert report is not None
    return report


@pytest.mark.parametrize(
    "value",
    [
        "alice@corp.example",
        "ALICE@Corp.Example",
        '"Archer, Alice" <alice@corp.example>',
        "=?utf-8?q?Al=C3=AFce?= <alice@corp.example>",
        '"mallory@evil.example" <alice@corp.example>',
    ],
)
def test_the_address_is_compared_as_mail_compares(value: str) -> None:
    assert signature(from_(sealed(sign=alice()), value)).trusted


@pytest.mark.parametrize(
    "value",
    [
        "mallory@evil.example",
        "alice@corp.example.evil.example",
        '"alice@corp.example" <mallory@evil.example>',
        "alice@corp.example <mallory@evil.example>",
        "=?utf-8?q?alice=40corp.example?= <mallory@evil.example>",
        "alice@corp.example, mallory@evil.example",
        "mallory@evil.example, alice@corp.example",
        "alice@corp.example, broken",
        "Team: alice@corp.example, mallory@evil.example;",
        "<alice@corp.example> <mallory@evil.example>",
        "<alice@corp.example>, <>",
        "alice@corp.example\r\nFrom: mallory@evil.example",
        "mallory@evil.example\r\nFrom: alice@corp.example",
        "alice@corp.example\r\nFrom : mallory@evil.example",
        "alice@corp.example\r\nfrom: mallory@evil.example",
        "",
        "nobody at all",
        "alice@corp.example (mallory@evil.example) (x)",
    ],
)
def test_another_from_is_not_trusted(value: str) -> None:
    report = signature(from_(sealed(sign=alice()), value))
    assert not report.trusted
    assert not report.matches_from
    assert report.intact
    assert Problem.NAME_MISMATCH in report.problems


def test_a_message_without_from_is_not_trusted() -> None:
    raw = sealed(sign=alice())
    assert not signature(raw.partition(b"\r\n")[2]).matches_from


@pytest.mark.parametrize(
    ("sender", "good"),
    [
        ("alice@corp.example", True),
        ("mallory@evil.example", False),
        ("alice@corp.example, mallory@evil.example", False),
        ("alice@corp.example\r\nSender: alice@corp.example", False),
        ("", False),
    ],
)
def test_the_sender_field_must_be_the_signers_too(sender: str, *, good: bool) -> None:
    raw = f"Sender: {sender}\r\n".encode() + sealed(sign=alice())
    assert signature(raw).trusted is good


@pytest.mark.parametrize(
    "names",
    [
        {"san": False},
        {"utf8_mailboxes": ["alïce@corp.example"]},
    ],
    ids=["in the subject", "SmtpUTF8Mailbox"],
)
def test_every_form_of_address_in_a_certificate_counts(names: dict[str, object]) -> None:
    addresses = () if "utf8_mailboxes" in names else ("alice@corp.example",)
    signer = root().issue(*addresses, name="Alice", **names)
    value = "alïce@corp.example" if "utf8_mailboxes" in names else "alice@corp.example"
    assert signature(from_(sealed(sign=signer), value)).trusted


def test_an_international_domain_equals_its_ascii_form() -> None:
    signer = root().issue("alice@xn--bcher-kva.example")
    assert signature(from_(sealed(sign=signer), "alice@bücher.example")).trusted
