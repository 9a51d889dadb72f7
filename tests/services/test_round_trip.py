"""A test message to oneself, and the ways in which it may not come back as it left."""

from base64 import encodebytes
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from smimetui.model.address import Address
from smimetui.model.errors import TransportUnreachableError
from smimetui.model.message import Cipher, Outcome, Protection
from smimetui.services.account_check import Line
from smimetui.services.round_trip import send_to_oneself
from smimetui.smime.envelope import encrypt
from smimetui.smime.seal import seal
from tests.pki import NOW
from tests.services.letter import BOTH, ENCRYPTED, SIGNED
from tests.services.world import ALICE, BOB, World, make_world, person


def same(world: World, data: bytes) -> bytes:
    del world
    return data


def travelled(world: World, change: Callable[[World, bytes], bytes] = same) -> tuple[Line, ...]:
    """Send, put what left into the inbox, changed on its way, and return all lines."""
    lines = send_to_oneself(world.session)
    first = next(lines)
    assert first.works is not False, first
    (envelope,) = world.transport.taken
    assert envelope.recipients == (ALICE,)
    world.mailbox.append("Inbox", change(world, envelope.data))
    return first, *lines


def test_a_message_that_comes_back_is_reported_step_by_step() -> None:
    lines = travelled(make_world())
    assert [(line.what, line.works) for line in lines] == [
        ("sent", True),
        ("received", True),
        ("decrypted", True),
        ("verified", True),
    ]
    assert "signed and encrypted with AES-256-CBC" in lines[0].found
    assert "the text is as it was written" in lines[2].found
    assert lines[3].found.startswith("Trusted: ")


def test_what_cannot_be_sealed_is_the_only_line() -> None:
    (line,) = send_to_oneself(make_world(identities=[]).session)
    assert (line.what, line.works) == ("sent", False)


def test_what_certainly_did_not_leave_is_the_only_line() -> None:
    world = make_world(sending=[TransportUnreachableError("the server is gone")])
    (line,) = send_to_oneself(world.session)
    assert "the server is gone" in line.found


def test_an_uncertain_message_is_looked_for_all_the_same() -> None:
    lines = travelled(make_world(sending=[Outcome.UNCERTAIN]))
    assert [line.works for line in lines] == [None, True, True, True]
    assert "uncertain" in lines[0].found


def test_an_earlier_test_message_is_not_taken_for_this_one() -> None:
    world = make_world()
    travelled(world)
    lines = send_to_oneself(world.session)
    next(lines)
    world.mailbox.changed.set()
    (late,) = lines
    assert (late.what, late.works) == ("received", None)
    assert "it may still come" in late.found


def test_the_wait_ends_when_nobody_waits_any_more() -> None:
    lines = send_to_oneself(make_world().session, is_over=lambda: True)
    assert [line.what for line in lines] == ["sent", "received"]


def test_an_account_without_a_mailbox_cannot_tell() -> None:
    world = make_world()
    lines = list(send_to_oneself(replace(world.session, mailbox=None)))
    assert [line.works for line in lines] == [True, None]


def test_an_inbox_that_cannot_be_read_is_said() -> None:
    world = make_world()
    lines = send_to_oneself(world.session)
    next(lines)
    del world.mailbox.messages["Inbox"]
    (line,) = lines
    assert (line.what, line.works) == ("received", False)


@dataclass(frozen=True, kw_only=True)
class Resealed:
    """What a message becomes on its way: another text, an envelope of somebody else's, no envelope, no signature."""

    body: str = ""
    readers: tuple[Address, ...] = (ALICE,)
    protection: Protection = BOTH

    def __call__(self, world: World, data: bytes) -> bytes:
        opened = world.session.reader.open(data)
        return seal(
            world.session.composer.new((ALICE,), opened.headers.subject, self.body or opened.body),
            protection=self.protection,
            identity=person(ALICE).identity if self.protection.sign else None,
            recipients=[person(reader).certificate for reader in self.readers],
            message_id=f"<{opened.headers.message_id.strip('<>')}>",
            date=NOW,
        )


def test_an_issuer_that_is_unknown_here_needs_care_and_is_no_failure() -> None:
    lines = travelled(make_world(anchors=[]))
    assert lines[3].works is None
    assert lines[3].found.startswith("Not Trusted: ")


def broken(world: World, data: bytes) -> bytes:
    """Return the message with a signature that does not hold, in an envelope for Alice."""
    opened = world.session.reader.open(data)
    alice = person(ALICE)
    draft = world.session.composer.new((ALICE,), opened.headers.subject, opened.body.replace("alone", "ALONE"))
    number = f"<{opened.headers.message_id.strip('<>')}>"
    signed = seal(draft, protection=SIGNED, identity=alice.identity, recipients=(), message_id=number, date=NOW)
    start = signed.lower().index(b"content-type: multipart")
    entity = signed[start:].replace(b"ALONE", b"alone")
    sealed = b"".join(encrypt([entity], len(entity), [alice.certificate], Cipher.AES256_CBC))
    kind = b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\nContent-Transfer-Encoding: base64"
    return signed[:start] + kind + b"\r\n\r\n" + encodebytes(sealed).replace(b"\n", b"\r\n")


@pytest.mark.parametrize(
    ("change", "what", "works", "words"),
    [
        (Resealed(protection=SIGNED, readers=()), "decrypted", False, "it came back unencrypted"),
        (Resealed(readers=(BOB,)), "decrypted", False, "your key does not open it"),
        (Resealed(body="Something else."), "decrypted", False, "the text is not as it was written"),
        (broken, "verified", False, "changed"),
        (Resealed(protection=ENCRYPTED), "verified", False, "without its signature"),
    ],
)
def test_what_happened_on_the_way_is_said(
    change: Callable[[World, bytes], bytes], what: str, works: object, words: str
) -> None:
    (line,) = [line for line in travelled(make_world(), change) if line.what == what]
    assert line.works is works
    assert words in line.found
