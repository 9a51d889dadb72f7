"""kill -9 in the midst of writing and of the countdown, in a real pty: nothing is lost, nothing is sent twice."""

import os
import signal
import time
from pathlib import Path

import pytest

from smimetui.__main__ import Sandbox
from smimetui.adapters.folders import own_folders
from tests.terminal import Terminal, terminal

SECRET = "Meet me at the old mill at noon."
_AT_MOST = 5.0
"""Seconds of typing that a kill may take."""


def sandbox() -> Sandbox:
    return Sandbox(own_folders().data / "demo")


def settings(undo_send: int) -> None:
    """Build the sandbox, with so many seconds to take a message back."""
    with terminal("demo") as on:
        on.sees("Signed contract")
        on.press("ctrl+q")
        on.ends()
    file = sandbox().folder / "config" / "settings.toml"
    file.write_text(f"undo_send = {undo_send}\n{file.read_text()}")


def kill(on: Terminal) -> None:
    os.kill(on.process, signal.SIGKILL)
    on.ends()


def write(on: Terminal) -> None:
    on.sees("Signed contract")
    on.press("c")
    on.sees("New Message")
    on.press("bob@corp.example,")
    on.until(lambda: "Encrypted" in on.text and "Unable" not in on.text, "Encrypted")
    on.press("tab", "tab", "tab", "The mill", "enter", SECRET)
    on.sees(SECRET)


def files_with(text: bytes, folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and text in path.read_bytes()]


@pytest.mark.timeout(180)
def test_what_was_typed_is_there_after_a_kill_and_was_never_on_the_disk_in_plain_text(own_world: Path) -> None:
    with terminal("demo") as on:
        write(on)
        typed_at = time.monotonic()
        on.until(lambda: time.monotonic() > typed_at + _AT_MOST, "the most that a kill may take")
        kill(on)
    for text in (SECRET.encode(), b"The mill", b"mill at noon"):
        assert files_with(text, own_world) == []
    with terminal("demo") as on:
        on.sees("A draft was recovered")
        on.press("m")
        on.sees("Recovered Drafts")
        on.press(*["down"] * 4, "enter")
        on.sees("The mill: ")
        on.press("enter")
        on.sees(SECRET)
        on.until(lambda: "bob@corp.example" in on.text and "Encrypted" in on.text, "the recipient and the lock")
        on.press("ctrl+q")
        assert on.ends() == 0
    assert files_with(SECRET.encode(), own_world) == []


@pytest.mark.timeout(240)
def test_a_message_killed_in_its_countdown_is_sent_once_by_the_next_start() -> None:
    settings(undo_send=20)
    with terminal("demo") as on:
        write(on)
        on.press("f5")
        on.sees("Sending in")
        kill(on)
    assert list(sandbox().outbox.glob("*.eml")) == []
    settings_file = sandbox().folder / "config" / "settings.toml"
    settings_file.write_text(settings_file.read_text().replace("undo_send = 20", "undo_send = 2"))
    for _ in range(2):
        with terminal("demo") as on:
            on.sees("Signed contract")
            on.until(lambda: len(list(sandbox().outbox.glob("*.eml"))) == 1, "the message is sent")
            on.until(lambda: "Sending" not in on.text, "the countdown is over")
            assert "recovered" not in on.text
            on.press("ctrl+q")
            on.ends()
    session = sandbox().session(None)
    (envelope,) = sandbox().outbox.glob("*.eml")
    assert session.reader.open(envelope.read_bytes()).body.rstrip() == SECRET
    assert session.outbox.entries() == ()
