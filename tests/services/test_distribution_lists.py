"""A list is as ready as its members, its message is encrypted to all of them, and it is never guessed at."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smimetui.model.address import Address, parse_address
from smimetui.model.certificate import Source
from smimetui.model.errors import DirectoryUnreachableError, StoreUnavailableError
from smimetui.model.verdict import Problem, RecipientState, Resolution
from smimetui.services import distribution_list
from smimetui.services.composer import UnableToEncryptError
from smimetui.services.ports import DirectoryEntry, InstalledCertificate
from smimetui.services.resolver import Resolver
from tests.fakes import MemoryDirectory, MemoryStore
from tests.services.letter import BOTH, SECRET, draft, header, read_by
from tests.services.world import ALICE, BOB, CAROL, DAVE, ERIN, World, corp, make_world, person

TEAM = parse_address("team@corp.example")
STAFF = parse_address("staff@corp.example")


def team_of(*members: Address | str, published: Sequence[Address] = (BOB, CAROL)) -> World:
    """A world with `team` in the address list."""
    world = make_world(published=published)
    publish(world, TEAM, *members)
    return world


def publish(world: World, address: Address, *members: Address | str) -> None:
    texts = [member if isinstance(member, str) else member.spec for member in members]
    world.gal.publish_list(address.local.title(), address.spec, texts)


def resolved(world: World, address: Address = TEAM) -> Resolution:
    return world.session.resolver.resolve(address)


def members(found: Resolution) -> list[Address]:
    return [member.address for member in found.members]


def test_a_list_is_ready_when_every_member_is() -> None:
    found = resolved(team_of(BOB, CAROL, ALICE))

    assert found.state is RecipientState.READY
    assert (found.is_list, found.chosen, found.problems) == (True, None, ())
    assert [(member.address, member.reason) for member in found.members] == [
        (BOB, "from the address list"),
        (CAROL, "from the address list"),
        (ALICE, "installed"),
    ]
    assert found.members[0].address.display_name == "Bob"
    assert found.reason == "a list of 3 members"


def test_one_member_without_a_certificate_blocks_the_list_and_is_named() -> None:
    found = resolved(team_of(BOB, DAVE))

    assert found.state is RecipientState.BLOCKED
    assert found.problems == (Problem.NOT_FOUND,)
    assert found.choices == ()
    assert found.reason == (
        "1 of 2 members cannot be written to, dave@ext.example: "
        "no certificate in the address list, contacts or installed"
    )


def test_of_several_members_that_block_the_first_is_named_and_all_are_counted() -> None:
    found = resolved(team_of(BOB, DAVE, ERIN))

    assert found.reason.startswith("2 of 3 members cannot be written to, first dave@ext.example: no certificate")


def test_members_that_could_not_be_checked_make_the_list_unreachable() -> None:
    world = team_of(BOB, DAVE)
    world.contacts.failure = DirectoryUnreachableError("the contacts do not answer")

    found = resolved(world)

    assert found.state is RecipientState.UNREACHABLE
    assert found.problems == (Problem.UNREACHABLE,)
    assert found.reason == "1 of 2 members could not be checked, dave@ext.example: the contacts do not answer"


def test_a_blocked_member_says_more_than_one_that_could_not_be_checked() -> None:
    class Forgetful(MemoryDirectory):
        def lookup(self, address: Address) -> tuple[DirectoryEntry, ...]:
            if address == ERIN:
                raise DirectoryUnreachableError("the contacts do not answer")
            return super().lookup(address)

    world = team_of(ERIN, DAVE)
    resolver = Resolver(
        store=world.store,
        directories=[world.gal, Forgetful(Source.CONTACTS)],
        trust=world.session.trust,
        clock=world.clock,
    )

    found = resolver.resolve(TEAM)

    assert found.state is RecipientState.BLOCKED
    assert found.reason.startswith("1 of 2 members cannot be written to, dave@ext.example")
    assert set(found.problems) == {Problem.NOT_FOUND, Problem.UNREACHABLE}


def test_a_list_that_cannot_be_opened_could_not_be_checked() -> None:
    class Closed(MemoryDirectory):
        def expand(self, address: Address) -> tuple[DirectoryEntry, ...]:
            raise DirectoryUnreachableError("the address list does not answer\x1b[2J")

    world = make_world()
    closed = Closed()
    closed.publish_list("Team", TEAM.spec, [BOB.spec])
    resolver = Resolver(store=world.store, directories=[closed], trust=world.session.trust, clock=world.clock)

    found = resolver.resolve(TEAM)

    assert (found.state, found.is_list, found.members) == (RecipientState.UNREACHABLE, True, ())
    assert found.unreachable == ("the address list does not answer�[2J",)
    assert found.reason == "could not check: the address list does not answer�[2J"


def test_lists_within_lists_are_opened_and_each_person_is_there_once() -> None:
    world = team_of(BOB, STAFF, CAROL)
    publish(world, STAFF, CAROL, BOB, ALICE, "BOB@corp.example")

    found = resolved(world)

    assert members(found) == [BOB, CAROL, ALICE]
    assert found.state is RecipientState.READY


def test_lists_that_hold_each_other_come_to_an_end() -> None:
    world = team_of(STAFF, TEAM, BOB)
    publish(world, STAFF, TEAM, STAFF, CAROL)

    assert members(resolved(world)) == [BOB, CAROL]


@pytest.mark.parametrize("inside", [(), (TEAM,)])
def test_a_list_without_members_is_blocked(inside: tuple[Address, ...]) -> None:
    found = resolved(team_of(*inside))

    assert (found.state, found.problems) == (RecipientState.BLOCKED, (Problem.LIST,))
    assert found.reason == "this list has no members"


def test_a_list_within_that_shows_no_members_may_hide_some_and_blocks() -> None:
    world = team_of(BOB, STAFF)
    publish(world, STAFF)

    found = resolved(world)

    assert (found.state, found.problems) == (RecipientState.BLOCKED, (Problem.LIST,))
    assert found.reason == "staff@corp.example in this list has no members"
    assert members(found) == [BOB]


def test_a_member_without_a_mail_address_blocks_the_list() -> None:
    found = resolved(team_of(BOB, "/o=Corp/cn=Fax\x1b[2J"))

    assert (found.state, found.problems) == (RecipientState.BLOCKED, (Problem.LIST,))
    assert found.reason == "“/o=Corp/cn=Fax�[2J” of this list has no mail address"


def test_the_first_of_a_member_s_addresses_that_is_one_is_written_to() -> None:
    world = team_of("robert@corp.example", published=[])
    world.gal.publish("Bob", ["no address", BOB.spec, "robert@corp.example"], person(BOB).certificate)

    assert members(resolved(world)) == [BOB]


@pytest.mark.parametrize(("depth", "ready"), [(8, True), (9, False)])
def test_lists_are_opened_eight_deep(depth: int, ready: bool) -> None:  # noqa: FBT001
    world = make_world(published=[BOB])
    names = [TEAM, *(parse_address(f"level{number}@corp.example") for number in range(2, depth + 1))]
    for name, inner in zip(names, [*names[1:], BOB], strict=True):
        publish(world, name, inner)

    found = resolved(world)

    assert (found.state is RecipientState.READY) == ready
    assert found.reason == ("a list of 1 member" if ready else "the list holds lists more than 8 deep")
    assert Problem.LIST in found.problems or ready


@pytest.mark.parametrize(("people", "lists", "ready"), [(4, 3, True), (5, 0, False), (0, 4, False), (2, 4, False)])
def test_a_list_of_too_many_is_blocked_without_asking_for_them(
    people: int,
    lists: int,
    ready: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(distribution_list, "MOST_MEMBERS", 4)
    names = [parse_address(f"p{number}@corp.example") for number in range(people)]
    inner = [parse_address(f"list{number}@corp.example") for number in range(lists)]
    world = team_of(*names, *inner, published=names)
    for name in inner:
        publish(world, name, *names[:1], TEAM)

    found = resolved(world)

    assert (found.state is RecipientState.READY) == ready
    if not ready:
        assert (found.problems, found.members) == ((Problem.LIST,), ())
        assert found.reason == "the list has more than 4 members"
        assert world.gal.asked == [TEAM.spec]


def test_the_limit_is_500_people() -> None:
    assert distribution_list.MOST_MEMBERS == 500
    found = resolved(team_of(*(f"p{number}@corp.example" for number in range(501))))

    assert found.reason == "the list has more than 500 members"


def test_a_list_only_its_parent_calls_a_list_is_opened_there() -> None:
    class Silent(MemoryDirectory):
        """Knows the inner list only as a member, as Exchange does with lists that are hidden from look-ups."""

        def lookup(self, address: Address) -> tuple[DirectoryEntry, ...]:
            return () if address == STAFF else super().lookup(address)

    world = make_world()
    directory = Silent()
    directory.publish("Bob", [BOB.spec], person(BOB).certificate)
    directory.publish_list("Staff", STAFF.spec, [BOB.spec])
    directory.publish_list("Team", TEAM.spec, [STAFF.spec])
    resolver = Resolver(store=world.store, directories=[directory], trust=world.session.trust, clock=world.clock)

    assert members(resolver.resolve(TEAM)) == [BOB]


def test_a_list_in_two_directories_has_the_members_of_both() -> None:
    world = team_of(BOB)
    world.contacts.publish_list("Our team", TEAM.spec, [CAROL.spec, BOB.spec])

    assert members(resolved(world)) == [BOB, CAROL]


def test_a_certificate_installed_for_the_list_stands_for_all_of_it() -> None:
    world = team_of(BOB, DAVE)
    gateway = corp().issue(TEAM.spec, key="p256").certificate
    world.install(gateway)

    found = resolved(world)

    assert (found.state, found.is_list, found.members) == (RecipientState.READY, False, ())
    assert found.chosen is not None
    assert found.chosen.certificate == gateway


def test_a_certificate_installed_for_a_list_within_stands_for_it_too() -> None:
    world = team_of(BOB, STAFF)
    publish(world, STAFF, DAVE)
    world.install(corp().issue(STAFF.spec, key="p256").certificate)

    assert members(resolved(world)) == [BOB, STAFF]


def test_a_published_certificate_of_a_list_s_address_does_not_replace_its_members() -> None:
    world = team_of(BOB)
    world.contacts.publish("Team", [TEAM.spec], corp().issue(TEAM.spec, key="p256").certificate)

    assert members(resolved(world)) == [BOB]


def test_a_store_that_fails_while_members_are_looked_up_is_an_error_not_an_answer() -> None:
    class Failing(MemoryStore):
        reads = 0

        def installed(self) -> tuple[InstalledCertificate, ...]:
            self.reads += 1
            if self.reads > 1:
                raise StoreUnavailableError("the keyring does not answer")
            return ()

    world = team_of(BOB)
    resolver = Resolver(store=Failing(), directories=[world.gal], trust=world.session.trust, clock=world.clock)

    with pytest.raises(StoreUnavailableError):
        resolver.resolve(TEAM)


def test_a_message_to_a_list_is_encrypted_to_every_member_and_addressed_to_the_list() -> None:
    world = team_of(BOB, CAROL)

    (envelope,) = world.session.composer.seal(draft(TEAM, cc=(BOB,)), BOTH)

    assert envelope.recipients == (TEAM, BOB)
    assert set(envelope.encrypted_to) == {person(who).certificate for who in (ALICE, BOB, CAROL)}
    assert header(envelope, "To") == "team@corp.example"
    assert read_by(CAROL, envelope).body.strip() == SECRET


def test_a_hidden_list_has_an_envelope_of_its_own_that_the_common_one_does_not_tell_of() -> None:
    world = team_of(CAROL, ERIN, published=[BOB, CAROL, ERIN])

    common, hidden = world.session.composer.seal(draft(BOB, bcc=(TEAM,)), BOTH)

    assert set(common.encrypted_to) == {person(who).certificate for who in (ALICE, BOB)}
    assert (hidden.recipients, set(hidden.encrypted_to)) == (
        (TEAM,),
        {person(who).certificate for who in (ALICE, CAROL, ERIN)},
    )
    assert b"team@" not in common.data


def test_a_member_that_blocks_a_list_is_named_with_it_when_sealing() -> None:
    with pytest.raises(UnableToEncryptError) as caught:
        team_of(BOB, DAVE).session.composer.seal(draft(TEAM), BOTH)

    assert caught.value.summary == (
        "Unable to Encrypt: team@corp.example: 1 of 2 members cannot be written to, dave@ext.example: "
        "no certificate in the address list, contacts or installed"
    )


def test_a_suggestion_tells_a_list() -> None:
    world = team_of(BOB)

    assert [(found.address, found.is_list) for found in world.session.resolver.complete("te")] == [(TEAM, True)]
    assert [found.is_list for found in world.session.resolver.complete("bo")] == [False]


NAMES = [TEAM, STAFF, *(parse_address(f"list{number}@corp.example") for number in range(3))]
PEOPLE = [BOB, CAROL, ALICE, DAVE]
READY = {BOB, CAROL, ALICE}


@settings(deadline=None, max_examples=60)
@given(lists=st.fixed_dictionaries({name: st.lists(st.sampled_from([*NAMES, *PEOPLE]), min_size=1) for name in NAMES}))
def test_a_list_is_ready_only_if_everybody_who_can_be_reached_through_it_is(
    lists: dict[Address, list[Address]],
) -> None:
    world = make_world(published=[BOB, CAROL])
    for name, inside in lists.items():
        publish(world, name, *inside)
    reached: set[Address] = set()
    waiting = [TEAM]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(lists.get(name, []))
    people = reached & set(PEOPLE)

    found = resolved(world)

    assert set(members(found)) == people
    assert len(found.members) == len(people)
    assert (found.state is RecipientState.READY) == (bool(people) and people <= READY)
    certificates = {choice.certificate for choice in found.choices}
    assert certificates == ({person(who).certificate for who in people} if people <= READY else set())
