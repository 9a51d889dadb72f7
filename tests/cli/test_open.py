"""`open`: the verdict without a screen, as JSON and as text."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from smimetui.model.address import Address
from smimetui.model.message import Attachment, Draft, Protection
from smimetui.smime.seal import seal
from tests.cli.running import letter, one_line, smimetui
from tests.pki import Authority, Issued, make_authority

KEYS = ["headers", "layers", "signature", "encryption", "body", "attachments", "parts"]
SIGNATURE = [
    "verdict",
    "trusted",
    "problems",
    "signer",
    "signing_time",
    "digest_algorithm",
    "matches_from",
]
NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def root() -> Authority:
    return make_authority("Root CA")


@pytest.fixture(scope="module")
def alice(root: Authority) -> Issued:
    return root.issue("alice@corp.example", name="Alice", not_before=NOW - timedelta(days=9))


def message(sender: Issued, *recipients: Issued, sign: bool = True) -> bytes:
    (address,) = sender.certificate.addresses
    return seal(
        Draft(
            sender=Address(*address.split("@")),
            to=(Address("bob", "corp.example", "Bob Baker"),),
            subject="Grüße",
            body="Hello\n",
            attachments=(Attachment(name="a.txt", content_type="text/plain", content=b"file"),),
        ),
        protection=Protection(sign=sign, encrypt=bool(recipients)),
        identity=sender.identity if sign else None,
        recipients=[recipient.certificate for recipient in recipients],
        message_id="<1@corp.example>",
        date=NOW,
    )


def written(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def test_the_json_of_a_signed_and_encrypted_message(tmp_path: Path, root: Authority, alice: Issued) -> None:
    mail = written(tmp_path, "m.eml", message(alice, alice))
    key = written(tmp_path, "alice.p12", alice.pkcs12("pass"))
    password = written(tmp_path, "password", "pass\nsecond line\n")
    anchor = written(tmp_path, "root.pem", root.pem)
    done = smimetui(
        "open", mail, "--json", "--isolated", "--identity", key, "--password-file", password, "--anchor", anchor
    )
    assert (done.code, done.err) == (0, "")
    report = done.json
    assert list(report) == KEYS
    assert report["headers"] == {
        "from": "alice@corp.example",
        "to": ["Bob Baker <bob@corp.example>"],
        "subject": "Grüße",
        "date": NOW.replace(microsecond=0).isoformat(),
        "message_id": "<1@corp.example>",
    }
    assert report["layers"] == ["enveloped", "signed"]
    assert list(report["signature"]) == SIGNATURE
    assert report["signature"]["verdict"] == "passed"
    assert report["signature"]["trusted"] is True
    assert report["signature"]["signer"]["sha256"] == alice.certificate.sha256
    assert report["encryption"] == {
        "decrypted": True,
        "content_encryption_algorithm": "aes256_cbc",
        "authenticated": False,
    }
    assert report["body"].strip() == "Hello"
    assert report["attachments"] == [{"name": "a.txt", "type": "text/plain", "size": 4}]
    assert {part["protected"] for part in report["parts"]} == {True}


def test_an_isolated_look_knows_no_anchor_but_those_given(tmp_path: Path, alice: Issued) -> None:
    done = smimetui("open", written(tmp_path, "m.eml", message(alice)), "--json", "--isolated")
    assert done.code == 0
    assert done.json["signature"]["verdict"] == "indeterminate"
    assert done.json["signature"]["problems"] == ["UNTRUSTED"]
    assert done.json["signature"]["trusted"] is False


def test_an_intermediate_is_allowed_as_anchor(tmp_path: Path, root: Authority) -> None:
    issuing = root.intermediate("Issuing CA")
    bob = issuing.issue("bob@corp.example", name="Bob")
    mail = written(tmp_path, "m.eml", message(bob))
    done = smimetui("open", mail, "--json", "--isolated", "--anchor", written(tmp_path, "ca.pem", issuing.pem))
    assert done.json["signature"]["trusted"] is True


def test_at_judges_as_of_another_time(tmp_path: Path, root: Authority, alice: Issued) -> None:
    mail, anchor = written(tmp_path, "m.eml", message(alice)), written(tmp_path, "root.pem", root.pem)
    later = (NOW + timedelta(days=5000)).isoformat()
    done = smimetui("open", mail, "--json", "--isolated", "--anchor", anchor, "--at", later)
    assert done.code == 0
    assert done.json["signature"]["trusted"] is False
    assert "EXPIRED" in done.json["signature"]["problems"]


def test_a_plain_message_has_neither_report(tmp_path: Path, alice: Issued) -> None:
    done = smimetui("open", "-", "--json", "--isolated", stdin=message(alice, sign=False))
    assert done.json["signature"] is None
    assert done.json["encryption"] is None
    assert done.json["layers"] == []


def test_what_no_key_opens_is_exit_1_and_one_line(tmp_path: Path, alice: Issued) -> None:
    mail = written(tmp_path, "m.eml", message(alice, alice))
    done = smimetui("open", mail, "--isolated")
    assert (done.code, done.raw) == (1, b"")
    assert one_line(done.err)
    assert "decrypted" in done.err
    report = smimetui("open", mail, "--isolated", "--json")
    assert report.code == 1
    assert report.json["encryption"]["decrypted"] is False
    assert report.json["body"] == ""


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["open", "/nonexistent", "--isolated"], 1),
        (["open", "/", "--isolated"], 1),
        (["open", "-", "--isolated", "--identity", "x.p12"], 2),
        (["open", "-", "--isolated", "--password-file", "x"], 2),
        (["open", "-", "--isolated", "--anchor", "/nonexistent"], 1),
        (["open", "-", "--isolated", "--anchor", __file__], 1),
        (["open", "-", "--isolated", "--crl", __file__], 1),
        (["open", "-", "--isolated", "--identity", __file__, "--password-file", __file__], 1),
    ],
)
def test_bad_input_is_one_line(arguments: list[str], code: int) -> None:
    done = smimetui(*arguments, stdin=b"From: a@b.example\r\n\r\nhi\r\n")
    assert done.code == code
    assert one_line(done.err)
    assert done.raw == b""


def test_a_wrong_password_is_named_with_its_file(tmp_path: Path, alice: Issued) -> None:
    key = written(tmp_path, "alice.p12", alice.pkcs12("pass"))
    password = written(tmp_path, "password", "battery staple\n")
    done = smimetui("open", "-", "--isolated", "--identity", key, "--password-file", password)
    assert done.code == 1
    assert "alice.p12" in done.err
    assert "battery" not in done.err


@pytest.mark.parametrize(
    "junk", [b"", b"\0" * 100, b"Content-Type: application/pkcs7-mime\r\n\r\nAAAA", b"\xff\xfe", b"a: b\n" * 5]
)
def test_junk_is_opened_or_named_but_never_a_traceback(junk: bytes) -> None:
    done = smimetui("open", "-", "--isolated", "--json", stdin=junk)
    assert done.code in {0, 1}
    assert "fault of the program" not in done.err


def test_the_text_names_sender_badge_and_files(sandbox: Path) -> None:
    done = smimetui("demo", "open", letter(sandbox, "signed-contract"))
    assert done.code == 0
    assert "Erin Ext <erin@partner.example>  ? Not Trusted" in done.out
    assert "Security: Encrypted · Signed" in done.out
    assert "issuer “Partner CA” is unknown here" in done.out
    assert "File:     contract.pdf (application/pdf, 329 B)" in done.out
    assert "install my certificate" in done.out


def test_a_trusted_message_says_so(sandbox: Path) -> None:
    assert "✓ Trusted" in smimetui("demo", "open", letter(sandbox, "minutes")).out


def test_an_anchor_of_the_options_adds_to_the_store(sandbox: Path, tmp_path: Path, alice: Issued) -> None:
    mail = written(tmp_path, "m.eml", message(alice))
    assert smimetui("demo", "open", mail, "--json").json["signature"]["trusted"] is False


def test_nothing_hostile_reaches_the_terminal(sandbox: Path) -> None:
    for form in ((), ("--json",)):
        done = smimetui("demo", "open", letter(sandbox, "terminal-escapes"), *form)
        assert done.code == 0
        assert not set(done.out) & set("\x1b\x07\x9b\u202e")
