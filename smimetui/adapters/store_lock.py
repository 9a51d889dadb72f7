"""One change at a time, over all processes, and a stamp that tells the others that something changed."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock

from filelock import FileLock, Timeout

from smimetui.adapters.atomic_file import private_folder, write_atomically
from smimetui.model.errors import StoreUnavailableError

_CHANGING = "changing"
_PATIENCE = 30.0
"""Seconds; a change of the book takes well under one."""


class StoreLock:
    """A lock file and a stamp in `folder`. The lock goes with its process, however that ends."""

    def __init__(self, folder: Path, name: str = "store", patience: float = _PATIENCE) -> None:
        self._folder = folder
        self._stamp = folder / f"{name}.stamp"
        self._moved = folder / f"{name}.moved"
        self._era = self._era_now()
        self._file = FileLock(
            folder / f"{name}.lock", timeout=patience, mode=0o600, thread_local=False, poll_interval=0.01
        )
        self._threads = RLock()

    @property
    def used(self) -> bool:
        """Something was stored under this lock before."""
        return self._stamp.exists()

    def stamp(self) -> str | None:
        """Return a text that differs after each change; None while one is under way, or after a kill in the midst."""
        try:
            stamp = self._stamp.read_text("ascii", "replace")
        except FileNotFoundError:
            return ""
        except OSError:
            return None
        return None if stamp == _CHANGING else stamp

    @contextmanager
    def changing(self) -> Iterator[Callable[[], None]]:
        """Hold the lock for one change; yield what to call when nothing that others look at was changed after all.

        Raises StoreUnavailableError when the lock is not to be had.
        """
        new = secrets.token_hex(16)

        def unchanged() -> None:
            nonlocal new
            new = before or new

        with self.held():
            before = self.stamp()
            self._mark(_CHANGING)
            try:
                yield unchanged
            finally:
                self._mark(new)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock to read. Raises StoreUnavailableError when it is not to be had, or what it guards moved."""
        with self._threads:
            try:
                private_folder(self._folder)
                self._file.acquire()
            except Timeout as error:
                raise StoreUnavailableError(
                    "another smimetui is changing the store and does not finish",
                    f"see who holds {self._file.lock_file}",
                ) from error
            except OSError as error:
                raise StoreUnavailableError(
                    f"the lock file {self._file.lock_file} cannot be used: {error.strerror}"
                ) from error
            try:
                self.check()
                yield
            finally:
                self._file.release()

    def check(self) -> None:
        """Raise StoreUnavailableError where what is guarded moved away since this lock was made."""
        if self._era_now() != self._era:
            raise StoreUnavailableError(
                "your certificates and keys were moved to another store meanwhile", "start smimetui again"
            )

    def end_era(self) -> None:
        """Shut out every lock made before, but this one. Raises StoreUnavailableError; call it under the lock."""
        era = secrets.token_hex(16)
        try:
            write_atomically(self._moved, era.encode())
        except OSError as error:
            raise StoreUnavailableError(f"{self._moved} cannot be written: {error.strerror}") from error
        self._era = era

    def forget(self) -> None:
        """Be as if nothing had ever been stored under this lock."""
        with suppress(OSError):
            self._stamp.unlink(missing_ok=True)

    def _era_now(self) -> str:
        try:
            return self._moved.read_text("ascii", "replace")
        except OSError:
            return ""

    def _mark(self, stamp: str) -> None:
        # A stamp that cannot be written costs others a stale view, not a lost change: the change re-reads.
        with suppress(OSError):
            self._stamp.write_text(stamp, "ascii")
