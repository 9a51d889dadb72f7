"""A file of certificates, in whichever form people send them."""

from smimetui.model.certificate import Certificate
from smimetui.model.errors import FormatError
from smimetui.smime.x509 import load_certificates

_SEQUENCE = b"\x30"
_VCARD = b"BEGIN:VCARD"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def load_certificate_file(data: bytes) -> tuple[Certificate, ...]:
    """Return every certificate of a file: PEM, DER, PKCS#7 in either encoding, or vCard.

    Raises as `load_certificates`.
    """
    if is_vcard(data):
        from smimetui.smime.vcard import load_vcard

        return load_vcard(data)
    if not data.startswith(_SEQUENCE) and b"-----BEGIN " not in data:
        raise FormatError("the file holds no certificate")
    return load_certificates(data)


def is_vcard(data: bytes) -> bool:
    """Tell whether a file is a vCard, or several."""
    return data[:64].removeprefix(_BYTE_ORDER_MARK).lstrip()[: len(_VCARD)].upper() == _VCARD
