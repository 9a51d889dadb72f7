"""The person's own editor on a text that must not stay on a disk.

The file is 0600 in a 0700 folder, in memory where the system has such a place, and gone when the editor ends. Whatever
a crash left is taken away at the next start; a folder counts as left behind when nobody holds its lock any more,
neither this program nor the editor it started.
"""

import fcntl
import os
import shlex
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from smimetui.adapters.atomic_file import private_folder
from smimetui.model.display import printable, printable_line
from smimetui.model.errors import ConfigError, SmimetuiError

_PREFIX = "smimetui-edit-"
_LOCK = ".lock"
_USUAL = ("nano", "vi")
_MOST_BYTES = 20_000_000
_LOOK = 1.0
"""Seconds between two looks at whether the editor has saved."""


class TextEditor:
    """Runs $VISUAL or $EDITOR. `folder` is where the file goes without a file system in memory."""

    def __init__(self, folder: Path, environment: Mapping[str, str] = os.environ) -> None:
        self._folder = folder
        self._environment = environment

    def edit(self, text: str, saved: Callable[[str], None] | None = None) -> str:
        """Return what the person made of a text, made printable; blocks, and has the terminal, until the editor ends.

        `saved` hears on another thread of what the editor saves meanwhile; it must not raise.
        Raises SmimetuiError where there is no editor, or it failed: then the text is what it was.
        """
        command = self._command()
        self.sweep()
        with self._private() as (folder, lock):
            file = folder / "message.txt"
            _write(file, text)
            with _watched(file, saved):
                code = _run([*command, str(file)], lock)
            after = _read(file)
            if after is None:
                raise SmimetuiError("the edited text cannot be read", "what was written before is still here")
            # An editor that was killed after it had saved leaves what was saved.
            if code > 0 or (code < 0 and after == text):
                raise SmimetuiError(f"{_name(command)} ended with {code}", "the text is as it was before")
        return after if text.endswith("\n") else after.removesuffix("\n")

    def sweep(self) -> None:
        """Take away what crashes left; never raises."""
        for place in self._places():
            with suppress(OSError):
                for folder in place.glob(f"{_PREFIX}*"):
                    _sweep(folder)

    def _command(self) -> list[str]:
        from shutil import which

        named = next((self._environment[name] for name in ("VISUAL", "EDITOR") if self._environment.get(name)), "")
        try:
            command = shlex.split(named)
        except ValueError as error:
            raise ConfigError(f"the editor “{printable_line(named)}” cannot be understood", "set EDITOR") from error
        if not command:
            command = [name for name in _USUAL if which(name, path=self._environment.get("PATH"))][:1]
        if not command:
            raise ConfigError("there is no editor here", "set EDITOR to the one you like")
        if which(command[0], path=self._environment.get("PATH")) is None:
            raise ConfigError(f"the editor {_name(command)} is not there", "set EDITOR to one that is")
        return command

    def _places(self) -> Iterator[Path]:
        """Yield where files may go, the best place first: folders in memory, that forget by themselves."""
        runtime = self._environment.get("XDG_RUNTIME_DIR")
        for place in (Path(runtime) if runtime else None, Path("/dev/shm")):  # noqa: S108 - a place in memory
            if place is not None and place.is_absolute() and os.access(place, os.W_OK):
                yield place
        yield self._folder

    @contextmanager
    def _private(self) -> Iterator[tuple[Path, int]]:
        """Make a folder for one file and hold its lock; both are gone afterwards."""
        with suppress(OSError):  # there may be a better place all the same
            private_folder(self._folder)
        for place in self._places():
            folder = place / f"{_PREFIX}{os.urandom(12).hex()}"
            try:
                folder.mkdir(mode=0o700)
                lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            except OSError:
                continue
            break
        else:
            raise SmimetuiError("there is no place for the editor's file", f"see whether {self._folder} can be written")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder, lock
        finally:
            os.close(lock)
            _remove(folder)


def _name(command: Sequence[str]) -> str:
    return printable_line(Path(command[0]).name)


def _write(file: Path, text: str) -> None:
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(text.encode("utf-8", "replace"))
    except OSError as error:
        raise SmimetuiError(f"the editor's file cannot be written: {error.strerror}") from error


def _run(command: list[str], lock: int) -> int:
    from subprocess import run

    try:
        # The editor holds the lock too: while it lives, its file is not taken from it.
        with _keys_for_the_editor():
            return run(command, check=False, pass_fds=(lock,)).returncode  # noqa: S603 - the person's own editor
    except OSError as error:
        raise SmimetuiError(f"{_name(command)} cannot be started: {error.strerror}") from error


@contextmanager
def _watched(file: Path, saved: Callable[[str], None] | None) -> Iterator[None]:
    if saved is None:
        yield
        return
    ended, first = threading.Event(), _stamp(file)

    def watch() -> None:
        seen = first
        while not ended.wait(_LOOK):
            before, seen = seen, _stamp(file)
            text = _read(file) if seen != before else None
            if text is not None:
                saved(text)

    thread = threading.Thread(target=watch, name="editor-watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _stamp(file: Path) -> tuple[int, int]:
    try:
        found = file.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


@contextmanager
def _keys_for_the_editor() -> Iterator[None]:
    r"""Let Ctrl+C and Ctrl+\ be the editor's alone: a terminal sends them to this program too, which would end."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # By handlers, not by ignoring: what is ignored here would be ignored in the editor, too.
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGQUIT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)


def _read(file: Path) -> str | None:
    try:
        with file.open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
    except OSError:
        return None
    return None if len(data) > _MOST_BYTES else printable(data.decode("utf-8", "replace"))


def _sweep(folder: Path) -> None:
    with suppress(OSError):
        if folder.is_symlink() or folder.stat().st_uid != os.getuid():
            return
        lock = _opened(folder / _LOCK)
        try:
            if lock is not None:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(folder)
        finally:
            if lock is not None:
                os.close(lock)


def _opened(path: Path) -> int | None:
    try:
        return os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None


def _remove(folder: Path) -> None:
    from shutil import rmtree

    rmtree(folder, ignore_errors=True)
