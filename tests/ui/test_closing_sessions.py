"""A session that is thrown away is closed: when the accounts change, and when the program ends."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from threading import Event

from smimetui.services.session import Session
from smimetui.ui.app import SmimetuiApp
from smimetui.ui.start import ShowList
from tests.services.world import BOB, make_world
from tests.ui.stage import Stage


class Opening:
    """Opens sessions, and knows which were closed."""

    def __init__(self) -> None:
        self.world = make_world(published=[BOB])
        self.opened: list[int] = []
        self.closed: list[int] = []
        self.gate = Event()
        self.gate.set()

    def __call__(self, _ask: Callable[[str], str], _account: str) -> Session:
        number = len(self.opened)
        self.opened.append(number)
        self.gate.wait(10)
        return replace(self.world.session, close_ports=lambda: self.closed.append(number))


async def test_other_accounts_close_the_open_sessions_and_open_new_ones() -> None:
    opening = Opening()
    app = SmimetuiApp(opening, start=ShowList())
    async with app.run_test(size=(80, 24)) as pilot:
        await Stage(app, pilot).sees("messages")
        await app.session(BOB.spec)
        app.forget_sessions()
        assert opening.closed == [0, 1]
        await app.session()
        assert opening.opened == [0, 1, 2]
        assert opening.closed == [0, 1]
    assert opening.closed == [0, 1, 2]


async def test_a_session_that_opens_too_late_is_closed_and_whoever_waits_gets_the_new_one() -> None:
    opening = Opening()
    app = SmimetuiApp(opening, start=ShowList())
    async with app.run_test(size=(80, 24)) as pilot:
        on = Stage(app, pilot)
        await on.sees("messages")
        opening.gate.clear()
        waiting = asyncio.create_task(app.session(BOB.spec))
        await on.until(lambda: len(opening.opened) == 2, "it is being opened")
        app.forget_sessions()
        opening.gate.set()
        session = await waiting
        session.close()
        assert opening.opened == [0, 1, 2]
        assert opening.closed == [0, 1, 2]


async def test_leaving_while_a_session_is_being_opened_waits_for_nothing() -> None:
    opening = Opening()
    opening.gate.clear()
    app = SmimetuiApp(opening, start=ShowList())
    async with app.run_test(size=(80, 24)) as pilot:
        await Stage(app, pilot).until(lambda: opening.opened, "it is being opened")
    assert opening.closed == []
    opening.gate.set()
