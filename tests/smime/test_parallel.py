"""Work on two threads: in order, whole, and with its failures where they are asked for."""

import threading
from collections.abc import Iterator

import pytest

from smimetui.smime.parallel import ahead, each


def pieces(count: int, threads: set[int] | None = None) -> Iterator[bytes]:
    for number in range(count):
        if threads is not None:
            threads.add(threading.get_ident())
        yield b"%d," % number


def failing(after: int) -> Iterator[bytes]:
    yield from pieces(after)
    raise ValueError("the source is broken")


@pytest.mark.parametrize("count", [0, 1, 31, 32, 33, 64, 200])
def test_pieces_come_whole_and_in_their_order(count: int) -> None:
    assert list(ahead(pieces(count))) == list(pieces(count))


def test_a_small_content_is_made_on_this_thread() -> None:
    threads: set[int] = set()
    list(ahead(pieces(31, threads)))
    assert threads == {threading.get_ident()}


def test_most_of_a_big_content_is_made_on_another_thread() -> None:
    threads: set[int] = set()
    list(ahead(pieces(100, threads)))
    assert len(threads) == 2


@pytest.mark.parametrize("after", [0, 5, 32, 50, 100])
def test_a_broken_source_is_told_where_the_pieces_are_used(after: int) -> None:
    with pytest.raises(ValueError, match="broken"):
        list(ahead(failing(after)))


def test_whoever_stops_early_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    source = ahead(pieces(1000))
    assert [next(source) for _ in range(100)] == list(pieces(100))
    source.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before


@pytest.mark.parametrize("count", [0, 1, 19, 20, 21, 100])
def test_each_item_is_answered_in_its_place(count: int) -> None:
    assert each(str, range(count)) == [str(number) for number in range(count)]


@pytest.mark.parametrize("bad", [0, 10, 49, 50, 99])
def test_a_failure_of_either_half_is_told(bad: int) -> None:
    def call(number: int) -> int:
        if number == bad:
            raise ValueError(f"not {number}")
        return number

    with pytest.raises(ValueError, match=f"not {bad}"):
        each(call, range(100))
