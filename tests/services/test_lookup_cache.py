import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smimetui.model.address import Address, parse_address
from smimetui.model.certificate import Source
from smimetui.model.errors import DirectoryUnreachableError
from smimetui.model.verdict import RecipientState
from smimetui.services import lookup_cache
from smimetui.services.lookup_cache import NEW, SENDING, WRITING, Age, KeptDirectory
from smimetui.services.ports import DirectoryEntry
from tests.fakes import FixedClock, MemoryDirectory
from tests.services.world import BOB, CAROL, make_world, person

SECOND = timedelta(seconds=1)


class Counting(MemoryDirectory):
    """Counts how many questions are under way at once; `gate` holds them until it is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.busy = 0
        self.busiest = 0
        self.came = threading.Condition()

    def lookup(self, address: Address) -> tuple[DirectoryEntry, ...]:
        with self.came:
            self.busy += 1
            self.busiest = max(self.busiest, self.busy)
            self.came.notify_all()
        assert self.gate.wait(10)
        try:
            return super().lookup(address)
        finally:
            with self.came:
                self.busy -= 1

    def wait_for(self, busy: int) -> None:
        with self.came:
            assert self.came.wait_for(lambda: self.busy == busy, 10)


def kept(directory: MemoryDirectory) -> tuple[KeptDirectory, FixedClock]:
    clock = FixedClock()
    return KeptDirectory(directory, clock), clock


@pytest.mark.parametrize(
    ("published", "age", "seconds"),
    [(True, WRITING, 600), (False, WRITING, 60), (True, SENDING, 60), (False, SENDING, 0), (True, NEW, 0)],
)
def test_an_answer_is_good_for_so_long_and_not_longer(published: bool, age: Age, seconds: int) -> None:  # noqa: FBT001
    directory = MemoryDirectory()
    directory.publish("Bob", [BOB.spec], *([b"certificate"] if published else []))
    known, clock = kept(directory)
    first = known.lookup(BOB, WRITING)

    clock.at += max(seconds - 1, 0) * SECOND
    assert known.lookup(BOB, age) == first
    assert len(directory.asked) == (1 if seconds else 2)
    clock.at += SECOND if seconds else 0 * SECOND
    assert known.lookup(BOB, age) == first
    assert len(directory.asked) == (2 if seconds else 3)


def test_a_list_is_kept_as_long_as_a_certificate() -> None:
    directory = MemoryDirectory()
    directory.publish_list("Team", CAROL.spec, [BOB.spec])
    known, clock = kept(directory)
    known.lookup(CAROL, WRITING)
    clock.at += 599 * SECOND

    assert known.lookup(CAROL, WRITING)[0].is_list
    assert directory.asked == [CAROL.spec]


def test_opening_a_list_is_kept_apart_from_looking_it_up() -> None:
    directory = MemoryDirectory()
    directory.publish("Bob", [BOB.spec], b"certificate")
    directory.publish_list("Team", CAROL.spec, [BOB.spec])
    known, _ = kept(directory)
    assert known.lookup(CAROL, WRITING) != known.expand(CAROL, WRITING)

    directory.members.clear()

    assert [entry.name for entry in known.expand(CAROL, WRITING)] == ["Bob"]
    assert known.expand(CAROL, NEW) == ()


def test_a_failure_is_not_kept() -> None:
    directory = MemoryDirectory(failure=DirectoryUnreachableError("down"))
    directory.publish("Bob", [BOB.spec], b"certificate")
    known, _ = kept(directory)

    with pytest.raises(DirectoryUnreachableError):
        known.lookup(BOB, WRITING)
    directory.failure = None

    assert len(known.lookup(BOB, WRITING)) == 1


def test_a_clock_that_was_set_back_makes_no_answer_young() -> None:
    directory = MemoryDirectory()
    known, clock = kept(directory)
    known.lookup(BOB, WRITING)
    clock.at -= timedelta(days=1)
    known.lookup(BOB, WRITING)

    assert len(directory.asked) == 2


def test_addresses_that_are_the_same_in_mail_are_one_question() -> None:
    directory = MemoryDirectory()
    known, _ = kept(directory)

    known.lookup(BOB, WRITING)
    known.lookup(parse_address("BOB@Corp.Example"), WRITING)

    assert directory.asked == [BOB.spec]


def test_of_more_answers_than_are_kept_the_one_least_used_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup_cache, "MOST_KEPT", 2)
    directory = MemoryDirectory()
    known, _ = kept(directory)
    third = parse_address("third@corp.example")

    for address in (BOB, CAROL, BOB, third, BOB, CAROL):
        known.lookup(address, WRITING)

    assert directory.asked == [BOB.spec, CAROL.spec, third.spec, CAROL.spec]


def test_askers_of_the_same_at_the_same_time_share_one_question() -> None:
    directory = Counting()
    directory.publish("Bob", [BOB.spec], b"certificate")
    known, _ = kept(directory)
    with ThreadPoolExecutor(4) as pool:
        askers = [pool.submit(known.lookup, BOB, WRITING) for _ in range(4)]
        directory.wait_for(1)
        directory.gate.set()

        assert {len(asker.result()) for asker in askers} == {1}
    assert directory.asked == [BOB.spec]


def test_askers_of_the_same_share_its_failure_too() -> None:
    directory = Counting()
    directory.failure = DirectoryUnreachableError("down")
    known, _ = kept(directory)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(known.lookup, BOB, WRITING)
        directory.wait_for(1)
        second = pool.submit(known.lookup, BOB, WRITING)
        directory.gate.set()

        for asker in (first, second):
            with pytest.raises(DirectoryUnreachableError):
                asker.result()


def test_a_directory_is_asked_eight_things_at_once_and_no_more() -> None:
    directory = Counting()
    known, _ = kept(directory)
    people = [parse_address(f"p{number}@corp.example") for number in range(30)]
    with ThreadPoolExecutor(30) as pool:
        askers = [pool.submit(known.lookup, who, WRITING) for who in people]
        directory.wait_for(8)
        directory.gate.set()
        for asker in askers:
            asker.result()

    assert directory.busiest == 8
    assert sorted(directory.asked) == sorted(who.spec for who in people)


def test_what_a_directory_is_called_and_completes_is_its_own() -> None:
    directory = MemoryDirectory(Source.CONTACTS)
    directory.publish("Bob", [BOB.spec])
    known, _ = kept(directory)

    assert known.source is Source.CONTACTS
    assert [entry.name for entry in known.complete("bo", 8)] == ["Bob"]


def test_a_fresh_answer_is_asked_for_whatever_is_known_and_then_kept() -> None:
    world = make_world()
    resolver = world.session.resolver
    assert resolver.resolve(BOB).state is RecipientState.BLOCKED
    world.gal.publish("Bob", [BOB.spec], person(BOB).certificate)
    assert resolver.resolve(BOB).state is RecipientState.BLOCKED

    assert resolver.resolve(BOB, fresh=True).state is RecipientState.READY
    assert resolver.resolve(BOB).state is RecipientState.READY
    assert world.gal.asked == [BOB.spec] * 2


def test_installing_and_removing_take_effect_at_once_beside_kept_answers() -> None:
    world = make_world()
    resolver, mine = world.session.resolver, person(BOB).certificate
    assert resolver.resolve(BOB).state is RecipientState.BLOCKED

    world.install(mine)
    assert resolver.resolve(BOB).reason == "installed"
    world.session.trust.remove(mine)

    assert resolver.resolve(BOB).state is RecipientState.BLOCKED
    assert world.gal.asked == [BOB.spec]


Act = st.sampled_from(["publish", "withdraw", "install", "remove", "minute", "hour", "back"])


@settings(deadline=None, max_examples=60)
@given(acts=st.lists(Act, max_size=12))
def test_what_leaves_was_true_at_the_directory_within_the_last_minute_or_is_installed(acts: list[str]) -> None:
    world = make_world()
    mine = person(BOB).certificate
    published_until, installed = None, False
    for act in acts:
        match act:
            case "publish":
                world.gal.publish("Bob", [BOB.spec], mine)
            case "withdraw":
                published_until = world.clock.at if world.gal.entries else published_until
                world.gal.entries.clear()
            case "install":
                world.install(mine)
                installed = True
            case "remove":
                world.session.trust.remove(mine)
                installed = False
            case "minute":
                world.clock.at += 60 * SECOND
            case "hour":
                world.clock.at += 3600 * SECOND
            case _:
                world.clock.at -= 30 * SECOND
        world.session.resolver.resolve(BOB)

    ready = world.session.resolver.resolve_to_send(BOB).state is RecipientState.READY

    recent = published_until is not None and abs(world.clock.at - published_until) < 60 * SECOND
    if installed or world.gal.entries:
        assert ready
    elif not recent:
        assert not ready
