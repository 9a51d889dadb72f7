"""The message list: sender, badge, lock, subject, date; verdicts arrive as the rows are opened behind the screen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Input

from smimetui.model.display import printable_line
from smimetui.model.errors import SmimetuiError
from smimetui.model.message import OpenedMessage, Summary
from smimetui.model.wording import UNREADABLE, security_parts, when
from smimetui.services.session import Session
from smimetui.ui.people import sender_label
from smimetui.ui.screens.frame import Frame
from smimetui.ui.widgets.bars import Foot, TitleBar
from smimetui.ui.widgets.rows import Cell, Rows

_AHEAD = 20
"""Rows beyond the visible ones whose verdicts are looked up."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What opening a message told the list; the plain text itself is not kept."""

    locked: bool = False
    readable: bool = True
    badge: bool | None = None
    """Trusted, Not Trusted, or None without a signature."""
    sentence: str = ""
    sender: str = ""
    """The sender with the address, where the name alone would claim too much: another's signature."""


@dataclass(frozen=True, slots=True)
class Row:
    """A message and what is known of it so far."""

    summary: Summary
    facts: Facts | None = None


class MailListScreen(Frame[None]):
    """One folder."""

    BINDINGS = [  # noqa: RUF012 - Textual's own type
        Binding("c", "compose", "Compose", id="list.compose", tooltip="Write a new message"),
        Binding("r", "reply(False)", "Reply", id="list.reply", tooltip="Reply to the sender"),
        Binding("a", "reply(True)", "All", id="list.reply-all", tooltip="Reply to all", show=False),
        Binding("f", "forward", "Forward", id="list.forward", tooltip="Forward the message", show=False),
        Binding("slash", "search", "Search", id="list.search", tooltip="Search sender and subject"),
        Binding("d,delete", "trash", "Delete", id="list.delete", tooltip="Move the message to the trash"),
        Binding("u", "undo", "Undo", id="list.undo", tooltip="Undo the last delete", show=False),
        Binding("m", "places", "Mailboxes", id="list.places", tooltip="Mailboxes, certificates, settings"),
        Binding("ctrl+r,f9", "reload", "Refresh", id="list.reload", tooltip="Look for new messages", show=False),
        Binding("f2", "open", "Details", id="list.details", tooltip="Open the message", show=False),
        Binding("escape", "leave", "Back", show=False),
        Binding("q", "app.quit", "Quit", id="list.quit", tooltip="Quit smimetui", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._folder = "Inbox"
        self._all: list[Row] = []
        self._known: dict[str, Facts] = {}
        self._trashed: list[tuple[str, str]] = []
        self._parting = ""
        """A sentence that stays until the selection moves."""
        self._greeted = False

    def compose(self) -> ComposeResult:
        """Lay out the bar, the search line, the rows and the foot."""
        yield TitleBar(back=("Accounts", "places"), where="Inbox", main=("Compose", "compose"), under="Opening…")
        yield Input(placeholder="Search sender and subject", id="search")
        yield Rows[Row](self._cells, empty="Opening the mailbox…", id="rows")
        yield Foot()

    @property
    def rows(self) -> Rows[Row]:
        """The list widget."""
        return self.query_one("#rows", Rows)

    def on_mount(self) -> None:
        """Start with the list focused and the folder on its way."""
        self.query_one("#search").display = False
        self.rows.focus()
        self.work(self.load, group="load", exclusive=True)

    async def load(self) -> None:
        """Read the folder, then the verdicts of what is visible."""
        session = await self.attempt(self.smimetui.session())
        if session is None:
            self.rows.show((), empty="The mailbox is not open.")
            return
        mailbox = session.mailbox
        if mailbox is None:
            self.rows.show((), empty="This account has no mailbox.")
            return
        folder = self._folder
        summaries = await self.attempt(self.smimetui.lanes.mail.call(lambda: mailbox.summaries(folder)))
        if summaries is None:
            return
        self._all = [Row(summary, self._known.get(summary.uid)) for summary in summaries]
        self._filter()
        unread = sum(not summary.seen for summary in summaries)
        count = f"{unread} unread" if unread else f"{len(summaries)} messages"
        bar = self.query_one(TitleBar)
        bar.where(folder)
        bar.under(f"{session.account.address.spec} {self.smimetui.glyphs.dot} {count}")
        if not self._parting and not self._greeted:
            self._parting = session.notice
        self._greeted = True
        if self._parting:
            self.say(self._parting, "accent")
        await self._judge(session)

    def _filter(self) -> None:
        wanted = self.query_one("#search", Input).value.casefold()
        shown = [
            row
            for row in self._all
            if not wanted or wanted in row.summary.sender.casefold() or wanted in row.summary.subject.casefold()
        ]
        self.rows.show(shown, empty=f"Nothing matches “{wanted}”." if wanted else "No messages.")

    async def _judge(self, session: Session) -> None:
        mailbox, folder = session.mailbox, self._folder
        if mailbox is None:
            return
        while (row := self._next_unknown()) is not None:
            uid = row.summary.uid

            def look(uid: str = uid) -> Facts:
                try:
                    return facts_of(session.reader.open(mailbox.fetch(folder, uid)))
                except SmimetuiError as error:
                    return Facts(sentence=str(error), readable=False)

            facts = await self.smimetui.lanes.crypto.call(look)
            self._known[uid] = facts
            self._replace(uid, facts)

    def _next_unknown(self) -> Row | None:
        visible = self.rows.visible_range
        around = range(visible.start, min(len(self.rows.rows), visible.stop + _AHEAD))
        return next((self.rows.rows[index] for index in around if self.rows.rows[index].facts is None), None)

    def _replace(self, uid: str, facts: Facts) -> None:
        self._all = [replace(row, facts=facts) if row.summary.uid == uid else row for row in self._all]
        index = next((index for index, row in enumerate(self.rows.rows) if row.summary.uid == uid), None)
        if index is not None:
            self.rows.change(index, replace(self.rows.rows[index], facts=facts))
        if index == self.rows.cursor and not self._parting:
            self._tell()

    def _cells(self, row: Row, width: int) -> Sequence[Cell]:
        glyphs, facts = self.smimetui.glyphs, row.facts
        sender_width, mark, lock, date = 24, 3, max(4, len(glyphs.locked) + 1), 8
        sender = printable_line((facts and facts.sender) or row.summary.sender) or "(no sender)"
        if not row.summary.seen:
            sender = f"{glyphs.unread} {sender}"
        badge, tone = "", ""
        if facts is not None and facts.badge is not None:
            badge, tone = (glyphs.trusted, "accent") if facts.badge else (glyphs.untrusted, "error")
        subject = printable_line(row.summary.subject) or "(no subject)"
        if facts is not None and not facts.readable:
            subject = f"({UNREADABLE})" if facts.locked else subject
        clock = when(row.summary.date, self.smimetui.now())
        room = width - sender_width - 1 - mark - lock - date
        return (
            (sender, "strong" if not row.summary.seen else "", sender_width),
            (" ", "", 1),
            (badge, tone, mark),
            (glyphs.locked if facts is not None and facts.locked else "", "accent", lock),
            (subject, "", room),
            (clock, "muted", -date),
        )

    def on_rows_highlighted(self) -> None:
        """Tell about the selected message, and look at newly visible ones."""
        if self._parting:
            self._parting = ""
        else:
            self._tell()
        if self._all:
            self.work(self._resume, group="judge", exclusive=True)

    async def _resume(self) -> None:
        session = await self.attempt(self.smimetui.session())
        if session is not None:
            await self._judge(session)

    def _tell(self) -> None:
        row = self.rows.selected
        if row is None or row.facts is None:
            return
        sender = printable_line(row.summary.sender)
        self.say(f"{sender}: {row.facts.sentence}" if row.facts.sentence else sender)

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Open the message."""
        from smimetui.ui.screens.message import MessageScreen

        uids = [row.summary.uid for row in self.rows.rows]
        self.app.push_screen(MessageScreen.of_folder(self._folder, uids, event.index), lambda _: self.action_reload())

    def _came_back(self, sentence: str | None) -> None:
        self._parting = sentence or ""
        self.action_reload()

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
        self._known.clear()
        self._all = [Row(row.summary) for row in self._all]
        self.action_reload()

    def action_compose(self) -> None:
        """Write a new message."""
        from smimetui.ui.screens.compose import ComposeScreen

        self.app.push_screen(ComposeScreen(), self._came_back)

    async def _open_selected(self) -> OpenedMessage | None:
        row, session = self.rows.selected, await self.attempt(self.smimetui.session())
        if row is None or session is None or session.mailbox is None:
            return None
        mailbox, folder, uid = session.mailbox, self._folder, row.summary.uid
        return await self.attempt(
            self.smimetui.lanes.crypto.call(lambda: session.reader.open(mailbox.fetch(folder, uid)))
        )

    def action_reply(self, everyone: bool) -> None:  # noqa: FBT001 - an action's argument
        """Reply to the selected message."""
        self.work(partial(self._reply, everyone=everyone))

    async def _reply(self, *, everyone: bool) -> None:
        opened = await self._open_selected()
        if opened is not None:
            await self.smimetui.compose_reply(opened, everyone=everyone)

    def action_forward(self) -> None:
        """Forward the selected message."""
        self.work(self._forward)

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
        """Search while typing."""
        self.rows.cursor = 0
        self._filter()

    def on_input_submitted(self) -> None:
        """Back to the list, with what was found."""
        self.rows.focus()

    def action_leave(self) -> None:
        """End the search."""
        search = self.query_one("#search", Input)
        if search.display:
            search.value = ""
            search.display = False
            self.rows.focus()

    def action_trash(self) -> None:
        """Move the selected message to the trash."""
        self.work(self._trash)

    async def _trash(self) -> None:
        row, session = self.rows.selected, await self.attempt(self.smimetui.session())
        if row is None or session is None or session.mailbox is None or self._folder == "Trash":
            return
        mailbox, folder = session.mailbox, self._folder
        uid = await self.attempt(self.smimetui.lanes.mail.call(lambda: mailbox.trash(folder, row.summary.uid)))
        if uid is not None:
            self._trashed.append((folder, uid))
            await self.load()
            self.say("Moved to the trash. u brings it back.")

    def action_undo(self) -> None:
        """Bring the last deleted message back."""
        self.work(self._undo)

    async def _undo(self) -> None:
        session = await self.attempt(self.smimetui.session())
        if not self._trashed or session is None or session.mailbox is None:
            self.say("Nothing to undo.")
            return
        mailbox, (folder, uid) = session.mailbox, self._trashed.pop()

        def restore() -> bool:
            mailbox.restore(folder, uid)
            return True

        if await self.attempt(self.smimetui.lanes.mail.call(restore)):
            await self.load()
            self.say("Brought back.")

    def action_places(self) -> None:
        """Show the mailboxes, certificates and settings."""
        from smimetui.ui.screens.places import PlacesSheet

        self.app.push_screen(PlacesSheet(), self._go)

    def _go(self, folder: str | None) -> None:
        if folder is not None:
            self._folder, self._known = folder, {}
            self.rows.cursor = 0
            self.action_reload()


def facts_of(opened: OpenedMessage) -> Facts:
    """Return what the list shows of an opened message."""
    signature, encryption = opened.signature, opened.encryption
    stranger = signature is not None and not signature.matches_from
    return Facts(
        sender=sender_label(opened) if stranger else "",
        locked=encryption is not None,
        readable=encryption is None or encryption.decrypted,
        badge=None if signature is None else signature.trusted,
        sentence=", ".join(part[0].lower() + part[1:] for part in security_parts(opened)),
    )
