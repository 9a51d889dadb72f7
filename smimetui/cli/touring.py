"""`demo --tour`'s work: the tour on the terminal or as text, and the proof that what it sent is what it wrote."""

import sys
from pathlib import Path

from smimetui.cli.exits import CANNOT, DONE
from smimetui.cli.input import on_terminal
from smimetui.cli.output import complain, print_text
from smimetui.cli.world import World
from smimetui.model.display import printable
from smimetui.model.errors import FormatError
from smimetui.ui.start import ShowList


def play_tour(world: World, outbox: Path) -> int:
    """Play the main job, then open the message in `outbox` as its reader would; exit 0 only if all of it holds."""
    from smimetui.ui.tour import BODY, SUBJECT, TourFailedError, run_tour

    # Textual takes sys.stdout away while the app runs.
    out = sys.stdout

    def print_screen(caption: str, screen: str) -> None:
        rule = "─" * 80
        out.write(printable(f"\n{caption}\n{rule}\n{screen}\n{rule}\n"))

    try:
        run_tour(world.app(ShowList()), on_screen=None if on_terminal() else print_screen)
    except TourFailedError as failure:
        complain(str(failure).partition("\n")[0])
        return CANNOT
    sent = sorted(outbox.glob("*.eml"))
    if len(sent) != 1:
        raise FormatError(f"the tour sent one message, and the outbox holds {len(sent)}")
    opened = world.session(None).reader.open(sent[0].read_bytes())
    encrypted = opened.encryption is not None and opened.encryption.decrypted
    if not encrypted or opened.headers.subject != SUBJECT or opened.body.strip() != BODY:
        raise FormatError("the message in the outbox is not the encrypted one that the tour wrote")
    print_text(f"The tour is over. What it sent is in {sent[0]}, encrypted, and opens as it was written.")
    return DONE
