"""`smimetui account`: the accounts in the settings."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from smimetui.cli.account_adding import add, login
from smimetui.cli.declaring import SUMMARIES, Commands, add_command
from smimetui.cli.exits import DONE
from smimetui.cli.input import ask_passphrase
from smimetui.cli.output import print_json, print_text
from smimetui.cli.store import declare_actions
from smimetui.model.address import parse_address
from smimetui.model.display import printable_line
from smimetui.model.errors import ConfigError
from smimetui.services.account_check import check_account

if TYPE_CHECKING:
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
        example="smimetui account add alice@corp.example --login 'CORP\\alice'",
    )
    action.add_argument("address", metavar="ADDRESS", help="the address, with or without a display name")
    action.add_argument(
        "--backend", choices=("exchange", "maildir"), help="where the mail is; Exchange, unless there is a --path"
    )
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
    for line in check_account(world.session(arguments.address)):
        print_text(printable_line(str(line)))
    return DONE


def _remove(arguments: argparse.Namespace, world: "World") -> int:
    address = parse_address(arguments.address)
    world.accounts.remove(address, ask=ask_passphrase)
    print_text(f"removed: {address.spec}; its mail stays where it is")
    return DONE
