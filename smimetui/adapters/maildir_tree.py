"""The folders of a Maildir++ on the disk: where they are, what lies in them, and that nothing leads out of them."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from smimetui.adapters.maildir_files import File
from smimetui.model.errors import MailboxError

INBOX, DRAFTS, SENT, TRASH = STANDARD = ("Inbox", "Drafts", "Sent", "Trash")
_SUBFOLDERS = ("tmp", "new", "cur")


class Tree:
    """The folders under `root`; the root itself may be a link, nothing else may."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def folders(self) -> tuple[str, ...]:
        """Return the standard folders, then the others by name. Raises OSError."""
        with os.scandir(self.root) as entries:
            found = {
                entry.name[1:].replace(".", "/")
                for entry in entries
                if entry.name.startswith(".") and len(entry.name) > 1 and entry.is_dir(follow_symlinks=False)
                if (Path(entry) / "cur").is_dir()
            }
        return STANDARD + tuple(sorted(found - set(STANDARD)))

    def path(self, folder: str) -> Path:
        """Return the folder's path, which lies directly in the root whatever `folder` holds. Raises MailboxError."""
        if folder == INBOX:
            return self.root
        name = folder.replace("/", ".")
        if not name.strip(".") or "\0" in name:
            raise MailboxError(f"“{folder}” is no folder's name")
        return self.root / f".{name}"

    def where(self, folder: str, file: File) -> str:
        """Return a message's path."""
        return f"{self.path(folder)}/{file.subfolder}/{file.name}"

    def make(self, folder: str) -> None:
        """Make a folder where it is missing. Raises OSError, MailboxError."""
        path = self.path(folder)
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        for subfolder in _SUBFOLDERS:
            self.check(path)
            (path / subfolder).mkdir(mode=0o700, exist_ok=True)
            self.check(path / subfolder)

    def check(self, path: Path) -> None:
        """Raise MailboxError when a folder is a link: what it points to is not the mailbox."""
        if path != self.root and not stat.S_ISDIR(path.lstat().st_mode):
            raise MailboxError(f"{path} is not a folder of its own")

    def files(self, folder: str) -> Iterator[File]:
        """Yield the messages of a folder; when one is seen at two places, while being moved, it is yielded once.

        Raises OSError, MailboxError.
        """
        path = self.path(folder)
        seen: set[str] = set()
        for subfolder in ("cur", "new"):
            try:
                self.check(path)
                self.check(path / subfolder)
            except FileNotFoundError:
                if folder in STANDARD and folder != INBOX:
                    continue
                raise
            with os.scandir(path / subfolder) as entries:
                for entry in entries:
                    if entry.name.startswith(".") or not entry.is_file(follow_symlinks=False):
                        continue
                    place = File(subfolder, entry.name)
                    if (uid := place.uid) not in seen:
                        seen.add(uid)
                        yield place

    def times(self, folder: str) -> tuple[int, ...]:
        """Return when the folder's messages were last added, moved or removed, ns since 1970; 0 where there is none."""
        times = []
        for name in ("new", "cur"):
            time = 0
            with suppress(OSError):
                time = (self.path(folder) / name).stat().st_mtime_ns
            times.append(time)
        return tuple(times)

    @contextmanager
    def translated(self, act: str) -> Iterator[None]:
        """Turn what the system says into a MailboxError."""
        try:
            yield
        except OSError as error:
            raise MailboxError(f"the mailbox {self.root} cannot {act}: {error.strerror}") from error
        except ValueError as error:
            raise MailboxError(f"the mailbox {self.root} cannot {act}: a name in it is not valid") from error
