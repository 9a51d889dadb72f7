"""A sheet that takes certificates from a file the person names."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from smimetui.model.certificate import Certificate
from smimetui.model.errors import SmimetuiError
from smimetui.ui.files import read_small, typed_path
from smimetui.ui.screens.list_sheet import ListSheet
from smimetui.ui.screens.path import PathSheet

Review = Callable[[tuple[Certificate, ...]], None]


class ReadsCertificates(ListSheet):
    """Asks for a file and reads it behind the screen."""

    def ask_for_file(self, *, title: str, question: str, review: Review) -> None:
        """Ask for the path, and hand what the file holds to `review`, which raises SmimetuiError for what is no use."""

        def chosen(path: str | None) -> None:
            if path is not None:
                self.work(partial(self._read, path, review))

        self.app.push_screen(PathSheet(title=title, question=question, done="Open"), chosen)

    async def _read(self, path: str, review: Review) -> None:
        def read() -> tuple[Certificate, ...]:
            from smimetui.smime.certificate_file import load_certificate_file

            return load_certificate_file(read_small(typed_path(path)))

        certificates = await self.attempt(self.smimetui.lanes.crypto.call(read))
        if certificates is None:
            return
        try:
            review(certificates)
        except SmimetuiError as error:
            self.complain(str(error))
