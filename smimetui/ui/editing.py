"""The composer's F4: the body in the person's own editor, and the signature text under it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.app import SuspendNotSupported

from smimetui.model.errors import SmimetuiError
from smimetui.services.signature_text import swapped
from smimetui.ui.screens.frame import Speaking
from smimetui.ui.widgets.editor import BodyEditor

if TYPE_CHECKING:
    from smimetui.ui.preferences import Edit
    from smimetui.ui.screens.compose import ComposeScreen


class Editing(Speaking[str]):
    """A part of the composer's screen."""

    _signature = ""

    def action_edit(self) -> None:
        """Hand the terminal to the editor until it ends; what it says can be undone."""
        edit, body = self.smimetui.preferences.edit, self.query_one(BodyEditor)
        if edit is None:
            self.complain("There is no editor to open here.", "warning")
        elif not body.disabled:
            self._edit(edit, body)

    def _edit(self, edit: Edit, body: BodyEditor) -> None:
        after, failure = body.text, ""
        try:
            with self.app.suspend():
                # An error that left this block would leave the terminal to nobody.
                try:
                    after = edit(body.text, cast("ComposeScreen", self).keep_beside())
                except SmimetuiError as error:
                    failure = f"Not edited: {error}"
        except SuspendNotSupported:
            failure = "This terminal cannot be handed to an editor."
        body.take(after)
        body.focus()
        if failure:
            self.complain(failure)

    def sign_off(self, signature: str) -> bool:
        """Put an account's signature text at the end, in the place of another account's; tell whether it changed."""
        body, before = self.query_one(BodyEditor), self._signature
        self._signature = signature
        text = swapped(body.text, before, signature)
        if text == body.text:
            return False
        place = body.selection
        body.take(text)
        body.selection = place
        body.scroll_cursor_visible()
        return True
