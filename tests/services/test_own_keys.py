from datetime import timedelta

import pytest

from smimetui.model.certificate import Purpose
from smimetui.model.errors import IdentityNotFoundError
from smimetui.services.own_keys import own_identity
from smimetui.smime.identity import Identity
from tests.pki import NOW, SERVER
from tests.services.world import ALICE, corp, person

DAY = timedelta(days=1)


def alice(**wrong: object) -> Identity:
    return corp().issue(ALICE.spec, key="p256", **wrong).identity  # type: ignore[arg-type]


def chosen(purpose: Purpose, *identities: Identity) -> Identity:
    return own_identity(identities, purpose=purpose, address=ALICE, at=NOW)


def refused(purpose: Purpose, *identities: Identity) -> str:
    with pytest.raises(IdentityNotFoundError) as caught:
        chosen(purpose, *identities)
    assert caught.value.hint.startswith("import a certificate of your own")
    return caught.value.summary


@pytest.mark.parametrize("purpose", Purpose)
def test_the_newest_fit_certificate_is_used(purpose: Purpose) -> None:
    newest = alice(not_before=NOW - DAY)

    assert chosen(purpose, alice(), newest, alice(not_before=NOW + DAY), alice(not_after=NOW - DAY)) == newest


def test_signing_and_encryption_may_use_different_certificates() -> None:
    signing, encryption = alice(key_usage=["digitalSignature"]), alice(key_usage=["keyAgreement"])

    assert chosen(Purpose.SIGN, signing, encryption) == signing
    assert chosen(Purpose.ENCRYPT, signing, encryption) == encryption


def test_encryption_to_oneself_prefers_the_sender_s_address_and_takes_another() -> None:
    other = corp().issue("alice.adams@corp.example", key="p256", not_before=NOW - DAY).identity
    mine = alice()

    assert chosen(Purpose.ENCRYPT, other, mine) == mine
    assert chosen(Purpose.ENCRYPT, other) == other


@pytest.mark.parametrize(
    ("purpose", "identity", "summary"),
    [
        (Purpose.SIGN, {"not_after": NOW - DAY}, "cannot sign: your certificate expired on 22 Nov 2026"),
        (
            Purpose.ENCRYPT,
            {"not_after": NOW - DAY},
            "cannot encrypt to yourself: your certificate expired on 22 Nov 2026",
        ),
        (
            Purpose.SIGN,
            {"key_usage": ["keyAgreement"]},
            "cannot sign: your certificate is not for signing mail (key usage)",
        ),
        (
            Purpose.ENCRYPT,
            {"key_usage": ["digitalSignature"]},
            "cannot encrypt to yourself: your certificate is for signing only (key usage)",
        ),
        (
            Purpose.ENCRYPT,
            {"eku": [SERVER]},
            "cannot encrypt to yourself: your certificate is not for mail (extended key usage)",
        ),
    ],
)
def test_an_own_certificate_that_is_not_fit_is_refused_in_a_sentence(
    purpose: Purpose, identity: dict[str, object], summary: str
) -> None:
    assert refused(purpose, alice(**identity)) == summary


def test_a_signature_must_name_the_sender() -> None:
    assert refused(Purpose.SIGN, corp().issue("other@corp.example", key="p256").identity) == (
        "cannot sign: your certificate is for other@corp.example"
    )


def test_the_reason_is_that_of_the_certificate_for_this_address() -> None:
    other = corp().issue("other@corp.example", key="p256", not_before=NOW - DAY).identity

    assert "expired" in refused(Purpose.SIGN, other, alice(not_after=NOW - DAY))


def test_no_own_certificate_at_all_is_said_so() -> None:
    assert refused(Purpose.SIGN) == "you have no certificate of your own"


def test_an_own_certificate_serves_both_purposes() -> None:
    identity = person(ALICE).identity

    assert chosen(Purpose.SIGN, identity) == chosen(Purpose.ENCRYPT, identity) == identity
