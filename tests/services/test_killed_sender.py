"""A sender that is killed at any moment: every envelope is sent once, or may have been and is said to be uncertain."""

import random
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from smimetui.demo.sandbox import build_sandbox, open_sandbox, sandbox_outbox
from smimetui.services.outbox_entry import OutboxEntry, Standing
from smimetui.smime.mime import parse_message

_TRIALS = 6
_MOST = 0.6
"""Seconds after which the sender is killed at the latest."""


def kill_sender(folder: Path, after: float) -> None:
    command = [sys.executable, "-m", "tests.services.killed_sender", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as sender:
        assert sender.stdout is not None
        assert sender.stdout.readline() == "ready\n"
        killed_at = time.monotonic() + after
        while time.monotonic() < killed_at:
            pass
        sender.kill()


def arrived(folder: Path) -> Counter[str]:
    """Return how many envelopes of each message were written out; fail where one was twice."""
    envelopes = [path.read_bytes() for path in sandbox_outbox(folder).glob("*.eml")]
    assert len(set(envelopes)) == len(envelopes)
    return Counter(parse_message(data).get("message-id") for data in envelopes)


@pytest.mark.timeout(240)
def test_a_sender_that_is_killed_at_any_moment_sends_once_or_says_that_it_is_uncertain(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    build_sandbox(folder, now=datetime.now().astimezone())
    uncertain = dict[str, OutboxEntry]()
    for _ in range(_TRIALS):
        kill_sender(folder, random.uniform(0, _MOST))
        session = open_sandbox(folder)
        for entry in session.outbox.entries():
            report = session.outbox.send(entry.name, on_progress=str)
            if not report.complete:
                assert entry.standing is Standing.UNCERTAIN
                uncertain[entry.message_id] = entry
        left = session.autosave.left()
        session.close()
        counts = arrived(folder)
        assert {name for name, count in counts.items() if count != 2} <= uncertain.keys()
        # A draft stays where its message was not in the outbox yet, and nowhere else.
        assert len(left) <= _TRIALS
    assert sum(arrived(folder).values()) > 0
    for message_id, entry in uncertain.items():
        assert len(entry.left) <= arrived(folder)[message_id] <= len(entry.left) + 1
