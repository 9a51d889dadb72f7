"""A contact group is one recipient while one writes; what leaves names its people, for nobody else knows the group."""

from collections.abc import Sequence

import pytest

from smimetui.model.address import Address
from smimetui.model.contact_group import group_address
from smimetui.model.errors import AddressError, DirectoryUnreachableError, TransportRefusedError
from smimetui.model.message import Outcome
from smimetui.model.verdict import RecipientState
from smimetui.services.composer import UnableToEncryptError
from tests.services.letter import BOTH, PLAIN, draft
from tests.services.world import ALICE, BOB, CAROL, DAVE, ERIN, World, make_world, person

GROUP = group_address("Friends", "AAMk==")


def world_with(*members: Address, published: Sequence[Address] = (BOB, CAROL), **more: object) -> World:
    world = make_world(published=published, **more)
    world.gal.publish_list("Friends", GROUP.spec, [member.spec for member in members])
    return world


def test_its_people_stand_in_its_place_encrypted_to_each_and_it_is_never_written_to() -> None:
    world = world_with(BOB, CAROL)
    resolution = world.session.resolver.resolve(GROUP)
    assert (resolution.state, len(resolution.members)) == (RecipientState.READY, 2)

    report = world.session.composer.send(draft(GROUP, cc=(BOB,)), BOTH)

    (envelope,) = world.transport.taken
    assert envelope.recipients == (BOB, CAROL)
    assert set(envelope.encrypted_to) == {person(one).certificate for one in (ALICE, BOB, CAROL)}
    assert world.session.reader.open(envelope.data).headers.to == (BOB, CAROL)
    assert b"invalid" not in envelope.data
    assert report.groups == {GROUP: (BOB, CAROL)}


def test_without_the_lock_its_people_are_written_to_whatever_their_certificates() -> None:
    world = world_with(BOB, DAVE)

    world.session.composer.send(draft(GROUP), PLAIN)

    (envelope,) = world.transport.taken
    assert envelope.recipients == (BOB, DAVE)


def test_one_of_its_people_without_a_certificate_stops_an_encrypted_message_by_the_groups_name() -> None:
    world = world_with(BOB, DAVE)

    with pytest.raises(UnableToEncryptError, match="Unable to Encrypt: Friends: ") as caught:
        world.session.composer.send(draft(GROUP), BOTH)

    assert [found.address for found in caught.value.resolutions] == [GROUP]
    assert world.transport.taken == []


def test_in_bcc_each_of_its_people_gets_an_envelope_and_the_report_tells_who_did() -> None:
    world = world_with(BOB, CAROL, sending=[Outcome.SENT, Outcome.SENT, TransportRefusedError("no such user")])

    report = world.session.composer.send(draft(ERIN, bcc=(GROUP,)), PLAIN)

    assert [envelope.recipients for envelope in world.transport.taken] == [(ERIN,), (BOB,), (CAROL,)]
    assert report.unsent == (CAROL,)
    assert report.groups == {GROUP: (BOB, CAROL)}
    (filed,) = world.mailbox.messages["Sent"].values()
    assert world.session.reader.open(filed).headers.bcc == (BOB,)


@pytest.mark.parametrize("protection", [PLAIN, BOTH])
def test_a_group_that_is_gone_or_cannot_be_opened_sends_nothing(protection: object) -> None:
    world = make_world(published=[BOB])
    with pytest.raises((AddressError, UnableToEncryptError), match="Friends"):
        world.session.composer.send(draft(BOB, cc=(GROUP,)), protection)
    world = world_with(BOB)
    world.gal.failure = DirectoryUnreachableError("the server does not answer")
    with pytest.raises((AddressError, UnableToEncryptError), match="the server does not answer"):
        world.session.composer.send(draft(GROUP), protection)
    assert world.transport.taken == []
