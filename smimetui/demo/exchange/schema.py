"""What each request may hold, as messages.xsd of Exchange 2019 documents it, for the operations this server has."""

from smimetui.demo.exchange.grammar import (
    Particle,
    Schema,
    Type,
    among,
    anything,
    at_least_one,
    between,
    boolean,
    integer,
    maybe,
    not_negative,
    one,
    some,
    validate,
    words,
)
from smimetui.demo.exchange.item_schema import ITEM_SCHEMA
from smimetui.demo.exchange.markup import MESSAGES as M
from smimetui.demo.exchange.markup import TYPES as T
from smimetui.demo.exchange.markup import Node

_DISPOSITIONS = among("SaveOnly", "SendOnly", "SendAndSaveCopy")
_INVITATIONS = among("SendToNone", "SendOnlyToAll", "SendToAllAndSaveCopy")
_INVITATIONS_AND_CANCELLATIONS = among(
    "SendToNone", "SendOnlyToAll", "SendOnlyToChanged", "SendToAllAndSaveCopy", "SendToChangedAndSaveCopy"
)
_ID_FORMATS = among("EwsLegacyId", "EwsId", "EntryId", "HexEntryId", "StoreId", "OwaId")
_PAGE = Type(
    required={"Offset": not_negative, "BasePoint": among("Beginning", "End")},
    optional={"MaxEntriesReturned": at_least_one},
)
_EVENTS = (one(f"{T}EventTypes", "EventTypes"), maybe(f"{T}Watermark", "Text"))

_DIRECTORY: Schema = {
    "ResolveNames": Type(
        particles=(maybe(f"{M}ParentFolderIds", "FolderIds"), one(f"{M}UnresolvedEntry", "NotEmpty")),
        required={"ReturnFullContactData": boolean},
        optional={
            "SearchScope": among("ActiveDirectory", "ActiveDirectoryContacts", "Contacts", "ContactsActiveDirectory"),
            "ContactDataShape": among("IdOnly", "Default", "AllProperties"),
        },
    ),
    "ExpandDL": Type(particles=(one(f"{M}Mailbox", "EmailAddress"),)),
    "ConvertId": Type(particles=(one(f"{M}SourceIds", "SourceIds"),), required={"DestinationFormat": _ID_FORMATS}),
    "SourceIds": Type(particles=(some({f"{T}AlternateId": "AlternateId"}),)),
    "AlternateId": Type(
        required={"Format": _ID_FORMATS, "Id": anything, "Mailbox": anything}, optional={"IsArchive": boolean}
    ),
}

_FOLDERS: Schema = {
    "Page": _PAGE,
    "GetFolder": Type(particles=(one(f"{M}FolderShape", "FolderShape"), one(f"{M}FolderIds", "FolderIds"))),
    "FindFolder": Type(
        particles=(
            one(f"{M}FolderShape", "FolderShape"),
            maybe(f"{M}IndexedPageFolderView", "Page"),
            maybe(f"{M}Restriction", "Restriction"),
            one(f"{M}ParentFolderIds", "FolderIds"),
        ),
        required={"Traversal": among("Shallow", "Deep", "SoftDeleted")},
    ),
    "SyncFolderHierarchy": Type(
        particles=(
            one(f"{M}FolderShape", "FolderShape"),
            maybe(f"{M}SyncFolderId", "TargetFolder"),
            maybe(f"{M}SyncState", "Text"),
        )
    ),
    "SyncFolderItems": Type(
        particles=(
            one(f"{M}ItemShape", "ItemShape"),
            one(f"{M}SyncFolderId", "TargetFolder"),
            maybe(f"{M}SyncState", "Text"),
            maybe(f"{M}Ignore", "IgnoredIds"),
            one(f"{M}MaxChangesReturned", "ChangeCount"),
            maybe(f"{M}SyncScope", "SyncScope"),
        )
    ),
    "ChangeCount": Type(text=between(1, 512)),
    "SyncScope": Type(text=among("NormalItems", "NormalAndAssociatedItems")),
}

_ITEMS: Schema = {
    "FindItem": Type(
        particles=(
            one(f"{M}ItemShape", "ItemShape"),
            maybe(f"{M}IndexedPageItemView", "Page"),
            maybe(f"{M}Restriction", "Restriction"),
            maybe(f"{M}SortOrder", "SortOrder"),
            one(f"{M}ParentFolderIds", "FolderIds"),
            maybe(f"{M}QueryString", "QueryString"),
        ),
        required={"Traversal": among("Shallow", "SoftDeleted", "Associated")},
    ),
    "QueryString": Type(
        text=anything,
        optional=dict.fromkeys(("ResetCache", "ReturnHighlightTerms", "ReturnDeletedItems"), boolean),
    ),
    "GetItem": Type(particles=(one(f"{M}ItemShape", "ItemShape"), one(f"{M}ItemIds", "ItemIds"))),
    "CreateItem": Type(
        particles=(maybe(f"{M}SavedItemFolderId", "TargetFolder"), one(f"{M}Items", "Items")),
        optional={"MessageDisposition": _DISPOSITIONS, "SendMeetingInvitations": _INVITATIONS},
    ),
    "SendItem": Type(
        particles=(one(f"{M}ItemIds", "ItemIds"), maybe(f"{M}SavedItemFolderId", "TargetFolder")),
        required={"SaveItemToFolder": boolean},
    ),
    "UpdateItem": Type(
        particles=(maybe(f"{M}SavedItemFolderId", "TargetFolder"), one(f"{M}ItemChanges", "ItemChanges")),
        required={"ConflictResolution": among("NeverOverwrite", "AutoResolve", "AlwaysOverwrite")},
        optional={
            "MessageDisposition": _DISPOSITIONS,
            "SendMeetingInvitationsOrCancellations": _INVITATIONS_AND_CANCELLATIONS,
            "SuppressReadReceipts": boolean,
        },
    ),
    "DeleteItem": Type(
        particles=(one(f"{M}ItemIds", "ItemIds"),),
        required={"DeleteType": among("HardDelete", "SoftDelete", "MoveToDeletedItems")},
        optional={
            "SendMeetingCancellations": _INVITATIONS,
            "AffectedTaskOccurrences": among("AllOccurrences", "SpecifiedOccurrenceOnly"),
            "SuppressReadReceipts": boolean,
        },
    ),
    "MoveItem": Type(
        particles=(
            one(f"{M}ToFolderId", "TargetFolder"),
            one(f"{M}ItemIds", "ItemIds"),
            maybe(f"{M}ReturnNewItemIds", "Boolean"),
        )
    ),
}

_NOTIFICATIONS: Schema = {
    "Subscribe": Type(
        particles=(
            Particle(
                types={
                    f"{M}PullSubscriptionRequest": "PullSubscription",
                    f"{M}StreamingSubscriptionRequest": "StreamingSubscription",
                }
            ),
        )
    ),
    "PullSubscription": Type(
        particles=(maybe(f"{T}FolderIds", "FolderIds"), *_EVENTS, one(f"{T}Timeout", "PullTimeout")),
        optional={"SubscribeToAllFolders": boolean},
    ),
    "StreamingSubscription": Type(
        particles=(maybe(f"{T}FolderIds", "FolderIds"), _EVENTS[0]), optional={"SubscribeToAllFolders": boolean}
    ),
    "EventTypes": Type(particles=(some({f"{T}EventType": "EventType"}),)),
    "EventType": Type(
        text=words("CopiedEvent CreatedEvent DeletedEvent ModifiedEvent MovedEvent NewMailEvent FreeBusyChangedEvent")
    ),
    "PullTimeout": Type(text=between(1, 1440)),
    "Unsubscribe": Type(particles=(one(f"{M}SubscriptionId", "NotEmpty"),)),
    "GetEvents": Type(particles=(one(f"{M}SubscriptionId", "NotEmpty"), one(f"{M}Watermark", "NotEmpty"))),
    "GetStreamingEvents": Type(
        particles=(one(f"{M}SubscriptionIds", "SubscriptionIds"), one(f"{M}ConnectionTimeout", "StreamTimeout"))
    ),
    "SubscriptionIds": Type(particles=(some({f"{T}SubscriptionId": "NotEmpty"}),)),
    "StreamTimeout": Type(text=between(1, 30)),
    "Count": Type(text=integer),
}

SCHEMA: Schema = {**ITEM_SCHEMA, **_DIRECTORY, **_FOLDERS, **_ITEMS, **_NOTIFICATIONS}


def validate_request(request: Node) -> None:
    """Hold the child of the SOAP body against the type of its operation. Raises SchemaViolationError."""
    validate(request, request.name, SCHEMA)
