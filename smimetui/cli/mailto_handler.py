"""`smimetui mailto-handler`: have `mailto:` links of the desktop open the composer; only when asked to."""

import argparse
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from smimetui.cli.declaring import SUMMARIES, Commands, add_command
from smimetui.cli.exits import DONE
from smimetui.cli.output import print_text

if TYPE_CHECKING:
    from smimetui.cli.world import World


def declare(commands: Commands) -> None:
    """Add the command and its actions."""
    parser = add_command(
        commands, "mailto-handler", summary=SUMMARIES["mailto-handler"], example="smimetui mailto-handler install"
    )
    actions = parser.add_subparsers(metavar="ACTION", required=True, title="actions")
    action = add_command(
        actions,
        "install",
        summary="write a desktop file into your applications folder",
        description="Write a desktop file into your applications folder, and say how it becomes the default.",
        example="smimetui mailto-handler install\n  xdg-mime default smimetui.desktop x-scheme-handler/mailto",
    )
    action.set_defaults(run=_install)
    action = add_command(
        actions, "remove", summary="remove that desktop file", example="smimetui mailto-handler remove"
    )
    action.set_defaults(run=_remove)


def _install(arguments: argparse.Namespace, world: "World") -> int:
    del arguments, world
    from smimetui.adapters.mailto_handler import NAME, applications_folder, install_handler

    found = shutil.which("smimetui") or shutil.which("smimetui", path=str(Path(sys.executable).parent)) or sys.argv[0]
    path = install_handler(Path(found).absolute(), applications_folder())
    print_text(f"installed: {path}\nThe default for links: xdg-mime default {NAME} x-scheme-handler/mailto")
    return DONE


def _remove(arguments: argparse.Namespace, world: "World") -> int:
    del arguments, world
    from smimetui.adapters.mailto_handler import applications_folder, remove_handler

    path = remove_handler(applications_folder())
    print_text("there is none" if path is None else f"removed: {path}")
    return DONE
