"""An AccountBook in memory: what it was told, and what it is to say."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

from smimetui.model.address import Address, parse_address
from smimetui.model.errors import ConfigError
from smimetui.services.account import Account
from smimetui.ui.account_book import Ask, ListedAccount, NewAccount, Tell


@dataclass
class MemoryBook:
    """Adds whatever is asked, unless it is told to fail, or to wait until it is cancelled."""

    accounts: list[ListedAccount] = field(default_factory=list)
    failure: ConfigError | None = None
    waits: str = ""
    """The sentence it tells before it waits to be cancelled."""
    asked: list[NewAccount] = field(default_factory=list)
    passwords: list[str] = field(default_factory=list)
    ended: Event = field(default_factory=Event)
    refused: Callable[[Address], None] | None = None

    def listed(self) -> tuple[ListedAccount, ...]:
        return tuple(self.accounts)

    def add(self, new: NewAccount, *, ask: Ask, tell: Tell, cancelled: Event) -> Address:
        del ask
        self.asked.append(new)
        self._act(tell, cancelled)
        address = parse_address(new.address)
        where = new.path or new.endpoint
        self.accounts.append(ListedAccount(account=Account(address=address), backend=new.backend, where=where))
        return address

    def log_in(self, address: Address, password: str, *, ask: Ask, tell: Tell, cancelled: Event) -> None:
        del address, ask
        self.passwords.append(password)
        self._act(tell, cancelled)

    def make_default(self, address: Address) -> None:
        self.accounts.sort(key=lambda found: found.account.address != address)

    def remove(self, address: Address, *, ask: Ask) -> None:
        del ask
        self.accounts = [found for found in self.accounts if found.account.address != address]

    def on_refused_login(self, tell: Callable[[Address], None]) -> None:
        self.refused = tell

    def _act(self, tell: Tell, cancelled: Event) -> None:
        if self.failure is not None:
            raise self.failure
        if self.waits:
            tell(self.waits)
            if cancelled.wait(20):
                self.ended.set()
                raise ConfigError("the sign-in was cancelled")


def exchange_account(address: Address, *, auth: str = "ntlm") -> ListedAccount:
    return ListedAccount(account=Account(address=address), backend="exchange", where="mail.corp.example", auth=auth)
