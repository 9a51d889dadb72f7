import re
from base64 import b64decode
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smimetui.model.address import Address, parse_address
from smimetui.model.errors import (
    AddressError,
    ConfigError,
    DirectoryUnreachableError,
    IdentityNotFoundError,
    StoreUnavailableError,
    TransportUnreachableError,
)
from smimetui.model.message import Attachment, Cipher, Draft, Headers, OpenedMessage, Outcome, Protection, SealedMessage
from smimetui.model.verdict import EncryptionReport, Problem, RecipientState
from smimetui.services.account import Account
from smimetui.services.composer import UnableToEncryptError
from smimetui.services.session import build_session
from smimetui.smime.seal import encrypted_to, read_back
from tests.fakes import NoAnchors
from tests.pki import NOW
from tests.services.world import ALICE, BOB, CAROL, DAVE, ERIN, World, corp, make_world, person

DAY = timedelta(days=1)
BOTH = Protection(sign=True, encrypt=True)
SIGNED = Protection(sign=True, encrypt=False)
PLAIN = Protection(sign=False, encrypt=False)
ENCRYPTED = Protection(sign=False, encrypt=True)
SECRET = "The quarterly figures are 4711."
FILE = Attachment(name="q3.ods", content_type="application/octet-stream", content=b"\x00\xff" * 100)


def draft(*to: Address, cc: tuple[Address, ...] = (), bcc: tuple[Address, ...] = ()) -> Draft:
    return Draft(sender=ALICE, to=to, cc=cc, bcc=bcc, subject="Q3 figures", body=SECRET, attachments=(FILE,))


def header(envelope: SealedMessage, name: str) -> str:
    head = envelope.data.partition(b"\r\n\r\n")[0].decode("ascii")
    found = re.search(rf"^{name}: (.*(?:\r\n[ \t].*)*)", head, re.MULTILINE | re.IGNORECASE)
    return found[1].strip() if found else ""


def read_by(address: Address, envelope: SealedMessage) -> OpenedMessage:
    return make_world(identities=[person(address).identity]).session.reader.open(envelope.data)


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

    with pytest.raises(UnableToEncryptError) as caught:
        world.session.composer.seal(draft(BOB), BOTH)

    assert caught.value.resolutions[0].problems == (Problem.NOT_FOUND,)


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


def test_sent_mail_is_handed_over_once_and_filed_as_it_left() -> None:
    world = make_world(published=[BOB, CAROL])
    told = list[str]()

    report = world.session.composer.send(draft(BOB, bcc=(CAROL,)), BOTH, on_progress=told.append)

    assert report.complete
    assert [envelope.recipients for envelope in world.transport.taken] == [(BOB,), (CAROL,)]
    assert list(world.mailbox.messages["Sent"].values()) == [world.transport.taken[0].data]
    assert told == [
        "Checking the recipients and sealing…",
        "Sending 1 of 2…",
        "Sending 2 of 2…",
        "Filing in Sent…",
    ]


def test_a_message_that_does_not_leave_raises_and_is_not_filed() -> None:
    world = make_world(published=[BOB], sending=[TransportUnreachableError("the server does not answer")])

    with pytest.raises(TransportUnreachableError):
        world.session.composer.send(draft(BOB), BOTH)

    assert world.mailbox.messages["Sent"] == {}


def test_an_uncertain_send_is_reported_and_not_filed() -> None:
    world = make_world(sending=[Outcome.UNCERTAIN])

    report = world.session.composer.send(draft(BOB), PLAIN)

    assert not report.complete
    assert len(report.uncertain) == 1
    assert world.mailbox.messages["Sent"] == {}


def test_an_account_that_cannot_send_says_so() -> None:
    world = make_world()
    session = build_session(
        account=Account(address=ALICE),
        store=world.store,
        identities=world.store,
        directories=[],
        system=NoAnchors(),
        mailbox=None,
        transport=None,
        clock=world.clock,
    )

    assert world.session.composer.can_send()
    assert not session.composer.can_send()
    with pytest.raises(ConfigError, match="no way to send"):
        session.composer.send(draft(BOB), PLAIN)


HOSTILE_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@settings(deadline=None, max_examples=60)
@given(subject=HOSTILE_TEXT, body=HOSTILE_TEXT, name=HOSTILE_TEXT, protection=st.sampled_from([PLAIN, BOTH]))
def test_whatever_is_typed_is_sealed_and_reads_back(subject: str, body: str, name: str, protection: Protection) -> None:
    message = replace(
        draft(BOB), subject=subject, body=body, attachments=(replace(FILE, name=name or "file", content=body.encode()),)
    )

    (envelope,) = make_world(published=[BOB]).session.composer.seal(message, protection)

    assert b"\nBcc:" not in envelope.data


@pytest.mark.parametrize("protection", [PLAIN, BOTH])
@pytest.mark.parametrize(
    ("content_type", "name"),
    [
        ("application/pkcs7-mime", "smime.p7m"),
        ("application/octet-stream", "old.P7M"),
        ("message/rfc822", "old.eml"),
        ("text/plain", "notes.txt"),
        ("text/html", "page.html"),
        ("application/octet-stream", "figures\udcff.ods"),
        ("application/pkcs7-mime", "broken"),
    ],
)
def test_any_file_can_be_attached_even_a_message_that_the_reader_opens(
    content_type: str, name: str, protection: Protection
) -> None:
    world = make_world(published=[BOB])
    (inner,) = world.session.composer.seal(draft(BOB), BOTH)
    structure = b64decode(inner.data.partition(b"\r\n\r\n")[2])
    content = {"smime.p7m": structure, "old.P7M": structure, "old.eml": inner.data}.get(name, b"anything")
    file = Attachment(name=name, content_type=content_type, content=content)

    (envelope,) = world.session.composer.seal(replace(draft(BOB), attachments=(file, FILE)), protection)

    assert envelope.recipients == (BOB,)


def test_a_character_without_utf8_form_does_not_stop_a_message() -> None:
    (envelope,) = make_world().session.composer.seal(replace(draft(BOB), body="a\ud800b"), PLAIN)

    assert read_by(BOB, envelope).body == "a?b"


PEOPLE = st.lists(st.sampled_from([ALICE, BOB, CAROL, DAVE, ERIN, parse_address("nobody@corp.example")]), max_size=4)


@settings(deadline=None, max_examples=60)
@given(
    to=PEOPLE,
    cc=PEOPLE,
    bcc=PEOPLE,
    sign=st.booleans(),
    published=st.sets(st.sampled_from([BOB, CAROL, DAVE, ERIN])),
    down=st.booleans(),
    installed=st.booleans(),
    identity=st.booleans(),
)
def test_plain_text_never_leaves_when_encryption_is_wanted(  # noqa: PLR0913 - what hypothesis may vary
    *,
    to: list[Address],
    cc: list[Address],
    bcc: list[Address],
    sign: bool,
    published: set[Address],
    down: bool,
    installed: bool,
    identity: bool,
) -> None:
    world = make_world(published=published, identities=None if identity else [])
    if down:
        world.contacts.failure = DirectoryUnreachableError("down")
    if installed:
        world.install(person(DAVE).certificate)
    message = draft(*to, cc=tuple(cc), bcc=tuple(bcc))

    try:
        world.session.composer.send(message, Protection(sign=sign, encrypt=True))
    except (UnableToEncryptError, AddressError, IdentityNotFoundError):
        assert world.transport.taken == []
        assert world.mailbox.messages["Sent"] == {}
    else:
        _assert_sealed(world, message)


def _assert_sealed(world: World, message: Draft) -> None:
    taken = world.transport.taken
    assert {address for envelope in taken for address in envelope.recipients} == set(message.recipients)
    for envelope in taken:
        facts = read_back(envelope.data)
        assert facts.encrypted
        assert SECRET.encode() not in envelope.data
        people = {person(address).certificate for address in (*envelope.recipients, ALICE)}
        assert set(envelope.encrypted_to) == people
        assert len(facts.recipient_ids) == len(people)


@pytest.mark.parametrize("protection", [SIGNED, BOTH])
def test_a_signature_asks_to_be_answered_with_the_own_encryption_certificate(protection: Protection) -> None:
    signing = corp().issue(ALICE.spec, key="p256", key_name="s", key_usage=["digitalSignature"])
    encryption = corp().issue(ALICE.spec, key="p256", key_name="e", key_usage=["keyAgreement"])
    world = make_world(identities=[signing.identity, encryption.identity], published=[BOB])

    (envelope,) = world.session.composer.seal(draft(BOB), protection)

    report = read_by(BOB, envelope).signature
    assert report is not None
    assert (report.signer, report.encryption_certificate) == (signing.certificate, encryption.certificate)
