"""`python -m tests.benchmarks.message_list`: a mailbox of 100,000 messages against one of 100, and against neomutt.

The real programs in ptys of 80 by 24, by turns: from the start until the newest message stands there, at the first
start and with the headers kept; then the time from Page Down, or from a search's last letter, until its row stands
there. Printed: the minimum and the median in milliseconds, and ratios of the minima. neomutt runs with a header cache
of its own; without neomutt its lines are missing.
"""

import argparse
import asyncio
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from smimetui.adapters.maildir import Maildir
from smimetui.adapters.settings import AccountSettings, change_settings, with_account
from smimetui.ui.screens.mail_list import MailListScreen
from tests.benchmarks.first_frame import Run
from tests.services.world import make_world
from tests.ui.stage import stage

FEW, MANY = 100, 100_000
_START = datetime(2020, 1, 1, tzinfo=UTC)
_PAGE_DOWN = b"\x1b[6~"
_PAUSE = 0.25
"""Seconds between two keys, in which what a page brought behind the screen is done."""


def fill(root: Path, messages: int) -> None:
    """Make a Maildir of unsigned messages, one each 20 minutes."""
    for name in ("cur", "new", "tmp"):
        (root / name).mkdir(parents=True)
    for number in range(messages):
        date = _START + timedelta(minutes=20 * number)
        head = f"From: Person {number % 500} <p{number % 500}@corp.example>\nSubject: message {number:06}.\n"
        head += f"Date: {format_datetime(date)}\nMessage-ID: <{number}@corp.example>\n"
        name = f"{date.timestamp():.0f}.M{number}.host:2,{'S' if number % 7 else ''}"
        (root / "cur" / name).write_text(f"{head}To: alice@corp.example\n\nbody of {number}\n")


class Side:
    """One program on one mailbox."""

    def __init__(self, mail: Path, folder: Path, messages: int, *, neomutt: bool = False) -> None:
        self._messages, self._neomutt = messages, neomutt
        self._mail = mail / f"mail-{messages}"
        self._home = folder / f"home-{messages}-{neomutt}"
        self.name = f"{'neomutt' if neomutt else 'smimetui'}, {messages:,}"
        if not self._mail.exists():
            fill(self._mail, messages)
        self._home.mkdir()
        if neomutt:
            (self._home / "headers").mkdir()
            lines = (f"set header_cache={self._home}/headers", "set sort=reverse-date", f"set spoolfile={self._mail}")
            lines = ("set mbox_type=Maildir", f"set folder={self._mail}", *lines)
            (self._home / "rc").write_text("\n".join(lines) + "\n")
        else:
            account = AccountSettings(address="alice@corp.example", path=str(self._mail))
            change_settings(self._home / "CONFIG/smimetui/settings.toml", lambda known: with_account(known, account))

    @property
    def _environment(self) -> Mapping[str, str]:
        usual = dict(os.environ, TERM="xterm-256color", COLORTERM="truecolor", LANG="C.UTF-8", HOME=str(self._home))
        usual.pop("PYTHONDONTWRITEBYTECODE", None)
        return usual | {f"XDG_{kind}_HOME": f"{self._home}/{kind}" for kind in ("DATA", "CONFIG", "STATE", "CACHE")}

    def row(self, number: int) -> bytes:
        """What the row of a message says, the newest being 0."""
        return f"message {self._messages - 1 - number:06}.".encode()

    @contextmanager
    def running(self) -> Iterator[Run]:
        """Run the program."""
        command = ["neomutt", "-n", "-F", str(self._home / "rc"), "-f", str(self._mail)]
        run = Run(command if self._neomutt else [sys.executable, "-m", "smimetui"], self._environment)
        try:
            yield run
        finally:
            run.kill()

    def opened(self) -> float:
        """Milliseconds until the newest message is seen."""
        with self.running() as run:
            return run.until(self.row(0)) * 1000

    def settle(self) -> float:
        """Run until every header is kept, as far as that shows; return the memory in MB."""
        with self.running() as run:
            run.until(self.row(0))
            for _ in range(8 if self._messages == MANY and not self._neomutt else 1):
                run.settle()
            return run.memory() / 1e6

    def paged(self, pages: int) -> list[float]:
        """Milliseconds from Page Down to the row it leads to, page by page."""
        taken = []
        with self.running() as run:
            run.until(self.row(0))
            run.settle()
            # What is said at the start goes with the selection, and its second line becomes a row.
            for key in (b"j", b"j", b"k", b"k"):
                run.press(key)
                run.settle()
            for page in range(1, pages + 1):
                time.sleep(_PAUSE)
                run.press(_PAGE_DOWN)
                taken.append(run.until(self.row(page * _LINES)) * 1000)
        return taken

    async def drawn(self, pages: int) -> list[float]:
        """Milliseconds to handle Page Down and draw its lines, without Textual's wait for its next frame."""
        mailbox = Maildir(self._mail, self._home / "CACHE/smimetui/headers")
        session = replace(make_world().session, mailbox=mailbox)
        taken = []
        async with stage(session) as on:
            await on.sees("message")
            screen = on.app.screen
            assert isinstance(screen, MailListScreen)
            for _ in range(pages):
                began = time.perf_counter()
                screen.rows.action_page(1)
                for line in range(screen.rows.size.height):
                    screen.rows.render_line(line)
                taken.append((time.perf_counter() - began) * 1000)
                await on.pilot.pause(_PAUSE)
        return taken

    def found(self, number: int) -> float:
        """Milliseconds from the last letter of a search until its only match is seen."""
        with self.running() as run:
            run.until(self.row(0))
            run.settle()
            text = self.row(number).removesuffix(b".")
            run.press(b"/")
            for letter in text:
                time.sleep(_PAUSE)
                run.press(bytes([letter]))
            return run.until(b"1 found") * 1000


_LINES = 18
"""Rows that Page Down goes on by at 24 lines."""


def main(arguments: list[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.message_list")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--pages", type=int, default=30)
    parser.add_argument("--mail", type=Path, help="a folder that keeps the mailboxes from one run to the next")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        mail = given.mail or Path(name)
        few, many = sides = [Side(mail, Path(name), messages) for messages in (FEW, MANY)]
        if shutil.which("neomutt"):
            sides.append(Side(mail, Path(name), MANY, neomutt=True))
        cold = {side.name: side.opened() for side in sides}
        memory = {side.name: side.settle() for side in sides}
        warm: dict[str, list[float]] = {side.name: [] for side in sides}
        for _ in range(given.rounds):
            for side in sides:
                warm[side.name].append(side.opened())
        for side in sides:
            best, middle = min(warm[side.name]), statistics.median(warm[side.name])
            print(f"{side.name:18} first page {best:5.0f} ms at best, {middle:5.0f} median; ", end="")
            print(f"the first time ever {cold[side.name]:.0f}; memory {memory[side.name]:.0f} MB")
        print(f"ratio of 100,000 to 100: {min(warm[many.name]) / min(warm[few.name]):.2f}")
        pages = many.paged(given.pages)
        print(f"page-down: p50 {statistics.median(pages):.1f} ms, most {max(pages):.1f}, least {min(pages):.1f}")
        drawn = asyncio.run(many.drawn(given.pages))
        print(f"handled and drawn: p50 {statistics.median(drawn):.1f} ms, most {max(drawn):.1f}")
        print(f"search for the oldest of 100,000: {many.found(MANY - 8):.0f} ms after the last letter")


if __name__ == "__main__":
    main(sys.argv[1:])
