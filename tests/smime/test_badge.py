"""The badge tells the truth: when `trusted` holds, and every way somebody might try to make it hold."""

from dataclasses import replace
from datetime import timedelta

import pytest

from smimetui.model.address import Address
from smimetui.model.verdict import Problem, Verdict
from smimetui.model.wording import why_not_trusted
from smimetui.smime import oids
from smimetui.smime.ber import field, identifier, integer, octet_string, sequence
from smimetui.smime.certificate_id import certificate_fields
from smimetui.smime.path import TrustPolicy
from tests.pki import NOW, SERVER, Issued, make_authority, sha1_signed
from tests.smime import forge
from tests.smime.correspondents import alice, bob, draft, from_, mallory, opened, root, sealed, signature, trusting


def test_a_message_signed_by_its_author_is_trusted() -> None:
    report = signature(sealed(sign=alice()))
    assert report.trusted
    assert report.badge == "Trusted"
    assert report.problems == ()
    assert report.signer == alice().certificate
    assert report.signing_time == NOW
    assert report.digest_algorithm == "sha256"
    assert report.anchor == root().certificate
    assert report.chain == (alice().certificate, root().certificate)
    assert not report.pinned
    assert report.capabilities is not None


@pytest.mark.parametrize("opaque", [False, True])
def test_a_body_changed_after_signing_fails(*, opaque: bool) -> None:
    raw = forge.opaque(forge.entity(), alice()) if opaque else forge.signed(forge.entity(), alice())
    if opaque:
        honest = forge.signed_data(
            forge.signer_info(alice(), forge.entity()), content=forge.entity("Hullo\r\n"), certificates=[alice()]
        )
        raw = forge.pkcs7(honest)
    else:
        raw = raw.replace(b"Hello", b"Hullo")
    report = signature(raw)
    assert (report.verdict, report.intact, report.problems) == (Verdict.FAILED, False, (Problem.ALTERED,))


def test_an_unknown_issuer_is_indeterminate() -> None:
    report = signature(sealed(sign=alice()), policy=TrustPolicy())
    assert (report.verdict, report.intact) == (Verdict.INDETERMINATE, True)
    assert report.problems == (Problem.UNTRUSTED,)
    assert report.anchor is None


def test_an_installed_certificate_is_trusted_for_its_address_alone() -> None:
    stranger = make_authority("A stranger's CA").issue("alice@corp.example")
    pins = {stranger.certificate.sha256: frozenset({"alice@corp.example"})}
    report = signature(forge.signed(forge.entity(), stranger), policy=TrustPolicy(pinned=pins))
    assert report.trusted
    assert report.pinned
    elsewhere = {stranger.certificate.sha256: frozenset({"bob@corp.example"})}
    report = signature(forge.signed(forge.entity(), stranger), policy=TrustPolicy(pinned=elsewhere))
    assert not report.trusted


def test_a_pin_is_not_named_where_the_issuer_is_trusted_anyway() -> None:
    pins = {alice().certificate.sha256: frozenset({"alice@corp.example"})}
    report = signature(sealed(sign=alice()), policy=replace(trusting(), pinned=pins))
    assert report.trusted
    assert not report.pinned


def test_a_revoked_certificate_fails_although_it_is_installed() -> None:
    pins = {alice().certificate.sha256: frozenset({"alice@corp.example"})}
    policy = replace(trusting(), pinned=pins, crls=(root().crl(alice()),))
    report = signature(sealed(sign=alice()), policy=policy)
    assert report.verdict is Verdict.FAILED
    assert Problem.REVOKED in report.problems
    assert report.intact


def test_an_installed_certificate_that_has_expired_is_not_trusted() -> None:
    old = make_authority("Old CA").issue("alice@corp.example", not_after=NOW - timedelta(days=1))
    pins = {old.certificate.sha256: frozenset({"alice@corp.example"})}
    report = signature(forge.signed(forge.entity(), old), policy=TrustPolicy(pinned=pins))
    assert report.verdict is Verdict.INDETERMINATE
    assert report.problems == (Problem.EXPIRED,)


def test_another_unknown_certificate_than_the_installed_one_says_changed() -> None:
    stranger = make_authority("A stranger's CA").issue("alice@corp.example", key="p256")
    pins = {alice().certificate.sha256: frozenset({"alice@corp.example"})}
    report = signature(forge.signed(forge.entity(), stranger), policy=TrustPolicy(pinned=pins))
    assert Problem.CHANGED in report.problems
    assert not report.trusted


def test_a_renewed_certificate_of_a_trusted_issuer_is_no_change() -> None:
    pins = {mallory().certificate.sha256: frozenset({"alice@corp.example"})}
    report = signature(sealed(sign=alice()), policy=replace(trusting(), pinned=pins))
    assert report.trusted


def test_a_certificate_that_was_not_valid_yet_when_it_signed_is_not_trusted() -> None:
    young = root().issue("alice@corp.example", not_before=NOW - timedelta(days=1))
    raw = sealed(sign=young, date=NOW - timedelta(days=2))
    report = signature(raw)
    assert report.problems == (Problem.NOT_YET_VALID,)
    assert report.verdict is Verdict.INDETERMINATE


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"key_usage": ("keyEncipherment",)}, Problem.WRONG_USAGE),
        ({"eku": (SERVER,)}, Problem.WRONG_USAGE),
        ({"key": "rsa1024"}, Problem.WEAK_KEY),
    ],
)
def test_a_certificate_unfit_for_signing_is_not_trusted(arguments: dict[str, object], problem: Problem) -> None:
    report = signature(forge.signed(forge.entity(), root().issue("alice@corp.example", **arguments)))
    assert report.problems == (problem,)
    assert not report.trusted
    assert report.verdict is (Verdict.PASSED if problem is Problem.WEAK_KEY else Verdict.INDETERMINATE)


# What is signed.


@pytest.mark.parametrize(
    ("signed", "forged"),
    [
        (b"charset=utf-8\r\n\r\nNote:", b"charset=utf-8\r\r\nNote:"),
        (b"\r\n\r\nNote:", b"\r\rNote:"),
        (b"agrees.\r\n--=_apart", b"agrees.\r--=_apart"),
        (b"--=_apart--\r\n", b"--=_apart--\r\r\n"),
    ],
)
def test_a_line_end_that_only_some_readers_know_does_not_hide_signed_text(signed: bytes, forged: bytes) -> None:
    content = (
        b'Content-Type: multipart/mixed; boundary="=_apart"\r\n\r\n'
        b"--=_apart\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nNote: only if the board agrees.\r\n"
        b"--=_apart\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nI accept the offer.\r\n"
        b"--=_apart--\r\n"
    )
    raw = forge.signed(content, alice("p256"))
    assert opened(raw).body == "Note: only if the board agrees.\nI accept the offer."
    assert signature(raw).trusted
    assert signed in raw
    report = signature(raw.replace(signed, forged, 1))
    assert (report.verdict, report.problems) == (Verdict.FAILED, (Problem.ALTERED,))


def test_content_inside_the_signature_beside_detached_content_fails() -> None:
    shown = forge.entity("Pay Mallory\r\n")
    signed = forge.entity("Pay nobody\r\n")
    cms = forge.signed_data(forge.signer_info(alice(), signed), content=signed, certificates=[alice()])
    message = opened(forge.multipart_signed(shown, cms))
    assert message.body == "Pay Mallory\n"
    assert message.signature is not None
    assert message.signature.verdict is Verdict.FAILED
    cms = forge.signed_data(forge.signer_info(alice(), shown), content=shown, certificates=[alice()])
    assert not signature(forge.multipart_signed(shown, cms)).trusted


@pytest.mark.parametrize("opaque", [False, True])
def test_a_signature_without_signers_fails(*, opaque: bool) -> None:
    content = forge.entity()
    if opaque:
        raw = forge.pkcs7(forge.signed_data(content=content, certificates=[alice()]))
    else:
        raw = forge.multipart_signed(content, forge.signed_data(certificates=[alice()]))
    report = signature(raw)
    assert (report.verdict, report.intact, report.signer) == (Verdict.FAILED, False, None)


def test_all_of_two_signers_must_hold() -> None:
    content = forge.entity()
    good, other = forge.signer_info(alice(), content), forge.signer_info(mallory(), content)
    bad = forge.signer_info(mallory(), forge.entity("Something else\r\n"))
    stranger = make_authority("Stranger's CA").issue("alice@corp.example", key="p384")
    both = [alice(), mallory(), stranger]
    assert signature(forge.multipart_signed(content, forge.signed_data(good, other, certificates=both))).trusted
    broken = signature(forge.multipart_signed(content, forge.signed_data(good, bad, certificates=both)))
    assert broken.verdict is Verdict.FAILED
    infos = [good, forge.signer_info(stranger, content)]
    unknown = signature(forge.multipart_signed(content, forge.signed_data(*infos, certificates=both)))
    assert unknown.verdict is Verdict.INDETERMINATE


def test_a_signature_part_that_cannot_be_read_fails() -> None:
    for rubbish in (b"", b"\x30", b"rubbish", forge.compressed_data(b"x")):
        report = signature(forge.multipart_signed(forge.entity(), rubbish))
        assert (report.verdict, report.intact) == (Verdict.FAILED, False)


def test_an_old_digest_is_never_trusted() -> None:
    content = forge.entity()
    cms = forge.signed_data(forge.signer_info(alice(), content, digest="sha1"), certificates=[alice()])
    report = signature(forge.multipart_signed(content, cms))
    assert report.intact
    assert report.matches_from
    assert report.problems == (Problem.WEAK_ALGORITHM,)
    assert (report.verdict, report.trusted, report.badge) == (Verdict.PASSED, False, "Not Trusted")
    assert why_not_trusted(report) == "a digest or signature algorithm that is no longer safe was used"


def test_an_installed_certificate_makes_an_old_digest_no_better() -> None:
    content = forge.entity()
    cms = forge.signed_data(forge.signer_info(alice(), content, digest="sha1"), certificates=[alice()])
    pins = {alice().certificate.sha256: frozenset({"alice@corp.example"})}
    report = signature(forge.multipart_signed(content, cms), policy=TrustPolicy(pinned=pins))
    assert (report.verdict, report.trusted, report.pinned) == (Verdict.PASSED, False, True)


def test_one_old_digest_among_two_signers_takes_the_check_away() -> None:
    content = forge.entity()
    infos = [forge.signer_info(alice(), content), forge.signer_info(mallory(), content, digest="sha1")]
    cms = forge.signed_data(*infos, certificates=[alice(), mallory()])
    report = signature(forge.multipart_signed(content, cms))
    assert (report.verdict, report.trusted) == (Verdict.PASSED, False)
    assert Problem.WEAK_ALGORITHM in report.problems


@pytest.mark.parametrize("pinned", [False, True])
@pytest.mark.parametrize("md5", [False, True])
def test_a_certificate_signed_with_an_old_digest_is_never_trusted(*, md5: bool, pinned: bool) -> None:
    authority = make_authority("RSA CA", key="rsa2048")
    old = sha1_signed(authority.issue("alice@corp.example"), authority, md5=md5)
    pins = {old.certificate.sha256: frozenset({"alice@corp.example"})}
    policy = TrustPolicy(pinned=pins) if pinned else TrustPolicy(anchors=(authority.certificate,))
    report = signature(forge.signed(forge.entity(), old), policy=policy)
    assert Problem.WEAK_ALGORITHM in report.problems
    assert report.verdict is (Verdict.INDETERMINATE if md5 else Verdict.PASSED)
    assert not report.trusted


def test_a_key_that_anybody_can_break_passes_for_nothing() -> None:
    # Signed with a key of 800 bits, whose factors take a small computer a year.
    short = root().issue("alice@corp.example", key="fixed-rsa800")
    report = signature(forge.signed(forge.entity(), short))
    assert (report.intact, report.verdict, report.problems) == (True, Verdict.INDETERMINATE, (Problem.WEAK_KEY,))


def test_content_without_signed_attributes_verifies() -> None:
    content = forge.entity()
    for person in (alice(), alice("p256"), alice("ed25519")):
        digest = "sha512" if person is alice("ed25519") else "sha256"
        info = forge.signer_info(person, content, attributes=None, digest=digest)
        cms = forge.signed_data(info, certificates=[person])
        assert signature(forge.multipart_signed(content, cms)).trusted


def test_signed_attributes_do_not_pass_for_content() -> None:
    # The octets that Alice signed in one message, sent as the content of another without attributes.
    content = forge.entity()
    honest = forge.signer_info(alice(), content)
    attributes = _field(honest, 3)
    stolen = sequence(
        integer(1),
        certificate_fields(alice().certificate).issuer_and_serial,
        sequence(identifier(oids.DIGEST_IDENTIFIERS["sha256"])),
        sequence(identifier(oids.RSA), forge.NULL),
        _field(honest, 5),
    )
    raw = forge.pkcs7(forge.signed_data(stolen, content=b"\x31" + attributes[1:], certificates=[alice()]))
    report = signature(raw)
    assert (report.verdict, report.intact) == (Verdict.FAILED, False)


def _field(info: bytes, number: int) -> bytes:
    from smimetui.smime.cursor import walk

    cursor = walk(info).enter()
    return [cursor.encoded() for _ in range(number + 1)][number]


def test_a_content_type_that_was_not_signed_fails() -> None:
    content = forge.entity()
    info = forge.signer_info(alice(), content, content_type="1.2.840.113549.1.9.16.1.4")
    report = signature(forge.multipart_signed(content, forge.signed_data(info, certificates=[alice()])))
    assert report.verdict is Verdict.FAILED


def test_an_attribute_that_stands_twice_fails() -> None:
    content = forge.entity()
    twice = forge.attribute(oids.MESSAGE_DIGEST, octet_string(bytes(32)))
    info = forge.signer_info(alice(), content, attributes=[twice])
    report = signature(forge.multipart_signed(content, forge.signed_data(info, certificates=[alice()])))
    assert report.verdict is Verdict.FAILED


def test_another_certificate_for_the_same_key_does_not_stand_in() -> None:
    # RFC 5035: the signing-certificate attribute names the very certificate.
    twin = root().issue("alice@corp.example", "boss@corp.example", key_name="alice@corp.example", serial=4711)
    original = root().issue("alice@corp.example", key_name="alice@corp.example", serial=4711)
    raw = sealed(sign=original)
    assert signature(raw).trusted
    cms_with_twin = raw_with_certificate(raw, original, twin)
    report = signature(from_(cms_with_twin, "boss@corp.example"))
    assert not report.trusted
    assert report.verdict is Verdict.FAILED


def raw_with_certificate(raw: bytes, old: Issued, new: Issued) -> bytes:
    from smimetui.smime.mime import parse

    content, signed = parse(raw).parts()
    cms = signed.decoded()
    from smimetui.smime.cms import read_cms

    structure = read_cms(cms)
    info = cms[cms.rindex(field(0xA0, old.der)) + len(field(0xA0, old.der)) :]
    assert structure.certificates == (old.der,)
    body = sequence(integer(1), forge.set_of(), sequence(identifier(oids.DATA)), field(0xA0, new.der), info)
    rebuilt = sequence(identifier(oids.SIGNED_DATA), field(0xA0, body))
    return forge.multipart_signed(bytes(content.octets), rebuilt)


def test_a_trusted_message_inside_a_message_of_another_is_not_the_whole() -> None:
    inner = forge.signed(forge.entity("Alice's words\r\n"), alice(), header=b"")
    outer = forge.multipart(forge.entity("Mallory's words\r\n"), inner)
    message = opened(outer)
    assert message.signature is None
    assert message.layers == ()
    assert [part.note != "" for part in message.parts] == [False, True]
    assert any("Only a part of this message is signed" in note for note in message.notes)
    signed_by_mallory = opened(from_(forge.signed(outer, mallory()), "alice@corp.example"))
    assert signed_by_mallory.signature is not None
    assert not signed_by_mallory.signature.trusted
    assert signed_by_mallory.signature.signer == mallory().certificate


def test_a_message_signed_twice_over_counts_for_its_author() -> None:
    inner = forge.signed(forge.entity(), alice(), header=b"")
    by_a_list = opened(forge.signed(inner, mallory()))
    assert by_a_list.layers == ("signed", "signed")
    assert by_a_list.signature is not None
    assert by_a_list.signature.trusted
    assert by_a_list.signature.signer == alice().certificate
    changed = opened(forge.signed(inner, mallory()).replace(b"Subject: Figures", b"Subject: X"))
    assert changed.signature is not None
    assert changed.signature.trusted
    broken = forge.signed(inner, mallory()).replace(b"Hello", b"Hullo")
    assert signature(broken).verdict is Verdict.FAILED


def test_whoever_signs_an_envelope_is_not_the_author_of_a_letter_that_somebody_else_signed_in_it() -> None:
    # Mallory took a letter to Bob on its way, and cannot read it.
    letter = sealed(sign=alice("p256"), encrypt=[bob()])
    envelope = letter[letter.index(b"Content-Type: ") :]
    stolen = opened(from_(forge.signed(envelope, mallory()), "mallory@evil.example"), bob())
    assert stolen.layers == ("signed", "enveloped", "signed")
    assert stolen.signature is not None
    assert not stolen.signature.trusted
    assert why_not_trusted(stolen.signature) == "the signer is alice@corp.example, not the sender"
    by_a_gateway = opened(forge.signed(envelope, mallory()), bob())
    assert by_a_gateway.signature is not None
    assert by_a_gateway.signature.trusted


def test_a_broken_outer_signature_breaks_the_whole() -> None:
    inner = forge.opaque(forge.entity(), alice(), header=b"")
    outer = forge.signed(inner, mallory())
    tampered = outer.replace(b"name=smime.p7m", b"name=Smime.p7m")
    report = signature(tampered)
    assert report.verdict is Verdict.FAILED
    assert report.signer == mallory().certificate


def test_several_signers_of_one_digest_share_the_work() -> None:
    content = forge.entity("x" * 100_000)
    infos = [forge.signer_info(person, content) for person in (alice(), bob(), mallory())]
    people = [alice(), bob(), mallory()]
    raw = forge.multipart_signed(content, forge.signed_data(*infos, certificates=people))
    assert signature(raw).trusted
    infos[1] = forge.signer_info(bob(), content, digest="sha512")
    raw = forge.multipart_signed(content, forge.signed_data(*infos, certificates=people))
    assert signature(raw.replace(b"\r\n", b"\n")).trusted


def test_the_senders_display_name_counts_for_nothing() -> None:
    written = replace(draft(), sender=Address("mallory", "evil.example", "alice@corp.example"))
    report = signature(sealed(written, sign=alice()))
    assert not report.matches_from
