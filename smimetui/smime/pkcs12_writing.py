"""A PKCS#12 file (RFC 7292) of an own key, to take along or to keep: PBES2 with AES-256 and SHA-256."""

import secrets

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import PrivateFormat, load_der_private_key
from cryptography.hazmat.primitives.serialization.pkcs12 import PBES, serialize_key_and_certificates

from smimetui.model.errors import IdentityError, UnsupportedError
from smimetui.smime.ber import field, sequence
from smimetui.smime.cursor import walk
from smimetui.smime.der import CONTEXT_0, INTEGER, OCTET_STRING, SEQUENCE
from smimetui.smime.identity import Identity, SoftwareIdentity
from smimetui.smime.parsed import quietly
from smimetui.smime.pbe import sha256_mac

_ROUNDS = 600_000
"""Of PBKDF2 with SHA-256 (OWASP, 2023): a file on a disk is guessed at for as long as somebody likes."""
_SALT = 16
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
    return _with_slow_mac(serialize_key_and_certificates(name, key, own, chain, encryption), passphrase)


def _with_slow_mac(data: bytes, passphrase: str) -> bytes:
    """Return the file under a MAC of as many rounds as its ciphers: the library makes it of 2,048, to guess at."""
    pfx = walk(data).enter(SEQUENCE)
    version, content_info, mac_data = pfx.encoded(INTEGER), pfx.encoded(SEQUENCE), pfx.enter(SEQUENCE)
    content = walk(content_info).enter(SEQUENCE)
    content.oid()
    algorithm, salt = mac_data.enter(SEQUENCE).encoded(SEQUENCE), secrets.token_bytes(_SALT)
    mac = sha256_mac(content.enter(CONTEXT_0).content(OCTET_STRING), passphrase, salt=salt, rounds=_ROUNDS)
    digest_info = sequence(algorithm, field(OCTET_STRING, mac))
    rounds = field(INTEGER, _ROUNDS.to_bytes(3))
    return sequence(version, content_info, sequence(digest_info, field(OCTET_STRING, salt), rounds))
