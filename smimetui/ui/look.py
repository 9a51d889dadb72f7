"""How the app looks: its theme and its glyphs, chosen by the settings, the palette and the terminal."""

import os
from collections.abc import Sequence

from textual.filter import LineFilter, NoColor
from textual.theme import Theme

from smimetui.model.errors import ConfigError
from smimetui.ui import backdrop, themes
from smimetui.ui import glyphs as glyph_sets
from smimetui.ui.harmless import Harmless
from smimetui.ui.key_order import KeysInOrder
from smimetui.ui.preferences import Preferences


class Look(KeysInOrder[int]):
    """The part of the app that wears a theme."""

    def __init__(self, preferences: Preferences) -> None:
        super().__init__()
        self.preferences = preferences
        self.glyphs = glyph_sets.choose(preferences.glyphs)
        self._light: bool | None = None
        """The terminal's background, where it was asked."""
        self.look_failure = ""
        """A sentence about a theme that could not be used."""
        self._all_known = False
        self._harmless = Harmless()
        self.set_class(self.glyphs is glyph_sets.ASCII, "-ascii")
        self._apply_look()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Send nothing that acts on the terminal; under NO_COLOR no colour at all, where Textual would send greys."""
        filters = [*super().get_line_filters(), self._harmless]
        return [*filters, NoColor()] if self.no_color else filters

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Give Textual's own themes the colours that only ours name."""
        return themes.own_variables()

    def choose_theme(self, name: str) -> None:
        """Switch the theme and keep the choice."""
        self.know_other_themes()
        self.theme = self._shown(name)
        self.preferences.theme = name
        self.look_changed()

    def choose_glyphs(self, name: str) -> None:
        """Switch the glyph set and keep the choice."""
        self.preferences.glyphs = name
        self.glyphs = glyph_sets.choose(name)
        self.set_class(self.glyphs is glyph_sets.ASCII, "-ascii")
        self.look_changed()

    def look_changed(self) -> None:
        """Keep the choice."""

    def _shown(self, theme: str) -> str:
        """Return the theme to wear; `auto` is the one like the terminal, as it was at the start."""
        if theme != themes.AUTO:
            return theme
        light = backdrop.told_by(os.environ) if self._light is None else self._light
        return "light" if light else themes.DEFAULT

    def _apply_look(self) -> None:
        folder = self.preferences.themes_folder
        try:
            if self.preferences.theme == themes.AUTO:
                self._light = backdrop.is_light()
            self._wear(themes.load_theme(self._shown(self.preferences.theme), folder))
        except ConfigError as error:
            self.look_failure = str(error)
            self._wear(themes.load_theme(themes.DEFAULT))

    def _wear(self, theme: Theme) -> None:
        """Start in a theme; changing into it would have every style parsed three times before the first frame."""
        self.register_theme(theme)
        self.set_reactive(Look.theme, theme.name)
        dark = theme.dark
        self.update_classes({f"-theme-{theme.name}": True, "-dark-mode": dark, "-light-mode": not dark}, update=False)
        self._refresh_truecolor_filter(self.ansi_theme)
        self.stylesheet.set_variables(self.get_css_variables())

    def theme_choices(self) -> tuple[str, ...]:
        """Return the names to choose a theme by."""
        self.know_other_themes()
        known = themes.theme_names(self.preferences.themes_folder)
        return (themes.AUTO, *(name for name in known if name in self.available_themes))

    def know_other_themes(self) -> None:
        """Read the themes that are not worn, once; none of them is needed for the first frame."""
        if self._all_known:
            return
        self._all_known = True
        folder = self.preferences.themes_folder
        for name in themes.theme_names(folder):
            try:
                if name != self.theme:
                    self.register_theme(themes.load_theme(name, folder))
            except ConfigError as error:
                self.look_failure = str(error)
