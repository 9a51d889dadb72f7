"""The app's part that sees messages off, and leaves nothing behind when it is quit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.app import SystemCommand

from smimetui.model.errors import SmimetuiError
from smimetui.ui.autosaving import Autosaving
from smimetui.ui.opening import Opening
from smimetui.ui.outgoing import Outgoing, types
from smimetui.ui.screens.frame import Speaking
from smimetui.ui.start import Compose, ShowList, Start

if TYPE_CHECKING:
    from textual.screen import Screen

    from smimetui.services.drafts import OpenedDraft
    from smimetui.services.session import Session
    from smimetui.ui.app import SmimetuiApp
    from smimetui.ui.preferences import Preferences
    from smimetui.ui.screens.compose import ComposeScreen

_KEPT = "Your draft is kept, encrypted to you: smimetui offers it when it starts again."


class Departing(Opening):
    """A part of the app."""

    _start: Start

    def __init__(self, preferences: Preferences) -> None:
        super().__init__(preferences)
        self.outgoing = Outgoing(cast("SmimetuiApp", self))
        self._quitting = False

    async def open_store(self) -> bool:
        """Open the session, and go on where an earlier run ended: send what waits, and say what was left."""
        opened = await super().open_store()
        if opened and isinstance(self._start, ShowList | Compose):
            try:
                await self._take_up(await self._sessions.get(), sends=isinstance(self._start, ShowList))
            except SmimetuiError as error:
                self.say(self.told(error), "error")
        return opened

    async def _take_up(self, session: Session, *, sends: bool) -> None:
        if sends:
            await self.outgoing.resume(session)
        left = await self.lanes.crypto.call(session.autosave.left)
        self.outgoing.left = len(left)
        if left:
            what = "A draft was" if len(left) == 1 else f"{len(left)} drafts were"
            self.outgoing_changed(f"{what} recovered: {'m opens' if sends else '^P has'} Recovered Drafts.")

    def outgoing_changed(self, sentence: str = "", tone: str = "accent") -> None:
        """Say what became of a message, and let every list show what waits now."""
        for screen in self.screen_stack:
            if isinstance(screen, Speaking):
                screen.outgoing_changed(sentence, tone)
        if sentence and isinstance(self.screen, Speaking):
            self.screen.say(sentence, tone)

    def reopen(self, composer: ComposeScreen) -> None:
        """Show a composer that goes on with what was taken back, or was left."""
        self.push_screen(composer, lambda sentence: self.outgoing_changed(sentence or ""))

    async def hold_draft(self, draft: OpenedDraft) -> bool:
        """Hold a draft of the mailbox for a composer; where another window has it open, say so and return False."""
        session = await self._sessions.get()
        account = session.account.address
        try:
            held = await self.lanes.crypto.call(lambda: session.autosave.hold(account, draft.uid))
        except SmimetuiError:
            return True  # whoever saves it again makes a version of its own: nothing is written over
        if not held and isinstance(self.screen, Speaking):
            self.screen.say("This draft is open in another window: go on there, or close it first.", "warning")
        return held

    def choose_undo_send(self, seconds: int) -> None:
        """Change the time in which a message can be taken back, and keep the choice."""
        self.preferences.undo_send = seconds
        save = self.preferences.save_undo_send
        if save is not None:
            self.run_worker(self._keep_choice(partial(save, seconds)), exit_on_error=False)

    async def _keep_choice(self, save: Callable[[], None]) -> None:
        try:
            await self.lanes.store.call(save)
        except SmimetuiError as error:
            self.outgoing_changed(str(error), "error")

    def outgoing_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Yield the palette's ways to what waits, while something does."""
        from smimetui.ui.screens.outbox import OutboxSheet
        from smimetui.ui.screens.recovered import RecoveredSheet

        if self.outgoing.counting is not None and types(screen):
            yield SystemCommand("Take the message back", "before it is sent", self.action_undo_send)
        if self.outgoing.waits:
            yield SystemCommand("Outbox", "messages that have not left", lambda: self.push_screen(OutboxSheet()))
        if self.outgoing.left:
            yield SystemCommand("Recovered Drafts", "drafts left behind", lambda: self.push_screen(RecoveredSheet()))

    def action_undo_send(self) -> None:
        """Take back the message whose countdown runs."""
        self.outgoing.undo()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer Undo Send only while there is something to take back."""
        if action == "undo_send":
            return self.outgoing.counting is not None
        return super().check_action(action, parameters)

    async def action_quit(self) -> None:
        """Leave the program."""
        self.end(0)

    def end(self, code: int, sentence: str = "") -> None:
        """Leave with an exit code: what counts down is sent first, and at once; asked again, it stays in the outbox."""
        if self.outgoing.leaving and not self._quitting:
            self._quitting = True
            if isinstance(self.screen, Speaking):
                self.screen.say("Sending before quitting… Quit again to leave it in the outbox.", "accent")
            self.run_worker(self._end_when_sent(code, sentence), exit_on_error=False)
        else:
            self._leave(code, sentence)

    async def _end_when_sent(self, code: int, sentence: str) -> None:
        await self.outgoing.hurry()
        self._quitting = not self.outgoing.stranded
        if self._quitting:
            self._leave(code, sentence)

    def _leave(self, code: int, sentence: str) -> None:
        kept = [screen.keep_now() for screen in self.screen_stack if isinstance(screen, Autosaving)]
        words = [sentence, self.outgoing.farewell(), *([_KEPT] if any(kept) else [])]
        self.exit(code, message=" ".join(filter(None, words)) or None)

    def keep_everything(self) -> None:
        """Keep what is being written: the program ends by a mistake."""
        for screen in self.screen_stack:
            if isinstance(screen, Autosaving):
                screen.keep_now()
