"""Hands envelopes over, each once, and says what became of every one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import assert_never

from smimetui.model.address import Address
from smimetui.model.display import printable_line
from smimetui.model.errors import MailboxError, TransportError, TransportRefusedError, TransportUncertainError
from smimetui.model.message import Outcome, SealedMessage
from smimetui.services.ports import Mailbox, Transport
from smimetui.smime.header_build import address_header

SENT_FOLDER = "Sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class SendReport:
    """What became of a message. Nothing in here is ever retried by itself."""

    sent: tuple[SealedMessage, ...] = ()
    uncertain: tuple[SealedMessage, ...] = ()
    """Envelopes that may have left."""
    unsent: tuple[Address, ...] = ()
    """Recipients whose envelope certainly did not leave."""
    warnings: tuple[str, ...] = ()
    groups: Mapping[Address, tuple[Address, ...]] = field(default_factory=dict)
    """Contact groups that the draft was for, with the people that the envelopes name in their places."""

    @property
    def complete(self) -> bool:
        """Everything left for certain: the draft may go."""
        return not self.uncertain and not self.unsent


def dispatch(
    envelopes: Sequence[SealedMessage],
    *,
    transport: Transport,
    mailbox: Mailbox | None,
    on_progress: Callable[[str], None],
    hidden: Sequence[Address] = (),
) -> SendReport:
    """Send each envelope once, in order; Sent then has one message, which names the `hidden` recipients it went to.

    Where the server files a copy of each envelope, these become that one only in the end: until then they show what
    left. Raises TransportError when the first envelope certainly did not leave: then nothing did. After an uncertain
    envelope, or when the server is gone, the rest is not tried; a refused Bcc does not stop the others.
    """
    attempt = _Attempt(transport=transport)
    for number, envelope in enumerate(envelopes, start=1):
        if attempt.stopped:
            attempt.skip(envelope)
            continue
        on_progress("Sending…" if len(envelopes) == 1 else f"Sending {number} of {len(envelopes)}…")
        attempt.send(envelope)
    if attempt.sent:
        attempt.file(mailbox, hidden, on_progress)
    return attempt.report()


class _Attempt:
    """The state of one dispatch."""

    def __init__(self, *, transport: Transport) -> None:
        self._transport = transport
        self._uncertain: list[SealedMessage] = []
        self._unsent: list[Address] = []
        self._warnings: list[str] = []
        self.sent: list[SealedMessage] = []
        self.stopped = False

    def send(self, envelope: SealedMessage) -> None:
        people = _people(envelope)
        try:
            outcome = self._transport.send(envelope)
        except TransportUncertainError:
            outcome = Outcome.UNCERTAIN
        except TransportError as error:
            if not self.sent:
                raise
            self.stopped = not isinstance(error, TransportRefusedError)
            self._unsent.extend(envelope.recipients)
            self._warnings.append(f"not sent to {people}: {printable_line(error.summary)}")
            return
        match outcome:
            case Outcome.SENT:
                self.sent.append(envelope)
            case Outcome.UNCERTAIN:
                self.stopped = True
                self._uncertain.append(envelope)
                self._warnings.append(
                    f"it is uncertain whether the message to {people} was sent: look for it before sending again"
                )
            case _:
                assert_never(outcome)

    def skip(self, envelope: SealedMessage) -> None:
        self._unsent.extend(envelope.recipients)
        self._warnings.append(f"not sent to {_people(envelope)}: not tried after the failure before")

    @property
    def has_several_copies(self) -> bool:
        """Whether Sent may hold more than one copy; while an envelope's fate is uncertain all stay, to look at."""
        return len(self.sent) > 1 and not self._uncertain

    def file(self, mailbox: Mailbox | None, hidden: Sequence[Address], on_progress: Callable[[str], None]) -> None:
        reached = {address for envelope in self.sent for address in envelope.recipients}
        named = tuple(address for address in hidden if address in reached)
        # In the sender's own folder alone: what left names nobody.
        whole = (address_header("Bcc", named) if named else b"") + self.sent[0].data
        copies = self._transport.sent_copies
        file: Callable[[], object]
        if copies is not None:
            file, failing = partial(copies.unite, self.sent, whole, named), "in Sent there is a copy for each Bcc"
        elif mailbox is not None:
            file, failing = partial(mailbox.append, SENT_FOLDER, whole), "not filed in Sent"
        else:
            return
        if copies is None or self.has_several_copies:
            on_progress("Filing in Sent…")
            try:
                file()
            except MailboxError as error:
                self._warnings.append(f"sent, but {failing}: {printable_line(error.summary)}")

    def report(self) -> SendReport:
        return SendReport(
            sent=tuple(self.sent),
            uncertain=tuple(self._uncertain),
            unsent=tuple(self._unsent),
            warnings=tuple(self._warnings),
        )


def _people(envelope: SealedMessage) -> str:
    return ", ".join(address.spec for address in envelope.recipients)
