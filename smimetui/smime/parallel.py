"""Work on two threads: the library lets go of the interpreter while it hashes, encrypts and works with keys.

Whoever comes back from that waits for the other thread, and waking takes longer than small work: contents travel in
`blocks`, and of long lists only the calls that let go are shared out. What raises on the other thread raises here.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

# In pieces of 40 kB two threads took longer than one, for half a megabyte one thread is enough, and large blocks of
# small contents are memory taken anew for each.
_SHARE, _MOST, _MANY_OCTETS = 16, 512 * 1024, 64 * 1024
# One to be taken while the next is made: the slower thread never waits.
_AHEAD = 2
# Starting a thread takes as long as wrapping the keys of two recipients.
_MANY = 20


def blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the octets of the pieces in larger ones: of a sixteenth of what came before, half a megabyte at most."""
    gathered: list[bytes] = []
    size = total = 0
    for piece in pieces:
        gathered.append(piece)
        size += len(piece)
        if size >= min(_MOST, total // _SHARE):
            yield b"".join(gathered)
            total += size
            gathered, size = [], 0
    if gathered:
        yield b"".join(gathered)


def ahead(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the pieces; from the first large one on another thread makes the next ones meanwhile."""
    source = iter(pieces)
    for piece in source:
        yield piece
        if len(piece) >= _MANY_OCTETS:
            yield from _made_elsewhere(source)


def _made_elsewhere(source: Iterator[bytes]) -> Iterator[bytes]:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(max_workers=1) as maker:
        coming = deque(maker.submit(next, source, None) for _ in range(_AHEAD))
        while (piece := coming.popleft().result()) is not None:
            coming.append(maker.submit(next, source, None))
            yield piece


def each(call: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """Return what `call` returns for each of the items, in their order; of many, half are another thread's."""
    if len(items) < _MANY:
        return [call(item) for item in items]
    from concurrent.futures import ThreadPoolExecutor

    half = len(items) // 2
    with ThreadPoolExecutor(max_workers=1) as other:
        rest = other.submit(lambda: [call(item) for item in items[half:]])
        return [call(item) for item in items[:half]] + rest.result()
