from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smimetui.model.address import Address, parse_address
from smimetui.model.certificate import Certificate, Source
from smimetui.model.errors import DirectoryUnreachableError
from smimetui.model.verdict import RecipientState
from smimetui.services.ports import InstalledCertificate
from tests.pki import NOW, SERVER, Issued, make_authority
from tests.services.world import ALICE, BOB, CAROL, ERIN, corp, make_world, partner, person

DAY = timedelta(days=1)
EXPIRED = {"not_before": NOW - 900 * DAY, "not_after": NOW - 569 * DAY}


def bob(**wrong: object) -> Issued:
    return corp().issue(BOB.spec, key="p256", **wrong)  # type: ignore[arg-type]


def test_an_installed_certificate_is_used_at_once_and_before_all_others() -> None:
    world = make_world(published=[ERIN])
    mine = partner().issue(ERIN.spec, key="p256", not_before=NOW - 60 * DAY)
    world.install(mine.certificate)

    at_once = world.session.resolver.installed(ERIN)
    found = world.session.resolver.resolve(ERIN)

    assert at_once is not None
    assert at_once.state is RecipientState.READY
    assert world.gal.asked == [ERIN.spec]
    assert found.chosen is not None
    assert (found.chosen.certificate, found.chosen.source) == (mine.certificate, Source.INSTALLED)
    assert found.reason == "installed"
    assert len(found.candidates) == 2


def test_nothing_usable_installed_gives_no_answer_at_once() -> None:
    world = make_world()
    world.install(bob(**EXPIRED).certificate)

    assert world.session.resolver.installed(BOB) is None


def test_an_installed_certificate_counts_for_the_addresses_it_was_installed_for() -> None:
    world = make_world()
    alias = parse_address("robert@corp.example")
    world.install(person(BOB).certificate, addresses=[alias])

    assert world.session.resolver.resolve(alias).state is RecipientState.READY
    assert world.session.resolver.resolve(BOB).state is RecipientState.BLOCKED


def test_the_newest_fit_certificate_of_several_installed_is_used() -> None:
    world = make_world()
    newest = bob(not_before=NOW - DAY)
    future = bob(not_before=NOW + DAY)
    world.install(bob().certificate, newest.certificate, bob(**EXPIRED).certificate, future.certificate)

    found = world.session.resolver.resolve(parse_address("BOB@Corp.Example"))

    assert found.chosen is not None
    assert found.chosen.certificate == newest.certificate


def test_a_stale_certificate_in_one_source_does_not_hide_a_good_one_in_another() -> None:
    world = make_world()
    world.install(bob(**EXPIRED).certificate)
    world.gal.publish("Bob", [BOB.spec], bob(**EXPIRED).certificate)
    world.contacts.publish("Bob", [BOB.spec], person(BOB).certificate)

    found = world.session.resolver.resolve(BOB)

    assert found.chosen is not None
    assert found.chosen.source is Source.CONTACTS
    assert [candidate.source for candidate in found.candidates] == [Source.CONTACTS, Source.INSTALLED, Source.GAL]
    assert found.reason == "from contacts"


def test_the_address_list_is_preferred_to_contacts() -> None:
    world = make_world(published=[BOB])
    world.contacts.publish("Bob", [BOB.spec], bob(not_before=NOW - DAY).certificate)

    found = world.session.resolver.resolve(BOB)

    assert found.chosen is not None
    assert found.chosen.source is Source.GAL


def test_one_s_own_certificate_counts_for_one_s_own_address() -> None:
    world = make_world()

    found = world.session.resolver.resolve(ALICE)

    assert found.chosen is not None
    assert found.chosen.source is Source.INSTALLED
    assert world.session.resolver.installed(BOB) is None


def test_one_s_own_certificate_that_is_installed_too_is_one_candidate() -> None:
    world = make_world()
    world.install(person(ALICE).certificate)

    assert len(world.session.resolver.resolve(ALICE).candidates) == 1


def test_a_damaged_entry_of_the_book_does_not_hide_the_others() -> None:
    world = make_world()
    world.store.install(
        InstalledCertificate(der=b"junk", sha256="00", addresses=(BOB.key,), not_after=NOW, installed_at=NOW)
    )
    world.install(person(BOB).certificate)

    assert world.session.resolver.resolve(BOB).state is RecipientState.READY
    assert len(world.session.resolver.complete("bob")) == 1


def test_kept_capabilities_come_with_the_candidate() -> None:
    world = make_world()
    world.session.trust.install([person(BOB).certificate], source=Source.FILE, capabilities=b"0\x00")

    found = world.session.resolver.installed(BOB)

    assert found is not None
    assert found.chosen is not None
    assert found.chosen.capabilities == b"0\x00"


def test_completion_asks_the_book_and_all_directories() -> None:
    world = make_world(published=[BOB, CAROL])
    world.contacts.publish("Carla Contact", ["carla@ext.example"])
    world.install(person(ERIN).certificate)

    suggestions = world.session.resolver.complete("car")

    assert [str(found.address) for found in suggestions] == [
        "Carol <carol@corp.example>",
        "Carla Contact <carla@ext.example>",
    ]
    assert [found.address for found in world.session.resolver.complete("er")] == [ERIN]
    assert [found.address for found in world.session.resolver.complete_installed("er")] == [ERIN]


def test_a_directory_that_fails_is_silent_in_completion() -> None:
    world = make_world(published=[BOB])
    world.contacts.failure = DirectoryUnreachableError("down")

    assert [found.address for found in world.session.resolver.complete("bob")] == [BOB]


@pytest.mark.parametrize(("text", "limit"), [("", 8), ("  ", 8), ("b", 0)])
def test_nothing_typed_or_wanted_suggests_nothing(text: str, limit: int) -> None:
    assert make_world(published=[BOB]).session.resolver.complete(text, limit) == ()


BAD: tuple[Certificate, ...] = (
    bob(**EXPIRED).certificate,
    bob(not_before=NOW + DAY).certificate,
    bob(key_usage=["digitalSignature"], not_before=NOW - DAY).certificate,
    bob(eku=[SERVER], not_before=NOW - DAY).certificate,
    person(CAROL).certificate,
    corp().certificate,
    make_authority("Another CA").issue(CAROL.spec, key="p256").certificate,
)
Place = st.sampled_from(["installed", "gal", "contacts"])


@settings(deadline=None, max_examples=40)
@given(good=Place, bad=st.lists(st.tuples(Place, st.sampled_from(BAD), st.booleans()), max_size=6))
def test_no_bad_candidate_ever_turns_a_ready_recipient_away(
    good: str, bad: list[tuple[str, Certificate, bool]]
) -> None:
    world = make_world()

    def put(place: str, certificate: Certificate, address: Address) -> None:
        if place == "installed":
            world.install(certificate, addresses=None)
        elif place == "gal":
            world.gal.publish("Bob", [address.spec], certificate)
        else:
            world.contacts.publish("Bob", [address.spec], certificate)

    for place, certificate, before in bad:
        if before:
            put(place, certificate, BOB)
    put(good, person(BOB).certificate, BOB)
    for place, certificate, before in bad:
        if not before:
            put(place, certificate, BOB)

    found = world.session.resolver.resolve(BOB)

    assert found.state is RecipientState.READY
    assert found.chosen is not None
    assert found.chosen.certificate == person(BOB).certificate
