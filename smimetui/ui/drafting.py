"""The composer's end: Cancel asks when there is something to lose, and a draft can be kept, encrypted to its writer."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from smimetui.ui.autosaving import Autosaving
from smimetui.ui.widgets.completions import Completions

if TYPE_CHECKING:
    from smimetui.ui.screens.compose import ComposeScreen


class Drafting(Autosaving):
    """A part of the composer's screen."""

    @property
    def _screen(self) -> ComposeScreen:
        return cast("ComposeScreen", self)

    def action_cancel(self) -> None:
        """Close; ask first when there is something to lose."""
        completions = self.query_one(Completions)
        if completions.suggestions:
            completions.hide()
        elif self._screen.cancel_waiting():
            pass
        elif not self._screen.changed and self.here is None:
            self._screen.leave(None)
        else:
            self._ask_what_becomes_of_it()

    def _ask_what_becomes_of_it(self) -> None:
        from smimetui.ui.screens.choice import Choice, ChoiceSheet

        choices = (
            Choice("Keep Editing", "keep"),
            Choice("Save Draft", "save"),
            Choice("Delete Draft", "delete", danger=True),
        )
        sheet = ChoiceSheet(title="Cancel", lines=("This draft has not been sent.",), choices=choices)
        self.app.push_screen(sheet, self._decided)

    def _decided(self, choice: str | None) -> None:
        if choice == "save" and self.session is not None:
            self.work(self._save)
        elif choice == "delete":
            self.work(self._delete)

    async def _save(self) -> None:
        session = self.session
        if session is None:
            return
        draft, protection = self._screen.draft(session), self._screen.protection
        save = self.smimetui.lanes.mail.call(lambda: session.drafts.save(draft, protection, uid=self.version(session)))
        if await self.attempt(save) is not None and await self._forget_here():
            self._screen.leave("The draft is saved in Drafts, encrypted to you.")

    async def _forget_here(self) -> bool:
        """Take this machine's copy away: the draft is elsewhere, or not wanted."""

        def forget() -> bool:
            self.forget_here()
            return True

        return bool(await self.attempt(self.smimetui.lanes.crypto.call(forget)))

    async def _delete(self) -> None:
        if await self.forget_draft():
            self._screen.leave(None)

    async def forget_draft(self) -> bool:
        """Take what is saved of it away: the message was sent, or is not wanted. Return whether it is gone."""
        if not await self._forget_here():
            return False
        session = self.session
        if session is None or not (uid := self.version(session)):
            return True

        def delete() -> bool:
            session.drafts.delete(uid)
            return True

        return bool(await self.attempt(self.smimetui.lanes.mail.call(delete)))
