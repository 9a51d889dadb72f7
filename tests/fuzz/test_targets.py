"""The fuzz targets stay runnable: each takes its whole corpus, some hundred mutations of it, and big inputs."""

import tracemalloc
from contextlib import suppress

import pytest

from tests.fuzz import watch
from tests.fuzz.growth import grown
from tests.fuzz.mutation import mutations
from tests.fuzz.targets import TARGETS
from tests.fuzz.watch import MOST_RATIO, examine

MUTATIONS = 200
BIG, BIG_ONES = 400_000, 5
TRACED, TRACED_ONES = 100_000, 3
# Python's own allocations only, and those exactly: 2 MB are caches and imports.
EXACT_FLOOR = 2_000_000

targets = pytest.mark.parametrize("name", TARGETS)


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the clock to the search itself: under the coverage tool everything is slow."""
    monkeypatch.setattr(watch, "MOST_SECONDS", 60.0)


@targets
def test_a_target_takes_its_corpus_and_most_of_it_to_the_end(name: str) -> None:
    costs = [examine(name, seed) for seed in TARGETS[name].seeds()]
    assert sum(not cost.refused for cost in costs) * 2 > len(costs)


@targets
def test_a_target_takes_mutations(name: str) -> None:
    for data in mutations(TARGETS[name].seeds(), MUTATIONS, seed=3):
        examine(name, data)


@targets
def test_a_target_takes_what_is_big_in_time_and_memory(name: str) -> None:
    seeds = TARGETS[name].seeds()
    for number in range(BIG_ONES):
        data = grown(seeds[number * len(seeds) // BIG_ONES], BIG, seed=number)
        examine(name, data)


@targets
def test_a_target_takes_memory_in_proportion(name: str) -> None:
    seeds = TARGETS[name].seeds()
    target = TARGETS[name]
    tracemalloc.start()
    try:
        for number in range(TRACED_ONES):
            data = grown(seeds[number * len(seeds) // TRACED_ONES], TRACED, seed=number)
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            with suppress(*target.refusals):
                target.run(data)
            assert tracemalloc.get_traced_memory()[1] - before < MOST_RATIO * len(data) + EXACT_FLOOR
    finally:
        tracemalloc.stop()
