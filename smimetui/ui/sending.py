"""The composer's Send: waits visibly, asks when it must, seals at once, and hands over to the outbox.

Until the message is being handed over, Esc takes all of it back.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

from smimetui.model.address import Address
from smimetui.model.errors import IdentityNotFoundError, MailboxError, SmimetuiError, StoreError
from smimetui.model.message import Draft, Protection
from smimetui.model.verdict import Designation, Resolution
from smimetui.ui.autosaving import Autosaving
from smimetui.ui.outgoing import Departure, told
from smimetui.ui.resolving import Recipients
from smimetui.ui.widgets.recipients import RecipientField

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget

    from smimetui.services.composer import Prepared
    from smimetui.services.dispatch import SendReport
    from smimetui.services.session import Session
    from smimetui.ui.outgoing import End
    from smimetui.ui.screens.compose import ComposeScreen


class Sending(Autosaving):
    """A part of the composer's screen."""

    recipients: Recipients
    wanted: bool
    _sending = False
    _waiting = False
    """The recipients are being looked up, or the message sealed: nothing is anywhere yet."""
    _departing = False
    """The countdown runs, or the message is being handed over, and this screen waits for the end of it."""
    _focused: Widget | None = None

    @property
    def _whole(self) -> ComposeScreen:
        return cast("ComposeScreen", self)

    def action_send(self) -> None:
        """Send, if the message may leave as the lock says."""
        if self._sending or self._waiting:
            return
        screen = self._whole
        if self.session is None:
            screen.say("The store is not open yet.", "warning")
        elif screen.commit_all():
            self.work(partial(self._send_when_known, self.session), group="send", exclusive=True)

    async def _send_when_known(self, session: Session) -> None:
        screen = self._whole
        self.recipients.follow(screen.draft(session).recipients, session)
        if screen.designation is Designation.CHECKING:
            self._waiting = True
            screen.say("Checking… the message leaves when every recipient is known. Esc cancels.", "accent")
            try:
                await self.recipients.settled()
            finally:
                self._waiting = False
        draft = screen.draft(session)
        if screen.designation is Designation.UNABLE_TO_ENCRYPT:
            self._ask(session, draft, self.recipients.stopping(draft.recipients))
        elif screen.would_tell_a_secret:
            self._ask_to_tell(session, draft)
        else:
            await self._send(session, draft, screen.protection)

    def cancel_waiting(self) -> bool:
        """Take back what Send began, or say that it is too late; return whether it had begun anything."""
        if self._waiting:
            self.workers.cancel_group(self, "send")
            self._whole.complain("Not sent.", "")
        elif self._departing and not self.smimetui.outgoing.undo():
            self.say("It is too late to cancel: what becomes of the message is said here.", "warning")
        return self._sending or self._waiting

    async def _send(self, session: Session, draft: Draft, protection: Protection) -> None:
        from smimetui.services.composer import UnableToEncryptError

        screen = self._whole
        self._freeze(True)
        self._waiting = True
        screen.complain("")
        loop_say = screen.app.call_from_thread

        def progress(sentence: str) -> None:
            if self._waiting:
                loop_say(screen.say, f"{sentence} Esc cancels.", "accent")

        try:
            prepared = await screen.smimetui.lanes.crypto.call(
                lambda: session.composer.prepare(draft, protection, on_progress=progress)
            )
            self._waiting = False
            await self._hand_over(session, prepared)
        except UnableToEncryptError as error:
            self.recipients.learn(error.resolutions)
            self._ask(session, draft, error.resolutions)
        except SmimetuiError as error:
            screen.complain(f"Not sent: {error}")
        finally:
            self._waiting = False
            self._freeze(False)

    async def _hand_over(self, session: Session, prepared: Prepared) -> None:
        """Leave the message to the outbox; where no screen is behind, or it cannot be kept, wait here for its end."""
        screen, written = self._whole, self.written(session)
        goes = not screen.is_alone

        def put() -> str:
            try:
                here = self.keep(session, written)
                session.outbox.put(here.name, prepared, uid=written.uid)
            except (IdentityNotFoundError, StoreError):
                return ""
            if goes:
                here.leave()
            return here.name

        name = await screen.smimetui.lanes.crypto.call(put)
        departure = Departure(
            name=name,
            account=session.account.address.spec,
            recipients=prepared.draft.recipients,
            encrypted=prepared.protection.encrypt,
            size=prepared.size,
            prepared=None if name else prepared,
        )
        self.handed_on = bool(name)
        if name and goes:
            screen.leave(None)
            self.smimetui.outgoing.depart(departure)
            return
        self.say("")
        self._departing = True
        try:
            end = await self.smimetui.outgoing.seen_off(departure)
        finally:
            self._departing = False
        await self._ended(session, departure, end)

    async def _ended(self, session: Session, departure: Departure, end: End | None) -> None:
        """Close when the message has left, or may have; else take it out of the outbox and go on writing."""
        from smimetui.services.dispatch import SendReport

        screen, name = self._whole, departure.name
        match end:
            case SendReport() if end.complete and (name or await screen.forget_draft()):
                screen.leave(told(end, departure)[0])
            case SendReport(uncertain=[_, *_]) | MailboxError() if name:
                screen.leave(told(end, departure)[0], done=False)
            case _ if name and not await self._taken_out(session, name):
                screen.leave("The message is in the outbox.", done=False)
            case SendReport():
                self._go_on_with_the_rest(end)
            case SmimetuiError():
                screen.complain(f"Not sent: {end}")
            case None:
                screen.complain("Not sent.", "")

    async def _taken_out(self, session: Session, name: str) -> bool:
        """Take the message out of the outbox, and keep the draft again; return whether that was possible."""
        taken = await self.attempt(self.smimetui.lanes.crypto.call(lambda: session.outbox.take_back(name)))
        self.handed_on = taken is None
        return taken is not None

    def _go_on_with_the_rest(self, report: SendReport) -> None:
        """Say whom the message has not reached, or perhaps not, and leave the others out."""
        parts = list(report.warnings)
        if report.uncertain:
            parts.append("It is uncertain whether this message left: look into Sent before you send it again.")
        if report.unsent:
            parts.append(f"Not sent to {', '.join(address.spec for address in report.unsent)}.")
        reached = [address for envelope in report.sent for address in envelope.recipients]
        self._leave_of_groups(report, set(reached))
        self._take_out(reached)
        self._whole.complain(" ".join(parts), "warning")

    def _leave_of_groups(self, report: SendReport, reached: set[Address]) -> None:
        """Put those a message has not reached in the place of a contact group that it reached in part."""
        for group, people in report.groups.items():
            left = [person for person in people if person not in reached]
            for field in self.query(RecipientField):
                if len(left) < len(people) and group in field.addresses:
                    field.exchange(group, left)

    def _freeze(self, frozen: bool) -> None:  # noqa: FBT001 - the one state there is
        self._sending = frozen
        self.set_class(frozen, "-sending")
        if frozen:
            self._focused = self.focused
        for name in ("#to", "#cc", "#bcc", "#subject", "#body"):
            self.query_one(name).disabled = frozen
        if not frozen and self.is_mounted and self.is_current:
            (self._focused or self.query_one("#body")).focus(scroll_visible=False)

    def _ask(self, session: Session, draft: Draft, stopping: tuple[Resolution, ...]) -> None:
        from smimetui.ui.screens.unable import UnableSheet

        addresses = tuple(answer.address for answer in stopping)

        def chosen(choice: str | None) -> None:
            match choice:
                case "remove":
                    self._take_out(addresses)
                case "ask":
                    self._ask_for_signed(session, addresses)
                case "plain":
                    plain = Protection(sign=self._whole.protection.sign, encrypt=False)
                    self.work(partial(self._send, session, draft, plain), group="send")
                case _:
                    pass

        self.app.push_screen(UnableSheet(stopping), chosen)

    def _ask_to_tell(self, session: Session, draft: Draft) -> None:
        from smimetui.ui.screens.choice import Choice, ChoiceSheet

        lines = (
            "The message you answer or forward was encrypted. This one would leave unencrypted, with what it quotes.",
            "F6 closes the lock, or says what is missing for it.",
        )
        choices = (Choice("Back", "back"), Choice("Send Unencrypted", "plain", danger=True))

        def chosen(choice: str | None) -> None:
            if choice == "plain":
                self.work(partial(self._send, session, draft, self._whole.protection), group="send")

        self.app.push_screen(ChoiceSheet(title="Not Encrypted", lines=lines, choices=choices), chosen)

    def _take_out(self, addresses: Sequence[Address]) -> None:
        for field in self.query(RecipientField):
            field.take_out(addresses)
        self._whole.follow()

    def _ask_for_signed(self, session: Session, addresses: tuple[Address, ...]) -> None:
        from smimetui.ui.screens.compose import ComposeScreen

        draft = session.composer.ask_for_signed(addresses)
        self.app.push_screen(ComposeScreen.unencrypted(draft), lambda sentence: self._whole.say(sentence or ""))
