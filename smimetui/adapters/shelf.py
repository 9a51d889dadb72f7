"""A folder of files that are replaced whole, and locks on their names that go with the process, however it ends."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

from smimetui.adapters.atomic_file import private_folder, remove_leftovers, write_atomically
from smimetui.adapters.folders import Folders
from smimetui.model.errors import StoreError
from smimetui.services.memory_shelf import Shelves

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,100}")


class FolderShelf:
    """Shelf over `folder` (0700), made when something is first put there. Safe for several threads and processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[str, object] = {}
        self._lock = Lock()

    def names(self) -> tuple[str, ...]:
        """Return what is there, oldest first; what others put into the folder is left alone."""
        found = []
        with self._translated("read"), suppress(FileNotFoundError):
            for path in self._folder.iterdir():
                with suppress(FileNotFoundError):  # removed by another window meanwhile
                    if _NAME.fullmatch(path.name) and path.is_file():
                        found.append((path.stat().st_mtime_ns, path.name))
        return tuple(name for _, name in sorted(found))

    def read(self, name: str) -> bytes | None:
        """Return a file; None if it is not there."""
        with self._translated("read"):
            try:
                return self._path(name).read_bytes()
            except FileNotFoundError:
                return None

    def write(self, name: str, data: bytes) -> None:
        """Keep a file, on disk when this returns."""
        with self._translated("written"):
            private_folder(self._folder)
            write_atomically(self._path(name), data)

    def remove(self, name: str) -> None:
        """Remove a file, and what a kill in the midst of writing it left; does nothing if it is not there."""
        with self._translated("written"):
            self._path(name).unlink(missing_ok=True)
            remove_leftovers(self._path(name))

    def claim(self, name: str) -> bool:
        """Hold a name by the lock of a file beside it; False if another window or process holds it."""
        from filelock import FileLock, Timeout

        with self._lock, self._translated("written"):
            if name in self._held:
                return False
            private_folder(self._folder)
            lock = FileLock(self._lock_file(name), timeout=0, mode=0o600, thread_local=False)
            try:
                lock.acquire()
            except Timeout:
                return False
            self._held[name] = lock
            return True

    def release(self, name: str) -> None:
        """Hold a name no more; does nothing if it is not held here."""
        from filelock import FileLock

        with self._lock:
            lock = self._held.pop(name, None)
            if isinstance(lock, FileLock):
                # While it is held: another's lock on the same file is never taken away.
                with suppress(OSError):
                    self._lock_file(name).unlink(missing_ok=True)
                lock.release()

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise StoreError(f"{self._folder} keeps nothing under such a name")
        return self._folder / name

    def _lock_file(self, name: str) -> Path:
        return self._path(name).with_name(f".{name}.lock")

    @contextmanager
    def _translated(self, done: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(f"the folder {self._folder} cannot be {done}: {error.strerror}") from error


def shelves_in(folders: Folders) -> Shelves:
    """Return where drafts and outgoing messages lie on the disk."""
    return Shelves(drafts=FolderShelf(folders.drafts), outbox=FolderShelf(folders.outbox))
