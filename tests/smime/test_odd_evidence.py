"""Lists and responders' answers that are odd, old or broken: what still counts of them, and what does not."""

from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from smimetui.model.certificate import Certificate
from smimetui.model.errors import UnsupportedError
from smimetui.smime.ocsp import load_answers, status_request
from smimetui.smime.revocation import Evidence, Inquiry, Standing, bears_on
from smimetui.smime.revocation_list import load_list
from smimetui.smime.revocation_points import points
from smimetui.smime.x509 import load_certificate
from tests.pki import NOW, Authority, Issued, make_authority, sha1_signed
from tests.published import DAY, RESPONDER, revocation_list, scope, status
from tests.smime.test_dsa import borrowing

ROOT = make_authority("Odd Root CA", key="rsa2048")
ALICE = ROOT.issue("alice@corp.example", key="p256")
HOLD, REMOVED = x509.ReasonFlags.certificate_hold, x509.ReasonFlags.remove_from_crl
SHA256_RSA, SHA1_RSA = (bytes.fromhex(f"06092a864886f70d0101{last}") for last in ("0b", "05"))


def standing(
    certificate: Certificate, *crls: bytes, ocsps: tuple[bytes, ...] = (), others: tuple[Certificate, ...] = ()
) -> Standing:
    inquiry = Inquiry(evidence=Evidence(crls, ocsps), others=others, at=NOW)
    return inquiry.standing((certificate, ROOT.certificate))


def weakly(listed: bytes) -> bytes:
    """Return a list of the root signed again with SHA-1, which no library at hand does any more."""
    signed = x509.load_der_x509_crl(listed).tbs_certlist_bytes.replace(SHA256_RSA, SHA1_RSA)
    signature = ROOT.key.sign(signed, padding.PKCS1v15(), hashes.SHA1())
    rest = listed[listed.rindex(SHA256_RSA) - 2 :].replace(SHA256_RSA, SHA1_RSA)
    return listed[:4] + signed + rest[: -len(signature)] + signature


def test_a_list_signed_with_sha1_clears_only_who_is_signed_no_better() -> None:
    old = sha1_signed(ALICE, ROOT)
    assert standing(ALICE.certificate, weakly(revocation_list(ROOT))) is Standing.UNKNOWN
    assert standing(old.certificate, weakly(revocation_list(ROOT))) is Standing.GOOD
    assert standing(ALICE.certificate, weakly(revocation_list(ROOT, ALICE))) is Standing.REVOKED


def test_a_delta_signed_with_sha1_takes_nothing_back_from_a_better_list() -> None:
    held = revocation_list(ROOT, ALICE, number=3, reason=HOLD)
    freed = revocation_list(ROOT, ALICE, number=4, base=3, reason=REMOVED)
    assert standing(ALICE.certificate, held, freed) is Standing.GOOD
    assert standing(ALICE.certificate, held, weakly(freed)) is Standing.REVOKED
    assert standing(sha1_signed(ALICE, ROOT).certificate, weakly(held), weakly(freed)) is Standing.GOOD


def test_an_indirect_list_with_an_entry_of_nobody_says_nothing() -> None:
    nobody = x509.UnrecognizedExtension(x509.CertificateIssuer.oid, b"rubbish")
    builder = x509.CertificateRevocationListBuilder(
        issuer_name=ROOT.parsed.subject, last_update=NOW - DAY, next_update=NOW + DAY
    )
    entry = x509.RevokedCertificateBuilder(7, NOW - DAY).add_extension(nobody, critical=True).build()
    builder = builder.add_revoked_certificate(entry).add_extension(scope(indirect=True), critical=True)
    listed = builder.sign(ROOT.key, hashes.SHA256()).public_bytes(Encoding.DER)
    assert load_list(listed) is not None
    assert standing(ALICE.certificate, listed) is Standing.UNKNOWN


def test_a_list_of_another_version_is_none() -> None:
    listed = revocation_list(ROOT)
    position = listed.index(b"\x02\x01\x01")
    assert load_list(listed[: position + 2] + b"\x05" + listed[position + 3 :]) is None


def test_rubbish_bears_on_nobody() -> None:
    chain = (ALICE.certificate, ROOT.certificate)
    assert not bears_on(chain, b"rubbish", (), NOW)
    assert not bears_on(chain, revocation_list(make_authority("Other CA")), (), NOW)
    assert bears_on(chain, revocation_list(ROOT), (), NOW)


def test_who_signs_lists_below_an_issuer_must_be_valid() -> None:
    namesake = ROOT.intermediate("Odd Root CA", not_after=NOW - DAY)
    listed = revocation_list(namesake, ALICE)
    assert standing(ALICE.certificate, listed, others=(namesake.certificate,)) is Standing.UNKNOWN
    valid = ROOT.intermediate("Odd Root CA", key_usage=("cRLSign",), serial=77)
    assert standing(ALICE.certificate, revocation_list(valid, ALICE), others=(valid.certificate,)) is Standing.REVOKED


def test_a_key_without_its_parameters_signed_no_list() -> None:
    namesake = ROOT.intermediate("Odd Root CA", key="dsa2048")
    authority = ROOT.intermediate("Lender", key="dsa2048")
    alone = load_certificate(borrowing(namesake, authority))
    assert standing(ALICE.certificate, revocation_list(namesake, ALICE), others=(alone,)) is Standing.UNKNOWN


def test_an_answer_signed_with_another_kind_of_key_than_the_issuers_is_not_the_issuers() -> None:
    root = make_authority("Edwards CA", key="ed25519")
    alice = root.issue("alice@corp.example", key="p256")
    stranger: Authority = make_authority("Stranger", key="p256")
    responder: Issued = stranger.issue(name="Responder", key="p256", eku=(RESPONDER,))
    said = status(root, alice, revoked=True, responder=responder)
    inquiry = Inquiry(evidence=Evidence((), (said,)), at=NOW)
    assert inquiry.standing((alice.certificate, root.certificate)) is Standing.UNKNOWN


def test_a_responder_that_has_no_answer_gives_none() -> None:
    later = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)
    assert load_answers(later.public_bytes(Encoding.DER)) == ()


def test_what_is_no_certificate_cannot_be_asked_about_and_points_nowhere() -> None:
    broken = replace(ALICE.certificate, der=b"0")
    with pytest.raises(UnsupportedError):
        status_request(broken, ROOT.certificate)
    assert points(broken) == points(ROOT.certificate)


def test_an_authority_may_name_where_its_certificate_lies_and_no_responder() -> None:
    place = x509.AccessDescription(
        x509.oid.AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier("http://ca.example/ca.crt")
    )
    alice = ROOT.issue("a@corp.example", key="p256", extensions=[(x509.AuthorityInformationAccess([place]), False)])
    assert points(alice.certificate).responders == ()
