"""A store that stays shut at the start: the whole sentence with the way out stands there, and another try is a key."""

from collections.abc import Callable
from threading import Event

import pytest

from smimetui.model.errors import StoreUnavailableError
from smimetui.services.session import Session
from smimetui.ui import opening
from smimetui.ui.app import SmimetuiApp
from smimetui.ui.screens.help import HelpSheet
from smimetui.ui.start import Compose, ShowList, Start
from tests.services.world import make_world
from tests.ui.stage import Stage

LOCKED = StoreUnavailableError(
    "the keyring that holds your keys cannot be used: the keyring is locked",
    'unlock it in a desktop session, or set store = "vault" in the settings to keep keys in a file with a passphrase',
)


class Shut:
    """A store that opens once `opens` is set: the first attempts fail, or wait."""

    def __init__(self, *, hangs: bool = False) -> None:
        self.session = make_world().session
        self.opens = Event()
        self.hangs = hangs

    def __call__(self, _ask: Callable[[str], str], _account: str) -> Session:
        if self.hangs:
            self.opens.wait(20)
        elif not self.opens.is_set():
            raise LOCKED
        return self.session


@pytest.mark.parametrize(("start", "opened"), [(ShowList(), "0 messages"), (Compose(), "Encrypted")])
@pytest.mark.parametrize("width", [60, 80])
async def test_what_helps_is_said_whole_and_a_key_tries_again(start: Start, opened: str, width: int) -> None:
    shut = Shut()
    app = SmimetuiApp(shut, start=start)
    async with app.run_test(size=(width, 24)) as pilot:
        on = Stage(app, pilot)
        await on.sees("Ctrl+R tries again.")
        said = " ".join(on.text.split())
        assert "The keyring that holds your keys cannot be used: the keyring is locked. Unlock it in a desktop" in said
        assert 'set store = "vault" in the settings to keep keys in a file with a passphrase. Ctrl+R' in said
        await on.press("ctrl+r")
        await on.sees("Ctrl+R tries again.")
        shut.opens.set()
        await on.press("ctrl+r")
        await on.sees(opened)
        await on.until(lambda: "Ctrl+R" not in on.text, "nothing is wrong any more")


async def test_a_keyring_that_hangs_is_told_of_and_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_PATIENCE", 0.05)
    shut = Shut(hangs=True)
    app = SmimetuiApp(shut, start=ShowList())
    async with app.run_test(size=(80, 24)) as pilot:
        on = Stage(app, pilot)
        await on.sees("does not answer yet; it may ask for its password elsewhere.")
        await on.press("f1")
        await on.until(lambda: isinstance(app.screen, HelpSheet), "the help opens")
        await on.press("escape")
        shut.opens.set()
        await on.sees("0 messages")


async def test_a_question_on_the_screen_is_no_keyring_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_PATIENCE", 0.05)
    session = make_world().session

    def asking(ask: Callable[[str], str], _account: str) -> Session:
        assert ask("Passphrase") == "given"
        return session

    app = SmimetuiApp(asking, start=ShowList())
    async with app.run_test(size=(80, 24)) as pilot:
        on = Stage(app, pilot)
        await on.sees("Passphrase")
        await pilot.pause(0.2)
        assert "does not answer" not in on.text
        await on.type("given\n")
        await on.sees("0 messages")
