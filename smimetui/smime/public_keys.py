"""Public keys of certificates, a DSA key that borrows its parameters included."""

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from smimetui.model.certificate import Certificate
from smimetui.smime.ber import sequence
from smimetui.smime.certificate_id import public_key_info
from smimetui.smime.cursor import walk
from smimetui.smime.parsed import quietly

# OpenSSL's own limit for long keys; 65,537 has 17. Under one as long as the modulus a signature takes 20 ms to check.
_MOST_EXPONENT_BITS = 64


def public_key(certificate: Certificate) -> PublicKeyTypes:
    """Return the key to verify or encrypt with.

    Raises ValueError for a DSA key whose parameters are not known (RFC 3279 section 2.3.2) and for an RSA key whose
    exponent is out of reason; UnsupportedAlgorithm.
    """
    info = public_key_info(certificate)
    if certificate.inherited_parameters:
        parts = walk(info).enter(0x30)
        algorithm = parts.enter(0x30).encoded(0x06)
        info = sequence(sequence(algorithm, certificate.inherited_parameters), parts.encoded(0x03))
    with quietly():
        key = load_der_public_key(info)
    if isinstance(key, RSAPublicKey) and key.public_numbers().e.bit_length() > _MOST_EXPONENT_BITS:
        raise ValueError("the exponent of the key is too long")
    return key


def public_key_of(certificate: Certificate) -> bytes:
    """Return the SubjectPublicKeyInfo (DER) as the library writes it, to compare with that of a private key."""
    try:
        return public_key(certificate).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm):
        return public_key_info(certificate)
