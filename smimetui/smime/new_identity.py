"""New keys for mail: the key, its certification request (PKCS#10, RFC 2986), and a certificate for trying out."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from smimetui.model.address import Address, ascii_domain
from smimetui.model.display import printable_line
from smimetui.model.errors import FormatError

TRIAL = "(self-signed, for trial)"
"""Ends the name in every certificate that is made here, so that nobody takes it for an issued one."""
_VALID_FOR = timedelta(days=365)
# A clock that is behind finds it valid too.
_BEFORE = timedelta(hours=1)
_MOST_NAME = 64
"""Octets of a common name (RFC 5280 appendix A.1, ub-common-name; counted in UTF-8 by many)."""
_SMTP_UTF8_MAILBOX = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.9")
_UTF8_STRING, _LONG_LENGTH = 0x0C, 0x80

_Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class KeyKind(Enum):
    """What keys are made; the value is the word of the command line."""

    RSA3072 = "rsa3072"
    P256 = "p256"

    @property
    def label(self) -> str:
        """The kind as people name it."""
        return {KeyKind.RSA3072: "RSA 3072", KeyKind.P256: "P-256"}[self]


def make_key(kind: KeyKind) -> bytes:
    """Return a new private key, PKCS#8 DER, not encrypted: for the store alone. RSA takes some tenths of a second."""
    key: _Key
    if kind is KeyKind.RSA3072:
        key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    else:
        key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def public_half(pkcs8: bytes) -> bytes:
    """Return the SubjectPublicKeyInfo (DER) of a private key. Raises FormatError."""
    return _loaded(pkcs8).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def make_request(pkcs8: bytes, *, address: Address, name: str) -> bytes:
    """Return a PKCS#10 request, PEM, that asks for a certificate of this key to sign and decrypt mail with.

    The address stands in the alternative name (RFC 8550 section 3), the name alone in the subject. Raises FormatError.
    """
    key = _loaded(pkcs8)
    builder = x509.CertificateSigningRequestBuilder().subject_name(_subject(name.strip() or address.spec))
    for extension, critical in _extensions(key, address):
        builder = builder.add_extension(extension, critical)
    return builder.sign(key, SHA256()).public_bytes(Encoding.PEM)


def make_self_signed(pkcs8: bytes, *, address: Address, name: str, at: datetime) -> bytes:
    """Return a certificate (DER) that the key signed itself, valid for a year and named so. Raises FormatError."""
    key = _loaded(pkcs8)
    subject = _subject(name.strip() or address.spec, f" {TRIAL}")
    start = at.replace(microsecond=0) - _BEFORE
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + _VALID_FOR)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    for extension, critical in _extensions(key, address):
        builder = builder.add_extension(extension, critical)
    return builder.sign(key, SHA256()).public_bytes(Encoding.DER)


def _loaded(pkcs8: bytes) -> _Key:
    try:
        key: PrivateKeyTypes = load_der_private_key(pkcs8, None)
    except (ValueError, TypeError) as error:
        raise FormatError("the private key cannot be read") from error
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise FormatError("the private key is of a kind that is not made here")
    return key


def _subject(name: str, ending: str = "") -> x509.Name:
    shown = printable_line(name).encode()[: _MOST_NAME - len(ending)].decode(errors="ignore").strip()
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, shown + ending)])


def _extensions(key: _Key, address: Address) -> Sequence[tuple[x509.ExtensionType, bool]]:
    is_rsa = isinstance(key, rsa.RSAPrivateKey)
    # RFC 8550 section 4.4.2: RSA wraps content keys, elliptic curves agree on them.
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=is_rsa,
        data_encipherment=False,
        key_agreement=not is_rsa,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        (x509.SubjectAlternativeName([_general_name(address)]), False),
        (usage, True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False),
    )


def _general_name(address: Address) -> x509.GeneralName:
    """Return an rfc822Name, or for a local part beyond ASCII a SmtpUTF8Mailbox (RFC 9598 section 3)."""
    mailbox = f"{address.local}@{ascii_domain(address.domain)}"
    if mailbox.isascii():
        return x509.RFC822Name(mailbox)
    return x509.OtherName(_SMTP_UTF8_MAILBOX, _utf8_string(mailbox.encode()))


def _utf8_string(octets: bytes) -> bytes:
    size = len(octets)
    if size < _LONG_LENGTH:
        return bytes([_UTF8_STRING, size]) + octets
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([_UTF8_STRING, _LONG_LENGTH | len(length)]) + length + octets
