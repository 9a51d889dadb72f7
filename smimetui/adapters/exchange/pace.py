"""How many questions a server gets at once: a third of them each time that it was too busy, and slowly more again."""

from collections.abc import Callable
from threading import Condition
from types import TracebackType

_BURST = 0.5
"""Seconds: what is refused together counts once."""
_STREAK = 10
_UNLIMITED = 11


class Pace:
    """A context for each question; safe for several threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._state = Condition()
        self._under_way = self._answered = 0
        self._slowed = float("-inf")
        self.limit = _UNLIMITED
        """Questions under way at most."""

    def __enter__(self) -> None:
        with self._state:
            self._state.wait_for(lambda: self._under_way < self.limit)
            self._under_way += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._state:
            self._under_way -= 1
            if error is None and self.limit < _UNLIMITED:
                self._answered += 1
                self.limit += self._answered % _STREAK == 0
            self._state.notify_all()

    def slow_down(self) -> None:
        """Take it that the server was too busy."""
        with self._state:
            now = self._clock()
            if now - self._slowed >= _BURST:
                self._slowed, self._answered = now, 0
                self.limit = max(1, min(self.limit, self._under_way + 1) // 3)
