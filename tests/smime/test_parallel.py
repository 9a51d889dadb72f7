"""Work on two threads: in order, whole, and with its failures where they are asked for."""

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smimetui.smime.parallel import ahead, blocks, each

LARGE = 70_000


def pieces(count: int, threads: set[int] | None = None, *, size: int = LARGE) -> Iterator[bytes]:
    for number in range(count):
        if threads is not None:
            threads.add(threading.get_ident())
        yield (b"%d," % number).ljust(size)


def failing(after: int) -> Iterator[bytes]:
    yield from pieces(after)
    raise ValueError("the source is broken")


@given(st.lists(st.integers(0, 200_000), max_size=30))
def test_blocks_hold_the_octets_of_their_pieces_and_no_others(sizes: list[int]) -> None:
    whole = [bytes((number,)) * size for number, size in enumerate(sizes)]
    assert b"".join(blocks(whole)) == b"".join(whole)


@given(st.integers(1, 40_000), st.integers(1, 600))
def test_blocks_grow_to_half_a_megabyte(size: int, count: int) -> None:
    made = [len(block) for block in blocks([bytes(size)] * count)]
    before = [sum(made[:number]) for number in range(len(made))]
    wanted = [min(512 * 1024, total // 16) for total in before]
    assert all(least <= block < least + size + 1 for block, least in zip(made[:-1], wanted[:-1], strict=True))


def test_a_block_is_there_as_soon_as_its_pieces_are() -> None:
    source = blocks(failing(1))
    assert len(next(source)) == LARGE
    with pytest.raises(ValueError, match="broken"):
        next(source)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 20])
@pytest.mark.parametrize("size", [1, LARGE])
def test_pieces_come_whole_and_in_their_order(count: int, size: int) -> None:
    assert list(ahead(pieces(count, size=size))) == list(pieces(count, size=size))


@given(st.lists(st.sampled_from([0, 1, 65_535, 65_536, 200_000]), max_size=12))
def test_pieces_of_every_size_come_in_their_order(sizes: list[int]) -> None:
    whole = [bytes((number,)) * size for number, size in enumerate(sizes)]
    assert list(ahead(whole)) == whole


def test_a_small_content_is_made_on_this_thread() -> None:
    threads: set[int] = set()
    list(ahead(blocks(pieces(12, threads, size=40_000))))
    assert threads == {threading.get_ident()}


def test_most_of_a_big_content_is_made_on_another_thread() -> None:
    threads: set[int] = set()
    list(ahead(blocks(pieces(100, threads, size=40_000))))
    assert len(threads) == 2


@pytest.mark.parametrize("after", [0, 1, 2, 3, 4, 10])
def test_a_broken_source_is_told_where_the_pieces_are_used(after: int) -> None:
    with pytest.raises(ValueError, match="broken"):
        list(ahead(failing(after)))


def test_what_was_made_before_the_source_broke_is_there() -> None:
    source = ahead(failing(5))
    assert [next(source) for _ in range(5)] == list(pieces(5))


def test_whoever_stops_early_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    source = ahead(pieces(100))
    assert [next(source) for _ in range(10)] == list(pieces(10))
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
