"""The composer's From line: which account writes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.content import Content

from smimetui.model.address import Address
from smimetui.model.certificate import Purpose
from smimetui.model.display import as_sentence, printable_line
from smimetui.model.message import Draft
from smimetui.ui.resolving import Recipients
from smimetui.ui.screens.frame import Speaking
from smimetui.ui.widgets.actions import Action
from smimetui.ui.widgets.bars import Word

if TYPE_CHECKING:
    from smimetui.services.session import Session


class SenderChoice(Action):
    """The From line: a word to choose another account with, where there are several."""

    DEFAULT_CSS = "SenderChoice { padding: 0; width: 1fr; color: $foreground; text-style: none; }"


class Sender(Speaking[str]):
    """A part of the composer's screen."""

    session: Session | None
    recipients: Recipients
    draft_given: Draft | None
    why_unsigned = ""
    """Why no own certificate may sign, where there are some."""
    _ending = ""
    _account_chosen = False

    async def look_at_own_keys(self, session: Session) -> None:
        """Learn whether something keeps this account from signing, and what ends soon, and paint it."""

        def look() -> tuple[str, str]:
            return session.composer.why_not(Purpose.SIGN), session.expiry_note()

        self.why_unsigned, self._ending = await self.attempt(self.smimetui.lanes.store.call(look)) or ("", "")
        if self.is_mounted:
            self.recipients_changed()

    def show_signing(self, *, signing: bool) -> None:
        """Paint the word beside the sender."""
        unable = self.why_unsigned and not signing
        word = "cannot sign" if unable else "signed" if signing else "not signed"
        self.query_one("#sign", Word).update(Content.assemble((word, "$warning" if unable else "")))

    def own_word(self, quiet: str) -> tuple[str, str]:
        """Return what stands in the status line, and its tone: what is wrong with the own keys goes before `quiet`."""
        session = self.session
        if self.why_unsigned and session is not None and session.account.sign_by_default:
            return as_sentence(self.why_unsigned), "warning"
        return quiet or as_sentence(self._ending), ""

    def show_sender(self) -> None:
        """Paint the From line; it can be focused where there is a choice."""
        choice = self.query_one(SenderChoice)
        if self.session is not None:
            choice.rename(printable_line(self.sender(self.session).spec), "from")
        choice.can_focus = len(self.smimetui.preferences.accounts) > 1

    def sender(self, session: Session) -> Address:
        """Return who the message is from."""
        kept = self.draft_given is not None and not self._account_chosen
        return self.draft_given.sender if kept and self.draft_given else session.account.address

    def on_action_chosen(self) -> None:
        """Choose the account to write from."""
        from smimetui.ui.screens.choice import Choice, ChoiceSheet

        accounts = self.smimetui.preferences.accounts
        if len(accounts) > 1:
            choices = [
                Choice(printable_line(address.spec), f"account-{index}") for index, address in enumerate(accounts)
            ]
            sheet = ChoiceSheet(title="From", lines=(), choices=choices)
            self.app.push_screen(sheet, lambda act: self.work(partial(self._write_from, act)) if act else None)

    async def _write_from(self, act: str) -> None:
        address = self.smimetui.preferences.accounts[int(act.removeprefix("account-"))]
        await self._take_session(address, chosen=True)

    def accounts_changed(self) -> None:
        """Write on from the same account, over its session of now."""
        if self.session is not None:
            self.work(partial(self._take_session, self.session.account.address))
        else:
            self.work(self._begin)

    async def _begin(self) -> None:
        """Take the session that writes, once it is open."""

    async def _take_session(self, address: Address, *, chosen: bool = False) -> None:
        session = await self.attempt(self.smimetui.session(address.spec))
        if session is not None:
            # Who can be written to is asked anew, in the account's own lists.
            self.session, self._account_chosen = session, self._account_chosen or chosen
            self.show_sender()
            if chosen:
                self.sign_off(session.account.signature)
                await self.take_defaults(session)
            await self.look_at_own_keys(session)
            self.recipients.again(session)
            self.recipients_changed()

    async def take_defaults(self, session: Session) -> None:
        """Protect as the account does by default."""

    def sign_off(self, signature: str) -> bool:
        """Put the account's signature text at the end."""
        del signature
        return False

    def recipients_changed(self) -> None:
        """Paint what follows from the recipients and the lock."""
