from collections.abc import Callable
from dataclasses import replace

import pytest

from smimetui.model.certificate import Certificate
from smimetui.model.message import Attachment, Draft, Protection
from smimetui.services.self_check import Expectation, SealMismatchError, check_envelope
from smimetui.smime.seal import seal
from tests.pki import NOW
from tests.services.world import ALICE, BOB, CAROL, make_world, person

FILE = Attachment(name="q3.ods", content_type="application/octet-stream", content=b"\x00\x01")
DRAFT = Draft(sender=ALICE, to=(BOB,), cc=(CAROL,), subject="Q3", body="Figures.\n", attachments=(FILE,))
BOTH = Protection(sign=True, encrypt=True)
EVERYONE = (person(BOB).certificate, person(CAROL).certificate, person(ALICE).certificate)
EXPECTED = Expectation(draft=DRAFT, protection=BOTH, signer=person(ALICE).certificate, recipients=EVERYONE)


def sealed(
    draft: Draft = DRAFT, protection: Protection = BOTH, recipients: tuple[Certificate, ...] = EVERYONE
) -> bytes:
    return seal(
        draft,
        protection=protection,
        identity=person(ALICE).identity if protection.sign else None,
        recipients=recipients if protection.encrypt else (),
        message_id="<1@corp.example>",
        date=NOW,
    )


def check(data: bytes, expected: Expectation = EXPECTED) -> tuple[Certificate, ...]:
    return check_envelope(data, expected, make_world().session.reader)[1]


def test_a_faithful_envelope_passes_and_names_whom_it_is_encrypted_to() -> None:
    assert set(check(sealed())) == set(EVERYONE)


@pytest.mark.parametrize("protection", [Protection(sign=True, encrypt=False), Protection(sign=False, encrypt=False)])
def test_a_message_without_encryption_passes_as_what_it_is(protection: Protection) -> None:
    signer = person(ALICE).certificate if protection.sign else None
    expected = replace(EXPECTED, protection=protection, signer=signer, recipients=())

    assert check(sealed(protection=protection), expected) == ()


@pytest.mark.parametrize(
    ("make", "thing"),
    [
        (lambda: sealed(recipients=EVERYONE[1:]), "exactly its recipients"),
        (lambda: sealed(recipients=EVERYONE[:2]), "exactly its recipients"),
        (lambda: sealed(protection=Protection(sign=False, encrypt=True)), "the signature"),
        (lambda: sealed(replace(DRAFT, sender=BOB)), "the sender or the recipients"),
        (lambda: sealed(replace(DRAFT, to=(CAROL,), cc=(BOB,))), "the sender or the recipients"),
        (lambda: sealed(replace(DRAFT, subject="Q4")), "the subject"),
        (lambda: sealed(replace(DRAFT, body="Other.\n")), "the text"),
        (lambda: sealed(replace(DRAFT, attachments=())), "the attachments"),
        (lambda: sealed(replace(DRAFT, attachments=(replace(FILE, content=b"\x00\x02"),))), "the attachments"),
        (lambda: sealed(replace(DRAFT, attachments=(FILE, FILE))), "the attachments"),
    ],
)
def test_an_envelope_that_differs_from_what_was_written_does_not_pass(make: Callable[[], bytes], thing: str) -> None:
    with pytest.raises(SealMismatchError, match=thing) as caught:
        check(make())

    assert "nothing was sent" in caught.value.hint


def test_a_certificate_of_another_envelope_must_not_open_this_one() -> None:
    expected = replace(EXPECTED, recipients=(EVERYONE[0], EVERYONE[2]), outsiders=(EVERYONE[1],))

    with pytest.raises(SealMismatchError, match="exactly its recipients"):
        check(sealed(), expected)


def test_a_recipient_nobody_knows_of_is_found() -> None:
    with pytest.raises(SealMismatchError, match="exactly its recipients"):
        check(sealed(), replace(EXPECTED, recipients=EVERYONE[1:]))


@pytest.mark.parametrize("protection", [BOTH, Protection(sign=False, encrypt=True)])
def test_a_message_that_names_a_hidden_recipient_does_not_pass(protection: Protection) -> None:
    data = b"Bcc: carol@corp.example\r\n" + sealed(protection=protection)
    signer = person(ALICE).certificate if protection.sign else None
    with pytest.raises(SealMismatchError, match="the sender or the recipients"):
        check(data, replace(EXPECTED, protection=protection, signer=signer))


def test_plain_bytes_never_pass_for_encrypted_ones() -> None:
    with pytest.raises(SealMismatchError):
        check(sealed(protection=Protection(sign=True, encrypt=False)))


def test_encrypted_or_signed_bytes_do_not_pass_for_plain_ones() -> None:
    plain = replace(EXPECTED, protection=Protection(sign=False, encrypt=False), signer=None, recipients=())

    with pytest.raises(SealMismatchError, match="the encryption"):
        check(sealed(), plain)
    with pytest.raises(SealMismatchError, match="the signature"):
        check(sealed(protection=Protection(sign=True, encrypt=False)), plain)
