"""A machine whose windows are killed: what lies on its shelves, in its mailbox and on the server outlives them."""

from smimetui.model.address import Address
from smimetui.model.certificate import Source
from smimetui.model.errors import TransportError
from smimetui.model.message import Outcome, SealedMessage
from smimetui.services.account import Account
from smimetui.services.memory_shelf import MemoryShelf, Shelves
from smimetui.services.ports import SentCopies, Shelf
from smimetui.services.session import Session, build_session
from tests.fakes import (
    FixedClock,
    MemoryCopies,
    MemoryDirectory,
    MemoryMailbox,
    MemoryStore,
    MemoryTransport,
    NoAnchors,
)
from tests.pki import NOW
from tests.services.world import ALICE, BOB, CAROL, DAVE, corp, name_of, person


class KilledError(BaseException):
    """What a kill is to the code that it hits."""


KILL = KilledError()


class DeadlyTransport(MemoryTransport):
    """A transport in which the program may be killed: `KILL` in its plan."""

    def __init__(self, *plan: Outcome | TransportError | KilledError, sent_copies: SentCopies | None) -> None:
        super().__init__(*(end for end in plan if not isinstance(end, KilledError)), sent_copies=sent_copies)
        self._kills = {number for number, end in enumerate(plan) if isinstance(end, KilledError)}

    def send(self, message: SealedMessage) -> Outcome:
        if len(self.taken) in self._kills:
            self.taken.append(message)
            raise KILL
        return super().send(message)


class Machine:
    """Alice's; `files_copies`: the server files a copy of each envelope in Sent."""

    def __init__(self, *, files_copies: bool = True) -> None:
        self.shelves = Shelves()
        self.store = MemoryStore([person(ALICE).identity], [corp().certificate])
        self.gal = MemoryDirectory(Source.GAL)
        for address in (BOB, CAROL, DAVE):
            self.gal.publish(name_of(address), [address.spec], person(address).certificate)
        self.mailbox = MemoryMailbox()
        self.copies = MemoryCopies() if files_copies else None
        self.clock = FixedClock(NOW)
        self.transport: MemoryTransport = MemoryTransport()

    def window(self, *plan: Outcome | TransportError | KilledError, account: Address = ALICE) -> Session:
        """Return a window whose attempts to send end as planned."""
        self.transport = DeadlyTransport(*plan, sent_copies=self.copies)
        return build_session(
            account=Account(address=account),
            store=self.store,
            identities=self.store,
            directories=[self.gal],
            system=NoAnchors(),
            mailbox=self.mailbox,
            transport=self.transport,
            clock=self.clock,
            shelves=self.shelves,
        )

    def after_a_kill(self, *plan: Outcome | TransportError, account: Address = ALICE) -> Session:
        """Return a window for which nobody holds what is on the shelves."""
        self.shelves = Shelves(drafts=_copy(self.shelves.drafts), outbox=_copy(self.shelves.outbox))
        return self.window(*plan, account=account)

    @property
    def outbox(self) -> dict[str, bytes]:
        """The files of the outbox."""
        return {name: self.shelves.outbox.read(name) or b"" for name in self.shelves.outbox.names()}


def _copy(shelf: Shelf) -> MemoryShelf:
    after = MemoryShelf()
    for name in shelf.names():
        after.write(name, shelf.read(name) or b"")
    return after
