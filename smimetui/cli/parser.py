"""The command line as argparse sees it: each command declares its own options; no work is done here."""

import argparse
from collections.abc import Sequence
from importlib import import_module

from smimetui import __version__
from smimetui.cli.declaring import EXITS, SUMMARIES, Parser, add_passphrase_file


def build_parser(argv: Sequence[str]) -> Parser:
    """Return a parser that can parse `argv`: the commands that do not stand in it are known by their summaries alone.

    So a command loads no other's modules. The namespace holds `run`, the function that does the command (absent for the
    bare program), and the options under their own names.
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
    for name, summary in SUMMARIES.items():
        if name in argv:
            import_module(f"smimetui.cli.{name.replace('-', '_')}").declare(commands)
        else:
            commands.add_parser(name, help=summary)
    return parser


def whole_parser() -> Parser:
    """Return the parser with every command in full."""
    return build_parser(tuple(SUMMARIES))
