"""`smimetui manual`: the man page, from the command line itself, so that neither knows what the other does not."""

import argparse
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from smimetui import __version__
from smimetui.cli.declaring import EXITS, SUMMARIES, Commands, add_command
from smimetui.cli.exits import DONE

if TYPE_CHECKING:
    from smimetui.cli.world import World

_FILES = (
    ("settings.toml, themes/", "in the XDG configuration folder, ~/.config/smimetui: settings and themes of your own"),
    ("vault", "in the XDG data folder, ~/.local/share/smimetui: certificates and keys where there is no keyring"),
    ("drafts/, outbox/", "there too, encrypted to you: what is being written, and what has not left"),
    ("revocation/, headers/", "in the XDG cache folder, ~/.cache/smimetui: what was fetched, and may be deleted"),
)

_EXITS = EXITS.partition("\n")[2]
_EVERYWHERE = ("help", "passphrase_file")
"""Options that every command has, told once."""


def declare(commands: Commands) -> None:
    """Add the command and its options."""
    parser = add_command(
        commands,
        "manual",
        summary=SUMMARIES["manual"],
        example="smimetui manual | man -l -\n  smimetui manual > ~/.local/share/man/man1/smimetui.1",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, world: "World") -> int:
    """Print the page."""
    del arguments
    from smimetui.cli.parser import whole_parser

    sys.stdout.write(man_page(whole_parser(), world.clock.now()))
    return DONE


def man_page(parser: argparse.ArgumentParser, day: datetime) -> str:
    """Return the page in the man macros of roff."""
    return "\n".join(_page(parser, day)) + "\n"


def _page(parser: argparse.ArgumentParser, day: datetime) -> Iterator[str]:
    yield f'.TH SMIMETUI 1 "{day:%Y-%m-%d}" "smimetui {__version__}"'
    yield from (".SH NAME", r"smimetui \- write, send and read S/MIME mail in a terminal")
    yield from (".SH SYNOPSIS", r"\fBsmimetui\fR [\fICOMMAND\fR] [\fIoption\fR ...]")
    yield from (".SH DESCRIPTION", _text(parser.description or ""))
    yield from (".SH OPTIONS", r"Every command knows \fB\-\-help\fR and \fB\-\-passphrase\-file\fR.")
    yield from _options(parser, skipping=())
    yield ".SH COMMANDS"
    for command in _commands(parser):
        yield from _command(command)
    yield ".SH FILES"
    for name, what in _FILES:
        yield from (".TP", rf"\fI{_text(name)}\fR", _text(what))
    yield ".SH ENVIRONMENT"
    yield from (".TP", "VISUAL, EDITOR", "the editor that F4 opens")
    yield from (".TP", "NO_COLOR", "no colours; every state has its word")
    yield from (".SH EXIT STATUS", "The same for every command that has none of its own above:")
    yield from _verbatim(_EXITS)


def _command(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Yield a command, and the actions below it."""
    yield f".SS {_text(parser.prog)}"
    yield _text(parser.description or "")
    yield from (".PP", _text(" ".join(parser.format_usage().split()).replace("usage: ", "", 1)))
    yield from _options(parser)
    example = (parser.epilog or "").partition("example:\n")[2].partition("\n\n")[0]
    if example:
        yield from (".PP", "Example:", *_verbatim(example))
    exits = (parser.epilog or "").partition("exit codes:\n")[2]
    if exits not in {"", _EXITS}:
        yield from (".PP", "Exit status:", *_verbatim(exits))
    for action in _commands(parser):
        yield from _command(action)


def _options(parser: argparse.ArgumentParser, skipping: tuple[str, ...] = _EVERYWHERE) -> Iterator[str]:
    formatter = parser.formatter_class(prog=parser.prog)
    for action in parser._actions:  # noqa: SLF001 - the tree has no public name
        is_command = isinstance(action, argparse._SubParsersAction)  # noqa: SLF001
        if not action.help or is_command or action.dest in skipping:
            continue
        yield from (".TP", rf"\fB{_text(formatter._format_action_invocation(action))}\fR")  # noqa: SLF001
        yield _text(formatter._expand_help(action))  # noqa: SLF001


def _commands(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    for action in parser._actions:  # noqa: SLF001
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            yield from action.choices.values()


def _verbatim(text: str) -> Iterator[str]:
    yield from (".PP", ".nf")
    yield from (_text(line.strip()) for line in text.strip().splitlines())
    yield ".fi"


def _text(text: str) -> str:
    """Return text as roff shows it unchanged: no escape, no request, and hyphens that can be copied."""
    lines = (line.strip() for line in text.replace("\\", r"\e").replace("-", r"\-").splitlines())
    text = "\n".join(rf"\&{line}" if line[:1] in {".", "'"} else line for line in lines if line)
    return "".join(letter if letter.isascii() else rf"\[u{ord(letter):04X}]" for letter in text)
