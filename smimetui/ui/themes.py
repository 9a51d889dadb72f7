"""Themes: one TOML file each, in the wheel as `smimetui/themes`, in a checkout beside the package.

A file of the same name in the person's own themes folder wins. A broken file is a sentence, never a crash.
"""

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from textual.color import Color, ColorParseError
from textual.theme import Theme

from smimetui.model.errors import ConfigError

_PACKAGE = Path(__file__).resolve().parent.parent
_COLORS = (
    "accent",
    "error",
    "warning",
    "foreground",
    "muted",
    "background",
    "panel",
    "hairline",
    "selection",
    "chip-ready",
    "chip-ready-text",
    "chip-blocked",
    "chip-blocked-text",
    "chip-unreachable",
    "chip-unreachable-text",
    "chip-neutral",
    "chip-neutral-text",
)
DEFAULT = "dark"
AUTO = "auto"
"""No theme: the light or the dark one, as the terminal is."""


def theme_names(own: Path | None = None) -> tuple[str, ...]:
    """Return the names of all themes, the shipped ones first."""
    names = [*(path.stem for path in _files(_shipped())), *(path.stem for path in _files(own))]
    return tuple(dict.fromkeys(names))


def load_theme(name: str, own: Path | None = None) -> Theme:
    """Return the theme of that name. Raises ConfigError naming the file and what is wrong with it."""
    for folder in (own, _shipped()):
        path = folder / f"{name}.toml" if folder is not None else None
        if path is not None and path.parent == folder and path.is_file():
            return _read(name, path)
    known = ", ".join(theme_names(own))
    raise ConfigError(f"there is no theme “{name}”", f"known themes: {known}")


@cache
def own_variables() -> dict[str, str]:
    """Return the colours that only our themes name, as the default theme has them; asked for at every parse."""
    return dict(load_theme(DEFAULT).variables)


def _shipped() -> Path:
    inside = _PACKAGE / "themes"
    return inside if inside.is_dir() else _PACKAGE.parent / "themes"


def _files(folder: Path | None) -> Iterator[Path]:
    if folder is not None and folder.is_dir():
        yield from sorted(folder.glob("*.toml"), key=lambda path: (path.stem != DEFAULT, path.stem))


def _read(name: str, path: Path) -> Theme:
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the theme {path.name} cannot be read") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"the theme {path.name} is not valid TOML: {error}") from error
    colors = data.get("colors")
    if not isinstance(colors, dict):
        raise ConfigError(f"the theme {path.name} has no [colors]", f"it needs: {', '.join(_COLORS)}")
    for key in _COLORS:
        _check_color(path, key, colors.get(key))
    for key in ("dark", "ansi"):
        if not isinstance(data.get(key, False), bool):
            raise ConfigError(f"the theme {path.name}: “{key}” must be true or false")
    return _theme(name, colors, dark=data.get("dark", True), ansi=data.get("ansi", False))


def _check_color(path: Path, key: str, value: object) -> None:
    if not isinstance(value, str):
        raise ConfigError(f"the theme {path.name}: the colour “{key}” is missing", 'write it as "#0a84ff"')
    try:
        Color.parse(value)
    except ColorParseError as error:
        raise ConfigError(
            f"the theme {path.name}: “{key}” is no colour: {value[:40]}", 'write it as "#0a84ff"'
        ) from error


def _theme(name: str, colors: dict[str, str], *, dark: bool, ansi: bool) -> Theme:
    variables = {key: colors[key] for key in _COLORS if "-" in key or key in {"muted", "hairline", "selection"}}
    # Textual's own widgets (palette, scroll bars, inputs) take these.
    variables |= {
        "input-cursor-background": colors["accent"],
        "input-cursor-foreground": colors["background"] if not ansi else "ansi_black",
        "input-selection-background": colors["selection"],
        "block-cursor-background": colors["selection"],
        "block-cursor-foreground": colors["foreground"],
        "scrollbar": colors["hairline"],
        "scrollbar-hover": colors["muted"],
        "scrollbar-active": colors["accent"],
        "scrollbar-background": colors["background"],
        "scrollbar-background-hover": colors["background"],
        "scrollbar-background-active": colors["background"],
        "scrollbar-corner-color": colors["background"],
        "border": colors["hairline"],
        "border-blurred": colors["hairline"],
        "footer-background": colors["panel"],
        # For terminals of sixteen colours, which Textual asks for by these names.
        "ansi-background": "ansi_black" if dark else "ansi_white",
        "ansi-foreground": "ansi_white" if dark else "ansi_black",
    }
    return Theme(
        name=name,
        primary=colors["accent"],
        secondary=colors["accent"],
        accent=colors["accent"],
        warning=colors["warning"],
        error=colors["error"],
        success=colors["accent"],
        foreground=colors["foreground"],
        background=colors["background"],
        surface=colors["background"],
        panel=colors["panel"],
        dark=dark,
        ansi=ansi,
        text_alpha=1.0,
        variables=variables,
    )
