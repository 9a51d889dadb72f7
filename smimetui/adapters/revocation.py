"""RevocationSource over HTTP: asks where certificates say, and keeps what it gets.

Lists come before responders: fetching an authority's list says which authority somebody deals with, asking a responder
says with whom, and OCSP travels in the clear.
"""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from time import monotonic

from smimetui.adapters.fetching import Question, fetch
from smimetui.adapters.revocation_cache import Item, Kind, RevocationCache
from smimetui.model.certificate import Certificate
from smimetui.model.errors import UnsupportedError
from smimetui.model.value import dataclass
from smimetui.services.parallel import gather
from smimetui.services.ports import Clock, RevocationData
from smimetui.smime.ocsp import status_request
from smimetui.smime.revocation import bears_on, usable_answers
from smimetui.smime.revocation_list import load_list
from smimetui.smime.revocation_points import points

MOST_LIST_BYTES = 20_000_000
MOST_ANSWER_BYTES = 65_536
_SECONDS = 5.0
# Certificates name one or two; each costs its share of the time.
_MOST_URIS = 4
_DAY = timedelta(days=1)
"""Authorities publish lists that count for a week every day."""
_WHILE = timedelta(minutes=10)
"""How long "there is none" is believed, and the least time between two questions."""
_Until = Callable[[bytes, Item | None], datetime | None]
"""Judges what came, given what was there: until when it counts, None where it is worth nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """One chain to learn about: its first certificate is asked for, the rest vouches for the answer."""

    chain: tuple[Certificate, ...]
    others: tuple[Certificate, ...]
    inside: bool
    deadline: float

    def key(self, uri: str) -> str:
        """Return a name for what an address says to this issuer; another's could hold it for refuted."""
        return f"{uri} {self.chain[1].sha256}"

    def answer_key(self, uri: str) -> str:
        """Return a name for what a responder says of the certificate."""
        return f"{self.key(uri)} {self.chain[0].sha256}"

    def seconds(self, ways: int) -> float:
        """Return the time for one of `ways` that are left."""
        return (self.deadline - monotonic()) / max(ways, 1)


class FetchedRevocation:
    """What the authorities publish, as far as it was fetched. Safe to use from several threads."""

    def __init__(self, folder: Path, clock: Clock, *, seconds: float = _SECONDS) -> None:
        self._cache = RevocationCache(folder)
        self._clock = clock
        self._seconds = seconds
        self._lock = threading.Lock()
        self._fetching: dict[str, threading.Lock] = {}
        self._known: RevocationData | None = None

    def known(self) -> RevocationData:
        """Return what is at hand, from earlier runs too; the same object until something is added."""
        with self._lock:
            if self._known is None:
                self._known = RevocationData(
                    crls=self._cache.of(Kind.LIST),
                    ocsps=self._cache.of(Kind.ANSWER),
                    authorities=self._cache.of(Kind.AUTHORITY),
                )
            return self._known

    def refresh(self, chain: Sequence[Certificate], *, others: Sequence[Certificate], inside: bool) -> bool:
        """Fetch what is missing or due for a chain, for some seconds at most; tell whether something new came."""
        deadline = monotonic() + self._seconds
        tasks = [
            _Task(chain=tuple(chain[start:]), others=tuple(others), inside=inside, deadline=deadline)
            for start in range(len(chain) - 1)
        ]
        news = gather([partial(self._ask, task) for task in tasks])
        for outcome in news:
            if isinstance(outcome, Exception):
                raise outcome
        for certificate in chain[1:-1]:
            self._remember(certificate)
        return any(outcome is True for outcome in news)

    def _ask(self, task: _Task) -> bool:
        """Ask for the lists, and where there is none that counts, a responder."""
        places = points(task.chain[0])
        responders = _followed(places.responders)
        news = listed = False
        for place in places.lists[:_MOST_URIS]:
            uris = _followed(place.uris)
            for number, uri in enumerate(uris):
                news |= self._list(uri, task, ways=len(uris) - number + bool(responders))
                if self._fresh(task.key(uri), Kind.LIST):
                    listed = True
                    break
        for uri in self._deltas(task):
            news |= self._list(uri, task, ways=1)
        if listed:
            return news
        for number, uri in enumerate(responders):
            news |= self._answer(uri, task, ways=len(responders) - number)
            if self._fresh(task.answer_key(uri), Kind.ANSWER):
                break
        return news

    def _deltas(self, task: _Task) -> tuple[str, ...]:
        """Return where the delta lists are, by the certificate or by its complete lists."""
        places = points(task.chain[0])
        uris = list(places.deltas)
        for place in places.lists[:_MOST_URIS]:
            for uri in _followed(place.uris):
                item = self._get(task.key(uri))
                found = load_list(item.data) if item is not None and item.kind is Kind.LIST else None
                uris.extend(found.deltas if found else ())
        return _followed(tuple(uris))

    def _list(self, uri: str, task: _Task, *, ways: int) -> bool:
        def until(data: bytes, old: Item | None) -> datetime | None:
            found = load_list(data)
            if found is None or not bears_on(task.chain, data, task.others, self._clock.now()):
                return None
            before = load_list(old.data) if old is not None else None
            # Who sits on the line may send the list of last week again.
            if before is not None and before.this_update > found.this_update:
                return None
            return found.next_update or found.this_update

        question = Question(uri=uri, most=MOST_LIST_BYTES, inside=task.inside)
        return self._fetched(task.key(uri), Kind.LIST, question, task.seconds(ways), until)

    def _answer(self, uri: str, task: _Task, *, ways: int) -> bool:
        certificate, issuer = task.chain[:2]

        def until(data: bytes, _old: Item | None) -> datetime | None:
            found = usable_answers((data,), certificate, issuer, self._clock.now())
            return max((answer.next_update for answer in found), default=None)

        try:
            body = status_request(certificate, issuer)
        except UnsupportedError:
            return False
        question = Question(
            uri=uri,
            most=MOST_ANSWER_BYTES,
            inside=task.inside,
            body=body,
            content_type="application/ocsp-request",
        )
        return self._fetched(task.answer_key(uri), Kind.ANSWER, question, task.seconds(ways), until)

    def _fetched(self, key: str, kind: Kind, question: Question, seconds: float, until: _Until) -> bool:
        """Fetch an item that is missing or due, unless that was tried a while ago; tell whether it is a new one."""
        with self._one_at_a_time(key):
            if self._fresh(key, kind) or self._fresh(_refuted(key), Kind.NOTHING) or seconds <= 0:
                return False
            data = fetch(question, seconds=seconds)
            now, old = self._clock.now(), self._get(key)
            end = until(data, old) if data is not None else None
            with self._lock:
                if data is None or end is None:
                    self._cache.put(_refuted(key), Item(kind=Kind.NOTHING, fetched=now, due=now + _WHILE))
                    return False
                due = max(min(end, now + _DAY), now + _WHILE)
                self._cache.put(key, Item(kind=kind, fetched=now, due=due, data=data))
                new = old is None or old.data != data
                self._known = None if new else self._known
                return new

    def _remember(self, authority: Certificate) -> None:
        """Keep an issuer, so that its certificates find their anchor where nobody brings it along."""
        key, now = f"authority {authority.sha256}", self._clock.now()
        with self._lock:
            item = self._cache.get(key)
            if item is None or item.fetched < now - _DAY:
                self._cache.put(key, Item(kind=Kind.AUTHORITY, fetched=now, due=now, data=authority.der))
                self._known = None if item is None else self._known

    def _fresh(self, key: str, kind: Kind) -> bool:
        item, now = self._get(key), self._clock.now()
        # What was fetched in the future was fetched by a clock that went wrong.
        return item is not None and item.kind is kind and item.fetched <= now < item.due

    def _get(self, key: str) -> Item | None:
        with self._lock:
            return self._cache.get(key)

    def _one_at_a_time(self, key: str) -> threading.Lock:
        with self._lock:
            return self._fetching.setdefault(key, threading.Lock())


def _refuted(key: str) -> str:
    return f"nothing {key}"


def _followed(uris: Sequence[str]) -> tuple[str, ...]:
    """Return the addresses that are asked: a few, and not those of LDAP."""
    return tuple(dict.fromkeys(uri for uri in uris if uri.lower().startswith(("http://", "https://"))))[:_MOST_URIS]
