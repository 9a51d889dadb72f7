"""Several blocking calls at once, on threads that never keep the program from ending."""

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")

_AT_ONCE = 8
"""Enough to hide a directory's latency, few enough not to look like an attack on it."""


def gather(calls: Sequence[Callable[[], T]]) -> tuple[T | Exception, ...]:
    """Return what each call returned, or the exception it raised, in the order of `calls`.

    Waits for all of them. The threads are daemons: quitting in the middle does not wait.
    """
    if len(calls) == 1:
        return (_outcome(calls[0]),)
    outcomes: dict[int, T | Exception] = {}
    waiting = iter(range(len(calls)))
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                number = next(waiting, None)
            if number is None:
                return
            outcomes[number] = _outcome(calls[number])

    threads = [
        threading.Thread(target=work, name=f"gather-{number}", daemon=True)
        for number in range(min(_AT_ONCE, len(calls)))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tuple(outcomes[number] for number in range(len(calls)))


def _outcome(call: Callable[[], T]) -> T | Exception:
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - the caller decides which kinds it understands
        return error
