"""`smimetui account`: the accounts in the settings."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from smimetui.cli.account_adding import add, login
from smimetui.cli.declaring import SUMMARIES, Commands, add_command
from smimetui.cli.exits import DONE
from smimetui.cli.output import print_json, print_text
from smimetui.cli.store import declare_actions
from smimetui.model.address import Address, parse_address
from smimetui.model.display import printable_line
from smimetui.model.errors import ConfigError

if TYPE_CHECKING:
    from smimetui.adapters.exchange.setup import Line
    from smimetui.adapters.settings import AccountSettings
    from smimetui.cli.world import World


def declare(commands: Commands) -> None:
    """Add the command, its actions and their options."""
    parser = add_command(
        commands,
        "account",
        summary=SUMMARIES["account"],
        example="smimetui account add alice@corp.example --backend maildir --path ~/Mail",
    )
    actions = parser.add_subparsers(metavar="ACTION", required=True, title="actions")
    _declare_add(actions)
    action = add_command(actions, "list", summary="list the accounts", example="smimetui account list")
    action.add_argument("--json", action="store_true", help="print a JSON list")
    action.set_defaults(run=_list)
    action = add_command(
        actions,
        "check",
        summary="say what works of an account: mailbox, keys, signing, encryption, sending",
        example="smimetui account check alice@corp.example",
    )
    action.add_argument("address", metavar="ADDRESS", nargs="?", help="the account; else the default one")
    action.set_defaults(run=_check)
    declare_actions(
        add_command(
            actions,
            "store",
            summary="look at, move, save and mend the store; the same as smimetui store",
            example="smimetui account store move vault",
        )
    )
    action = add_command(
        actions,
        "login",
        summary="set a new password of an Exchange account, or sign in again",
        example="smimetui account login alice@corp.example --password-file ~/new-password",
    )
    action.add_argument("address", metavar="ADDRESS", help="the account")
    action.add_argument("--password-file", metavar="F", type=Path, help="its first line is the password")
    action.set_defaults(run=login)
    action = add_command(
        actions,
        "remove",
        summary="remove an account and its password; its mail stays",
        example="smimetui account remove alice@corp.example",
    )
    action.add_argument("address", metavar="ADDRESS", help="the account")
    action.set_defaults(run=_remove)


def _declare_add(actions: Commands) -> None:
    action = add_command(
        actions,
        "add",
        summary="add an account",
        description="Add an account; what is missing is asked for on a terminal. The first one is the default account.",
        example="smimetui account add alice@corp.example --backend exchange --login 'CORP\\alice'",
    )
    action.add_argument("address", metavar="ADDRESS", help="the address, with or without a display name")
    action.add_argument("--backend", choices=("exchange", "maildir"), help="where the mail is")
    action.add_argument("--endpoint", metavar="URL", help="Exchange: the web service or its host; else searched for")
    action.add_argument("--auth", choices=("basic", "ntlm", "oauth"), help="Exchange: how to log in")
    action.add_argument("--login", metavar="NAME", help="Exchange: the login name, if it is not the address")
    action.add_argument("--password-file", metavar="F", type=Path, help="Exchange: its first line is the password")
    action.add_argument(
        "--client-id", metavar="ID", help="Exchange, OAuth: the application the organisation registered"
    )
    action.add_argument("--authority", metavar="URL", help="Exchange, OAuth: who signs people in; else Microsoft")
    action.add_argument("--anchor", metavar="PEM", type=Path, help="Exchange: a private authority of the server")
    action.add_argument("--path", metavar="DIR", type=Path, help="maildir: the folder; made where there is none")
    action.set_defaults(run=add)


def _list(arguments: argparse.Namespace, world: "World") -> int:
    accounts = world.settings().accounts
    if arguments.json:
        print_json(
            [
                {
                    "address": account.mailbox.spec,
                    "backend": account.backend,
                    "path": account.path,
                    "endpoint": account.endpoint,
                    "auth": account.auth,
                    "login": account.login,
                    "encrypt_by_default": account.encrypt_by_default,
                    "sign_by_default": account.sign_by_default,
                    "default": number == 0,
                }
                for number, account in enumerate(accounts)
            ]
        )
    elif not accounts:
        print_text("there is no account yet")
    else:
        print_text(
            "\n".join(
                printable_line(f"{account.mailbox.spec}  {account.backend} {account.endpoint or account.path}")
                + "  (default)" * (not number)
                for number, account in enumerate(accounts)
            )
        )
    return DONE


def _check(arguments: argparse.Namespace, world: "World") -> int:
    if not world.settings().accounts:
        raise ConfigError("there is no account yet", "smimetui account add ADDRESS")
    session = world.session(arguments.address)
    works: list[str] = []
    fails: list[str] = []
    address = session.account.address.spec
    account = world.settings().account(session.account.address)
    if account is not None and account.backend == "exchange":
        for line in _examined(account, world):
            (works if line.works else fails).append(line.text)
        if not any(line.startswith("login") for line in fails):
            note = session.own_certificate_note()
            fails += [f"own certificate: {note}"] if note else []
    elif session.mailbox is not None:
        count = session.mailbox.page("Inbox", offset=0, limit=1).total
        works.append(f"mailbox: {count} messages in Inbox")
    works.append(f"keys: {len(session.identities.identities())}, {session.notice[:1].lower()}{session.notice[1:]}")
    works.append(f"installed certificates: {len(session.store.installed())}")
    note = session.expiry_note()
    warns = [note] if note else []
    (works if session.composer.can_sign() else fails).append(f"signing as {address}")
    (works if session.composer.can_encrypt() else fails).append(f"encryption, also to {address}")
    if account is None or account.backend != "exchange":
        works += [f"directory: {directory.source.value}" for directory in session.directories]
        (works if session.composer.can_send() else fails).append("sending")
    print_text(
        "\n".join(
            [
                *(f"works: {line}" for line in works),
                *(f"does not work: {line}" for line in fails),
                *(f"take care: {line}" for line in warns),
            ]
        )
    )
    return DONE


def _examined(account: "AccountSettings", world: "World") -> "tuple[Line, ...]":
    from smimetui.adapters.exchange.opening import open_exchange
    from smimetui.adapters.exchange.setup import examine

    connection = open_exchange(account, world.store()).connection
    try:
        return examine(connection)
    finally:
        connection.close()


def _remove(arguments: argparse.Namespace, world: "World") -> int:
    from msgspec.structs import replace

    from smimetui.adapters.settings import Settings

    address = parse_address(arguments.address)

    def removed(settings: Settings) -> Settings:
        if settings.account(address) is None:
            raise _unknown(address)
        kept = tuple(account for account in settings.accounts if account.mailbox != address)
        return replace(settings, accounts=kept)

    account = world.settings().account(address)
    if account is not None and account.backend == "exchange":
        from smimetui.adapters.exchange.opening import forget_secrets

        # The secrets first: what fails here is tried again.
        forget_secrets(address, world.store())
    world.change_settings(removed)
    print_text(f"removed: {address.spec}; its mail stays where it is")
    return DONE


def _unknown(address: Address) -> ConfigError:
    return ConfigError(f"there is no account {address.spec}", "see smimetui account list")
