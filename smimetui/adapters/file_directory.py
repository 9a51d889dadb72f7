"""A directory in a JSON file: `{"entries": [{"name": …, "addresses": […], "certificates": [base64, …]}]}`."""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from threading import Lock

import msgspec

from smimetui.adapters.atomic_file import write_atomically
from smimetui.model.address import Address, address_key
from smimetui.model.certificate import Source
from smimetui.model.errors import DirectoryError
from smimetui.services.ports import DirectoryEntry

# Letters that NFKD leaves whole, though people type them plain.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
_WORD = re.compile(r"[^\W_]+")


class _Entry(msgspec.Struct):
    name: str = ""
    addresses: tuple[str, ...] = ()
    certificates: tuple[bytes, ...] = ()
    members: tuple[str, ...] = ()
    """Addresses of a distribution list's members; an entry with members is a list."""


class _Content(msgspec.Struct):
    entries: tuple[_Entry, ...]


class _Index:
    """Entries by exact address, and sorted words for completion: (word, rank, number of the entry)."""

    def __init__(self, entries: Sequence[DirectoryEntry], members: Mapping[str, tuple[str, ...]]) -> None:
        self.entries = entries
        self.members = members
        """Key of a list's address to its members' addresses."""
        self.by_key: dict[str, list[DirectoryEntry]] = {}
        for entry in entries:
            for key in dict.fromkeys(map(address_key, entry.addresses)):
                self.by_key.setdefault(key, []).append(entry)
        self._names = [fold(entry.name) for entry in entries]
        self._words = sorted(set(self._ranked_words()))

    def complete(self, text: str, limit: int) -> tuple[DirectoryEntry, ...]:
        """Return the entries in which each word of `text` starts a word, or all of it an address."""
        folded = " ".join(fold(text).split())
        if not folded or limit <= 0:
            return ()
        ranks = self._starting(folded)
        words = [self._starting(word) for word in _WORD.findall(folded)]
        for number in set.intersection(*map(set, words)) if words else ():
            rank = 0 if self._names[number].startswith(folded) else max(found[number] for found in words)
            ranks[number] = min(rank, ranks.get(number, rank))
        best = sorted(ranks, key=lambda number: (ranks[number], not self._names[number], self._names[number], number))
        return tuple(self.entries[number] for number in best[:limit])

    def _starting(self, prefix: str) -> dict[int, int]:
        """Return the best rank of each entry with a word that starts with `prefix`."""
        found: dict[int, int] = {}
        for position in range(bisect_left(self._words, (prefix,)), len(self._words)):
            word, rank, number = self._words[position]
            if not word.startswith(prefix):
                break
            found[number] = min(rank, found.get(number, rank))
        return found

    def _ranked_words(self) -> Iterator[tuple[str, int, int]]:
        for number, entry in enumerate(self.entries):
            for place, word in enumerate(_WORD.findall(self._names[number])):
                yield word, 0 if place == 0 else 1, number
            for address in map(fold, entry.addresses):
                local, _, domain = address.rpartition("@")
                yield address, 1, number
                yield from ((word, 2, number) for word in _WORD.findall(local))
                yield from ((word, 3, number) for word in _WORD.findall(domain))


class FileDirectory:
    """Directory over the file `path`, read once, when first asked."""

    def __init__(self, path: Path, source: Source) -> None:
        self._path = path
        self._source = source
        self._lock = Lock()
        self._loaded: _Index | None = None

    @property
    def source(self) -> Source:
        """What to call this directory's certificates."""
        return self._source

    def lookup(self, address: Address) -> tuple[DirectoryEntry, ...]:
        """Return the entries that hold exactly this address. Raises DirectoryError for an unreadable file."""
        return tuple(self._index().by_key.get(address.key, ()))

    def complete(self, text: str, limit: int) -> tuple[DirectoryEntry, ...]:
        """Return up to `limit` entries, best first: names that start so, then other words, addresses, domains.

        Case and accents do not count. Raises DirectoryError for an unreadable file.
        """
        return self._index().complete(text, limit)

    def expand(self, address: Address) -> tuple[DirectoryEntry, ...]:
        """Return a list's direct members; one that has no entry of its own is known by its address alone."""
        index = self._index()
        return tuple(
            entry
            for text in index.members.get(address.key, ())
            for entry in index.by_key.get(address_key(text))
            or [DirectoryEntry(name="", addresses=(text,), source=self._source)]
        )

    def _index(self) -> _Index:
        with self._lock:
            if self._loaded is None:
                stored = _stored(self._path)
                members = {address_key(text): entry.members for entry in stored for text in entry.addresses}
                self._loaded = _Index([_entry(entry, self._source) for entry in stored], members)
            return self._loaded


def read_entries(path: Path, source: Source) -> tuple[DirectoryEntry, ...]:
    """Return all entries of the file. Raises DirectoryError with a sentence that names it."""
    return tuple(_entry(entry, source) for entry in _stored(path))


def _stored(path: Path) -> tuple[_Entry, ...]:
    try:
        content = msgspec.json.decode(path.read_bytes(), type=_Content)
    except OSError as error:
        raise DirectoryError(f"the address list {path} cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DirectoryError(f"the address list {path} is not valid: {error}") from error
    return content.entries


def _entry(stored: _Entry, source: Source) -> DirectoryEntry:
    return DirectoryEntry(
        name=stored.name,
        addresses=stored.addresses,
        source=source,
        certificates=stored.certificates,
        is_list=bool(stored.members),
    )


def write_entries(
    path: Path, entries: Iterable[DirectoryEntry], members: Mapping[str, tuple[str, ...]] | None = None
) -> None:
    """Write a file that `read_entries` reads; `members` gives the members of lists, by address. Raises OSError."""
    lists = members or {}
    stored = tuple(
        _Entry(
            name=entry.name,
            addresses=entry.addresses,
            certificates=entry.certificates,
            members=next((lists[text] for text in entry.addresses if text in lists), ()),
        )
        for entry in entries
    )
    write_atomically(path, msgspec.json.encode(_Content(entries=stored)))


def fold(text: str) -> str:
    """Return `text` as it is compared while typing: without case and accents."""
    if text.isascii():
        return text.lower()
    plain = "".join(
        character for character in unicodedata.normalize("NFKD", text) if not unicodedata.combining(character)
    )
    return plain.casefold().translate(_PLAIN)
