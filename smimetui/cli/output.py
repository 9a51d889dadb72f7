"""What the commands print: text made safe, JSON in pure ASCII, errors on one line."""

import sys

from smimetui.model.display import printable, printable_line


def print_json(value: object) -> None:
    """Print one JSON value; escaped to ASCII, so that no locale breaks it and no terminal acts on it."""
    import json

    sys.stdout.write(json.dumps(value, ensure_ascii=True, indent=2) + "\n")


def print_text(text: str) -> None:
    """Print text of which any part may come from others."""
    sys.stdout.write(printable(text).rstrip("\n") + "\n")


def print_bytes(data: bytes) -> None:
    """Write bytes to standard output as they are."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def complain(text: str) -> None:
    """Print one line on standard error, with the program's name before it."""
    sys.stderr.write(f"smimetui: {printable_line(text)}\n")


def remark(text: str) -> None:
    """Print one line on standard error as it is: a list of reasons, a note."""
    sys.stderr.write(f"{printable_line(text)}\n")
