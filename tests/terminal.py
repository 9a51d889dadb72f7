"""The real program in a real pty, seen through a terminal emulator."""

import os
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect
import pyte

KEYS = {
    "f1": "\x1bOP",
    "f2": "\x1bOQ",
    "f5": "\x1b[15~",
    "f6": "\x1b[17~",
    "f7": "\x1b[18~",
    "enter": "\r",
    "tab": "\t",
    "escape": "\x1b",
    "down": "\x1b[B",
    "up": "\x1b[A",
    "backspace": "\x7f",
    "ctrl+q": "\x11",
}
_PATIENCE = 30.0


class Terminal:
    """A pty of a given size with the program in it."""

    def __init__(self, child: "pexpect.spawn[bytes]", columns: int, lines: int) -> None:
        self._child = child
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self.received = b""
        """Every byte that reached the terminal."""
        self.moments: list[tuple[float, bytes]] = []
        """When what reached it, in seconds of a clock; nothing where keys were pressed."""

    def press(self, *keys: str) -> None:
        """Send keys by name, or text as it is."""
        self.moments.append((time.monotonic(), b""))
        for key in keys:
            self._child.send(KEYS.get(key, key))
            if key == "escape":
                # A terminal cannot tell Esc from the beginning of another key until nothing follows for a while.
                self._drain()

    @property
    def process(self) -> int:
        """The number of the process that the shell became."""
        return self._child.pid

    @property
    def text(self) -> str:
        """What stands on the screen."""
        return "\n".join(line.rstrip() for line in self._screen.display)

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Read until a condition holds."""
        deadline = time.monotonic() + _PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"never happened: {what}\n{self.text}")
            self._read()

    def sees(self, text: str) -> None:
        """Read until a text stands on the screen."""
        self.until(lambda: text in self.text, f"“{text}” on the screen")

    def ends(self) -> int:
        """Read until the program ends, and return its exit code."""
        self._child.expect(pexpect.EOF, timeout=_PATIENCE)
        self.received += self._child.before or b""
        self._child.close()
        return int(self._child.exitstatus if self._child.exitstatus is not None else 128)

    def _drain(self) -> None:
        while self._read(0.3):
            pass

    def _read(self, timeout: float = 0.1) -> bool:
        try:
            data = self._child.read_nonblocking(65536, timeout=timeout)
        except pexpect.TIMEOUT:
            return False
        except pexpect.EOF as error:
            raise AssertionError(f"the program ended\n{self.text}\n{self.received[-2000:]!r}") from error
        self.received += data
        self.moments.append((time.monotonic(), data))
        # pyte takes sequences with a "<", ">" or "=" marker for others: they are for the terminal, not the screen.
        self._stream.feed(data)
        return True


@contextmanager
def terminal(
    *arguments: object, columns: int = 80, lines: int = 24, stdin: Path | None = None, **environment: str
) -> Iterator[Terminal]:
    """Run `smimetui` with these arguments until the block ends."""
    feed = f" < {shlex.quote(str(stdin))}" if stdin else ""
    with in_shell(f"exec {smimetui_command(*arguments)}{feed}", columns=columns, lines=lines, **environment) as running:
        yield running


def smimetui_command(*arguments: object) -> str:
    """Return the shell command of `smimetui` with these arguments."""
    return shlex.join([sys.executable, "-m", "smimetui", *map(str, arguments)])


@contextmanager
def in_shell(command: str, *, columns: int = 80, lines: int = 24, **environment: str) -> Iterator[Terminal]:
    """Run a shell command in a pty until the block ends."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("TEXTUAL", "COLORTERM"))}
    env |= {"TERM": "xterm-256color", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"} | environment
    child = pexpect.spawn("/bin/sh", ["-c", command], dimensions=(lines, columns), env=env, timeout=_PATIENCE)
    try:
        yield Terminal(child, columns, lines)
    finally:
        child.close(force=True)
