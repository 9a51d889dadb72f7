"""A program whose processes change one store: `python -m tests.adapters.nursery PLACE FOLDER`.

It is forked from once it has loaded everything, so that a process costs milliseconds. It reads a line, does it, and
answers with a line:

`churn FIRST COUNT` changes the store COUNT times, installing and removing by turns from certificate FIRST on, in a
process of its own; `wait` waits for all of these and answers with the number that failed;
`kill FIRST DELAY` installs and removes likewise until it is killed, with SIGKILL and DELAY microseconds after its store
was open, and answers with the number of changes that were finished.
"""

import os
import select
import signal
import sys
import time
from pathlib import Path

from smimetui.adapters.secret_store import SecretStore
from smimetui.smime.identity import SoftwareIdentity  # noqa: F401 - loaded once, before the processes
from tests.adapters.places import certificate, open_place

KEPT = 5
"""Of each process's certificates, how many stay at the most."""


def change(store: SecretStore, first: int, number: int) -> None:
    """Make the change of this number: each even one installs, each odd one removes what is five back."""
    if number % 2 and number >= 2 * KEPT:
        store.remove(certificate(first + number // 2 - KEPT).sha256)
    elif number % 2:
        store.add_anchor(b"an anchor")
    else:
        store.install(certificate(first + number // 2))


def left_after(first: int, changes: int) -> set[int]:
    """Return the certificates that are there after so many changes."""
    installed = {first + number // 2 for number in range(0, changes, 2)}
    return installed - {first + number // 2 - KEPT for number in range(1, changes, 2) if number >= 2 * KEPT}


def churn(place: str, folder: Path, first: int, count: int) -> None:
    store = open_place(place, folder)
    for number in range(count):
        change(store, first, number)


def killed(place: str, folder: Path, first: int, delay: float) -> int:
    """Fork a process that changes the store, kill it after a while, and return how many changes it finished."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        store = open_place(place, folder)
        os.write(writing, b"o")
        for number in range(100_000):
            change(store, first, number)
            os.write(writing, b".")
    os.close(writing)
    assert os.read(reading, 1) == b"o"
    until, finished = time.monotonic() + delay, 0
    while (left := until - time.monotonic()) > 0:
        if select.select([reading], [], [], left)[0]:
            finished += len(os.read(reading, 1000))
    os.kill(child, signal.SIGKILL)
    while more := os.read(reading, 1000):
        finished += len(more)
    os.close(reading)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    return finished


def main(place: str, folder: str) -> None:
    children = []
    for line in sys.stdin:
        match line.split():
            case ["churn", first, count]:
                child = os.fork()
                if not child:
                    churn(place, Path(folder), int(first), int(count))
                    os._exit(0)
                children.append(child)
                print(child, flush=True)
            case ["wait"]:
                print(sum(bool(os.waitpid(child, 0)[1]) for child in children), flush=True)
                children.clear()
            case ["kill", first, delay]:
                print(killed(place, Path(folder), int(first), int(delay) / 1e6), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
