from datetime import timedelta

import pytest

from smimetui.model.address import Address
from smimetui.model.errors import FormatError
from smimetui.model.message import Draft, Protection
from smimetui.model.verdict import Problem, Verdict
from smimetui.smime.identity import Identity
from smimetui.smime.seal import seal
from tests.pki import NOW
from tests.services.world import ALICE, BOB, ERIN, World, make_world, partner, person

DAY = timedelta(days=1)


def mail(sender: Address, *, signer: Identity | None = None, to_alice: bool = False, body: str = "Hello.\n") -> bytes:
    return seal(
        Draft(sender=sender, to=(ALICE,), subject="Hello", body=body),
        protection=Protection(sign=signer is not None, encrypt=to_alice),
        identity=signer,
        recipients=[person(ALICE).certificate] if to_alice else [],
        message_id="<1@partner.example>",
        date=NOW,
    )


def problems(world: World, raw: bytes) -> tuple[Problem, ...]:
    report = world.session.reader.open(raw).signature
    assert report is not None
    return report.problems


def test_a_colleague_s_signed_message_is_trusted() -> None:
    opened = make_world().session.reader.open(mail(BOB, signer=person(BOB).identity, to_alice=True))

    assert opened.encrypted
    assert opened.body == "Hello.\n"
    assert opened.signature is not None
    assert opened.signature.trusted


def test_a_stranger_s_signed_message_is_trusted_once_the_certificate_is_installed() -> None:
    world = make_world()
    raw = mail(ERIN, signer=person(ERIN).identity)
    before = world.session.reader.open(raw)
    assert before.signature is not None
    assert before.signature.verdict is Verdict.INDETERMINATE
    assert before.signature.problems == (Problem.UNTRUSTED,)

    offer = world.session.trust.offer(before)
    assert offer.allowed
    world.install(*offer.certificates)

    after = world.session.reader.open(raw)
    assert after.signature is not None
    assert after.signature.trusted
    assert after.signature.pinned
    assert world.session.trust.offer(after).installed
    assert world.session.resolver.installed(ERIN) is not None


def test_an_untrusted_signer_beside_another_installed_key_is_said_to_have_changed() -> None:
    world = make_world()
    world.install(person(ERIN).certificate)
    other = partner().issue(ERIN.spec, key="p256", key_name="another", not_before=NOW - DAY)

    found = problems(world, mail(ERIN, signer=other.identity))

    assert found.count(Problem.CHANGED) == 1
    assert Problem.UNTRUSTED in found


def test_an_untrusted_signer_with_the_same_key_has_not_changed() -> None:
    world = make_world()
    world.install(person(ERIN).certificate)
    renewed = partner().issue(ERIN.spec, key="p256", not_before=NOW - DAY)

    assert Problem.CHANGED not in problems(world, mail(ERIN, signer=renewed.identity))


def test_plain_mail_opens_as_it_is() -> None:
    opened = make_world().session.reader.open(mail(ERIN))

    assert (opened.signature, opened.encryption, opened.body) == (None, None, "Hello.\n")


def test_mail_for_another_key_comes_back_undecrypted() -> None:
    world = make_world(identities=[person(BOB).identity])

    opened = world.session.reader.open(mail(ERIN, to_alice=True))

    assert opened.encryption is not None
    assert not opened.encryption.decrypted
    assert opened.body == ""
    assert opened.notes


def test_every_own_key_is_tried_expired_ones_too() -> None:
    old = partner().issue(ALICE.spec, key="p256", key_name="old", not_after=NOW - DAY)
    raw = seal(
        Draft(sender=ERIN, to=(ALICE,), body="Old.\n"),
        protection=Protection(sign=False, encrypt=True),
        identity=None,
        recipients=[old.certificate],
        message_id="<2@partner.example>",
        date=NOW,
    )

    opened = make_world(identities=[person(ALICE).identity, old.identity]).session.reader.open(raw)

    assert opened.body == "Old.\n"


@pytest.mark.parametrize("known", [True, False])
def test_a_signature_without_certificates_is_checked_with_the_installed_one(*, known: bool) -> None:
    from tests.services.bare_signature import without_certificates

    world = make_world()
    if known:
        world.install(person(ERIN).certificate)

    report = world.session.reader.open(without_certificates(person(ERIN), sender=ERIN)).signature

    assert report is not None
    assert (report.signer == person(ERIN).certificate) is known
    assert report.trusted is known


def test_hostile_bytes_are_a_format_error() -> None:
    with pytest.raises(FormatError):
        make_world().session.reader.open(
            b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\nnonsense"
        )
