"""The composer's Send: waits visibly, asks when it must, sends once, keeps the draft unless it left."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

from smimetui.model.address import Address
from smimetui.model.display import printable_line
from smimetui.model.errors import SmimetuiError
from smimetui.model.message import Draft, Protection
from smimetui.model.verdict import Designation, Resolution
from smimetui.model.wording import cipher_name
from smimetui.ui.resolving import Recipients
from smimetui.ui.screens.frame import Speaking
from smimetui.ui.widgets.recipients import RecipientField

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smimetui.services.dispatch import SendReport
    from smimetui.services.session import Session
    from smimetui.ui.screens.compose import ComposeScreen


class Sending(Speaking[str]):
    """A part of the composer's screen."""

    session: Session | None
    recipients: Recipients
    wanted: bool
    _waiting = False
    _sending = False

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
        else:
            await self._send(session, draft, screen.protection)

    def cancel_waiting(self) -> bool:
        """Stop waiting for the recipients; return whether there was something to stop."""
        if not self._waiting:
            return False
        self.workers.cancel_group(self, "send")
        return True

    async def _send(self, session: Session, draft: Draft, protection: Protection) -> None:
        from smimetui.services.composer import UnableToEncryptError

        screen = self._whole
        self._freeze(True)
        screen.complain("")
        loop_say = screen.app.call_from_thread

        def progress(sentence: str) -> None:
            loop_say(screen.say, sentence, "accent")

        try:
            report = await screen.smimetui.lanes.mail.call(
                lambda: session.composer.send(draft, protection, on_progress=progress)
            )
        except UnableToEncryptError as error:
            self.recipients.learn(error.resolutions)
            self._ask(session, draft, error.resolutions)
        except SmimetuiError as error:
            screen.complain(f"Not sent: {error}")
        else:
            await self._finish(report, draft, protection)
        finally:
            self._freeze(False)

    async def _finish(self, report: SendReport, draft: Draft, protection: Protection) -> None:
        screen = self._whole
        if report.complete:
            await screen.forget_draft()
            people = ", ".join(printable_line(address.label) for address in draft.recipients)
            how = "Sent, encrypted, to" if protection.encrypt else "Sent to"
            ciphers = dict.fromkeys(cipher_name(sealed.cipher) for sealed in report.sent if sealed.cipher)
            cipher = f" ({', '.join(ciphers)})" if ciphers else ""
            screen.leave(f"{how} {people}{cipher}. {' '.join(report.warnings)}".strip())
            return
        parts = list(report.warnings)
        if report.uncertain:
            parts.append("It is uncertain whether this message left: look into Sent before you send it again.")
        if report.unsent:
            parts.append(f"Not sent to {', '.join(address.spec for address in report.unsent)}.")
        reached = [address for envelope in report.sent for address in envelope.recipients]
        self._leave_of_groups(report, set(reached))
        self._take_out(reached)
        screen.complain(" ".join(parts), "warning")

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
        for name in ("#to", "#cc", "#bcc", "#subject", "#body"):
            self.query_one(name).disabled = frozen
        if not frozen and self.is_current:
            self.query_one("#body").focus()

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

    def _take_out(self, addresses: Sequence[Address]) -> None:
        for field in self.query(RecipientField):
            field.take_out(addresses)
        self._whole.follow()

    def _ask_for_signed(self, session: Session, addresses: tuple[Address, ...]) -> None:
        from smimetui.ui.screens.compose import ComposeScreen

        draft = session.composer.ask_for_signed(addresses)
        self.app.push_screen(ComposeScreen.unencrypted(draft), lambda sentence: self._whole.say(sentence or ""))
