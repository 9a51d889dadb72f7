"""Whether a sandbox is there: what a start must know before its first frame, and nothing else."""

import json
from pathlib import Path

VERSION = 2
"""Raised with every change of what a sandbox holds, so that old ones are built anew."""
MARKER = "sandbox.json"


def is_current(folder: Path) -> bool:
    """Return whether `folder` holds a whole sandbox of this version; the marker is written last."""
    try:
        marker = json.loads((folder / MARKER).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(marker, dict) and marker.get("version") == VERSION
