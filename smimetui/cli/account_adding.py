"""`smimetui account add` and `login`: a Maildir, or an Exchange account that is tried before anything is kept."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from smimetui.cli.exits import DONE
from smimetui.cli.input import UsageError, ask_password, on_terminal, read_password
from smimetui.cli.output import print_text
from smimetui.model.address import Address, parse_address
from smimetui.model.display import printable_line
from smimetui.model.errors import ConfigError

if TYPE_CHECKING:
    from smimetui.adapters.settings import AccountSettings
    from smimetui.cli.world import World

_EXCHANGE_ONLY = ("endpoint", "auth", "login", "password_file", "anchor", "authority", "client_id")


def add(arguments: argparse.Namespace, world: "World") -> int:
    """Add an account."""
    address = parse_address(arguments.address)
    if world.settings().account(address) is not None:
        raise ConfigError(f"there is an account {address.spec} already", "see smimetui account list")
    if _backend(arguments) == "exchange":
        return _add_exchange(arguments, address, world)
    from smimetui.adapters.maildir import prepare_maildir
    from smimetui.adapters.settings import AccountSettings, with_account

    path = _maildir_path(arguments)
    prepare_maildir(path)
    account = AccountSettings(address=str(address), backend="maildir", path=str(path))
    world.change_settings(lambda settings: with_account(settings, account))
    print_text(f"added: {address.spec}, maildir {path}")
    return DONE


def login(arguments: argparse.Namespace, world: "World") -> int:
    """Take a new password, or have the person sign in again."""
    from smimetui.adapters.exchange.adding import renew_login

    address = parse_address(arguments.address)
    settings = world.settings().account(address)
    if settings is None or settings.backend != "exchange":
        raise ConfigError(f"there is no Exchange account {address.spec}", "see smimetui account list")
    store = world.store()
    password = "" if settings.auth == "oauth" else _password(arguments, settings.login or address.spec)
    place = renew_login(settings, password, secrets=store, tell=print_text)
    print_text(printable_line(f"works: login as {place.user} at {place.host}"))
    return DONE


def _add_exchange(arguments: argparse.Namespace, address: Address, world: "World") -> int:
    from smimetui.adapters.exchange.adding import NewExchange, add_exchange
    from smimetui.adapters.settings import with_account

    if arguments.auth == "oauth" and not arguments.client_id:
        raise UsageError("--auth oauth needs --client-id, the id of an application that the organisation registered")
    store = world.store()
    new = NewExchange(
        address=address,
        endpoint=arguments.endpoint or "",
        auth=arguments.auth,
        login=arguments.login or "",
        password="" if arguments.auth == "oauth" else _password(arguments, arguments.login or address.spec),
        anchor=arguments.anchor.expanduser().absolute() if arguments.anchor else None,
        authority=arguments.authority or "",
        client_id=arguments.client_id or "",
    )

    def keep(account: "AccountSettings") -> None:
        world.change_settings(lambda settings: with_account(settings, account))
        print_text(f"added: {address.spec}, {account.endpoint}")

    lines = add_exchange(new, secrets=store, keep=keep, tell=print_text)
    print_text("\n".join(printable_line(str(line)) for line in lines))
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


def _password(arguments: argparse.Namespace, user: str) -> str:
    if arguments.password_file is not None:
        return read_password(arguments.password_file)
    return ask_password(f"Password of {printable_line(user)}", "use --password-file F")


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
