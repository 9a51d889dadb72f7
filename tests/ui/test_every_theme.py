"""Every screen in every theme, and without colour: it paints, and tells its states by text alone."""

import pytest

from smimetui.__main__ import Sandbox
from smimetui.ui.preferences import Preferences
from smimetui.ui.start import Compose, ShowList
from smimetui.ui.themes import theme_names
from tests.services.world import BOB, DAVE, make_world
from tests.ui.stage import Stage, stage

SIZES = [(80, 24), (60, 18), (200, 60)]


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
        for key, seen in (("f5", "Send Unencrypted"), ("f2", "Recipient"), ("f1", "Help"), ("f8", "Attach")):
            await on.press(key)
            await on.sees(seen)
            await on.press("escape")


@pytest.mark.parametrize("theme", theme_names())
async def test_the_list_the_message_and_the_certificate(theme: str, sandbox: Sandbox) -> None:
    app = sandbox.app(ShowList())
    async with app.run_test(size=(60, 18)) as pilot:
        on = Stage(app, pilot)
        app.choose_theme(theme)
        await on.sees("Signed contra")
        await on.press("down", "enter")
        await on.sees("? Not Trusted")
        await on.press("enter", "enter")
        await on.sees("Install")
        await on.press("enter")
        await on.sees("✓ Trusted")
        await on.sees("Remove")


async def test_no_color_sends_no_colour_and_shows_the_selection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with stage(make_world().session, start=Compose(to=(BOB,))) as on:
        await on.sees("Unable to Encrypt")
        strips = on.app.screen._compositor.render_strips()
        filtered = [
            strip.apply_filter(f, on.app.screen.background_colors[1])
            for strip in strips
            for f in on.app.get_line_filters()[-1:]
        ]
        styles = [segment.style for strip in filtered for segment in strip if segment.style]
        assert all(style.color is None or style.color.is_default for style in styles)
        assert all(style.bgcolor is None or style.bgcolor.is_default for style in styles)
