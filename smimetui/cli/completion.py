"""`smimetui completion`: a shell's completion of commands, options, choices and files, from the command line itself."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smimetui.cli.declaring import SUMMARIES, Commands, add_command
from smimetui.cli.exits import DONE

if TYPE_CHECKING:
    from smimetui.cli.world import World

_SHELLS = ("bash", "zsh", "fish")


def declare(commands: Commands) -> None:
    """Add the command and its options."""
    parser = add_command(
        commands,
        "completion",
        summary=SUMMARIES["completion"],
        description="Print what teaches a shell to complete this command line. In ~/.bashrc or ~/.zshrc:\n"
        '  eval "$(smimetui completion bash)"       or zsh, after compinit\n'
        "and for fish, once:\n"
        "  smimetui completion fish > ~/.config/fish/completions/smimetui.fish",
        example="smimetui completion bash > ~/.local/share/bash-completion/completions/smimetui",
    )
    parser.add_argument("shell", metavar="SHELL", choices=_SHELLS, help="bash, zsh or fish")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, world: "World") -> int:
    """Print the script."""
    del world
    import shtab

    from smimetui.cli.parser import whole_parser

    parser = whole_parser()
    for action in actions_below(parser):
        _complete_by_kind(action, shtab.FILE, shtab.DIRECTORY)
    sys.stdout.write(shtab.complete(parser, shell=arguments.shell).rstrip() + "\n")
    return DONE


def actions_below(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Yield every option and argument of a parser and of the commands below it."""
    for action in parser._actions:  # noqa: SLF001 - the tree has no public name
        yield action
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for below in action.choices.values():
                yield from actions_below(below)


def _complete_by_kind(action: Any, files: object, folders: object) -> None:
    """Say what stands for an argument; a command behind `demo` is one of the commands."""
    if action.nargs == argparse.REMAINDER:
        action.choices = tuple(SUMMARIES)
    elif action.metavar == "DIR":
        action.complete = folders
    elif action.type is Path or action.metavar == "FILE|-":
        action.complete = files
