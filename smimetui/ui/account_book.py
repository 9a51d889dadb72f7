"""The accounts as the screens ask about and change them."""

from collections.abc import Callable
from dataclasses import field
from threading import Event
from typing import Protocol

from smimetui.model.address import Address
from smimetui.model.value import dataclass
from smimetui.services.account import Account

Ask = Callable[[str], str]
"""Asks the person for the store's passphrase; raises StoreLockedError when they decline."""
Tell = Callable[[str], None]
"""Takes a sentence to be shown meanwhile, such as the code to type in a browser."""


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
    authority: str = ""
    """For OAuth: who signs people in, a URL or a tenant at Microsoft."""
    anchor: str = ""
    """A private authority that the server's certificate comes from: PEM, as the person looked at it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedAccount:
    """An account that is set up; of several the first is the default one."""

    account: Account
    backend: str
    where: str
    """The server's name, or the folder."""
    auth: str = ""
    """`basic`, `ntlm` or `oauth`; empty where nobody logs in."""


class AccountBook(Protocol):
    """All methods may block, and raise SmimetuiError; `ask` is the only way in which anything is asked."""

    def listed(self) -> tuple[ListedAccount, ...]:
        """Return the accounts, the default one first."""
        ...

    def add(self, new: NewAccount, *, ask: Ask, tell: Tell, cancelled: Event) -> Address:
        """Add an account that works, and return its address; once `cancelled` is set nothing is kept."""
        ...

    def log_in(self, address: Address, password: str, *, ask: Ask, tell: Tell, cancelled: Event) -> None:
        """Take a new password, or have the person sign in again; what is open goes on with it."""
        ...

    def make_default(self, address: Address) -> None:
        """Put an account first."""
        ...

    def remove(self, address: Address, *, ask: Ask) -> None:
        """Remove an account and its password; its mail stays where it is."""
        ...

    def on_refused_login(self, tell: Callable[[Address], None]) -> None:
        """Have `tell` called, from any thread, when a server does not let an account in any more."""
        ...
