"""A file of certificates, in whichever form people send them."""

from smimetui.model.certificate import Certificate
from smimetui.model.errors import FormatError
from smimetui.smime.vcard import is_vcard, load_vcard
from smimetui.smime.x509 import load_certificates

_SEQUENCE = b"\x30"


def load_certificate_file(data: bytes) -> tuple[Certificate, ...]:
    """Return every certificate of a file: PEM, DER, PKCS#7 in either encoding, or vCard.

    Raises as `load_certificates`.
    """
    if is_vcard(data):
        return load_vcard(data)
    if not data.startswith(_SEQUENCE) and b"-----BEGIN " not in data:
        raise FormatError("the file holds no certificate")
    return load_certificates(data)
