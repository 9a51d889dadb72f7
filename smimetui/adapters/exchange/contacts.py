"""Certificates in the account's contacts, where Outlook and every other program of the person finds them.

EWS lets nobody write `UserSMIMECertificate`; the property behind it, PidTagUserX509Certificate ([MS-OXOCNTC]), may be
written where the server allows it.
"""

from binascii import Error as Base64Error
from typing import Any

import pybase64

from smimetui.adapters.exchange.connection import Connection
from smimetui.model.address import Address, address_key
from smimetui.model.certificate import Certificate
from smimetui.model.errors import UnsupportedError
from smimetui.smime.x509 import published_certificates

_NAMES = {"t": "http://schemas.microsoft.com/exchange/services/2006/types"}
_LONGEST = 0xFFFF - 4
# Outlook's names for the pieces of a value: version, certificate, encoding (S/MIME), default for format and for all.
_VERSION, _CERTIFICATE, _ENCODING, _DEFAULTS = 0x0001, 0x0003, 0x0006, 0x0020


class ExchangeContacts:
    """ContactBook over a connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add_certificate(self, address: Address, certificate: Certificate) -> bool:
        """Write a certificate to the contact with this address, made where there is none; False where it is there.

        Certificates that the contact has stay, behind the new one. Raises DirectoryError.
        """
        value = contact_value(certificate)
        with self._connection.for_directory():
            from smimetui.adapters.exchange.contact_calls import create_contact, get_values, set_values

            account = self._connection.account()
            item_id = self._contact(address)
            if not item_id:
                create_contact(account, name=address.label, address=address.spec, values=[value])
                return True
            values = get_values(account, item_id)
            if any(certificate in published_certificates(known) for known in values):
                return False
            set_values(account, item_id, [value, *values])
            return True

    def _contact(self, address: Address) -> str:
        """Return the item id of the contact with this address, or nothing."""
        from smimetui.adapters.exchange.resolve_names import resolve

        for found in resolve(self._connection.account(), address.spec, scope="Contacts"):
            if found.mailbox.item_id and address.key in map(address_key, found.addresses):
                return found.mailbox.item_id
        return ""


def contact_value(certificate: Certificate) -> bytes:
    """Return a certificate as Outlook keeps it: pieces of tag, length (its own four octets counted) and content.

    Raises UnsupportedError for one that is too long for that.
    """
    if len(certificate.der) > _LONGEST:
        raise UnsupportedError("the certificate is too large for a contact")
    one, both = (1).to_bytes(4, "little"), (3).to_bytes(4, "little")
    pieces = ((_VERSION, one), (_CERTIFICATE, certificate.der), (_ENCODING, one), (_DEFAULTS, both))
    return b"".join(
        tag.to_bytes(2, "little") + (len(content) + 4).to_bytes(2, "little") + content for tag, content in pieces
    )


def read_values(item: Any) -> list[bytes]:
    """Return the values of the property in a contact's XML element."""
    found = []
    for value in item.iterfind("t:ExtendedProperty/t:Values/t:Value", _NAMES):
        try:
            found.append(pybase64.b64decode("".join((value.text or "").split()), validate=True))
        except (Base64Error, ValueError):
            continue
    return found
