"""A process that sends from a sandbox until it is killed: `python -m tests.services.killed_sender FOLDER`."""

import sys
from pathlib import Path

from smimetui.demo.people import ALICE
from smimetui.demo.sandbox import open_sandbox
from smimetui.model.address import parse_address
from smimetui.model.message import Draft, Protection
from smimetui.services.autosave import Written

BOTH = Protection(sign=True, encrypt=True)
BOB, CAROL = parse_address("bob@corp.example"), parse_address("carol@corp.example")


def main(folder: Path) -> None:
    session = open_sandbox(folder)
    draft = Draft(sender=ALICE.mailbox, to=(BOB,), bcc=(CAROL,), subject="Over and over", body="Once is enough.")
    prepared = [session.composer.prepare(draft, BOTH) for _ in range(40)]
    print("ready", flush=True)
    for message in prepared:
        here = session.autosave.begin()
        here.save(Written(draft=draft, protection=BOTH))
        session.outbox.put(here.name, message)
        session.outbox.send(here.name, on_progress=str)
    print("done", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
