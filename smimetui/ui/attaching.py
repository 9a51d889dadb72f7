"""The composer's files: attached by path, shown as chips, taken out again."""

from functools import partial
from pathlib import Path

from textual.containers import Horizontal

from smimetui.model.display import file_size, printable_line
from smimetui.model.message import Attachment
from smimetui.ui.files import read_attachment
from smimetui.ui.screens.frame import Speaking
from smimetui.ui.widgets.file_chip import FileChip


class Attaching(Speaking[str]):
    """A part of the composer's screen."""

    attachments: list[Attachment]
    """The files of the draft."""

    def action_attach(self) -> None:
        """Ask for a file."""
        from smimetui.ui.screens.path import PathSheet

        def chosen(path: str | None) -> None:
            if path is not None:
                self.work(partial(self.add_file, Path(path).expanduser()))

        self.app.push_screen(PathSheet(title="Attach", question="File to attach", done="Attach"), chosen)

    async def add_file(self, path: Path) -> None:
        """Read a file and attach it."""
        attachment = await self.attempt(self.smimetui.lanes.mail.call(lambda: read_attachment(path)))
        if attachment is not None:
            self.attachments.append(attachment)
            self.show_files()

    def show_files(self) -> None:
        """Paint the row of files; it is only there when there are some."""
        files = self.query_one("#files", Horizontal)
        files.remove_children()
        for index, item in enumerate(self.attachments):
            files.mount(FileChip(f"{printable_line(item.name)}  {file_size(item.size)}", index))
        self.query_one("#files-row").display = bool(self.attachments)

    def on_file_chip_removed(self, event: FileChip.Removed) -> None:
        """Take a file out."""
        del self.attachments[event.index]
        self.show_files()
        self.query_one("#subject").focus()
