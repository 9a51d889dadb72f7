"""`smimetui account add` and `login`: a Maildir, or an Exchange account that is tried before anything is kept."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from smimetui.adapters.folders import typed_path
from smimetui.cli.exits import DONE
from smimetui.cli.input import UsageError, ask_passphrase, ask_password, on_terminal, read_password
from smimetui.cli.output import print_text
from smimetui.model.address import Address, parse_address
from smimetui.model.display import printable_line
from smimetui.model.errors import ConfigError
from smimetui.services.account_check import check_account
from smimetui.ui.account_book import NewAccount

if TYPE_CHECKING:
    from smimetui.cli.world import World

_EXCHANGE_ONLY = ("endpoint", "auth", "login", "password_file", "anchor", "authority", "client_id")


def add(arguments: argparse.Namespace, world: "World") -> int:
    """Add an account."""
    address = parse_address(arguments.address)
    world.accounts.require_new(address)
    if _backend(arguments) == "exchange":
        return _add_exchange(arguments, address, world)
    path = _maildir_path(arguments)
    new = NewAccount(address=str(address), backend="maildir", path=str(path))
    world.accounts.add(new, ask=ask_passphrase, tell=print_text)
    print_text(f"added: {address.spec}, maildir {path}")
    return DONE


def login(arguments: argparse.Namespace, world: "World") -> int:
    """Take a new password, or have the person sign in again."""
    address = parse_address(arguments.address)
    settings = world.settings().account(address)
    if settings is None or settings.backend != "exchange":
        raise ConfigError(f"there is no Exchange account {address.spec}", "see smimetui account list")
    user = settings.login or address.spec
    password = "" if settings.auth == "oauth" else _password(arguments, user)
    world.accounts.log_in(address, password, ask=ask_passphrase, tell=print_text)
    print_text(printable_line(f"works: login as {user} at {urlsplit(settings.endpoint).hostname}"))
    return DONE


def _add_exchange(arguments: argparse.Namespace, address: Address, world: "World") -> int:
    if arguments.auth == "oauth" and not arguments.client_id:
        raise UsageError("--auth oauth needs --client-id, the id of an application that the organisation registered")
    from smimetui.adapters.exchange.opening import read_anchor

    password = "" if arguments.auth == "oauth" else _password(arguments, arguments.login or address.spec)
    world.store()
    new = NewAccount(
        address=str(address),
        backend="exchange",
        endpoint=arguments.endpoint or "",
        auth=arguments.auth or "",
        login=arguments.login or "",
        password=password,
        anchor=read_anchor(typed_path(str(arguments.anchor))) if arguments.anchor else "",
        authority=arguments.authority or "",
        client_id=arguments.client_id or "",
    )
    world.accounts.add(new, ask=ask_passphrase, tell=print_text)
    account = world.settings().account(address)
    print_text(f"added: {address.spec}, {account.endpoint if account else ''}")
    for line in check_account(world.session(address.spec)):
        print_text(printable_line(str(line)))
    return DONE


def _backend(arguments: argparse.Namespace) -> str:
    """Return the backend that is asked for, or implied; raises UsageError for options that do not belong together."""
    given = [f"--{name.replace('_', '-')}" for name in _EXCHANGE_ONLY if getattr(arguments, name)]
    backend: str = arguments.backend or ("maildir" if arguments.path and not given else "exchange")
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
    return typed_path(str(path)).absolute()
