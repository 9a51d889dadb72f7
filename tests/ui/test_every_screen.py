"""A walk through every screen, in every size and theme and without colour: each is reached, says by text alone what it
is and what state things are in, and is left by Escape."""

from collections.abc import Callable

import pytest
from rich.cells import cell_len

from smimetui.__main__ import Sandbox
from smimetui.ui.preferences import Preferences
from smimetui.ui.start import Compose, FirstRun, ShowList
from smimetui.ui.themes import theme_names
from tests.services.world import BOB, DAVE, make_world
from tests.ui.stage import Stage, stage

SIZES = [(80, 24), (60, 18), (200, 60)]
LOOKS = [*((theme, SIZES[0]) for theme in theme_names()), *(("dark", size) for size in SIZES[1:])]
"""Each theme, and each size: what fits does not depend on colours."""
Stops = dict[tuple[str, ...], tuple[str, ...]]
"""Keys that lead to a screen, and what stands there."""

FROM_THE_LIST: Stops = {
    ("slash",): ("Search sender, subject and signer",),
    ("x",): ("1 selected", "▌"),
    ("m",): ("Your Accounts", "Close"),
    ("m", "end", "enter"): ("Settings", "Encrypt by Default", "on", "Done"),
    ("m", "end", "up", "enter"): ("Your Identities", "alice@corp.example"),
    ("m", "end", "up", "up", "enter"): ("Trust Anchors",),
    ("m", "end", "up", "up", "up", "enter"): ("Installed Certificates",),
    ("m", "end", "up", "up", "up", "up", "enter"): ("Your Accounts",),
    ("f1",): ("Help", "Write a new message", "Done"),
    ("c",): ("New Message", "Send", "Cancel"),
}
FROM_A_MESSAGE: Stops = {
    ("h",): ("Headers", "Message-ID: <signed-contract", "Find"),
    ("v",): ("Source", "MIME-Version", "Find"),
    ("slash",): ("Find in this text",),
    ("s",): ("Save Files", "contract.pdf", "Cancel"),
    ("enter",): ("View Certificate", "Not Trusted"),
    ("enter", "enter"): ("Install", "erin@partner.example"),
    ("r",): ("Reply", "Send", "Cancel"),
    ("f",): ("Forward", "contract.pdf"),
    ("F",): ("Attach It Encrypted", "Forward the Text"),
}
FROM_THE_COMPOSER: Stops = {
    ("f5",): ("Send Unencrypted",),
    ("f2",): ("Recipient",),
    ("f1",): ("Help",),
    ("f8",): ("Attach",),
}
FROM_THE_FIRST_RUN: Stops = {
    ("a",): ("Exchange", "Cancel"),
    ("n",): ("New Identity", "Cancel"),
}


async def walk(on: Stage, stops: Stops, home: str, look: Callable[[Stage], None] = lambda _: None) -> None:
    """Go to each stop and back, and `look` there."""
    depth = len(on.app.screen_stack)
    for keys, seen in stops.items():
        await on.press(*keys)
        for word in seen:
            await on.sees(word)
        assert all(cell_len(line) <= on.app.size.width for line in on.text.splitlines())
        look(on)
        await on.press("escape")
        while len(on.app.screen_stack) > depth:
            await on.press("escape")
        await on.sees(home)


@pytest.mark.parametrize(("theme", "size"), LOOKS, ids=str)
async def test_the_list_the_message_and_all_that_opens_from_them(
    theme: str, size: tuple[int, int], sandbox: Sandbox
) -> None:
    app = sandbox.app(ShowList())
    async with app.run_test(size=size) as pilot:
        on = Stage(app, pilot)
        await on.sees("Signed c")
        app.choose_theme(theme)
        await walk(on, FROM_THE_LIST, "Inbox")
        await on.press("home", "down", "enter")
        await on.sees("? Not Trusted")
        await walk(on, FROM_A_MESSAGE, "2 of 12")


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("theme", theme_names())
async def test_the_composer_and_its_sheets(theme: str, size: tuple[int, int]) -> None:
    world = make_world(published=[BOB])
    preferences = Preferences(theme=theme, glyphs="ascii")
    async with stage(world.session, start=Compose(to=(BOB, DAVE)), preferences=preferences, size=size) as on:
        await on.sees("[!] Unable to Encrypt")
        await on.sees("bob@corp.example [#]")
        assert "Send" in on.text.splitlines()[0]
        assert on.app.theme == theme
        await walk(on, FROM_THE_COMPOSER, "[!] Unable to Encrypt")


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("theme", theme_names())
async def test_the_first_run(theme: str, size: tuple[int, int]) -> None:
    preferences = Preferences(theme=theme)
    async with stage(make_world().session, start=FirstRun(), preferences=preferences, size=size) as on:
        for step in ("Add your account", "Import your key", "preferences", "Send a test message", "Open the mailbox"):
            await on.sees(step)
        await walk(on, FROM_THE_FIRST_RUN, "Welcome")


@pytest.mark.parametrize("glyphs", ["emoji", "ascii"])
async def test_without_colour_no_screen_sends_any(
    glyphs: str, monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = sandbox.app(ShowList())
    async with app.run_test(size=(80, 24)) as pilot:
        on = Stage(app, pilot)
        app.choose_glyphs(glyphs)
        await on.sees("Signed contract")
        await walk(on, FROM_THE_LIST | {("x",): ("1 selected", on.app.glyphs.selected)}, "Inbox", has_no_colour)
        await on.press("home", "down", "enter")
        await on.sees("? Not Trusted")
        await walk(on, FROM_A_MESSAGE, "2 of 12", has_no_colour)


def has_no_colour(on: Stage) -> None:
    """Look at what is sent, behind the last filter."""
    background = on.app.screen.background_colors[1]
    for strip in on.app.screen._compositor.render_strips():
        for segment in strip.apply_filter(on.app.get_line_filters()[-1], background):
            for color in (segment.style.color, segment.style.bgcolor) if segment.style else ():
                assert color is None or color.is_default
