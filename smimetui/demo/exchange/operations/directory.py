"""ResolveNames, ExpandDL, ConvertId."""

from collections.abc import Iterable

from smimetui.demo.exchange.directory import Entry
from smimetui.demo.exchange.item_fields import binaries, mailbox_element
from smimetui.demo.exchange.markup import MESSAGES as M
from smimetui.demo.exchange.markup import TYPES as T
from smimetui.demo.exchange.markup import Node, leaf, node
from smimetui.demo.exchange.service import Call
from smimetui.demo.exchange.shapes import show
from smimetui.demo.exchange.soap import answer, failure, success, warning
from smimetui.demo.exchange.store import Item, MalformedIdError, change_key, make_id, read_id
from smimetui.demo.exchange.view import View

_LIMIT = 100
"""Candidates that one answer holds."""
_NO_RESULTS = ("ErrorNameResolutionNoResults", "No results were found.")


def resolve_names(call: Call) -> Node:
    """Answer ResolveNames ([MS-OXWSRSLNM])."""
    request = call.request
    text = request.text_of(f"{M}UnresolvedEntry")
    full = request.attributes["ReturnFullContactData"] in {"true", "1"}
    shape = request.attributes.get("ContactDataShape", "Default") if full else ""
    scope = request.attributes.get("SearchScope", "ActiveDirectoryContacts")
    listed = (
        [_resolution(entry, shape) for entry in call.service.people.resolve(text)] if "ActiveDirectory" in scope else []
    )
    own = [_own_resolution(item, shape, call) for item in _contacts(call, text)] if "Contacts" in scope else []
    found = own + listed if scope == "ContactsActiveDirectory" else listed + own
    if not found:
        return answer("ResolveNames", [failure("ResolveNames", *_NO_RESULTS)])
    results = node(
        f"{M}ResolutionSet",
        *found[:_LIMIT],
        TotalItemsInView=str(len(found[:_LIMIT])),
        IncludesLastItemInRange="true" if len(found) <= _LIMIT else "false",
    )
    if len(found) > 1:
        code, said = "ErrorNameResolutionMultipleResults", "Multiple results were found."
        return answer("ResolveNames", [warning("ResolveNames", code, said, results)])
    return answer("ResolveNames", [success("ResolveNames", results)])


def expand_dl(call: Call) -> Node:
    """Answer ExpandDL: one level ([MS-OXWSDLIST])."""
    asked = call.request.find(f"{M}Mailbox")
    assert asked is not None
    members = _members(call, asked)
    if members is None:
        return answer("ExpandDL", [failure("ExpandDL", *_NO_RESULTS)])
    expansion = node(
        f"{M}DLExpansion",
        *(_member(call, address) for address in members),
        TotalItemsInView=str(len(members)),
        IncludesLastItemInRange="true",
    )
    return answer("ExpandDL", [success("ExpandDL", expansion)])


def convert_id(call: Call) -> Node:
    """Answer ConvertId: well-formed identifiers come back as they are; clients use it to learn the version."""
    sources = call.request.find(f"{M}SourceIds")
    assert sources is not None
    messages = []
    for source in sources.children:
        try:
            read_id("item", call.mailbox, source.attributes["Id"])
        except MalformedIdError:
            messages.append(failure("ConvertId", "ErrorInvalidIdMalformed", "Id is malformed."))
            continue
        converted = {**source.attributes, "Format": call.request.attributes["DestinationFormat"]}
        messages.append(success("ConvertId", Node(tag=f"{M}AlternateId", attributes=converted)))
    return answer("ConvertId", messages)


def _contacts(call: Call, text: str) -> Iterable[Item]:
    wanted = text.lower().removeprefix("smtp:").removeprefix("=").strip()
    with call.mailbox.lock:
        items = list(call.mailbox.folder("contacts").items.values())
    for item in items:
        card = item.card
        assert card is not None
        values = (card.name, card.given_name, card.surname, card.company, *card.addresses)
        if any(value.lower().startswith(wanted) for value in values if value):
            yield item


def _resolution(entry: Entry, shape: str) -> Node:
    mailbox = mailbox_element(entry.name, entry.shown_address, routing=entry.routing, kind=entry.kind)
    contact = [_contact(entry, shape)] if shape in {"Default", "AllProperties"} else []
    return node(f"{T}Resolution", mailbox, *contact)


def _contact(entry: Entry, shape: str) -> Node:
    """Return the Contact of an entry: certificates are among all properties only."""
    given, surname = entry.names
    contact = node(f"{T}Contact", leaf(f"{T}DisplayName", entry.name))
    if not entry.is_list:
        contact.children.append(leaf(f"{T}GivenName", given))
    if entry.company:
        contact.children.append(leaf(f"{T}CompanyName", entry.company))
    if entry.addresses:
        contact.children.append(_addresses(entry))
    contact.children.append(leaf(f"{T}ContactSource", "ActiveDirectory"))
    if entry.office:
        contact.children.append(leaf(f"{T}OfficeLocation", entry.office))
    if not entry.is_list:
        contact.children.append(leaf(f"{T}Surname", surname))
    if shape != "AllProperties":
        return contact
    contact.children += [leaf(f"{T}HasPicture", "false"), leaf(f"{T}Alias", entry.alias)]
    for tag, values in (
        ("UserSMIMECertificate", entry.certificates),
        ("MSExchangeCertificate", entry.exchange_certificates),
    ):
        if (element := binaries(T + tag, values)) is not None:
            contact.children.append(element)
    return contact


def _addresses(entry: Entry) -> Node:
    """Return EmailAddresses: the primary address is marked SMTP, the others smtp, and there are three keys."""
    return node(
        f"{T}EmailAddresses",
        *(
            node(f"{T}Entry", text=f"{'SMTP' if at == 1 else 'smtp'}:{address}", Key=f"EmailAddress{at}")
            for at, address in enumerate(entry.addresses[:3], 1)
        ),
    )


def _own_resolution(item: Item, shape: str, call: Call) -> Node:
    card = item.card
    assert card is not None
    address = next(filter(None, card.addresses), "")
    mailbox = node(f"{T}Mailbox", leaf(f"{T}Name", card.name))
    if address:
        mailbox.children += [leaf(f"{T}EmailAddress", address), leaf(f"{T}RoutingType", "SMTP")]
    elif card.is_list:
        mailbox.children.append(leaf(f"{T}RoutingType", "MAPIPDL"))
    mailbox.children += [
        leaf(f"{T}MailboxType", "PrivateDL" if card.is_list else "Contact"),
        node(f"{T}ItemId", Id=make_id("item", call.mailbox, item.number), ChangeKey=change_key(item.version)),
    ]
    if not shape or card.is_list:
        return node(f"{T}Resolution", mailbox)
    return node(f"{T}Resolution", mailbox, show(item, View(mailbox=call.mailbox, base=shape)))


def _members(call: Call, asked: Node) -> tuple[str, ...] | None:
    identifier = asked.find(f"{T}ItemId")
    address = asked.text_of(f"{T}EmailAddress")
    if identifier is not None:
        with call.mailbox.lock:
            items = call.mailbox.folder("contacts").items
            item = next(
                (
                    one
                    for one in items.values()
                    if make_id("item", call.mailbox, one.number) == identifier.attributes["Id"]
                ),
                None,
            )
        return item.card.members if item is not None and item.card is not None and item.card.is_list else None
    entry = call.service.people.at(address)
    return entry.members if entry is not None and entry.is_list else None


def _member(call: Call, address: str) -> Node:
    entry = call.service.people.at(address)
    if entry is None:
        return mailbox_element(address, address, kind="OneOff")
    return mailbox_element(entry.name, entry.shown_address, routing=entry.routing, kind=entry.kind)
