"""Holds work to the length of its input, by a ratio within one run: no machine is too slow for it."""

import gc
import time
from collections.abc import Callable

_TIMES = 8
"""How much longer the long input is. Work that grows with the square takes 64 times as long."""
_MOST = 4 * _TIMES
_TRIES = 3
"""What else the machine does only ever adds to a time."""


def assert_linear(work: Callable[[int], object], count: int) -> None:
    """Fail where `count` repetitions take out of proportion longer than an eighth of them."""
    short = min(_seconds(work, count // _TIMES) for _ in range(_TRIES))
    longs = (_seconds(work, count) for _ in range(_TRIES))
    assert any(long < _MOST * short for long in longs), f"{_TIMES} times the input took over {_MOST} times as long"


def _seconds(work: Callable[[int], object], count: int) -> float:
    gc.collect()
    gc.disable()
    try:
        start = time.thread_time()
        work(count)
        return time.thread_time() - start
    finally:
        gc.enable()
