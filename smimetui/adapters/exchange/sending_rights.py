"""Whether messages will leave: as much as a server tells before one does.

Exchange has no question for the right to send as an address; it is known when a message was sent, or refused with
ErrorSendAsDenied. What can be asked: whether the mailbox is the login's own, which may send as itself; whether this
login may file messages in it; and what the address list has for the mailbox's main address, which the server writes
into From whatever the message says.
"""

from typing import Any

from smimetui.adapters.exchange.connection import Connection
from smimetui.model.address import address_key
from smimetui.model.display import printable_line

_NAMES = {"t": "http://schemas.microsoft.com/exchange/services/2006/types"}
_CREATE = "t:EffectiveRights/t:CreateContents"


def check_sending(connection: Connection) -> tuple[bool | None, str]:
    """Return whether messages will leave as the account's address, None where only sending would tell, and why.

    Raises DirectoryError where the server cannot be asked.
    """
    address = connection.place.address
    with connection.for_directory():
        drafts, sent, inbox, own = _folders(connection)
    for name, folder in (("Drafts", drafts), ("Sent", sent)):
        if isinstance(folder, Exception) or folder.findtext(_CREATE, "true", _NAMES).strip().lower() in {"false", "0"}:
            return False, f"this login may not file messages in {name}"
    main = printable_line(_main_address(connection))
    if main and address_key(main) != address.key:
        return None, (
            f"the main address of this mailbox is {main}, and servers send as that: signatures as {address.spec} would "
            "not match it"
        )
    if isinstance(inbox, Exception) or isinstance(own, Exception) or _id(inbox) != _id(own):
        return None, (
            f"this mailbox is not the login's own: whether it may send as {address.spec} is known only when a message "
            "is sent"
        )
    return True, f"messages leave as {address.spec}"


def _folders(connection: Connection) -> list[Any]:
    """Return Drafts, Sent and Inbox of the account, and the Inbox of the login: elements, or the server's refusals."""
    from smimetui.adapters.exchange.calls import STANDARD, get_folder, own_folder, standard_folder

    account = connection.account()
    asked = [standard_folder(account, STANDARD[name]) for name in ("Drafts", "Sent", "Inbox")]
    return get_folder(account, [*asked, own_folder(STANDARD["Inbox"])], ["effective_rights"])


def _main_address(connection: Connection) -> str:
    """Return the main address of whom the address list has for the account; empty where it has nobody."""
    from smimetui.adapters.exchange.resolve_names import resolve

    address = connection.place.address
    with connection.for_directory():
        found = resolve(connection.account(), address.spec, scope="ActiveDirectory", whole=False)
    mine = [one for one in found if address.key in map(address_key, one.addresses)]
    return mine[0].mailbox.address if len(mine) == 1 else ""


def _id(folder: Any) -> str:
    found = folder.find("t:FolderId", _NAMES)
    return str(found.get("Id", "")) if found is not None else ""
