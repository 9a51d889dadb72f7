import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smimetui.model.address import Address, parse_address
from smimetui.model.errors import (
    AddressError,
    ConfigError,
    DirectoryUnreachableError,
    IdentityNotFoundError,
    TransportUnreachableError,
)
from smimetui.model.message import Draft, Outcome, Protection
from smimetui.services.account import Account
from smimetui.services.composer import UnableToEncryptError
from smimetui.services.session import build_session
from smimetui.smime.seal import read_back
from tests.fakes import NoAnchors
from tests.services.letter import BOTH, PLAIN, SECRET, draft
from tests.services.world import ALICE, BOB, CAROL, DAVE, ERIN, World, make_world, person


def test_sent_mail_is_handed_over_once_and_filed_as_it_left() -> None:
    world = make_world(published=[BOB, CAROL])
    told = list[str]()

    report = world.session.composer.send(draft(BOB, bcc=(CAROL,)), BOTH, on_progress=told.append)

    assert report.complete
    assert [envelope.recipients for envelope in world.transport.taken] == [(BOB,), (CAROL,)]
    (filed,) = world.mailbox.messages["Sent"].values()
    assert filed == b"Bcc: carol@corp.example\r\n" + world.transport.taken[0].data
    opened = world.session.reader.open(filed)
    assert (opened.headers.to, opened.headers.bcc) == ((BOB,), (CAROL,))
    assert told == [
        "Checking the recipients and sealing…",
        "Sealing 2 of 2…",
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
