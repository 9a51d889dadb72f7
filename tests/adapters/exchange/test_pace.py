"""How many questions a server gets at once, after it was too busy."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Event

from smimetui.adapters.exchange.pace import Pace


def test_what_is_refused_together_counts_once_and_later_refusals_again() -> None:
    now = [100.0]
    pace = Pace(lambda: now[0])
    before = pace.limit
    with ExitStack() as under_way:
        for _ in range(8):
            under_way.enter_context(pace)
        for _ in range(4):
            pace.slow_down()
        assert pace.limit == (8 + 1) // 3 < before
        now[0] += 1
        pace.slow_down()
        assert pace.limit == 1
    now[0] += 1
    pace.slow_down()
    assert pace.limit == 1


def test_answers_make_it_faster_again_up_to_what_it_was() -> None:
    pace = Pace(lambda: 100.0)
    before = pace.limit
    pace.slow_down()
    slow = pace.limit
    for _ in range(10):
        with pace:
            pass
    assert pace.limit == slow + 1
    for _ in range(500):
        with pace:
            pass
    assert pace.limit == before


def test_nobody_begins_beyond_the_limit() -> None:
    pace, begun = Pace(lambda: 100.0), Event()
    pace.slow_down()
    assert pace.limit == 1

    def ask() -> None:
        with pace:
            begun.set()

    with ThreadPoolExecutor() as pool:
        with pace:
            asked = pool.submit(ask)
            assert not begun.wait(0.05)
        asked.result(5)
    assert begun.is_set()
