"""Chains that are judged without the path library: it must have nothing to say of any of them."""

from datetime import timedelta
from itertools import product

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from smimetui.smime.chain import Chain, ChainBuilder
from smimetui.smime.chain_rules import broken_rules, is_plain
from smimetui.smime.pkix import check_chain
from smimetui.smime.x509 import load_certificate
from tests.conformance.test_pkits import AT, SUITE, certificates
from tests.pki import NOW, Authority, Issued, make_authority, sha1_signed

ROOT = make_authority("Plain Root CA")
ISSUING = ROOT.intermediate("Plain Issuing CA")
DAY = timedelta(days=1)
POLICY = x509.PolicyInformation(x509.ObjectIdentifier("1.2.3.4.1"), None)
# Of this one the library says that its signature does not hold; OpenSSL and `signed_by` verify it.
MISREAD = {"UID CA"}
# SEQUENCE of one mapping, 1.2.3.4.1 to 1.2.3.4.2 (RFC 5280 section 4.2.1.5).
MAPPINGS = x509.UnrecognizedExtension(
    x509.ObjectIdentifier("2.5.29.33"), bytes.fromhex("300e300c06042a03040106042a030402")
)
LIMITS = [
    x509.NameConstraints(permitted_subtrees=[x509.RFC822Name("corp.example")], excluded_subtrees=None),
    x509.PolicyConstraints(require_explicit_policy=0, inhibit_policy_mapping=None),
    x509.InhibitAnyPolicy(0),
    MAPPINGS,
]


def chain_of(issued: Issued | Authority, root: Authority = ROOT) -> Chain:
    return (issued.certificate, *(issuer for issuer in issued.chain if issuer != root.certificate), root.certificate)


def person(authority: Authority, **options: object) -> Chain:
    return chain_of(authority.issue("a@corp.example", key="p256", **options))  # type: ignore[arg-type]


def test_most_chains_are_plain() -> None:
    policies = [(x509.CertificatePolicies([POLICY]), True)]
    unknown = [(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), False)]
    for chain in (
        person(ROOT),
        person(ISSUING),
        person(ISSUING, extensions=policies),
        person(ISSUING, extensions=unknown),
        person(ROOT.intermediate("Mail CA", eku=(ExtendedKeyUsageOID.EMAIL_PROTECTION,))),
        person(ROOT.intermediate("Upper CA", path_length=1).intermediate("Lower CA", path_length=0)),
    ):
        assert is_plain(chain, at=NOW)
        assert broken_rules(chain, at=NOW) == check_chain(chain, at=NOW) == {}


@pytest.mark.parametrize("critical", [True, False])
@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: type(limit).__name__)
def test_what_limits_names_or_policies_is_left_to_the_library(limit: x509.ExtensionType, *, critical: bool) -> None:
    limited = ROOT.intermediate("Limited CA", extensions=[(limit, critical)])
    assert not is_plain(person(limited), at=NOW)
    assert not is_plain(person(ISSUING, extensions=[(limit, critical)]), at=NOW)


def test_what_is_critical_and_unknown_is_left_to_the_library() -> None:
    strange = [(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True)]
    for chain in (
        person(ISSUING, extensions=strange),
        person(ROOT.intermediate("Strange CA", extensions=strange)),
    ):
        assert not is_plain(chain, at=NOW)
        assert broken_rules(chain, at=NOW) == check_chain(chain, at=NOW) != {}


def test_whoever_may_not_issue_is_left_to_the_library() -> None:
    short = ROOT.intermediate("Short CA", path_length=0)
    for authority in (
        ROOT.intermediate("No CA", is_ca=False),
        ROOT.intermediate("No Cert Sign CA", key_usage=("cRLSign",)),
        short.intermediate("Below Short CA"),
        short.intermediate("Between CA").intermediate("Far Below Short CA"),
    ):
        chain = person(authority)
        assert not is_plain(chain, at=NOW)
        assert broken_rules(chain, at=NOW) == check_chain(chain, at=NOW) != {}


def test_a_person_issues_nothing() -> None:
    alice = ISSUING.issue("a@corp.example", key="p256")
    chain = (person(ISSUING)[0], alice.certificate, *chain_of(alice)[1:])
    assert not is_plain(chain, at=NOW)


def test_what_is_weak_is_left_to_the_library() -> None:
    rsa = make_authority("Plain RSA Root CA", key="rsa2048")
    for chain in (
        chain_of(sha1_signed(rsa.issue("a@corp.example", key="p256"), rsa), rsa),
        chain_of(rsa.issue("a@corp.example", key="rsa1024"), rsa),
        chain_of(rsa.issue("a@corp.example", pss=True), rsa),
    ):
        assert not is_plain(chain, at=NOW)
        assert broken_rules(chain, at=NOW) == check_chain(chain, at=NOW)


def test_names_that_differ_are_left_to_the_library() -> None:
    other = ROOT.intermediate("PLAIN ISSUING CA")
    chain = (person(ISSUING)[0], other.certificate, ROOT.certificate)
    assert not is_plain(chain, at=NOW)


def test_the_end_of_every_certificate_counts() -> None:
    chain = person(ISSUING)
    ends = sorted({certificate.not_after for certificate in chain} | {certificate.not_before for certificate in chain})
    for end, step in product(ends, (-DAY, timedelta(), DAY)):
        if is_plain(chain, at=end + step):
            assert check_chain(chain, at=end + step) == {}
    assert not is_plain(chain, at=min(certificate.not_after for certificate in chain) + DAY)
    assert not is_plain(chain, at=max(certificate.not_before for certificate in chain) - DAY)


def test_the_library_has_nothing_to_say_of_nists_plain_chains() -> None:
    loaded = [load_certificate(der) for der in certificates()]
    anchor = load_certificate((SUITE / "certs" / "TrustAnchorRootCertificate.crt").read_bytes())
    plain = 0
    for certificate in loaded:
        for chain in ChainBuilder((anchor,), loaded).chains(certificate):
            if len(chain) > 1 and is_plain(chain, at=AT):
                plain += 1
                assert check_chain(chain, at=AT) == {} or certificate.common_name in MISREAD
    assert plain > 100
