"""How much longer own certificates are good for, said in time and quietly."""

from datetime import timedelta

import pytest

from smimetui.model.certificate import Purpose
from smimetui.services.account import Account
from smimetui.services.expiry import expiry_warning, in_use, standing
from smimetui.smime.identity import Identity
from tests.pki import NOW
from tests.services.world import ALICE, corp, make_world

DAY = timedelta(days=1)
ACCOUNT = Account(address=ALICE)


def alice(**wrong: object) -> Identity:
    return corp().issue(ALICE.spec, key="p256", **wrong).identity  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"not_after": NOW + 31 * DAY}, ""),
        ({"not_after": NOW + 30 * DAY}, "expires in 30 days"),
        ({"not_after": NOW + DAY}, "expires in 1 day"),
        ({"not_after": NOW + DAY / 2}, "expires within a day"),
        ({"not_after": NOW - DAY}, "expired on 22 Nov 2026"),
        ({"not_before": NOW + DAY}, "valid from 24 Nov 2026"),
    ],
)
def test_a_certificate_says_how_it_stands_from_30_days_before_its_end(wrong: dict[str, object], words: str) -> None:
    assert standing(alice(**wrong).certificate, NOW) == words


def test_what_is_in_use_is_warned_of_and_what_is_kept_for_old_mail_is_not() -> None:
    ending, ended, good = alice(not_after=NOW + 12 * DAY), alice(not_after=NOW - DAY), alice(not_before=NOW - DAY)

    assert expiry_warning([ending, ended], ACCOUNT, NOW) == (
        "your certificate for signing and encryption expires in 12 days, on 5 Dec 2026"
    )
    assert expiry_warning([ending, ended, good], ACCOUNT, NOW) == ""
    assert expiry_warning([ended], ACCOUNT, NOW) == expiry_warning([], ACCOUNT, NOW) == ""


def test_two_certificates_that_end_are_two_warnings() -> None:
    signing = alice(key_usage=["digitalSignature"], not_after=NOW + DAY)
    encryption = alice(key_usage=["keyAgreement"], not_after=NOW + 3 * DAY)

    assert expiry_warning([signing, encryption], ACCOUNT, NOW) == (
        "your certificate for signing expires in 1 day, on 24 Nov 2026; "
        "your certificate for encryption expires in 3 days, on 26 Nov 2026"
    )


def test_the_choice_of_the_person_is_what_is_in_use_for_as_long_as_it_fits() -> None:
    older, newer = alice(), alice(not_before=NOW - DAY)
    account = Account(address=ALICE, signing_identity=older.certificate.sha256)

    assert in_use([older, newer], account, NOW) == {Purpose.SIGN: older, Purpose.ENCRYPT: newer}
    assert in_use([older, newer], account, NOW + 699 * DAY)[Purpose.SIGN] == older
    expired = Account(address=ALICE, signing_identity=alice(not_after=NOW - DAY).certificate.sha256)
    assert in_use([newer, alice(not_after=NOW - DAY)], expired, NOW)[Purpose.SIGN] == newer


def test_the_session_warns_before_the_end_and_names_the_reason_after_it() -> None:
    ending = make_world(identities=[alice(not_after=NOW + 2 * DAY)])
    assert "expires in 2 days" in ending.session.expiry_note()
    ending.clock.at = NOW + 3 * DAY
    assert ending.session.expiry_note() == "cannot sign: your certificate expired on 25 Nov 2026"
    signing = make_world(identities=[alice(key_usage=["digitalSignature"])])
    assert signing.session.expiry_note().startswith("cannot encrypt to yourself")


def test_who_has_no_certificate_is_not_warned_of_one() -> None:
    world = make_world(identities=[])
    assert world.session.expiry_note() == ""
    assert make_world().session.expiry_note() == ""
    assert make_world().session.composer.why_not(Purpose.SIGN) == ""


def test_a_chosen_certificate_signs_and_is_written_to(monkeypatch: pytest.MonkeyPatch) -> None:
    older, newer = alice(), alice(not_before=NOW - DAY)
    for account, expected in (
        (ACCOUNT, newer),
        (Account(address=ALICE, signing_identity=older.certificate.sha256), older),
    ):
        world = make_world(identities=[older, newer], account=account, published=[])
        session = world.session
        draft = session.composer.new(to=[ALICE], subject="x", body="y")
        from smimetui.model.message import Protection

        (sealed,) = session.composer.seal(draft, Protection(sign=True, encrypt=False))
        signature = session.reader.open(sealed.data).signature
        assert signature is not None
        assert signature.signer == expected.certificate
