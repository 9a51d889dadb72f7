from pathlib import Path

import pytest

from smimetui.model.errors import ConfigError
from smimetui.ui import themes
from smimetui.ui.preferences import Preferences
from tests.services.world import make_world
from tests.ui.stage import stage

SHIPPED = ("dark", "ansi", "high-contrast", "light")


def test_the_four_themes_are_there() -> None:
    assert themes.theme_names() == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_theme_loads(name: str) -> None:
    assert themes.load_theme(name).name == name


def test_the_default_is_close_to_ios() -> None:
    theme = themes.load_theme(themes.DEFAULT)
    assert (theme.primary, theme.error, theme.background) == ("#0a84ff", "#ff453a", "#1c1c1e")


def test_a_file_of_the_persons_own_wins_by_name(tmp_path: Path) -> None:
    text = (Path(themes.__file__).parents[2] / "themes/dark.toml").read_text().replace("#0a84ff", "#112233")
    (tmp_path / "dark.toml").write_text(text)
    assert themes.load_theme("dark", tmp_path).primary == "#112233"
    assert themes.theme_names(tmp_path) == SHIPPED


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("dark = ", "is not valid TOML"),
        ("dark = true", r"has no \[colors\]"),
        ("[colors]\naccent = 3", "the colour “accent” is missing"),
        ('[colors]\naccent = "very blue"', "“accent” is no colour: very blue"),
    ],
)
def test_a_broken_theme_is_a_sentence_that_names_the_file(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(ConfigError, match=sentence) as caught:
        themes.load_theme("mine", tmp_path)
    assert "mine.toml" in str(caught.value)


def test_a_theme_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(ConfigError, match="there is no theme “neon”") as caught:
        themes.load_theme("neon")
    assert "high-contrast" in caught.value.hint


def test_a_theme_name_cannot_leave_its_folder(tmp_path: Path) -> None:
    (tmp_path / "themes").mkdir()
    (tmp_path / "secret.toml").write_text("dark = true")
    with pytest.raises(ConfigError, match="there is no theme"):
        themes.load_theme("../secret", tmp_path / "themes")


async def test_the_app_starts_with_a_broken_theme_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("dark = ")
    preferences = Preferences(theme="mine", themes_folder=tmp_path)
    async with stage(make_world().session, preferences=preferences) as on:
        await on.sees("mine.toml is not valid TOML")
        assert on.app.theme == "dark"


async def test_the_palette_offers_themes_and_glyphs_and_no_screenshot() -> None:
    async with stage(make_world().session) as on:
        titles = [command.title for command in on.app.get_system_commands(on.app.screen)]
        assert {"Theme: light", "Theme: ansi", "Glyphs: ascii", "Write a new message"} <= set(titles)
        assert not [title for title in titles if "screenshot" in title.lower()]


async def test_choosing_a_theme_takes_effect_and_is_kept() -> None:
    kept: list[tuple[str, str]] = []
    preferences = Preferences(save_look=lambda theme, glyphs: kept.append((theme, glyphs)))
    async with stage(make_world().session, preferences=preferences) as on:
        on.app.choose_theme("light")
        await on.until(lambda: kept == [("light", "auto")])
        assert on.app.theme == "light"
