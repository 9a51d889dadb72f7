import pytest
from textual.events import Paste
from textual.widgets import Input

from smimetui.model.display import printable
from smimetui.ui.screens.passphrase import PassphraseSheet
from smimetui.ui.screens.path import PathSheet
from smimetui.ui.start import Compose
from smimetui.ui.widgets.editor import BodyEditor
from tests.services.world import BOB, make_world
from tests.ui.stage import stage

HOSTILE = "a\x9b2J\u202eb\u2066c"


async def test_a_paste_into_the_search_acts_on_no_terminal() -> None:
    async with stage(make_world().session) as on:
        await on.sees("No messages")
        await on.press("slash")
        on.app.post_message(Paste(HOSTILE))
        await on.until(lambda: on.app.screen.query_one("#search", Input).value == printable(HOSTILE))


async def test_a_paste_into_a_path_acts_on_no_terminal() -> None:
    async with stage(make_world().session) as on:
        await on.app.push_screen(PathSheet(title="Open", question="Which?", done="Open"))
        on.app.post_message(Paste(HOSTILE))
        await on.until(lambda: on.app.screen.query_one(Input).value == printable(HOSTILE))


@pytest.mark.parametrize("password", ["\ue000\u202e", "plain"])
async def test_a_pasted_password_is_taken_as_it_is_for_it_is_not_shown(password: str) -> None:
    async with stage(make_world().session) as on:
        given: list[str | None] = []
        await on.app.push_screen(PassphraseSheet("Passphrase"), given.append)
        on.app.post_message(Paste(password))
        await on.until(lambda: on.app.screen.query_one(Input).value)
        await on.press("enter")
        await on.until(lambda: given == [password])


async def test_a_paste_into_the_text_stands_there_once() -> None:
    async with stage(make_world(published=[BOB]).session, start=Compose(to=(BOB,), subject="s")) as on:
        body = on.composer.query_one(BodyEditor)
        await on.until(lambda: body.has_focus)
        on.app.post_message(Paste("one\ntwo\n"))
        await on.until(lambda: body.text)
        await on.press("3")
        assert body.text == "one\ntwo\n3"


async def test_a_paste_into_the_text_acts_on_no_terminal() -> None:
    async with stage(make_world(published=[BOB]).session, start=Compose(to=(BOB,), subject="s")) as on:
        body = on.composer.query_one(BodyEditor)
        await on.until(lambda: body.has_focus)
        on.app.post_message(Paste(HOSTILE))
        await on.until(lambda: body.text == printable(HOSTILE))
