"""The command line as argparse sees it: each command declares its own options; no work is done here."""

import argparse

from smimetui import __version__
from smimetui.cli import account, certificate, check, compose, demo, identity, open, seal, view  # noqa: A004 - the commands' names
from smimetui.cli.declaring import EXITS, Parser, add_passphrase_file


def build_parser() -> Parser:
    """Return the parser of the whole command line.

    Its namespace holds `run`, the function that does the command (absent for the bare program), and the options under
    their own names.
    """
    parser = Parser(
        prog="smimetui",
        description="Write, send and read S/MIME mail in a terminal. Without a command: the message list.",
        epilog=f"every command has help and an example of its own: smimetui COMMAND --help\n\n{EXITS}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"smimetui {__version__}")
    add_passphrase_file(parser)
    commands = parser.add_subparsers(metavar="COMMAND", title="commands", parser_class=Parser)
    for command in (demo, compose, view, open, seal, check, certificate, identity, account):
        command.declare(commands)
    return parser
