"""The message list: sender, badge, lock, subject, date; verdicts arrive as the rows are opened behind the screen."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Input

from smimetui.model.display import as_sentence, printable_line
from smimetui.model.errors import MailboxLockedError, MailboxUnreachableError, SmimetuiError
from smimetui.model.message import OpenedMessage
from smimetui.ui.folder import Folder
from smimetui.ui.screens.frame import Work
from smimetui.ui.screens.mail_acts import MailActs
from smimetui.ui.widgets.bars import Foot, TitleBar
from smimetui.ui.widgets.folder_rows import FolderRows, look_at
from smimetui.ui.widgets.rows import Rows

if TYPE_CHECKING:
    from smimetui.services.drafts import OpenedDraft
    from smimetui.services.session import Session

_FETCH, _FETCHING = "fetch", "Fetching the message… Esc ends it."
_TYPING = 0.4
"""Seconds after the last letter until signers are looked for."""
_WATCH = 25.0
"""Seconds one wait for new mail lasts."""
_PAUSE, _LONGEST_PAUSE = 5.0, 60.0
"""Seconds until a server that was lost is looked for again; each time twice as long."""


class MailListScreen(MailActs):
    """One folder."""

    BINDINGS = [  # noqa: RUF012 - Textual's own type
        Binding("c", "compose", "Compose", id="list.compose", tooltip="Write a new message"),
        Binding("r", "reply(False)", "Reply", id="list.reply", tooltip="Reply to the sender"),
        Binding("a", "reply(True)", "All", id="list.reply-all", tooltip="Reply to all", show=False),
        Binding("f", "forward", "Forward", id="list.forward", tooltip="Forward the message", show=False),
        Binding("slash", "search", "Search", id="list.search", tooltip="Search sender, subject and signer"),
        Binding("d,delete", "trash", "Delete", id="list.delete", tooltip="Move to the trash"),
        Binding("u", "undo", "Undo", id="list.undo", tooltip="Undo Send, or the last delete", show=False),
        Binding("x", "select", "Select", id="list.select", tooltip="Select the message, or no longer", show=False),
        Binding("U", "mark", "Mark", id="list.mark", tooltip="Mark as read, or as unread", show=False),
        Binding("m", "places", "Mailboxes", id="list.places", tooltip="Mailboxes, certificates, settings"),
        Binding("ctrl+r,f9", "reload", "Refresh", id="list.reload", tooltip="Look for new messages", show=False),
        Binding("f2", "open", "Details", id="list.details", tooltip="Open the message", show=False),
        Binding("escape", "leave", "Back", show=False),
        Binding("q", "app.quit", "Quit", id="list.quit", tooltip="Quit smimetui", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._place = "Inbox"
        self._greeted = False
        self._whose = ""
        self._pause = _PAUSE
        self._missed = False
        """The last look at the mailbox failed."""

    def compose(self) -> ComposeResult:
        """Lay out the bar, the search line, the rows and the foot."""
        yield TitleBar(back=("Accounts", "places"), where="Inbox", main=("Compose", "compose"), under="Opening…")
        yield Input(placeholder="Search sender, subject and signer", id="search")
        yield FolderRows(empty="Opening the mailbox…", id="rows")
        yield Foot()

    def on_mount(self) -> None:
        """Start with the list focused and the folder on its way."""
        self.query_one("#search").display = False
        self.rows.focus()
        self.work(self.load, group="load", exclusive=True)

    async def load(self) -> None:
        """Read the folder, then the verdicts of what is visible."""
        session = await self.attempt(self.smimetui.session())
        if session is None or session.mailbox is None:
            self.query_one(TitleBar).under("")
            self.rows.show((), empty="The mailbox is not open." if session is None else "This account has no mailbox.")
            return
        folder = self.folder
        if folder is None or folder.name != self._place:
            folder = Folder(self._place, session.mailbox, self.smimetui.lanes.mail)
        search = self.query_one("#search", Input).value.strip()
        if not await self._reached(folder, search):
            return
        self.folder = folder
        self.rows.follow(folder, empty=f"Nothing matches “{search}”." if search else "No messages.")
        self._head(session, folder)
        if not self._parting:
            self._tell()
        self.work(partial(self._watch, folder), group="watch", exclusive=True)
        self.work(partial(self._seek_signers, session, folder), group="signers", exclusive=True)
        await self._judge(session, folder)

    async def _seek_signers(self, session: Session, folder: Folder) -> None:
        """Look behind the screen who signed the messages that a search has not found by their headers."""
        if not folder.search:
            return
        await asyncio.sleep(_TYPING)

        def found() -> None:
            if folder is self.folder:
                self.count()

        with suppress(SmimetuiError):  # the messages found by their headers stay, and the count says how far it came
            await folder.seek_signers(partial(look_at, session, folder), self.smimetui.lanes.badges, found)

    async def _reached(self, folder: Folder, search: str) -> bool:
        try:
            refresh = folder.refresh(self.rows.visible_range, search)
            if search:
                await self.patiently(refresh, "Searching… Esc ends it.")
            elif folder is not self.folder and self.folder is not None:
                await self.patiently(refresh, f"Opening {printable_line(folder.name)}… Esc ends it.")
            else:
                await refresh
        except SmimetuiError as error:
            if self.folder is None:
                self.rows.show((), empty="The mailbox is not open.")
            self._missed = True
            self._lost(error)
            self.say(f"Ctrl+R tries again. {as_sentence(error.hint)}".strip(), "warning")
            return False
        self._pause, back, self._missed = _PAUSE, self._missed, False
        if back:
            # What a letter over this list could not check can be checked now.
            self.smimetui.certificates_changed()
        return True

    def _lost(self, error: SmimetuiError) -> None:
        """Say at the top what is wrong; the rows stay, and a server that was not reached is looked for again."""
        self.query_one(TitleBar).under(error.summary, tone="warning")
        # A login that was refused is not tried again by itself: too many of them lock an account.
        if isinstance(error, MailboxUnreachableError):
            self.work(self._look_again, group="watch", exclusive=True)

    async def _look_again(self) -> None:
        pause, self._pause = self._pause, min(2 * self._pause, _LONGEST_PAUSE)
        await asyncio.sleep(pause)
        self.action_reload()

    def count(self) -> None:
        """Say how many messages there are, how many are selected, and how far the search for signers is."""
        folder = self.folder
        if folder is None:
            return
        messages = f"{len(folder):,} message{'s' if len(folder) != 1 else ''}"
        unread = f"{folder.unread:,} unread" if folder.unread else messages
        words = [self._whose, f"{len(folder):,} found" if folder.search else unread]
        words += [f"{len(folder.selected)} selected"] if folder.selected else []
        words += [folder.seeking] if folder.search and folder.seeking else []
        words += self.smimetui.outgoing.quiet_words()
        self.query_one(TitleBar).under(f" {self.smimetui.glyphs.dot} ".join(words))

    def _head(self, session: Session, folder: Folder) -> None:
        self._whose = session.account.address.spec
        self.query_one(TitleBar).where(folder.name)
        self.count()
        if not self._greeted:
            self._greeted = True
            self._parting = self._parting or session.notice
            self.work(partial(self._check_own_certificate, session), group="own")
        if self._parting:
            self.say(self._parting, "accent")

    async def _check_own_certificate(self, session: Session) -> None:
        """Tell of own certificates that end, and warn where people are told to write to a key that is not here."""
        with suppress(SmimetuiError):
            ending = await self.smimetui.lanes.store.call(session.expiry_note)
            if ending:
                self._parting = as_sentence(ending)
                self.say(self._parting, "warning")
            note = await self.smimetui.lanes.directory.call(session.own_certificate_note)
            if note:
                self._parting = note
                self.say(note, "warning")

    async def _watch(self, folder: Folder) -> None:
        """Read the folder again when something in it changed."""
        while self.folder is folder:
            try:
                wait = partial(folder.mailbox.wait_for_change, folder.name, _WATCH)
                changed = await self.smimetui.lanes.watch.call(wait)
            except MailboxLockedError:
                self.query_one(TitleBar).under("Locked: new mail waits for the store. Ctrl+R unlocks it.")
                continue
            except SmimetuiError as error:
                if self.folder is folder:
                    self._lost(error)
                return
            if changed:
                self.action_reload()
                return

    async def _judge(self, session: Session, folder: Folder) -> None:
        async for index in self.rows.judged(session, folder):
            if index == self.rows.cursor and not self._parting:
                self._tell()

    def on_rows_highlighted(self) -> None:
        """Tell about the selected message, and look at newly visible ones."""
        if self._parting:
            self._parting = ""
        else:
            self._tell()
        self.work(self._resume, group="judge", exclusive=True)

    async def _resume(self) -> None:
        session = await self.attempt(self.smimetui.session())
        if session is not None and self.folder is not None:
            await self.attempt(self._judge(session, self.folder))

    def _tell(self) -> None:
        row = self.rows.selected
        if row is None or row.summary is None or row.facts is None:
            return
        sender = printable_line(row.summary.sender)
        self.say(f"{sender}: {row.facts.sentence}" if row.facts.sentence else sender)

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Open the message."""
        if self.folder is not None:
            self._fetch(partial(self._open_row, self.folder, event.index))

    def _fetch(self, work: Work) -> None:
        """Start what opens a screen once a message is here; the next such act, or Esc, ends it."""
        self.work(work, group=_FETCH, exclusive=True)

    def _end_fetching(self) -> bool:
        return bool(self.workers.cancel_group(self, _FETCH))

    async def _open_row(self, folder: Folder, index: int) -> None:
        from smimetui.ui.screens.compose import ComposeScreen
        from smimetui.ui.screens.message import MessageScreen

        draft = await self._draft(folder, index) if folder.name == "Drafts" else None
        if draft is not None:
            if await self.smimetui.hold_draft(draft):
                await self.app.push_screen(ComposeScreen.kept(draft), self.came_back)
        else:
            reading = MessageScreen.of_folder(folder, index, self.trashed)
            await self.app.push_screen(reading, lambda _: self._go_on(reading.index))

    async def _draft(self, folder: Folder, index: int) -> OpenedDraft | None:
        """Return the draft in a row of Drafts; None for a message that this program did not keep there."""
        session, summary = await self.attempt(self.smimetui.session()), folder[index].summary
        if session is None or summary is None:
            return None
        try:
            opening = self.smimetui.lanes.mail.call(lambda: session.drafts.open(summary.uid))
            return await self.patiently(opening, _FETCHING)
        except SmimetuiError:
            return None

    def _go_on(self, index: int) -> None:
        """Go on where the person was reading."""
        self.rows.cursor = index
        self.action_reload()

    def came_back(self, sentence: str | None) -> None:
        """Read the folder again, and say it with that."""
        self._parting = sentence or ""
        self.action_reload()

    def outgoing_changed(self, sentence: str, tone: str) -> None:
        """Read the folder again, for a message may be in it; `sentence` stays until the selection moves."""
        del tone
        self.came_back(sentence or self._parting)

    def on_screen_resume(self) -> None:
        """Be ready for keys again."""
        self.rows.focus()

    def action_open(self) -> None:
        """Open the selected message."""
        self.rows.action_choose()

    def action_reload(self) -> None:
        """Read the folder again."""
        self.work(self.load, group="load", exclusive=True)

    def certificates_changed(self) -> None:
        """Judge everything again: a signature may be trusted now, or no longer."""
        if self.folder is not None:
            self.folder.forget_facts()
        if self.folder is not None or self._missed:
            self.action_reload()

    def accounts_changed(self) -> None:
        """Open the mailbox of what is the default account now."""
        self.folder, self._greeted = None, False
        self._trashed.clear()
        self.action_reload()

    def action_compose(self) -> None:
        """Write a new message."""
        from smimetui.ui.screens.compose import ComposeScreen

        self.app.push_screen(ComposeScreen(), self.came_back)

    async def _open_selected(self) -> OpenedMessage | None:
        row, folder, session = self.rows.selected, self.folder, await self.attempt(self.smimetui.session())
        if row is None or row.summary is None or folder is None or session is None:
            return None
        uid = row.summary.uid
        return await self.attempt(
            self.smimetui.lanes.crypto.call(lambda: session.reader.open(folder.mailbox.fetch(folder.name, uid))),
            meanwhile=_FETCHING,
        )

    def action_reply(self, everyone: bool) -> None:  # noqa: FBT001 - an action's argument
        """Reply to the selected message."""
        self._fetch(partial(self._reply, everyone=everyone))

    async def _reply(self, *, everyone: bool) -> None:
        opened = await self._open_selected()
        if opened is not None:
            await self.smimetui.compose_reply(opened, everyone=everyone)

    def action_forward(self) -> None:
        """Forward the selected message."""
        self._fetch(self._forward)

    async def _forward(self) -> None:
        opened = await self._open_selected()
        if opened is not None:
            await self.smimetui.compose_forward(opened)

    def action_search(self) -> None:
        """Show the search line."""
        search = self.query_one("#search", Input)
        search.display = True
        search.focus()

    def on_input_changed(self) -> None:
        """Search while typing; what was selected would be out of sight."""
        self.deselect()
        self.rows.cursor = 0
        self.action_reload()

    def on_input_submitted(self) -> None:
        """Back to the list, with what was found."""
        self.rows.focus()

    def action_leave(self) -> None:
        """End the selection, then the search."""
        search = self.query_one("#search", Input)
        if self.end_acts() or self._end_fetching() or self._stay() or self.deselect():
            return
        if search.display:
            search.value = ""
            search.display = False
            self.rows.focus()

    def _stay(self) -> bool:
        """Give up the folder that is being opened; False if none is."""
        if self.folder is None or self.folder.name == self._place:
            return False
        self._place = self.folder.name
        self.action_reload()
        return True

    def action_places(self) -> None:
        """Show the mailboxes, certificates and settings."""
        from smimetui.ui.screens.places import PlacesSheet

        self.app.push_screen(PlacesSheet(), self._go)

    def _go(self, folder: str | None) -> None:
        if folder is not None:
            self._place = folder
            self.rows.cursor = 0
            self.action_reload()
