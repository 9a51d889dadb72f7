"""Identifiers in requests: the folders and items they mean, and what is refused."""

from collections.abc import Callable, Container, Iterable

from smimetui.demo.exchange.item_fields import RIGHTS
from smimetui.demo.exchange.markup import TYPES as T
from smimetui.demo.exchange.markup import Node
from smimetui.demo.exchange.service import Call
from smimetui.demo.exchange.soap import RefusedError, failure
from smimetui.demo.exchange.store import Folder, Item, ItemNotFoundError, Mailbox, MalformedIdError, read_id


def folder_of(call: Call, identifier: Node) -> Folder:
    """Return the folder of a FolderId or DistinguishedFolderId. Raises RefusedError."""
    try:
        if identifier.tag == f"{T}FolderId":
            return call.mailbox.folders[read_id("folder", call.mailbox, identifier.attributes["Id"])]
        return mailbox_of(call, identifier).folder(identifier.attributes["Id"])
    except MalformedIdError as error:
        raise RefusedError("ErrorInvalidIdMalformed", "Id is malformed.") from error
    except (ItemNotFoundError, KeyError) as error:
        raise RefusedError("ErrorFolderNotFound", "The specified folder could not be found in the store.") from error


def mailbox_of(call: Call, identifier: Node) -> Mailbox:
    """Return the mailbox a folder's identifier is about: the login's own unless it names one. Raises RefusedError."""
    named = identifier.find(f"{T}Mailbox")
    if named is None:
        return call.mailbox
    owner = call.service.mailbox_at(named.text_of(f"{T}EmailAddress"))
    if owner is None:
        raise RefusedError("ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it.")
    if rights_in(call, owner) is None:
        raise RefusedError("ErrorAccessDenied", "Access is denied. Check credentials and try again.")
    return owner


def rights_in(call: Call, owner: Mailbox) -> Container[str] | None:
    """Return the login's rights in a mailbox; None where nothing of it is shared."""
    if owner is call.mailbox:
        return RIGHTS
    return call.service.shared.get((owner.address.lower(), call.mailbox.address.lower()))


def item_of(call: Call, identifier: Node) -> Item:
    """Return the item of an ItemId. Raises RefusedError."""
    try:
        return call.mailbox.item(read_id("item", call.mailbox, identifier.attributes["Id"]))
    except MalformedIdError as error:
        raise RefusedError("ErrorInvalidIdMalformed", "Id is malformed.") from error
    except ItemNotFoundError as error:
        raise RefusedError("ErrorItemNotFound", "The specified object was not found in the store.") from error


def each(operation: str, things: Iterable[Node], work: Callable[[Node], Node], *empty: Node) -> list[Node]:
    """Return a response message for every thing: what `work` gives, or the refusal with the elements in `empty`."""
    messages = []
    for thing in things:
        try:
            messages.append(work(thing))
        except RefusedError as error:
            messages.append(failure(operation, error.code, error.text, *empty))
    return messages
