"""The composer keeps itself: every few seconds of change, at a crash and when the program is left."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, cast

from smimetui.model.display import as_sentence
from smimetui.model.errors import IdentityNotFoundError, SmimetuiError
from smimetui.model.flowed import tidied
from smimetui.ui.screens.frame import Speaking
from smimetui.ui.widgets.recipients import RecipientField

if TYPE_CHECKING:
    from smimetui.services.autosave import OpenDraft, Written
    from smimetui.services.session import Session
    from smimetui.ui.screens.compose import ComposeScreen

_EVERY = 2.0
"""Seconds between two looks: with sealing and the disk's time at most five seconds of typing are lost."""
_ONE_AT_A_TIME = Lock()
"""A window has one draft, whichever threads begin to keep it."""


class Autosaving(Speaking[str]):
    """A part of the composer's screen."""

    session: Session | None
    draft_uid = ""
    """The version in the Drafts folder that this screen shows; empty for one that was never saved there."""
    here: OpenDraft | None = None
    """This window's own copy on this machine, once there was something to keep."""
    in_memory = ""
    """Why nothing is kept on this machine, as a sentence; empty while it can be."""
    typed: tuple[str, ...] = ()
    """What stood in To, Cc and Bcc of a draft that is gone on with, and is no recipient yet."""
    handed_on = False
    """The outbox has it now."""
    _last: Written | None = None
    _is_left = False
    _keeping = False

    @property
    def _it(self) -> ComposeScreen:
        return cast("ComposeScreen", self)

    def tell(self) -> None:
        """Say what matters most."""

    def on_mount(self) -> None:
        """Put back what was typed, and look at the screen from now on."""
        for field, text in zip(self.query(RecipientField), self.typed, strict=False):
            field.input.value = text
        self.set_interval(_EVERY, self._look)

    def on_unmount(self) -> None:
        """Let other windows have the draft of the mailbox, unless its message is in the outbox: that lets it go."""
        draft = self._it.draft_given
        if self.session is not None and draft is not None and self.draft_uid and not self.handed_on:
            self.session.autosave.let_go(draft.sender, self.draft_uid)

    def outgoing_changed(self, sentence: str, tone: str) -> None:
        """Keep what became of another message in sight: the answers about recipients would sweep it away."""
        if sentence and self.is_current:
            self._it.complain(sentence, tone)

    def version(self, session: Session) -> str:
        """Return the draft's uid in the Drafts of an account; empty where it came from another account's."""
        draft = self._it.draft_given
        return self.draft_uid if draft is not None and draft.sender.spec == session.account.address.spec else ""

    def written(self, session: Session) -> Written:
        """Return what is on the screen."""
        from smimetui.services.autosave import Written

        pending = tuple(field.pending for field in self.query(RecipientField))
        screen, uid = self._it, self.version(session)
        return Written(draft=screen.draft(session), protection=screen.protection, uid=uid, pending=pending)

    def keep(self, session: Session, written: Written) -> OpenDraft:
        """Keep it, on the thread that this is called on, and return this window's copy.

        Raises IdentityNotFoundError, StoreError, UnsupportedError.
        """
        with _ONE_AT_A_TIME:
            here = self.here = self.here or session.autosave.begin()
        here.save(written)
        return here

    def keep_now(self) -> bool:
        """Keep what is on the screen before the program ends, whatever else fails; return whether it is kept."""
        session = self.session
        if session is None or self._rests or not (self._it.changed or self.here):
            return False
        with suppress(Exception):
            self.keep(session, self.written(session))
        return self.here is not None and self.here.is_kept

    def keep_beside(self) -> Callable[[str], None]:
        """Keep what is on the screen, and return what keeps it with another text, on any thread: that of an editor."""
        self.keep_now()
        session = self.session
        written = None if session is None else self.written(session)

        def keep(text: str) -> None:
            if session is not None and written is not None:
                with suppress(Exception):
                    self.keep(session, replace(written, draft=replace(written.draft, body=tidied(text))))

        return keep

    def forget_here(self) -> None:
        """Remove this window's copy. Blocks; raises StoreError."""
        self._is_left = True
        if self.here is not None:
            self.here.forget()

    @property
    def _rests(self) -> bool:
        return self._is_left or self.handed_on

    def _look(self) -> None:
        session = self.session
        if session is None or self._rests or self._keeping or not (self._it.changed or self.here):
            return
        written = self.written(session)
        if written != self._last:
            self._last, self._keeping = written, True
            self.work(partial(self._keep, session, written), group="autosave")

    async def _keep(self, session: Session, written: Written) -> None:
        try:
            await self.smimetui.lanes.crypto.call(lambda: self.keep(session, written))
        except SmimetuiError as error:
            self._last = None
            why = "no certificate of your own" if isinstance(error, IdentityNotFoundError) else error.summary
            self._say_kept(as_sentence(f"this draft is kept in memory only: {why}"))
        else:
            self._say_kept("")
        finally:
            self._keeping = False

    def _say_kept(self, why: str) -> None:
        if why != self.in_memory:
            self.in_memory = why
            self.tell()
