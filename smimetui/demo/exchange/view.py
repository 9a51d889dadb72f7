"""What a client asked to see of its items: base shape, further fields, and what a listing cannot give."""

from smimetui.demo.exchange.markup import TYPES as T
from smimetui.demo.exchange.markup import Node
from smimetui.demo.exchange.soap import RefusedError
from smimetui.demo.exchange.store import Mailbox
from smimetui.model.value import dataclass

_NOT_IN_LISTS = {"item:MimeContent", "item:Body", "item:TextBody", "item:InternetMessageHeaders", "item:Attachments"}
_LEFT_OUT_OF_LISTS = {
    "message:ToRecipients",
    "message:CcRecipients",
    "message:BccRecipients",
    "message:ReplyTo",
    "distributionlist:Members",
}
_DEFAULT = {
    "item:ItemId",
    "item:Subject",
    "item:Sensitivity",
    "item:Body",
    "item:Size",
    "item:DateTimeSent",
    "item:DateTimeCreated",
    "item:HasAttachments",
    "message:From",
    "message:ToRecipients",
    "message:CcRecipients",
    "message:IsReadReceiptRequested",
    "message:IsDeliveryReceiptRequested",
    "message:IsRead",
    "contacts:FileAs",
    "contacts:DisplayName",
    "contacts:EmailAddresses",
    "contacts:CompanyName",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What is shown of the items of a mailbox. In a listing (FindItem) some fields are not to be had."""

    mailbox: Mailbox
    base: str
    fields: tuple[str, ...] = ()
    """Further field URIs; indexed ones as uri#index, extended ones by their canonical name."""
    mime: bool = False
    listing: bool = False
    addresses_in_listing: bool = False


def read_view(shape: Node, mailbox: Mailbox, *, listing: bool = False, addresses_in_listing: bool = False) -> View:
    """Return the view an ItemShape asks for. Raises RefusedError for what a listing cannot give."""
    wanted = shape.find(f"{T}AdditionalProperties")
    fields = tuple(path_of(path) for path in wanted.children) if wanted is not None else ()
    mime = shape.text_of(f"{T}IncludeMimeContent").strip() in {"true", "1"}
    if listing and (mime or _NOT_IN_LISTS.intersection(fields)):
        raise RefusedError("ErrorInvalidPropertyForOperation", "The property is not valid for this operation.")
    return View(
        mailbox=mailbox,
        base=shape.text_of(f"{T}BaseShape"),
        fields=fields,
        mime=mime,
        listing=listing,
        addresses_in_listing=addresses_in_listing,
    )


def path_of(path: Node) -> str:
    """Return the name of a FieldURI, IndexedFieldURI (uri#index) or ExtendedFieldURI (its canonical name)."""
    if path.name == "IndexedFieldURI":
        return f"{path.attributes['FieldURI']}#{path.attributes['FieldIndex']}"
    if path.name == "FieldURI":
        return path.attributes["FieldURI"]
    return extended_name(path)


def extended_name(path: Node) -> str:
    """Return the canonical name of an extended property."""
    given = path.attributes
    if tag := given.get("PropertyTag"):
        return f"tag:{int(tag, 16 if tag.lower().startswith('0x') else 10):#06x}:{given['PropertyType']}"
    home = given.get("DistinguishedPropertySetId") or given.get("PropertySetId", "").lower()
    return f"{home}:{given.get('PropertyName') or given.get('PropertyId')}:{given['PropertyType']}"


def is_wanted(uri: str, view: View) -> bool:
    """Tell whether a field is to be shown."""
    if uri == "item:ItemId" or (uri == "item:MimeContent" and view.mime) or uri in view.fields:
        return uri == "item:ItemId" or not (view.listing and uri in _LEFT_OUT_OF_LISTS)
    if uri == "item:MimeContent" or (view.listing and uri in _NOT_IN_LISTS | _LEFT_OUT_OF_LISTS):
        return False
    by_parts = {"extended": is_extended, "contacts:EmailAddresses": _is_email_address}
    in_parts = uri in by_parts and any(by_parts[uri](name) for name in view.fields)
    return in_parts or view.base == "AllProperties" or (view.base == "Default" and uri in _DEFAULT)


def is_extended(name: str) -> bool:
    """Tell whether the name of a field is that of an extended property."""
    return not name.startswith(("item:", "message:", "contacts:", "distributionlist:"))


def _is_email_address(name: str) -> bool:
    return name.startswith("contacts:EmailAddress")
