"""The composer: recipients that turn blue or red while they are typed, one lock, one Send."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.css.query import NoMatches
from textual.reactive import reactive
from textual.widgets import Input, Static

from smimetui.model.address import Address
from smimetui.model.display import printable, printable_line
from smimetui.model.flowed import tidied
from smimetui.model.message import Attachment, Draft, OpenedMessage, Protection
from smimetui.model.verdict import Designation, RecipientState, designation
from smimetui.model.wording import recipient_word
from smimetui.ui.attaching import Attaching
from smimetui.ui.completing import Completing
from smimetui.ui.details import Details
from smimetui.ui.drafting import Drafting
from smimetui.ui.editing import Editing
from smimetui.ui.locking import Locking
from smimetui.ui.placing import Placing
from smimetui.ui.resolving import Recipients
from smimetui.ui.sender import Sender, SenderChoice
from smimetui.ui.start import Compose
from smimetui.ui.widgets.bars import Foot, TitleBar, Word
from smimetui.ui.widgets.chips import RecipientChips
from smimetui.ui.widgets.completions import Completions
from smimetui.ui.widgets.editor import BodyEditor, SubjectInput
from smimetui.ui.widgets.hairline import Hairline
from smimetui.ui.widgets.recipients import RecipientField

if TYPE_CHECKING:
    from smimetui.services.autosave import OpenDraft, Written
    from smimetui.services.drafts import OpenedDraft
    from smimetui.services.session import Session

_TONES = {
    Designation.ENCRYPTED: "$primary",
    Designation.NOT_ENCRYPTED: "$muted",
    Designation.UNABLE_TO_ENCRYPT: "$error",
    Designation.CHECKING: "$muted",
}


class ComposeScreen(Attaching, Completing, Editing, Locking, Sender, Placing, Details, Drafting):
    """A draft on the screen. Dismissed with a sentence when the message has left, with None otherwise."""

    BINDINGS = [  # noqa: RUF012 - Textual's own type
        Binding("f5", "send", "Send", id="compose.send", tooltip="Send the message", priority=True),
        Binding("f6", "lock", "Lock", id="compose.lock", tooltip="Encrypt, or not", priority=True),
        Binding("f7", "sign", "Sign", id="compose.sign", tooltip="Sign, or not", priority=True),
        Binding("f8", "attach", "Attach", id="compose.attach", tooltip="Attach a file", priority=True),
        Binding("f4", "edit", "Editor", id="compose.edit", tooltip="Write in your editor", priority=True, show=False),
        Binding("f2", "details", "Details", id="compose.details", tooltip="Details of a recipient", priority=True),
        Binding("escape", "cancel", "Cancel", id="compose.cancel", tooltip="Close the composer"),
    ]

    wanted: reactive[bool] = reactive(False, init=False)
    """The lock. Only the person changes it after the start."""
    signing: reactive[bool] = reactive(False, init=False)

    def __init__(
        self, *, draft: Draft | None = None, original: OpenedMessage | None = None, prepared: Compose | None = None
    ) -> None:
        super().__init__()
        self.draft_given, self._original, self._prepared = draft, original, prepared
        self._locked_open = False
        self._kept: Protection | None = None
        self._complaint: tuple[str, str] = ("", "")
        self.session: Session | None = None
        """The session, once it is open."""
        self.attachments: list[Attachment] = list(draft.attachments) if draft else []
        """The files of the draft."""

    @classmethod
    def unencrypted(cls, draft: Draft) -> ComposeScreen:
        """Show a prepared draft that starts with the lock open: it asks for the means to close it."""
        screen = cls(draft=draft)
        screen._locked_open = True
        return screen

    @classmethod
    def kept(cls, opened: OpenedDraft) -> ComposeScreen:
        """Go on with a draft that was saved; its lock and its signature are as they were."""
        screen = cls(draft=opened.draft)
        screen.draft_uid, screen._kept = opened.uid, opened.protection
        return screen

    @classmethod
    def resumed(cls, here: OpenDraft, written: Written) -> ComposeScreen:
        """Go on with a draft that another window left on this machine."""
        screen = cls(draft=written.draft)
        screen.draft_uid, screen._kept = written.uid, written.protection
        screen.here, screen.typed = here, written.pending
        return screen

    @property
    def is_alone(self) -> bool:
        """There is no screen behind it: the program ends with it."""
        return self._prepared is not None

    def compose(self) -> ComposeResult:
        """Lay out the bar, the fields, the body and the foot."""
        first: Draft | Compose | None = self.draft_given or self._prepared
        to, cc, bcc = (first.to, first.cc, first.bcc) if first else ((), (), ())
        title = (
            "New Message"
            if self._original is None
            else "Reply"
            if self.draft_given and self.draft_given.to
            else "Forward"
        )
        yield TitleBar(back=("Cancel", "cancel"), where=title, main=("Send", "send"))
        with Vertical(classes="fields"):
            yield from self._row("To", RecipientField(to, id="to"), Word("", "lock", id="lock", classes="tail"))
            yield from self._row("Cc", RecipientField(cc, id="cc"))
            yield from self._row("Bcc", RecipientField(bcc, id="bcc"))
            sender = SenderChoice("", "from")
            yield from self._row("From", sender, Word("", "sign", id="sign", classes="tail"))
            subject = printable_line(first.subject) if first else ""
            yield from self._row("Subject", SubjectInput(subject))
            yield from self._row("Files", Horizontal(id="files", classes="value"))
        yield Hairline()
        yield BodyEditor(printable(first.body) if first else "")
        yield Completions()
        yield Foot()

    @staticmethod
    def _row(label: str, *widgets: Word | Static | Input | RecipientField | Horizontal) -> Iterator[Horizontal]:
        name = label.lower()
        text = Static(Content(label), classes="label", id=f"{name}-label", markup=False)
        yield Horizontal(text, *widgets, classes="row", id=f"{name}-row")

    def on_mount(self) -> None:
        """Type at once; the session arrives behind the first frame."""
        self.recipients = Recipients(self.smimetui.lanes.directory, self.recipients_changed)
        self._fold_copies()
        self.show_files()
        field = self.query_one("#to", RecipientField)
        if not field.addresses:
            field.input.focus()
        else:
            (
                self.query_one(BodyEditor) if self.query_one("#subject", Input).value else self.query_one("#subject")
            ).focus()
        self._initial = self._fields()
        self.work(self._begin)

    async def _begin(self) -> None:
        session = await self.attempt(self.smimetui.session(self._account_of_kept()))
        if session is None:
            return
        composer, original = session.composer, self._original
        wanted, signing = await self.smimetui.lanes.store.call(lambda: (composer.wanted(original), composer.can_sign()))
        await self.look_at_own_keys(session)
        self.work(partial(self.learn_domains, session), group="domains", exclusive=True)
        self.session = session
        self.show_sender()
        untouched = not self.changed
        if self._kept is None and self.sign_off(session.account.signature) and untouched:
            self._initial = self._fields()
            self.query_one(BodyEditor).history.clear()
        self.signing = signing and (self._kept.sign if self._kept else session.account.sign_by_default)
        # Not by assignment: nobody turned the lock, so what was complained of before stays.
        wanted = self._kept.encrypt if self._kept else wanted and not self._locked_open
        self.set_reactive(ComposeScreen.wanted, wanted)
        self.recipients.follow(self.everybody(), session)
        self.designate()
        if session.notice and not self.everybody() and not self._complaint[0]:
            self.say(session.notice)
        for path in self._prepared.attachments if self._prepared else ():
            await self.add_file(path)

    def _account_of_kept(self) -> str:
        """Return the account that a draft that is gone on with is from; empty for the default one."""
        sender = self.draft_given.sender.spec if self._kept and self.draft_given else ""
        return sender if sender in {address.spec for address in self.smimetui.preferences.accounts} else ""

    # The state of the recipients and of the lock

    def on_recipient_field_changed(self) -> None:
        """Follow the chips."""
        self._complaint = ("", "")
        self.call_after_refresh(self.follow)

    def follow(self) -> None:
        """Look up who is new on the screen, forget who is gone."""
        self.fold_duplicates()
        self.recipients.follow(self.everybody(), self.session)
        self._fold_copies()

    def recipients_changed(self) -> None:
        """Paint what follows from the recipients and the lock."""
        if self.is_mounted:
            self.designate()

    @property
    def designation(self) -> Designation:
        """What stands under New Message: computed, never stored."""
        # Of those on the screen now: one that is not being looked up yet counts as being checked.
        return designation(wanted=self.wanted, states=map(self.recipients.state, self.everybody()))

    def designate(self) -> None:
        """Paint what follows from the lock and the recipients."""
        try:
            bar, lock = self.query_one(TitleBar), self.query_one("#lock", Word)
        except NoMatches:
            return
        glyphs, said = self.smimetui.glyphs, self.designation
        glyph = {
            Designation.ENCRYPTED: glyphs.locked,
            Designation.NOT_ENCRYPTED: glyphs.unlocked,
            Designation.UNABLE_TO_ENCRYPT: glyphs.blocked,
            Designation.CHECKING: "",
        }[said]
        if self.session is not None:
            bar.under(Content.assemble((f"{glyph} {said.value}".strip(), _TONES[said])))
            lock.update(Content.assemble((glyph or glyphs.checking, _TONES[said])))
            self.show_signing(signing=self.signing)
        for field in self.query(RecipientField):
            field.chips.show_states(self.recipients.state if self.wanted else _neutral, self.recipients.size)
        self.tell()

    def tell(self) -> None:
        """Say what matters most: the selected chip, a complaint, who stands in the way, what will happen."""
        focused = self.focused
        if isinstance(focused, RecipientChips) and focused.selected is not None:
            self._tell_of(focused.selected)
            return
        stopping = self.recipients.stopping(self.everybody()) if self.wanted else ()
        if self._complaint[0]:
            self.say(*self._complaint)
        elif posing := self.posing([answer.address for answer in stopping[:1]] or self.everybody()):
            self.say(posing, "warning")
        elif stopping:
            many = f"{len(stopping)} stand in the way, first " if len(stopping) > 1 else ""
            unreachable = stopping[0].state is RecipientState.UNREACHABLE
            self.say(
                f"{many}{recipient_word(stopping[0].address)}: {stopping[0].reason}",
                "warning" if unreachable else "error",
            )
        elif self.session is not None:
            self.say(*self.own_word(self.in_memory or self._quiet_word()))

    def _tell_of(self, address: Address) -> None:
        answer = self.recipients.of(address)
        state = self.recipients.state(address).value
        self.say(f"{recipient_word(address)}: {state}{', ' + answer.reason if answer and answer.reason else ''}")

    def complain(self, sentence: str, tone: str = "error") -> None:
        """Say what became of a send, until the next one or until the recipients or the lock change."""
        self._complaint = (sentence, tone)
        self.tell()

    def forgive(self) -> None:
        """Take back a complaint: the person is mending it."""
        if self._complaint[0]:
            self.complain("")

    def on_recipient_field_refused(self, event: RecipientField.Refused) -> None:
        """Say why the text is no address."""
        self.complain(event.sentence)

    def _quiet_word(self) -> str:
        count = len(self.everybody())
        match self.designation:
            case Designation.ENCRYPTED if count:
                return "Only you and the recipients will be able to read this message."
            case Designation.NOT_ENCRYPTED if count:
                return "This message will leave unencrypted."
            case _:
                return ""

    def on_descendant_focus(self) -> None:
        """Tell about the selected chip; open up Cc and Bcc."""
        if self.is_mounted and hasattr(self, "recipients"):
            self._fold_copies()
            self.tell()

    def watch_wanted(self) -> None:
        """Paint the lock, that was turned."""
        self._complaint = ("", "")
        self.designate()

    def watch_signing(self) -> None:
        """Paint the word beside the sender."""
        self.designate()

    def certificates_changed(self) -> None:
        """Look every recipient up anew."""
        if self.session is not None:
            self.recipients.again(self.session)
            self.work(partial(self.look_at_own_keys, self.session), group="own", exclusive=True)

    def _fold_copies(self) -> None:
        cc, bcc = self.query_one("#cc", RecipientField), self.query_one("#bcc", RecipientField)
        within = self.focused is not None and any(field in self.focused.ancestors for field in (cc, bcc))
        unfolded = within or bool(cc.addresses or bcc.addresses or cc.pending or bcc.pending)
        self.query_one("#bcc-row").set_class(not unfolded, "-folded")
        self.query_one("#cc-label", Static).update(Content("Cc" if unfolded else "Cc/Bcc"))

    # The draft

    def draft(self, session: Session) -> Draft:
        """Return what is on the screen."""
        to, cc, bcc = (self.query_one(f"#{name}", RecipientField).addresses for name in ("to", "cc", "bcc"))
        return replace(
            self.draft_given or session.composer.new(),
            sender=self.sender(session),
            to=to,
            cc=cc,
            bcc=bcc,
            subject=self.query_one("#subject", Input).value,
            body=tidied(self.query_one(BodyEditor).text),
            attachments=tuple(self.attachments),
        )

    @property
    def protection(self) -> Protection:
        """What the person asked for."""
        return Protection(sign=self.signing, encrypt=self.wanted)

    def commit_all(self) -> bool:
        """Turn all typed text into chips; False if some of it is no address, which then has the focus."""
        for field in self.query(RecipientField):
            if not field.commit():
                field.input.focus()
                return False
        return True

    def _fields(self) -> tuple[object, ...]:
        fields = self.query(RecipientField)
        return (
            tuple(field.addresses for field in fields),
            tuple(field.pending for field in fields),
            self.query_one("#subject", Input).value,
            self.query_one(BodyEditor).text,
            len(self.attachments),
        )

    @property
    def changed(self) -> bool:
        """Whether there is something to lose."""
        return self._fields() != self._initial

    def action_cancel(self) -> None:
        """Stop reading a file, or close."""
        if not self.cancel_reading():
            super().action_cancel()

    def leave(self, sentence: str | None, *, done: bool = True) -> None:
        """Close the screen, or the program if it is all there was; `done` unless something is left to see to."""
        if self._prepared is not None:
            self.smimetui.end(0 if sentence and done else 1, sentence or "")
        else:
            self.dismiss(sentence)


def _neutral(_address: Address) -> None:
    """Return no state: with the lock off a chip says nothing."""
