"""`python -m tests.benchmarks.first_frame`: how long a person waits for the composer, against a bare Textual app.

Both run in a pty of 80 by 24, by turns; the clock stops when the title and the last line of the screen stand there.
The bare app has the composer's tree of widgets in Textual's own kinds, hardly a style, and no behaviour.
Printed: minimum and median of each in milliseconds, waiting and processor time, and the ratio of the minima. Then the
composer's memory (RSS) before a mail server is spoken to, and how long quitting takes.
"""

import argparse
import os
import pty
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from fcntl import ioctl
from pathlib import Path

_BARE = """
from textual.app import App
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static, TextArea


class Bare(App):
    CSS = "Horizontal, Vertical { height: auto } Static { width: 10 } .wide { width: 1fr } TextArea { height: 1fr }"

    def compose(self):
        with Vertical():
            yield Horizontal(Static("Cancel"), Static("New Message", classes="wide"), Static("Send"))
            yield Static("Encrypted", classes="wide")
        with Vertical():
            for name in ("To", "Cc", "Bcc"):
                field = Vertical(Static("", classes="wide"), Input(compact=True), classes="wide")
                yield Horizontal(Static(name), field, Static(""))
            yield Horizontal(Static("From"), Static("alice", classes="wide"), Static("signed"))
            yield Horizontal(Static("Subject"), Input(compact=True))
            yield Horizontal(Static("Files"), Horizontal())
        yield Static("-" * 80, classes="wide")
        yield TextArea(compact=True)
        yield Vertical()
        yield Vertical(Static("status", classes="wide"), Static("More", classes="wide"))


Bare().run()
"""
_OURS = [sys.executable, "-m", "smimetui", "demo", "compose"]
_LAST = b"More"
"""The last line of both: the keys."""
_PATIENCE = 20.0


class Run:
    """One process in a pty."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._master, slave = pty.openpty()
        ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self._began = time.perf_counter()
        self._process = subprocess.Popen(
            # With a terminal of its own the process ends when the benchmark is killed.
            ["setsid", "--ctty", *command],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=dict(environment),
        )
        os.close(slave)

    def first_frame(self) -> float:
        """Seconds until the last line of the screen is painted."""
        return self.until(_LAST)

    def until(self, wanted: bytes) -> float:
        """Seconds from the start, or from the last key, until some octets have arrived."""
        seen = b""
        while wanted not in seen:
            if not select.select([self._master], [], [], _PATIENCE)[0]:
                raise SystemExit(f"never came: {wanted!r} in {seen[-400:]!r}")
            seen += os.read(self._master, 65536)
        return time.perf_counter() - self._began

    def press(self, key: bytes) -> None:
        """Send a key, once what came before it is read."""
        while select.select([self._master], [], [], 0)[0]:
            os.read(self._master, 65536)
        self._began = time.perf_counter()
        os.write(self._master, key)

    def processor(self) -> float:
        """Seconds of processor time until now, all threads: what other work on the machine does not stretch much."""
        threads = Path(f"/proc/{self._process.pid}/task").iterdir()
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9

    def memory(self) -> int:
        """Resident octets."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS"))

    def settle(self) -> None:
        """Read for three seconds: the session has opened by then, and the cursor blinks for ever."""
        end = time.perf_counter() + 3
        while (left := end - time.perf_counter()) > 0:
            if select.select([self._master], [], [], left)[0]:
                os.read(self._master, 65536)

    def quit(self) -> float:
        """Seconds from the key to the end."""
        began = time.perf_counter()
        os.write(self._master, b"\x11")
        while self._process.poll() is None:
            if select.select([self._master], [], [], 0.01)[0]:
                with suppress(OSError):
                    os.read(self._master, 65536)
            if time.perf_counter() - began > _PATIENCE:
                raise SystemExit("it does not quit")
        return time.perf_counter() - began

    def kill(self) -> None:
        """End it at once."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._master)


def main(arguments: list[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.first_frame")
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args(arguments).rounds
    with tempfile.TemporaryDirectory() as folder:
        environment = dict(os.environ, TERM="xterm-256color", COLORTERM="truecolor", LANG="C.UTF-8")
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        environment |= {f"XDG_{kind}_HOME": f"{folder}/{kind}" for kind in ("DATA", "CONFIG", "STATE", "CACHE")}
        bare = Path(folder, "bare.py")
        bare.write_text(_BARE)
        sides = {"bare Textual": [sys.executable, str(bare)], "smimetui compose": _OURS}
        waits: dict[str, list[float]] = {name: [] for name in sides}
        works: dict[str, list[float]] = {name: [] for name in sides}
        for turn in range(rounds + 1):
            for name, command in sides.items():
                run = Run(command, environment)
                taken, work = run.first_frame(), run.processor()
                run.kill()
                if turn:  # the first one compiles, and builds the sandbox
                    waits[name].append(taken * 1000)
                    works[name].append(work * 1000)
        for what, found in (("first frame", waits), ("processor until then", works)):
            for name, taken_ms in found.items():
                print(f"{name:18} {what} {min(taken_ms):4.0f} ms at best, {statistics.median(taken_ms):4.0f} median")
            print(f"ratio {min(found['smimetui compose']) / min(found['bare Textual']):.2f}")
        run = Run(_OURS, environment)
        run.first_frame()
        run.settle()
        print(f"memory {run.memory() / 1e6:.0f} MB, quit in {run.quit():.2f} s")
        run.kill()


if __name__ == "__main__":
    main(sys.argv[1:])
