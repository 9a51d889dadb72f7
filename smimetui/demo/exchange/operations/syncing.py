"""SyncFolderItems and SyncFolderHierarchy: what changed since a state that the client keeps and cannot read."""

import base64
from bisect import bisect_left

from smimetui.demo.exchange.item_fields import item_id
from smimetui.demo.exchange.markup import MESSAGES as M
from smimetui.demo.exchange.markup import TYPES as T
from smimetui.demo.exchange.markup import Node, leaf, node
from smimetui.demo.exchange.operations.finding_ids import folder_of
from smimetui.demo.exchange.operations.folders import child, show_folder
from smimetui.demo.exchange.service import Call
from smimetui.demo.exchange.shapes import show
from smimetui.demo.exchange.soap import RefusedError, answer, failure, success
from smimetui.demo.exchange.store import Change, ChangeKind, Folder, Mailbox, change_key, make_id
from smimetui.demo.exchange.view import View, read_view
from smimetui.model.value import dataclass

_COME = {ChangeKind.CREATED, ChangeKind.NEW_MAIL, ChangeKind.MOVED_IN}


@dataclass(frozen=True, slots=True)
class _State:
    """A place in the mailbox's log; while `before` is above zero, the items below that number are still to come."""

    folder: int
    log: int
    before: int

    def write(self) -> str:
        return base64.b64encode(f"sync;{self.folder};{self.log};{self.before}".encode()).decode()


def sync_folder_items(call: Call) -> Node:
    """Answer SyncFolderItems ([MS-OXWSSYNC]): first all items, newest first, then what happened to them."""
    request = call.request
    most = int(request.text_of(f"{M}MaxChangesReturned"))
    ignored_element = request.find(f"{M}Ignore")
    ignored = {one.attributes["Id"] for one in ignored_element.children} if ignored_element is not None else set()
    try:
        listed = call.service.options.addresses_in_listings
        view = read_view(child(request, "ItemShape"), call.mailbox, listing=True, addresses_in_listing=listed)
        with call.mailbox.lock:
            folder = folder_of(call, child(request, "SyncFolderId").children[0])
            state = _read(request.text_of(f"{M}SyncState"), folder, len(call.mailbox.log))
            tell = _first if state.before else _later
            changes, state, is_last = tell(call.mailbox, state, most, view)
    except RefusedError as error:
        return answer("SyncFolderItems", [failure("SyncFolderItems", error.code, error.text)])
    changes = [change for change in changes if _identifier(change) not in ignored]
    message = success(
        "SyncFolderItems",
        leaf(f"{M}SyncState", state.write()),
        leaf(f"{M}IncludesLastItemInRange", "true" if is_last else "false"),
        node(f"{M}Changes", *changes),
    )
    return answer("SyncFolderItems", [message])


def sync_folder_hierarchy(call: Call) -> Node:
    """Answer SyncFolderHierarchy: the folders that were made since the state."""
    request = call.request
    shape = child(request, "FolderShape")
    asked = request.find(f"{M}SyncFolderId")
    try:
        with call.mailbox.lock:
            root = call.mailbox.folder("root") if asked is None else folder_of(call, asked.children[0])
            known = _read_hierarchy(request.text_of(f"{M}SyncState"))
            below = [one for one in call.mailbox.children(root, deep=True) if one.number > known]
            changes = [node(f"{T}Create", show_folder(folder, call.mailbox, shape)) for folder in below]
            state = max((folder.number for folder in below), default=known)
    except RefusedError as error:
        return answer("SyncFolderHierarchy", [failure("SyncFolderHierarchy", error.code, error.text)])
    message = success(
        "SyncFolderHierarchy",
        leaf(f"{M}SyncState", base64.b64encode(f"tree;{state}".encode()).decode()),
        leaf(f"{M}IncludesLastFolderInRange", "true"),
        node(f"{M}Changes", *changes),
    )
    return answer("SyncFolderHierarchy", [message])


def _first(mailbox: Mailbox, state: _State, most: int, view: View) -> tuple[list[Node], _State, bool]:
    folder = mailbox.folders[state.folder]
    numbers = list(folder.items)
    end = bisect_left(numbers, state.before)
    start = max(0, end - most)
    changes = [node(f"{T}Create", show(folder.items[number], view)) for number in reversed(numbers[start:end])]
    before = numbers[start] if start else 0
    caught_up = state.log == len(mailbox.log)
    return changes, _State(folder.number, state.log, before), start == 0 and caught_up


def _later(mailbox: Mailbox, state: _State, most: int, view: View) -> tuple[list[Node], _State, bool]:
    folder = mailbox.folders[state.folder]
    by_item: dict[int, list[Change]] = {}
    for change in mailbox.log[state.log :]:
        if change.folder == state.folder:
            by_item.setdefault(change.item, []).append(change)
    told = list(by_item.items())[:most]
    rest = list(by_item.items())[most : most + 1]
    changes = [element for number, log in told if (element := _change(folder, number, log, view)) is not None]
    # What is told now may have changed again later: that is told twice, which does no harm.
    position = rest[0][1][0].number - 1 if rest else len(mailbox.log)
    return changes, _State(state.folder, position, 0), not rest


def _change(folder: Folder, number: int, log: list[Change], view: View) -> Node | None:
    kinds = {change.kind for change in log}
    item = folder.items.get(number)
    if item is None:
        gone = node(f"{T}ItemId", Id=make_id("item", view.mailbox, number), ChangeKey=change_key(1))
        return None if kinds & _COME else node(f"{T}Delete", gone)
    if kinds & _COME:
        return node(f"{T}Create", show(item, view))
    if kinds == {ChangeKind.READ_FLAG}:
        flag = leaf(f"{T}IsRead", "true" if item.is_read else "false")
        return node(f"{T}ReadFlagChange", item_id(item, view.mailbox), flag)
    return node(f"{T}Update", show(item, view))


def _identifier(change: Node) -> str:
    for element in (change.children[0], *change.children[0].children):
        if element.tag == f"{T}ItemId":
            return element.attributes["Id"]
    return ""


def _read(text: str, folder: Folder, log: int) -> _State:
    if not text:
        return _State(folder.number, log, max(folder.items, default=0) + 1)
    match _parts(text):
        case ["sync", number, position, before] if number == str(folder.number):
            return _State(folder.number, int(position), int(before))
    raise _invalid_state()


def _read_hierarchy(text: str) -> int:
    if not text:
        return 0
    match _parts(text):
        case ["tree", number]:
            return int(number)
    raise _invalid_state()


def _parts(text: str) -> list[str]:
    try:
        return base64.b64decode(text, validate=True).decode().split(";")
    except ValueError as error:
        raise _invalid_state() from error


def _invalid_state() -> RefusedError:
    return RefusedError("ErrorInvalidSyncStateData", "Synchronization state data is corrupt or otherwise invalid.")
