import re
from datetime import timedelta

import pytest

from smimetui.model.errors import (
    AddressError,
    DirectoryUnreachableError,
    IdentityNotFoundError,
    StoreUnavailableError,
)
from smimetui.model.message import Cipher, Draft, Protection
from smimetui.model.verdict import Problem, RecipientState
from smimetui.services.composer import UnableToEncryptError
from smimetui.smime.seal import encrypted_to, read_back
from tests.pki import NOW
from tests.services.letter import BOTH, ENCRYPTED, FILE, PLAIN, SECRET, SIGNED, draft, header, read_by
from tests.services.world import ALICE, BOB, CAROL, DAVE, ERIN, corp, make_world, person

DAY = timedelta(days=1)


def test_a_message_is_sealed_for_every_recipient_and_the_sender() -> None:
    world = make_world(published=[BOB, CAROL])

    (envelope,) = world.session.composer.seal(draft(BOB, cc=(CAROL,)), BOTH)

    assert set(envelope.encrypted_to) == {person(who).certificate for who in (ALICE, BOB, CAROL)}
    assert (envelope.sender, envelope.recipients) == (ALICE, (BOB, CAROL))
    assert envelope.signed
    assert envelope.cipher == "aes256_cbc"
    assert SECRET.encode() not in envelope.data
    for reader in (ALICE, BOB, CAROL):
        opened = read_by(reader, envelope)
        assert opened.body.strip() == SECRET
        assert [item.content for item in opened.attachments] == [FILE.content]
        assert opened.signature is not None
        assert opened.signature.trusted


def test_the_sender_among_the_recipients_is_written_to_once() -> None:
    (envelope,) = make_world().session.composer.seal(draft(ALICE), BOTH)

    assert envelope.encrypted_to == (person(ALICE).certificate,)
    assert len(read_back(envelope.data).recipient_ids) == 1


def test_each_bcc_gets_an_envelope_of_its_own_that_nobody_else_can_tell_of() -> None:
    world = make_world(published=[BOB, CAROL, ERIN])

    common, *hidden = world.session.composer.seal(draft(BOB, bcc=(CAROL, ERIN, BOB, CAROL)), BOTH)

    assert [envelope.recipients for envelope in (common, *hidden)] == [(BOB,), (CAROL,), (ERIN,)]
    assert set(common.encrypted_to) == {person(BOB).certificate, person(ALICE).certificate}
    assert set(hidden[0].encrypted_to) == {person(CAROL).certificate, person(ALICE).certificate}
    everyone = [person(who).certificate for who in (BOB, CAROL, ERIN)]
    assert encrypted_to(common.data, everyone) == (person(BOB).certificate,)
    assert len({envelope.message_id for envelope in (common, *hidden)}) == 1
    for envelope in (common, *hidden):
        assert b"carol" not in envelope.data.partition(b"\r\n\r\n")[0].lower()
        assert header(envelope, "Bcc") == ""
        assert header(envelope, "To") == "bob@corp.example"
    assert read_by(CAROL, hidden[0]).body.strip() == SECRET


def test_a_message_to_bcc_alone_has_only_their_envelopes() -> None:
    world = make_world(published=[BOB, CAROL])

    envelopes = world.session.composer.seal(draft(bcc=(BOB, CAROL)), BOTH)

    assert [envelope.recipients for envelope in envelopes] == [(BOB,), (CAROL,)]
    assert all(b"bob@" not in e.data and b"carol@" not in e.data for e in envelopes)


def test_without_encryption_every_envelope_carries_the_same_bytes() -> None:
    common, hidden = make_world().session.composer.seal(draft(BOB, bcc=(DAVE,)), SIGNED)

    assert common.data == hidden.data
    assert (common.signed, common.encrypted_to, common.cipher) == (True, (), "")
    assert hidden.recipients == (DAVE,)
    assert b"dave" not in hidden.data


def test_a_plain_message_needs_no_certificate_at_all() -> None:
    (envelope,) = make_world(identities=[]).session.composer.seal(draft(DAVE), PLAIN)

    assert not envelope.signed
    assert envelope.encrypted_to == ()


def test_an_empty_message_can_be_sealed() -> None:
    (envelope,) = make_world(published=[BOB]).session.composer.seal(Draft(sender=ALICE, to=(BOB,)), BOTH)

    assert read_by(BOB, envelope).body.strip() == ""


def test_encryption_without_a_signature_is_possible() -> None:
    (envelope,) = make_world(published=[BOB]).session.composer.seal(draft(BOB), ENCRYPTED)

    assert not envelope.signed
    assert read_by(BOB, envelope).signature is None


def test_the_chosen_cipher_is_read_back_from_the_message() -> None:
    world = make_world(published=[BOB])

    (envelope,) = world.session.composer.seal(draft(BOB), BOTH, cipher=Cipher.AES256_GCM)

    assert envelope.cipher == "aes256_gcm"


def test_every_message_has_an_id_of_the_sender_s_domain_and_none_twice() -> None:
    composer = make_world().session.composer

    first, second = (composer.seal(draft(BOB), PLAIN)[0].message_id for _ in range(2))

    assert re.fullmatch(r"<[0-9a-f]{32}@corp\.example>", first)
    assert first != second


def test_a_message_without_recipients_is_refused() -> None:
    with pytest.raises(AddressError, match="no recipient"):
        make_world().session.composer.seal(draft(), PLAIN)


def test_one_recipient_that_cannot_be_encrypted_to_stops_the_whole_naming_each() -> None:
    world = make_world(published=[BOB])
    world.contacts.failure = DirectoryUnreachableError("the contacts do not answer")

    with pytest.raises(UnableToEncryptError) as caught:
        world.session.composer.seal(draft(BOB, cc=(DAVE,), bcc=(CAROL,)), BOTH)

    assert [found.address for found in caught.value.resolutions] == [DAVE, CAROL]
    assert {found.state for found in caught.value.resolutions} == {RecipientState.UNREACHABLE}
    assert caught.value.summary == (
        "Unable to Encrypt: dave@ext.example: could not check: the contacts do not answer; "
        "carol@corp.example: could not check: the contacts do not answer"
    )


def test_recipients_are_resolved_again_when_sealing() -> None:
    world = make_world(published=[BOB])
    assert world.session.resolver.resolve(BOB).state is RecipientState.READY
    world.gal.entries.clear()
    world.clock.at += timedelta(minutes=1)
    assert world.session.resolver.resolve(BOB).state is RecipientState.READY

    with pytest.raises(UnableToEncryptError) as caught:
        world.session.composer.seal(draft(BOB), BOTH)

    assert caught.value.resolutions[0].problems == (Problem.NOT_FOUND,)


def test_what_a_directory_said_this_minute_is_not_asked_again_when_sealing() -> None:
    world = make_world(published=[BOB])
    world.session.resolver.resolve(BOB)
    world.clock.at += timedelta(seconds=59)

    world.session.composer.seal(draft(BOB), BOTH)

    assert world.gal.asked == [BOB.spec]


def test_an_answer_that_would_stop_a_message_is_asked_for_again_when_sealing() -> None:
    world = make_world()
    assert world.session.resolver.resolve(BOB).state is RecipientState.BLOCKED
    world.gal.publish("Bob", [BOB.spec], person(BOB).certificate)
    assert world.session.resolver.resolve(BOB).state is RecipientState.BLOCKED

    (envelope,) = world.session.composer.seal(draft(BOB), BOTH)

    assert person(BOB).certificate in envelope.encrypted_to


def test_a_fault_while_resolving_is_not_mistaken_for_an_answer() -> None:
    world = make_world()
    world.gal.failure = StoreUnavailableError("the keyring does not answer")

    with pytest.raises(StoreUnavailableError):
        world.session.composer.seal(draft(BOB), BOTH)


@pytest.mark.parametrize("protection", [ENCRYPTED, SIGNED])
def test_without_an_own_certificate_nothing_is_protected(protection: Protection) -> None:
    with pytest.raises(IdentityNotFoundError, match="you have no certificate of your own"):
        make_world(identities=[], published=[BOB]).session.composer.seal(draft(BOB), protection)


def test_an_expired_own_certificate_does_not_sign() -> None:
    expired = corp().issue(ALICE.spec, key="p256", not_after=NOW - DAY).identity

    with pytest.raises(IdentityNotFoundError, match="cannot sign: your certificate expired on 22 Nov 2026"):
        make_world(identities=[expired]).session.composer.seal(draft(BOB), SIGNED)


@pytest.mark.parametrize("protection", [SIGNED, BOTH])
def test_a_signature_asks_to_be_answered_with_the_own_encryption_certificate(protection: Protection) -> None:
    signing = corp().issue(ALICE.spec, key="p256", key_name="s", key_usage=["digitalSignature"])
    encryption = corp().issue(ALICE.spec, key="p256", key_name="e", key_usage=["keyAgreement"])
    world = make_world(identities=[signing.identity, encryption.identity], published=[BOB])

    (envelope,) = world.session.composer.seal(draft(BOB), protection)

    report = read_by(BOB, envelope).signature
    assert report is not None
    assert (report.signer, report.encryption_certificate) == (signing.certificate, encryption.certificate)
