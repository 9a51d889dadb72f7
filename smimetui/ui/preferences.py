"""What the person set, as far as the screens care, and how they change it."""

from collections.abc import Callable, Mapping
from dataclasses import field
from pathlib import Path

from smimetui.model.address import Address
from smimetui.model.message import Attachment
from smimetui.model.value import dataclass
from smimetui.services.account import Account
from smimetui.ui.account_book import AccountBook

Edit = Callable[[str, Callable[[str], None]], str]
"""Takes a text, and what hears of it as often as it is saved, on another thread."""


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
    book: AccountBook | None = None
    """Adds and removes accounts; None where they cannot be changed."""
    undo_send: int = 0
    """Seconds in which a message can be taken back after Send; 0 sends it at once."""
    save_undo_send: Callable[[int], None] | None = None
    """Keeps the choice; may block and raise ConfigError."""
    edit: Edit | None = None
    """Edits a text in the person's own editor, which has the terminal meanwhile; raises SmimetuiError."""
    save_look: Callable[[str, str], None] | None = None
    """Takes the theme's and the glyph set's names."""
    save_account: Callable[[Account], None] | None = None
    open_file: Callable[[Attachment], str] | None = None
    """Opens a received file with the system's program and returns a sentence; may block and raise SmimetuiError."""
