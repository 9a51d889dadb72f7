"""Words that others chose, where they are shown on bars, in completions and in a crash report."""

import io

import pytest
from rich.cells import cell_len
from rich.console import Console
from textual.content import Content
from textual.widgets import Static

from smimetui.model.address import Address
from smimetui.services.completion import Suggestion
from smimetui.ui.app import SmimetuiApp
from smimetui.ui.start import ShowList
from smimetui.ui.widgets.bars import TitleBar, Word
from smimetui.ui.widgets.completions import Completions
from tests.services.world import make_world
from tests.ui.stage import stage

HOSTILE = "a\x9b2J\u202eb\x1b]2;c\x07"


async def test_a_folders_name_acts_on_no_terminal() -> None:
    async with stage(make_world().session) as on:
        bar = TitleBar(back=(HOSTILE, "back"), where=HOSTILE, main=("", "help"))
        await on.app.screen.mount(bar)
        bar.query_one("#back", Word).say(HOSTILE)
        for widget in bar.query(Static):
            assert str(widget.render()).isprintable()


@pytest.mark.parametrize("word", [HOSTILE, "half \udcff of a character", "\U000e0041\u2028\ufeff"])
async def test_what_a_widget_forgot_to_make_printable_is_held_back_all_the_same(word: str) -> None:
    async with stage(make_world().session) as on:
        await on.app.screen.mount(Static(Content(f"before {word} after"), markup=False), before=0)
        await on.sees("after")
        assert on.text.replace("\n", "").isprintable()
        line = next(line for line in on.text.splitlines() if "after" in line)
        assert line.startswith("before")


async def test_completions_stand_below_each_other_however_wide_their_letters_are() -> None:
    async with stage(make_world().session) as on:
        completions = Completions()
        await on.app.screen.mount(completions)
        names = ("田中" * 20, "Bob", "👩‍👩‍👧‍👦 family", "e\u0301" * 30)
        found = [
            Suggestion(address=Address(f"{at}0-somebody", "longer.corp.example", name)) for at, name in enumerate(names)
        ]
        completions.show(found, preselect=True)
        lines = str(completions.render()).split("\n")
        assert {cell_len(line) for line in lines} == {64}
        assert {cell_len(line.partition("0-somebody")[0]) for line in lines} == {31}


def test_a_crash_report_tells_the_place_and_nothing_that_others_wrote() -> None:
    app = SmimetuiApp(lambda _ask, _account: make_world().session, start=ShowList())
    try:
        raise LookupError("secret " + HOSTILE)  # noqa: TRY301 - what a mistake in the program would do
    except LookupError:
        app._fatal_error()
    out = io.StringIO()
    for shown in app._exit_renderables:
        Console(file=out, width=120).print(shown)
    assert "LookupError" in out.getvalue()
    assert "test_untrusted_words.py" in out.getvalue()
    assert "\x1b]2;" not in out.getvalue()
    assert "secret a" not in out.getvalue()
