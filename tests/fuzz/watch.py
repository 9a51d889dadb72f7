"""Runs one input through a target and holds it to the limits: what may be raised, how long, how much memory.

Memory is the most that the process holds, above what it held before. What Python freed before and keeps is not seen
again, unless the process runs with MALLOC, as the search does.
"""

import ctypes
import resource
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.fuzz.targets import TARGETS

MOST_SECONDS = 2.0
MOST_RATIO = 20
MEMORY_FLOOR = 4 * 1024 * 1024
"""Octets that any input may take besides, whatever its size: a page laid out in its tables takes up to 3.1 MB above the
20 x, a list of 10,000 addresses of five letters 1.2 MB. So 100 kB may take 62 x their size, 1 MB 24 x; the search tells
how much of this was taken.
"""
MALLOC = {"PYTHONMALLOC": "malloc"}
"""Environment of a process whose small objects come from the C library, which gives back what is free."""
_LEAST_RELEASED = 20_000
_TRIM = getattr(ctypes.CDLL(None), "malloc_trim", lambda _kept: 0)
_RESET_PEAK = "5"
_CLEAR = Path("/proc/self/clear_refs")


class LimitError(AssertionError):
    """An input took too long, or too much."""


class SlowError(LimitError):
    """An input took too long."""


class LargeError(LimitError):
    """An input took too much memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one input took: seconds of this thread, and octets above what the process held before."""

    seconds: float
    octets: int
    refused: bool


def examine(name: str, data: bytes) -> Cost:
    """Return what the input cost. Raises LimitError, and whatever the target let through."""
    _warm(name)
    target = TARGETS[name]
    before = _resident(release=len(data) >= _LEAST_RELEASED)
    start = time.thread_time()
    refused = True
    with suppress(*target.refusals):
        target.run(data)
        refused = False
    cost = Cost(seconds=time.thread_time() - start, octets=max(0, _peak() - before), refused=refused)
    if cost.seconds > MOST_SECONDS:
        raise SlowError(f"took {cost.seconds:.1f} s of {MOST_SECONDS:.0f} s")
    if cost.octets > MOST_RATIO * len(data) + MEMORY_FLOOR:
        raise LargeError(f"took {cost.octets:,} octets for an input of {len(data):,}")
    return cost


@cache
def _warm(name: str) -> None:
    """Run the seeds once: what is imported, made or kept on first use is not the cost of an input."""
    target = TARGETS[name]
    for seed in target.seeds():
        with suppress(*target.refusals):
            target.run(seed)


def _resident(*, release: bool) -> int:
    """Forget the process's peak, and return what it holds now.

    What an input before freed, the allocator may keep and use again unseen; giving it back takes a millisecond.
    """
    if release:
        _TRIM(0)
    with suppress(OSError):
        _CLEAR.write_text(_RESET_PEAK)
    return _peak()


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
