"""Notices what another window or a command did to the store, and lets every screen look again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from smimetui.ui.lanes import Lanes

if TYPE_CHECKING:
    from smimetui.services.ports import CertificateStore

SECONDS = 1.0
"""Between two looks; one costs some microseconds of a lane."""


class StoreWatch:
    """Asks the store for its version, one look at a time; `store` returns None as long as none is open."""

    def __init__(self, store: Callable[[], CertificateStore | None], lanes: Lanes, changed: Callable[[], None]) -> None:
        self._store, self._lanes, self._changed = store, lanes, changed
        self._seen: tuple[CertificateStore, str] | None = None
        self._looking: asyncio.Task[None] | None = None

    def look(self) -> None:
        """Look, unless a look is under way: the lane may be waiting for a passphrase."""
        store = self._store()
        if store is not None and (self._looking is None or self._looking.done()):
            self._looking = asyncio.create_task(self._look(store))

    def changed_here(self) -> None:
        """Take the store as it is now for known: the screens are looking again already."""
        self._seen = None
        self.look()

    async def _look(self, store: CertificateStore) -> None:
        version = await self._lanes.store.call(store.version)
        before, self._seen = self._seen, (store, version)
        if before is not None and before[0] is store and before[1] != version:
            self._changed()
