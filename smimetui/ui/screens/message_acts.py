"""What can be done with an opened message beside answering it: its files, its headers, its source, passing it on."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from textual.binding import Binding

from smimetui.model.display import file_size, printable_line
from smimetui.model.message import Attachment, OpenedMessage
from smimetui.ui.screens.choice import Choice, ChoiceSheet
from smimetui.ui.screens.reading import ReadingScreen, TextScreen

MOST_SOURCE = 1_000_000
"""Octets of a message's source that are shown."""


class MessageActs(ReadingScreen):
    """A screen with a message."""

    BINDINGS: ClassVar = [
        Binding("s", "save", "Save file", id="message.save", tooltip="Save the files of the message"),
        Binding(
            "o", "open", "Open file", id="message.open", tooltip="Open a file with the system's program", show=False
        ),
        Binding(
            "F",
            "forward_attached",
            "Forward file",
            id="message.forward-attached",
            tooltip="Forward the message as an attachment",
            show=False,
        ),
        Binding("h", "headers", "Headers", id="message.headers", tooltip="All headers of the message", show=False),
        Binding("v", "source", "Source", id="message.source", tooltip="The message as it was received", show=False),
    ]
    opened: OpenedMessage | None = None
    """The message, once it is opened."""

    def action_headers(self) -> None:
        """Show all headers, decoded."""
        from smimetui.ui.source import full_headers

        if self.opened is not None:
            self.app.push_screen(TextScreen("Headers", full_headers(self.opened.raw)))

    def action_source(self) -> None:
        """Show the message as it was received."""
        if self.opened is None:
            return
        raw = self.opened.raw
        text = raw[:MOST_SOURCE].decode("utf-8", "replace")
        if len(raw) > MOST_SOURCE:
            text += f"\n\n[{file_size(len(raw) - MOST_SOURCE)} more are not shown]"
        self.app.push_screen(TextScreen("Source", text))

    def action_forward_attached(self) -> None:
        """Forward the message as it was received, in a file; an encrypted one only after a word about its readers."""
        opened = self.opened
        if opened is None:
            return
        if not opened.encrypted:
            self.work(partial(self._forward_attached, opened))
            return

        def answer(act: str | None) -> None:
            if act == "text":
                self.work(partial(self.smimetui.compose_forward, opened))
            elif act == "file":
                self.work(partial(self._forward_attached, opened))

        lines = ("In a file the message stays encrypted: only those it was sent to can read it.",)
        choices = (Choice("Forward the Text", "text"), Choice("Attach It Encrypted", "file"))
        self.app.push_screen(ChoiceSheet(title="Forward", lines=lines, choices=choices), answer)

    async def _forward_attached(self, opened: OpenedMessage) -> None:
        session = await self.attempt(self.smimetui.session())
        if session is not None:
            await self.smimetui.compose_answer(session.composer.forward_attached(opened), opened)

    def action_save(self) -> None:
        """Ask where to save the attachments."""
        from smimetui.ui.files import working_folder
        from smimetui.ui.screens.path import PathSheet

        if self.opened is None or not self.opened.attachments:
            self.say("This message has no files.")
            return
        attachments = self.opened.attachments
        names = ", ".join(printable_line(item.name) for item in attachments)
        sheet = PathSheet(title="Save Files", question=f"Folder for {names}", done="Save", value=working_folder())
        self.app.push_screen(sheet, lambda folder: self._save(folder, attachments))

    def _save(self, folder: str | None, attachments: Sequence[Attachment]) -> None:
        if folder is None:
            return
        from smimetui.ui.files import save_attachments, typed_path

        async def save() -> None:
            call = self.smimetui.lanes.mail.call(lambda: save_attachments(attachments, typed_path(folder)))
            saved = await self.attempt(call)
            if saved is not None:
                self.say(f"Saved {', '.join(path.name for path in saved)} in {folder}")

        self.work(save)

    def action_open(self) -> None:
        """Open a file with the program that the system has for it, after a question."""
        opened = self.opened
        if opened is None or not opened.attachments:
            self.say("This message has no files.")
        elif self.smimetui.preferences.open_file is None:
            self.say("No other program is started from here; s saves the files.")
        elif len(opened.attachments) == 1:
            self._ask_to_open(opened.attachments[0])
        else:
            choices = [
                Choice(f"{printable_line(item.name)}  {file_size(item.size)}", str(number))
                for number, item in enumerate(opened.attachments)
            ]
            sheet = ChoiceSheet(title="Open File", lines=("Which file?",), choices=choices)

            def chosen(act: str | None) -> None:
                if act is not None:
                    self._ask_to_open(opened.attachments[int(act)])

            self.app.push_screen(sheet, chosen)

    def _ask_to_open(self, attachment: Attachment) -> None:
        name = printable_line(attachment.name)
        opened = self.opened
        lines = [
            f"{name} ({file_size(attachment.size)}) goes to the program that the system has for its kind.",
            "It was sent by somebody else: open it only if you expect it.",
            "Its copy lies in memory, and is removed when smimetui ends.",
        ]
        if opened is not None and opened.encrypted:
            lines.append("It came encrypted. The other program may keep it in clear.")
        choices = (Choice("Back", "back"), Choice("Open", "open", danger=True))

        def answer(act: str | None) -> None:
            if act == "open":
                self.work(partial(self._open_file, attachment))

        self.app.push_screen(ChoiceSheet(title="Open File", lines=lines, choices=choices), answer)

    async def _open_file(self, attachment: Attachment) -> None:
        open_file = self.smimetui.preferences.open_file
        if open_file is None:
            return
        self.say(f"Opening {printable_line(attachment.name)}…")
        said = await self.attempt(self.smimetui.lanes.mail.call(lambda: open_file(attachment)))
        if said:
            self.say(said)
