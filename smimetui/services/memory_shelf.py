"""Shelves for where nothing may be left on the disk: they go with the process."""

import threading
from dataclasses import field

from smimetui.model.value import dataclass
from smimetui.services.ports import Shelf


class MemoryShelf:
    """Shelf in memory. Safe for several threads."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}
        self._held: set[str] = set()
        self._lock = threading.Lock()

    def names(self) -> tuple[str, ...]:
        """Return what is there, oldest first."""
        with self._lock:
            return tuple(self._files)

    def read(self, name: str) -> bytes | None:
        """Return a file; None if it is not there."""
        with self._lock:
            return self._files.get(name)

    def write(self, name: str, data: bytes) -> None:
        """Keep a file."""
        with self._lock:
            self._files[name] = data

    def remove(self, name: str) -> None:
        """Remove a file; does nothing if it is not there."""
        with self._lock:
            self._files.pop(name, None)

    def claim(self, name: str) -> bool:
        """Hold a name until `release`; False if it is held."""
        with self._lock:
            if name in self._held:
                return False
            self._held.add(name)
            return True

    def release(self, name: str) -> None:
        """Hold a name no more; does nothing if it is not held."""
        with self._lock:
            self._held.discard(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelves:
    """Where drafts and outgoing messages are kept on this machine; in memory unless it is said where."""

    drafts: Shelf = field(default_factory=MemoryShelf)
    outbox: Shelf = field(default_factory=MemoryShelf)
