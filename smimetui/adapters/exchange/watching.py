"""News of a folder: the server's notifications over an answer that stays open, or a look now and then without them."""

from collections.abc import Callable
from threading import Condition, Event, Thread
from time import monotonic
from typing import Any

from exchangelib.errors import ResponseMessageError
from exchangelib.services import GetStreamingEvents, SubscribeToStreaming

from smimetui.adapters.exchange.connection import Connection
from smimetui.adapters.exchange.syncing import Changes

_EVENTS = ("CreatedEvent", "DeletedEvent", "ModifiedEvent", "MovedEvent", "NewMailEvent")
_LOOK_EVERY = 10.0
_IDLE = 60.0
"""Seconds after the last wait until watching ends."""
_MINUTES = 29
"""The longest that a server keeps the answer open is 30."""
_SILENCE = 180.0
"""Seconds without a sign of life until the connection counts as lost; servers give one every minute at least."""

Counts = tuple[int, int]


class _UnwantedError(Exception):
    """Nobody waits any more; the answer is still open."""


class _Events(GetStreamingEvents):  # type: ignore[misc] # exchangelib has no types
    """GetStreamingEvents that calls back at every sign of life, so that it can be ended."""

    def __init__(self, *args: Any, alive: Callable[[], None], **kwargs: Any) -> None:
        self._alive = alive
        super().__init__(*args, **kwargs)

    def _get_element_container(self, message: Any, name: str | None = None) -> Any:
        found = super()._get_element_container(message=message, name=name)
        self._alive()
        return found

    def _elem_to_obj(self, elem: Any) -> Any:
        return elem


class Watch:
    """Watches one folder on a thread of its own, as long as somebody waits now and then; so nothing is missed between.

    `counts` asks for the folder's messages and unread ones; `known` tells the counts that the person sees.
    """

    def __init__(
        self,
        connection: Connection,
        folder: Any,
        *,
        counts: Callable[[], Counts],
        known: Callable[[], Counts | None],
        look_every: float = _LOOK_EVERY,
    ) -> None:
        self._connection = connection
        self._folder = folder
        self._changes = Changes(connection, folder)
        self._counts = counts
        self._shown = known
        self._look_every = look_every
        self._state = Condition()
        self._closed = Event()
        self._thread: Thread | None = None
        self._wanted_until = 0.0
        self._news = False
        self._failure: Exception | None = None
        self._known: Counts | None = None
        self._subscription = ""
        self._only_looks = False

    def wait(self, seconds: float) -> bool:
        """Return whether something changed within `seconds`, or since the last wait. Raises what exchangelib raises."""
        with self._state:
            self._wanted_until = monotonic() + seconds + _IDLE
            # A failure that nobody heard of yet is told first: watching again now would only fail a second time.
            if self._thread is None and self._failure is None and not self._closed.is_set():
                self._thread = Thread(target=self._run, name="watch", daemon=True)
                self._thread.start()
            self._state.wait_for(lambda: self._news or self._failure or self._rests or self._closed.is_set(), seconds)
            failure, self._failure = self._failure, None
            news, self._news = self._news, False
        if failure is not None and not news:
            raise failure
        return news

    @property
    def _rests(self) -> bool:
        return self._thread is None and self._connection.resting

    def close(self) -> None:
        """End watching: whoever waits returns, and the thread ends when the connection does."""
        self._closed.set()
        with self._state:
            self._state.notify_all()

    def _run(self) -> None:
        failure = None
        try:
            while self._wanted() and not self._connection.resting:
                self._watch()
        except _UnwantedError:
            pass
        except Exception as error:  # noqa: BLE001 - whoever waits is told
            # A store that locks ends all that is open: no news, and nothing wrong.
            failure = None if self._connection.resting else error
        with self._state:
            self._failure, self._thread = failure, None
            self._state.notify_all()

    def _wanted(self) -> bool:
        return not self._closed.is_set() and monotonic() < self._wanted_until

    def _watch(self) -> None:
        if not self._only_looks and not self._subscription:
            try:
                service = SubscribeToStreaming(account=self._connection.account())
                self._subscription = service.get(folders=[self._folder], event_types=_EVENTS)
            except ResponseMessageError:
                self._only_looks = True
        # Whatever happened before the subscription, or while no answer was open.
        self._compare()
        if self._only_looks:
            self._closed.wait(self._look_every)
        else:
            self._listen()

    def _compare(self) -> None:
        known = self._known if self._known is not None else self._shown()
        self._known = self._counts()
        changed = self._changes.any(self._known[0], wanted=self._wanted)
        if changed or (known is not None and known != self._known):
            self._tell()

    def _listen(self) -> None:
        alive = False

        def sign() -> None:
            nonlocal alive
            alive = True
            if not self._wanted():
                raise _UnwantedError

        service = _Events(account=self._connection.account(), alive=sign)
        events = service.call(subscription_ids=[self._subscription], connection_timeout=_MINUTES)
        service.timeout = (self._connection.seconds, _SILENCE)
        try:
            for notification in events:
                if any(_is_news(part.tag) for part in notification):
                    self._tell()
        except ResponseMessageError:
            # The server forgot the subscription; where it never knew it, it has none to give.
            self._only_looks, self._subscription = not alive, ""
        finally:
            events.close()
            service.stop_streaming()

    def _tell(self) -> None:
        with self._state:
            self._news = True
            self._state.notify_all()


def _is_news(tag: object) -> bool:
    return isinstance(tag, str) and tag.endswith("Event") and not tag.endswith("StatusEvent")
