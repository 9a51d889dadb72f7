"""exchangelib's item and folder services, returning the XML elements as they came: an odd field spoils no list."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from exchangelib.errors import ErrorAccessDenied, ErrorItemNotFound, MalformedResponseError
from exchangelib.extended_properties import ExtendedProperty
from exchangelib.fields import FieldOrder, FieldPath
from exchangelib.folders import Contacts as ContactsFolder
from exchangelib.folders import DeletedItems, Drafts, Folder, Inbox, MsgFolderRoot, Outbox, Root, SentItems
from exchangelib.items import (
    ALL_OCCURRENCES,
    ALWAYS_OVERWRITE,
    HARD_DELETE,
    ID_ONLY,
    SAVE_ONLY,
    SEND_AND_SAVE_COPY,
    SEND_TO_NONE,
    SHALLOW,
    SOFT_DELETE,
    Message,
)
from exchangelib.properties import DistinguishedFolderId, FolderId, ItemId, Mailbox
from exchangelib.queryset import Q
from exchangelib.restriction import Restriction
from exchangelib.services import CreateItem, DeleteItem, FindFolder, FindItem, GetFolder, GetItem, MoveItem, UpdateItem

STANDARD = {"Inbox": Inbox, "Drafts": Drafts, "Sent": SentItems, "Trash": DeletedItems}
"""Our names for the folders every mailbox has; the server's own depend on its language."""
HIDDEN = (Outbox,)
"""Folders of mail that are the server's own business."""
MOST_ROWS = 10_000_000
"""Messages of a folder, whatever a server says: a list of more than there is memory for could not be shown."""
_NOT_UNSENT = 1


class MessageFlags(ExtendedProperty):  # type: ignore[misc] # exchangelib has no types
    """PidTagMessageFlags ([MS-OXCMSG] 2.2.1.6): without it a filed message is a draft."""

    property_tag = 0x0E07
    property_type = "Integer"


if "message_flags" not in {field.name for field in Message.FIELDS}:
    Message.register("message_flags", MessageFlags)


class FindRows(FindItem):  # type: ignore[misc]
    """FindItem that keeps how many items there are in all."""

    total = 0

    def _get_paging_values(self, elem: Any) -> Any:
        self.total = max(0, min(int(elem.get("TotalItemsInView") or 0), MOST_ROWS))
        return super()._get_paging_values(elem)

    def _elem_to_obj(self, elem: Any) -> Any:
        return elem


class GetWhole(GetItem):  # type: ignore[misc]
    """GetItem."""

    def _elem_to_obj(self, elem: Any) -> Any:
        return elem


class GetFolderElements(GetFolder):  # type: ignore[misc]
    """GetFolder."""

    def _elems_to_objs(self, elems: Iterable[Any]) -> Iterator[Any]:
        yield from elems


class FindFolderElements(FindFolder):  # type: ignore[misc]
    """FindFolder."""

    def _elem_to_obj(self, elem: Any) -> Any:
        return elem


class SendOnce(CreateItem):  # type: ignore[misc]
    """CreateItem that asks in one version of the protocol: a second request might be a second message."""

    def _api_versions_to_try(self) -> tuple[str, ...]:
        return (self._version_hint.api_version,)


class OwnFolderId(DistinguishedFolderId):  # type: ignore[misc]
    """A folder of whoever logs in: without a mailbox, which exchangelib demands and the schema does not."""

    ELEMENT_NAME = DistinguishedFolderId.ELEMENT_NAME

    def clean(self, version: Any = None) -> None:
        """Check the identifier alone."""
        FolderId.clean(self, version=version)


def standard_folder(account: Any, folder: type) -> Any:
    """Return one of the folders every mailbox has, without asking for it."""
    root = Root(account=account, _distinguished_id=_distinguished(account, Root))
    return folder(root=root, _distinguished_id=_distinguished(account, folder))


def own_folder(folder: Any) -> Any:
    """Return the identifier of one of those folders in the mailbox of whoever logs in."""
    return OwnFolderId(id=folder.DISTINGUISHED_FOLDER_ID)


def other_folder(account: Any, folder_id: str) -> Any:
    """Return a folder by its id."""
    root = Root(account=account, _distinguished_id=_distinguished(account, Root))
    return Folder(root=root, _id=FolderId(id=folder_id))


def sent_folder(account: Any) -> Any:
    """Return where the server files what it sends."""
    return standard_folder(account, SentItems)


def contacts_folder(account: Any) -> Any:
    """Return the account's contacts."""
    return standard_folder(account, ContactsFolder)


def find_rows(  # noqa: PLR0913 - keyword-only parts of one request
    account: Any,
    folder: Any,
    *,
    fields: Sequence[str],
    limit: int,
    offset: int = 0,
    query: Q | None = None,
    newest_first: bool = False,
    timeout: float | None = None,
) -> tuple[list[Any], int]:
    """Return one page of a folder's messages as XML elements, and how many there are in all."""
    service = FindRows(account=account, page_size=limit, timeout=timeout)
    order = FieldOrder(field_path=_path(Message, "datetime_received"), reverse=True)
    rows = service.call(
        folders=[folder],
        additional_fields=[_path(Message, name) for name in fields],
        restriction=None if query is None else Restriction(query, folders=[folder], applies_to=Restriction.ITEMS),
        order_fields=[order] if newest_first else None,
        shape=ID_ONLY,
        query_string=None,
        depth=SHALLOW,
        calendar_view=None,
        max_items=limit,
        offset=offset,
    )
    return checked(rows), service.total


def get_item(account: Any, item_id: str, fields: Sequence[str], model: type = Message) -> Any:
    """Return one item as an XML element."""
    answers = GetWhole(account=account).call(
        items=[ItemId(id=item_id)], additional_fields=[_path(model, name) for name in fields], shape=ID_ONLY
    )
    return checked(answers)[0]


def get_folder(account: Any, folders: Sequence[Any], fields: Sequence[str]) -> list[Any]:
    """Return folders as XML elements, exceptions in the place of those that cannot be read."""
    return list(
        GetFolderElements(account=account).call(
            folders=folders, additional_fields=[_path(Folder, name) for name in fields], shape=ID_ONLY
        )
    )


def find_folders(account: Any, fields: Sequence[str]) -> list[Any]:
    """Return all folders of the mailbox as XML elements."""
    found = FindFolderElements(account=account, page_size=1000).call(
        folders=[standard_folder(account, MsgFolderRoot)],
        additional_fields=[_path(Folder, name) for name in fields],
        restriction=None,
        shape=ID_ONLY,
        depth="Deep",
        max_items=None,
        offset=0,
    )
    return [elem for elem in found if not isinstance(elem, ErrorAccessDenied)]


def file_message(account: Any, folder: Any, data: bytes, *, draft: bool, hidden: Sequence[str] = ()) -> str:
    """Put a message into a folder as read, and return its id; `hidden` are its Bcc. Nothing is sent."""
    message = Message(
        mime_content=data,
        is_read=True,
        message_flags=None if draft else _NOT_UNSENT,
        bcc_recipients=_mailboxes(hidden),
    )
    answers = checked(
        CreateItem(account=account).call(
            items=[message], folder=folder, message_disposition=SAVE_ONLY, send_meeting_invitations=SEND_TO_NONE
        )
    )
    return str(answers[0].id)


def delete_item(account: Any, item_id: str) -> bool:
    """Remove an item for good, and return whether it was there."""
    return delete_items(account, [item_id], recoverable=False) == 1


def delete_items(account: Any, item_ids: Sequence[str], *, recoverable: bool) -> int:
    """Remove items past the trash, and return how many were there; `recoverable` ones can be brought back."""
    if not item_ids:
        return 0
    answers = DeleteItem(account=account).call(
        items=[ItemId(id=item_id) for item_id in item_ids],
        delete_type=SOFT_DELETE if recoverable else HARD_DELETE,
        send_meeting_cancellations=SEND_TO_NONE,
        affected_task_occurrences=ALL_OCCURRENCES,
        suppress_read_receipts=True,
    )
    return len(checked(answer for answer in answers if not isinstance(answer, ErrorItemNotFound)))


def send_message(account: Any, data: bytes, hidden: Sequence[str], timeout: float) -> None:
    """Send a message once, and have the server file it in Sent."""
    message = Message(mime_content=data, is_read=True, bcc_recipients=_mailboxes(hidden))
    answers = checked(
        SendOnce(account=account, timeout=timeout).call(
            items=[message],
            folder=sent_folder(account),
            message_disposition=SEND_AND_SAVE_COPY,
            send_meeting_invitations=SEND_TO_NONE,
        )
    )
    if not answers:
        raise MalformedResponseError("no word about the message")


def mark_read(account: Any, item_id: str, *, read: bool = True) -> None:
    """Mark a message as read or unread, without the receipt that its sender may have asked for."""
    message = Message(account=account, is_read=read, _id=ItemId(id=item_id))
    checked(
        UpdateItem(account=account).call(
            items=[(message, ["is_read"])],
            # Without a change key, which rows do not carry, nothing else is allowed; a flag has no conflicts.
            conflict_resolution=ALWAYS_OVERWRITE,
            message_disposition=SAVE_ONLY,
            send_meeting_invitations_or_cancellations=SEND_TO_NONE,
            suppress_read_receipts=True,
        )
    )


def move(account: Any, item_id: str, folder: Any) -> str:
    """Move a message and return its new id."""
    answers = checked(MoveItem(account=account).call(items=[ItemId(id=item_id)], to_folder=folder))
    # Ids are not told when a message leaves the mailbox.
    return str(answers[0][0]) if answers and answers[0] and answers[0][0] else ""


def checked(answers: Iterable[Any]) -> list[Any]:
    """Return what a service answered; raises the exceptions among it."""
    found = []
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
        found.append(answer)
    return found


def item_id(elem: Any) -> str:
    """Return the id in an item's XML element."""
    return str(next(iter(elem.xpath("*[local-name()='ItemId']/@Id")), ""))


def _mailboxes(addresses: Sequence[str]) -> list[Any] | None:
    return [Mailbox(email_address=address) for address in addresses] or None


def _path(model: Any, name: str) -> Any:
    return FieldPath(field=model.get_field_by_fieldname(name))


def _distinguished(account: Any, folder: Any) -> Any:
    return DistinguishedFolderId(
        id=folder.DISTINGUISHED_FOLDER_ID, mailbox=Mailbox(email_address=account.primary_smtp_address)
    )
