"""The last barrier before the terminal: what would act on it is not sent, whichever widget let it through.

Text of others is made printable where it is put on a screen (`model.display`). This holds where that was forgotten.
"""

import re

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_ACTS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff\ud800-\udfff\U000e0000-\U000e0fff]"
)
"""Controls, among them those of direction; and halves of characters, which no terminal can be sent."""


class Harmless(LineFilter):
    """Shows each such character as U+FFFD where it was given a cell, and leaves it out where it was not."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the line as it may be sent; the same one where there is nothing to hold back."""
        del background
        if all(segment.text.isprintable() or _ACTS.search(segment.text) is None for segment in segments):
            return segments
        return [Segment(_ACTS.sub(_shown, segment.text), segment.style) for segment in segments]


def _shown(found: re.Match[str]) -> str:
    return "\N{REPLACEMENT CHARACTER}" * cell_len(found[0])
