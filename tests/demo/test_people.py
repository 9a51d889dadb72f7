"""Who is in the sandbox."""

from collections import Counter

from smimetui.demo.people import CONTACTS, DAVE, ERIN, GAL_SIZE, LISTS, Standing, colleagues
from smimetui.model.address import parse_address


def test_the_address_list_has_200_people_with_valid_addresses_of_their_own() -> None:
    people = colleagues()
    assert len(people) == GAL_SIZE == 200
    assert len({parse_address(person.address).key for person in people}) == 200
    assert {person.mailbox.domain for person in people} == {"corp.example"}


def test_the_people_are_the_same_at_every_build() -> None:
    assert colleagues() == colleagues()


def test_every_standing_of_the_story_is_there() -> None:
    counted = Counter(person.standing for person in colleagues())
    assert counted[Standing.EXPIRED] == counted[Standing.OTHER_ADDRESS] == counted[Standing.SIGNING_ONLY] == 1
    assert counted[Standing.NONE] > 5
    assert counted[Standing.GOOD] > 150


def test_two_people_share_a_name_one_has_a_long_one_and_some_are_not_ascii() -> None:
    names = Counter(person.name for person in colleagues())
    assert names["Julia Jansen"] == 2
    assert max(map(len, names)) > 80
    assert sum(not name.isascii() for name in names) > 3


def test_dave_and_erin_are_in_nobodys_list() -> None:
    listed = {person.address for person in (*colleagues(), *CONTACTS)}
    assert not listed & {DAVE, ERIN.address}


def test_a_list_has_an_address_of_its_own_and_holds_people_of_the_address_list_or_lists() -> None:
    people = {person.address for person in colleagues()}
    lists = {found.address for found in LISTS}
    assert not people & lists
    assert all(member.address in people | lists for found in LISTS for member in found.members)
