"""A stage for screen tests: the app over a world in memory, and waiting without sleeping for a fixed time."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from textual.pilot import Pilot

from smimetui.services.session import Session
from smimetui.ui.app import SmimetuiApp
from smimetui.ui.preferences import Preferences
from smimetui.ui.screen_text import screen_text
from smimetui.ui.screens.compose import ComposeScreen
from smimetui.ui.start import ShowList, Start

KEYS = {" ": "space", "@": "at", ".": "full_stop", ",": "comma", ";": "semicolon", "<": "less_than_sign"}
KEYS |= {">": "greater_than_sign", "-": "minus", "_": "underscore", "\n": "enter", '"': "quotation_mark"}


@dataclass
class Stage:
    """An app that runs, and hands to play it with."""

    app: SmimetuiApp
    pilot: Pilot[object]

    def __post_init__(self) -> None:
        """Stop the clock of the countdowns: `turn` is what moves it."""
        self._time = 0.0
        self.app.outgoing.now = lambda: self._time

    def turn(self, seconds: float) -> None:
        """Let so many seconds pass for what is about to leave, and nothing else."""
        self._time += seconds
        self.app.outgoing.tick()

    async def press(self, *keys: str) -> None:
        """Press keys."""
        await self.pilot.press(*keys)

    async def type(self, text: str) -> None:
        """Press the keys of a text."""
        await self.pilot.press(*(KEYS.get(character, character) for character in text))

    async def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Wait until a condition holds; fail with the screen if it never does."""
        deadline = asyncio.get_running_loop().time() + 60
        while not condition():
            if asyncio.get_running_loop().time() > deadline:
                raise AssertionError(f"never happened: {what}\n{self.text}")
            await self.pilot.pause(0.01)

    async def sees(self, text: str) -> None:
        """Wait until a text stands on the screen."""
        await self.until(lambda: text in self.text, f"“{text}” on the screen")

    @property
    def text(self) -> str:
        """The screen as text."""
        return screen_text(self.app)

    @property
    def composer(self) -> ComposeScreen:
        """The composer in front."""
        assert isinstance(self.app.screen, ComposeScreen)
        return self.app.screen


@asynccontextmanager
async def stage(
    session: Session,
    *,
    start: Start | None = None,
    size: tuple[int, int] = (80, 24),
    preferences: Preferences | None = None,
) -> AsyncIterator[Stage]:
    """Run the app over a session that is ready at once."""
    app = SmimetuiApp(lambda _ask, _account: session, start=start or ShowList(), preferences=preferences)
    async with app.run_test(size=size) as pilot:
        yield Stage(app, pilot)


def lines_with(text: str, wanted: Sequence[str]) -> list[str]:
    """Return the lines of a screen that hold any of these."""
    return [line for line in text.splitlines() if any(word in line for word in wanted)]
