"""Several processes at one store, and processes that are killed while they change it."""

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from tests.adapters.nursery import left_after
from tests.adapters.places import certificate, keyring_session, open_place
from tests.conftest import ROOT

PROCESSES, CHANGES, KILLS = 4, 1000, 200
STEP = 1_000_000

pytestmark = pytest.mark.timeout(300)
Tell = Callable[..., int]


@contextmanager
def nursery(place: str, folder: Path) -> Iterator[Tell]:
    command = [sys.executable, "-m", "tests.adapters.nursery", place, str(folder)]
    with Popen(command, cwd=ROOT, stdin=PIPE, stdout=PIPE, text=True) as process:

        def tell(*words: object) -> int:
            print(*words, file=process.stdin, flush=True)
            return int(process.stdout.readline())

        yield tell
        process.stdin.close()
    assert process.returncode == 0


@pytest.fixture(scope="module")
def keyring_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with keyring_session(tmp_path_factory.mktemp("keyring")) as address:
        yield address


@pytest.fixture(params=["vault", "small", "keyring"])
def place(request: pytest.FixtureRequest, own_world: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "keyring":
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", request.getfixturevalue("keyring_address"))
    return request.param


def test_a_thousand_installs_and_removals_from_four_processes_lose_none(place: str, tmp_path: Path) -> None:
    store = open_place(place, tmp_path)
    store.install(certificate(0))
    each = CHANGES // PROCESSES
    with nursery(place, tmp_path) as tell:
        for number in range(1, PROCESSES + 1):
            tell("churn", number * STEP, each)
        assert tell("wait") == 0
    expected = {0}.union(*(left_after(number * STEP, each) for number in range(1, PROCESSES + 1)))
    assert {entry.sha256 for entry in store.installed()} == {certificate(number).sha256 for number in expected}
    assert len(store.anchors()) == 1


def test_two_hundred_kills_leave_the_old_state_or_the_new_one(place: str, tmp_path: Path) -> None:
    open_place(place, tmp_path).install(certificate(0))
    chance = random.Random()
    known = {0}
    with nursery(place, tmp_path) as tell:
        for number in range(1, KILLS + 1):
            first = number * STEP
            finished = tell("kill", first, chance.randrange(40_000))
            found = {entry.sha256 for entry in open_place(place, tmp_path).installed()}
            # What was under way may be there or not, and is never there by half.
            possible = [known | left_after(first, finished + more) for more in (0, 1)]
            states = [{certificate(each).sha256 for each in state} for state in possible]
            assert found in states, f"kill {number}, after {finished} changes"
            known = possible[states.index(found)]
            if len(known) > 20:
                store = open_place(place, tmp_path)
                for each in sorted(known - {0}):
                    store.remove(certificate(each).sha256)
                known = {0}
