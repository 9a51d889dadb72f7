"""The composer's lock and its signature: only the person turns them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from smimetui.model.certificate import Purpose
from smimetui.model.display import as_sentence
from smimetui.ui.sender import Sender

if TYPE_CHECKING:
    from smimetui.model.message import OpenedMessage, Protection
    from smimetui.services.session import Session


class Locking(Sender):
    """A part of the composer's screen."""

    wanted: bool
    signing: bool
    _original: OpenedMessage | None
    _kept: Protection | None
    _locked_open: bool
    _turned_lock = _turned_signing = False
    """The person has decided."""
    _opened_lock = False
    """The person has opened a lock that was closed."""

    @property
    def would_tell_a_secret(self) -> bool:
        """The lock is open over an answer to an encrypted message, and it was not the person who opened it."""
        return self._original is not None and self._original.encrypted and not self.wanted and not self._opened_lock

    async def take_defaults(self, session: Session) -> None:
        """Protect as the account does by default, where the person has not decided; that opens no lock."""
        composer, original = session.composer, self._original

        def look() -> tuple[bool, bool]:
            return composer.wanted(original), composer.can_sign() and session.account.sign_by_default

        found = await self.attempt(self.smimetui.lanes.store.call(look))
        if found is None or self._kept is not None:
            return
        if not (self._turned_lock or self._locked_open):
            self.wanted = self.wanted or found[0]
        if not self._turned_signing:
            self.signing = found[1]

    def action_lock(self) -> None:
        """Turn the lock; without an own certificate, say so and offer to import one."""
        self._turned_lock = True
        if self.session is None:
            self.say("The store is not open yet.", "warning")
        elif self.wanted:
            self.wanted, self._opened_lock = False, True
        else:
            self.work(partial(self._close_lock, self.session))

    async def _close_lock(self, session: Session) -> None:
        composer = session.composer

        def look() -> tuple[bool, str]:
            return composer.can_encrypt(), composer.why_not(Purpose.ENCRYPT)

        able, why = await self.attempt(self.smimetui.lanes.store.call(look)) or (None, "")
        if able:
            self.wanted = True
        elif able is not None:
            from smimetui.ui.screens.identity import NeedIdentitySheet

            self.app.push_screen(NeedIdentitySheet(why), self._imported)

    def _imported(self, imported: bool | None) -> None:  # noqa: FBT001 - a screen's result
        if imported and self.session is not None:
            self.work(partial(self._take_up, self.session))

    async def _take_up(self, session: Session) -> None:
        """Use the key that is there now, as far as it fits."""
        composer = session.composer
        await self.look_at_own_keys(session)
        able = await self.attempt(self.smimetui.lanes.store.call(lambda: (composer.can_encrypt(), composer.can_sign())))
        if able is not None:
            self.wanted, self.signing = able

    def action_sign(self) -> None:
        """Turn signing on or off."""
        self._turned_signing = True
        if self.session is not None:
            self.work(partial(self._turn_signing, self.session))

    async def _turn_signing(self, session: Session) -> None:
        able = await self.attempt(self.smimetui.lanes.store.call(session.composer.can_sign))
        if able:
            self.signing = not self.signing
        elif able is not None:
            why = self.why_unsigned or "there is no certificate of your own to sign with"
            self.complain(f"{as_sentence(why)} F6 offers a new one.", "warning")
