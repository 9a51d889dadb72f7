"""A directory's answers, kept for a while: recipients are asked about again and again while a message is written.

Only what the directory said is kept, never what was made of it: certificates are judged anew each time, so that
installing, removing or revoking one takes effect at once. A directory's failure is not kept.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from smimetui.model.address import Address
from smimetui.model.certificate import Source
from smimetui.model.value import dataclass
from smimetui.services.ports import Clock, Directory, DirectoryEntry

if TYPE_CHECKING:
    from concurrent.futures import Future

MOST_KEPT = 4096
"""Answers kept of one directory: a few large lists with all their members, some 8 MB."""
_AT_ONCE = 8
"""Questions under way at one directory, however many are waiting for it: more would look like an attack on it."""

Entries = tuple[DirectoryEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    """The oldest answers that are good enough."""

    found: timedelta
    """For answers with a certificate or a list in them."""
    missing: timedelta
    """For the others: whoever has just been told to publish a certificate soon does."""


WRITING = Age(found=timedelta(minutes=10), missing=timedelta(minutes=1))
SENDING = Age(found=timedelta(seconds=60), missing=timedelta(0))
"""What leaves is decided by an answer of this minute, most often the one the chip shows; one that would stop the
message is asked for again."""
NEW = Age(found=timedelta(0), missing=timedelta(0))
"""Asked now, whatever is known; a question that is under way at this moment counts as that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    entries: Entries
    asked: datetime

    def is_good(self, age: Age, now: datetime) -> bool:
        found = any(entry.certificates or entry.is_list for entry in self.entries)
        # A clock that was set back makes no answer younger than it is.
        return self.asked <= now < self.asked + (age.found if found else age.missing)


class KeptDirectory:
    """A directory whose answers are kept, and which several askers of the same question ask once.

    Safe to use from several threads. Raises what the directory raises.
    """

    def __init__(self, directory: Directory, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock
        self._lock = threading.Lock()
        self._turns = threading.BoundedSemaphore(_AT_ONCE)
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()
        self._asking: dict[tuple[str, str], Future[Entries]] = {}

    @property
    def source(self) -> Source:
        """What to call this directory's certificates."""
        return self._directory.source

    def lookup(self, address: Address, age: Age) -> Entries:
        """Return the entries that hold exactly this address."""
        return self._answer(("lookup", address.key), lambda: self._directory.lookup(address), age)

    def expand(self, address: Address, age: Age) -> Entries:
        """Return the direct members of a distribution list; empty if it is none."""
        return self._answer(("expand", address.key), lambda: self._directory.expand(address), age)

    def complete(self, text: str, limit: int) -> Entries:
        """Return up to `limit` entries that match what is typed; nothing of it is kept."""
        return self._directory.complete(text, limit)

    def _answer(self, question: tuple[str, str], ask: Callable[[], Entries], age: Age) -> Entries:
        with self._lock:
            kept = self._kept.get(question)
            if kept is not None and kept.is_good(age, self._clock.now()):
                self._kept.move_to_end(question)
                return kept.entries
            under_way = self._asking.get(question)
            if under_way is None:
                from concurrent.futures import Future

                mine = self._asking[question] = Future()
        if under_way is not None:
            return under_way.result()
        try:
            entries = self._ask(question, ask)
        except BaseException as error:
            with self._lock:
                del self._asking[question]
            mine.set_exception(error)
            raise
        mine.set_result(entries)
        return entries

    def _ask(self, question: tuple[str, str], ask: Callable[[], Entries]) -> Entries:
        with self._turns:
            asked = self._clock.now()
            entries = ask()
        with self._lock:
            self._kept[question] = _Kept(entries=entries, asked=asked)
            self._kept.move_to_end(question)
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
            del self._asking[question]
        return entries
