"""Gives memory that was freed back to the system: glibc keeps it after megabytes came and went."""

import sys
from contextlib import suppress
from typing import Any

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_LARGE = 1 << 20


def give_back() -> None:
    """Trim the heap; takes a millisecond, and does nothing where the C library has no such call."""
    _glibc("malloc_trim", 0)


def give_large_blocks_back_at_once() -> None:
    """From now on, in this process; else threads keep megabytes for themselves that no trimming reaches."""
    _glibc("mallopt", _MMAP_THRESHOLD, _LARGE)
    _glibc("mallopt", _TRIM_THRESHOLD, 2 * _LARGE)


def _glibc(name: str, *arguments: int) -> None:
    if sys.platform == "linux":
        import ctypes

        with suppress(OSError, AttributeError):
            call: Any = getattr(ctypes.CDLL(None), name)
            call(*arguments)
