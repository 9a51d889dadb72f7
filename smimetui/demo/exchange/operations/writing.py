"""CreateItem, SendItem, UpdateItem."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import replace

from smimetui.demo.exchange.item_fields import CERTIFICATE_PROPERTY, item_id
from smimetui.demo.exchange.markup import MESSAGES as M
from smimetui.demo.exchange.markup import TYPES as T
from smimetui.demo.exchange.markup import Node, node
from smimetui.demo.exchange.operations.finding_ids import each, folder_of, item_of
from smimetui.demo.exchange.operations.folders import child
from smimetui.demo.exchange.service import Call, ContactCertificates
from smimetui.demo.exchange.shapes import kind_of
from smimetui.demo.exchange.soap import RefusedError, answer, success
from smimetui.demo.exchange.store import ChangeKind, ContactCard, Folder, Item, Recipient
from smimetui.demo.exchange.view import extended_name, path_of

_PLACES = 3
_KEYS = tuple(f"EmailAddress{at}" for at in range(1, _PLACES + 1))


def create_item(call: Call) -> Node:
    """Answer CreateItem: messages from their MIME, contacts from their fields ([MS-OXWSCORE], [MS-OXWSMSG])."""
    disposition = call.request.attributes.get("MessageDisposition", "SaveOnly")

    def work(given: Node) -> Node:
        is_contact = given.name == "Contact"
        created = _create_contact(call, given) if is_contact else _create_message(call, given, disposition)
        items = [node(T + kind_of(created), item_id(created, call.mailbox))] if created else []
        return success("CreateItem", node(f"{M}Items", *items))

    return answer("CreateItem", each("CreateItem", child(call.request, "Items").children, work, node(f"{M}Items")))


def send_item(call: Call) -> Node:
    """Answer SendItem: a saved draft leaves, and lies in the folder of sent items afterwards."""
    keep = call.request.attributes["SaveItemToFolder"].strip() in {"true", "1"}

    def work(identifier: Node) -> Node:
        item = item_of(call, identifier)
        copy = _saved_folder(call, "sentitems") if keep else None
        call.service.send(call.mailbox, item.mime, to=(), bcc=item.bcc, copy=copy)
        call.mailbox.remove(item)
        return success("SendItem")

    return answer("SendItem", each("SendItem", child(call.request, "ItemIds").children, work))


def update_item(call: Call) -> Node:
    """Answer UpdateItem: the read flag, a draft's MIME, a contact's names, addresses and certificates."""

    def work(change: Node) -> Node:
        with call.mailbox.lock:
            item = item_of(call, change.children[0])
            for update in change.children[1].children:
                _update(call, item, update)
            shown = node(T + kind_of(item), item_id(item, call.mailbox))
        none = node(f"{T}Count", text="0")
        return success("UpdateItem", node(f"{M}Items", shown), node(f"{M}ConflictResults", none))

    return answer(
        "UpdateItem", each("UpdateItem", child(call.request, "ItemChanges").children, work, node(f"{M}Items"))
    )


def _create_message(call: Call, given: Node, disposition: str) -> Item | None:
    mime = base64.b64decode(given.text_of(f"{T}MimeContent"))
    if not mime:
        raise RefusedError("ErrorMimeContentInvalid", "This server makes messages from their MIME content alone.")
    to, bcc = _recipients(given, "ToRecipients", "CcRecipients"), _recipients(given, "BccRecipients")
    if disposition == "SaveOnly":
        return _save(call, given, mime, bcc)
    copy = _saved_folder(call, "sentitems") if disposition == "SendAndSaveCopy" else None
    call.service.send(call.mailbox, mime, to=to, bcc=bcc, copy=copy)
    return None


def _save(call: Call, given: Node, mime: bytes, bcc: tuple[Recipient, ...]) -> Item:
    if len(mime) > call.service.options.message_limit:
        raise RefusedError("ErrorMessageSizeExceeded", "The message exceeds the maximum supported size.")
    folder = _saved_folder(call, "drafts")
    if folder.folder_class != "IPF.Note":
        raise RefusedError("ErrorInvalidFolderTypeForOperation", "A message cannot be created in this folder.")
    item = call.mailbox.add(folder, mime)
    item.properties = {extended_name(one.children[0]): _values(one) for one in given.every(f"{T}ExtendedProperty")}
    item.bcc, item.is_draft = bcc, not _is_sent(item.properties)
    item.is_read = given.text_of(f"{T}IsRead") in {"true", "1"} or item.is_draft
    return item


def _is_sent(properties: Mapping[str, tuple[str, ...]]) -> bool:
    """PidTagMessageFlags (0x0E07) without the bit for unsent is how an imported message is no draft."""
    flags = properties.get("tag:0x0e07:Integer")
    return flags is not None and not int(flags[0]) & 8


def _saved_folder(call: Call, default: str) -> Folder:
    saved = call.request.find(f"{M}SavedItemFolderId")
    return call.mailbox.folder(default) if saved is None else folder_of(call, saved.children[0])


def _recipients(given: Node, *names: str) -> tuple[Recipient, ...]:
    return tuple(
        Recipient(name=mailbox.text_of(f"{T}Name"), address=mailbox.text_of(f"{T}EmailAddress"))
        for name in names
        for container in given.every(T + name)
        for mailbox in container.children
    )


def _create_contact(call: Call, given: Node) -> Item:
    folder = _saved_folder(call, "contacts")
    if folder.folder_class != "IPF.Contact":
        raise RefusedError("ErrorCannotCreateContactInNonContactFolder", "A contact belongs into a contacts folder.")
    card = ContactCard(name=given.text_of(f"{T}DisplayName") or given.text_of(f"{T}FileAs"))
    for element in given.children:
        card = _with(call, card, element)
    return call.mailbox.add(folder, b"", card=card)


def _update(call: Call, item: Item, update: Node) -> None:
    path = path_of(update.children[0])
    if update.name == "DeleteItemField":
        _delete_field(call, item, path)
        return
    content = update.children[1].children
    if len(content) != 1:
        raise RefusedError(
            "ErrorIncorrectUpdatePropertyCount", "An object within a change description must contain one property."
        )
    if path == "message:IsRead":
        item.is_read = content[0].text.strip() in {"true", "1"}
        call.mailbox.note(ChangeKind.READ_FLAG, item)
        return
    if path == "item:MimeContent" and item.is_draft:
        item.rewrite(base64.b64decode(content[0].text))
    elif item.card is not None:
        item.card = _with(call, item.card, content[0])
    elif content[0].name == "ExtendedProperty":
        item.properties = {**item.properties, path: _values(content[0])}
    else:
        raise RefusedError("ErrorInvalidPropertySet", "Set action is invalid for property.")
    call.mailbox.note(ChangeKind.UPDATED, item)


def _delete_field(call: Call, item: Item, path: str) -> None:
    if item.card is not None and path == CERTIFICATE_PROPERTY:
        _check_certificates(call, by_field=False)
        item.card = replace(item.card, certificates=())
    elif item.card is not None and path.startswith("contacts:EmailAddress#"):
        entry = Node(tag=f"{T}Entry", attributes={"Key": path.partition("#")[2]})
        item.card = replace(item.card, addresses=_merged(item.card.addresses, node(f"{T}EmailAddresses", entry)))
    elif path in item.properties:
        item.properties = {name: value for name, value in item.properties.items() if name != path}
    else:
        raise RefusedError("ErrorInvalidPropertyDelete", "Delete action is not supported for this property.")
    call.mailbox.note(ChangeKind.UPDATED, item)


def _with(call: Call, card: ContactCard, element: Node) -> ContactCard:
    """Return the card with one property set; what it does not know, it leaves. Raises RefusedError."""
    if element.name in _NAMES:
        return _NAMES[element.name](card, element.text)
    if element.name == "EmailAddresses":
        return replace(card, addresses=_merged(card.addresses, element))
    if element.name == "ExtendedProperty" and extended_name(element.children[0]) == CERTIFICATE_PROPERTY:
        _check_certificates(call, by_field=False)
        return replace(card, certificates=tuple(base64.b64decode(value) for value in _values(element)))
    if element.name in {"UserSMIMECertificate", "MSExchangeCertificate"}:
        _check_certificates(call, by_field=True)
        values = tuple(base64.b64decode(child.text) for child in element.children)
        if element.name == "UserSMIMECertificate":
            return replace(card, certificates=values)
        return replace(card, exchange_certificates=values)
    return card


_NAMES: Mapping[str, Callable[[ContactCard, str], ContactCard]] = {
    "DisplayName": lambda card, text: replace(card, name=text),
    "FileAs": lambda card, text: replace(card, name=card.name or text),
    "GivenName": lambda card, text: replace(card, given_name=text),
    "Surname": lambda card, text: replace(card, surname=text),
    "CompanyName": lambda card, text: replace(card, company=text),
}


def _check_certificates(call: Call, *, by_field: bool) -> None:
    allowed = call.service.options.contact_certificates
    if allowed is ContactCertificates.REFUSED:
        raise RefusedError("ErrorAccessDenied", "Access is denied. Check credentials and try again.")
    if by_field and allowed is not ContactCertificates.FIELD:
        raise RefusedError("ErrorInvalidPropertySet", "Set action is invalid for property.")


def _merged(addresses: tuple[str, ...], element: Node) -> tuple[str, ...]:
    """Return the addresses with the entries of the element in the places their keys name."""
    places = [*addresses, *[""] * (_PLACES - len(addresses))]
    for entry in element.children:
        places[_place(entry.attributes["Key"])] = entry.text
    return tuple(places)


def _place(key: str) -> int:
    try:
        return _KEYS.index(key)
    except ValueError:
        raise RefusedError("ErrorInvalidContactEmailIndex", "The e-mail address index is invalid.") from None


def _values(extended: Node) -> tuple[str, ...]:
    content = extended.children[1]
    return tuple(value.text for value in content.children) if content.name == "Values" else (content.text,)
