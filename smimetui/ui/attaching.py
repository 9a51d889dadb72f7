"""The composer's files: attached by path or by dropping them, shown as chips, taken out again, not forgotten."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual import events
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from smimetui.model.display import file_size, printable_line
from smimetui.model.own_words import promises_file
from smimetui.ui.files import dropped_files, read_attachment, typed_path
from smimetui.ui.sending import Sending
from smimetui.ui.widgets.editor import BodyEditor
from smimetui.ui.widgets.file_chip import FileChip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smimetui.model.message import Attachment

_BIG = 5_000_000
"""Bytes from which on reading a file is shown."""


class Attaching(Sending):
    """A part of the composer's screen."""

    attachments: list[Attachment]
    """The files of the draft."""
    _reading = False
    _asked = False
    _dropped: tuple[Attachment, ...] = ()
    """What was dropped on the text last."""

    def action_attach(self) -> None:
        """Ask for files."""
        from smimetui.ui.screens.path import PathSheet

        def chosen(text: str | None) -> None:
            if text is not None:
                files = dropped_files(text) or (typed_path(text),)
                self.work(partial(self.add_files, files), group="attach")

        self.app.push_screen(PathSheet(title="Attach", question="File to attach", done="Attach"), chosen)

    async def add_files(self, paths: Sequence[Path], *, dropped: bool = False) -> None:
        """Read files and attach them, and say how large the message becomes."""
        for path in paths:
            attachment = await self._read_in(path)
            if attachment is None:
                return
            if dropped:
                self._dropped += (attachment,)
        self.say(self._size_word())

    async def add_file(self, path: Path) -> None:
        """Read a file and attach it."""
        await self._read_in(path)

    async def _read_in(self, path: Path) -> Attachment | None:
        self._reading = True
        name, app = printable_line(path.name), self.app

        def progress(done: int, size: int) -> bool:
            if size > _BIG and self._reading:
                share = min(99, 100 * done // size)
                app.call_from_thread(self.say, f"Reading {name}: {share} %. Esc cancels.", "accent")
            return self._reading

        try:
            attachment = await self.attempt(self.smimetui.lanes.mail.call(lambda: read_attachment(path, progress)))
        finally:
            self._reading = False
        if attachment is not None:
            self.attachments.append(attachment)
            self.show_files()
        return attachment

    def cancel_reading(self) -> bool:
        """Stop reading a file; return whether there was something to stop."""
        if not self._reading:
            return False
        self._reading = False
        self.workers.cancel_group(self, "attach")
        self.say("Not attached.")
        return True

    def _size_word(self) -> str:
        from smimetui.smime.sealed_size import sealed_size

        count, session = len(self.attachments), self.session
        files = f"{count} file{'s' if count > 1 else ''}, {file_size(sum(item.size for item in self.attachments))}"
        if session is None:
            return f"{files}."
        size = sealed_size(self._whole.draft(session), self._whole.protection)
        return f"{files}; about {file_size(size)} to send."

    def on_paste(self, event: events.Paste) -> None:
        """Attach what was dropped on the row of files."""
        if isinstance(self.focused, FileChip) and (files := dropped_files(event.text)):
            self.work(partial(self.add_files, files), group="attach")

    def on_body_editor_dropped(self, event: BodyEditor.Dropped) -> None:
        """Attach what was dropped on the text."""
        self._dropped = ()
        self.work(partial(self.add_files, event.files, dropped=True), group="attach")

    def on_body_editor_undropped(self) -> None:
        """Take out what was dropped: the text was meant."""
        self.cancel_reading()
        self.attachments = [item for item in self.attachments if not any(item is gone for gone in self._dropped)]
        self._dropped = ()
        self.show_files()
        self.say("")

    def action_send(self) -> None:
        """Send; ask once where the text speaks of a file and there is none."""
        from smimetui.ui.screens.choice import Choice, ChoiceSheet

        session = self.session
        if session is None or self.attachments or self._asked or self._sending or self._waiting:
            super().action_send()
            return
        draft = self._whole.draft(session)
        if not promises_file(draft.body, draft.subject):
            super().action_send()
            return
        self._asked = True
        choices = (Choice("Attach a File", "attach"), Choice("Send Without", "send"))
        lines = ("The message speaks of a file, and none is attached.",)
        self.app.push_screen(ChoiceSheet(title="No Attachment", lines=lines, choices=choices), self._answered)

    def _answered(self, choice: str | None) -> None:
        if choice == "attach":
            self.action_attach()
        elif choice == "send":
            super().action_send()

    def show_files(self) -> None:
        """Paint the row of files; it is only there when there are some."""
        files = self.query_one("#files", Horizontal)
        files.remove_children()
        for index, item in enumerate(self.attachments):
            files.mount(FileChip(f"{printable_line(item.name)}  {file_size(item.size)}", index))
        count = len(self.attachments)
        self.query_one("#files-label", Static).update(Content(f"Files ({count})" if count > 1 else "Files"))
        self.query_one("#files-row").display = bool(count)

    def on_file_chip_removed(self, event: FileChip.Removed) -> None:
        """Take a file out."""
        del self.attachments[event.index]
        self.show_files()
        self.query_one("#subject").focus()
