"""`smimetui view`: one message in the message screen."""

import argparse
from typing import TYPE_CHECKING

from smimetui.cli.declaring import SUMMARIES, Commands, add_account_option, add_command
from smimetui.cli.input import read_input, require_terminal, terminal_for_input

if TYPE_CHECKING:
    from smimetui.cli.world import World


def declare(commands: Commands) -> None:
    """Add the command and its options."""
    parser = add_command(
        commands,
        "view",
        summary=SUMMARIES["view"],
        example="smimetui view message.eml",
    )
    parser.add_argument("file", metavar="FILE|-", help="the message, or - for standard input")
    add_account_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, world: "World") -> int:
    """Open the message screen."""
    raw = read_input(arguments.file)
    if arguments.file == "-":
        terminal_for_input()
    require_terminal("the message screen")
    from smimetui.ui.start import View

    name = "standard input" if arguments.file == "-" else arguments.file
    return world.show(View(raw=raw, name=name), arguments.account)
