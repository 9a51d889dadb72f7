"""`smimetui compose`: straight to the composer."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from smimetui.cli.declaring import SUMMARIES, Commands, add_account_option, add_command
from smimetui.cli.input import read_input, require_terminal, terminal_for_input
from smimetui.model.errors import SmimetuiError

if TYPE_CHECKING:
    from smimetui.cli.world import World


_EXITS = """exit codes:
  0  the message was sent or kept as a draft, or the program was quit
  1  the composer was cancelled; or it could not be done, and one line on stderr says why
  2  the command line is wrong"""
_MOST_BODY = 5_000_000
"""Bytes of text."""


def declare(commands: Commands) -> None:
    """Add the command and its options."""
    parser = add_command(
        commands,
        "compose",
        summary=SUMMARIES["compose"],
        example='smimetui compose bob@corp.example --subject "Q3 figures" --attach q3.ods',
        exits=_EXITS,
    )
    parser.add_argument(
        "recipients", metavar="ADDRESS|mailto:URI", nargs="*", help="recipients, or a mailto link (RFC 6068)"
    )
    parser.add_argument("--subject", metavar="S", help="the subject")
    parser.add_argument(
        "--attach", metavar="F", type=Path, action="append", default=[], help="a file to attach; repeatable"
    )
    parser.add_argument("--body", metavar="FILE|-", help="the text, from a file, or - for standard input")
    add_account_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, world: "World") -> int:
    """Open the composer on what the command line says."""
    from smimetui.cli.mailto import parse_recipients

    letter = parse_recipients(arguments.recipients)
    for path in arguments.attach:
        if not path.is_file():
            raise SmimetuiError(f"{path} cannot be attached", "there is no such file")
    body = letter.body if arguments.body is None else _body(arguments.body)
    require_terminal("the composer")
    from smimetui.ui.start import Compose

    return world.show(
        Compose(
            to=letter.to,
            cc=letter.cc,
            bcc=letter.bcc,
            subject=letter.subject if arguments.subject is None else arguments.subject,
            body=body,
            attachments=tuple(arguments.attach),
        ),
        arguments.account,
    )


def _body(name: str) -> str:
    """Return the text of a file or of standard input, which then is the terminal again."""
    from smimetui.smime.charset import decode_text

    data = read_input(name)
    if name == "-":
        terminal_for_input()
    if len(data) > _MOST_BODY:
        raise SmimetuiError("the text is too long to write on in", "attach it: --attach FILE")
    return decode_text(data, "utf-8").replace("\r\n", "\n")
