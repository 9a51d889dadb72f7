"""What the person set, as far as the screens care, and how they change it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from smimetui.model.address import Address
from smimetui.services.account import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """What a person says of an account to add; empty texts are left to be found out."""

    address: str
    backend: str
    endpoint: str = ""
    auth: str = ""
    login: str = ""
    password: str = field(default="", repr=False)
    path: str = ""
    client_id: str = ""
    """For OAuth: the id of the application that the organisation registered."""


AddAccount = Callable[[NewAccount, Callable[[str], None]], tuple[str, ...]]
"""Adds an account and returns what worked, a line each; may block. The second argument is told what is to be shown
meanwhile, such as the code to type in a browser. Raises SmimetuiError."""


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
    add_account: AddAccount | None = None
    save_look: Callable[[str, str], None] | None = None
    """Takes the theme's and the glyph set's names."""
    save_account: Callable[[Account], None] | None = None
