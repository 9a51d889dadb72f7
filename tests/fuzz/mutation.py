"""Changes of octets as storms and forgers make them, the same for the same seed."""

from collections.abc import Iterator, Sequence
from random import Random

_CHANGES = ("flip", "cut", "double", "splice", "insert", "number")
_NUMBERS = (0x00, 0x01, 0x1F, 0x30, 0x7F, 0x80, 0x81, 0x84, 0xA0, 0xFF)
MOST_OCTETS = 64_000


def mutations(seeds: Sequence[bytes], count: int, seed: int) -> Iterator[bytes]:
    """Yield `count` changed seeds."""
    random = Random(seed)
    for _ in range(count):
        data = bytearray(random.choice(seeds))
        for _ in range(random.randint(1, 5)):
            _change(data, seeds, random)
        yield bytes(data[:MOST_OCTETS])


def _change(data: bytearray, seeds: Sequence[bytes], random: Random) -> None:
    position = random.randrange(len(data) + 1)
    match random.choice(_CHANGES):
        case "flip" if position < len(data):
            data[position] ^= 1 << random.randrange(8)
        case "cut":
            del data[position : position + random.randint(1, 40)]
        case "double":
            data[position:position] = data[position : position + random.randint(1, 200)]
        case "splice":
            other = random.choice(seeds)
            data[position:] = other[random.randrange(len(other) + 1) :]
        case "insert":
            data[position:position] = random.randbytes(random.randint(1, 8))
        case _:
            data[position : position + 1] = bytes([random.choice(_NUMBERS)])
