"""A file of certificates, in whichever form people send them."""

from smimetui.model.certificate import Certificate
from smimetui.smime.vcard import is_vcard, load_vcard
from smimetui.smime.x509 import load_certificates


def load_certificate_file(data: bytes) -> tuple[Certificate, ...]:
    """Return every certificate of a file: PEM, DER, PKCS#7 in either encoding, or vCard.

    Raises as `load_certificates`.
    """
    return load_vcard(data) if is_vcard(data) else load_certificates(data)
