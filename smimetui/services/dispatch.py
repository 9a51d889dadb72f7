"""Hands envelopes over, each once, and says what became of every one."""

from collections.abc import Callable, Container, Mapping, Sequence
from contextlib import suppress
from dataclasses import field
from enum import Enum
from functools import partial
from typing import assert_never

from smimetui.model.address import Address
from smimetui.model.display import printable_line
from smimetui.model.errors import (
    AuthenticationFailedError,
    MailboxError,
    SmimetuiError,
    StoreError,
    TransportError,
    TransportRefusedError,
    TransportUncertainError,
    TransportUnreachableError,
)
from smimetui.model.message import Outcome, SealedMessage
from smimetui.model.value import dataclass
from smimetui.services.ports import Mailbox, Transport
from smimetui.smime.header_build import address_header

SENT_FOLDER = "Sent"


class Step(Enum):
    """What happened to an envelope; the value is the word in the journal of attempts."""

    TRYING = "trying"
    """Being handed over. Where nothing follows in the journal, it may have left."""
    SENT = "sent"
    UNCERTAIN = "uncertain"
    REFUSED = "refused"
    UNREACHED = "not reached"
    """Nothing left, and nothing but the server's absence or a login stood in the way: it may be tried again."""
    AGAIN = "again"
    """The person wants it to be tried once more, whatever was before."""
    FILED = "filed"
    """The message is in Sent."""


Log = Callable[[Step, int, str], None]
"""Takes a step, the number of its envelope and a reason. Raises StoreError: what cannot be noted is not tried."""


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


def _unlogged(_step: Step, _envelope: int, _why: str) -> None:
    """Keep no journal."""


def dispatch(  # noqa: PLR0913 - keyword-only beside the envelopes
    envelopes: Sequence[SealedMessage],
    *,
    transport: Transport,
    mailbox: Mailbox | None,
    on_progress: Callable[[str], None],
    hidden: Sequence[Address] = (),
    log: Log = _unlogged,
    left: Container[int] = (),
    filed: bool = False,
) -> SendReport:
    """Send each envelope once, in order; Sent then has one message, which names the `hidden` recipients it went to.

    Those whose numbers are in `left` went in an earlier run, which may have `filed` the message, too. Where the server
    files a copy of each envelope, these become that one only in the end: until then they show what left. Raises
    TransportError, or StoreError of `log`, when the first envelope certainly did not leave: then nothing did. After an
    uncertain envelope, or when the server is gone, the rest is not tried; a refused Bcc does not stop the others.
    """
    attempt = _Attempt(transport=transport, log=log)
    for number, envelope in enumerate(envelopes):
        if number in left:
            attempt.sent.append(envelope)
        elif attempt.stopped:
            attempt.skip(envelope)
        else:
            on_progress("Sending…" if len(envelopes) == 1 else f"Sending {number + 1} of {len(envelopes)}…")
            attempt.send(envelope, number)
    if attempt.sent and not filed:
        attempt.file(mailbox, hidden, on_progress)
    return attempt.report()


class _Attempt:
    """The state of one dispatch."""

    def __init__(self, *, transport: Transport, log: Log) -> None:
        self._transport = transport
        self._log = log
        self._uncertain: list[SealedMessage] = []
        self._unsent: list[Address] = []
        self._warnings: list[str] = []
        self.sent: list[SealedMessage] = []
        self.stopped = False

    def send(self, envelope: SealedMessage, number: int) -> None:
        people, why = _people(envelope), ""
        try:
            self._log(Step.TRYING, number, "")
            outcome = self._transport.send(envelope)
        except TransportUncertainError as error:
            outcome, why = Outcome.UNCERTAIN, printable_line(error.summary)
        except (TransportError, StoreError) as error:
            self._note(_failed(error), number, printable_line(error.summary))
            if not self.sent:
                raise
            self.stopped = not isinstance(error, TransportRefusedError)
            self._unsent.extend(envelope.recipients)
            self._warnings.append(f"not sent to {people}: {printable_line(error.summary)}")
            return
        match outcome:
            case Outcome.SENT:
                self._note(Step.SENT, number)
                self.sent.append(envelope)
            case Outcome.UNCERTAIN:
                self._note(Step.UNCERTAIN, number, why)
                self.stopped = True
                self._uncertain.append(envelope)
                self._warnings.append(
                    f"it is uncertain whether the message to {people} was sent: look for it before sending again"
                )
            case _:
                assert_never(outcome)

    def _note(self, step: Step, number: int, why: str = "") -> None:
        # What happened has happened: a journal that cannot say so leaves it at "trying", which is looked into.
        with suppress(StoreError):
            self._log(step, number, why)

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
            else:
                self._note(Step.FILED, 0)

    def report(self) -> SendReport:
        return SendReport(
            sent=tuple(self.sent),
            uncertain=tuple(self._uncertain),
            unsent=tuple(self._unsent),
            warnings=tuple(self._warnings),
        )


def _failed(error: SmimetuiError) -> Step:
    passing = TransportUnreachableError | AuthenticationFailedError | StoreError
    return Step.UNREACHED if isinstance(error, passing) else Step.REFUSED


def _people(envelope: SealedMessage) -> str:
    return ", ".join(address.spec for address in envelope.recipients)
