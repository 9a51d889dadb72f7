"""NIST's Public Key Interoperability Test Suite (PKITS 1.0.1): 224 signed messages whose verdict is known.

The messages, certificates and revocation lists are those of the package cryptography-vectors. The end entities have no
mail address, so what is tested is the verdict, not the badge. The families on certificate policies are included: with
the settings this program has (any policy, none required), their verdict is NIST's for the default procedure.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import cryptography_vectors
import pytest

from smimetui.model.certificate import Purpose
from smimetui.model.verdict import Problem, SignatureReport, Verdict
from smimetui.smime.open import open_message
from smimetui.smime.path import TrustPolicy, validate
from smimetui.smime.revocation import RevocationMode
from smimetui.smime.x509 import load_certificate

SUITE = Path(cryptography_vectors.__file__).parent / "x509" / "PKITS_data"
AT = datetime(2020, 1, 1, tzinfo=UTC)
POLICY_FAMILIES = re.compile(r"polic|CPSPointer|UserNotice|inhibitAny", re.IGNORECASE)
# Named without "Invalid", and invalid by the default procedure: sections 4.4.1, 4.8.4, 4.8.5, 4.8.7 to 4.8.9, 4.8.12.
INVALID_TOO = {"SignedMissingCRLTest1"} | {f"SignedDifferentPoliciesTest{number}" for number in (4, 5, 7, 8, 9, 12)}
# Sections 4.1.4 and 4.1.5 sign with DSA of 1,024 bits and SHA-1, the latter with parameters taken from the issuer's
# key: valid, and never trusted.
AGED = {"SignedValidDSASignaturesTest4", "SignedValidDSAParameterInheritanceTest5"}


def messages() -> list[Path]:
    return sorted((SUITE / "smime").glob("*.eml"))


def is_valid(message: Path) -> bool:
    return "invalid" not in message.stem.lower() and message.stem not in INVALID_TOO


@pytest.fixture(scope="module")
def policy() -> TrustPolicy:
    anchor = load_certificate((SUITE / "certs" / "TrustAnchorRootCertificate.crt").read_bytes())
    crls = tuple(path.read_bytes() for path in sorted((SUITE / "crls").glob("*.crl")))
    return TrustPolicy(anchors=(anchor,), crls=crls, revocation=RevocationMode.HARD)


@pytest.fixture(scope="module")
def reports(policy: TrustPolicy) -> dict[str, SignatureReport]:
    found = {}
    for message in messages():
        report = open_message(message.read_bytes(), identities=(), policy=policy, at=AT).signature
        assert report is not None
        found[message.stem] = report
    return found


def test_the_suite_is_whole() -> None:
    outside = [message for message in messages() if not POLICY_FAMILIES.search(message.stem)]
    assert (len(messages()), len(outside)) == (224, 161)


def test_every_message_gets_nists_verdict(reports: dict[str, SignatureReport]) -> None:
    wrong = {
        message.stem: reports[message.stem].verdict
        for message in messages()
        if (reports[message.stem].verdict is Verdict.PASSED) != is_valid(message)
    }
    assert wrong == {}


def test_what_passes_is_without_fault_or_aged(reports: dict[str, SignatureReport]) -> None:
    faults = {
        name: set(report.problems) - {Problem.NAME_MISMATCH}
        for name, report in reports.items()
        if report.verdict is Verdict.PASSED
    }
    assert {name for name, found in faults.items() if found} == AGED
    assert all(faults[name] == {Problem.WEAK_KEY, Problem.WEAK_ALGORITHM} for name in AGED)
    assert not any(reports[name].trusted for name in AGED)


def test_a_dsa_certificate_that_its_issuer_did_not_sign_is_nobodys(reports: dict[str, SignatureReport]) -> None:
    report = reports["SignedInvalidDSASignatureTest6"]
    # Section 4.1.6: the message's own signature holds.
    assert report.verdict is Verdict.INDETERMINATE
    assert Problem.UNTRUSTED in report.problems


def certificates() -> Iterator[bytes]:
    for path in sorted((SUITE / "certs").glob("*.crt")):
        yield path.read_bytes()


def test_a_dsa_path_is_right_but_for_its_strength(policy: TrustPolicy) -> None:
    end_entity, authority = (
        load_certificate((SUITE / "certs" / name).read_bytes())
        for name in ("ValidDSASignaturesTest4EE.crt", "DSACACert.crt")
    )
    path = validate(end_entity, policy=policy, extra=(authority,), purpose=Purpose.SIGN, at=AT)
    # Its lists are signed with SHA-1 too, which is good enough for what is signed no better.
    assert set(path.problems) == {Problem.WEAK_KEY, Problem.WEAK_ALGORITHM}


def test_the_whole_suite_as_intermediates_changes_no_path(policy: TrustPolicy) -> None:
    loaded = [load_certificate(der) for der in certificates()]
    full = replace(policy, intermediates=tuple(loaded))
    for certificate in loaded:
        path = validate(certificate, policy=full, purpose=Purpose.SIGN, at=AT)
        if "Invalid" in certificate.common_name and not POLICY_FAMILIES.search(certificate.common_name):
            assert path.problems, certificate.common_name
