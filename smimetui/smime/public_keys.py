"""Public keys of certificates, a DSA key that borrows its parameters included."""

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from smimetui.model.certificate import Certificate
from smimetui.smime.ber import sequence
from smimetui.smime.certificate_id import public_key_info
from smimetui.smime.cursor import walk
from smimetui.smime.parsed import quietly


def public_key(certificate: Certificate) -> PublicKeyTypes:
    """Return the key to verify or encrypt with.

    Raises ValueError for a DSA key whose parameters are not known (RFC 3279 section 2.3.2), UnsupportedAlgorithm.
    """
    info = public_key_info(certificate)
    if certificate.inherited_parameters:
        key = walk(info).enter(0x30)
        algorithm = key.enter(0x30).encoded(0x06)
        info = sequence(sequence(algorithm, certificate.inherited_parameters), key.encoded(0x03))
    with quietly():
        return load_der_public_key(info)


def public_key_of(certificate: Certificate) -> bytes:
    """Return the SubjectPublicKeyInfo (DER) as the library writes it, to compare with that of a private key."""
    try:
        return public_key(certificate).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm):
        return public_key_info(certificate)
