import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event

from smimetui.services.account import Account
from smimetui.services.session import Session
from smimetui.ui.app import SmimetuiApp
from smimetui.ui.preferences import Preferences
from smimetui.ui.start import Compose
from smimetui.ui.widgets.editor import BodyEditor
from tests.services.world import ALICE, BOB, make_world
from tests.terminal import KEYS, terminal
from tests.ui.stage import Stage, stage

SIGNED = replace(Account(address=ALICE), signature="Alice Adams\nCorp")


def body(on: Stage) -> BodyEditor:
    return on.composer.query_one(BodyEditor)


async def test_what_was_typed_is_undone_and_done_again_with_keys_that_terminals_let_through() -> None:
    async with stage(make_world().session, start=Compose(to=(BOB,), subject="s", body="Before. ")) as on:
        await on.until(lambda: body(on).has_focus)
        await on.press("end")
        await on.type("word")
        assert body(on).text == "Before. word"
        await on.press("ctrl+u")
        assert body(on).text == "Before. "
        await on.press("ctrl+y")
        assert body(on).text == "Before. word"
        await on.press("ctrl+underscore")
        assert body(on).text == "Before. "


async def test_a_new_message_ends_in_the_accounts_signature_which_alone_is_nothing_to_lose() -> None:
    async with stage(make_world(account=SIGNED).session, start=Compose()) as on:
        await on.sees("Alice Adams")
        assert body(on).text == "\n\n-- \nAlice Adams\nCorp\n"
        assert body(on).cursor_location == (0, 0)
        assert not on.composer.changed
        body(on).undo()
        assert body(on).text == "\n\n-- \nAlice Adams\nCorp\n"


async def test_a_message_leaves_with_its_signature_and_without_blanks_at_the_ends_of_lines() -> None:
    world = make_world(account=SIGNED, published=[BOB])
    async with stage(world.session, start=Compose(to=(BOB,), subject="s", body="Hello  \nBob")) as on:
        await on.sees("Alice Adams")
        await on.press("f5")
        await on.until(lambda: world.transport.taken)
        assert world.session.reader.open(world.transport.taken[0].data).body == "Hello\nBob\n\n-- \nAlice Adams\nCorp\n"


async def test_an_editor_that_cannot_have_the_terminal_is_a_sentence_and_nothing_is_lost() -> None:
    preferences = Preferences(edit=lambda text, _saved: text.upper())
    async with stage(make_world().session, start=Compose(body="Kept"), preferences=preferences) as on:
        await on.press("f4")
        await on.sees("cannot be handed to an editor")
        assert body(on).text == "Kept"


async def test_what_is_complained_of_before_the_store_is_open_still_stands_when_it_is() -> None:
    world, gate = make_world(published=[BOB]), Event()

    def open_session(_ask: Callable[[str], str], _account: str) -> Session:
        gate.wait(10)
        return world.session

    app = SmimetuiApp(open_session, start=Compose(to=(BOB,), subject="s", body="Kept"))
    async with app.run_test(size=(80, 24)) as pilot:
        on = Stage(app, pilot)
        await on.press("f4")
        await on.sees("no editor to open")
        gate.set()
        await on.sees("Encrypted")
        assert "no editor to open" in on.text


def test_f4_hands_the_text_to_the_editor_and_takes_it_back_and_a_failure_loses_nothing(
    tmp_path: Path, own_world: Path
) -> None:
    program = tmp_path / "editor"
    program.write_text('#!/bin/sh\ngrep -q again "$1" && exit 4\nsed -i s/typed/edited/ "$1"; echo again >> "$1"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    text = tmp_path / "text"
    text.write_text("What was typed.\n")
    with terminal("compose", "--body", "-", stdin=text, EDITOR=str(program)) as running:
        running.sees("What was typed.")
        running.press("\x1bOS")
        running.sees("What was edited.")
        running.sees("again")
        running.press("\x1bOS")
        running.sees("ended with 4")
        running.sees("What was edited.")
        running.press(KEYS["escape"])
