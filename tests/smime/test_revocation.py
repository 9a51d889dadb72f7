"""What lists and responders say of a chain: who may speak, of whom, for how long."""

from datetime import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from smimetui.smime.ocsp import load_answers
from smimetui.smime.revocation import Evidence, Inquiry, RevocationMode, Standing
from smimetui.smime.revocation_list import load_list
from tests.pki import EMAIL, NOW, Authority, Issued, make_authority, private_key
from tests.published import DAY, RESPONDER, pointing, revocation_list, scope, status

ROOT = make_authority("Revoking Root CA")
ISSUING = ROOT.intermediate("Revoking Issuing CA")
ALICE = ISSUING.issue("alice@corp.example", key="p256")
BOB = ISSUING.issue("bob@corp.example", key="p256")
HOLD, REMOVED = x509.ReasonFlags.certificate_hold, x509.ReasonFlags.remove_from_crl
HERE = "http://lists.example/ca.crl"


def standing(
    issued: Issued,
    *crls: bytes,
    ocsps: tuple[bytes, ...] = (),
    others: tuple[Issued, ...] = (),
    at: datetime = NOW,
) -> Standing:
    inquiry = Inquiry(evidence=Evidence(crls, ocsps), others=tuple(other.certificate for other in others), at=at)
    return inquiry.standing((issued.certificate, *issued.chain, ROOT.certificate))


def person(*, extensions: list[tuple[x509.ExtensionType, bool]], authority: Authority = ISSUING) -> Issued:
    return authority.issue("pointed@corp.example", key="p256", extensions=extensions)


def test_a_list_tells_good_from_revoked() -> None:
    listed = revocation_list(ISSUING, BOB)
    assert standing(ALICE, listed) is Standing.GOOD
    assert standing(BOB, listed) is Standing.REVOKED


def test_without_a_list_nothing_is_known() -> None:
    assert standing(ALICE) is Standing.UNKNOWN


def test_a_list_that_is_out_of_date_clears_nobody_and_still_knows_who_was_revoked() -> None:
    old = revocation_list(ISSUING, BOB, this_update=NOW - 9 * DAY, next_update=NOW - DAY, revoked_at=NOW - 10 * DAY)
    assert standing(ALICE, old) is Standing.UNKNOWN
    assert standing(BOB, old) is Standing.REVOKED


def test_a_hold_on_a_list_that_is_out_of_date_may_be_over() -> None:
    fresh = revocation_list(ISSUING, BOB, reason=HOLD)
    old = revocation_list(
        ISSUING, BOB, reason=HOLD, this_update=NOW - 9 * DAY, next_update=NOW - DAY, revoked_at=NOW - 10 * DAY
    )
    assert standing(BOB, fresh) is Standing.REVOKED
    assert standing(BOB, old) is Standing.UNKNOWN


def test_what_is_revoked_later_was_good_before() -> None:
    listed = revocation_list(ISSUING, BOB, revoked_at=NOW - 2 * DAY)
    assert standing(BOB, listed, at=NOW - 3 * DAY) is Standing.GOOD


def test_an_intermediate_is_revoked_by_the_root() -> None:
    inquiry = Inquiry(evidence=Evidence((revocation_list(ROOT, ISSUING), revocation_list(ISSUING))), at=NOW)
    chain = (ALICE.certificate, *ALICE.chain, ROOT.certificate)
    assert inquiry.problems(chain, RevocationMode.SOFT)
    assert not inquiry.problems(chain, RevocationMode.OFF)


def test_a_revoked_certificate_is_found_although_nothing_is_known_of_its_issuer() -> None:
    inquiry = Inquiry(evidence=Evidence((revocation_list(ISSUING, ALICE),)), at=NOW)
    chain = (ALICE.certificate, *ALICE.chain, ROOT.certificate)
    for mode in (RevocationMode.SOFT, RevocationMode.HARD):
        assert [problem.name for problem in inquiry.problems(chain, mode)] == ["REVOKED"]


def test_only_the_issuers_own_list_counts() -> None:
    impostor = make_authority("Revoking Issuing CA", key="p384")
    sibling = ROOT.intermediate("Revoking Sibling CA")
    assert standing(ALICE, revocation_list(impostor, ALICE), others=(impostor,)) is Standing.UNKNOWN
    assert standing(ALICE, revocation_list(sibling, ALICE), others=(sibling,)) is Standing.UNKNOWN


def test_a_list_of_an_authority_that_may_not_sign_lists_says_nothing() -> None:
    mute = ROOT.intermediate("Mute CA", key_usage=("keyCertSign",))
    issued = mute.issue("a@corp.example", key="p256")
    assert standing(issued, revocation_list(mute, issued)) is Standing.UNKNOWN


def test_an_authority_may_have_another_key_for_its_lists() -> None:
    for_lists = Issued(parsed=_second_key("p384").parsed, key=private_key("p384", "ca:second"))
    listed = revocation_list(for_lists, ALICE)
    assert standing(ALICE, listed) is Standing.UNKNOWN
    assert standing(ALICE, listed, others=(for_lists,)) is Standing.REVOKED
    revoked = revocation_list(ROOT, for_lists)
    assert standing(ALICE, listed, revoked, others=(for_lists,)) is Standing.UNKNOWN


def _second_key(kind: str) -> Issued:
    """Return a certificate of the issuing authority's name for another key, issued by the root."""
    key = private_key(kind, "ca:second")
    builder = (
        x509.CertificateBuilder()
        .subject_name(ISSUING.parsed.subject)
        .issuer_name(ROOT.parsed.subject)
        .public_key(key.public_key())
        .serial_number(424242)
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + 90 * DAY)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                **dict.fromkeys(
                    (
                        "digital_signature",
                        "content_commitment",
                        "key_encipherment",
                        "data_encipherment",
                        "key_agreement",
                        "key_cert_sign",
                        "encipher_only",
                        "decipher_only",
                    ),
                    False,
                ),
                crl_sign=True,
            ),
            critical=True,
        )
    )
    return Issued(parsed=builder.sign(ROOT.key, hashes.SHA256()), key=key)


def test_a_delta_list_adds_to_the_complete_one_and_takes_away_from_it() -> None:
    complete = revocation_list(ISSUING, BOB, number=5, reason=HOLD)
    later = revocation_list(ISSUING, ALICE, number=6, base=5, this_update=NOW)
    assert standing(ALICE, complete, later) is Standing.REVOKED
    released = revocation_list(ISSUING, BOB, number=6, base=5, reason=REMOVED, this_update=NOW)
    assert standing(BOB, complete) is Standing.REVOKED
    assert standing(BOB, complete, released) is Standing.GOOD


@pytest.mark.parametrize(
    "delta",
    [
        revocation_list(ISSUING, ALICE, number=9, base=8, this_update=NOW),
        revocation_list(ISSUING, ALICE, number=6, base=5, this_update=NOW - 9 * DAY, next_update=NOW - DAY),
        revocation_list(ISSUING, ALICE, number=6, base=5, this_update=NOW, idp=scope(users=True)),
        revocation_list(make_authority("Revoking Issuing CA", key="p384"), ALICE, number=6, base=5, this_update=NOW),
    ],
    ids=["of a later complete list", "out of date", "of another scope", "by another key"],
)
def test_a_delta_list_that_does_not_fit_is_passed_over(delta: bytes) -> None:
    complete = revocation_list(ISSUING, number=5)
    assert standing(ALICE, complete, delta) is Standing.GOOD


def test_a_delta_list_alone_clears_nobody() -> None:
    assert standing(BOB, revocation_list(ISSUING, number=6, base=5)) is Standing.UNKNOWN


def test_a_complete_list_whose_delta_is_not_at_hand_still_counts() -> None:
    complete = revocation_list(ISSUING, BOB, delta_at="http://lists.example/delta.crl")
    assert standing(BOB, complete) is Standing.REVOKED
    assert standing(ALICE, complete) is Standing.GOOD


@pytest.mark.parametrize(
    ("idp", "expected"),
    [
        (scope(users=True), Standing.REVOKED),
        (scope(authorities=True), Standing.UNKNOWN),
        (scope(attributes=True), Standing.UNKNOWN),
        (scope(uri=HERE), Standing.REVOKED),
        (scope(uri="http://lists.example/other.crl"), Standing.UNKNOWN),
    ],
    ids=["users", "authorities", "attributes", "same point", "another point"],
)
def test_a_list_speaks_within_its_scope(idp: x509.IssuingDistributionPoint, expected: Standing) -> None:
    issued = person(extensions=pointing(crl=HERE))
    assert standing(issued, revocation_list(ISSUING, issued, idp=idp)) is expected


def test_a_list_for_authorities_speaks_of_authorities() -> None:
    listed = Evidence((revocation_list(ROOT, ISSUING, idp=scope(authorities=True)),))
    chain = (ISSUING.certificate, ROOT.certificate)
    assert Inquiry(evidence=listed, at=NOW).standing(chain) is Standing.REVOKED


def test_a_point_named_relative_to_the_issuer_is_the_same_point() -> None:
    relative = x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COMMON_NAME, "List 7")])
    other = x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COMMON_NAME, "List 8")])
    point = x509.DistributionPoint(full_name=None, relative_name=relative, reasons=None, crl_issuer=None)
    issued = person(extensions=[(x509.CRLDistributionPoints([point]), False)])
    assert standing(issued, revocation_list(ISSUING, issued, idp=scope(relative=relative))) is Standing.REVOKED
    assert standing(issued, revocation_list(ISSUING, issued, idp=scope(relative=other))) is Standing.UNKNOWN


def test_lists_for_some_reasons_clear_only_together() -> None:
    keys = frozenset({x509.ReasonFlags.key_compromise, x509.ReasonFlags.ca_compromise})
    everything = frozenset(x509.ReasonFlags) - {x509.ReasonFlags.unspecified, REMOVED}
    some = revocation_list(ISSUING, idp=scope(reasons=keys))
    rest = revocation_list(ISSUING, BOB, idp=scope(reasons=everything - keys))
    assert standing(ALICE, some) is Standing.UNKNOWN
    assert standing(ALICE, some, rest) is Standing.GOOD
    assert standing(BOB, some, rest) is Standing.REVOKED


def test_an_indirect_list_speaks_of_the_issuers_it_names() -> None:
    clerk = ROOT.intermediate("List Clerk", is_ca=False, key_usage=("cRLSign",))
    issued = person(extensions=pointing(crl=HERE, by=clerk))
    same_number = clerk.issue("x@corp.example", key="p256", serial=issued.parsed.serial_number)
    listed = revocation_list(clerk, issued, named=ISSUING, idp=scope(uri=HERE, indirect=True))
    not_this_one = revocation_list(clerk, same_number, idp=scope(uri=HERE, indirect=True))
    not_indirect = revocation_list(clerk, issued, named=ISSUING, idp=scope(uri=HERE))
    assert standing(issued, listed, others=(clerk,)) is Standing.REVOKED
    assert standing(issued, listed) is Standing.UNKNOWN
    assert standing(issued, not_this_one, others=(clerk,)) is Standing.GOOD
    assert standing(issued, not_indirect, others=(clerk,)) is Standing.UNKNOWN
    # It speaks only of those who point to it.
    assert standing(ALICE, listed, others=(clerk,)) is Standing.UNKNOWN


def test_entries_of_an_indirect_list_inherit_the_issuer_of_the_one_before() -> None:
    clerk = ROOT.intermediate("List Clerk", is_ca=False, key_usage=("cRLSign",))
    issued = person(extensions=pointing(by=clerk))
    builder = x509.CertificateRevocationListBuilder(clerk.parsed.subject, NOW - DAY, NOW + DAY)
    named = x509.CertificateIssuer([x509.DirectoryName(ISSUING.parsed.subject)])
    entries = [
        x509.RevokedCertificateBuilder(1, NOW - DAY).add_extension(named, critical=True),
        x509.RevokedCertificateBuilder(issued.parsed.serial_number, NOW - DAY),
    ]
    for entry in entries:
        builder = builder.add_revoked_certificate(entry.build())
    builder = builder.add_extension(scope(indirect=True), critical=True)
    listed = builder.sign(clerk.key, hashes.SHA256()).public_bytes(Encoding.DER)
    assert standing(issued, listed, others=(clerk,)) is Standing.REVOKED


def test_a_critical_extension_that_is_not_known_spoils_what_a_list_clears() -> None:
    strange = [(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True)]
    listed = revocation_list(ISSUING, BOB, extensions=strange)
    assert standing(ALICE, listed) is Standing.UNKNOWN
    assert standing(BOB, listed) is Standing.REVOKED


def test_a_responder_tells_good_from_revoked() -> None:
    assert standing(ALICE, ocsps=(status(ISSUING, ALICE),)) is Standing.GOOD
    assert standing(ALICE, ocsps=(status(ISSUING, ALICE, digest=hashes.SHA256()),)) is Standing.GOOD
    assert standing(ALICE, ocsps=(status(ISSUING, ALICE, revoked=True),)) is Standing.REVOKED
    assert standing(ALICE, ocsps=(status(ISSUING, ALICE, unknown=True),)) is Standing.UNKNOWN


def test_a_revocation_anywhere_counts_more_than_a_clearance() -> None:
    assert standing(ALICE, revocation_list(ISSUING), ocsps=(status(ISSUING, ALICE, revoked=True),)) is Standing.REVOKED
    assert standing(ALICE, revocation_list(ISSUING, ALICE), ocsps=(status(ISSUING, ALICE),)) is Standing.REVOKED


def test_an_answer_about_another_certificate_says_nothing() -> None:
    namesake = make_authority("Other CA").issue("a@corp.example", key="p256", serial=ALICE.parsed.serial_number)
    other = make_authority("Other CA")
    assert standing(ALICE, ocsps=(status(ISSUING, BOB, revoked=True),)) is Standing.UNKNOWN
    assert standing(ALICE, ocsps=(status(other, namesake, revoked=True),)) is Standing.UNKNOWN


def test_an_answer_counts_until_its_next_update() -> None:
    old = status(ISSUING, ALICE, this_update=NOW - 9 * DAY, next_update=NOW - DAY)
    for_the_moment = status(ISSUING, ALICE, this_update=NOW, next_update=None)
    assert standing(ALICE, ocsps=(old,)) is Standing.UNKNOWN
    assert standing(ALICE, ocsps=(for_the_moment,)) is Standing.GOOD
    assert standing(ALICE, ocsps=(for_the_moment,), at=NOW + DAY) is Standing.UNKNOWN


def test_a_responder_must_be_appointed_by_the_issuer_itself() -> None:
    appointed = ISSUING.issue(name="Responder", key="p256", eku=(RESPONDER,))
    not_for_this = ISSUING.issue("r@corp.example", key="p256", eku=(EMAIL,))
    by_another = ROOT.issue(name="Responder", key="p256", key_name="other", eku=(RESPONDER,))
    expired = ISSUING.issue(name="Old Responder", key="p256", eku=(RESPONDER,), not_after=NOW - DAY)
    for responder, expected in (
        (appointed, Standing.REVOKED),
        (not_for_this, Standing.UNKNOWN),
        (by_another, Standing.UNKNOWN),
        (expired, Standing.UNKNOWN),
    ):
        said = status(ISSUING, ALICE, revoked=True, responder=responder)
        assert standing(ALICE, ocsps=(said,)) is expected
    unnamed = status(ISSUING, ALICE, revoked=True, responder=appointed, included=False)
    assert standing(ALICE, ocsps=(unnamed,)) is Standing.UNKNOWN


@pytest.mark.parametrize("key", ["rsa2048", "ed25519", "p384"])
def test_lists_and_answers_of_every_kind_of_key_are_verified(key: str) -> None:
    root = make_authority(f"{key} Root CA", key=key)
    issued = root.issue("a@corp.example", key="p256")
    chain = (issued.certificate, root.certificate)
    for evidence in (Evidence((revocation_list(root, issued),)), Evidence((), (status(root, issued, revoked=True),))):
        assert Inquiry(evidence=evidence, at=NOW).standing(chain) is Standing.REVOKED


_LIST = revocation_list(ISSUING, ALICE, BOB, number=3, idp=scope(uri=HERE), delta_at=HERE)
_ANSWER = status(ISSUING, ALICE, responder=ISSUING.issue(name="R", key="p256", eku=(RESPONDER,)))


@given(position=st.integers(0, 2000), octet=st.integers(0, 255), cut=st.integers(0, 2000))
def test_damaged_lists_and_answers_say_nothing_and_break_nothing(position: int, octet: int, cut: int) -> None:
    for whole, load in ((_LIST, load_list), (_ANSWER, load_answers)):
        damaged = bytearray(whole)
        damaged[position % len(whole)] = octet
        load(bytes(damaged[: max(cut, 1)]))
        load(bytes(damaged))
        evidence = Evidence((bytes(damaged),), (bytes(damaged),))
        chain = (ALICE.certificate, *ALICE.chain, ROOT.certificate)
        found = Inquiry(evidence=evidence, at=NOW).standing(chain)
        assert found is not Standing.REVOKED or bytes(damaged) == whole
