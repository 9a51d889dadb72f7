"""A Maildir's folders as rows in the cache, brought up to date by looking at the folders.

A small folder is compared with the cache whenever its times say that it changed. A large one is shown as the cache
has it, or by its newest names, and is compared by whoever waits for changes: opening it must not take longer.
"""

import os
import time
from collections.abc import Callable, Iterable
from errno import ELOOP, ENOENT
from functools import wraps
from heapq import nlargest
from itertools import islice
from math import inf
from threading import RLock
from typing import Concatenate, ParamSpec, TypeVar, cast

from smimetui.adapters.header_cache import CacheLostError, HeaderCache
from smimetui.adapters.header_scan import HEAD, Row, scan_header
from smimetui.adapters.maildir_files import File, opened
from smimetui.adapters.maildir_tree import Tree
from smimetui.model.errors import MailboxError
from smimetui.model.message import Summary
from smimetui.services.ports import Page

T = TypeVar("T")
P = ParamSpec("P")
SMALL = 2_000
"""Messages of a folder that are looked through at once."""
_CHUNK = 250
"""Messages that are worked on between two chances for others."""
_SEARCH = 0.5
"""Seconds that a search reads headers for."""
_LOOK = 5.0
"""Seconds that one look for changes reads headers for."""
_BREATH = 0.001
_SETTLED = 1_000_000_000
"""Nanoseconds after which a folder's times tell every change: file systems count in steps of some milliseconds."""


def _twice(method: "Callable[Concatenate[Index, P], T]") -> "Callable[Concatenate[Index, P], T]":
    """Do it again over an empty cache when the cache was lost."""

    @wraps(method)
    def run(self: "Index", *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return method(self, *args, **kwargs)
        except CacheLostError:
            return method(self, *args, **kwargs)

    return cast("Callable[Concatenate[Index, P], T]", run)


class Index:
    """Rows of all folders. Safe for several threads. Methods raise OSError and MailboxError."""

    def __init__(self, tree: Tree, cache: HeaderCache) -> None:
        self._tree, self._cache = tree, cache
        self._lock = RLock()
        self._shown: dict[str, int] = {}

    @_twice
    def page(self, folder: str, *, offset: int, limit: int) -> Page:
        """Return some rows, newest first; of a large folder perhaps as it was some seconds ago."""
        with self._lock:
            state = self._cache.state(folder)
            if state is None or (state.total <= SMALL and state.times != self._times(folder)):
                files = list(self._tree.files(folder))
                if len(files) > SMALL:
                    return self._provisional(folder, files, offset=offset, limit=limit)
                self._compare(folder)
                state = self._cache.state(folder)
            if state is None:
                raise CacheLostError
            self._shown[folder] = state.version
            rows = self._page(folder, offset=offset, limit=limit)
            return Page(rows=rows, total=state.total, unread=state.unread)

    @_twice
    def search(self, folder: str, text: str, *, limit: int) -> tuple[Summary, ...]:
        """Return rows whose sender or subject holds a text.

        Where headers of a large folder are still to be read, those of whom nothing is known yet come later: the folder
        changes when they are.
        """
        self._read_for(folder, _SEARCH)
        with self._lock:
            state = self._cache.state(folder)
            if state is not None:
                self._shown[folder] = state.version
            return tuple(row for row, _ in self._cache.search(folder, text, limit=limit))

    @_twice
    def everything(self, folder: str) -> tuple[Summary, ...]:
        """Return all rows of the folder as it is now."""
        self.update(folder)
        with self._lock:
            return self._page(folder, offset=0, limit=-1)

    @_twice
    def update(self, folder: str) -> None:
        """Bring a folder up to date, every header read."""
        self._read_for(folder, inf)

    @_twice
    def changed(self, folder: str) -> bool:
        """Look for changes, for a moment at most, and return whether the rows are others than those last shown."""
        self._read_for(folder, _LOOK)
        with self._lock:
            state = self._cache.state(folder)
            return state is not None and state.version != self._shown.setdefault(folder, state.version)

    @_twice
    def place(self, folder: str, uid: str) -> File | None:
        """Return where a message is; None where it is not there any more."""
        with self._lock:
            place = self._cache.place(folder, uid)
        path = self._tree.path(folder)
        if place is not None and os.path.lexists(path / place.subfolder):
            self._tree.check(path)
            self._tree.check(path / place.subfolder)
        if place is not None and os.path.lexists(self._tree.where(folder, place)):
            return place
        return next((place for place in self._tree.files(folder) if place.uid == uid), None)

    @_twice
    def note(self, folder: str, *, gone: str = "", come: File | None = None) -> None:
        """Take over a change made here, so that the next page shows it."""
        with self._lock:
            if self._cache.state(folder) is None:
                return
            if gone:
                self._cache.remove(folder, [gone])
            if come is not None:
                self._cache.put(folder, [come])
            self._cache.changed(folder)

    def row(self, folder: str, place: File) -> Row | None:
        """Read a message's header; None for one that is gone, or is no ordinary file after all.

        One that cannot be read has a row without words: it must not hide the others, nor vanish.
        """
        head, size, arrived = b"", 0, 0.0
        try:
            with opened(self._tree.where(folder, place)) as descriptor:
                state = os.fstat(descriptor)
                size, arrived = state.st_size, state.st_mtime
                head = os.read(descriptor, HEAD)
        except MailboxError:
            return None
        except OSError as error:
            if error.errno in {ENOENT, ELOOP}:
                return None
        return scan_header(head, uid=place.uid, seen=place.seen, size=size, arrived=arrived)

    def _times(self, folder: str) -> str:
        return " ".join(map(str, self._tree.times(folder)))

    def _current(self, folder: str) -> bool:
        with self._lock:
            state = self._cache.state(folder)
        return state is not None and state.times == self._times(folder)

    def _compare(self, folder: str) -> None:
        """Compare the folder with the cache; headers of what is new stay unread if they are many."""
        times = self._tree.times(folder)
        now = time.time_ns()
        settled = all(abs(now - at) > _SETTLED for at in times)
        there = {place.uid: place for place in self._tree.files(folder)}
        with self._lock:
            known = self._cache.places(folder)
            gone = known.keys() - there.keys()
            come = [place for uid, place in there.items() if known.get(uid) != place]
            self._cache.remove(folder, gone)
            first = self._cache.state(folder) is None
        for part in _chunks(come):
            with self._lock:
                self._cache.put(folder, part)
        if len(there) <= SMALL:
            self._read_headers_for(folder, inf)
        with self._lock:
            self._cache.read(folder, " ".join(map(str, times)) if settled else "-")
            if gone or come or first:
                self._cache.changed(folder)

    def _read_for(self, folder: str, seconds: float) -> None:
        """Bring a folder up to date; stop reading headers after some seconds."""
        if not self._current(folder):
            self._compare(folder)
        self._read_headers_for(folder, seconds)

    def _read_headers_for(self, folder: str, seconds: float) -> None:
        end = time.monotonic() + seconds
        while self._read_some(folder) and time.monotonic() < end:
            # Who waits for a page comes in between: a lock let go for no time at all is mostly taken by who had it.
            time.sleep(_BREATH)

    def _read_some(self, folder: str) -> bool:
        """Read some of the headers not read yet; return whether there were any."""
        with self._lock:
            waiting = self._cache.waiting(folder, _CHUNK)
            if not waiting:
                return False
            self._read_headers(folder, waiting)
            if not self._cache.waiting(folder, 1):
                self._cache.changed(folder)
        return True

    def _read_headers(self, folder: str, places: Iterable[File]) -> None:
        found = [(place, self.row(folder, place)) for place in places]
        self._cache.learn(folder, [row for _, row in found if row is not None])
        self._cache.remove(folder, [place.uid for place, row in found if row is None])

    def _page(self, folder: str, *, offset: int, limit: int) -> tuple[Summary, ...]:
        found = self._cache.page(folder, offset=offset, limit=limit)
        unknown = [place for row, known in found if not known if (place := self._cache.place(folder, row.uid))]
        if unknown:
            self._read_headers(folder, unknown)
            found = self._cache.page(folder, offset=offset, limit=limit)
        return tuple(row for row, _ in found)

    def _provisional(self, folder: str, files: list[File], *, offset: int, limit: int) -> Page:
        """Return rows of a folder that was never read whole: newest by name, which is by arrival."""
        newest = nlargest(offset + limit, files, key=lambda place: (place.arrived, place.uid))[offset:]
        rows = [row for place in newest if (row := self.row(folder, place))]
        rows.sort(key=lambda row: row.order, reverse=True)
        self._shown[folder] = -1
        unread = sum(not place.seen for place in files)
        return Page(rows=tuple(row.summary for row in rows), total=len(files), unread=unread)


def _chunks(files: list[File]) -> Iterable[list[File]]:
    remaining = iter(files)
    while part := list(islice(remaining, _CHUNK)):
        yield part
