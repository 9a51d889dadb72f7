"""exchangelib's item services for contacts and the property that holds their certificates."""

from collections.abc import Sequence
from typing import Any

from exchangelib.extended_properties import ExtendedProperty
from exchangelib.indexed_properties import EmailAddress
from exchangelib.items import AUTO_RESOLVE, SAVE_ONLY, SEND_TO_NONE, Contact
from exchangelib.properties import ItemId
from exchangelib.services import CreateItem, UpdateItem

from smimetui.adapters.exchange.calls import checked, contacts_folder, get_item
from smimetui.adapters.exchange.contacts import read_values

_FIELD = "x509_certificates"


class UserX509Certificates(ExtendedProperty):  # type: ignore[misc] # exchangelib has no types
    """PidTagUserX509Certificate."""

    property_tag = 0x3A70
    property_type = "BinaryArray"


if _FIELD not in {field.name for field in Contact.FIELDS}:
    Contact.register(_FIELD, UserX509Certificates)


def get_values(account: Any, item_id: str) -> list[bytes]:
    """Return the certificate values of a contact, as they are."""
    return read_values(get_item(account, item_id, [_FIELD], Contact))


def set_values(account: Any, item_id: str, values: Sequence[bytes]) -> None:
    """Replace the certificate values of a contact."""
    item = get_item(account, item_id, [], Contact)
    changekey = next(iter(item.xpath("*[local-name()='ItemId']/@ChangeKey")), None)
    contact = Contact(account=account, _id=ItemId(id=item_id, changekey=changekey), x509_certificates=list(values))
    checked(
        UpdateItem(account=account).call(
            items=[(contact, [_FIELD])],
            # A change made elsewhere in between is kept; the server then refuses this one.
            conflict_resolution=AUTO_RESOLVE,
            message_disposition=SAVE_ONLY,
            send_meeting_invitations_or_cancellations=SEND_TO_NONE,
            suppress_read_receipts=True,
        )
    )


def create_contact(account: Any, *, name: str, address: str, values: Sequence[bytes]) -> None:
    """Make a contact with one address."""
    contact = Contact(
        display_name=name,
        file_as=name,
        given_name=name,
        email_addresses=[EmailAddress(label="EmailAddress1", email=address)],
        x509_certificates=list(values),
    )
    checked(
        CreateItem(account=account).call(
            items=[contact],
            folder=contacts_folder(account),
            message_disposition=SAVE_ONLY,
            send_meeting_invitations=SEND_TO_NONE,
        )
    )
