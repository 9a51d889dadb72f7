"""`smimetui open`: the verdict on one message, without a screen."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from smimetui.cli.declaring import SUMMARIES, Commands, add_command, add_identity_options
from smimetui.cli.exits import CANNOT, DONE
from smimetui.cli.input import read_certificates, read_identities, read_input
from smimetui.cli.output import complain, print_json, print_text

if TYPE_CHECKING:
    from smimetui.cli.world import World

_EXITS = """exit codes:
  0  the message was opened, whatever the verdict
  1  it could not be read or decrypted; one line on stderr says why
  2  the command line is wrong"""


def declare(commands: Commands) -> None:
    """Add the command and its options."""
    parser = add_command(
        commands,
        "open",
        summary=SUMMARIES["open"],
        example="smimetui open message.eml --json\n  smimetui demo open message.eml",
        exits=_EXITS,
    )
    parser.add_argument("file", metavar="FILE|-", help="the message (RFC 5322), or - for standard input")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_identity_options(parser)
    parser.add_argument(
        "--anchor",
        metavar="PEM",
        type=Path,
        action="append",
        default=[],
        help="trust what these certificates issued; an intermediate is allowed; repeatable",
    )
    parser.add_argument(
        "--crl", metavar="FILE", type=Path, action="append", default=[], help="a revocation list; repeatable"
    )
    parser.add_argument("--at", metavar="ISO-TIME", type=_moment, help="judge as if it were this time")
    parser.add_argument(
        "--isolated",
        action="store_true",
        help="no store, no system anchors, no network: only what the options bring",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, world: "World") -> int:
    """Open the message and print what is known of it."""
    from smimetui.cli import opened

    message = opened.open_message(
        read_input(arguments.file),
        world=world,
        identities=read_identities(arguments.identity, arguments.password_file),
        anchors=read_certificates(arguments.anchor),
        crls=tuple(crl for path in arguments.crl for crl in opened.read_crls(path)),
        at=arguments.at,
        isolated=arguments.isolated,
    )
    locked = message.encryption is not None and not message.encryption.decrypted
    if arguments.json:
        print_json(opened.as_json(message))
    elif not locked:
        print_text(opened.as_text(message))
    if locked:
        complain(opened.why_locked(message))
        return CANNOT
    return DONE


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"“{text}” is not an ISO 8601 time such as 2026-11-23T09:14:00Z") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
