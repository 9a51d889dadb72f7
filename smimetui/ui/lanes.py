"""Lanes: small pools of daemon threads that carry the services' blocking calls off the screen's thread.

Textual's thread workers make quitting wait for the slowest call; daemon threads do not, and a cancelled call simply
has its answer dropped.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


class Lane:
    """A named pool; threads start with the first call and die with the process."""

    def __init__(self, name: str, threads: int = 1) -> None:
        self._name = name
        self._threads = threads
        self._started = 0
        self._calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    async def call(self, function: Callable[[], T]) -> T:
        """Run `function` on the lane and return what it returns or raise what it raises.

        Takes no arguments on purpose: secrets passed as arguments would end in tracebacks and representations.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def run() -> None:
            if future.cancelled():
                return
            try:
                result = function()
            except BaseException as error:  # noqa: BLE001 - carried to the awaiting side, whatever it is
                _deliver(loop, future, error=error)
            else:
                _deliver(loop, future, result=result)

        if self._started < self._threads:
            self._started += 1
            threading.Thread(target=self._work, name=f"lane-{self._name}", daemon=True).start()
        self._calls.put(run)
        return await future

    def _work(self) -> None:
        while True:
            self._calls.get()()


def _deliver(
    loop: asyncio.AbstractEventLoop,
    future: "asyncio.Future[T]",
    *,
    result: T | None = None,
    error: BaseException | None = None,
) -> None:
    def settle() -> None:
        if future.cancelled():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]

    with suppress(RuntimeError):  # the loop is closed: the program is quitting and nobody waits
        loop.call_soon_threadsafe(settle)


class Lanes:
    """The program's lanes, one instance an app."""

    def __init__(self) -> None:
        self.store = Lane("store")
        """Keyring and vault: one call at a time, so that one prompt is open at most."""
        self.directory = Lane("directory", 6)
        self.mail = Lane("mail")
        """The mailbox."""
        self.sending = Lane("sending")
        """The transport: a large message on its way holds no list up."""
        self.crypto = Lane("crypto", 2)
        self.badges = Lane("badges", 2)
        """What the list judges by itself: a message that the person opens never waits behind it."""
        self.revocation = Lane("revocation")
        self.account = Lane("account", 3)
        """Adding, checking and logging in: a sign-in waits for minutes, one that was given up for an answer."""
        self.watch = Lane("watch", 3)
        """Long waits for new mail; a folder that was left ends its wait by itself."""
