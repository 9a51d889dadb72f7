"""Which cipher a message gets: the strong one where every recipient's program reads it, and what the person says."""

from dataclasses import replace
from pathlib import Path

import pytest

from smimetui.model.address import Address
from smimetui.model.certificate import Source
from smimetui.model.message import Cipher, SealedMessage
from smimetui.services.account import Account
from smimetui.smime import oids
from smimetui.smime.ber import identifier, sequence
from smimetui.smime.mime import parse
from smimetui.smime.mime_build import draft_entity
from tests.interop.openssl import OpenSsl
from tests.pki import Issued
from tests.services.letter import BOTH, ENCRYPTED, draft
from tests.services.world import ALICE, BOB, CAROL, World, corp, make_world, person

GCM, CBC = "aes256_gcm", "aes256_cbc"


def learn_of(
    world: World, address: Address, *, issued: Issued | None = None, capabilities: bytes | None = None
) -> None:
    """Install somebody's certificate as the sheet of a signed message does."""
    found = issued or person(address)
    theirs = capabilities or signed_capabilities(found)
    world.session.trust.install([found.certificate], source=Source.FILE, capabilities=theirs)


def signed_capabilities(issued: Issued) -> bytes:
    """Return what this very program says of itself when somebody signs with it."""
    sender = replace(ALICE, local=issued.certificate.addresses[0].partition("@")[0])
    world = make_world(identities=[issued.identity], account=Account(address=sender))
    (message,) = world.session.composer.seal(replace(draft(ALICE), sender=sender), replace(BOTH, encrypt=False))
    report = world.session.reader.open(message.data).signature
    assert report is not None
    assert report.capabilities is not None
    return report.capabilities


def sealed(
    world: World, *to: Address, bcc: tuple[Address, ...] = (), cipher: Cipher | None = None
) -> list[SealedMessage]:
    return list(world.session.composer.seal(draft(*to, bcc=bcc), BOTH, cipher=cipher))


def test_recipients_that_are_known_to_read_gcm_get_it() -> None:
    world = make_world()
    learn_of(world, BOB)
    learn_of(world, CAROL)
    assert [message.cipher for message in sealed(world, BOB, CAROL)] == [GCM]


def test_one_recipient_of_whom_nothing_is_known_makes_it_cbc() -> None:
    world = make_world(published=[CAROL])
    learn_of(world, BOB)
    assert [message.cipher for message in sealed(world, BOB)] == [GCM]
    assert [message.cipher for message in sealed(world, BOB, CAROL)] == [CBC]


def test_one_recipient_whose_program_reads_cbc_alone_makes_it_cbc() -> None:
    world = make_world()
    learn_of(world, BOB)
    learn_of(world, CAROL, capabilities=sequence(sequence(identifier("2.16.840.1.101.3.4.1.42"))))
    assert [message.cipher for message in sealed(world, BOB, CAROL)] == [CBC]


def test_oneself_among_the_recipients_reads_everything() -> None:
    world = make_world()
    learn_of(world, BOB)
    assert [message.cipher for message in sealed(world, BOB, ALICE)] == [GCM]


def test_the_common_message_does_not_tell_of_a_hidden_recipient() -> None:
    world = make_world(published=[CAROL])
    learn_of(world, BOB)
    assert [message.cipher for message in sealed(world, BOB, bcc=(CAROL,))] == [GCM, CBC]


def test_the_person_has_the_last_word() -> None:
    world = make_world(published=[CAROL])
    learn_of(world, BOB)
    assert [message.cipher for message in sealed(world, BOB, cipher=Cipher.AES256_CBC)] == [CBC]
    assert [message.cipher for message in sealed(world, CAROL, cipher=Cipher.AES256_GCM)] == [GCM]


def test_an_account_may_stick_to_one_cipher() -> None:
    world = make_world(account=Account(address=ALICE, cipher=Cipher.AES256_CBC))
    learn_of(world, BOB)
    assert [message.cipher for message in sealed(world, BOB)] == [CBC]
    assert [message.cipher for message in sealed(world, BOB, cipher=Cipher.AES256_GCM)] == [GCM]


@pytest.mark.parametrize("key", ["rsa2048", "p256"])
def test_openssl_reads_what_was_chosen_for_it(tmp_path: Path, key: str) -> None:
    openssl = OpenSsl(tmp_path)
    world = make_world()
    bob = corp().issue(BOB.spec, name="Bob", key=key)
    learn_of(world, BOB, issued=bob)
    written = replace(draft(BOB), attachments=())
    (message,) = world.session.composer.seal(written, ENCRYPTED)
    sealed_in = parse(message.data)
    assert (message.cipher, sealed_in.parameters["smime-type"]) == (GCM, "authEnveloped-data")
    assert (identifier(oids.RSA_OAEP) in sealed_in.decoded()) is (key == "rsa2048")
    assert openssl.decrypt(bob, message.data) == b"".join(draft_entity(written))
