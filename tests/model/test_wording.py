from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from smimetui.model.message import Headers, OpenedMessage
from smimetui.model.verdict import EncryptionReport, Problem, SignatureReport, Verdict
from smimetui.model.wording import cipher_name, long_date, most_telling, security_parts, signature_sentence, when
from tests.model.certificates import certificate_value

PASSED = SignatureReport(verdict=Verdict.PASSED, matches_from=True)
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("report", "sentence"),
    [
        (replace(PASSED, pinned=True), "signed, with the certificate you installed"),
        (replace(PASSED, anchor=certificate_value(common_name="Corp CA")), "signed, vouched for by “Corp CA”"),
        (PASSED, "signed"),
        (
            replace(PASSED, matches_from=False, signer=certificate_value(addresses=("mallory@corp.example",))),
            "signed: the signer is mallory@corp.example, not the sender",
        ),
        (replace(PASSED, matches_from=False), "signed: the signer is somebody, not the sender"),
        (
            SignatureReport(verdict=Verdict.INDETERMINATE, problems=(Problem.UNTRUSTED,), signer=certificate_value()),
            "signed: issuer “Corp CA” is unknown here",
        ),
        (
            SignatureReport(verdict=Verdict.FAILED, problems=(Problem.UNTRUSTED, Problem.ALTERED)),
            "signed: the message was changed after it was signed",
        ),
        (SignatureReport(verdict=Verdict.FAILED), "signed: the signature could not be verified"),
    ],
)
def test_a_signature_is_described_in_a_sentence(report: SignatureReport, sentence: str) -> None:
    assert signature_sentence(report) == sentence


def test_the_most_telling_problem_comes_first_and_others_in_their_order() -> None:
    assert most_telling((Problem.UNTRUSTED, Problem.REVOKED)) is Problem.REVOKED
    assert most_telling((Problem.EXPIRED, Problem.WEAK_KEY)) is Problem.EXPIRED
    assert most_telling(()) is None


@pytest.mark.parametrize(
    ("encryption", "signature", "parts"),
    [
        (None, None, ()),
        (None, PASSED, ("Signed",)),
        (EncryptionReport(decrypted=True), PASSED, ("Encrypted", "Signed")),
        (EncryptionReport(decrypted=True, weak=True), None, ("Encrypted, with a weak algorithm",)),
        (EncryptionReport(decrypted=False), None, ("Encrypted, cannot be decrypted with your keys",)),
    ],
)
def test_the_security_line_has_encryption_then_signature(
    encryption: EncryptionReport | None, signature: SignatureReport | None, parts: tuple[str, ...]
) -> None:
    assert security_parts(OpenedMessage(headers=Headers(), encryption=encryption, signature=signature)) == parts


@pytest.mark.parametrize(
    ("date", "words"),
    [
        (None, ""),
        (datetime(2026, 11, 23, 9, 41, tzinfo=UTC), "09:41"),
        (datetime(2026, 11, 22, 23, 30, tzinfo=timezone(timedelta(hours=-2))), "01:30"),
        (datetime(2026, 11, 20, 9, 0, tzinfo=UTC), "Fri"),
        (datetime(2026, 11, 5, 9, 0, tzinfo=UTC), "5 Nov"),
        (datetime(2026, 11, 24, 9, 0, tzinfo=UTC), "24 Nov"),
        (datetime(2025, 11, 23, 9, 0, tzinfo=UTC), "2025-11-23"),
    ],
)
def test_a_date_in_a_list_is_as_short_as_it_can_be(date: datetime | None, words: str) -> None:
    assert when(date, NOW) == words


def test_a_date_over_a_message_is_written_out() -> None:
    assert long_date(datetime(2026, 11, 3, 9, 14, tzinfo=UTC), NOW) == "Tue 3 Nov 2026  09:14"
    assert long_date(None, NOW) == ""


def test_a_date_at_the_edge_of_time_is_shown_as_it_stands() -> None:
    date = datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-12)))

    assert long_date(date, NOW) == "Fri 31 Dec 9999  23:59"
    assert when(date, NOW) == "9999-12-31"


@pytest.mark.parametrize(
    ("algorithm", "name"),
    [("aes256_cbc", "AES-256-CBC"), ("aes128_gcm", "AES-128-GCM"), ("tripledes_3key", "TRIPLEDES-3KEY"), ("", "")],
)
def test_a_cipher_is_named_as_people_write_it(algorithm: str, name: str) -> None:
    assert cipher_name(algorithm) == name
