from contextlib import suppress

import pytest

from smimetui.model.address import Address, parse_address
from smimetui.model.errors import StoreLockedError, TransportRefusedError
from smimetui.model.message import Draft, Headers, OpenedMessage, Outcome, Protection
from smimetui.services.correspondents import MOST, Correspondents
from tests.fakes import MemoryStore
from tests.services.world import ALICE, BOB, CAROL, DAVE, make_world

PLAIN = Protection(sign=False, encrypt=False)


def people(store: MemoryStore) -> Correspondents:
    return Correspondents(secrets=store, store=store, own=ALICE)


def test_the_people_a_message_has_left_for_are_remembered_the_last_one_first() -> None:
    world = make_world()
    world.session.composer.send(Draft(sender=ALICE, to=(BOB, ALICE), body="b"), PLAIN)
    world.session.composer.send(Draft(sender=ALICE, to=(CAROL,), bcc=(DAVE,), body="b"), PLAIN)
    assert set(world.session.people.people()) == {BOB, CAROL, DAVE}
    assert world.session.people.people()[-1] == BOB


@pytest.mark.parametrize("outcome", [TransportRefusedError("no"), Outcome.UNCERTAIN])
def test_nobody_is_remembered_for_what_did_not_surely_leave(outcome: Outcome | TransportRefusedError) -> None:
    world = make_world(sending=[outcome])
    with suppress(TransportRefusedError):
        world.session.composer.send(Draft(sender=ALICE, to=(BOB,), body="b"), PLAIN)
    assert world.session.people.people() == ()


def test_a_name_that_was_known_stays_and_people_are_found_by_it() -> None:
    remembered = people(MemoryStore())
    remembered.learn([parse_address("Bob Baker <bob@corp.example>"), CAROL])
    remembered.learn([BOB])
    assert [str(found.address) for found in remembered.matching("bak")] == ["Bob Baker <bob@corp.example>"]
    assert remembered.matching("  ") == ()


def test_those_written_to_longest_ago_are_forgotten_first_and_all_when_one_says_so() -> None:
    remembered = people(MemoryStore())
    remembered.learn([Address(f"p{number}", "x.example") for number in range(MOST)])
    remembered.learn([BOB])
    assert len(remembered.people()) == MOST
    assert remembered.people()[0] == BOB
    remembered.forget()
    assert remembered.people() == ()


@pytest.mark.parametrize("text", ["{", "7", '[["not an address", ""], [1], ["bob@corp.example", ""]]'])
def test_what_cannot_be_read_counts_as_forgotten(text: str) -> None:
    store = MemoryStore()
    store.set_secret("people-written-to", text)
    assert people(store).people() in {(), (BOB,)}


class LockedStore(MemoryStore):
    def set_secret(self, name: str, value: str) -> None:
        raise StoreLockedError(f"{name} of {len(value)} letters")


def test_a_store_that_is_locked_stops_no_message_and_without_a_store_nothing_is_kept() -> None:
    people(LockedStore()).learn([BOB])
    nowhere = Correspondents(secrets=None, store=MemoryStore(), own=ALICE)
    nowhere.learn([BOB])
    nowhere.forget()
    assert nowhere.people() == ()


def test_known_domains_are_those_of_people_certificates_and_oneself() -> None:
    world = make_world()
    world.session.people.learn([DAVE])
    assert world.session.people.domains() == {"corp.example", "ext.example"}


def test_a_reply_to_all_goes_to_none_of_ones_own_accounts() -> None:
    letter = OpenedMessage(headers=Headers(sender=(DAVE,), to=(ALICE, CAROL, BOB)), body="b")
    reply = make_world().session.composer.reply(letter, everyone=True, own=(ALICE, BOB))
    assert (reply.to, reply.cc) == ((DAVE,), (CAROL,))
