"""Which certificate a signer is answered with: what the signature names, and somebody vouches for."""

from dataclasses import replace

import pytest

from smimetui.smime import oids
from smimetui.smime.ber import field, integer, octet_string
from smimetui.smime.certificate_id import certificate_fields
from smimetui.smime.path import TrustPolicy
from tests.pki import Issued, make_authority
from tests.smime import forge
from tests.smime.correspondents import alice, bob, opened, root, sealed, signature, trusting


def test_the_certificate_to_answer_to_is_found_among_the_messages_own() -> None:
    signer = root().issue("alice@corp.example", key_usage=("digitalSignature",), name="Alice signs")
    answers = root().issue(
        "alice@corp.example", key_usage=("keyEncipherment",), key_name="alice encrypts", name="Alice reads"
    )
    report = signature(sealed(sign=signer, encrypt=[bob(), answers]), bob())
    assert report.encryption_certificate == answers.certificate
    assert set(report.included) == {signer.certificate, answers.certificate}


def asking_for(answers: Issued, signer: Issued, *included: Issued) -> bytes:
    """Return a message whose signer asks to be written to with a certificate of this issuer and number."""
    fields = certificate_fields(answers.certificate)
    preference = field(0xA0, fields.issuer, integer(answers.certificate.serial_number))
    wanted = forge.attribute(oids.ENCRYPTION_KEY_PREFERENCE, preference)
    info = forge.signer_info(signer, forge.entity(), attributes=[wanted])
    return forge.multipart_signed(forge.entity(), forge.signed_data(info, certificates=[signer, *included]))


@pytest.mark.parametrize("known", [True, False], ids=["a trusted issuer", "an unknown issuer"])
def test_a_certificate_to_answer_to_that_somebody_else_put_there_is_passed_over(*, known: bool) -> None:
    # The preference that is signed names issuer and number; the certificates beside it are not signed.
    authority = make_authority("CA of the two keys", key="p256")
    signer = authority.issue("alice@corp.example", key="p256", key_name="signs", key_usage=("digitalSignature",))
    answers = authority.issue("alice@corp.example", key="p256", key_name="reads", key_usage=("keyAgreement",))
    namesake = make_authority("CA of the two keys", key="p384")
    number = answers.certificate.serial_number
    bait = namesake.issue("alice@corp.example", key="p256", key_usage=("keyAgreement",), serial=number)
    policy = TrustPolicy(anchors=(authority.certificate,)) if known else TrustPolicy()
    issuers = () if known else (namesake, authority)

    report = signature(asking_for(answers, signer, bait, *issuers), policy=policy)
    assert report.trusted is known
    assert report.encryption_certificate is None

    report = signature(asking_for(answers, signer, bait, answers, *issuers), policy=policy)
    assert report.encryption_certificate == answers.certificate


def test_a_certificate_to_answer_to_that_nobody_vouches_for_counts_once_it_is_installed() -> None:
    signer = root().issue("alice@corp.example", key="p256", key_usage=("digitalSignature",))
    answers = make_authority("A stranger's CA").issue("alice@corp.example", key="p256", key_usage=("keyAgreement",))
    raw = asking_for(answers, signer, answers)
    assert signature(raw).encryption_certificate is None
    pins = {answers.certificate.sha256: frozenset({"alice@corp.example"})}
    report = signature(raw, policy=replace(trusting(), pinned=pins))
    assert report.encryption_certificate == answers.certificate


def test_what_a_broken_signature_asks_for_is_nothing() -> None:
    raw = asking_for(bob(), alice(), bob())
    assert signature(raw).encryption_certificate == bob().certificate
    assert signature(raw.replace(b"Hello", b"Hullo")).encryption_certificate is None


def test_a_signer_who_answers_with_the_same_key_names_no_other() -> None:
    assert signature(sealed(sign=alice())).encryption_certificate is None


def test_a_preference_for_an_absent_certificate_is_nothing() -> None:
    content = forge.entity()
    wanted = forge.attribute(
        oids.ENCRYPTION_KEY_PREFERENCE,
        field(0xA0, certificate_fields(bob().certificate).issuer, integer(bob().certificate.serial_number)),
    )
    info = forge.signer_info(alice(), content, attributes=[wanted])
    raw = forge.multipart_signed(content, forge.signed_data(info, certificates=[alice()]))
    assert signature(raw).encryption_certificate is None
    report = opened(raw, known=[bob().certificate]).signature
    assert report is not None
    assert report.encryption_certificate == bob().certificate


def test_the_forms_of_preference_are_all_read() -> None:
    content = forge.entity()
    key = bob().certificate.subject_key_identifier
    assert key is not None
    for wanted in (
        forge.attribute(oids.ENCRYPTION_KEY_PREFERENCE, field(0xA1, octet_string(key))),
        forge.attribute(oids.ENCRYPTION_KEY_PREFERENCE, field(0x82, key)),
        forge.attribute(oids.MICROSOFT_KEY_PREFERENCE, certificate_fields(bob().certificate).issuer_and_serial),
    ):
        info = forge.signer_info(alice(), content, attributes=[wanted])
        raw = forge.multipart_signed(content, forge.signed_data(info, certificates=[alice(), bob()]))
        assert signature(raw).encryption_certificate == bob().certificate
