"""The types of items, folders, paths and restrictions in requests, as types.xsd of Exchange 2019 documents them."""

from smimetui.demo.exchange.grammar import (
    UNBOUNDED,
    Check,
    Particle,
    Schema,
    Type,
    among,
    anything,
    base64_binary,
    boolean,
    integer,
    maybe,
    not_empty,
    one,
    some,
    words,
)
from smimetui.demo.exchange.markup import TYPES as T

_SHAPES = among("IdOnly", "Default", "AllProperties", "PcxPeopleSearch")
_BODIES = among("HTML", "Text")
_PATHS = {f"{T}FieldURI": "Path", f"{T}IndexedFieldURI": "IndexedPath", f"{T}ExtendedFieldURI": "ExtendedPath"}
_ITEMS = {f"{T}Item": "Item", f"{T}Message": "Message", f"{T}Contact": "Contact"}
_FOLDER_IDS = {f"{T}FolderId": "FolderId", f"{T}DistinguishedFolderId": "DistinguishedFolderId"}
_DISTINGUISHED = words(
    "calendar contacts deleteditems drafts inbox journal notes outbox sentitems tasks msgfolderroot "
    "publicfoldersroot root junkemail searchfolders voicemail recoverableitemsroot recoverableitemsdeletions "
    "recoverableitemsversions recoverableitemspurges recoverableitemsdiscoveryholds archiveroot "
    "archivemsgfolderroot archivedeleteditems archiveinbox archiverecoverableitemsroot "
    "archiverecoverableitemsdeletions archiverecoverableitemsversions archiverecoverableitemspurges "
    "archiverecoverableitemsdiscoveryholds syncissues conflicts localfailures serverfailures recipientcache "
    "quickcontacts conversationhistory adminauditlogs todosearch mycontacts directory imcontactlist "
    "peopleconnect favorites mecontact personmetadata teamspaceactivity teamspacemessaging teamspaceworkitems "
    "scheduled orionnotes tagitems alltaggeditems allcategorizeditems externalcontacts teamchat teamchathistory "
    "yammerdata yammerroot yammerinbound yammeroutbound yammerfeeds kaizaladata messageingestion onedriveroot "
    "onedriverecylebin onedrivesystem onedrivevolume important starred archive"
)
_MAPI_TYPES = words(
    "ApplicationTime ApplicationTimeArray Binary BinaryArray Boolean CLSID CLSIDArray Currency CurrencyArray "
    "Double DoubleArray Error Float FloatArray Integer IntegerArray Long LongArray Null Object ObjectArray Short "
    "ShortArray SystemTime SystemTimeArray String StringArray"
)
_PROPERTY_SETS = words(
    "Meeting Appointment Common PublicStrings Address InternetHeaders CalendarAssistant UnifiedMessaging Task Sharing"
)

ITEM_ORDER = (
    "MimeContent:Mime ItemId:ItemId ParentFolderId:FolderId ItemClass:Text Subject:Text Sensitivity:Sensitivity "
    "Body:Body DateTimeReceived:Text Size:Integer Categories:Strings Importance:Importance InReplyTo:Text "
    "IsSubmitted:Boolean IsDraft:Boolean IsFromMe:Boolean IsResend:Boolean IsUnmodified:Boolean "
    "InternetMessageHeaders:Headers DateTimeSent:Text DateTimeCreated:Text ReminderDueBy:Text ReminderIsSet:Boolean "
    "ReminderNextTime:Text ReminderMinutesBeforeStart:Text DisplayCc:Text DisplayTo:Text DisplayBcc:Text "
    "HasAttachments:Boolean *ExtendedProperty:ExtendedProperty Culture:Text LastModifiedName:Text "
    "LastModifiedTime:Text IsAssociated:Boolean"
)
"""ItemType's elements in their order: name and type; a star for those that may repeat."""
MESSAGE_ORDER = (
    "Sender:SingleRecipient ToRecipients:Recipients CcRecipients:Recipients BccRecipients:Recipients "
    "IsReadReceiptRequested:Boolean IsDeliveryReceiptRequested:Boolean ConversationIndex:Base64 "
    "ConversationTopic:Text From:SingleRecipient InternetMessageId:Text IsRead:Boolean IsResponseRequested:Boolean "
    "References:Text ReplyTo:Recipients ReceivedBy:SingleRecipient ReceivedRepresenting:SingleRecipient"
)
"""What MessageType adds."""
CONTACT_ORDER = (
    "FileAs:Text FileAsMapping:Text DisplayName:Text GivenName:Text Initials:Text MiddleName:Text Nickname:Text "
    "CompanyName:Text EmailAddresses:EmailAddresses PhoneNumbers:Entries AssistantName:Text Birthday:Text "
    "BusinessHomePage:Text Children:Strings Companies:Strings ContactSource:ContactSource Department:Text "
    "Generation:Text JobTitle:Text Manager:Text Mileage:Text OfficeLocation:Text PostalAddressIndex:PostalIndex "
    "Profession:Text SpouseName:Text Surname:Text WeddingAnniversary:Text HasPicture:Boolean PhoneticFullName:Text "
    "PhoneticFirstName:Text PhoneticLastName:Text Alias:Text Notes:Text Photo:Base64 UserSMIMECertificate:Binaries "
    "MSExchangeCertificate:Binaries DirectoryId:Text"
)
"""What ContactItemType adds."""


def _sequence(order: str) -> tuple[Particle, ...]:
    particles = []
    for entry in order.split():
        name, _, kind = entry.lstrip("*").partition(":")
        most = UNBOUNDED if entry.startswith("*") else 1
        particles.append(Particle(types={T + name: kind}, least=0, most=most))
    return tuple(particles)


def _text(check: Check = anything) -> Type:
    return Type(text=check)


_EMAIL_ADDRESS = Type(
    particles=(
        maybe(f"{T}Name", "Text"),
        maybe(f"{T}EmailAddress", "NotEmpty"),
        maybe(f"{T}RoutingType", "NotEmpty"),
        maybe(f"{T}MailboxType", "MailboxType"),
        maybe(f"{T}ItemId", "ItemId"),
        maybe(f"{T}OriginalDisplayName", "Text"),
    )
)

_SEARCHES = {f"{T}{name}": name for name in ("Exists", "Excludes", "Contains", "Not", "And", "Or")} | {
    f"{T}{name}": "Comparison"
    for name in (
        "IsEqualTo",
        "IsNotEqualTo",
        "IsGreaterThan",
        "IsGreaterThanOrEqualTo",
        "IsLessThan",
        "IsLessThanOrEqualTo",
    )
}

_SIMPLE: Schema = {
    "Text": _text(),
    "NotEmpty": _text(not_empty),
    "Boolean": _text(boolean),
    "Integer": _text(integer),
    "Base64": _text(base64_binary),
    "Sensitivity": _text(among("Normal", "Personal", "Private", "Confidential")),
    "Importance": _text(among("Low", "Normal", "High")),
    "ContactSource": _text(among("ActiveDirectory", "Store")),
    "PostalIndex": _text(among("None", "Home", "Business", "Other")),
    "BaseShape": _text(_SHAPES),
    "BodyChoice": _text(among("Best", "HTML", "Text")),
    "MailboxType": _text(
        words("Unknown OneOff Mailbox PublicDL PrivateDL Contact PublicFolder GroupMailbox ImplicitContact User")
    ),
    "Mime": Type(text=base64_binary, optional={"CharacterSet": anything}),
    "Body": Type(text=anything, required={"BodyType": _BODIES}, optional={"IsTruncated": boolean}),
    "Header": Type(text=anything, required={"HeaderName": anything}),
    "Entry": Type(
        text=anything,
        required={"Key": anything},
        optional=dict.fromkeys(("Name", "RoutingType", "MailboxType"), anything),
    ),
}

_IDS: Schema = {
    "ItemId": Type(required={"Id": anything}, optional={"ChangeKey": anything}),
    "FolderId": Type(required={"Id": anything}, optional={"ChangeKey": anything}),
    "DistinguishedFolderId": Type(
        particles=(maybe(f"{T}Mailbox", "EmailAddress"),),
        required={"Id": _DISTINGUISHED},
        optional={"ChangeKey": anything},
    ),
    "FolderIds": Type(particles=(some(_FOLDER_IDS),)),
    "TargetFolder": Type(particles=(Particle(types=_FOLDER_IDS),)),
    "ItemIds": Type(particles=(some({f"{T}ItemId": "ItemId"}),)),
    "IgnoredIds": Type(particles=(some({f"{T}ItemId": "ItemId"}, least=0),)),
    "EmailAddress": _EMAIL_ADDRESS,
}

_PATH_TYPES: Schema = {
    "Path": Type(required={"FieldURI": anything}),
    "IndexedPath": Type(required={"FieldURI": anything, "FieldIndex": anything}),
    "ExtendedPath": Type(
        required={"PropertyType": _MAPI_TYPES},
        optional={
            "DistinguishedPropertySetId": _PROPERTY_SETS,
            "PropertySetId": anything,
            "PropertyTag": anything,
            "PropertyName": anything,
            "PropertyId": integer,
        },
    ),
    "Paths": Type(particles=(some(_PATHS),)),
    "FolderShape": Type(particles=(one(f"{T}BaseShape", "BaseShape"), maybe(f"{T}AdditionalProperties", "Paths"))),
    "ItemShape": Type(
        particles=(
            one(f"{T}BaseShape", "BaseShape"),
            maybe(f"{T}IncludeMimeContent", "Boolean"),
            maybe(f"{T}BodyType", "BodyChoice"),
            maybe(f"{T}UniqueBodyType", "BodyChoice"),
            maybe(f"{T}NormalizedBodyType", "BodyChoice"),
            maybe(f"{T}FilterHtmlContent", "Boolean"),
            maybe(f"{T}ConvertHtmlCodePageToUTF8", "Boolean"),
            maybe(f"{T}InlineImageUrlTemplate", "Text"),
            maybe(f"{T}BlockExternalImages", "Boolean"),
            maybe(f"{T}AddBlankTargetToLinks", "Boolean"),
            maybe(f"{T}MaximumBodySize", "Integer"),
            maybe(f"{T}AdditionalProperties", "Paths"),
        )
    ),
}

_RESTRICTIONS: Schema = {
    "Restriction": Type(particles=(Particle(types=_SEARCHES),)),
    "And": Type(particles=(some(_SEARCHES, least=2),)),
    "Or": Type(particles=(some(_SEARCHES, least=2),)),
    "Not": Type(particles=(Particle(types=_SEARCHES),)),
    "Exists": Type(particles=(Particle(types=_PATHS),)),
    "Excludes": Type(particles=(Particle(types=_PATHS), one(f"{T}Bitmask", "Constant"))),
    "Contains": Type(
        particles=(Particle(types=_PATHS), one(f"{T}Constant", "Constant")),
        optional={
            "ContainmentMode": among("FullString", "Prefixed", "Substring", "PrefixOnWords", "ExactPhrase"),
            "ContainmentComparison": words(
                "Exact IgnoreCase IgnoreNonSpacingCharacters Loose IgnoreCaseAndNonSpacingCharacters "
                "LooseAndIgnoreCase LooseAndIgnoreNonSpace LooseAndIgnoreCaseAndIgnoreNonSpace"
            ),
        },
    ),
    "Comparison": Type(particles=(Particle(types=_PATHS), one(f"{T}FieldURIOrConstant", "FieldOrConstant"))),
    "FieldOrConstant": Type(particles=(Particle(types={**_PATHS, f"{T}Constant": "Constant"}),)),
    "Constant": Type(required={"Value": anything}),
    "SortOrder": Type(particles=(some({f"{T}FieldOrder": "FieldOrder"}),)),
    "FieldOrder": Type(particles=(Particle(types=_PATHS),), required={"Order": among("Ascending", "Descending")}),
}

_ITEM_TYPES: Schema = {
    "Item": Type(particles=_sequence(ITEM_ORDER)),
    "Message": Type(particles=_sequence(f"{ITEM_ORDER} {MESSAGE_ORDER}")),
    "Contact": Type(particles=_sequence(f"{ITEM_ORDER} {CONTACT_ORDER}")),
    "Items": Type(particles=(some(_ITEMS),)),
    "Strings": Type(particles=(some({f"{T}String": "Text"}, least=0),)),
    "Headers": Type(particles=(some({f"{T}InternetMessageHeader": "Header"}),)),
    "Recipients": Type(particles=(some({f"{T}Mailbox": "EmailAddress"}, least=0),)),
    "SingleRecipient": Type(particles=(one(f"{T}Mailbox", "EmailAddress"),)),
    "EmailAddresses": Type(particles=(some({f"{T}Entry": "Entry"}),)),
    "Entries": Type(particles=(some({f"{T}Entry": "Entry"}),)),
    "Binaries": Type(particles=(some({f"{T}Base64Binary": "Base64"}, least=0),)),
    "ExtendedProperty": Type(
        particles=(
            one(f"{T}ExtendedFieldURI", "ExtendedPath"),
            Particle(types={f"{T}Value": "Text", f"{T}Values": "Values"}),
        )
    ),
    "Values": Type(particles=(some({f"{T}Value": "Text"}),)),
    "ItemChanges": Type(particles=(some({f"{T}ItemChange": "ItemChange"}),)),
    "ItemChange": Type(particles=(one(f"{T}ItemId", "ItemId"), one(f"{T}Updates", "Updates"))),
    "Updates": Type(
        particles=(
            some(
                {f"{T}AppendToItemField": "SetField", f"{T}SetItemField": "SetField", f"{T}DeleteItemField": "Delete"}
            ),
        )
    ),
    "SetField": Type(particles=(Particle(types=_PATHS), Particle(types=_ITEMS))),
    "Delete": Type(particles=(Particle(types=_PATHS),)),
}

ITEM_SCHEMA: Schema = {**_SIMPLE, **_IDS, **_PATH_TYPES, **_RESTRICTIONS, **_ITEM_TYPES}
