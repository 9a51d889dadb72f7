"""What waits in the outbox, and what its journal of attempts says became of it."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum

from smimetui.model.address import Address
from smimetui.model.value import dataclass
from smimetui.services.dispatch import Step


class Standing(Enum):
    """Where a message stands; the value is the word on the screen."""

    WAITING = "waiting"
    """Nothing of it left for certain that is not noted, and it is sent by itself."""
    SENDING = "sending"
    UNCERTAIN = "uncertain"
    """Some of it may have left: nothing is done before that is settled."""
    REFUSED = "not sent"
    """A server took some of it not: the person decides."""
    SENT = "sent"
    """All left; what follows sending is not done yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A line of the journal; `envelope` counts from 0."""

    at: datetime
    step: Step
    envelope: int
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxEntry:
    """A message that is sealed and waits, or whose end is not settled. `name` is that of its draft, too."""

    name: str
    account: Address
    sender: Address
    subject: str
    recipients: tuple[Address, ...]
    """All of them, hidden ones included."""
    encrypted: bool
    queued_at: datetime
    uid: str
    """The version in the mailbox's Drafts that goes when the message has left; empty for none."""
    message_id: str
    envelopes: tuple[tuple[Address, ...], ...]
    """The recipients of each."""
    hidden: tuple[Address, ...]
    """Whom the copy in Sent names beside the header."""
    groups: Mapping[Address, tuple[Address, ...]]
    """Contact groups that the draft was for, with their people."""
    attempts: tuple[Attempt, ...]

    @property
    def steps(self) -> tuple[Step | None, ...]:
        """The last step of each envelope; None where it was never tried, or is to be tried again."""
        last: list[Step | None] = [None] * len(self.envelopes)
        for attempt in self.attempts:
            if attempt.step is not Step.FILED:
                last[attempt.envelope] = None if attempt.step is Step.AGAIN else attempt.step
        return tuple(last)

    @property
    def filed(self) -> bool:
        """The message is in Sent."""
        return any(attempt.step is Step.FILED for attempt in self.attempts)

    @property
    def left(self) -> frozenset[int]:
        """The numbers of the envelopes that left for certain."""
        return frozenset(number for number, step in enumerate(self.steps) if step is Step.SENT)

    @property
    def uncertain(self) -> tuple[int, ...]:
        """The numbers of those that may have left."""
        return tuple(number for number, step in enumerate(self.steps) if step in {Step.TRYING, Step.UNCERTAIN})

    @property
    def standing(self) -> Standing:
        """Where it stands, as the journal has it."""
        if self.uncertain:
            return Standing.UNCERTAIN
        if len(self.left) == len(self.envelopes):
            return Standing.SENT
        return Standing.REFUSED if Step.REFUSED in self.steps else Standing.WAITING

    @property
    def why(self) -> str:
        """The last reason that the journal has."""
        return next((attempt.why for attempt in reversed(self.attempts) if attempt.why), "")

    @property
    def reached(self) -> tuple[Address, ...]:
        """Those whose envelope left, for certain or perhaps."""
        gone = {*self.left, *self.uncertain}
        return tuple(address for number in sorted(gone) for address in self.envelopes[number])
