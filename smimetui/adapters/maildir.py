"""A Maildir++ as Mailbox: `Inbox` is the folder itself, the others are `.Sent`, `.Drafts`, `.Trash`, … in it.

Flags live in file names, so every change is one rename. Nothing is followed out of the folder: symbolic links, pipes
and devices in it are not there for us, whatever their names.
"""

import os
import re
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from errno import ELOOP, ENOENT
from itertools import count, islice
from pathlib import Path
from secrets import token_hex
from threading import RLock

from smimetui.adapters.atomic_file import sync_folder
from smimetui.adapters.header_scan import HEAD, Row, scan_header
from smimetui.model.errors import MailboxError
from smimetui.model.message import Summary
from smimetui.services.ports import Page

INBOX, DRAFTS, SENT, TRASH = STANDARD = ("Inbox", "Drafts", "Sent", "Trash")
_MOST_BYTES = 100_000_000
"""A message above this is not opened: it would take memory several times its size."""
_SUBFOLDERS = ("tmp", "new", "cur")
_OPEN = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_COUNTER = count()


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A message's place: its folder's subfolder, whole name, and uid (the name without its flags)."""

    subfolder: str
    name: str

    @property
    def uid(self) -> str:
        return self.name.partition(":2,")[0]

    @property
    def flags(self) -> str:
        return self.name.partition(":2,")[2]

    @property
    def seen(self) -> bool:
        return self.subfolder == "cur" and "S" in self.flags


class Maildir:
    """Mailbox over the folder `root`. Safe for several threads, and beside other programs that keep to Maildir."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._threads = RLock()
        self._rows: dict[str, dict[str, Row]] = {}
        self._places: dict[tuple[str, str], _File] = {}

    @classmethod
    def create(cls, root: Path) -> "Maildir":
        """Return a mailbox at `root` with its usual folders, made where they are missing. Raises MailboxError."""
        mailbox = cls(root)
        for folder in STANDARD:
            mailbox._make(folder)
        return mailbox

    def folders(self) -> tuple[str, ...]:
        """Return the folder names: `Inbox`, `Drafts`, `Sent`, `Trash`, then the others by name."""
        with self._translated("list its folders"), os.scandir(self._root) as entries:
            found = {
                entry.name[1:].replace(".", "/")
                for entry in entries
                if entry.name.startswith(".") and len(entry.name) > 1 and entry.is_dir(follow_symlinks=False)
                if (Path(entry) / "cur").is_dir()
            }
        return STANDARD + tuple(sorted(found - set(STANDARD)))

    def summaries(self, folder: str) -> tuple[Summary, ...]:
        """Return the rows of a folder, newest first by Date, by arrival where that is missing."""
        with self._threads, self._translated(f"list {folder}"):
            known = self._rows.get(folder, {})
            rows: dict[str, Row] = {}
            found = []
            for place in self._files(folder):
                row = known.get(place.uid) or self._row(folder, place)
                if row is not None:
                    rows[place.uid] = row
                    found.append((row.order, place.uid, place.seen, row))
            self._rows[folder] = rows
        found.sort(key=lambda item: item[:2], reverse=True)
        return tuple(
            replace(row.summary, seen=seen) if seen != row.summary.seen else row.summary for _, _, seen, row in found
        )

    def page(self, folder: str, *, offset: int, limit: int) -> Page:
        """Return some rows of a folder, newest first, and how many there are."""
        rows = self.summaries(folder)
        unread = sum(not row.seen for row in rows)
        return Page(rows=rows[offset : offset + limit], total=len(rows), unread=unread)

    def search(self, folder: str, text: str, *, limit: int) -> tuple[Summary, ...]:
        """Return up to `limit` rows whose sender or subject holds `text` in any case."""
        wanted = text.casefold()
        found = (row for row in self.summaries(folder) if wanted in f"{row.sender}\n{row.subject}".casefold())
        return tuple(islice(found, limit))

    def wait_for_change(self, folder: str, seconds: float) -> bool:
        """Wait until a message came, went or was read elsewhere, looking twice a second at the folder's own times."""
        before, deadline = self._times(folder), time.monotonic() + seconds
        while time.monotonic() < deadline:
            time.sleep(min(0.5, max(0.0, deadline - time.monotonic())))
            if self._times(folder) != before:
                return True
        return False

    def _times(self, folder: str) -> tuple[int, ...]:
        times = []
        for name in ("new", "cur"):
            with suppress(OSError):
                times.append((self._path(folder) / name).stat().st_mtime_ns)
        return tuple(times)

    def fetch(self, folder: str, uid: str) -> bytes:
        """Return a whole message as it was received. Raises MailboxError for one above 100 MB, too."""
        with self._translated("read the message"):
            place = self._find(folder, uid)
            with _opened(self._path(folder) / place.subfolder / place.name) as descriptor:
                size = os.fstat(descriptor).st_size
                if size > _MOST_BYTES:
                    raise MailboxError("the message is larger than 100 MB and is not opened")
                with os.fdopen(descriptor, "rb", closefd=False) as stream:
                    return stream.read(_MOST_BYTES)

    def mark_seen(self, folder: str, uid: str) -> None:
        """Mark a message as read."""
        with self._threads, self._translated("mark the message as read"):
            place = self._find(folder, uid)
            if not place.seen:
                self._move(folder, place, folder, _with_flags(place, "S"))

    def trash(self, folder: str, uid: str) -> str:
        """Move a message to the trash and return its uid there."""
        with self._threads, self._translated("move the message to the trash"):
            self._make(TRASH)
            place = self._find(folder, uid)
            return self._move(folder, place, TRASH, _with_flags(place, ""))

    def restore(self, folder: str, uid: str) -> None:
        """Move a message from the trash back to `folder`."""
        with self._threads, self._translated("bring the message back"):
            self._make(folder)
            place = self._find(TRASH, uid)
            self._move(TRASH, place, folder, _with_flags(place, ""))

    def append(self, folder: str, message: bytes) -> str:
        """File a message, as read, and return its uid."""
        return self._file(folder, message, "cur", ":2,DS" if folder == DRAFTS else ":2,S")

    def delete(self, folder: str, uid: str) -> bool:
        """Remove a message for good and return whether it was there."""
        with self._threads, self._translated("delete the message"):
            place = self._look_up(folder, uid)
            if place is None:
                return False
            path = self._path(folder) / place.subfolder
            self._check(path)
            try:
                (path / place.name).unlink()
            except FileNotFoundError:
                return False
            sync_folder(path)
            return True

    def deliver(self, message: bytes) -> None:
        """Put a message into `Inbox` as new mail."""
        self._file(INBOX, message, "new", "")

    def _file(self, folder: str, message: bytes, subfolder: str, flags: str) -> str:
        """Write the message whole to `tmp`, give it its place by one rename, and return its uid."""
        with self._threads, self._translated(f"file the message in {folder}"):
            self._make(folder)
            path = self._path(folder)
            name = _unique_name()
            temporary = path / "tmp" / name
            try:
                with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
                    stream.write(message)
                    stream.flush()
                    os.fsync(stream.fileno())
                temporary.rename(path / subfolder / f"{name}{flags}")
            finally:
                temporary.unlink(missing_ok=True)
            sync_folder(path / subfolder)
            return name

    def _path(self, folder: str) -> Path:
        """Return the folder's path, which lies directly in the root whatever `folder` holds."""
        if folder == INBOX:
            return self._root
        name = folder.replace("/", ".")
        if not name.strip(".") or "\0" in name:
            raise MailboxError(f"“{folder}” is no folder's name")
        return self._root / f".{name}"

    def _make(self, folder: str) -> None:
        path = self._path(folder)
        with self._translated(f"make the folder {folder}"):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            for subfolder in _SUBFOLDERS:
                self._check(path)
                (path / subfolder).mkdir(mode=0o700, exist_ok=True)
                self._check(path / subfolder)

    def _check(self, path: Path) -> None:
        """Raise MailboxError when a folder is a link: what it points to is not the mailbox. The root may be one."""
        if path != self._root and not stat.S_ISDIR(path.lstat().st_mode):
            raise MailboxError(f"{path} is not a folder of its own")

    def _files(self, folder: str) -> Iterator[_File]:
        """Yield the messages of a folder; when one is seen at two places, while being moved, it is yielded once."""
        path = self._path(folder)
        seen: set[str] = set()
        for subfolder in ("cur", "new"):
            try:
                self._check(path)
                self._check(path / subfolder)
            except FileNotFoundError:
                if folder in STANDARD and folder != INBOX:
                    continue
                raise
            with os.scandir(path / subfolder) as entries:
                for entry in entries:
                    if entry.name.startswith(".") or not entry.is_file(follow_symlinks=False):
                        continue
                    place = _File(subfolder=subfolder, name=entry.name)
                    self._places[folder, place.uid] = place
                    if place.uid not in seen:
                        seen.add(place.uid)
                        yield place

    def _find(self, folder: str, uid: str) -> _File:
        place = self._look_up(folder, uid)
        if place is None:
            raise MailboxError("the message is not there any more", "another program may have moved it")
        return place

    def _look_up(self, folder: str, uid: str) -> _File | None:
        place = self._places.get((folder, uid))
        if place is not None and (self._path(folder) / place.subfolder / place.name).exists():
            return place
        return next((place for place in self._files(folder) if place.uid == uid), None)

    def _move(self, folder: str, place: _File, to: str, flags: str) -> str:
        """Rename a message into `to`'s `cur`; it gets a new uid where another message has its own there."""
        uid = place.uid
        target = self._path(to) / "cur"
        self._check(target)
        if to != folder and any(other.uid == uid for other in self._files(to)):
            uid = _unique_name()
        name = f"{uid}:2,{flags}"
        source = self._path(folder) / place.subfolder / place.name
        if os.path.lexists(target / name):
            raise MailboxError("another message has the same name", "another program is at work in this folder")
        source.rename(target / name)
        self._places.pop((folder, place.uid), None)
        self._places[to, uid] = _File(subfolder="cur", name=name)
        return uid

    def _row(self, folder: str, place: _File) -> Row | None:
        """Read a message's header; None for one that is gone, or is no ordinary file after all.

        One that cannot be read has a row without words: it must not hide the others, nor vanish.
        """
        head, size, arrived = b"", 0, 0.0
        try:
            with _opened(self._path(folder) / place.subfolder / place.name) as descriptor:
                state = os.fstat(descriptor)
                size, arrived = state.st_size, state.st_mtime
                head = os.read(descriptor, HEAD)
        except MailboxError:
            return None
        except OSError as error:
            if error.errno in {ENOENT, ELOOP}:
                return None
        return scan_header(head, uid=place.uid, seen=place.seen, size=size, arrived=arrived)

    @contextmanager
    def _translated(self, act: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise MailboxError(f"the mailbox {self._root} cannot {act}: {error.strerror}") from error
        except ValueError as error:
            raise MailboxError(f"the mailbox {self._root} cannot {act}: a name in it is not valid") from error


def prepare_maildir(path: Path) -> None:
    """Make a Maildir, or take one that is there. Raises MailboxError for a folder that holds other things, OSError."""
    if path.exists() and not path.is_dir():
        raise MailboxError(f"{path} is no folder")
    if path.is_dir() and any(path.iterdir()) and not (path / "cur").is_dir():
        raise MailboxError(f"{path} holds other things and is no Maildir", "choose a new folder or a Maildir")
    Maildir.create(path)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    """Open an ordinary file, never through a link and never waiting for the other end of a pipe."""
    descriptor = os.open(path, _OPEN)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise MailboxError("this is not an ordinary file")
        yield descriptor
    finally:
        os.close(descriptor)


def _with_flags(place: _File, added: str) -> str:
    return "".join(sorted(set(place.flags) | set(added)))


def _unique_name() -> str:
    host = re.sub(r"[^A-Za-z0-9.-]", "_", socket.gethostname()) or "localhost"
    return f"{time.time():.0f}.P{os.getpid()}Q{next(_COUNTER)}R{token_hex(4)}.{host}"
