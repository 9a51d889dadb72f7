"""Who wants to hear of what: subscriptions, and the events that a mailbox's log holds for them."""

import secrets
from threading import Lock

from smimetui.demo.exchange.item_fields import moment
from smimetui.demo.exchange.markup import TYPES as T
from smimetui.demo.exchange.markup import Node, leaf, node
from smimetui.demo.exchange.store import Change, ChangeKind, Mailbox, change_key, make_id
from smimetui.model.value import dataclass

_EVENTS = {
    ChangeKind.CREATED: ("CreatedEvent",),
    ChangeKind.NEW_MAIL: ("NewMailEvent", "CreatedEvent"),
    ChangeKind.UPDATED: ("ModifiedEvent",),
    ChangeKind.READ_FLAG: ("ModifiedEvent",),
    ChangeKind.DELETED: ("DeletedEvent",),
    ChangeKind.MOVED_OUT: (),
    ChangeKind.MOVED_IN: ("MovedEvent",),
}


@dataclass(slots=True, kw_only=True)
class Subscription:
    """Folders (none for all) and kinds of events of one mailbox."""

    identifier: str
    mailbox: Mailbox
    folders: frozenset[int]
    kinds: frozenset[str]
    streaming: bool
    position: int
    """How far its stream has told the log."""

    def events(self, after: int) -> list[Node]:
        """Return the events since a watermark."""
        return [
            _element(kind, change, self.mailbox)
            for change in self.mailbox.log[after:]
            if not self.folders or change.folder in self.folders or change.partner_folder in self.folders
            for kind in _EVENTS[change.kind]
            if kind in self.kinds
        ]


class Subscriptions:
    """The open subscriptions."""

    def __init__(self) -> None:
        self._open: dict[str, Subscription] = {}
        self._lock = Lock()

    def add(
        self, mailbox: Mailbox, *, folders: frozenset[int], kinds: frozenset[str], streaming: bool, position: int
    ) -> Subscription:
        """Return a new subscription."""
        subscription = Subscription(
            identifier=secrets.token_urlsafe(24),
            mailbox=mailbox,
            folders=folders,
            kinds=kinds,
            streaming=streaming,
            position=position,
        )
        with self._lock:
            self._open[subscription.identifier] = subscription
        return subscription

    def get(self, identifier: str, mailbox: Mailbox) -> Subscription | None:
        """Return a subscription of that mailbox."""
        found = self._open.get(identifier)
        return found if found is not None and found.mailbox is mailbox else None

    def remove(self, identifier: str) -> None:
        """End a subscription."""
        with self._lock:
            self._open.pop(identifier, None)

    def forget(self) -> None:
        """End all, as a restarted server does."""
        with self._lock:
            self._open.clear()

    def __len__(self) -> int:
        return len(self._open)


def watermark(number: int) -> str:
    """Return the opaque mark of a place in the log."""
    return f"AQAAA{number:012d}="


def read_watermark(value: str) -> int | None:
    """Return the place a watermark means, or None for one that this server never gave."""
    digits = value.removeprefix("AQAAA").removesuffix("=")
    return int(digits) if digits.isdecimal() and watermark(int(digits)) == value else None


def status(number: int) -> Node:
    """Return the event that says that nothing happened."""
    return node(f"{T}StatusEvent", leaf(f"{T}Watermark", watermark(number)))


def _element(kind: str, change: Change, mailbox: Mailbox) -> Node:
    event = node(
        T + kind,
        leaf(f"{T}Watermark", watermark(change.number)),
        leaf(f"{T}TimeStamp", moment(change.at)),
        node(f"{T}ItemId", Id=make_id("item", mailbox, change.item), ChangeKey=change_key(1)),
        node(f"{T}ParentFolderId", Id=make_id("folder", mailbox, change.folder), ChangeKey=change_key(1)),
    )
    if kind == "MovedEvent":
        event.children += [
            node(f"{T}OldItemId", Id=make_id("item", mailbox, change.partner_item), ChangeKey=change_key(1)),
            node(
                f"{T}OldParentFolderId", Id=make_id("folder", mailbox, change.partner_folder), ChangeKey=change_key(1)
            ),
        ]
    return event
