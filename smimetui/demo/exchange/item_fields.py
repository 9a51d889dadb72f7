"""The fields of items: how each becomes an element, in the order of the schema."""

import base64
import email
import re
from collections.abc import Callable, Container, Iterator
from datetime import UTC, datetime
from email.message import Message

from smimetui.demo.exchange.markup import TYPES as T
from smimetui.demo.exchange.markup import Node, leaf, node
from smimetui.demo.exchange.store import Item, Mailbox, Recipient, change_key, make_id
from smimetui.demo.exchange.view import View, is_extended
from smimetui.model.value import dataclass

CERTIFICATE_PROPERTY = "tag:0x3a70:BinaryArray"
"""PidTagUserX509Certificate: where the store keeps a contact's certificates ([MS-OXOCNTC] 2.2.1.10.5)."""


@dataclass(frozen=True, slots=True)
class _Field:
    uri: str
    build: Callable[[Item, View], Node | None]


def item_id(item: Item, mailbox: Mailbox) -> Node:
    """Return the ItemId."""
    return node(f"{T}ItemId", Id=make_id("item", mailbox, item.number), ChangeKey=change_key(item.version))


def moment(at: datetime) -> str:
    """Return an xs:dateTime in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def binary(data: bytes) -> str:
    """Return base64."""
    return base64.b64encode(data).decode()


def binaries(tag: str, values: tuple[bytes, ...]) -> Node | None:
    """Return an ArrayOfBinaryType, or None where there is nothing."""
    return node(tag, *(leaf(f"{T}Base64Binary", binary(value)) for value in values)) if values else None


def _text(uri: str, tag: str, value: Callable[[Item], str | None]) -> _Field:
    def build(item: Item, _view: View) -> Node | None:
        text = value(item)
        return None if text is None else leaf(T + tag, text)

    return _Field(uri, build)


def _mail(uri: str, tag: str, value: Callable[[Item], str | None]) -> _Field:
    return _text(uri, tag, lambda item: None if item.card else value(item))


def _flag(value: bool) -> str:  # noqa: FBT001 - it writes a boolean
    return "true" if value else "false"


def _header(name: str) -> Callable[[Item], str | None]:
    return lambda item: item.headers.text(name) or None


def mailbox_element(name: str, address: str, *, routing: str = "SMTP", kind: str = "Mailbox") -> Node:
    """Return a t:Mailbox."""
    return node(
        f"{T}Mailbox",
        leaf(f"{T}Name", name or address),
        leaf(f"{T}EmailAddress", address),
        leaf(f"{T}RoutingType", routing),
        leaf(f"{T}MailboxType", kind),
    )


def _sender(tag: str, header: str) -> Callable[[Item, View], Node | None]:
    def build(item: Item, view: View) -> Node | None:
        if item.card or not (pairs := item.headers.addresses(header) or item.headers.addresses("From")):
            return None
        name, address = pairs[0]
        if view.listing and not view.addresses_in_listing:
            return node(T + tag, node(f"{T}Mailbox", leaf(f"{T}Name", name or address)))
        return node(T + tag, mailbox_element(name, address))

    return build


def _recipients(tag: str, *headers: str) -> Callable[[Item, View], Node | None]:
    def build(item: Item, _view: View) -> Node | None:
        pairs = () if item.card else item.headers.addresses(*headers)
        return node(T + tag, *(mailbox_element(*pair) for pair in pairs)) if pairs else None

    return build


def _bcc(item: Item, _view: View) -> Node | None:
    return _recipient_list("BccRecipients", item.bcc)


def _recipient_list(tag: str, people: tuple[Recipient, ...]) -> Node | None:
    return node(T + tag, *(mailbox_element(one.name, one.address) for one in people)) if people else None


def _display(*headers: str) -> Callable[[Item], str]:
    return lambda item: "; ".join(name or address for name, address in item.headers.addresses(*headers))


def _body(item: Item, _view: View) -> Node | None:
    if item.card:
        return None
    return node(f"{T}Body", text=readable_text(item), BodyType="Text")


def readable_text(item: Item) -> str:
    """Return the first text/plain part; "" where there is none, as for every encrypted message."""
    parsed: Message = email.message_from_bytes(item.mime)
    for part in parsed.walk():
        if part.get_content_type() == "text/plain":
            content = part.get_payload(decode=True)
            return (
                re.sub("[^\t\n\r -\ud7ff\ue000-\ufffd]", "", content.decode("utf-8", "replace"))
                if isinstance(content, bytes)
                else ""
            )
    return ""


def _internet_headers(item: Item, _view: View) -> Node | None:
    if item.card:
        return None
    fields = item.headers.fields
    return node(
        f"{T}InternetMessageHeaders",
        *(node(f"{T}InternetMessageHeader", text=value, HeaderName=name) for name, value in fields),
    )


def _email_addresses(item: Item, view: View) -> Node | None:
    if item.card is None or item.card.is_list:
        return None
    wanted = {name.partition("#")[2] for name in view.fields if name.startswith("contacts:EmailAddress#")}
    entries = [
        node(f"{T}Entry", text=address, Key=f"EmailAddress{at}")
        for at, address in enumerate(item.card.addresses, 1)
        if address and (not wanted or f"EmailAddress{at}" in wanted)
    ]
    return node(f"{T}EmailAddresses", *entries) if entries else None


def extended_values(item: Item, name: str) -> tuple[str, ...]:
    """Return the values of an extended property, those that the store computes among them."""
    if name == CERTIFICATE_PROPERTY and item.card:
        return tuple(binary(value) for value in item.card.certificates)
    if name in item.properties:
        return item.properties[name]
    computed = {"tag:0x1035:String": "Message-ID", "tag:0x0037:String": "Subject", "tag:0x1039:String": "References"}
    value = item.headers.text(computed[name]) if name in computed and item.card is None else ""
    return (value,) if value else ()


def extended(item: Item, view: View) -> Iterator[Node]:
    """Yield the extended properties that the view asks for and the item has."""
    for name in view.fields:
        if is_extended(name) and (values := extended_values(item, name)):
            home, identifier, kind = name.rsplit(":", 2)
            path = {"PropertyTag": identifier} if home == "tag" else {"PropertyName": identifier, **_home(home)}
            content = [leaf(f"{T}Value", value) for value in values]
            yield node(
                f"{T}ExtendedProperty",
                node(f"{T}ExtendedFieldURI", **path, PropertyType=kind),
                *([node(f"{T}Values", *content)] if kind.endswith("Array") else content),
            )


def _home(home: str) -> dict[str, str]:
    return {"PropertySetId": home} if re.fullmatch("[0-9a-f-]{36}", home) else {"DistinguishedPropertySetId": home}


def _members(item: Item, _view: View) -> Node | None:
    if item.card is None or not item.card.is_list:
        return None
    return node(
        f"{T}Members",
        *(
            node(f"{T}Member", mailbox_element("", address), Key=str(at))
            for at, address in enumerate(item.card.members)
        ),
    )


def _card(tag: str, attribute: str) -> _Field:
    return _text(f"contacts:{tag}", tag, lambda item: (item.card and getattr(item.card, attribute)) or None)


def _rights(_item: Item, _view: View) -> Node:
    return rights()


RIGHTS = ("CreateAssociated", "CreateContents", "CreateHierarchy", "Delete", "Modify", "Read", "ViewPrivateItems")


def rights(granted: Container[str] = RIGHTS) -> Node:
    """Return EffectiveRights: all of them for an owner."""
    return node(f"{T}EffectiveRights", *(leaf(T + name, _flag(name in granted)) for name in RIGHTS))


FIELDS = (
    _Field("item:MimeContent", lambda item, _: node(f"{T}MimeContent", text=binary(item.mime), CharacterSet="UTF-8")),
    _Field("item:ItemId", lambda item, view: item_id(item, view.mailbox)),
    _Field(
        "item:ParentFolderId",
        lambda item, view: node(
            f"{T}ParentFolderId", Id=make_id("folder", view.mailbox, item.folder.number), ChangeKey=change_key(1)
        ),
    ),
    _text(
        "item:ItemClass",
        "ItemClass",
        lambda item: (
            item.headers.item_class if item.card is None else "IPM.DistList" if item.card.is_list else "IPM.Contact"
        ),
    ),
    _text("item:Subject", "Subject", lambda item: item.card.name if item.card else item.headers.text("Subject")),
    _text("item:Sensitivity", "Sensitivity", lambda _: "Normal"),
    _Field("item:Body", _body),
    _text("item:DateTimeReceived", "DateTimeReceived", lambda item: moment(item.received)),
    _text("item:Size", "Size", lambda item: str(len(item.mime))),
    _text("item:Importance", "Importance", lambda _: "Normal"),
    _mail("item:InReplyTo", "InReplyTo", _header("In-Reply-To")),
    _mail("item:IsSubmitted", "IsSubmitted", lambda _: "false"),
    _text("item:IsDraft", "IsDraft", lambda item: _flag(item.is_draft)),
    _mail("item:IsFromMe", "IsFromMe", lambda item: _flag(item.folder.distinguished == "sentitems")),
    _mail("item:IsResend", "IsResend", lambda _: "false"),
    _mail("item:IsUnmodified", "IsUnmodified", lambda item: _flag(not item.is_draft)),
    _Field("item:InternetMessageHeaders", _internet_headers),
    _mail("item:DateTimeSent", "DateTimeSent", lambda item: moment(item.headers.date or item.received)),
    _text("item:DateTimeCreated", "DateTimeCreated", lambda item: moment(item.received)),
    _text("item:ReminderIsSet", "ReminderIsSet", lambda _: "false"),
    _mail("item:DisplayCc", "DisplayCc", _display("Cc")),
    _mail("item:DisplayTo", "DisplayTo", _display("To")),
    _text(
        "item:HasAttachments",
        "HasAttachments",
        lambda item: _flag(
            item.card is None
            and (item.headers.item_class != "IPM.Note" or "multipart/mixed" in item.headers.raw("Content-Type").lower())
        ),
    ),
    _Field("extended", lambda _item, _view: None),
    _text("item:Culture", "Culture", lambda _: "en-US"),
    _Field("item:EffectiveRights", _rights),
    _text("item:LastModifiedTime", "LastModifiedTime", lambda item: moment(item.received)),
    _text("item:IsAssociated", "IsAssociated", lambda _: "false"),
    _Field("message:Sender", _sender("Sender", "Sender")),
    _Field("message:ToRecipients", _recipients("ToRecipients", "To")),
    _Field("message:CcRecipients", _recipients("CcRecipients", "Cc")),
    _Field("message:BccRecipients", _bcc),
    _mail("message:IsReadReceiptRequested", "IsReadReceiptRequested", lambda _: "false"),
    _mail("message:IsDeliveryReceiptRequested", "IsDeliveryReceiptRequested", lambda _: "false"),
    _mail("message:ConversationTopic", "ConversationTopic", _header("Subject")),
    _Field("message:From", _sender("From", "From")),
    _mail("message:InternetMessageId", "InternetMessageId", _header("Message-ID")),
    _mail("message:IsRead", "IsRead", lambda item: _flag(item.is_read)),
    _mail("message:IsResponseRequested", "IsResponseRequested", lambda _: "false"),
    _mail("message:References", "References", _header("References")),
    _Field("message:ReplyTo", _recipients("ReplyTo", "Reply-To")),
    _card("FileAs", "name"),
    _card("DisplayName", "name"),
    _card("GivenName", "given_name"),
    _card("CompanyName", "company"),
    _Field("contacts:EmailAddresses", _email_addresses),
    _text("contacts:ContactSource", "ContactSource", lambda item: "Store" if item.card else None),
    _card("Surname", "surname"),
    _text("contacts:HasPicture", "HasPicture", lambda item: "false" if item.card and not item.card.is_list else None),
    _Field(
        "contacts:UserSMIMECertificate",
        lambda item, _: binaries(f"{T}UserSMIMECertificate", item.card.certificates) if item.card else None,
    ),
    _Field(
        "contacts:MSExchangeCertificate",
        lambda item, _: binaries(f"{T}MSExchangeCertificate", item.card.exchange_certificates) if item.card else None,
    ),
    _Field("distributionlist:Members", _members),
)
