"""Keeps the state of every recipient of a composer: asks the resolver, drops what came too late."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from smimetui.model.address import Address
from smimetui.model.errors import SmimetuiError
from smimetui.model.verdict import Problem, RecipientState, Resolution
from smimetui.ui.lanes import Lane

if TYPE_CHECKING:
    from smimetui.services.session import Session


_FRAME = 1 / 60
"""Seconds within which answers are painted together."""


class Recipients:
    """Address -> Resolution, or None while it is being looked up."""

    def __init__(self, lane: Lane, changed: Callable[[], None]) -> None:
        self._lane = lane
        self._changed = changed
        self._known: dict[Address, Resolution | None] = {}
        self._tasks: dict[Address, asyncio.Task[None]] = {}
        self._announced = False
        self._settled = asyncio.Event()
        self._settled.set()

    def follow(self, addresses: Iterable[Address], session: Session | None) -> None:
        """Look up what is new, forget what is gone."""
        wanted = set(addresses)
        for address in set(self._known) - wanted:
            del self._known[address]
            if (task := self._tasks.pop(address, None)) is not None:
                task.cancel()
        for address in wanted:
            if address not in self._known or (
                session is not None and address not in self._tasks and not self.of(address)
            ):
                self._known[address] = None
                if session is not None:
                    self._start(address, session)
        self._tell()

    def again(self, session: Session, *, fresh: bool = False) -> None:
        """Look everybody up anew; the old answer stands until the new one is there.

        With `fresh` the directories are asked again, whatever they answered a moment ago.
        """
        for address in self._known:
            if (task := self._tasks.pop(address, None)) is not None:
                task.cancel()
            self._start(address, session, fresh=fresh)

    def learn(self, resolutions: Iterable[Resolution]) -> None:
        """Take answers that sending found."""
        for resolution in resolutions:
            if resolution.address in self._known:
                self._known[resolution.address] = resolution
        self._tell()

    def of(self, address: Address) -> Resolution | None:
        """Return the answer for an address, if there is one yet."""
        return self._known.get(address)

    def state(self, address: Address) -> RecipientState:
        """Return the state of an address."""
        resolution = self._known.get(address)
        return RecipientState.CHECKING if resolution is None else resolution.state

    def size(self, address: Address) -> int:
        """Return the number of people behind an address that is a list; 0 for one person."""
        resolution = self._known.get(address)
        return len(resolution.members) if resolution is not None else 0

    def states(self) -> tuple[RecipientState, ...]:
        """Return the states of everybody."""
        return tuple(self.state(address) for address in self._known)

    def stopping(self, addresses: Iterable[Address]) -> tuple[Resolution, ...]:
        """Return the answers of those who cannot be encrypted to, in the order given."""
        found = (self._known.get(address) for address in addresses)
        return tuple(answer for answer in found if answer is not None and answer.state is not RecipientState.READY)

    async def settled(self) -> None:
        """Wait until nobody is being looked up."""
        await self._settled.wait()

    def _start(self, address: Address, session: Session, *, fresh: bool = False) -> None:
        self._tasks[address] = asyncio.create_task(self._look(address, session, fresh=fresh))

    async def _look(self, address: Address, session: Session, *, fresh: bool) -> None:
        try:
            answer = await self._lane.call(lambda: session.resolver.installed(address))
            if answer is None:
                answer = await self._lane.call(lambda: session.resolver.resolve(address, fresh=fresh))
        except SmimetuiError as error:
            answer = _unchecked(address, error.summary)
        except Exception as error:  # noqa: BLE001 - a mistake of the program: the chip must not stay undecided for good
            answer = _unchecked(address, f"a mistake in smimetui ({type(error).__name__})")
        if self._tasks.get(address) is asyncio.current_task():
            del self._tasks[address]
            self._known[address] = answer
            self._tell()

    def _tell(self) -> None:
        if any(answer is None for answer in self._known.values()):
            self._settled.clear()
        else:
            self._settled.set()
        if not self._announced:
            # Five hundred answers are painted a few times, not five hundred times.
            self._announced = True
            asyncio.get_running_loop().call_later(_FRAME, self._announce)

    def _announce(self) -> None:
        self._announced = False
        self._changed()


def _unchecked(address: Address, reason: str) -> Resolution:
    return Resolution(address=address, problems=(Problem.UNREACHABLE,), reason=f"could not check: {reason}")
