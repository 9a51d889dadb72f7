"""What the person set, as far as the screens care, and how they change it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from smimetui.model.address import Address
from smimetui.services.account import Account


@dataclass(slots=True, kw_only=True)
class Preferences:
    """The look and the keys; `save_look` and `save_account` may block and raise ConfigError."""

    theme: str = "dark"
    glyphs: str = "auto"
    themes_folder: Path | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    """Binding id -> key, as the settings file has it."""
    accounts: tuple[Address, ...] = ()
    """All accounts, the default one first."""
    save_look: Callable[[str, str], None] | None = None
    """Takes the theme's and the glyph set's names."""
    save_account: Callable[[Account], None] | None = None
