"""How a command declares itself to argparse, so that help, options and errors look alike everywhere."""

import argparse
import sys
from pathlib import Path
from typing import NoReturn, TypeAlias

from smimetui.cli.exits import CANNOT, USAGE
from smimetui.model.display import printable_line

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - it has no public name
"""Where a command adds its parser; quoted, for the type is subscriptable to type checkers alone."""

SUMMARIES = {
    "demo": "the same app on an embedded sandbox",
    "compose": "write a message",
    "view": "show one message in the message screen (for mutt, mailcap)",
    "open": "open a message and say what its signature and encryption are worth",
    "seal": "sign and encrypt a draft; nothing is sent",
    "check": "say of each address whether it can be written to encrypted, and why not",
    "certificate": "list, show, install, remove and export the installed certificates",
    "identity": "make, import, choose, export and remove your own keys",
    "store": "say where certificates and keys are kept; move, save and mend that store",
    "account": "add, list, check and remove accounts, and log in anew",
    "doctor": "say what stands in the way on this machine, and what helps",
    "completion": "print what lets bash, zsh or fish complete this command line",
    "manual": "print the man page",
    "mailto-handler": "have mailto: links of the desktop open the composer",
}
"""Every command and its line in the list of commands, in the order of that list."""

EXITS = f"""exit codes:
  0  done
  {CANNOT}  it could not be done; one line on stderr says why
  {USAGE}  the command line is wrong"""


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line, like every other error of the program."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong on one line and exit 2."""
        sys.stderr.write(f"smimetui: {printable_line(message)} (see {self.prog} --help)\n")
        raise SystemExit(USAGE)


def add_command(  # noqa: PLR0913 - each is a piece of the help
    commands: Commands, name: str, *, summary: str, description: str = "", example: str, exits: str = EXITS
) -> argparse.ArgumentParser:
    """Add a command and return its parser; `summary` is its line in the list of commands."""
    parser = commands.add_parser(
        name,
        help=summary,
        description=description or f"{summary[0].upper()}{summary[1:]}.",
        epilog=f"example:\n  {example}\n\n{exits}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_passphrase_file(parser, default=argparse.SUPPRESS)
    return parser


def add_passphrase_file(parser: argparse.ArgumentParser, default: object = None) -> None:
    """Add the option that every command knows.

    A command's own parser must pass SUPPRESS, or it would overwrite what stood before the command.
    """
    parser.add_argument(
        "--passphrase-file",
        metavar="F",
        type=Path,
        default=default,
        help="unlock the store with the first line of this file instead of asking",
    )


def add_account_option(parser: argparse.ArgumentParser) -> None:
    """Add `--account ADDRESS`."""
    parser.add_argument("--account", metavar="ADDRESS", help="use this account instead of the default one")


def add_identity_options(parser: argparse.ArgumentParser) -> None:
    """Add `--identity P12` with `--password-file F`, repeatable in pairs."""
    parser.add_argument(
        "--identity", metavar="P12", type=Path, action="append", default=[], help="an own key as PKCS#12; repeatable"
    )
    parser.add_argument(
        "--password-file",
        metavar="F",
        type=Path,
        action="append",
        default=[],
        help="the file whose first line is the password of the --identity in the same place",
    )
