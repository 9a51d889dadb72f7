"""Whether the terminal is light or dark: what it says in COLORFGBG, or answers before the screen is taken over."""

import os
import re
import select
import sys
import time
from collections.abc import Mapping

_SECONDS = 1.0
"""How long an answer is waited for. One that came later would be taken for typed keys."""
_QUERY = b"\x1b]11;?\x1b\\\x1b[c"
"""The background's colour (OSC 11), and what every terminal answers (DA1): then no other answer is to come."""
_LIGHT_INDEXES = {"7", "15"}


def is_light(environment: Mapping[str, str] = os.environ) -> bool | None:
    """Return what is known of the terminal's background; None where it does not say. Before the app runs only."""
    told = told_by(environment)
    if told is not None or environment.get("TERM") in {None, "", "dumb", "linux"}:
        return told
    return read_colour(_asked())


def told_by(environment: Mapping[str, str]) -> bool | None:
    """Return what COLORFGBG says: `15;0` is light on dark."""
    last = environment.get("COLORFGBG", "").rpartition(";")[2]
    return last in _LIGHT_INDEXES if last.isdecimal() else None


def read_colour(answer: bytes) -> bool | None:
    """Tell whether the colour in an answer to OSC 11 is a light one: `rgb:ffff/ffff/ffff`, one to four digits each."""
    found = re.search(rb"\]11;rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})", answer)
    if found is None:
        return None
    red, green, blue = (int(digits, 16) / (16 ** len(digits) - 1) for digits in found.groups())
    # Luma, ITU-R BT.601.
    luma: float = 0.299 * red + 0.587 * green + 0.114 * blue
    return luma > 0.5  # noqa: PLR2004 - the middle


def _asked() -> bytes:
    """Return what the terminal answers; nothing where there is none."""
    try:
        import termios
        import tty

        source, target = sys.__stdin__, sys.__stderr__
        if source is None or target is None or not source.isatty() or not target.isatty():
            return b""
        before = termios.tcgetattr(source)
        try:
            tty.setcbreak(source, termios.TCSANOW)
            os.write(target.fileno(), _QUERY)
            return _read(source.fileno())
        finally:
            termios.tcsetattr(source, termios.TCSANOW, before)
    except (ImportError, OSError, ValueError):
        return b""


def _read(source: int) -> bytes:
    answer, end = b"", time.monotonic() + _SECONDS
    while not re.search(rb"\x1b\[\?[0-9;]*c", answer):
        left = end - time.monotonic()
        if left <= 0 or not select.select([source], [], [], left)[0]:
            break
        answer += os.read(source, 1024)
    return answer
