"""Runs the real command line in this process, with standard streams of its own."""

import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from smimetui.__main__ import main


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    raw: bytes
    err: str

    @property
    def out(self) -> str:
        return self.raw.decode()

    @property
    def json(self) -> object:
        return json.loads(self.raw)


def smimetui(*arguments: object, stdin: bytes = b"") -> Done:
    """Run `smimetui ARGUMENTS` without a terminal and return its exit code and what it printed."""
    with _streams(stdin) as (out, err):
        code = main([str(argument) for argument in arguments])
        sys.stdout.flush()
        sys.stderr.flush()
        return Done(code, out.getvalue(), err.getvalue().decode())


@contextmanager
def _streams(stdin: bytes) -> Iterator[tuple[io.BytesIO, io.BytesIO]]:
    out, err = io.BytesIO(), io.BytesIO()
    streams = {
        "stdin": io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"),
        "stdout": io.TextIOWrapper(out, encoding="utf-8"),
        "stderr": io.TextIOWrapper(err, encoding="utf-8"),
    }
    with patch.multiple(sys, **streams):
        yield out, err


def one_line(text: str) -> bool:
    return text.count("\n") == 1 and text.startswith("smimetui: ") and "Traceback" not in text


def letter(folder: Path, name: str) -> Path:
    """Return the file of a message in the sandbox by its speaking name."""
    (found,) = [path for path in (folder / "mail").rglob("*") if f".{name}." in path.name]
    return found
