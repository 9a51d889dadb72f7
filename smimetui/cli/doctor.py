"""`smimetui doctor`: what stands in the way on this machine, a line each, with what helps."""

import argparse
from typing import TYPE_CHECKING

from smimetui.cli.declaring import EXITS, SUMMARIES, Commands, add_command
from smimetui.cli.exits import CANNOT, DONE
from smimetui.cli.output import print_json, print_text

if TYPE_CHECKING:
    from smimetui.cli.world import World


def declare(commands: Commands) -> None:
    """Add the command and its options."""
    parser = add_command(
        commands,
        "doctor",
        summary=SUMMARIES["doctor"],
        description="Look at the terminal, its colours and glyphs, the settings, the store, the clock, the trust\n"
        "anchors, each account's folder or server, your own certificates and the programs that are called. Asks\n"
        "nothing, logs in nowhere, changes nothing; waits at most 10 seconds for a server.",
        example="smimetui doctor\n  smimetui doctor --json",
        exits=EXITS.replace("it could not be done; one line on stderr says why", "something does not work"),
    )
    parser.add_argument("--json", action="store_true", help="print a JSON list")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, world: "World") -> int:
    """Print what was found."""
    from smimetui.cli.doctor_terminal import look_at_terminal
    from smimetui.cli.doctor_world import look_at_world

    findings = []
    for finding in (*look_at_terminal(world), *look_at_world(world)):
        findings.append(finding)
        if not arguments.json:
            print_text(str(finding))
    if arguments.json:
        print_json(
            [
                {"what": found.what, "state": found.word, "found": found.found, "remedy": found.remedy}
                for found in findings
            ]
        )
    return CANNOT if any(finding.works is False for finding in findings) else DONE
