"""Whose fault it is: only what is unknown is called so, and who breaks a rule is named with the rule."""

from datetime import timedelta

import pytest
from cryptography import x509

from smimetui.model.certificate import Purpose
from smimetui.model.verdict import Problem, SignatureReport, Verdict
from smimetui.model.wording import why_not_trusted
from smimetui.smime.path import Path, TrustPolicy, validate
from smimetui.smime.revocation import RevocationMode
from tests.pki import NOW, SERVER, Authority, Issued, make_authority, sha1_signed
from tests.smime import forge
from tests.smime.correspondents import opened

DAY = timedelta(days=1)
ROOT = make_authority("Faultless Root", key="rsa2048")
POLICY = TrustPolicy(anchors=(ROOT.certificate,))


def permitting(*names: x509.GeneralName) -> list[tuple[x509.ExtensionType, bool]]:
    return [(x509.NameConstraints(permitted_subtrees=names, excluded_subtrees=None), True)]


def path_of(issued: Issued, policy: TrustPolicy = POLICY) -> Path:
    return validate(issued.certificate, policy=policy, extra=issued.chain, purpose=Purpose.SIGN, at=NOW)


def reason(path: Path) -> str:
    (fault,) = path.faults
    assert fault.problem in path.problems
    return fault.reason


def person(authority: Authority) -> Issued:
    return authority.issue("alice@corp.example", key="p256")


def sha1_authority() -> Authority:
    old = ROOT.intermediate("Old CA", key="rsa2048")
    return Authority(parsed=sha1_signed(old, ROOT).parsed, key=old.key)


HERE = x509.RFC822Name("partner.example")
ELSEWHERE = x509.DirectoryName(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Somebody else")]))


@pytest.mark.parametrize(
    ("authority", "sentence"),
    [
        (
            ROOT.intermediate("Expired CA", not_after=NOW - DAY),
            "the certificate of the issuer “Expired CA” expired on 22 Nov 2026",
        ),
        (
            ROOT.intermediate("Early CA", not_before=NOW + DAY),
            "the certificate of the issuer “Early CA” is not valid before 24 Nov 2026",
        ),
        (
            ROOT.intermediate("Lists CA", key_usage=("cRLSign",)),
            "the issuer “Lists CA” may not issue certificates (key usage)",
        ),
        (ROOT.intermediate("Web CA", eku=(SERVER,)), "the issuer “Web CA” is not for mail (extended key usage)"),
        (ROOT.intermediate("Weak CA", key="rsa1024"), "the key of the issuer “Weak CA” is too weak (RSA 1024)"),
        (
            sha1_authority(),
            "the certificate of the issuer “Old CA” is signed with an algorithm that is no longer safe",
        ),
        (ROOT.intermediate("No CA", is_ca=False), "the issuer “No CA” is no certificate authority"),
        (
            ROOT.intermediate("Short CA", path_length=0).intermediate("Lower CA"),
            "the issuer “Short CA” allows fewer authorities below it",
        ),
        (
            ROOT.intermediate("Partner CA", extensions=permitting(HERE)),
            "the issuer “Partner CA” may not vouch for this address",
        ),
        (
            ROOT.intermediate("Namesake CA", extensions=permitting(ELSEWHERE)),
            "an issuer may not vouch for the names in the certificate",
        ),
        (
            ROOT.intermediate(
                "Strange CA", extensions=[(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\5\0"), True)]
            ),
            "the certificates up to “Faultless Root” break a rule (RFC 5280)",
        ),
    ],
    ids=lambda value: value.certificate.common_name if isinstance(value, Authority) else "",
)
def test_a_chain_that_breaks_a_rule_names_the_rule_and_who_broke_it(authority: Authority, sentence: str) -> None:
    issued = person(authority)
    extra = (authority.certificate, *authority.chain)
    path = validate(issued.certificate, policy=POLICY, extra=extra, purpose=Purpose.SIGN, at=NOW)
    assert sentence in [fault.reason for fault in path.faults]
    assert {fault.problem for fault in path.faults} <= set(path.problems)
    signed = forge.signed_data(
        forge.signer_info(issued, forge.entity()), certificates=[issued, *(link.der for link in extra)]
    )
    report = opened(forge.multipart_signed(forge.entity(), signed), policy=POLICY).signature
    assert report is not None
    assert why_not_trusted(report) == sentence


def test_the_issuer_that_is_unknown_is_the_one_above_what_is_known() -> None:
    known = ROOT.intermediate("Known CA")
    assert reason(path_of(person(known), TrustPolicy())) == "issuer “Faultless Root” is unknown here"
    assert path_of(person(ROOT), TrustPolicy()).faults == ()


def test_a_revoked_issuer_is_told_from_a_revoked_certificate() -> None:
    sub = ROOT.intermediate("Compromised CA")
    policy = TrustPolicy(anchors=(ROOT.certificate,), crls=(ROOT.crl(sub),))
    path = path_of(person(sub), policy)
    assert reason(path) == "the certificate of the issuer “Compromised CA” was revoked by its issuer"


def test_in_hard_mode_the_issuer_that_nothing_is_known_of_is_named() -> None:
    sub = ROOT.intermediate("Silent CA")
    alice = person(sub)
    policy = TrustPolicy(anchors=(ROOT.certificate,), crls=(sub.crl(),), revocation=RevocationMode.HARD)
    assert reason(path_of(alice, policy)) == (
        "whether the certificate of the issuer “Silent CA” was revoked could not be checked"
    )


def test_a_fault_of_the_certificate_itself_is_its_own() -> None:
    authority = ROOT.intermediate("Expired CA", not_after=NOW - DAY)
    issued = authority.issue("alice@corp.example", key="p256", not_after=NOW - 2 * DAY)
    report = opened(forge.signed(forge.entity(), issued), policy=POLICY).signature
    assert isinstance(report, SignatureReport)
    assert report.verdict is Verdict.INDETERMINATE
    assert Problem.EXPIRED in report.problems
    assert all(fault.problem is not Problem.EXPIRED for fault in report.faults)


def test_an_anchor_that_says_nothing_of_itself_is_not_blamed() -> None:
    bare = ROOT.issue(name="Bare anchor", key="p256", key_usage=None)
    anchor = Authority(parsed=bare.parsed, key=bare.key)
    odd = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\5\0")
    sub = anchor.intermediate("Odd CA", extensions=[(odd, True)])
    path = path_of(person(sub), TrustPolicy(anchors=(anchor.certificate,)))
    assert reason(path) == "the certificates up to “Bare anchor” break a rule (RFC 5280)"
