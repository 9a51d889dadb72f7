"""The command line as argparse sees it: each command declares its own options; no work is done here."""

import argparse
from collections.abc import Container, Iterable, Sequence
from importlib import import_module

from smimetui import __version__
from smimetui.cli.declaring import EXITS, SUMMARIES, Parser, add_passphrase_file


def build_parser(argv: Sequence[str]) -> Parser:
    """Return a parser that can parse `argv`; a command loads no other's modules.

    The namespace holds `run`, the function that does the command (absent for the bare program), and the options under
    their own names.
    """
    if argv and argv[0] in SUMMARIES:
        # No other command can be meant, nor the list of them be shown.
        return _parser(argv[:1], in_full=argv[:1])
    return _parser(SUMMARIES, in_full=argv)


def whole_parser() -> Parser:
    """Return the parser with every command in full."""
    return _parser(SUMMARIES, in_full=SUMMARIES)


def _parser(names: Iterable[str], in_full: Container[str]) -> Parser:
    """Return the parser that knows some commands, by their summaries alone or in full."""
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
    for name in names:
        if name in in_full:
            import_module(f"smimetui.cli.{name.replace('-', '_')}").declare(commands)
        else:
            commands.add_parser(name, help=SUMMARIES[name])
    return parser
