"""Files that are replaced whole: a reader, or a kill at any moment, meets the old bytes or the new ones."""

import os
import secrets
from contextlib import suppress
from pathlib import Path


def private_folder(folder: Path) -> Path:
    """Create `folder` for its owner alone (0700), parents included, or leave the one there as it is."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except FileNotFoundError:
        # Not by `parents`: those it makes are everybody's to read.
        private_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def write_atomically(path: Path, data: bytes) -> None:
    """Write `data` to `path` (0600), on disk when this returns; a symbolic link at `path` is replaced, not followed.

    Raises OSError; what was there then stays.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def remove_leftovers(path: Path) -> None:
    """Remove what a killed `write_atomically` to `path` left; only under a lock that keeps other writers away."""
    with suppress(OSError):
        for leftover in path.parent.glob(f".{path.name}.*.tmp"):
            leftover.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` last through a power cut, where the system can."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
