"""The Exchange mailbox: rows with few fields, in pages; messages whole, as MIME; changes as the server tells them."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from threading import Lock
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, TypeVar

import pybase64

from smimetui.adapters.exchange.connection import Connection
from smimetui.model.address import header_addresses
from smimetui.model.errors import MailboxError, MailboxLockedError
from smimetui.model.message import Summary
from smimetui.services.parallel import gather
from smimetui.services.ports import Page
from smimetui.smime.header_build import address_header

if TYPE_CHECKING:
    from smimetui.adapters.exchange.watching import Watch

T = TypeVar("T")

STANDARD = ("Inbox", "Drafts", "Sent", "Trash")
_DRAFTS, _SENT, _TRASH = "Drafts", "Sent", "Trash"
_HAS_BCC = re.compile(rb"(?im)\A(?:[^\r\n]+\r?\n)*?bcc[ \t]*:")
_ROW = ("subject", "author", "datetime_received", "is_read", "size", "item_class")
_MOST_BYTES = 100_000_000
_NAMES = {"t": "http://schemas.microsoft.com/exchange/services/2006/types"}
_LOOK_EVERY = 0.5
_MAIL_FOLDER = "IPF.Note"
_MOST_DIGITS = 15
_SIGNED_CLASS = "ipm.note.smime.multipartsigned"
_SMIME_CLASS = "ipm.note.smime"


class ExchangeMailbox:
    """Mailbox over a connection. Uids are the server's item ids, which change when a message is moved."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = Lock()
        self._ids: dict[str, str] = {}
        self._watches: dict[str, Watch] = {}
        self._closed = False
        self._told_of_lock = False
        self._shown: dict[str, tuple[int, int]] = {}

    def folders(self) -> tuple[str, ...]:
        """Return the folders of mail: `Inbox`, `Drafts`, `Sent`, `Trash`, then the others by name."""
        with self._connection.for_mailbox("list its folders"):
            return (*STANDARD, *sorted(self._others()))

    def page(self, folder: str, *, offset: int, limit: int) -> Page:
        """Return some rows of a folder, newest first by arrival, and how many there are in all."""
        with self._connection.for_mailbox(f"list {folder}"):
            place = self._place(folder)
            rows, counts = _both(
                partial(self._rows, place, offset=offset, limit=max(1, limit)), partial(self._counts, place)
            )
            self._shown[folder] = counts
            return Page(rows=rows[0][:limit], total=rows[1], unread=counts[1])

    def search(self, folder: str, text: str, *, limit: int) -> tuple[Summary, ...]:
        """Return up to `limit` rows, newest first, whose sender or subject holds `text` in any case."""
        if limit < 1:
            return ()
        with self._connection.for_mailbox(f"search {folder}"):
            from exchangelib.queryset import Q

            query = Q(subject__icontains=text) | Q(author__icontains=text)
            return self._rows(self._place(folder), offset=0, limit=limit, query=query)[0]

    def wait_for_change(self, folder: str, seconds: float) -> bool:
        """Wait until the server tells of a change in the folder, at most so long, and return whether there was one.

        Raises MailboxLockedError when the store locks; waiting again waits for its unlocking.
        """
        if self._connection.resting:
            return self._woken(seconds)
        self._told_of_lock = False
        with self._connection.for_mailbox(f"watch {folder}"):
            return self._watch(folder).wait(seconds)

    def fetch(self, folder: str, uid: str) -> bytes:
        """Return a whole message as the server has it. Raises MailboxError for one above 100 MB, too.

        In Sent with its Bcc, which a server may keep beside the text alone.
        """
        with self._connection.for_mailbox("read the message"):
            from smimetui.adapters.exchange.calls import get_item

            fields = ["mime_content", *(["bcc_recipients"] if folder == _SENT else [])]
            item = get_item(self._connection.account(), uid, fields)
            data = pybase64.b64decode(item.findtext("t:MimeContent", "", _NAMES).strip(), validate=False)
            if not data:
                raise MailboxError("the server has no text of this message", "it may be no mail, or still arriving")
            if len(data) > _MOST_BYTES:
                raise MailboxError("the message is larger than 100 MB and is not opened")
            return data if folder != _SENT or _HAS_BCC.match(data) else _hidden(item) + data

    def mark_seen(self, folder: str, uid: str, *, seen: bool = True) -> None:  # noqa: ARG002 - an id says where it is
        """Mark a message as read, or as unread. No read receipt goes out."""
        with self._connection.for_mailbox(f"mark the message as {'read' if seen else 'unread'}"):
            from smimetui.adapters.exchange.calls import mark_read

            mark_read(self._connection.account(), uid, read=seen)

    def trash(self, folder: str, uid: str) -> str:  # noqa: ARG002 - an item id says where it is
        """Move a message to the trash and return its uid there."""
        with self._connection.for_mailbox("move the message to the trash"):
            return self._moved(uid, _TRASH)

    def restore(self, folder: str, uid: str) -> None:
        """Move a message from the trash back to `folder`."""
        with self._connection.for_mailbox("bring the message back"):
            self._moved(uid, folder)

    def append(self, folder: str, message: bytes) -> str:
        """File a message, as read, and return its uid: in Drafts as a draft, elsewhere as one that was sent or came."""
        with self._connection.for_mailbox(f"file the message in {folder}"):
            from smimetui.adapters.exchange.calls import file_message

            return file_message(self._connection.account(), self._place(folder), message, draft=folder == _DRAFTS)

    def delete(self, folder: str, uid: str) -> bool:  # noqa: ARG002 - an item id says where it is
        """Remove a message for good and return whether it was there."""
        with self._connection.for_mailbox("delete the message"):
            from smimetui.adapters.exchange.calls import delete_item

            return delete_item(self._connection.account(), uid)

    def close(self) -> None:
        """End watching folders; there is no watching them again."""
        with self._lock:
            watches, self._watches, self._closed = self._watches, {}, True
        for watch in watches.values():
            watch.close()

    def _moved(self, uid: str, folder: str) -> str:
        from smimetui.adapters.exchange.calls import move

        return move(self._connection.account(), uid, self._place(folder))

    def _rows(self, place: Any, *, offset: int, limit: int, query: Any = None) -> tuple[tuple[Summary, ...], int]:
        from smimetui.adapters.exchange.calls import find_rows

        rows, total = find_rows(
            self._connection.account(), place, fields=_ROW, limit=limit, offset=offset, query=query, newest_first=True
        )
        return tuple(map(_summary, rows)), total

    def _woken(self, seconds: float) -> bool:
        """Wait until the login is at hand again, at most so long: nobody is asked to unlock the store for this.

        Raises MailboxLockedError once in each such time.
        """
        if not self._told_of_lock:
            self._told_of_lock = True
            raise MailboxLockedError("the mailbox is locked with the store", "Ctrl+R unlocks it")
        end = monotonic() + seconds
        while self._connection.resting:
            left = end - monotonic()
            if left <= 0:
                return False
            sleep(min(_LOOK_EVERY, left))
        return not self._closed

    def _counts(self, place: Any) -> tuple[int, int]:
        """Return how many messages there are, and how many are unread."""
        from smimetui.adapters.exchange.calls import get_folder

        (answer,) = get_folder(self._connection.account(), [place], ["total_count", "unread_count"])
        if isinstance(answer, Exception):
            raise answer
        return _number(answer, "t:TotalCount"), _number(answer, "t:UnreadCount")

    def _watch(self, folder: str) -> "Watch":
        from smimetui.adapters.exchange.watching import Watch

        place = self._place(folder)
        with self._lock:
            if self._closed:
                raise MailboxError("this mailbox was closed")
            watch = self._watches.get(folder)
            if watch is None:
                watch = Watch(
                    self._connection,
                    place,
                    counts=partial(self._counts, place),
                    known=partial(self._shown.get, folder),
                )
                self._watches[folder] = watch
            return watch

    def _place(self, folder: str) -> Any:
        from smimetui.adapters.exchange.calls import STANDARD as KNOWN
        from smimetui.adapters.exchange.calls import other_folder, standard_folder

        account = self._connection.account()
        if folder in KNOWN:
            return standard_folder(account, KNOWN[folder])
        if folder not in self._ids:
            self._others()
        if folder not in self._ids:
            raise MailboxError(f"there is no folder {folder}")
        return other_folder(account, self._ids[folder])

    def _others(self) -> set[str]:
        """Ask for the folders of mail beside the standard ones, and keep their ids by name: `Projects/2026`."""
        from smimetui.adapters.exchange.calls import HIDDEN, find_folders, get_folder, standard_folder
        from smimetui.adapters.exchange.calls import STANDARD as KNOWN

        account = self._connection.account()
        kinds = (*KNOWN.values(), *HIDDEN)
        known, found = _both(
            partial(get_folder, account, [standard_folder(account, kind) for kind in kinds], []),
            partial(find_folders, account, ["name", "parent_folder_id", "folder_class"]),
        )
        names = (*KNOWN, *("" for _ in HIDDEN))
        standard = {_id(elem, "t:FolderId"): name for elem, name in zip(known, names, strict=False) if _is_xml(elem)}
        elements = {_id(elem, "t:FolderId"): elem for elem in found if _is_xml(elem)}
        ids = {
            path: folder_id
            for folder_id, elem in elements.items()
            if folder_id not in standard and elem.findtext("t:FolderClass", "", _NAMES).startswith(_MAIL_FOLDER)
            if (path := "/".join(reversed(tuple(_steps(folder_id, elements, standard)))))
        }
        self._ids = ids
        return set(ids)


def _steps(folder_id: str, elements: dict[str, Any], standard: dict[str, str]) -> Iterator[str]:
    """Yield a folder's names from itself up."""
    seen: set[str] = set()
    while folder_id in elements and folder_id not in seen:
        seen.add(folder_id)
        if folder_id in standard:
            yield standard[folder_id]
            return
        yield elements[folder_id].findtext("t:DisplayName", "", _NAMES).replace("/", "∕")
        folder_id = _id(elements[folder_id], "t:ParentFolderId")


def _summary(row: Any) -> Summary:
    sender = row.findtext("t:From/t:Mailbox/t:Name", "", _NAMES)
    return Summary(
        uid=_id(row, "t:ItemId"),
        sender=sender or row.findtext("t:From/t:Mailbox/t:EmailAddress", "", _NAMES),
        subject=row.findtext("t:Subject", "", _NAMES),
        date=_date(row.findtext("t:DateTimeReceived", "", _NAMES)),
        # What is no mail cannot be unread.
        seen=row.findtext("t:IsRead", "true", _NAMES).lower() in {"true", "1"},
        size=_number(row, "t:Size"),
        content_type=_content_type(row.findtext("t:ItemClass", "", _NAMES)),
    )


def _hidden(item: Any) -> bytes:
    """Return the Bcc field that an item stands for; nothing where it has none."""
    people = item.findall("t:BccRecipients/t:Mailbox/t:EmailAddress", _NAMES)
    addresses = header_addresses(", ".join(person.text or "" for person in people))
    return address_header("Bcc", addresses) if addresses else b""


def _content_type(item_class: str) -> str:
    """Return the kind of MIME that the class of a message stands for ([MS-OXOSMIME] 2.1)."""
    name = item_class.lower()
    if name.startswith(_SIGNED_CLASS):
        return "multipart/signed"
    return "application/pkcs7-mime" if name.startswith(_SMIME_CLASS) else ""


def _date(text: str) -> datetime | None:
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _number(elem: Any, path: str) -> int:
    text = elem.findtext(path, "", _NAMES)
    return int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else 0


def _id(elem: Any, path: str) -> str:
    found = elem.find(path, _NAMES)
    return str(found.get("Id", "")) if found is not None else ""


def _is_xml(answer: object) -> bool:
    return not isinstance(answer, Exception)


def _both(first: Callable[[], Any], second: Callable[[], Any]) -> tuple[Any, Any]:
    """Return what two requests answer that are made at once; raises what either raises."""
    answers = gather([first, second])
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return answers[0], answers[1]
