"""A Maildir++ as Mailbox: `Inbox` is the folder itself, the others are `.Sent`, `.Drafts`, `.Trash`, … in it.

Flags live in file names, so every change is one rename. Nothing is followed out of the folder: symbolic links, pipes
and devices in it are not there for us, whatever their names.
"""

import os
import time
from hashlib import sha256
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING

from smimetui.adapters.atomic_file import sync_folder
from smimetui.adapters.maildir_files import File, opened, unique_name
from smimetui.adapters.maildir_tree import DRAFTS, INBOX, STANDARD, TRASH, Tree
from smimetui.model.errors import MailboxError
from smimetui.model.message import Summary
from smimetui.services.ports import Page

if TYPE_CHECKING:
    from smimetui.adapters.maildir_index import Index

_MOST_BYTES = 100_000_000
"""A message above this is not opened: it would take memory several times its size."""
_LOOK = 0.5
"""Seconds between two looks at a folder that is waited for."""


class Maildir:
    """Mailbox over the folder `root`. Safe for several threads, and beside other programs that keep to Maildir.

    With `cache`, a folder of the program's own, what the list shows is kept there between runs.
    """

    def __init__(self, root: Path, cache: Path | None = None) -> None:
        self._tree = Tree(root)
        self._threads = RLock()
        name = sha256(os.fsencode(root.absolute())).hexdigest()[:32]
        self._cache = cache / f"{name}.sqlite" if cache else None
        self._looked_at: Index | None = None

    @property
    def _index(self) -> "Index":
        """The rows; SQLite, and 2 MB for it, wait for the first look, which a composer need not take."""
        if self._looked_at is not None:
            return self._looked_at
        from smimetui.adapters.header_cache import HeaderCache
        from smimetui.adapters.maildir_index import Index

        with self._threads:
            self._looked_at = self._looked_at or Index(self._tree, HeaderCache(self._cache))
            return self._looked_at

    @classmethod
    def create(cls, root: Path) -> "Maildir":
        """Return a mailbox at `root` with its usual folders, made where they are missing. Raises MailboxError."""
        mailbox = cls(root)
        for folder in STANDARD:
            with mailbox._tree.translated(f"make the folder {folder}"):
                mailbox._tree.make(folder)
        return mailbox

    def folders(self) -> tuple[str, ...]:
        """Return the folder names: `Inbox`, `Drafts`, `Sent`, `Trash`, then the others by name."""
        with self._tree.translated("list its folders"):
            return self._tree.folders()

    def summaries(self, folder: str) -> tuple[Summary, ...]:
        """Return all rows of a folder, newest first by Date, by arrival where that is missing."""
        with self._tree.translated(f"list {folder}"):
            return self._index.everything(folder)

    def page(self, folder: str, *, offset: int, limit: int) -> Page:
        """Return some rows of a folder, newest first, and how many there are.

        A large folder's may be those of some seconds ago: `wait_for_change` then tells at once.
        """
        with self._tree.translated(f"list {folder}"):
            return self._index.page(folder, offset=offset, limit=limit)

    def search(self, folder: str, text: str, *, limit: int) -> tuple[Summary, ...]:
        """Return up to `limit` rows whose sender or subject holds `text` in any case."""
        with self._tree.translated(f"search {folder}"):
            return self._index.search(folder, text, limit=limit)

    def wait_for_change(self, folder: str, seconds: float) -> bool:
        """Wait until the rows are others than those last shown, looking twice a second at the folder's own times."""
        deadline = time.monotonic() + seconds
        with self._tree.translated(f"watch {folder}"):
            while not self._index.changed(folder):
                if time.monotonic() >= deadline:
                    return False
                time.sleep(min(_LOOK, max(0.0, deadline - time.monotonic())))
        return True

    def fetch(self, folder: str, uid: str) -> bytes:
        """Return a whole message as it was received. Raises MailboxError for one above 100 MB, too."""
        with self._tree.translated("read the message"):
            place = self._find(folder, uid)
            with opened(self._tree.where(folder, place)) as descriptor:
                size = os.fstat(descriptor).st_size
                if size > _MOST_BYTES:
                    raise MailboxError("the message is larger than 100 MB and is not opened")
                with os.fdopen(descriptor, "rb", closefd=False) as stream:
                    return stream.read(_MOST_BYTES)

    def mark_seen(self, folder: str, uid: str, *, seen: bool = True) -> None:
        """Mark a message as read, or as unread."""
        with self._threads, self._tree.translated(f"mark the message as {'read' if seen else 'unread'}"):
            place = self._find(folder, uid)
            if place.seen != seen:
                flags = place.flags + "S" if seen else place.flags.replace("S", "")
                self._move(folder, place, folder, flags)

    def trash(self, folder: str, uid: str) -> str:
        """Move a message to the trash and return its uid there."""
        with self._threads, self._tree.translated("move the message to the trash"):
            self._tree.make(TRASH)
            place = self._find(folder, uid)
            return self._move(folder, place, TRASH, place.flags)

    def restore(self, folder: str, uid: str) -> None:
        """Move a message from the trash back to `folder`."""
        with self._threads, self._tree.translated("bring the message back"):
            self._tree.make(folder)
            place = self._find(TRASH, uid)
            self._move(TRASH, place, folder, place.flags)

    def append(self, folder: str, message: bytes) -> str:
        """File a message, as read, and return its uid."""
        return self._file(folder, message, "cur", ":2,DS" if folder == DRAFTS else ":2,S")

    def delete(self, folder: str, uid: str) -> bool:
        """Remove a message for good and return whether it was there."""
        with self._threads, self._tree.translated("delete the message"):
            place = self._index.place(folder, uid)
            if place is None:
                return False
            path = self._tree.path(folder) / place.subfolder
            self._tree.check(path)
            try:
                (path / place.name).unlink()
            except FileNotFoundError:
                return False
            sync_folder(path)
            self._index.note(folder, gone=uid)
            return True

    def deliver(self, message: bytes) -> None:
        """Put a message into `Inbox` as new mail."""
        self._file(INBOX, message, "new", "")

    def _file(self, folder: str, message: bytes, subfolder: str, flags: str) -> str:
        """Write the message whole to `tmp`, give it its place by one rename, and return its uid."""
        with self._threads, self._tree.translated(f"file the message in {folder}"):
            self._tree.make(folder)
            path = self._tree.path(folder)
            name = unique_name()
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
            self._index.note(folder, come=File(subfolder, f"{name}{flags}"))
            return name

    def _find(self, folder: str, uid: str) -> File:
        place = self._index.place(folder, uid)
        if place is None:
            raise MailboxError("the message is not there any more", "another program may have moved it")
        return place

    def _move(self, folder: str, place: File, to: str, flags: str) -> str:
        """Rename a message into `to`'s `cur`; it gets a new uid where another message has its own there."""
        uid = place.uid
        target = self._tree.path(to) / "cur"
        self._tree.check(target)
        if to != folder and any(other.uid == uid for other in self._tree.files(to)):
            uid = unique_name()
        moved = File("cur", uid).with_flags(flags)
        if os.path.lexists(target / moved.name):
            raise MailboxError("another message has the same name", "another program is at work in this folder")
        Path(self._tree.where(folder, place)).rename(target / moved.name)
        if folder != to:
            self._index.note(folder, gone=place.uid)
        self._index.note(to, come=moved)
        return uid


def prepare_maildir(path: Path) -> None:
    """Make a Maildir, or take one that is there. Raises MailboxError for a folder that holds other things, OSError."""
    if path.exists() and not path.is_dir():
        raise MailboxError(f"{path} is no folder")
    if path.is_dir() and any(path.iterdir()) and not (path / "cur").is_dir():
        raise MailboxError(f"{path} holds other things and is no Maildir", "choose a new folder or a Maildir")
    Maildir.create(path)
