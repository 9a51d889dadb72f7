"""A PKCS#12 file (RFC 7292) of an own key, to take along or to keep: PBES2 with AES-256 and SHA-256."""

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import PrivateFormat, load_der_private_key
from cryptography.hazmat.primitives.serialization.pkcs12 import PBES, serialize_key_and_certificates

from smimetui.model.errors import IdentityError, UnsupportedError
from smimetui.smime.identity import Identity, SoftwareIdentity
from smimetui.smime.parsed import quietly

_ROUNDS = 600_000
"""Of PBKDF2 with SHA-256 (OWASP, 2023): a file on a disk is guessed at for as long as somebody likes."""
_WRITABLE = (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)


def write_pkcs12(identity: Identity, passphrase: str) -> bytes:
    """Return the key with its certificate and chain, sealed with the passphrase.

    Raises IdentityError for an empty passphrase and a key that cannot be read, UnsupportedError for a key that cannot
    be copied or written so.
    """
    if not passphrase:
        raise IdentityError("a key is not exported without a passphrase", "choose one that cannot be guessed")
    if not isinstance(identity, SoftwareIdentity):
        raise UnsupportedError("a key that cannot be copied cannot be exported")
    try:
        with quietly():
            key = load_der_private_key(identity.pkcs8, None, unsafe_skip_rsa_key_validation=True)
            own = x509.load_der_x509_certificate(identity.certificate.der)
            chain = [x509.load_der_x509_certificate(link.der) for link in identity.chain]
    except (ValueError, TypeError) as error:
        raise IdentityError("the private key cannot be read", "import it again from its .p12 file") from error
    if not isinstance(key, _WRITABLE):
        raise UnsupportedError(f"a key of the kind {identity.certificate.key_algorithm} is not written to .p12 files")
    encryption = (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(_ROUNDS)
        .key_cert_algorithm(PBES.PBESv2SHA256AndAES256CBC)
        .hmac_hash(SHA256())
        .build(passphrase.encode())
    )
    name = identity.certificate.display_name.encode()
    return serialize_key_and_certificates(name, key, own, chain, encryption)
