"""One message: who, when, what protects it, and its text."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Resize
from textual.widgets import Static

from smimetui.model.display import file_size, printable_line
from smimetui.model.errors import MailboxError, SmimetuiError
from smimetui.model.message import OpenedMessage, Summary
from smimetui.model.verdict import SignatureReport
from smimetui.model.wording import UNREADABLE, long_date, security_parts
from smimetui.ui.folder import Folder, Moved, facts_of
from smimetui.ui.people import people, sender_label
from smimetui.ui.screens.message_acts import MessageActs
from smimetui.ui.widgets.actions import Action
from smimetui.ui.widgets.bars import Foot, TitleBar
from smimetui.ui.widgets.folder_rows import FolderRows
from smimetui.ui.widgets.hairline import Hairline

if TYPE_CHECKING:
    from smimetui.services.session import Session

Trashed = Callable[[Folder, str], object]
_WIDE = 140
"""Columns that hold a folder and a message side by side."""


class SenderAction(Action):
    """The sender's name, which leads to who signed."""

    DEFAULT_CSS = "SenderAction { padding: 0; text-style: none; color: $foreground; }"
    BINDINGS = [Binding("enter", "choose", "Sender", tooltip="Who signed this, and with what")]  # noqa: RUF012


class MessageScreen(MessageActs):
    """A message of a folder, or of a file."""

    BINDINGS = [  # noqa: RUF012 - Textual's own type
        Binding("r", "reply(False)", "Reply", id="message.reply", tooltip="Reply to the sender"),
        Binding("a", "reply(True)", "All", id="message.reply-all", tooltip="Reply to all"),
        Binding("f", "forward", "Forward", id="message.forward", tooltip="Forward the message"),
        Binding("d,delete", "trash", "Delete", id="message.delete", tooltip="Move to the trash", show=False),
        Binding(
            "n,right_square_bracket",
            "next",
            "Next",
            id="message.next",
            tooltip="Next message; in a search the next match",
            show=False,
        ),
        Binding(
            "p,left_square_bracket",
            "step(-1)",
            "Previous",
            id="message.previous",
            tooltip="Previous message",
            show=False,
        ),
        Binding("f2", "sender", "Details", id="message.details", tooltip="Details of the sender", show=False),
        Binding("c", "compose", "Compose", id="message.compose", tooltip="Write a new message", show=False),
        Binding("escape,q", "back", "Back", id="message.back", tooltip="Back to the list"),
    ]

    def __init__(self, *, raw: bytes = b"", name: str) -> None:
        super().__init__()
        self._raw = raw
        self._file_name = name
        self._folder: Folder | None = None
        self._from_list = False
        self.index = 0
        """Where the message stands in its folder, from 0."""
        self._on_screen: Summary | None = None
        self._trashed: Trashed | None = None

    @classmethod
    def of_folder(cls, folder: Folder, index: int, trashed: Trashed | None = None) -> MessageScreen:
        """Show a message of a folder; `trashed` is told of one that was moved to the trash, by its uid there."""
        screen = cls(name=folder.name)
        screen._folder, screen.index, screen._trashed, screen._from_list = folder, index, trashed, True
        return screen

    @classmethod
    def of_file(cls, raw: bytes, name: str) -> MessageScreen:
        """Show a message that is here already."""
        return cls(raw=raw, name=name)

    def compose(self) -> ComposeResult:
        """Lay out the bar, the fields, the text and the foot."""
        back = f"{self.smimetui.glyphs.back} {self._folder.name if self._folder else 'Close'}"
        yield TitleBar(back=(back, "back"), where=self._where(), main=("Reply", "reply(False)"))
        with Horizontal():
            yield FolderRows(id="beside")
            with Vertical(id="message"):
                yield from self._message()
        yield Foot()

    def _message(self) -> ComposeResult:
        with Vertical(classes="fields"):
            with Horizontal(classes="row", id="from-row"):
                yield Static(Content("From"), classes="label", markup=False)
                yield SenderAction("…", "sender")
                yield Static("", id="badge", markup=False)
            for label in ("To", "Cc", "Bcc", "Date", "Subject", "Security", "Files"):
                with Horizontal(classes="row", id=f"{label.lower()}-row"):
                    yield Static(Content(label), classes="label", markup=False)
                    yield Static("", classes="value", id=f"{label.lower()}-value", markup=False)
        yield Hairline()
        yield from self.text_widgets()

    def _where(self) -> str:
        return f"{self.index + 1:,} of {len(self._folder):,}" if self._folder else printable_line(self._file_name)

    def on_mount(self) -> None:
        """Open the message behind the first frame."""
        for label in ("cc", "bcc", "security", "files"):
            self.query_one(f"#{label}-row").display = False
        beside = self.query_one(FolderRows)
        beside.can_focus = False
        if self._folder is not None:
            self._folder.followers.add(self._follow_moved)
            beside.follow(self._folder)
            beside.cursor = self.index
        self.settle()
        self._load()

    def on_resize(self, event: Resize) -> None:
        """Show the folder beside its message where there is room."""
        self.query_one(FolderRows).display = self._folder is not None and event.size.width >= _WIDE

    def on_unmount(self) -> None:
        """Let go of the folder."""
        if self._folder is not None:
            self._folder.followers.discard(self._follow_moved)

    def _follow_moved(self, moved: Moved) -> None:
        place = moved(self.index)
        if place is not None:
            self.index = place
            self.query_one(TitleBar).where(self._where())

    def on_rows_highlighted(self, event: FolderRows.Highlighted) -> None:
        """Show the message that was clicked in the list beside, and look at newly visible ones."""
        self._go_to(event.index)
        self.work(self._judge_beside, group="judge", exclusive=True)

    async def _judge_beside(self) -> None:
        beside, folder = self.query_one(FolderRows), self._folder
        session = await self.attempt(self.smimetui.session())
        if session is not None and folder is not None and beside.display:
            with suppress(SmimetuiError):  # the list says so when the person is back there
                async for _ in beside.judged(session, folder):
                    pass

    def settle(self) -> None:
        """Have the sender at hand."""
        self.query_one(Action).focus()

    def _load(self) -> None:
        self.work(self._open, group="open", exclusive=True)

    async def _open(self) -> None:
        session = await self.attempt(self.smimetui.session())
        if session is None:
            return
        back = f" Esc leads back to {self._folder.name}." if self._folder is not None else ""
        opened = await self.attempt(self._read(session), meanwhile=f"Opening…{back}")
        self._on_screen = self._folder[self.index].summary if self._folder is not None else None
        if opened is None:
            self.view.show("")
            return
        self.opened = opened
        self._show(opened)

    async def _read(self, session: Session) -> OpenedMessage:
        folder, index, raw = self._folder, self.index, self._raw
        if folder is None:
            return await self.smimetui.lanes.crypto.call(lambda: session.reader.open(raw))
        await folder.read(range(index, index + 1))
        summary = folder[index].summary
        if summary is None:
            raise MailboxError("this message is no longer here")
        name, uid, mailbox = folder.name, summary.uid, folder.mailbox

        def fetch() -> OpenedMessage:
            opened = session.reader.open(mailbox.fetch(name, uid))
            with suppress(MailboxError):  # a message that cannot be marked can be read all the same
                mailbox.mark_seen(name, uid)
            return opened

        opened = await self.smimetui.lanes.crypto.call(fetch)
        folder.seen(summary.uid)
        folder.learn(summary, facts_of(opened))
        return opened

    def _show(self, opened: OpenedMessage) -> None:
        headers = opened.headers
        self.query_one(Action).rename(sender_label(opened), "sender")
        self.query_one("#badge", Static).update(self._badge(opened.signature))
        self._set("to", people(headers.to))
        self._set("cc", people(headers.cc))
        self._set("bcc", people(headers.bcc))
        self._set("date", long_date(headers.date, self.smimetui.now()))
        self._set("subject", printable_line(headers.subject) or "(no subject)")
        self._set("security", self._security(opened))
        files = (f"{printable_line(item.name)}  {file_size(item.size)}" for item in opened.attachments)
        self._set("files", "   ".join(files))
        self.view.show(self._text(opened))
        self.say(self._hint(opened))

    def _set(self, label: str, value: str) -> None:
        self.query_one(f"#{label}-row").display = bool(value) or label in {"to", "date", "subject"}
        self.query_one(f"#{label}-value", Static).update(Content(value))

    def _badge(self, signature: SignatureReport | None) -> Content:
        glyphs = self.smimetui.glyphs
        if signature is None:
            return Content("")
        if signature.trusted:
            return Content.assemble((f"{glyphs.trusted} {signature.badge}", "bold $primary"))
        return Content.assemble((f"{glyphs.untrusted} {signature.badge}", "bold $error"))

    def _security(self, opened: OpenedMessage) -> str:
        parts = security_parts(opened)
        if not parts:
            return ""
        lock = f"{self.smimetui.glyphs.locked} " if opened.encrypted else ""
        return lock + f" {self.smimetui.glyphs.dot} ".join(parts)

    def _text(self, opened: OpenedMessage) -> str:
        if opened.encryption is not None and not opened.encryption.decrypted:
            return f"This message {UNREADABLE}."
        apart = {part.note for part in opened.parts if part.text is not None}
        notes = "".join(f"[{note}]\n" for note in opened.notes if note not in apart)
        return f"{notes}\n{opened.shown}" if notes else opened.shown

    def _hint(self, opened: OpenedMessage) -> str:
        if opened.signature is not None:
            return "Enter on the sender: who signed this, and with what"
        return "s saves a file of this message" if opened.attachments else "This message is not signed"

    def certificates_changed(self) -> None:
        """Judge the message again."""
        self._load()

    def accounts_changed(self) -> None:
        """Keep the message, and let go of the mailbox it came from: that is closed, the list opens it anew."""
        if self._folder is not None:
            self._folder.followers.discard(self._follow_moved)
            self._folder, self._raw = None, self.opened.raw if self.opened else b""
            self.query_one(FolderRows).display = False
            self.query_one(TitleBar).where(self._where())
        if self._raw:
            self._load()

    def on_screen_resume(self) -> None:
        """Have the sender at hand again."""
        self.settle()

    def on_action_chosen(self) -> None:
        """Enter or a click on the sender."""
        self.action_sender()

    def action_sender(self) -> None:
        """Show who signed this."""
        from smimetui.ui.screens.sender import SenderSheet

        if self.opened is not None:
            self.app.push_screen(SenderSheet(self.opened))

    def action_reply(self, everyone: bool) -> None:  # noqa: FBT001 - an action's argument
        """Reply; the lock follows this message."""
        if self.opened is not None:
            self.work(partial(self.smimetui.compose_reply, self.opened, everyone=everyone))

    def action_forward(self) -> None:
        """Forward; the lock follows this message."""
        if self.opened is not None:
            self.work(partial(self.smimetui.compose_forward, self.opened))

    def action_compose(self) -> None:
        """Write a new message."""
        from smimetui.ui.screens.compose import ComposeScreen

        self.app.push_screen(ComposeScreen(), self.came_back)

    def action_next(self) -> None:
        """Show the next match of a search, else the next message."""
        if self.finding:
            self.action_match(1)
        else:
            self.action_step(1)

    def action_step(self, step: int) -> None:
        """Show the next or previous message of the folder."""
        if self._folder is not None and 0 <= self.index + step < len(self._folder):
            self._go_to(self.index + step)
            self.query_one(FolderRows).cursor = self.index

    def _go_to(self, index: int) -> None:
        if index != self.index:
            self.index = index
            self.query_one(TitleBar).where(self._where())
            self._load()

    def action_trash(self) -> None:
        """Move the message to the trash and go back."""
        self.work(self._trash)

    async def _trash(self) -> None:
        # The one on the screen: another may be on its way.
        folder, summary = self._folder, self._on_screen
        if folder is None and self._from_list:
            self.say("The accounts changed meanwhile: delete it in the list.", "warning")
        if folder is None or summary is None or folder.name == "Trash":
            return
        call = self.smimetui.lanes.mail.call(lambda: folder.mailbox.trash(folder.name, summary.uid))
        gone = await self.attempt(call, meanwhile="Moving it to the trash…")
        if gone is not None:
            if self._trashed is not None:
                self._trashed(folder, gone)
            self.action_back()

    def action_back(self) -> None:
        """End a search; else back to the list, or out of the program."""
        if self.finding:
            self.end_search()
        elif self._from_list:
            self.dismiss(None)
        else:
            self.smimetui.end(0)
