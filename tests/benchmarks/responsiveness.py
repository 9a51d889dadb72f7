"""`python -m tests.benchmarks.responsiveness`: whether a key is answered while the app has much to do.

Over real exchangelib and the server on the loopback: 500 recipients pasted into the composer, and a mailbox of 50,000
messages that is opened and paged through. Printed: how long the work took, the longest time the screen's own loop was
held up, and the longest answer to a key pressed meanwhile. Each is measured in a new process, so that the first import
of exchangelib counts, and several times: on a machine that others use, too, the least figures are the program's own.
"""

import asyncio
import gc
import multiprocessing
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from types import SimpleNamespace
from typing import Any

from textual.events import Paste

from smimetui.demo.exchange import ExchangeServer
from smimetui.model.verdict import RecipientState
from smimetui.ui.screens.mail_list import MailListScreen
from smimetui.ui.start import Compose, ShowList
from tests.adapters.exchange.people import PASSWORD, connect
from tests.pki import make_authority
from tests.services.world import ALICE
from tests.ui.exchange_scene import session_over
from tests.ui.stage import Stage, stage

PEOPLE, MESSAGES, RUNS = 500, 50_000, 3


@dataclass
class Watch:
    """What held up the loop, in seconds."""

    stalls: list[float] = field(default_factory=list)

    @property
    def report(self) -> str:
        ordered = sorted(self.stalls)
        return (
            f"loop held up at most {ordered[-1] * 1000:.0f} ms, p99 {ordered[len(ordered) * 99 // 100] * 1000:.0f} ms"
        )


@asynccontextmanager
async def watching() -> AsyncIterator[Watch]:
    """Measure how late a timer of 5 ms fires while the block runs."""
    watch, stop = Watch(), asyncio.Event()

    async def tick() -> None:
        while not stop.is_set():
            began = time.perf_counter()
            await asyncio.sleep(0.005)
            watch.stalls.append(time.perf_counter() - began - 0.005)

    task = asyncio.create_task(tick())
    try:
        yield watch
    finally:
        stop.set()
        await task


async def until(condition: Callable[[], object]) -> None:
    while not condition():  # noqa: ASYNC110 - what is waited for belongs to the app, which knows of no benchmark
        await asyncio.sleep(0.01)


def serve(pipe: Connection) -> None:
    """Run the server in a process of its own, so that its work is not counted as the app's."""
    authority = make_authority("Bench CA")
    with ExchangeServer() as server:
        server.add_mailbox(ALICE.spec, PASSWORD, name="Alice Archer")
        for address in people():
            server.publish("P", [address], [authority.issue(address, key="p256").certificate.der])
        server.fill(ALICE.spec, MESSAGES)
        pipe.send(server.url)
        pipe.recv()


def people() -> list[str]:
    return [f"p{number}@corp.example" for number in range(PEOPLE)]


async def recipients(server: Any) -> None:
    connection = connect(server)
    async with stage(session_over(connection), start=Compose()) as on:
        await on.sees("Encrypted")
        began = time.perf_counter()
        async with watching() as watch:
            on.app.post_message(Paste(", ".join(people())))
            await until(lambda: on.composer.recipients.states().count(RecipientState.READY) == PEOPLE)
        print(f"{PEOPLE} recipients decided in {time.perf_counter() - began:.1f} s; {watch.report}")
    connection.close()


async def mailbox(server: Any) -> None:
    connection = connect(server)
    async with stage(session_over(connection), start=ShowList()) as on:
        async with watching() as watch:
            began = time.perf_counter()
            await on.sees("unread")
            print(f"{MESSAGES} messages: first rows after {time.perf_counter() - began:.2f} s")
            screen = on.app.screen
            assert isinstance(screen, MailListScreen)
            took = [await key(on, "pagedown") for _ in range(40)]
            took += [await key(on, "end"), await key(on, "home")]
            await until(lambda: screen.rows.rows[0].summary is not None)
        middle, most = sorted(took)[len(took) // 2] * 1000, max(took) * 1000
        print(f"page-down, settled: p50 {middle:.0f} ms, most {most:.0f} ms; {watch.report}")
    connection.close()


async def key(on: Stage, name: str) -> float:
    """Return how long the app takes to have handled a key."""
    screen = on.app.screen
    assert isinstance(screen, MailListScreen)
    before, began = screen.rows.cursor, time.perf_counter()
    await on.press(name)
    assert screen.rows.cursor != before or before in {0, len(screen.rows.rows) - 1}
    return time.perf_counter() - began


def measure(what: Callable[[Any], Coroutine[Any, Any, None]], url: str) -> None:
    """Run one measurement as the program runs: what is loaded before the first frame is never looked at again."""
    gc.freeze()
    asyncio.run(what(SimpleNamespace(url=url)))


def main() -> None:
    """Measure both."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=serve, args=(there,), daemon=True)
    process.start()
    url = here.recv()
    for what in [recipients, mailbox] * RUNS:
        run = context.Process(target=measure, args=(what, url))
        run.start()
        run.join()
    here.send("stop")
    process.join()


if __name__ == "__main__":
    main()
