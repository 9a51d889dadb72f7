import threading
from functools import partial

import pytest

from smimetui.services.parallel import gather


def test_results_come_in_the_order_of_the_calls() -> None:
    assert gather([partial(pow, 2, n) for n in range(50)]) == tuple(2**n for n in range(50))


def test_nothing_to_call_gives_nothing() -> None:
    assert gather([]) == ()


@pytest.mark.parametrize("others", [0, 3])
def test_a_failed_call_gives_its_exception_and_leaves_the_others_alone(others: int) -> None:
    def fail() -> int:
        raise ValueError("no")

    first, *rest = gather([fail, *[lambda: 7] * others])

    assert isinstance(first, ValueError)
    assert rest == [7] * others


def test_calls_run_at_the_same_time() -> None:
    meeting = threading.Barrier(4, timeout=10)

    assert sorted(gather([meeting.wait] * 4)) == [0, 1, 2, 3]


def test_the_threads_do_not_keep_the_program_from_ending() -> None:
    assert gather([lambda: threading.current_thread().daemon] * 2) == (True, True)
