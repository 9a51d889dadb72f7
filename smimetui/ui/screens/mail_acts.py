"""What can be done with messages of a list, one or several: select, mark, delete and bring back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from smimetui.ui.folder import Folder
from smimetui.ui.screens.frame import Frame
from smimetui.ui.widgets.folder_rows import FolderRows


class MailActs(Frame[None]):
    """A screen with the rows of a folder."""

    folder: Folder | None = None
    """The folder, once the session is open."""

    def __init__(self) -> None:
        super().__init__()
        self._trashed: list[tuple[Folder, tuple[str, ...]]] = []
        self._parting = ""
        """A sentence that stays until the selection moves."""
        self._acting = self._ended = False

    @property
    def rows(self) -> FolderRows:
        """The list widget."""
        return self.query_one("#rows", FolderRows)

    async def load(self) -> None:
        """Read the folder again."""

    def count(self) -> None:
        """Say how many there are."""

    def action_select(self) -> None:
        """Select the message under the cursor, or no longer, and go on to the next."""
        row, folder = self.rows.selected, self.folder
        if row is None or row.summary is None or folder is None:
            return
        folder.toggle(row.summary.uid)
        if folder.selected:
            self._parting = f"{len(folder.selected)} selected: d deletes, U marks, Esc ends"
            self.say(self._parting)
        self.rows.cursor += 1
        self.rows.refresh()
        self.count()

    def deselect(self) -> bool:
        """Select nothing any more; return whether anything was."""
        if self.folder is None or not self.folder.selected:
            return False
        self.folder.selected.clear()
        self.rows.refresh()
        self.count()
        self.say("")
        return True

    def _chosen(self) -> tuple[Folder, tuple[str, ...]] | None:
        """Return the messages meant: the selected ones, else the one under the cursor."""
        row, folder = self.rows.selected, self.folder
        if folder is None:
            return None
        if folder.selected:
            return folder, tuple(folder.selected)
        return (folder, (row.summary.uid,)) if row is not None and row.summary is not None else None

    def action_trash(self) -> None:
        """Move messages to the trash."""
        self.work(self._trash)

    async def _trash(self) -> None:
        chosen = self._chosen()
        if chosen is None or chosen[0].name == "Trash":
            return
        folder, uids = chosen
        gone = await self._each(uids, lambda uid: folder.mailbox.trash(folder.name, uid), "Deleting")
        if gone:
            await self._done(folder, gone, uids, self.trashed(folder, *gone))

    def trashed(self, folder: Folder, *uids: str) -> str:
        """Remember what can be brought back from the trash, and return (and say at the next look) how."""
        self._trashed.append((folder, uids))
        what = "Moved to the trash" if len(uids) == 1 else f"Moved {len(uids)} messages to the trash"
        since = " once the message has left" if self.smimetui.outgoing.counting else ""
        self._parting = f"{what}. u brings {'it' if len(uids) == 1 else 'them'} back{since}."
        return self._parting

    def action_undo(self) -> None:
        """Take back the message that is about to leave, else bring back what was deleted last."""
        if not self.smimetui.outgoing.undo():
            self.work(self._undo)

    async def _undo(self) -> None:
        if not self._trashed:
            self.say("Nothing to undo.")
            return
        folder, uids = self._trashed.pop()

        def restore(uid: str) -> str:
            folder.mailbox.restore(folder.name, uid)
            return uid

        back = await self._each(uids, restore, "Bringing back")
        if len(back) < len(uids):
            self._trashed.append((folder, uids[len(back) :]))
        if back:
            await self._done(folder, back, uids, "Brought back." if len(back) == 1 else f"Brought {len(back)} back.")

    def action_mark(self) -> None:
        """Mark messages as read, or as unread where all of them are read."""
        self.work(self._mark)

    async def _mark(self) -> None:
        chosen = self._chosen()
        if chosen is None:
            return
        folder, uids = chosen
        seen = folder.any_unread(uids)

        def mark(uid: str) -> str:
            folder.mailbox.mark_seen(folder.name, uid, seen=seen)
            return uid

        marked = await self._each(uids, mark, "Marking")
        if marked:
            await self._done(folder, marked, uids, f"Marked as {'read' if seen else 'unread'}.")

    async def _each(self, uids: tuple[str, ...], act: Callable[[str], str], word: str) -> tuple[str, ...]:
        """Do something to messages one after the other, until one fails or Esc; the screen lives meanwhile."""
        done: list[str] = []
        self._acting, self._ended = True, False
        for number, uid in enumerate(uids, 1):
            which = f" {number} of {len(uids)}" if len(uids) > 1 else ""
            if which:
                self.say(f"{word}{which}… Esc ends it.")
            result = await self.attempt(self.smimetui.lanes.mail.call(partial(act, uid)), meanwhile=f"{word}{which}…")
            if result is None:
                break
            done.append(result)
            if self._ended and number < len(uids):
                self.say(f"Ended after {number} of {len(uids)}.")
                break
        self._acting = False
        return tuple(done)

    def end_acts(self) -> bool:
        """End what is done to several messages, after the one under way; False if nothing is."""
        self._ended = self._acting
        return self._acting

    async def _done(self, folder: Folder, done: tuple[str, ...], uids: tuple[str, ...], sentence: str) -> None:
        """Show the folder as it is now; what failed keeps its sentence and its selection."""
        folder.selected.difference_update(uids[: len(done)])
        if len(done) == len(uids):
            self._parting = sentence
        await self.load()
