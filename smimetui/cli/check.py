"""`smimetui check`: can these addresses be written to in secret, and if not, why not."""

import argparse
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from smimetui.cli.declaring import SUMMARIES, Commands, add_account_option, add_command
from smimetui.cli.exits import DONE, NOT_READY
from smimetui.cli.output import print_json, print_text
from smimetui.model.address import Address, parse_address
from smimetui.model.display import printable_line
from smimetui.model.verdict import RecipientState, Resolution
from smimetui.services.parallel import gather
from smimetui.services.resolver import Resolver

if TYPE_CHECKING:
    from smimetui.cli.world import World

_EXITS = """exit codes:
  0  all are ready
  1  it could not be done; one line on stderr says why
  2  the command line is wrong
  3  at least one is not ready"""


def declare(commands: Commands) -> None:
    """Add the command and its options."""
    parser = add_command(
        commands,
        "check",
        summary=SUMMARIES["check"],
        example="smimetui check bob@corp.example dave@ext.example --json\n  smimetui demo check bob@corp.example",
        exits=_EXITS,
    )
    parser.add_argument("addresses", metavar="ADDRESS", nargs="+", help="whom to ask about")
    add_account_option(parser)
    parser.add_argument("--json", action="store_true", help="print a JSON list")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, world: "World") -> int:
    """Resolve each address and print its state."""
    addresses = [parse_address(text) for text in arguments.addresses]
    session = world.session(arguments.account)
    found = _resolved(session.resolver, addresses)
    if session.revocation.refresh_pending():
        found = _resolved(session.resolver, addresses)
    if arguments.json:
        print_json([_as_json(resolution) for resolution in found])
    else:
        print_text("\n".join(line for resolution in found for line in _as_lines(resolution)))
    return DONE if all(resolution.state is RecipientState.READY for resolution in found) else NOT_READY


def _resolved(resolver: Resolver, addresses: Sequence[Address]) -> list[Resolution]:
    found = []
    for answer in gather([partial(resolver.resolve, address) for address in addresses]):
        if isinstance(answer, Exception):
            raise answer
        found.append(answer)
    return found


def _as_lines(resolution: Resolution) -> Iterator[str]:
    yield printable_line(f"{resolution.address.spec}: {resolution.state.value}, {resolution.reason}")
    for member in resolution.members:
        yield from (f"  {line}" for line in _as_lines(member))


def _as_json(resolution: Resolution) -> dict[str, object]:
    # A refused address shows the certificate that was refused: its date or its addresses explain the reason.
    shown = resolution.chosen or next(iter(resolution.candidates), None)
    members = {"members": [_as_json(member) for member in resolution.members]} if resolution.is_list else {}
    return {
        "address": resolution.address.spec,
        "state": resolution.state.value,
        "reason": resolution.reason,
        "problems": [problem.name for problem in resolution.problems],
        "source": shown.source.value if shown else None,
        "certificate": {
            "sha256": shown.certificate.sha256,
            "addresses": list(shown.certificate.addresses),
            "not_after": shown.certificate.not_after.isoformat(),
        }
        if shown
        else None,
        **members,
    }
