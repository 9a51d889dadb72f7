from textual.app import App, ComposeResult

from smimetui.ui.screen_text import screen_text
from smimetui.ui.themes import load_theme
from smimetui.ui.widgets.bars import TitleBar


class Bar(App[None]):
    """A bar that is told things before it is laid out, as an answer does that comes at once."""

    def compose(self) -> ComposeResult:
        bar = TitleBar(back=("Back", "back"), where="Opening…", main=("Done", "done"))
        bar.where("Inbox")
        bar.under("1 message", tone="warning")
        yield bar

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(load_theme("dark").variables)


async def test_what_a_bar_is_told_before_it_is_laid_out_stands_on_it() -> None:
    app = Bar()
    async with app.run_test(size=(60, 5)) as pilot:
        await pilot.pause()
        text = screen_text(app)
        assert "Inbox" in text
        assert "1 message" in text
        assert "Opening" not in text
