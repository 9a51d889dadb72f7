"""The terminal around the program: left for a while, given the mouse, and followed in light and dark."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from smimetui.ui import backdrop, themes
from smimetui.ui.preferences import Preferences
from smimetui.ui.start import Compose
from tests.services.world import BOB, make_world
from tests.terminal import in_shell, smimetui_command, terminal
from tests.ui.stage import stage


def test_the_program_is_suspended_and_comes_back_as_it_was() -> None:
    with in_shell("PS1='$ ' exec bash --norc --noprofile -i") as shell:
        shell.press(f"{smimetui_command('demo')}\r")
        shell.sees("Budget, final")
        shell.press("c")
        shell.sees("New Message")
        shell.press("bob@corp.example,")
        shell.sees("Encrypted")
        shell.press("\x1a")
        shell.sees("Stopped")
        shell.press("fg\r")
        shell.sees("New Message")
        shell.sees("bob@corp.example")


def test_the_mouse_is_given_to_the_terminal_and_taken_back_and_suspending_changes_nothing() -> None:
    with in_shell("PS1='$ ' exec bash --norc --noprofile -i") as shell:
        shell.press(f"{smimetui_command('demo')}\r")
        shell.sees("Budget, final")
        shell.press("\x1bOR")
        shell.sees("F3 takes it back")
        assert shell.received.rfind(b"\x1b[?1003l") > shell.received.rfind(b"\x1b[?1003h")
        shell.press("\x1a")
        shell.sees("Stopped")
        shell.press("fg\r")
        shell.sees("Budget, final")
        last_on = shell.received.rfind(b"\x1b[?1003h")
        shell.until(lambda: shell.received.rfind(b"\x1b[?1003l") > last_on, "the mouse stays the terminal's")
        shell.press("\x1bOR")
        shell.sees("The mouse works here again")
        assert shell.received.rfind(b"\x1b[?1003h") > shell.received.rfind(b"\x1b[?1003l")


@pytest.mark.parametrize(("keys", "said"), [({}, "^Q quits smimetui."), ({"app.quit": "f10"}, "F10 quits smimetui.")])
async def test_ctrl_c_quits_nothing_and_says_what_does(keys: dict[str, str], said: str) -> None:
    async with stage(make_world().session, preferences=Preferences(keys=keys)) as on:
        await on.sees("No messages")
        await on.press("ctrl+c")
        await on.sees(said)
        assert on.app.is_running


async def test_what_a_screen_and_the_app_have_a_key_for_is_one_act() -> None:
    async with stage(make_world().session, size=(100, 40)) as on:
        titles = [command.title for command in on.app.get_system_commands(on.app.screen)]
        assert titles.count("Quit smimetui") == 1
        await on.press("f1")
        await on.sees("q ^Q")


async def test_both_are_in_the_help_and_the_palette() -> None:
    async with stage(make_world().session, size=(100, 40)) as on:
        await on.press("f1")
        await on.sees("Leave the mouse to the terminal")
        await on.sees("Back to the shell")
        await on.press("escape")
        found = [command.title for command in on.app.get_system_commands(on.app.screen)]
        assert {"Test Message", "Back to the shell; fg returns", "Theme: auto"} <= set(found)
        await on.press("f3", "f3")
        await on.sees("The mouse works here again")


@pytest.mark.parametrize(
    ("answer", "light"),
    [
        (b"\x1b]11;rgb:ffff/ffff/dddd\x1b\\\x1b[?62c", True),
        (b"\x1b]11;rgb:1c1c/1c1c/1e1e\x07\x1b[?62c", False),
        (b"\x1b]11;rgba:ff/ff/ff/ff\x07", True),
        (b"\x1b[?62c", None),
        (b"", None),
    ],
)
def test_an_answer_is_light_dark_or_none(answer: bytes, light: object) -> None:
    assert backdrop.read_colour(answer) is light


@pytest.mark.parametrize(("value", "light"), [("0;15", True), ("15;0", False), ("15;default", None), ("", None)])
def test_the_environment_may_say_it(value: str, light: object) -> None:
    assert backdrop.is_light({"COLORFGBG": value, "TERM": "linux"}) is light


_PROGRAM = "from smimetui.ui.backdrop import is_light; print('light:', is_light())"


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """Run the question in a pty whose other side answers; yield what was printed in the end."""
    ours, theirs = os.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "COLORFGBG"} | {"TERM": "xterm"}
    child = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM], stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, env=environment
    )

    def answer_it() -> None:
        received = b""
        while b"\x1b[c" not in received:
            received += os.read(ours, 1024)
        os.write(ours, answer)

    other = threading.Thread(target=answer_it, daemon=True)
    other.start()
    out, _ = child.communicate(timeout=30)
    other.join(timeout=30)
    os.close(ours)
    os.close(theirs)
    yield out.decode()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\\x1b[?62;4c", "light: True"),
        (b"\x1b]11;rgb:0000/0000/0000\x1b\\\x1b[?62;4c", "light: False"),
        (b"\x1b[?1;2c", "light: None"),
    ],
)
def test_the_terminal_itself_is_asked(answer: bytes, said: str) -> None:
    with answering(answer) as printed:
        assert said in printed


async def test_auto_wears_the_theme_that_the_terminal_is_like(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[str] = []
    monkeypatch.setenv("COLORFGBG", "0;15")
    preferences = Preferences(theme=themes.AUTO, save_look=lambda theme, _: kept.append(theme))
    async with stage(make_world().session, start=Compose(to=(BOB,)), preferences=preferences) as on:
        assert on.app.theme == "light"
        on.app.choose_theme("dark")
        assert on.app.theme == "dark"
        on.app.choose_theme(themes.AUTO)
        assert on.app.theme == "light"
        await on.until(lambda: kept == ["dark", "auto"], "the choice is kept")


def test_a_silent_terminal_starts_all_the_same(own_world: Path) -> None:
    folder = own_world / ".config/smimetui"
    folder.mkdir(parents=True)
    (folder / "settings.toml").write_text('theme = "auto"\n')
    with terminal(COLORFGBG="") as screen:
        screen.sees("There is no account yet")
        screen.press("a")
        screen.sees("Add Account")


@pytest.mark.parametrize("glyphs", ["emoji", "ascii"])
async def test_a_window_made_small_and_large_again_loses_neither_send_nor_the_lock(glyphs: str) -> None:
    world = make_world(published=[BOB])
    start = Compose(to=(BOB,), subject="Q3 figures", body="line\n" * 50)
    async with stage(world.session, start=start, size=(200, 60), preferences=Preferences(glyphs=glyphs)) as on:
        await on.sees(f"{on.app.glyphs.locked} Encrypted")
        for size in ((60, 18), (80, 24), (60, 18), (200, 60)):
            await on.pilot.resize_terminal(*size)
            await on.until(lambda size=size: on.app.size == size, "the new size")
            await on.sees("Send")
            await on.sees(f"{on.app.glyphs.locked} Encrypted")
            await on.sees("F5 Send  F6 Lock")
