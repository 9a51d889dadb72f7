"""What was fetched about revocation, kept on disk between runs: bounded in size and age, private, replaced whole.

Nothing in it is believed: signatures are verified with every use, so whoever writes here can only make it forget.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import field
from datetime import UTC, datetime, timedelta
from enum import Enum
from hashlib import sha256
from pathlib import Path

from smimetui.adapters.atomic_file import private_folder, write_atomically
from smimetui.model.value import dataclass

# Public authorities' lists have 10 kB to 5 MB, and a person's correspondents a few dozen authorities.
MOST_BYTES = 64_000_000
_MOST_ITEMS = 2000
_HEAD = 128
"""Octets that stand before the data in a file, at most."""
# A list that nobody could renew for so long says too little to keep.
_LONGEST = timedelta(days=30)
_MARK = b"smimetui revocation 1"
_SUFFIX = ".fetched"


class Kind(Enum):
    """What an item is."""

    LIST = "crl"
    ANSWER = "ocsp"
    AUTHORITY = "ca"
    NOTHING = "nothing"
    """The source had none, or did not answer: not to be asked again for a while."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One fetched thing; `due` is when to ask again."""

    kind: Kind
    fetched: datetime
    due: datetime
    data: bytes = field(default=b"", repr=False)


class RevocationCache:
    """Items by key, in files of a folder of their own. Not safe between threads; between processes, the last wins."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._items: dict[str, Item] | None = None

    def get(self, key: str) -> Item | None:
        """Return an item, be it due or not."""
        return self._loaded().get(_name(key))

    def put(self, key: str, item: Item) -> None:
        """Keep an item, and let the oldest go that find no room beside it."""
        items = self._loaded()
        items.pop(_name(key), None)
        items[_name(key)] = item
        for name in _too_much(items, item.fetched):
            del items[name]
            self._unlink(name)
        # What cannot be written is known until the program ends.
        with suppress(OSError):
            private_folder(self._folder)
            write_atomically(self._path(_name(key)), _encoded(item))

    def of(self, kind: Kind) -> tuple[bytes, ...]:
        """Return what there is of a kind, the oldest first."""
        return tuple(item.data for item in self._loaded().values() if item.kind is kind)

    def _loaded(self) -> dict[str, Item]:
        if self._items is None:
            found = sorted(self._read(), key=lambda pair: pair[1].fetched)
            self._items = dict(found)
        return self._items

    def _read(self) -> Iterator[tuple[str, Item]]:
        room = MOST_BYTES
        with suppress(OSError):
            for path in self._folder.glob(f"*{_SUFFIX}"):
                size = path.stat().st_size
                if size > room:
                    continue
                room -= size
                item = _decoded(path.read_bytes())
                if item is not None:
                    yield path.name.removesuffix(_SUFFIX), item

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}{_SUFFIX}"

    def _unlink(self, name: str) -> None:
        with suppress(OSError):
            self._path(name).unlink(missing_ok=True)


def _name(key: str) -> str:
    return sha256(key.encode()).hexdigest()


def _too_much(items: dict[str, Item], now: datetime) -> list[str]:
    """Return the names of items to let go: those too old, then the oldest beyond the bound, never the newest."""
    *older, newest = items
    room = MOST_BYTES - len(items[newest].data) - _HEAD
    gone = []
    for number, name in enumerate(sorted(older, key=lambda name: items[name].fetched, reverse=True), start=2):
        room -= len(items[name].data) + _HEAD
        if room < 0 or number > _MOST_ITEMS or items[name].fetched < now - _LONGEST:
            gone.append(name)
    return gone


def _encoded(item: Item) -> bytes:
    times = (moment.astimezone(UTC).isoformat().encode() for moment in (item.fetched, item.due))
    return b" ".join((_MARK, item.kind.value.encode(), *times)) + b"\n" + item.data


def _decoded(content: bytes) -> Item | None:
    head, _, data = content.partition(b"\n")
    words = head.removeprefix(_MARK).decode("ascii", "replace").split()
    if not head.startswith(_MARK) or len(words) != 3:  # noqa: PLR2004 - kind and two times
        return None
    try:
        fetched, due = (datetime.fromisoformat(word) for word in words[1:])
        return Item(kind=Kind(words[0]), fetched=fetched.astimezone(UTC), due=due.astimezone(UTC), data=data)
    except (ValueError, OverflowError):
        return None
