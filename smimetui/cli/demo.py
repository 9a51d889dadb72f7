"""`smimetui demo`: the app, or any command, on the embedded sandbox."""

import argparse
from typing import TYPE_CHECKING

from smimetui.cli.declaring import SUMMARIES, Commands, add_command
from smimetui.cli.input import UsageError, require_terminal

if TYPE_CHECKING:
    from smimetui.cli.world import World

_EXAMPLE = """smimetui demo
  smimetui demo check bob@corp.example dave@ext.example
  smimetui demo certificate list"""


def declare(commands: Commands) -> None:
    """Add the command and its options."""
    parser = add_command(
        commands,
        "demo",
        summary=SUMMARIES["demo"],
        description="The same app on an embedded sandbox: a small organisation with an address list and a mailbox. No\n"
        "network, and nothing outside its own folder is touched. With a COMMAND, that command runs on the sandbox:\n"
        "the way to try every one of them.",
        example=_EXAMPLE,
    )
    parser.add_argument("--fresh", action="store_true", help="build the sandbox anew")
    parser.add_argument(
        "--tour",
        action="store_true",
        help="build the sandbox anew and play the main job by itself; without a terminal, print each screen as text",
    )
    parser.add_argument(
        "--exchange",
        action="store_true",
        help="the same people and mail on an Exchange server on this machine, through the real protocol",
    )
    parser.add_argument(
        "rest", metavar="COMMAND …", nargs=argparse.REMAINDER, help="any other command, with its options"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, world: "World") -> int:
    """Run the app or the command on the sandbox."""
    if arguments.tour and arguments.exchange:
        raise UsageError("--tour plays on the sandbox itself, not on --exchange")
    if arguments.tour and arguments.rest:
        raise UsageError("--tour takes no command")
    if arguments.tour:
        from smimetui.cli.touring import play_tour

        sandbox = world.sandbox(fresh=True)
        return play_tour(sandbox, sandbox.outbox)
    if arguments.rest:
        return _run_command(arguments, world)
    require_terminal("smimetui demo")
    from smimetui.ui.start import ShowList

    return world.sandbox(fresh=arguments.fresh, exchange=arguments.exchange).show(ShowList())


def _run_command(arguments: argparse.Namespace, world: "World") -> int:
    from smimetui.cli.parser import build_parser

    inner = build_parser(arguments.rest).parse_args(arguments.rest)
    command = getattr(inner, "run", None)
    if command is None or command is run:
        raise UsageError("demo takes one of the other commands", "see smimetui --help")
    if command.__module__ == "smimetui.cli.mailto_handler":
        # It writes into the person's own folders, and the links would not lead to the sandbox.
        raise UsageError("links of the desktop lead to your own composer", "smimetui mailto-handler, without demo")
    code: int = command(inner, world.sandbox(fresh=arguments.fresh, exchange=arguments.exchange))
    return code
