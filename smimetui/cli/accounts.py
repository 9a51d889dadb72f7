"""The accounts of a world, for commands and screens alike: listed, added, logged in to, removed."""

from collections.abc import Callable
from threading import Event, Lock
from typing import TYPE_CHECKING, Protocol
from weakref import WeakSet

from smimetui.model.address import Address, parse_address
from smimetui.model.errors import ConfigError

if TYPE_CHECKING:
    from smimetui.adapters.exchange.connection import Connection
    from smimetui.adapters.exchange.opening import Exchange
    from smimetui.adapters.settings import AccountSettings, Settings
    from smimetui.cli.world import Store
    from smimetui.ui.account_book import Ask, ListedAccount, NewAccount, Tell


class Home(Protocol):
    """What the accounts need of the world around them."""

    def settings(self) -> "Settings":
        """Return the settings as the file has them now."""
        ...

    def change_settings(self, change: "Callable[[Settings], Settings]") -> None:
        """Apply a change to the settings and write them."""
        ...

    def store_by(self, ask: "Ask") -> "Store":
        """Return the store, unlocked by what `ask` answers."""
        ...


class Accounts:
    """The screens' AccountBook. Safe for several threads."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._lock = Lock()
        self._connections: WeakSet[Connection] = WeakSet()
        """Those of all sessions; a new login counts for every one of its account."""
        self._refused: Callable[[Address], None] | None = None

    def listed(self) -> "tuple[ListedAccount, ...]":
        """Return the accounts, the default one first."""
        return tuple(map(_listed, self._home.settings().accounts))

    def add(self, new: "NewAccount", *, ask: "Ask", tell: "Tell", cancelled: Event | None = None) -> Address:
        """Add an account that works, and return its address; once `cancelled` is set nothing is kept."""
        from smimetui.adapters.folders import typed_path
        from smimetui.adapters.settings import AccountSettings

        address = parse_address(new.address)
        self.require_new(address)
        if new.backend == "exchange":
            self._add_exchange(address, new, ask, tell, cancelled)
            return address
        from smimetui.adapters.maildir import prepare_maildir

        if not new.path:
            raise ConfigError("a maildir account needs a folder")
        path = typed_path(new.path).absolute()
        prepare_maildir(path)
        self._keep(AccountSettings(address=str(address), path=str(path)))
        return address

    def require_new(self, address: Address) -> None:
        """Raise ConfigError where the address has an account."""
        if self._home.settings().account(address) is not None:
            raise ConfigError(f"there is an account {address.spec} already", "see smimetui account list")

    def log_in(
        self, address: Address, password: str, *, ask: "Ask", tell: "Tell", cancelled: Event | None = None
    ) -> None:
        """Take a new password, or have the person sign in again; what is open goes on with it."""
        from smimetui.adapters.exchange.adding import renew_login
        from smimetui.adapters.exchange.opening import secret_source

        settings = self._known(address)
        if settings.backend != "exchange":
            raise ConfigError(f"{address.spec} has no login", "only an Exchange account does")
        store = self._home.store_by(ask)
        place = renew_login(settings, password, secrets=store, tell=tell, cancelled=cancelled)
        with self._lock:
            running = [connection for connection in self._connections if connection.place.address == address]
        for connection in running:
            connection.log_in_by(secret_source(place, settings, store))

    def make_default(self, address: Address) -> None:
        """Put an account first."""
        from msgspec.structs import replace

        def change(settings: "Settings") -> "Settings":
            first = [account for account in settings.accounts if account.mailbox == address]
            others = [account for account in settings.accounts if account.mailbox != address]
            return replace(settings, accounts=(*first, *others))

        self._known(address)
        self._home.change_settings(change)

    def remove(self, address: Address, *, ask: "Ask") -> None:
        """Remove an account and its password; its mail stays where it is."""
        from msgspec.structs import replace

        if self._known(address).backend == "exchange":
            from smimetui.adapters.exchange.opening import forget_secrets

            # The secrets first: what fails here is tried again.
            forget_secrets(address, self._home.store_by(ask))
        self._home.change_settings(
            lambda settings: replace(
                settings, accounts=tuple(account for account in settings.accounts if account.mailbox != address)
            )
        )

    def on_refused_login(self, tell: Callable[[Address], None]) -> None:
        """Have `tell` called, from any thread, when a server does not let an account in any more."""
        self._refused = tell

    def exchanges(self, store: "Store", chosen: "AccountSettings | None") -> "dict[Address, Exchange]":
        """Return the adapters of every Exchange account; one that cannot be set up stops the chosen account alone."""
        found = {}
        store.on_lock(self._rest)
        for account in self._home.settings().accounts:
            if account.backend != "exchange":
                continue
            try:
                found[account.mailbox] = self._exchange(account, store)
            except ConfigError:
                if account == chosen:
                    raise
        return found

    def _rest(self) -> None:
        """Forget every login: the store is locked."""
        with self._lock:
            running = list(self._connections)
        for connection in running:
            connection.rest()

    def _exchange(self, account: "AccountSettings", store: "Store") -> "Exchange":
        from smimetui.adapters.exchange.opening import open_exchange

        exchange = open_exchange(account, store, on_refused=lambda: self._tell_refused(account.mailbox))
        with self._lock:
            self._connections.add(exchange.connection)
        return exchange

    def _tell_refused(self, address: Address) -> None:
        if self._refused is not None:
            self._refused(address)

    def _add_exchange(
        self, address: Address, new: "NewAccount", ask: "Ask", tell: "Tell", cancelled: Event | None
    ) -> None:
        from smimetui.adapters.exchange.adding import NewExchange, add_exchange, way_in

        add_exchange(
            NewExchange(
                address=address,
                endpoint=new.endpoint,
                auth=way_in(new.auth),
                login=new.login,
                password=new.password,
                anchor=new.anchor,
                authority=new.authority,
                client_id=new.client_id,
            ),
            secrets=self._home.store_by(ask),
            keep=self._keep,
            tell=tell,
            cancelled=cancelled,
        )

    def _keep(self, account: "AccountSettings") -> None:
        from smimetui.adapters.settings import with_account

        self._home.change_settings(lambda settings: with_account(settings, account))

    def _known(self, address: Address) -> "AccountSettings":
        account = self._home.settings().account(address)
        if account is None:
            raise ConfigError(f"there is no account {address.spec}", "see smimetui account list")
        return account


def _listed(settings: "AccountSettings") -> "ListedAccount":
    from urllib.parse import urlsplit

    from smimetui.adapters.settings import account_of
    from smimetui.ui.account_book import ListedAccount

    is_exchange = settings.backend == "exchange"
    return ListedAccount(
        account=account_of(settings),
        backend=settings.backend,
        where=urlsplit(settings.endpoint).hostname or settings.endpoint if is_exchange else settings.path,
        auth=settings.auth if is_exchange else "",
    )
