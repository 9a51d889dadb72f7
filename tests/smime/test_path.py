"""Certification paths: which lead to an anchor, and what is wrong with the others."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography import x509

from smimetui.model.certificate import Certificate, Purpose
from smimetui.model.verdict import Problem
from smimetui.smime import chain as chain_module
from smimetui.smime import pkix
from smimetui.smime.chain import longest_chain, signed_by
from smimetui.smime.path import Path, TrustPolicy, validate
from smimetui.smime.revocation import RevocationMode
from tests.pki import EMAIL, NOW, SERVER, Authority, Issued, make_authority, sha1_signed

ROOT = make_authority("Path Root CA")
ISSUING = ROOT.intermediate("Path Issuing CA")
ALICE = ISSUING.issue("alice@corp.example", key="p256")
TRUSTING = TrustPolicy(anchors=(ROOT.certificate,))
DAY = timedelta(days=1)


def path_of(
    issued: Issued,
    policy: TrustPolicy = TRUSTING,
    *,
    extra: tuple[Certificate, ...] | None = None,
    purpose: Purpose = Purpose.SIGN,
    at: datetime = NOW,
) -> Path:
    brought = issued.chain if extra is None else extra
    return validate(issued.certificate, policy=policy, extra=brought, purpose=purpose, at=at)


def trusting(*crls: bytes, anchors: tuple[Certificate, ...] = (ROOT.certificate,)) -> TrustPolicy:
    return TrustPolicy(anchors=anchors, crls=crls, revocation=RevocationMode.HARD)


def test_a_path_runs_from_the_certificate_to_its_anchor() -> None:
    path = path_of(ALICE)
    assert path.problems == ()
    assert path.chain == (ALICE.certificate, ISSUING.certificate, ROOT.certificate)
    assert path.anchor == ROOT.certificate


def test_issuers_may_come_from_the_policy() -> None:
    policy = TrustPolicy(anchors=(ROOT.certificate,), intermediates=(ISSUING.certificate,))
    assert path_of(ALICE, policy, extra=()).problems == ()


def test_without_an_anchor_the_known_part_is_shown_untrusted() -> None:
    path = path_of(ALICE, TrustPolicy())
    assert path.problems == (Problem.UNTRUSTED,)
    assert path.chain == (ALICE.certificate, ISSUING.certificate)
    assert path.anchor is None


def test_a_missing_issuer_is_untrusted() -> None:
    path = path_of(ALICE, extra=())
    assert path.problems == (Problem.UNTRUSTED,)
    assert path.chain == (ALICE.certificate,)


def test_an_issuer_that_came_along_is_never_an_anchor() -> None:
    stranger = make_authority("Stranger CA").issue("alice@corp.example", key="p256")
    root = make_authority("Stranger CA").certificate
    assert path_of(stranger, extra=(root,)).problems == (Problem.UNTRUSTED,)


def test_an_anchor_of_the_same_name_with_another_key_does_not_do() -> None:
    impostor = make_authority("Path Root CA", key="p384")
    assert path_of(impostor.issue("alice@corp.example", key="p256")).problems == (Problem.UNTRUSTED,)


def test_an_intermediate_may_be_the_anchor() -> None:
    policy = trusting(ISSUING.crl(), anchors=(ISSUING.certificate,))
    path = path_of(ALICE, policy, extra=())
    assert path.problems == ()
    assert path.anchor == ISSUING.certificate


def test_a_certificate_may_be_its_own_anchor() -> None:
    path = path_of(ALICE, TrustPolicy(anchors=(ALICE.certificate,)), extra=())
    assert path.problems == ()
    assert path.chain == (ALICE.certificate,)


def test_the_certificate_itself_must_be_valid_then() -> None:
    assert path_of(ALICE, at=NOW + 800 * DAY).problems == (Problem.EXPIRED,)
    assert path_of(ALICE, at=NOW - 40 * DAY).problems == (Problem.NOT_YET_VALID,)


def test_an_expired_issuer_is_named_as_the_culprit() -> None:
    old = ROOT.intermediate("Old Issuing CA", not_after=NOW - DAY)
    path = path_of(old.issue("a@corp.example", key="p256"))
    assert path.problems == (Problem.EXPIRED,)
    assert [(fault.problem, fault.certificate) for fault in path.faults] == [(Problem.EXPIRED, old.certificate)]


def test_an_expired_anchor_is_told() -> None:
    root = make_authority("Expired Root CA", not_after=NOW - DAY)
    path = path_of(root.issue("a@corp.example", key="p256"), TrustPolicy(anchors=(root.certificate,)))
    assert path.problems == (Problem.EXPIRED,)


def test_certificates_that_were_never_valid_together_still_get_an_answer() -> None:
    late = ROOT.intermediate("Late CA", not_before=NOW + DAY, not_after=NOW + 2 * DAY)
    issued = late.issue("a@corp.example", key="p256", not_after=NOW)
    assert path_of(issued).problems == (Problem.NOT_YET_VALID,)


def test_the_purpose_decides_the_usage() -> None:
    signing = ISSUING.issue("a@corp.example", key="p256", key_usage=("digitalSignature",))
    assert path_of(signing, purpose=Purpose.SIGN).problems == ()
    assert path_of(signing, purpose=Purpose.ENCRYPT).problems == (Problem.WRONG_USAGE,)


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        (ROOT.intermediate("Server CA", eku=(SERVER,)), Problem.WRONG_USAGE),
        (ROOT.intermediate("No Cert Sign CA", key_usage=("cRLSign",)), Problem.WRONG_USAGE),
        (ROOT.intermediate("Weak CA", key="rsa1024"), Problem.WEAK_KEY),
        (ROOT.intermediate("No CA", is_ca=False), Problem.UNTRUSTED),
        (ROOT.intermediate("Short CA", path_length=0).intermediate("Below Short CA"), Problem.UNTRUSTED),
    ],
    ids=lambda value: value.certificate.common_name if isinstance(value, Authority) else None,
)
def test_an_issuer_that_may_not_issue_for_mail_breaks_the_path(made: Authority, problem: Problem) -> None:
    assert problem in path_of(made.issue("a@corp.example", key="p256")).problems


def test_an_issuer_for_mail_alone_is_good() -> None:
    assert path_of(ROOT.intermediate("Mail CA", eku=(EMAIL,)).issue("a@corp.example", key="p256")).problems == ()


def test_the_path_length_of_an_anchor_binds() -> None:
    short = ROOT.intermediate("Short Anchor CA", path_length=0)
    policy = TrustPolicy(anchors=(short.certificate,))
    assert path_of(short.issue("a@corp.example", key="p256"), policy).problems == ()
    below = short.intermediate("Below Anchor CA").issue("b@corp.example", key="p256")
    assert path_of(below, policy).problems == (Problem.UNTRUSTED,)


def test_sha1_below_the_anchor_is_weak() -> None:
    root = make_authority("RSA Root CA", key="rsa2048")
    policy = TrustPolicy(anchors=(root.certificate,))
    old = sha1_signed(root.issue("a@corp.example", key="p256"), root)
    assert path_of(old, policy).problems == (Problem.WEAK_ALGORITHM,)
    signed_itself = sha1_signed(root, root)
    policy = TrustPolicy(anchors=(signed_itself.certificate,))
    assert path_of(root.issue("b@corp.example", key="p256"), policy).problems == ()


def test_an_unknown_critical_extension_breaks_the_path() -> None:
    strange = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    assert path_of(ISSUING.issue("a@corp.example", key="p256", extensions=[(strange, True)])).problems == (
        Problem.UNTRUSTED,
    )
    assert path_of(ISSUING.issue("a@corp.example", key="p256", extensions=[(strange, False)])).problems == ()


def constrained(name: str, *, permitted: list[str] | None = None, excluded: list[str] | None = None) -> Authority:
    constraints = x509.NameConstraints(
        [x509.RFC822Name(base) for base in permitted] if permitted else None,
        [x509.RFC822Name(base) for base in excluded] if excluded else None,
    )
    return ROOT.intermediate(name, extensions=[(constraints, True)])


@pytest.mark.parametrize(
    ("permitted", "excluded", "address", "good"),
    [
        (["corp.example"], None, "a@corp.example", True),
        (["corp.example"], None, "a@CORP.example", True),
        (["corp.example"], None, "a@sub.corp.example", False),
        (["corp.example"], None, "a@partner.example", False),
        ([".corp.example"], None, "a@sub.corp.example", True),
        ([".corp.example"], None, "a@corp.example", False),
        (["a@corp.example"], None, "a@corp.example", True),
        (["a@corp.example"], None, "b@corp.example", False),
        (None, ["corp.example"], "a@corp.example", False),
        (None, ["corp.example"], "a@partner.example", True),
        (None, [".corp.example"], "a@sub.corp.example", False),
    ],
)
@pytest.mark.parametrize("where", ["alternative name", "subject", "both", "SmtpUTF8Mailbox"])
def test_name_constraints_hold_for_every_kind_of_mail_name(
    where: str, permitted: list[str] | None, excluded: list[str] | None, address: str, *, good: bool
) -> None:
    authority = constrained(f"Constrained {permitted} {excluded}", permitted=permitted, excluded=excluded)
    match where:
        case "alternative name":
            issued = authority.issue(address, key="p256")
        case "subject":
            issued = authority.issue(address, key="p256", san=False)
        case "both":
            issued = authority.issue(address, key="p256", email_in_dn=True)
        case _:
            issued = authority.issue(key="p256", name="Constrained", utf8_mailboxes=(address,))
    assert path_of(issued).problems == (() if good else (Problem.UNTRUSTED,))


def test_a_name_outside_hidden_in_the_subject_beside_one_inside_breaks_the_path() -> None:
    authority = constrained("Corp Only CA", permitted=["corp.example"])
    issued = authority.issue("a@corp.example", key="p256", extensions=())
    hidden = authority.issue(
        "boss@partner.example",
        key="p256",
        san=False,
        extensions=[(x509.SubjectAlternativeName([x509.RFC822Name("a@corp.example")]), False)],
    )
    assert path_of(issued).problems == ()
    assert hidden.certificate.addresses == ("a@corp.example", "boss@partner.example")
    assert path_of(hidden).problems == (Problem.UNTRUSTED,)


def test_the_constraints_of_an_anchor_bind() -> None:
    authority = constrained("Constrained Anchor CA", permitted=["corp.example"])
    policy = TrustPolicy(anchors=(authority.certificate,))
    assert path_of(authority.issue("a@corp.example", key="p256"), policy).problems == ()
    assert path_of(authority.issue("a@partner.example", key="p256"), policy).problems == (Problem.UNTRUSTED,)


def test_lists_that_cover_the_path_leave_no_doubt() -> None:
    assert path_of(ALICE, trusting(ROOT.crl(), ISSUING.crl())).problems == ()


def test_a_revoked_certificate_is_revoked() -> None:
    assert path_of(ALICE, trusting(ROOT.crl(), ISSUING.crl(ALICE))).problems == (Problem.REVOKED,)


def test_a_revoked_issuer_revokes_the_path() -> None:
    assert path_of(ALICE, trusting(ROOT.crl(ISSUING), ISSUING.crl())).problems == (Problem.REVOKED,)


def test_revoked_is_told_where_no_anchor_is() -> None:
    problems = path_of(ALICE, trusting(ISSUING.crl(ALICE), anchors=())).problems
    assert problems == (Problem.UNTRUSTED, Problem.REVOKED)


def test_revoked_is_told_of_an_expired_certificate() -> None:
    old = ISSUING.issue("old@corp.example", key="p256", not_before=NOW - 100 * DAY, not_after=NOW - 50 * DAY)
    policy = trusting(ROOT.crl(), ISSUING.crl(old, revoked_at=NOW - 60 * DAY))
    assert path_of(old, policy).problems == (Problem.EXPIRED, Problem.REVOKED)


def test_what_was_revoked_later_was_good_before() -> None:
    policy = trusting(ROOT.crl(), ISSUING.crl(ALICE, revoked_at=NOW - 2 * DAY))
    assert path_of(ALICE, policy, at=NOW - 10 * DAY).problems == ()


@pytest.mark.parametrize(
    "crls",
    [
        (ROOT.crl(),),
        (ROOT.crl(), ISSUING.crl(this_update=NOW - 9 * DAY, next_update=NOW - 2 * DAY)),
        (ROOT.crl(), make_authority("Path Issuing CA", key="p384").crl()),
        (ROOT.crl(), ISSUING.crl()[:-8] + b"\0" * 8),
        (ROOT.crl(), b"not a list"),
        (b"\x30\x00",),
    ],
    ids=["none", "stale", "signed by another", "damaged", "garbage", "empty"],
)
def test_a_list_that_is_missing_stale_or_not_the_issuers_leaves_revocation_unknown(crls: tuple[bytes, ...]) -> None:
    assert path_of(ALICE, trusting(*crls)).problems == (Problem.REVOCATION_UNKNOWN,)


def test_unknown_revocation_does_not_hide_what_else_is_wrong() -> None:
    authority = constrained("Doubly Wrong CA", permitted=["corp.example"])
    issued = authority.issue("a@partner.example", key="p256")
    assert path_of(issued, trusting(ROOT.crl())).problems == (Problem.REVOCATION_UNKNOWN, Problem.UNTRUSTED)


def test_the_list_of_a_sibling_authority_says_nothing() -> None:
    # pyhanko-certvalidator takes the word of any authority below the same issuer.
    sibling = ROOT.intermediate("Sibling CA")
    policy = TrustPolicy(
        anchors=(ROOT.certificate,),
        intermediates=(sibling.certificate,),
        crls=(ISSUING.crl(), sibling.crl()),
        revocation=RevocationMode.HARD,
    )
    assert path_of(ALICE, policy).problems == (Problem.REVOCATION_UNKNOWN,)


def test_a_list_signed_by_an_impostor_that_came_along_says_nothing() -> None:
    impostor = make_authority("Path Issuing CA", key="p384")
    policy = trusting(ROOT.crl(), impostor.crl())
    assert path_of(ALICE, policy, extra=(*ALICE.chain, impostor.certificate)).problems == (Problem.REVOCATION_UNKNOWN,)


def test_of_two_paths_the_good_one_is_taken() -> None:
    other_root = make_authority("Other Root CA")
    cross = other_root.intermediate("Path Issuing CA", not_after=NOW - DAY)
    policy = TrustPolicy(anchors=(other_root.certificate, ROOT.certificate))
    path = path_of(ALICE, policy, extra=(cross.certificate, ISSUING.certificate))
    assert path.problems == ()
    assert path.anchor == ROOT.certificate


def test_a_loop_of_cross_certificates_ends() -> None:
    left, right = ROOT.intermediate("Left CA"), ROOT.intermediate("Right CA")
    loop = (left.intermediate("Right CA").certificate, right.intermediate("Left CA").certificate)
    path = path_of(left.issue("a@corp.example", key="p256"), TrustPolicy(), extra=(*loop, left.certificate))
    assert path.problems == (Problem.UNTRUSTED,)


def test_many_cross_certificates_cost_no_more_than_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    checks = 0

    def counted(certificate: Certificate, issuer: Certificate) -> bool:
        nonlocal checks
        checks += 1
        return signed_by(certificate, issuer)

    monkeypatch.setattr(chain_module, "signed_by", counted)
    crowd = tuple(ROOT.intermediate("Crowd CA", serial=serial).certificate for serial in range(1, 200))
    below = ROOT.intermediate("Crowd CA").issue("a@corp.example", key="p256")
    assert path_of(below, TrustPolicy(), extra=crowd).problems == (Problem.UNTRUSTED,)
    assert checks <= 50


def test_a_chain_is_put_together_from_certificates_in_any_order() -> None:
    found = longest_chain(ALICE.certificate, (ROOT.certificate, ALICE.certificate, ISSUING.certificate))
    assert found == (ALICE.certificate, ISSUING.certificate, ROOT.certificate)


async def test_a_path_is_validated_inside_a_running_event_loop_too() -> None:
    await asyncio.sleep(0)
    assert path_of(ALICE).problems == ()


def test_a_chain_of_a_hundred_authorities_ends_early() -> None:
    authority, brought = ROOT, []
    for depth in range(20):
        authority = authority.intermediate(f"Deep {depth} CA")
        brought.append(authority.certificate)
    path = path_of(authority.issue("a@corp.example", key="p256"), extra=tuple(brought))
    assert path.problems == (Problem.UNTRUSTED,)
    assert len(path.chain) == 12


def test_only_so_many_chains_are_tried() -> None:
    anchors = tuple(make_authority("Twin Root CA", not_after=NOW - number * DAY).certificate for number in range(1, 12))
    issued = make_authority("Twin Root CA").issue("a@corp.example", key="p256")
    assert path_of(issued, TrustPolicy(anchors=anchors)).problems == (Problem.EXPIRED,)


def test_a_signature_of_another_kind_than_the_key_does_not_hold() -> None:
    rsa = make_authority("RSA Signer CA", key="rsa2048")
    assert not signed_by(ALICE.certificate, rsa.certificate)
    assert not signed_by(rsa.certificate, ISSUING.certificate)
    assert not signed_by(ALICE.certificate, ISSUING.issue("x@corp.example", key="x25519").certificate)


@pytest.mark.parametrize("key", ["ed25519", "ed448", "rsa2048", "p384"])
def test_every_kind_of_authority_is_followed(key: str) -> None:
    root = make_authority(f"Root of {key}", key=key)
    policy = trusting(root.crl(), anchors=(root.certificate,))
    assert path_of(root.issue("a@corp.example", key="p256"), policy).problems == ()


def test_indirect_issuers_that_are_no_directory_names_are_passed_over() -> None:
    points = x509.CRLDistributionPoints(
        [x509.DistributionPoint(None, None, None, [x509.UniformResourceIdentifier("https://crl.example")])]
    )
    issued = ISSUING.issue("a@corp.example", key="p256", extensions=[(points, False)])
    assert path_of(issued, trusting(ROOT.crl(), ISSUING.crl())).problems == (Problem.REVOCATION_UNKNOWN,)


def test_a_list_with_an_issuers_name_and_nothing_else_right_says_nothing() -> None:
    version_one = ISSUING.crl().replace(b"\x02\x01\x01\x30\x0a", b"\x30\x03\x02\x01\x01\x30\x05"[:5])
    assert path_of(ALICE, trusting(ROOT.crl(), version_one)).problems == (Problem.REVOCATION_UNKNOWN,)


def test_ocsp_responses_that_do_not_parse_say_nothing() -> None:
    policy = replace(trusting(), ocsps=(b"garbage",))
    assert path_of(ALICE, policy).problems == (Problem.REVOCATION_UNKNOWN,)


def test_a_path_library_that_waits_is_a_fault_of_the_program() -> None:
    with pytest.raises(RuntimeError, match="waited"):
        pkix._run(asyncio.sleep(0))


def test_whether_a_chain_without_an_anchor_keeps_the_rules_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    # The rules take time, and whoever made a chain up may have made it long; it ends at nobody's anchor all the same.
    stranger = make_authority("Stranger Root CA", key="p256")
    below = stranger.intermediate("Stranger CA", path_length=0).intermediate("One Too Many CA")
    leaf = below.issue("alice@corp.example", key="p256")
    extra = tuple(link.certificate for link in (stranger, below)) + below.chain
    monkeypatch.setattr("smimetui.smime.path.broken_rules", lambda *_, **__: pytest.fail("the rules were asked"))
    path = validate(leaf.certificate, policy=TrustPolicy(), extra=extra, purpose=Purpose.SIGN, at=NOW)
    assert (path.problems, path.anchor) == ((Problem.UNTRUSTED,), None)
    assert path.chain[-1] == stranger.certificate
