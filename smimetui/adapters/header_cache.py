"""The rows of a mailbox's folders in SQLite, so that a page costs the same however many messages there are.

It holds what the files' own headers say in clear, never what was decrypted, and nothing in it is needed: a cache that
cannot be read or written is thrown away, and the folders are read again.
"""

import os
import sqlite3
import weakref
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from smimetui.adapters.atomic_file import private_folder
from smimetui.adapters.header_scan import Row
from smimetui.adapters.maildir_files import File
from smimetui.model.message import Summary
from smimetui.model.value import dataclass

T = TypeVar("T")
_VERSION = 1
_SUBFOLDERS = ("cur", "new")
_TABLES = """
CREATE TABLE IF NOT EXISTS folders (
    id INTEGER PRIMARY KEY, name BLOB UNIQUE NOT NULL, times TEXT NOT NULL DEFAULT '',
    version INTEGER NOT NULL DEFAULT 0, total INTEGER NOT NULL DEFAULT 0, unread INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS rows (
    folder INTEGER NOT NULL, uid BLOB NOT NULL, subfolder INTEGER NOT NULL, name BLOB NOT NULL, rank REAL NOT NULL,
    seen INTEGER NOT NULL, known INTEGER NOT NULL DEFAULT 0, sender TEXT NOT NULL DEFAULT '',
    subject TEXT NOT NULL DEFAULT '', date TEXT, size INTEGER NOT NULL DEFAULT 0, kind TEXT NOT NULL DEFAULT '',
    words TEXT NOT NULL DEFAULT '', UNIQUE (folder, uid)
);
CREATE INDEX IF NOT EXISTS newest ON rows (folder, rank, uid);
CREATE INDEX IF NOT EXISTS unread ON rows (folder) WHERE seen = 0;
CREATE INDEX IF NOT EXISTS waiting ON rows (folder, rank) WHERE known = 0;
"""
_COUNT = """
UPDATE folders SET version = version + 1,
    total = (SELECT count(*) FROM rows WHERE folder = folders.id),
    unread = (SELECT count(*) FROM rows WHERE folder = folders.id AND seen = 0)
WHERE name = ?
"""
_COLUMNS = "uid, sender, subject, date, seen, size, kind, known"
_NEWEST = "ORDER BY rank DESC, uid DESC"


class CacheLostError(Exception):
    """What was cached is gone; the cache is empty and works again, at least for as long as the process lives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A folder as the cache has it."""

    times: str
    """When its subfolders were changed last, as far as is surely known; empty for one that was never read whole."""
    version: int
    """Another number after each change, by whichever process."""
    total: int
    unread: int


class HeaderCache:
    """Rows by folder and uid, in a file (0600) or, without one, in memory. Callers take turns.

    Every method raises CacheLostError.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._connection = self._opened()

    def state(self, folder: str) -> State | None:
        """Return what is known of a folder; None for one that was never read whole."""
        query = "SELECT times, version, total, unread FROM folders WHERE name = ? AND times != ''"
        found = self._all(query, _key(folder), shape=tuple)
        return State(**dict(zip(("times", "version", "total", "unread"), found[0], strict=True))) if found else None

    def read(self, folder: str, times: str) -> None:
        """Note that the folder was read whole when its subfolders had these times."""
        self._number(folder)
        self._write("UPDATE folders SET times = ? WHERE name = ?", [(times, _key(folder))])

    def changed(self, folder: str) -> None:
        """Count the folder's messages, and give it another version."""
        self._write(_COUNT, [(_key(folder),)])

    def places(self, folder: str) -> dict[str, File]:
        """Return the messages of a folder by uid."""
        query = "SELECT subfolder, name FROM rows WHERE folder = ?"
        return {file.uid: file for file in self._all(query, self._number(folder), shape=_file)}

    def place(self, folder: str, uid: str) -> File | None:
        """Return where a message was last."""
        query = "SELECT subfolder, name FROM rows WHERE folder = ? AND uid = ?"
        found = self._all(query, self._number(folder), os.fsencode(uid), shape=_file)
        return found[0] if found else None

    def put(self, folder: str, files: Iterable[File]) -> None:
        """Note where messages are; what is known of their headers stays."""
        number = self._number(folder)
        self._write(
            "INSERT INTO rows (folder, uid, subfolder, name, rank, seen) VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (folder, uid) DO UPDATE SET subfolder = excluded.subfolder, name = excluded.name, "
            "seen = excluded.seen",
            (
                (
                    number,
                    os.fsencode(file.uid),
                    _SUBFOLDERS.index(file.subfolder),
                    os.fsencode(file.name),
                    file.arrived,
                    file.seen,
                )
                for file in files
            ),
        )

    def remove(self, folder: str, uids: Iterable[str]) -> None:
        """Forget messages."""
        number = self._number(folder)
        self._write("DELETE FROM rows WHERE folder = ? AND uid = ?", ((number, os.fsencode(uid)) for uid in uids))

    def waiting(self, folder: str, limit: int) -> list[File]:
        """Return messages whose headers were not read yet, the newest by name first."""
        query = "SELECT subfolder, name FROM rows WHERE folder = ? AND known = 0 ORDER BY rank DESC LIMIT ?"
        return self._all(query, self._number(folder), limit, shape=_file)

    def learn(self, folder: str, rows: Iterable[Row]) -> None:
        """Keep what headers say."""
        number = self._number(folder)
        self._write(
            "UPDATE rows SET known = 1, rank = ?, sender = ?, subject = ?, date = ?, size = ?, kind = ?, words = ? "
            "WHERE folder = ? AND uid = ?",
            (
                (
                    row.order,
                    _text(row.summary.sender),
                    _text(row.summary.subject),
                    row.summary.date.isoformat() if row.summary.date else None,
                    row.summary.size,
                    _text(row.summary.content_type),
                    _text(f"{row.summary.sender}\n{row.summary.subject}".casefold()),
                    number,
                    os.fsencode(row.summary.uid),
                )
                for row in rows
            ),
        )

    def page(self, folder: str, *, offset: int, limit: int) -> list[tuple[Summary, bool]]:
        """Return some rows, newest first, and of each whether its header was read."""
        return self._rows("", [self._number(folder)], limit=limit, offset=offset)

    def search(self, folder: str, text: str, *, limit: int) -> list[tuple[Summary, bool]]:
        """Return rows, newest first, whose sender or subject holds a text in any case."""
        return self._rows("AND instr(words, ?)", [self._number(folder), _text(text.casefold())], limit=limit)

    def _rows(self, condition: str, values: list[Any], *, limit: int, offset: int = 0) -> list[tuple[Summary, bool]]:
        query = f"SELECT {_COLUMNS} FROM rows WHERE folder = ? {condition} {_NEWEST} LIMIT ? OFFSET ?"  # noqa: S608 - constants
        return self._all(query, *values, limit, offset, shape=_row)

    def _number(self, folder: str) -> int:
        query = "SELECT id FROM folders WHERE name = ?"
        found = self._all(query, _key(folder), shape=tuple)
        if not found:
            self._write("INSERT OR IGNORE INTO folders (name) VALUES (?)", [(_key(folder),)])
            found = self._all(query, _key(folder), shape=tuple)
        return int(found[0][0])

    def _all(self, query: str, *values: object, shape: Callable[[tuple[Any, ...]], T]) -> list[T]:
        return self._guarded(lambda: [shape(found) for found in self._connection.execute(query, values)])

    def _write(self, query: str, values: Iterable[Sequence[object]]) -> None:
        def write() -> None:
            with self._connection:
                self._connection.executemany(query, values)

        self._guarded(write)

    def _guarded(self, act: Callable[[], T]) -> T:
        try:
            return act()
        except (sqlite3.Error, ValueError, TypeError, LookupError) as error:
            self._connection.close()
            busy = isinstance(error, sqlite3.OperationalError) and "locked" in str(error)
            if self._file is not None and not busy:
                _discard(self._file)
            self._file = None
            self._connection = self._opened()
            raise CacheLostError from error

    def _opened(self) -> sqlite3.Connection:
        """Open the file, made anew where it is not as it should be; in memory where there can be none."""
        if self._file is not None:
            for _ in range(2):
                try:
                    return self._kept(_connected(self._file))
                except (OSError, sqlite3.Error):
                    _discard(self._file)
        connection = sqlite3.connect(":memory:", check_same_thread=False)
        connection.executescript(_TABLES)
        return self._kept(connection)

    def _kept(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        weakref.finalize(self, connection.close)
        return connection


def _connected(file: Path) -> sqlite3.Connection:
    private_folder(file.parent)
    os.close(os.open(file, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600))
    file.chmod(0o600)
    connection = sqlite3.connect(file, check_same_thread=False, timeout=5)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        # A power cut may cost the cache, not mail.
        connection.execute("PRAGMA synchronous = OFF")
        _check(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection) -> None:
    """Make the tables where there are none. Raises sqlite3.Error when there are others."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == 0:
        connection.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {_VERSION}; COMMIT;")
    elif version != _VERSION:
        raise sqlite3.DatabaseError("another version")
    connection.execute("SELECT id, name, times, version, total, unread FROM folders LIMIT 1").fetchall()
    connection.execute(f"SELECT {_COLUMNS}, words, rank FROM rows LIMIT 1").fetchall()  # noqa: S608 - constants


def _discard(file: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        with suppress(OSError):
            file.with_name(file.name + suffix).unlink(missing_ok=True)


def _file(found: tuple[Any, ...]) -> File:
    name = os.fsdecode(found[1])
    if "/" in name:
        raise ValueError("a message's name leads nowhere else")
    return File(_SUBFOLDERS[found[0]], name)


def _row(found: tuple[Any, ...]) -> tuple[Summary, bool]:
    uid, sender, subject, date, seen, size, kind, known = found
    summary = Summary(
        uid=os.fsdecode(uid),
        sender=sender,
        subject=subject,
        date=datetime.fromisoformat(date) if date else None,
        seen=bool(seen),
        size=size,
        content_type=kind,
    )
    return summary, bool(known)


def _key(folder: str) -> bytes:
    return folder.encode("utf-8", "surrogatepass")


def _text(text: str) -> str:
    """Return what SQLite takes: hostile headers may hold halves of characters."""
    return text.encode("utf-8", "replace").decode()
