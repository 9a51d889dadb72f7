"""`smimetui compose`: straight to the composer."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from smimetui.cli.declaring import SUMMARIES, Commands, add_account_option, add_command
from smimetui.cli.input import require_terminal
from smimetui.model.errors import SmimetuiError

if TYPE_CHECKING:
    from smimetui.cli.world import World


def declare(commands: Commands) -> None:
    """Add the command and its options."""
    parser = add_command(
        commands,
        "compose",
        summary=SUMMARIES["compose"],
        example='smimetui compose bob@corp.example --subject "Q3 figures" --attach q3.ods',
    )
    parser.add_argument(
        "recipients", metavar="ADDRESS|mailto:URI", nargs="*", help="recipients, or a mailto link (RFC 6068)"
    )
    parser.add_argument("--subject", metavar="S", help="the subject")
    parser.add_argument(
        "--attach", metavar="F", type=Path, action="append", default=[], help="a file to attach; repeatable"
    )
    add_account_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, world: "World") -> int:
    """Open the composer on what the command line says."""
    from smimetui.cli.mailto import parse_recipients

    letter = parse_recipients(arguments.recipients)
    for path in arguments.attach:
        if not path.is_file():
            raise SmimetuiError(f"{path} cannot be attached", "there is no such file")
    require_terminal("the composer")
    from smimetui.ui.start import Compose

    return world.show(
        Compose(
            to=letter.to,
            cc=letter.cc,
            bcc=letter.bcc,
            subject=letter.subject if arguments.subject is None else arguments.subject,
            body=letter.body,
            attachments=tuple(arguments.attach),
        ),
        arguments.account,
    )
