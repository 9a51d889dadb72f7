"""Makes one big input of a small one, by repeating what is in it: what takes the square of its size shows itself so.

Changes of single octets never get there; and big inputs in the corpus would make each search step slow.
"""

import re
import time
from collections.abc import Callable
from random import Random

from smimetui.model.errors import FormatError
from smimetui.smime.ber import field
from smimetui.smime.der import Field, fields

LEAST_OCTETS, MOST_OCTETS = 100_000, 1_000_000
# Of the time that small inputs took: a third of all of it goes to big ones.
_SHARE = 0.5
_CONSTRUCTED, _OCTET_STRING, _BIT_STRING = 0x20, 0x04, 0x03
_MOST_SIBLINGS = 200
# A counter in hexadecimal digits, or three octets of it, is laid over part of each copy.
_DIGITS, _LEAST_NUMBERED = 6, 12
# Where slices of text begin and end rather than elsewhere: a whole tag, line, word or header is repeated.
_EDGE = re.compile(rb"[<\r\n,;: \"(&=?.@]|(?<=[>\n,; ])")


class Growth:
    """Runs a big relative of some inputs, in a share of the time; the same inputs need not be grown twice alike."""

    def __init__(self, seed: int, clock: Callable[[], float] = time.thread_time) -> None:
        self._random = Random(seed)
        self._clock = clock
        self._small = self._big = 0.0
        self.count = 0

    def around(self, data: bytes, run: Callable[[bytes], None]) -> None:
        """Run an input, and where the share of time allows, one grown from it."""
        self._small += self._timed(run, data)
        if data and self._big <= self._small * _SHARE:
            start = self._clock()
            size = int(LEAST_OCTETS * (MOST_OCTETS / LEAST_OCTETS) ** self._random.random())
            big = grown(data, size, seed=self._random.getrandbits(32))
            self._big += self._clock() - start + self._timed(run, big)
            self.count += 1

    def _timed(self, run: Callable[[bytes], None], data: bytes) -> float:
        start = self._clock()
        run(data)
        return self._clock() - start


def grown(data: bytes, size: int, seed: int) -> bytes:
    """Return about `size` octets: slices repeated in place, or a field and all around it in lengths that fit."""
    random = Random(seed)
    path = _path(data, random) if random.random() < 0.5 else []
    if path:
        return _with_many(data, path, size, random)
    slices = sorted(_slice(data, random) for _ in range(random.choice((1, 1, 2))))
    result, position = [], 0
    for start, end in slices:
        result += [data[position:start], _copies(data[start:end], size // len(slices), random)]
        position = start if random.random() < 0.5 else max(start, end)
    return b"".join([*result, data[position:]])


def _slice(data: bytes, random: Random) -> tuple[int, int]:
    """Return where a slice begins and ends; short ones are as likely as long ones."""
    edges = [found.start() for found in _EDGE.finditer(data)] if random.random() < 0.6 else []
    if len(edges) > 1:
        first = random.randrange(len(edges) - 1)
        last = min(len(edges) - 1, first + int(2 ** random.uniform(0, 6)))
        if edges[last] > edges[first]:
            return edges[first], edges[last]
    start = random.randrange(max(1, len(data)))
    return start, start + int(max(1, len(data) - start) ** random.random())


def _copies(stretch: bytes, size: int, random: Random) -> bytes:
    """Return copies that are all alike, or numbered: what is kept by its name or number is then kept often."""
    count = size // max(1, len(stretch))
    if len(stretch) < _LEAST_NUMBERED or random.random() < 0.6:
        return stretch * count
    text = stretch.isascii()
    place = random.randrange(len(stretch) - _DIGITS)
    before, after = stretch[:place], stretch[place + (_DIGITS if text else _DIGITS // 2) :]
    numbers = (f"{number:06x}".encode() if text else number.to_bytes(_DIGITS // 2) for number in range(count))
    return b"".join(before + number + after for number in numbers)


def _path(data: bytes, random: Random) -> list[Field]:
    """Return fields, each inside the one before, or none where the data is no DER. The outermost may stand later."""
    path: list[Field] = []
    start, stop = next((place for place in (0, 1) if data[place : place + 1] == b"\x30"), len(data)), len(data)
    while siblings := _fields(data, start, stop):
        path.append(random.choice(siblings))
        chosen = path[-1]
        if not chosen.tag & _CONSTRUCTED and chosen.tag not in {_OCTET_STRING, _BIT_STRING}:
            break
        if len(path) > 1 and random.random() < 0.25:
            break
        start, stop = chosen.content + (chosen.tag == _BIT_STRING), chosen.end
    return path


def _fields(data: bytes, start: int, stop: int) -> list[Field]:
    found = []
    try:
        for one in fields(data, start, stop):
            found.append(one)
            if len(found) == _MOST_SIBLINGS:
                break
    except FormatError:
        return []
    return [one for one in found if one.after > one.start]


def _with_many(data: bytes, path: list[Field], size: int, random: Random) -> bytes:
    *around, chosen = path
    inner = _copies(data[chosen.start : chosen.after], size, random)
    start, after = chosen.start, chosen.after
    for outer in reversed(around):
        inner = field(outer.tag, data[outer.content : start], inner, data[after : outer.end])
        start, after = outer.start, outer.after
    return data[:start] + inner + data[after:]
