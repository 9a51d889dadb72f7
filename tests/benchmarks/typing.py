"""`python -m tests.benchmarks.typing`: how long a key takes to its painting in the body of a 5,000-line quoted mail.

Our composer's body against a bare TextArea of the same text, in one run, in turns: a key is sent to the app and counts
until the frame behind it has been composed. Printed: p50 and p99 in milliseconds, and the ratios.
"""

import asyncio
import gc
import time

from textual.app import App, ComposeResult
from textual.events import Key
from textual.geometry import Region
from textual.strip import Strip
from textual.widgets import TextArea

from smimetui.ui.start import Compose
from tests.services.world import BOB, make_world
from tests.ui.stage import stage

LINES, KEYS, ROUNDS = 5_000, 150, 4
TEXT = "\n\n" + "\n".join(f"> Line {n} of a mail that was quoted once too often, as mails are." for n in range(LINES))
TARGET = 1.2


class Bare(App[None]):
    """Nothing but the widget."""

    def compose(self) -> ComposeResult:
        """Lay out the widget."""
        yield TextArea(TEXT, soft_wrap=True)


async def timed(app: App[object], times: list[float]) -> None:
    """Type, and note the seconds from each key to the frame that shows what it did."""
    area = app.screen.query_one(TextArea)
    area.focus()
    await asyncio.sleep(0.5)
    render, painted, place = area.render_lines, asyncio.Event(), area.cursor_location

    def watched(crop: Region) -> list[Strip]:
        lines = render(crop)
        if area.cursor_location != place:
            painted.set()
        return lines

    area.render_lines = watched  # type: ignore[method-assign] - the moment of painting is known here alone
    for number in range(KEYS):
        key = "enter" if number % 30 == 29 else "space" if number % 6 == 5 else "x"
        place = area.cursor_location
        painted.clear()
        start = time.perf_counter()
        app.post_message(Key(key, {"space": " ", "enter": None}.get(key, key)))
        await painted.wait()
        times.append(time.perf_counter() - start)
        await asyncio.sleep(0.005)


async def bare(times: list[float]) -> None:
    """Type into a bare TextArea."""
    app = Bare()
    async with app.run_test(size=(80, 24)):
        await timed(app, times)


async def ours(times: list[float]) -> None:
    """Type into the composer."""
    async with stage(make_world(published=[BOB]).session, start=Compose(to=(BOB,), subject="s", body=TEXT)) as on:
        await on.sees("Encrypted")
        await timed(on.app, times)


async def main() -> None:
    """Measure both in turns, and print."""
    theirs: list[float] = []
    own: list[float] = []
    for _ in range(ROUNDS):
        gc.collect()
        await bare(theirs)
        gc.collect()
        await ours(own)
    for name, percent in (("p50", 0.5), ("p99", 0.99)):
        first, second = (sorted(times)[int(len(times) * percent)] * 1000 for times in (theirs, own))
        print(
            f"{name}: bare TextArea {first:.1f} ms, composer {second:.1f} ms, {second / first:.2f} x (at most {TARGET})"
        )


if __name__ == "__main__":
    asyncio.run(main())
