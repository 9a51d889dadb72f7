"""Runs one command line and turns every failure into a sentence and an exit code, in one place."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from smimetui.cli.exits import CANNOT, CLOSED_PIPE, INTERRUPTED, USAGE
from smimetui.cli.input import UsageError, require_terminal
from smimetui.cli.output import complain
from smimetui.cli.parser import build_parser
from smimetui.model.errors import SmimetuiError

if TYPE_CHECKING:
    from smimetui.cli.world import World


def run(argv: Sequence[str], make_world: "Callable[[Path | None], World]") -> int:
    """Run the command line `argv` and return the exit code; raises nothing.

    `make_world` takes the passphrase file, if one is named.
    """
    _open_streams()
    _never_choke(sys.stdout)
    _never_choke(sys.stderr)
    try:
        arguments = build_parser(argv).parse_args(argv)
        code: int = getattr(arguments, "run", _show_list)(arguments, make_world(arguments.passphrase_file))
        sys.stdout.flush()
    except SystemExit as leaving:
        # argparse leaves so, after help and for a wrong command line.
        return leaving.code if isinstance(leaving.code, int) else USAGE
    except Exception as error:  # noqa: BLE001 - the one place where errors become sentences
        return _explain(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _show_list(_arguments: argparse.Namespace, world: "World") -> int:
    require_terminal("smimetui")
    from smimetui.ui.start import FirstRun, ShowList

    return world.show(ShowList() if world.settings().accounts else FirstRun())


def _explain(error: Exception) -> int:
    match error:
        case UsageError():
            complain(str(error))
            return USAGE
        case SmimetuiError():
            complain(str(error))
        case BrokenPipeError():
            # Whoever read us is gone; without this the interpreter would complain once more while it ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            return CLOSED_PIPE
        case OSError():
            complain(f"{error.filename}: {error.strerror}" if error.filename else error.strerror or str(error))
        case EOFError():
            complain("the input ended before the answer")
        case _:
            import traceback

            # The message may hold what others wrote, or a secret: the place alone says enough.
            place = traceback.extract_tb(error.__traceback__)[-1]
            complain(f"a fault of the program: {type(error).__name__} in {Path(place.filename).name}:{place.lineno}")
    return CANNOT


def _open_streams() -> None:
    """Have nothing stand for a stream that was closed, which Python has as None; its number is no other file's then."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nothing = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(nothing, mode, encoding="utf-8", closefd=False))


def _never_choke(stream: object) -> None:
    """Let a stream write what its encoding lacks as escapes."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
