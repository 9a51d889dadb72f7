"""The forms of a signature: algorithms, parameters, names of the signer and attributes, right and wrong."""

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import new, shake_256

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from smimetui.model.verdict import Problem, SignatureReport, Verdict
from smimetui.smime import oids
from smimetui.smime.ber import field, identifier, integer, octet_string, sequence
from smimetui.smime.certificate_id import certificate_fields, names
from smimetui.smime.cms import SignedData, read_cms
from smimetui.smime.cms_ids import CertificateId
from smimetui.smime.signature import Content, check_signers
from tests.pki import Issued
from tests.smime import forge
from tests.smime.correspondents import alice, bob, opened, root

CONTENT = forge.entity()


def report(info: bytes, *people: Issued, content: bytes = CONTENT, detached: bool = True) -> SignatureReport:
    certificates = people or (alice(),)
    if detached:
        raw = forge.multipart_signed(content, forge.signed_data(info, certificates=certificates))
    else:
        raw = forge.pkcs7(forge.signed_data(info, content=content, certificates=certificates))
    found = opened(raw).signature
    assert found is not None
    return found


def digest_algorithm(name: str) -> bytes:
    return sequence(identifier(oids.DIGEST_IDENTIFIERS[name]))


def pss(*parameters: bytes) -> bytes:
    return sequence(identifier(oids.RSA_PSS), sequence(*parameters))


def mgf1(name: str) -> bytes:
    return sequence(identifier(oids.MGF1), digest_algorithm(name))


SHA256_PSS = pss(field(0xA0, digest_algorithm("sha256")), field(0xA1, mgf1("sha256")), field(0xA2, integer(32)))


@pytest.mark.parametrize("attributes", [(), None], ids=["attributes", "no attributes"])
@pytest.mark.parametrize("detached", [True, False])
def test_pss_signatures_hold(attributes: tuple[bytes, ...] | None, *, detached: bool) -> None:
    info = forge.signer_info(alice(), CONTENT, algorithm=SHA256_PSS, pss=True, attributes=attributes)
    assert report(info, detached=detached).trusted


def test_pss_without_parameters_means_sha1_and_is_weak() -> None:
    def sign(covered: bytes) -> bytes:
        return alice().key.sign(covered, padding.PSS(padding.MGF1(hashes.SHA1()), 20), hashes.SHA1())

    for scheme in (pss(), sequence(identifier(oids.RSA_PSS))):
        info = forge.signer_info(alice(), CONTENT, attributes=None, algorithm=scheme, value=sign(CONTENT))
        found = report(info)
        assert found.intact
        assert found.problems == (Problem.WEAK_ALGORITHM,)


@pytest.mark.parametrize(
    "scheme",
    [
        pss(field(0xA0, sequence(identifier("1.2.3")))),
        pss(field(0xA1, sequence(identifier("1.2.3")))),
        pss(field(0xA2, integer(-1))),
        pss(field(0xA2, integer(5000))),
        pss(field(0xA0, digest_algorithm("shake256"))),
        sequence(identifier("1.2.3.4")),
        sequence(identifier("1.2.840.10045.4.3.2")),
    ],
)
def test_a_scheme_that_is_not_known_is_not_called_altered(scheme: bytes) -> None:
    found = report(forge.signer_info(alice(), CONTENT, algorithm=scheme))
    assert found.verdict is Verdict.INDETERMINATE
    assert not found.intact
    assert Problem.WEAK_ALGORITHM in found.problems
    assert Problem.ALTERED not in found.problems


def test_a_digest_that_is_not_known_is_not_called_altered() -> None:
    info = forge.signer_info(alice(), CONTENT, digest_algorithm=sequence(identifier("1.2.3.4")))
    found = report(info)
    assert found.verdict is Verdict.INDETERMINATE
    assert found.digest_algorithm == "1.2.3.4"
    assert report(info, bob()).problems == (Problem.WEAK_ALGORITHM, Problem.NOT_FOUND)


def test_an_unknown_signer_of_changed_content_is_altered() -> None:
    info = forge.signer_info(alice(), forge.entity("Something else\r\n"))
    found = report(info, bob())
    assert found.verdict is Verdict.FAILED
    assert found.problems == (Problem.ALTERED, Problem.NOT_FOUND)
    honest = report(forge.signer_info(alice(), CONTENT), bob())
    assert (honest.verdict, honest.problems) == (Verdict.INDETERMINATE, (Problem.NOT_FOUND,))


def test_a_key_and_a_scheme_that_do_not_belong_together_do_not_hold() -> None:
    rsa_scheme = sequence(identifier(oids.RSA), forge.NULL)
    assert not report(forge.signer_info(alice("ed25519"), CONTENT, algorithm=rsa_scheme), alice("ed25519")).intact
    eddsa = sequence(identifier(oids.ED25519))
    assert not report(forge.signer_info(alice(), CONTENT, algorithm=eddsa)).intact


def test_a_certificate_whose_key_cannot_sign_is_not_called_altered() -> None:
    who = certificate_fields(alice("x25519").certificate).issuer_and_serial
    info = forge.signer_info(alice(), CONTENT, signer=who)
    found = report(info, alice("x25519"))
    assert found.verdict is Verdict.INDETERMINATE
    assert Problem.ALTERED not in found.problems


def test_a_certificate_of_the_first_version_is_named_like_any_other() -> None:
    fields = certificate_fields(alice().certificate)
    first_version = sequence(
        sequence(fields.serial, sequence(), fields.issuer, sequence(), fields.subject, fields.key), sequence()
    )
    assert certificate_fields(replace(alice().certificate, der=first_version)) == fields


def test_a_certificate_whose_key_cannot_be_loaded_does_not_hold() -> None:
    broken = replace(
        alice().certificate, der=alice().der.replace(identifier(oids.RSA), identifier("1.2.840.113549.1.1.99"))
    )
    signed = read_cms(forge.signed_data(forge.signer_info(alice(), CONTENT), certificates=[alice()]))
    assert isinstance(signed, SignedData)
    (checked,) = check_signers(signed, Content(memoryview(CONTENT), is_text=True), [broken])
    assert not checked.intact


def test_a_shake_digest_covers_content_too() -> None:
    digest = shake_256(CONTENT).digest(64)
    attributes = forge.set_of(
        forge.attribute(oids.CONTENT_TYPE, identifier(oids.DATA)),
        forge.attribute(oids.MESSAGE_DIGEST, octet_string(digest)),
    )
    info = sequence(
        integer(1),
        certificate_fields(alice("ed448").certificate).issuer_and_serial,
        digest_algorithm("shake256"),
        b"\xa0" + attributes[1:],
        sequence(identifier(oids.ED448)),
        octet_string(alice("ed448").key.sign(attributes)),
    )
    assert report(info, alice("ed448")).intact


def test_ed448_with_its_own_digest_holds() -> None:
    signer = alice("ed448")
    info = forge.signer_info(
        signer,
        CONTENT,
        attributes=None,
        digest="sha512",
        digest_algorithm=digest_algorithm("shake256"),
        algorithm=sequence(identifier(oids.ED448)),
    )
    found = report(info, signer)
    assert found.intact
    assert found.digest_algorithm == "shake256"


def test_a_signer_may_be_named_by_key_identifier() -> None:
    key = alice().certificate.subject_key_identifier
    assert key is not None
    assert report(forge.signer_info(alice(), CONTENT, signer=field(0x80, key))).trusted


def test_a_certificate_without_key_identifier_is_found_by_the_hash_of_its_key() -> None:
    key = x509.SubjectKeyIdentifier.from_public_key(alice().key.public_key()).digest
    bare = replace(alice().certificate, subject_key_identifier=None)
    assert names(CertificateId(key_identifier=key), bare)
    assert not names(CertificateId(key_identifier=bytes(20)), bare)


def test_bait_with_the_same_issuer_and_number_does_not_hide_the_signer() -> None:
    real = root().issue("alice@corp.example", serial=99, key="p256", key_name="real")
    bait = root().issue("alice@corp.example", serial=99, key="p256", key_name="bait")
    info = forge.signer_info(real, CONTENT)
    found = report(info, bait, real)
    assert found.trusted
    assert found.signer == real.certificate


def test_line_ends_may_change_under_a_signature_without_attributes() -> None:
    info = forge.signer_info(alice(), CONTENT, attributes=None)
    raw = forge.multipart_signed(CONTENT, forge.signed_data(info, certificates=[alice()]))
    found = opened(raw.replace(b"\r\n", b"\n")).signature
    assert found is not None
    assert found.trusted


@pytest.mark.parametrize("attributes", [None, ()], ids=["without attributes", "with attributes"])
@pytest.mark.parametrize("detached", [False, True])
def test_what_was_signed_as_something_else_does_not_pass_for_mail(
    attributes: tuple[bytes, ...] | None, *, detached: bool
) -> None:
    time_stamp = "1.2.840.113549.1.9.16.1.4"
    info = forge.signer_info(alice(), CONTENT, attributes=attributes, content_type=time_stamp)
    inside = None if detached else CONTENT
    cms = forge.signed_data(info, content=inside, certificates=[alice()], content_type=time_stamp)
    found = opened(forge.multipart_signed(CONTENT, cms) if detached else forge.pkcs7(cms)).signature
    assert found is not None
    assert (found.verdict, found.intact) == (Verdict.FAILED, False)


# Attributes.


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (field(0x17, b"261123090000Z"), datetime(2026, 11, 23, 9, tzinfo=UTC)),
        (field(0x18, b"20261123090000Z"), datetime(2026, 11, 23, 9, tzinfo=UTC)),
        (field(0x17, b"2611230900Z"), None),
        (field(0x17, b"261123090000+0100"), None),
        (field(0x17, b"269923090000Z"), None),
        (field(0x17, b"\xff\xff"), None),
        (octet_string(b"261123090000Z"), None),
        (field(0x17, b"Z"), None),
    ],
)
def test_signing_times_are_read_or_nothing(value: bytes, expected: datetime | None) -> None:
    info = forge.signer_info(alice(), CONTENT, attributes=[forge.attribute(oids.SIGNING_TIME, value)])
    assert report(info).signing_time == expected


def test_a_signing_time_of_the_last_century_is_before_the_certificate() -> None:
    time = forge.attribute(oids.SIGNING_TIME, field(0x17, b"991123090000Z"))
    found = report(forge.signer_info(alice(), CONTENT, attributes=[time]))
    assert found.signing_time == datetime(1999, 11, 23, 9, tzinfo=UTC)
    assert found.problems == (Problem.NOT_YET_VALID,)


@pytest.mark.parametrize("name", ["sha256", "sha384", "sha1", None])
def test_the_signing_certificate_attribute_is_checked_in_both_versions(name: str | None) -> None:
    kind = oids.SIGNING_CERTIFICATE if name is None else oids.SIGNING_CERTIFICATE_V2
    chosen = name or "sha1"
    explicit = digest_algorithm(chosen) if name not in {None, "sha256"} else b""

    def attribute(der: bytes) -> bytes:
        hashed = octet_string(new(chosen, der, usedforsecurity=False).digest())
        return forge.attribute(kind, sequence(sequence(sequence(explicit, hashed))))

    good = report(forge.signer_info(alice(), CONTENT, attributes=[attribute(alice().der)]))
    assert good.trusted
    bad = report(forge.signer_info(alice(), CONTENT, attributes=[attribute(bob().der)]))
    assert bad.verdict is Verdict.FAILED


def test_a_signing_certificate_attribute_that_is_none_fails() -> None:
    broken = forge.attribute(oids.SIGNING_CERTIFICATE_V2, integer(1))
    assert report(forge.signer_info(alice(), CONTENT, attributes=[broken])).verdict is Verdict.FAILED


@pytest.mark.parametrize(
    "value",
    [integer(1), field(0xA0, integer(1)), field(0xA1), sequence()],
)
def test_a_preference_that_cannot_be_read_is_nothing(value: bytes) -> None:
    for kind in (oids.ENCRYPTION_KEY_PREFERENCE, oids.MICROSOFT_KEY_PREFERENCE):
        info = forge.signer_info(alice(), CONTENT, attributes=[forge.attribute(kind, value)])
        found = report(info)
        assert found.encryption_certificate is None
        assert found.trusted


def test_certificates_that_cannot_be_read_are_passed_over() -> None:
    rubbish = (sequence(integer(1)), alice().der, field(0xA1, integer(1)), alice().der)
    cms = forge.signed_data(forge.signer_info(alice(), CONTENT), certificates=rubbish)
    found = opened(forge.multipart_signed(CONTENT, cms)).signature
    assert found is not None
    assert found.trusted
    assert found.included == (alice().certificate,)
