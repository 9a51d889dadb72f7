"""Each account asks its own directories first, then those of the other accounts."""

from smimetui.model.address import parse_address
from smimetui.model.certificate import Source
from smimetui.model.errors import DirectoryUnreachableError
from smimetui.model.verdict import Problem, RecipientState
from tests.fakes import MemoryDirectory
from tests.pki import NOW
from tests.services.letter import BOTH, draft
from tests.services.world import ALICE, BOB, DAVE, ERIN, corp, make_world, person

PARTNER_GAL = "from the address list of another account; its issuer is not known here, "
EXPIRED = corp().issue(BOB.spec, key="p256", not_before=NOW.replace(year=2024), not_after=NOW.replace(year=2025))


def other() -> MemoryDirectory:
    directory = MemoryDirectory(Source.GAL)
    directory.publish("Erin Ext", [ERIN.spec], person(ERIN).certificate)
    directory.publish("Bob", [BOB.spec], person(BOB).certificate)
    return directory


def test_another_account_s_directory_helps_where_the_own_ones_do_not() -> None:
    found = make_world(others=[other()]).session.resolver.resolve(ERIN)

    assert found.state is RecipientState.READY
    assert found.chosen is not None
    assert found.chosen.elsewhere
    assert found.reason.startswith(PARTNER_GAL)


def test_another_account_s_directory_is_not_asked_about_those_the_own_ones_know() -> None:
    directory = other()
    world = make_world(published=[BOB], others=[directory])
    world.install(person(ERIN).certificate)

    ready = [world.session.resolver.resolve(address) for address in (BOB, ERIN, ALICE)]

    assert [found.state for found in ready] == [RecipientState.READY] * 3
    assert ready[0].chosen is not None
    assert not ready[0].chosen.elsewhere
    assert directory.asked == []


def test_a_certificate_that_is_of_no_use_in_the_own_ones_does_not_keep_the_others_from_being_asked() -> None:
    world = make_world(others=[other()])
    world.gal.publish("Bob", [BOB.spec], EXPIRED.certificate)

    found = world.session.resolver.resolve(BOB)

    assert found.reason == "from the address list of another account"
    assert [candidate.elsewhere for candidate in found.candidates] == [True, False]


def test_own_directories_that_are_down_do_not_keep_the_others_from_being_asked() -> None:
    world = make_world(others=[other()])
    world.gal.failure = DirectoryUnreachableError("the address list does not answer")

    assert world.session.resolver.resolve(ERIN).state is RecipientState.READY


def test_a_list_of_an_own_directory_is_not_looked_for_elsewhere() -> None:
    directory = other()
    world = make_world(published=[BOB], others=[directory])
    world.gal.publish_list("Team", "team@corp.example", [BOB.spec])

    found = world.session.resolver.resolve(parse_address("team@corp.example"))

    assert (found.state, directory.asked) == (RecipientState.READY, [])


def test_a_list_of_another_account_is_opened_there() -> None:
    directory = other()
    directory.publish_list("Team", "team@partner.example", [ERIN.spec])
    world = make_world(others=[directory])

    found = world.session.resolver.resolve(parse_address("team@partner.example"))

    assert [member.address for member in found.members] == [ERIN]
    assert found.state is RecipientState.READY


def test_where_nobody_knows_a_certificate_all_that_were_asked_are_named_or_could_not_check() -> None:
    directory = MemoryDirectory(Source.LDAP)
    world = make_world(others=[directory])

    assert world.session.resolver.resolve(DAVE).reason == (
        "no certificate in the address list, contacts, the LDAP directory or installed"
    )
    directory.failure = world.gal.failure = DirectoryUnreachableError("no answer")
    found = world.session.resolver.resolve(DAVE, fresh=True)
    assert (found.problems, found.unreachable) == ((Problem.UNREACHABLE,), ("no answer",))


def test_sending_and_completion_ask_the_others_too() -> None:
    world = make_world(others=[other()])

    (envelope,) = world.session.composer.seal(draft(ERIN), BOTH)

    assert person(ERIN).certificate in envelope.encrypted_to
    assert [str(found.address) for found in world.session.resolver.complete("er")] == [
        "Erin Ext <erin@partner.example>"
    ]
    assert len(world.session.other_directories) == 1
