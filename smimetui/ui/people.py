"""How people are named on the screens."""

from collections.abc import Sequence

from smimetui.model.address import Address
from smimetui.model.display import printable_line
from smimetui.model.message import OpenedMessage


def sender_label(opened: OpenedMessage) -> str:
    """Return the sender as the From row shows it; the address always stands there, a name never stands alone."""
    sender = opened.headers.sender
    if len(sender) != 1:
        return printable_line(opened.headers.from_text) or "(no sender)"
    return printable_line(f"{sender[0].display_name} <{sender[0].spec}>" if sender[0].display_name else sender[0].spec)


def people(addresses: Sequence[Address]) -> str:
    """Return mailboxes as one line of labels."""
    return ", ".join(printable_line(address.label) for address in addresses)
