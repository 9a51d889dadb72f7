"""Tells when something was not used for a while, so that what is secret can be forgotten."""

import time
from collections.abc import Callable
from threading import Lock, Timer

# A suspended machine does not run timers: a while after it wakes, what was due in its sleep is done.
_LONGEST_WAIT = 30.0


def seconds_awake_or_not() -> float:
    """Return seconds on a clock that goes on while the machine sleeps, where there is one."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class Idle:
    """Calls `expired` on a thread of its own when `seconds` passed without `touch`; never for 0 seconds.

    It begins with the first touch, and again with the first one after it expired.
    """

    def __init__(
        self, seconds: float, expired: Callable[[], None], *, clock: Callable[[], float] = seconds_awake_or_not
    ) -> None:
        self._seconds = seconds
        self._expired = expired
        self._clock = clock
        self._lock = Lock()
        self._last: float | None = None
        self._timer: Timer | None = None

    @property
    def over(self) -> bool:
        """It is time, though the thread may not have noticed yet."""
        last = self._last
        return bool(self._seconds) and last is not None and self._clock() - last >= self._seconds

    def touch(self) -> None:
        """Count anew: it is used."""
        if self._seconds:
            with self._lock:
                self._last = self._clock()
                if self._timer is None:
                    self._start(self._seconds)

    def stop(self) -> None:
        """Count no more until the next touch."""
        with self._lock:
            self._last = None
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

    def _start(self, seconds: float) -> None:
        self._timer = Timer(min(seconds, _LONGEST_WAIT), self._look)
        self._timer.daemon = True
        self._timer.start()

    def _look(self) -> None:
        with self._lock:
            if self._last is None:
                return
            left = self._last + self._seconds - self._clock()
            if left > 0:
                self._start(left)
                return
            self._timer = None
        self._expired()
