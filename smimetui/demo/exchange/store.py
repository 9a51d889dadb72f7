"""The mailboxes: folders, items, and the log of changes from which synchronisation and notifications are told.

Items are light: a message that nobody reads keeps its octets as they came, or the recipe that makes them, and its
headers unread. Callers hold the mailbox's lock.
"""

import base64
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime
from enum import Enum
from threading import Condition, RLock

from smimetui.demo.exchange.mail import Headers, read_headers
from smimetui.model.value import dataclass


class ItemNotFoundError(Exception):
    """No item or folder has that identifier any more."""


class MalformedIdError(Exception):
    """The identifier is none that this server ever gave."""


class ChangeKind(Enum):
    """What happened to an item."""

    CREATED = "Create"
    NEW_MAIL = "NewMail"
    UPDATED = "Update"
    READ_FLAG = "ReadFlagChange"
    DELETED = "Delete"
    MOVED_OUT = "MovedOut"
    MOVED_IN = "MovedIn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One entry of the log; `number` counts from 1 in its mailbox. `partner` is the other end of a move."""

    number: int
    kind: ChangeKind
    folder: int
    item: int
    at: datetime
    partner_item: int = 0
    partner_folder: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A name with an SMTP address."""

    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactCard:
    """What a contact holds. A list of one's own has members."""

    name: str
    given_name: str = ""
    surname: str = ""
    company: str = ""
    addresses: tuple[str, ...] = ()
    """By place: EmailAddress1 and so on; "" where a place is empty."""
    certificates: tuple[bytes, ...] = ()
    exchange_certificates: tuple[bytes, ...] = ()
    members: tuple[str, ...] = ()
    is_list: bool = False


@dataclass(slots=True, eq=False)
class Item:
    """A message, or a contact where it has a card. `source` gives the octets of the MIME."""

    number: int
    folder: "Folder"
    received: datetime
    source: bytes | Callable[[], bytes]
    version: int = 1
    is_read: bool = False
    is_draft: bool = False
    bcc: tuple[Recipient, ...] = ()
    card: ContactCard | None = None
    properties: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Extended properties by their canonical name."""
    _headers: Headers | None = None

    @property
    def mime(self) -> bytes:
        """The octets of the message; b"" for a contact."""
        return self.source if isinstance(self.source, bytes) else self.source()

    @property
    def headers(self) -> Headers:
        """The outer headers, read once."""
        if self._headers is None:
            self._headers = read_headers(self.mime)
        return self._headers

    def rewrite(self, mime: bytes) -> None:
        """Give the item other octets."""
        self.source, self._headers = mime, None


@dataclass(slots=True, eq=False)
class Folder:
    """A folder with its items in the order they came."""

    number: int
    name: str
    parent: "Folder | None"
    distinguished: str = ""
    folder_class: str = "IPF.Note"
    items: dict[int, Item] = field(default_factory=dict)
    revision: int = 0
    """Raised with every change of what is in it."""
    sorted: tuple[int, str, Sequence[Item]] = (-1, "", ())
    """The order asked for last: at which revision, by what, and the items. Page after page costs one sort."""

    @property
    def unread(self) -> int:
        """How many items are not read."""
        return sum(not item.is_read for item in self.items.values())


_FOLDERS = (
    ("root", "", "", ""),
    ("msgfolderroot", "Top of Information Store", "root", ""),
    ("inbox", "Inbox", "msgfolderroot", "IPF.Note"),
    ("drafts", "Drafts", "msgfolderroot", "IPF.Note"),
    ("sentitems", "Sent Items", "msgfolderroot", "IPF.Note"),
    ("deleteditems", "Deleted Items", "msgfolderroot", "IPF.Note"),
    ("junkemail", "Junk Email", "msgfolderroot", "IPF.Note"),
    ("outbox", "Outbox", "msgfolderroot", "IPF.Note"),
    ("contacts", "Contacts", "msgfolderroot", "IPF.Contact"),
)


class Mailbox:
    """One person's mailbox."""

    def __init__(self, number: int, address: str) -> None:
        self.number = number
        self.address = address
        self.lock = RLock()
        self.news = Condition(self.lock)
        """Woken with every change."""
        self.folders: dict[int, Folder] = {}
        self.log: list[Change] = []
        self._items: dict[int, Item] = {}
        self._next = 1
        for distinguished, name, parent, folder_class in _FOLDERS:
            above = self.folder(parent) if parent else None
            self.add_folder(name, above, distinguished=distinguished, folder_class=folder_class)

    def folder(self, distinguished: str) -> Folder:
        """Return a distinguished folder. Raises ItemNotFoundError."""
        for folder in self.folders.values():
            if folder.distinguished == distinguished:
                return folder
        raise ItemNotFoundError(distinguished)

    def folder_named(self, name: str) -> Folder:
        """Return a folder by its distinguished or its display name. Raises ItemNotFoundError."""
        for folder in self.folders.values():
            if name in {folder.distinguished, folder.name}:
                return folder
        raise ItemNotFoundError(name)

    def add_folder(
        self, name: str, parent: Folder | None, *, distinguished: str = "", folder_class: str = "IPF.Note"
    ) -> Folder:
        """Return a new, empty folder."""
        folder = Folder(
            number=self._take_number(),
            name=name,
            parent=parent,
            distinguished=distinguished,
            folder_class=folder_class,
        )
        self.folders[folder.number] = folder
        return folder

    def children(self, folder: Folder, *, deep: bool = False) -> list[Folder]:
        """Return the folders below, in the order they were made."""
        found = [child for child in self.folders.values() if child.parent is folder]
        return [below for child in found for below in (child, *self.children(child, deep=True))] if deep else found

    def item(self, number: int) -> Item:
        """Return an item. Raises ItemNotFoundError."""
        try:
            return self._items[number]
        except KeyError:
            raise ItemNotFoundError(number) from None

    def add(
        self,
        folder: Folder,
        source: bytes | Callable[[], bytes],
        *,
        received: datetime | None = None,
        kind: ChangeKind = ChangeKind.CREATED,
        card: ContactCard | None = None,
    ) -> Item:
        """Return a new item in the folder."""
        with self.lock:
            item = Item(
                number=self._take_number(),
                folder=folder,
                received=received or datetime.now(UTC),
                source=source,
                card=card,
            )
            self._items[item.number] = item
            folder.items[item.number] = item
            self.note(kind, item)
            return item

    def move(self, item: Item, folder: Folder) -> Item:
        """Put the item into another folder and return it: it has a new identifier, as in Exchange."""
        with self.lock:
            old_folder, old_number = item.folder, item.number
            del self._items[old_number], old_folder.items[old_number]
            item.number, item.folder = self._take_number(), folder
            self._items[item.number] = folder.items[item.number] = item
            self._log(ChangeKind.MOVED_OUT, old_folder, old_number)
            self._log(ChangeKind.MOVED_IN, folder, item.number, old_number, old_folder.number)
            return item

    def remove(self, item: Item) -> None:
        """Delete the item for good."""
        with self.lock:
            del self._items[item.number], item.folder.items[item.number]
            self._log(ChangeKind.DELETED, item.folder, item.number)

    def note(self, kind: ChangeKind, item: Item) -> None:
        """Write a change of the item into the log."""
        with self.lock:
            if kind in {ChangeKind.UPDATED, ChangeKind.READ_FLAG}:
                item.version += 1
            self._log(kind, item.folder, item.number)

    def _log(self, kind: ChangeKind, folder: Folder, item: int, partner_item: int = 0, partner_folder: int = 0) -> None:
        folder.revision += 1
        self.log.append(
            Change(
                number=len(self.log) + 1,
                kind=kind,
                folder=folder.number,
                item=item,
                at=datetime.now(UTC),
                partner_item=partner_item,
                partner_folder=partner_folder,
            )
        )
        self.news.notify_all()

    def _take_number(self) -> int:
        number = self._next
        self._next += 1
        return number


_KINDS = {"item": 7, "folder": 3}
_LENGTH = 20
_SECRET = b"AAMkAD"


def make_id(kind: str, mailbox: Mailbox, number: int) -> str:
    """Return the opaque identifier of an item or a folder; it tells letters apart by case, as Exchange's do."""
    packed = struct.pack(">6sBBIQ", _SECRET, _KINDS[kind], 0, mailbox.number, number)
    return base64.b64encode(packed).decode()


def read_id(kind: str, mailbox: Mailbox, value: str) -> int:
    """Return the number in an identifier. Raises MalformedIdError, ItemNotFoundError for another's mailbox."""
    try:
        secret, kind_number, _, owner, number = struct.unpack(">6sBBIQ", base64.b64decode(value, validate=True))
    except (ValueError, struct.error) as error:
        raise MalformedIdError(value) from error
    if secret != _SECRET or kind_number != _KINDS[kind]:
        raise MalformedIdError(value)
    if owner != mailbox.number:
        raise ItemNotFoundError(value)
    return int(number)


def change_key(version: int) -> str:
    """Return the opaque key of a version."""
    return base64.b64encode(b"CQAA" + version.to_bytes(8, "big")).decode()
