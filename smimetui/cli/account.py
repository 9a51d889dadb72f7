"""`smimetui account`: the accounts in the settings."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from smimetui.cli.declaring import SUMMARIES, Commands, add_command
from smimetui.cli.exits import DONE
from smimetui.cli.input import UsageError, on_terminal
from smimetui.cli.output import print_json, print_text
from smimetui.model.address import Address, parse_address
from smimetui.model.display import printable_line
from smimetui.model.errors import ConfigError, MailboxError, UnsupportedError

if TYPE_CHECKING:
    from smimetui.cli.world import World

_EXCHANGE_ONLY = ("endpoint", "auth", "login", "password_file", "anchor")


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
    action = add_command(
        actions,
        "remove",
        summary="remove an account from the settings; its mail stays",
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
        example="smimetui account add alice@corp.example --backend maildir --path ~/Mail",
    )
    action.add_argument("address", metavar="ADDRESS", help="the address, with or without a display name")
    action.add_argument(
        "--backend", choices=("exchange", "maildir"), help="where the mail is; exchange is not in this version yet"
    )
    action.add_argument("--endpoint", metavar="URL", help="Exchange: the web service; else it is searched for")
    action.add_argument("--auth", choices=("basic", "ntlm", "oauth"), help="Exchange: how to log in")
    action.add_argument("--login", metavar="NAME", help="Exchange: the login name, if it is not the address")
    action.add_argument("--password-file", metavar="F", type=Path, help="Exchange: its first line is the password")
    action.add_argument("--anchor", metavar="PEM", type=Path, help="Exchange: a private authority of the server")
    action.add_argument("--path", metavar="DIR", type=Path, help="maildir: the folder; made where there is none")
    action.set_defaults(run=_add)


def _add(arguments: argparse.Namespace, world: "World") -> int:
    from msgspec.structs import replace

    from smimetui.adapters.settings import AccountSettings, Settings

    address = parse_address(arguments.address)
    path = _maildir_path(arguments)
    _prepare(path)

    def added(settings: Settings) -> Settings:
        if settings.account(address) is not None:
            raise ConfigError(f"there is an account {address.spec} already", "see smimetui account list")
        account = AccountSettings(address=str(address), backend="maildir", path=str(path))
        return replace(settings, accounts=(*settings.accounts, account))

    world.change_settings(added)
    print_text(f"added: {address.spec}, maildir {path}")
    return DONE


def _maildir_path(arguments: argparse.Namespace) -> Path:
    """Return the folder of a maildir account, asked for where it is missing.

    Raises UnsupportedError for the other backend, UsageError for options that do not belong together.
    """
    backend = arguments.backend
    if backend is None and any(getattr(arguments, name) for name in _EXCHANGE_ONLY):
        backend = "exchange"
    if backend == "exchange":
        raise UnsupportedError(
            "the exchange backend is not available in this version", "use --backend maildir with a synchronised folder"
        )
    for name in _EXCHANGE_ONLY:
        if getattr(arguments, name):
            raise UsageError(f"--{name.replace('_', '-')} belongs to --backend exchange")
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


def _list(arguments: argparse.Namespace, world: "World") -> int:
    accounts = world.settings().accounts
    if arguments.json:
        print_json(
            [
                {
                    "address": account.mailbox.spec,
                    "backend": account.backend,
                    "path": account.path,
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
                printable_line(f"{account.mailbox.spec}  {account.backend} {account.path}")
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
    if session.mailbox is not None:
        count = session.mailbox.page("Inbox", offset=0, limit=1).total
        works.append(f"mailbox: {count} messages in Inbox")
    works.append(f"keys: {len(session.identities.identities())}, {session.notice[:1].lower()}{session.notice[1:]}")
    works.append(f"installed certificates: {len(session.store.installed())}")
    works += [f"directory: {directory.source.value}" for directory in session.directories]
    (works if session.composer.can_sign() else fails).append(f"signing as {address}")
    (works if session.composer.can_encrypt() else fails).append(f"encryption, also to {address}")
    (works if session.composer.can_send() else fails).append("sending")
    print_text("\n".join([*(f"works: {line}" for line in works), *(f"does not work: {line}" for line in fails)]))
    return DONE


def _remove(arguments: argparse.Namespace, world: "World") -> int:
    from msgspec.structs import replace

    from smimetui.adapters.settings import Settings

    address = parse_address(arguments.address)

    def removed(settings: Settings) -> Settings:
        if settings.account(address) is None:
            raise _unknown(address)
        kept = tuple(account for account in settings.accounts if account.mailbox != address)
        return replace(settings, accounts=kept)

    world.change_settings(removed)
    print_text(f"removed: {address.spec}; its mail stays where it is")
    return DONE


def _unknown(address: Address) -> ConfigError:
    return ConfigError(f"there is no account {address.spec}", "see smimetui account list")
