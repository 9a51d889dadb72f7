"""`smimetui account add` and `login`: a Maildir, or an Exchange account that is tried before anything is kept."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from smimetui.cli.exits import DONE
from smimetui.cli.input import UsageError, ask_password, on_terminal, read_password
from smimetui.cli.output import print_text
from smimetui.model.address import Address, parse_address
from smimetui.model.display import printable_line
from smimetui.model.errors import ConfigError, MailboxError, SmimetuiError

if TYPE_CHECKING:
    from smimetui.adapters.exchange.oauth import TokenSource
    from smimetui.adapters.exchange.place import Place, SecretSource
    from smimetui.adapters.exchange.setup import Line
    from smimetui.adapters.settings import AccountSettings, Settings
    from smimetui.cli.world import Store, World

_EXCHANGE_ONLY = ("endpoint", "auth", "login", "password_file", "anchor", "authority", "client_id")


def add(arguments: argparse.Namespace, world: "World") -> int:
    """Add an account."""
    address = parse_address(arguments.address)
    if world.settings().account(address) is not None:
        raise _already(address)
    if _backend(arguments) == "exchange":
        return _add_exchange(arguments, address, world)
    path = _maildir_path(arguments)
    _prepare(path)
    from smimetui.adapters.settings import AccountSettings

    _keep(world, AccountSettings(address=str(address), backend="maildir", path=str(path)))
    print_text(f"added: {address.spec}, maildir {path}")
    return DONE


def login(arguments: argparse.Namespace, world: "World") -> int:
    """Take a new password, or have the person sign in again; what worked before stays where the new one does not."""
    from smimetui.adapters.exchange.connection import Connection
    from smimetui.adapters.exchange.opening import place_of
    from smimetui.adapters.exchange.setup import log_in

    address = parse_address(arguments.address)
    settings = world.settings().account(address)
    if settings is None or settings.backend != "exchange":
        raise ConfigError(f"there is no Exchange account {address.spec}", "see smimetui account list")
    place = place_of(settings)
    store = world.store()
    source = _source(arguments, place, store, settings.client_id, settings.authority)
    log_in(Connection(place, source))
    _keep_password(address, source, store)
    print_text(f"works: login as {printable_line(place.user)} at {place.host}")
    return DONE


def _backend(arguments: argparse.Namespace) -> str:
    """Return the backend that is asked for, or implied; raises UsageError for options that do not belong together."""
    given = [f"--{name.replace('_', '-')}" for name in _EXCHANGE_ONLY if getattr(arguments, name)]
    backend: str = arguments.backend or ("exchange" if given else "maildir")
    if backend == "maildir" and given:
        raise UsageError(f"{given[0]} belongs to --backend exchange")
    if backend == "exchange" and arguments.path:
        raise UsageError("--path belongs to --backend maildir")
    return backend


def _add_exchange(arguments: argparse.Namespace, address: Address, world: "World") -> int:
    from smimetui.adapters.exchange.connection import Connection
    from smimetui.adapters.exchange.oauth import MICROSOFT
    from smimetui.adapters.exchange.opening import read_anchor
    from smimetui.adapters.exchange.place import Password
    from smimetui.adapters.exchange.setup import Wish, examine, find_place, log_in

    anchor: Path | None = arguments.anchor.expanduser().absolute() if arguments.anchor else None
    wish = Wish(
        address=address,
        endpoint=arguments.endpoint or "",
        auth=arguments.auth,
        login=arguments.login or "",
        anchors=read_anchor(anchor) if anchor else (),
        authority=arguments.authority or MICROSOFT,
    )
    store = world.store()
    if wish.auth == "oauth":
        place = find_place(wish, Password(""))
        source = _source(arguments, place, store, arguments.client_id or "", wish.authority)
    else:
        source = Password(_password(arguments, wish.login or address.spec))
        place = find_place(wish, source)
    connection = Connection(place, source)
    place = log_in(connection)
    _keep_password(address, source, store)
    try:
        _keep(world, _settings(arguments, address, place, anchor))
    except SmimetuiError:
        from smimetui.adapters.exchange.opening import forget_secrets

        forget_secrets(address, store)
        raise
    print_text("\n".join([f"added: {address.spec}, {place.endpoint}", *map(shown, examine(connection))]))
    connection.close()
    return DONE


def shown(line: "Line") -> str:
    """Return a line of the account's check as it is printed."""
    return printable_line(f"{'works' if line.works else 'does not work'}: {line.text}")


def _source(
    arguments: argparse.Namespace, place: "Place", store: "Store", client_id: str, authority: str
) -> "SecretSource":
    from smimetui.adapters.exchange.oauth import MICROSOFT, Application
    from smimetui.adapters.exchange.opening import token_source
    from smimetui.adapters.exchange.place import Password

    if place.auth != "oauth":
        return Password(_password(arguments, place.user))
    if not client_id:
        raise UsageError("--auth oauth needs --client-id, the id of an application that the organisation registered")
    tokens = token_source(place, Application(client_id=client_id, authority=authority or MICROSOFT), store)
    _sign_in(tokens)
    return tokens


def _sign_in(tokens: "TokenSource") -> None:
    started = tokens.begin()
    print_text(f"Open {started.url} in a browser, anywhere, and type the code {started.code}")
    tokens.finish(started)


def _password(arguments: argparse.Namespace, user: str) -> str:
    if arguments.password_file is not None:
        return read_password(arguments.password_file)
    return ask_password(f"Password of {printable_line(user)}", "use --password-file F")


def _keep_password(address: Address, source: "SecretSource", store: "Store") -> None:
    from smimetui.adapters.exchange.opening import password_name
    from smimetui.adapters.exchange.place import Password

    if isinstance(source, Password):
        store.set_secret(password_name(address), source.secret())


def _settings(
    arguments: argparse.Namespace, address: Address, place: "Place", anchor: Path | None
) -> "AccountSettings":
    from smimetui.adapters.settings import AccountSettings

    return AccountSettings(
        address=str(address),
        backend="exchange",
        endpoint=place.endpoint,
        auth=place.auth,
        login=place.login,
        version=place.version,
        anchor=str(anchor) if anchor else "",
        authority=arguments.authority or "",
        client_id=arguments.client_id or "",
    )


def _keep(world: "World", account: "AccountSettings") -> None:
    from msgspec.structs import replace

    def added(settings: "Settings") -> "Settings":
        if settings.account(account.mailbox) is not None:
            raise _already(account.mailbox)
        return replace(settings, accounts=(*settings.accounts, account))

    world.change_settings(added)


def _already(address: Address) -> ConfigError:
    return ConfigError(f"there is an account {address.spec} already", "see smimetui account list")


def _maildir_path(arguments: argparse.Namespace) -> Path:
    """Return the folder of a maildir account, asked for where it is missing."""
    path: Path | None = arguments.path
    if path is None:
        if not on_terminal():
            raise UsageError("--path is needed for a maildir account")
        answer = input("Maildir folder: ").strip()
        if not answer:
            raise UsageError("a maildir account needs a folder")
        path = Path(answer)
    return path.expanduser().absolute()


def _prepare(path: Path) -> None:
    from smimetui.adapters.maildir import Maildir

    if path.exists() and not path.is_dir():
        raise MailboxError(f"{path} is no folder")
    if path.is_dir() and any(path.iterdir()) and not (path / "cur").is_dir():
        raise MailboxError(f"{path} holds other things and is no Maildir", "choose a new folder or a Maildir")
    Maildir.create(path)
