"""`smimetui store`: the place where certificates, keys and passwords are kept, as a whole."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from smimetui.cli.declaring import SUMMARIES, Commands, add_command
from smimetui.cli.exits import DONE
from smimetui.cli.input import ask_password, read_password
from smimetui.cli.output import print_json, print_text
from smimetui.model.display import printable_line

if TYPE_CHECKING:
    from smimetui.adapters.store_contents import Contents
    from smimetui.adapters.store_keeper import StoreStatus
    from smimetui.cli.world import World

_ALIAS = "`smimetui account store` does the same as `smimetui store`."


def declare(commands: Commands) -> None:
    """Add the command, its actions and their options."""
    parser = add_command(
        commands,
        "store",
        summary=SUMMARIES["store"],
        description="The store keeps installed certificates, trust anchors, your own keys, passwords and tokens: in\n"
        f"the keyring of the system, or in the vault, a file with a passphrase.\n\n{_ALIAS}",
        example="smimetui store status\n  smimetui store move vault\n  smimetui store export backup.smimetui",
    )
    declare_actions(parser)


def declare_actions(parser: argparse.ArgumentParser) -> None:
    """Add the actions and their options to `store`, or to `account store`."""
    command = parser.prog
    actions = parser.add_subparsers(metavar="ACTION", required=True, title="actions")
    action = add_command(
        actions, "status", summary="say which store is in use and what is in it", example=f"{command} status"
    )
    action.add_argument("--json", action="store_true", help="print one JSON object")
    action.set_defaults(run=_status)
    action = add_command(
        actions,
        "passphrase",
        summary="change the vault's passphrase",
        description="Change the vault's passphrase. The vault opens with the old one or with the new one, whatever\n"
        "happens meanwhile. Without the options, both are asked for.",
        example=f"{command} passphrase\n  {command} passphrase --passphrase-file old --new-passphrase-file new",
    )
    action.add_argument(
        "--new-passphrase-file", metavar="F", type=Path, help="its first line is the new passphrase; else it is asked"
    )
    action.set_defaults(run=_passphrase)
    _declare_move(actions, command)
    _declare_files(actions, command)
    action = add_command(
        actions,
        "repair",
        summary="set aside what cannot be read",
        description="Set aside what cannot be read any more, so that the rest can be used. Nothing is written over or\n"
        "removed; it says where things are kept and how they come back.",
        example=f"{command} repair",
    )
    action.add_argument("--bring-back", metavar="ITEM", help="use a book again that was set aside")
    action.set_defaults(run=_repair)


def _declare_move(actions: Commands, command: str) -> None:
    action = add_command(
        actions,
        "move",
        summary="move everything to the keyring, or to the vault",
        description="Copy everything, read it back and compare, name the new place in the settings, and only then\n"
        "remove it from the old one. Whatever interrupts this, one of both is whole and in use; the same command\n"
        "again finishes it.",
        example=f"{command} move vault",
    )
    action.add_argument("to", choices=("keyring", "vault"), help="the new place")
    action.add_argument("--merge", action="store_true", help="add to the certificates and keys that are there already")
    action.set_defaults(run=_move)


def _declare_files(actions: Commands, command: str) -> None:
    password = "its first line is the file's passphrase; else it is asked for"  # noqa: S105 - words of a help text
    action = add_command(
        actions,
        "export",
        summary="write everything to one encrypted file: a backup, a new machine",
        description="Write everything, keys and passwords included, to one file, encrypted under a passphrase of its\n"
        "own as the vault is.",
        example=f"{command} export backup.smimetui",
    )
    action.add_argument("file", metavar="FILE", type=Path, help="the file to write")
    action.add_argument("--password-file", metavar="F", type=Path, help=password)
    action.add_argument("--overwrite", action="store_true", help="replace the file if it is there")
    action.set_defaults(run=_export)
    action = add_command(
        actions,
        "import",
        summary="add everything from an exported file",
        description="Add everything from an exported file to the store; on a new machine that is the complete store.\n"
        "What is here already and differs is refused before anything is changed.",
        example=f"{command} import backup.smimetui",
    )
    action.add_argument("file", metavar="FILE", type=Path, help="the exported file")
    action.add_argument("--password-file", metavar="F", type=Path, help=password)
    action.add_argument("--replace", action="store_true", help="where both differ, take what is in the file")
    action.set_defaults(run=_import)


def _status(arguments: argparse.Namespace, world: "World") -> int:
    status = world.keeper().status()
    if arguments.json:
        print_json(
            {
                "store": status.kind,
                "where": status.where,
                "notice": status.notice,
                "made": status.made,
                "locked": status.locked,
                "certificates": status.certificates,
                "identities": status.identities,
                "anchors": status.anchors,
                "secrets": status.secrets,
                "unfinished_move": status.unfinished_move,
            }
        )
    else:
        print_text("\n".join(printable_line(line) for line in _sentences(status)))
    return DONE


def _sentences(status: "StoreStatus") -> list[str]:
    lines = [status.notice]
    if not status.made:
        lines.append("It is not made yet: that happens with the first thing that is to be kept.")
    elif status.locked:
        lines.append("It is locked; --passphrase-file F opens it to count what is in it.")
    else:
        lines += [
            f"installed certificates: {status.certificates}",
            f"own keys: {status.identities}",
            f"trust anchors: {status.anchors}",
            f"passwords and tokens: {status.secrets}",
        ]
    if status.unfinished_move is not None:
        lines.append(f"A move was interrupted; smimetui store move {status.unfinished_move} finishes it.")
    return lines


def _passphrase(arguments: argparse.Namespace, world: "World") -> int:
    vault = world.keeper().change_passphrase(_chosen(arguments.new_passphrase_file, "the vault, which keeps your keys"))
    print_text(f"changed: the passphrase of {vault}")
    return DONE


def _move(arguments: argparse.Namespace, world: "World") -> int:
    moved = world.keeper().move(arguments.to, merge=arguments.merge)
    if moved is None:
        print_text(f"everything is kept in the {arguments.to}")
    else:
        print_text(f"moved to the {arguments.to}, and removed from the old place: {_counted(moved)}")
    return DONE


def _export(arguments: argparse.Namespace, world: "World") -> int:
    chosen = _chosen(arguments.password_file, f"the file {arguments.file.name}")
    held = world.keeper().export(arguments.file, chosen, overwrite=arguments.overwrite)
    print_text(
        f"exported to {arguments.file}: {_counted(held)}\nWhoever has this file and its passphrase has your keys."
    )
    return DONE


def _import(arguments: argparse.Namespace, world: "World") -> int:
    file: Path = arguments.file

    def passphrase() -> str:
        if arguments.password_file is not None:
            return read_password(arguments.password_file)
        return ask_password(f"Passphrase of {printable_line(file.name)}", "use --password-file F")

    found, held = world.keeper().load(file, passphrase, take_over=arguments.replace)
    print_text(f"imported from {file}: {_counted(found)}\nkept now: {_counted(held)}")
    return DONE


def _repair(arguments: argparse.Namespace, world: "World") -> int:
    if arguments.bring_back is not None:
        instead = world.keeper().bring_book_back(arguments.bring_back)
        print_text(f"in use again: {arguments.bring_back}; the one until now is kept as the item “{instead}”")
        return DONE
    sentences = world.keeper().repair()
    print_text("\n".join(printable_line(line) for line in sentences) or "nothing is damaged")
    return DONE


def _chosen(file: Path | None, of: str) -> Callable[[], str]:
    """Return what asks for a new passphrase of `of` twice, or reads it from the file."""
    from smimetui.adapters.passphrases import Passphrases

    def ask(question: str) -> str:
        return ask_password(question, "use the option that names a file with it")

    passphrases = Passphrases(ask=ask, from_file=None if file is None else lambda: read_password(file))
    return lambda: passphrases.new(printable_line(of))


def _counted(contents: "Contents") -> str:
    book = contents.book
    return (
        f"installed certificates {len(book.certificates)}, own keys {len(contents.identities)}, "
        f"trust anchors {len(book.anchors)}, passwords and tokens {len(contents.secrets)}"
    )
