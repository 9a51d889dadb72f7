"""Learns about revocation behind the screens: verdicts are given at once by what is known, and given again later.

Only a certificate whose path is valid up to an anchor is ever asked about. What it points to was then written by an
authority that the person or the system trusts; anybody else's certificate could name any address, and opening a message
would tell its sender that it was read, or knock on doors inside the person's network.
"""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from smimetui.model.certificate import Certificate, Purpose
from smimetui.model.errors import SmimetuiError
from smimetui.model.value import dataclass
from smimetui.model.verdict import Problem
from smimetui.services.parallel import gather
from smimetui.services.ports import Clock, RevocationSource
from smimetui.services.trust import Trust
from smimetui.smime.identity import Identity
from smimetui.smime.path import Path, is_revoked, validate

# A mailing to a thousand asks about those who were looked at last.
_MOST_WANTED = 200
_AGAIN = timedelta(minutes=10)
_FORGIVEN = {Problem.REVOCATION_UNKNOWN}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """A certificate that a verdict was given on, and those that came with it."""

    certificate: Certificate
    extra: tuple[Certificate, ...]
    purpose: Purpose


class Revocation:
    """Remembers whom verdicts were about, and asks about them when told to. Safe to use from several threads."""

    def __init__(self, *, trust: Trust, source: RevocationSource | None, clock: Clock) -> None:
        self._trust = trust
        self._source = source
        self._clock = clock
        self._lock = threading.Lock()
        self._busy = threading.Lock()
        self._wanted: dict[tuple[str, Purpose], _Wanted] = {}
        self._asked: dict[tuple[str, Purpose], datetime] = {}
        self._tell: Callable[[], None] = _nothing

    def on_wanted(self, tell: Callable[[], None]) -> None:
        """Have `tell` called, on whichever thread, when there is something for `refresh_pending` to do."""
        self._tell = tell
        if self._wanted:
            tell()

    def want(self, certificate: Certificate, *, purpose: Purpose, extra: Sequence[Certificate] = ()) -> None:
        """Note that a verdict on a certificate was given; returns at once. `extra` may be its issuers."""
        key = certificate.sha256, purpose
        with self._lock:
            if self._source is None or key in self._wanted or self._was_asked(key):
                return
            if len(self._wanted) >= _MOST_WANTED:
                del self._wanted[next(iter(self._wanted))]
            self._wanted[key] = _Wanted(certificate=certificate, extra=tuple(extra), purpose=purpose)
        self._tell()

    def is_revoked(self, identity: Identity) -> bool:
        """Tell whether a certificate of one's own is known to be revoked; asks nobody."""
        return is_revoked(identity.certificate, policy=self._trust.policy(), extra=identity.chain, at=self._clock.now())

    def refresh_pending(self) -> bool:
        """Ask about what was wanted, for seconds at most; tell whether a verdict that was given is another one now.

        Call it off the screen's thread. Nothing that goes wrong is raised: it leaves things unknown.
        """
        # Whoever comes second waits for what the first is fetching.
        with self._busy:
            with self._lock:
                wanted, self._wanted = self._wanted, {}
            changed = False
            for outcome in gather([partial(self._refresh, one) for one in wanted.values()]):
                if isinstance(outcome, Exception) and not isinstance(outcome, SmimetuiError):
                    raise outcome
                changed |= outcome is True
            return changed

    def _refresh(self, wanted: _Wanted) -> bool:
        before = self._path(wanted)
        if self._source is None or before.anchor is None or not _FORGIVEN.issuperset(before.problems):
            return False
        with self._lock:
            self._asked[wanted.certificate.sha256, wanted.purpose] = self._clock.now()
        others = (*wanted.extra, *self._trust.policy().intermediates)
        inside = self._trust.is_own_anchor(before.anchor)
        if not self._source.refresh(before.chain, others=others, inside=inside):
            return False
        return self._path(wanted).problems != before.problems

    def _path(self, wanted: _Wanted) -> Path:
        return validate(
            wanted.certificate,
            policy=self._trust.policy(),
            extra=wanted.extra,
            purpose=wanted.purpose,
            at=self._clock.now(),
        )

    def _was_asked(self, key: tuple[str, Purpose]) -> bool:
        asked = self._asked.get(key)
        return asked is not None and asked <= self._clock.now() < asked + _AGAIN


def _nothing() -> None:
    """Tell nobody."""
