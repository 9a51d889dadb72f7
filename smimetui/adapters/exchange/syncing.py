"""What changed in a folder, by SyncFolderItems ([MS-OXWSSYNC]): the server gives a mark, and tells what came after."""

from collections.abc import Callable
from typing import Any

from exchangelib.errors import ErrorInvalidSyncStateData, ErrorSyncFolderNotFound
from exchangelib.items import ID_ONLY
from exchangelib.services import SyncFolderItems
from exchangelib.services.common import EWSService
from exchangelib.util import MNS

from smimetui.adapters.exchange.connection import Connection

_PORTION = 512
"""The most that the schema lets one answer tell."""
MOST = 5_000
"""Messages of the largest folder that is gone through for a first mark: ten answers."""


class _Sync(SyncFolderItems):  # type: ignore[misc] # exchangelib has no types
    """SyncFolderItems whose changes are only counted."""

    def _get_element_container(self, message: Any, name: str | None = None) -> Any:
        if message.find(f"{{{MNS}}}SyncState") is None:
            # exchangelib's own looks into a refusal for what only an answer holds.
            return EWSService._get_element_container(self, message=message, name=name)  # noqa: SLF001
        return super()._get_element_container(message=message, name=name)

    def _elem_to_obj(self, elem: Any) -> Any:
        return elem


class Changes:
    """Follows one folder. Unlike its counts, it notices that one message came and another one went."""

    def __init__(self, connection: Connection, folder: Any, *, most: int = MOST) -> None:
        self._connection = connection
        self._folder = folder
        self._most = most
        self._mark = ""

    def any(self, total: int, *, wanted: Callable[[], bool]) -> bool:
        """Return whether something changed since the last call; `total` messages are in the folder.

        False the first time, for a folder too large to be followed, and once it is not `wanted` any more. Raises what
        exchangelib raises.
        """
        if not self._mark:
            if total <= self._most:
                self._read(wanted)
            return False
        try:
            return self._read(wanted)
        except (ErrorInvalidSyncStateData, ErrorSyncFolderNotFound):
            self._mark = ""
            return True

    def _read(self, wanted: Callable[[], bool]) -> bool:
        mark, found, is_last = self._mark, False, False
        while not is_last and wanted():
            service = _Sync(account=self._connection.account())
            for change in service.call(
                folder=self._folder,
                shape=ID_ONLY,
                additional_fields=None,
                sync_state=mark,
                ignore=None,
                max_changes_returned=_PORTION,
                sync_scope="NormalItems",
            ):
                if isinstance(change, Exception):
                    raise change
                found = True
            mark, is_last = service.sync_state, service.includes_last_item_in_range
        if is_last:
            self._mark = mark
        return found
