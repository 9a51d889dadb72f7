"""Work on two threads: the library lets go of the interpreter while it hashes, encrypts, encodes and wraps keys.

Threads are started for big contents and long lists alone; what raises on the other thread raises here.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

# A megabyte of the pieces that messages are made in: handing over costs little beside it.
_BATCH = 32
# Starting a thread takes as long as wrapping the keys of two recipients.
_MANY = 20


def ahead(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the pieces, the next batch being made meanwhile. What is no more than a batch is made on this thread."""
    source = iter(pieces)

    def take() -> tuple[bytes, ...]:
        return tuple(islice(source, _BATCH))

    first = take()
    yield from first
    if len(first) < _BATCH:
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(max_workers=1) as maker:
        coming = maker.submit(take)
        while batch := coming.result():
            coming = maker.submit(take)
            yield from batch


def each(call: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """Return what `call` returns for each of the items, in their order; of many, half are another thread's."""
    if len(items) < _MANY:
        return [call(item) for item in items]
    from concurrent.futures import ThreadPoolExecutor

    half = len(items) // 2
    with ThreadPoolExecutor(max_workers=1) as other:
        rest = other.submit(lambda: [call(item) for item in items[half:]])
        return [call(item) for item in items[:half]] + rest.result()
