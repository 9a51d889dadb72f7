"""News of a folder: the server's notifications over an open answer, or a look now and then where it gives none."""

from collections.abc import Callable
from threading import Lock
from time import sleep
from typing import Any

import requests
from exchangelib.errors import ResponseMessageError
from exchangelib.services import GetStreamingEvents, SubscribeToStreaming

from smimetui.adapters.exchange.connection import Connection

_EVENTS = ("CreatedEvent", "DeletedEvent", "ModifiedEvent", "MovedEvent", "NewMailEvent")
_LOOK_EVERY = 10.0
_MINUTE = 60


class _TimeOverError(Exception):
    """The wait is over; the answer is still open."""


class _Events(GetStreamingEvents):  # type: ignore[misc] # exchangelib has no types
    """GetStreamingEvents that ends when its time is over: the server writes a sign of life every few seconds."""

    def __init__(self, *args: Any, over: Callable[[], bool], **kwargs: Any) -> None:
        self._over = over
        super().__init__(*args, **kwargs)

    def _get_element_container(self, message: Any, name: str | None = None) -> Any:
        found = super()._get_element_container(message=message, name=name)
        if not len(found) and self._over():
            raise _TimeOverError
        return found

    def _elem_to_obj(self, elem: Any) -> Any:
        return elem


class Watch:
    """Watches one folder. The subscription stays between waits, so that nothing is missed meanwhile."""

    def __init__(
        self,
        connection: Connection,
        folder: Any,
        counts: Callable[[], tuple[int, int]],
        *,
        clock: Callable[[], float],
        pause: Callable[[float], None] = sleep,
    ) -> None:
        self._connection = connection
        self._folder = folder
        self._counts = counts
        self._clock = clock
        self._pause = pause
        self._lock = Lock()
        self._subscription = ""
        self._known: tuple[int, int] | None = None
        self._only_looks = False

    def wait(self, seconds: float) -> bool:
        """Return whether something changed within `seconds`, or since the last wait."""
        end = self._clock() + seconds
        # One at a time: a second wait would take the first one's news.
        with self._lock:
            if self._missed():
                return True
            if self._only_looks:
                return self._look_until(end)
            try:
                changed = self._listen(end)
            except ResponseMessageError:
                # The subscription is gone, or there is none to be had here.
                self._only_looks, self._subscription = not self._subscription, ""
                changed = self._missed() or (self._only_looks and self._look_until(end))
            if changed:
                self._known = self._counts()
            return changed

    def _missed(self) -> bool:
        """Compare the folder's counts with those of before where no subscription has watched it since."""
        if self._subscription:
            return False
        known, self._known = self._known, self._counts()
        return known is not None and known != self._known

    def _listen(self, end: float) -> bool:
        account = self._connection.account()
        if not self._subscription:
            self._subscription = SubscribeToStreaming(account=account).get(folders=[self._folder], event_types=_EVENTS)
            if self._counts() != self._known:
                return True
        service = _Events(account=account, over=lambda: self._clock() >= end)
        left = max(1.0, end - self._clock())
        events = service.call(subscription_ids=[self._subscription], connection_timeout=1 + int(left // _MINUTE))
        service.timeout = (self._connection.seconds, left)
        try:
            return any(True for _ in events)
        except (_TimeOverError, requests.RequestException) as error:
            if isinstance(error, requests.RequestException) and self._clock() < end:
                raise
            return False
        finally:
            events.close()
            service.stop_streaming()

    def _look_until(self, end: float) -> bool:
        while (left := end - self._clock()) > 0:
            self._pause(min(left, _LOOK_EVERY))
            if self._missed():
                return True
        return False
