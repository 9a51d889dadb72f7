import pytest

from smimetui.model.message import Draft, Headers, OpenedMessage
from smimetui.model.verdict import EncryptionReport
from smimetui.services.account import Account
from tests.services.world import ALICE, BOB, DAVE, ERIN, corp, make_world


def test_a_new_draft_is_from_the_account() -> None:
    composer = make_world().session.composer

    assert composer.new() == Draft(sender=ALICE)
    assert composer.new([BOB], "Hi", "Text") == Draft(sender=ALICE, to=(BOB,), subject="Hi", body="Text")


def test_replies_and_forwards_are_from_the_account() -> None:
    composer = make_world().session.composer
    opened = OpenedMessage(headers=Headers(sender=(ERIN,), to=(ALICE, BOB), subject="Plans"), body="Yes.")

    assert composer.reply(opened, everyone=False).to == (ERIN,)
    assert composer.reply(opened, everyone=True).cc == (BOB,)
    assert composer.forward(opened).subject == "Fwd: Plans"
    assert composer.forward(opened).sender == ALICE


def test_asking_for_a_signed_message_does_not_tell_several_people_of_each_other() -> None:
    composer = make_world().session.composer

    one, several = composer.ask_for_signed([DAVE, DAVE]), composer.ask_for_signed([DAVE, ERIN])

    assert (one.to, one.bcc) == ((DAVE,), ())
    assert (several.to, several.bcc) == ((), (DAVE, ERIN))
    assert "signed" in one.subject
    assert "S/MIME certificate" in one.body


@pytest.mark.parametrize("default", [True, False])
def test_the_lock_starts_as_the_account_says_or_as_the_original_came(*, default: bool) -> None:
    composer = make_world(account=Account(address=ALICE, encrypt_by_default=default)).session.composer
    encrypted = OpenedMessage(headers=Headers(), encryption=EncryptionReport(decrypted=True))

    assert composer.wanted(None) is default
    assert composer.wanted(encrypted) is True
    assert composer.wanted(OpenedMessage(headers=Headers())) is False


def test_without_an_own_certificate_the_lock_stays_open() -> None:
    composer = make_world(identities=[]).session.composer
    encrypted = OpenedMessage(headers=Headers(), encryption=EncryptionReport(decrypted=True))

    assert not composer.can_encrypt()
    assert not composer.can_sign()
    assert not composer.wanted(None)
    assert not composer.wanted(encrypted)


def test_an_own_certificate_for_signing_only_can_sign_and_not_encrypt() -> None:
    signing = corp().issue(ALICE.spec, key="p256", key_usage=["digitalSignature"]).identity
    composer = make_world(identities=[signing]).session.composer

    assert (composer.can_sign(), composer.can_encrypt()) == (True, False)
