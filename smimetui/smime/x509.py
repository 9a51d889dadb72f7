"""X.509 certificates (RFC 5280, RFC 8550): from bytes to `Certificate`, and what one is fit for by itself.

The path to an anchor is `smime.path`'s. No I/O, no clock.
"""

import re
from binascii import Error as Base64Error
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

import pybase64
from cryptography import x509
from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa, x448, x25519
from cryptography.x509.oid import ExtendedKeyUsageOID

from smimetui.model.address import Address, address_key
from smimetui.model.certificate import Certificate, Purpose
from smimetui.model.errors import FormatError, UnsupportedError
from smimetui.model.verdict import Problem
from smimetui.smime.der import CONTEXT_0, INTEGER, SEQUENCE, Field, child, fields, read_field
from smimetui.smime.names import EMAIL_ADDRESS, common_name, decode_name, name_text
from smimetui.smime.parsed import DSA_WITHOUT_PARAMETERS, parse_certificate, quietly

# A certificate of a person is 1 to 4 kB; the largest seen in public are under 100 kB.
MOST_CERTIFICATE_BYTES = 256 * 1024
# A whole system bundle holds 150; a GAL entry or a message a dozen.
MOST_CERTIFICATES = 10_000

EMAIL_PROTECTION = ExtendedKeyUsageOID.EMAIL_PROTECTION.dotted_string
ANY_USAGE = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE.dotted_string
_SMTP_UTF8_MAILBOX = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.9")
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_UTF8_STRING = 0x0C

# What the library raises for bytes it does not take; InternalError where OpenSSL's answer surprised it, KeyError for a
# TLS feature (RFC 7633) that it has no name for.
_REFUSALS = (
    ValueError,
    TypeError,
    KeyError,
    OverflowError,
    InternalError,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
_SIGNATURES = {
    "1.2.840.113549.1.1.2": "RSA with MD2",
    "1.2.840.113549.1.1.3": "RSA with MD4",
    "1.2.840.113549.1.1.4": "RSA with MD5",
    "1.2.840.113549.1.1.5": "RSA with SHA-1",
    "1.3.14.3.2.29": "RSA with SHA-1",
    "1.2.840.113549.1.1.14": "RSA with SHA-224",
    "1.2.840.113549.1.1.11": "RSA with SHA-256",
    "1.2.840.113549.1.1.12": "RSA with SHA-384",
    "1.2.840.113549.1.1.13": "RSA with SHA-512",
    "1.2.840.10045.4.1": "ECDSA with SHA-1",
    "1.2.840.10045.4.3.1": "ECDSA with SHA-224",
    "1.2.840.10045.4.3.2": "ECDSA with SHA-256",
    "1.2.840.10045.4.3.3": "ECDSA with SHA-384",
    "1.2.840.10045.4.3.4": "ECDSA with SHA-512",
    "1.2.840.10040.4.3": "DSA with SHA-1",
    "2.16.840.1.101.3.4.3.2": "DSA with SHA-256",
    "1.3.101.112": "Ed25519",
    "1.3.101.113": "Ed448",
}
_PSS = "1.2.840.113549.1.1.10"
_FORGEABLE_DIGESTS = ("MD2", "MD4", "MD5")
_WEAK_DIGESTS = (*_FORGEABLE_DIGESTS, "SHA-1")
_CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521", "secp224r1": "P-224", "secp192r1": "P-192"}
_USAGES = (
    ("digital_signature", "digitalSignature"),
    ("content_commitment", "nonRepudiation"),
    ("key_encipherment", "keyEncipherment"),
    ("data_encipherment", "dataEncipherment"),
    ("key_agreement", "keyAgreement"),
    ("key_cert_sign", "keyCertSign"),
    ("crl_sign", "cRLSign"),
)
# RFC 8550 section 4.3; curves of less than 256 bits give less than 128 bits of strength.
_LEAST_RSA_BITS, _LEAST_CURVE_BITS = 2048, 256
# Moduli of 829 bits have been factored in public.
_FORGEABLE_BITS = 1024
_SIGNING_USAGES = frozenset({"digitalSignature", "nonRepudiation"})

_PEM_LINE = re.compile(rb"-----(BEGIN|END) ([A-Z0-9 #]{1,40})-----")
_BLANKS = b" \t\n\r\v\f"
_PEM_KINDS = {b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE", b"PKCS7", b"PKCS #7 SIGNED DATA", b"CMS"}


def load_certificate(der: bytes) -> Certificate:
    """Return the certificate that `der` is.

    Raises FormatError for bytes that are no certificate or break RFC 5280's encoding, UnsupportedError for a key of a
    kind that is unknown here.
    """
    if len(der) > MOST_CERTIFICATE_BYTES:
        raise FormatError("a certificate of over 256 kB is not read")
    try:
        with quietly():
            return _certificate(der, parse_certificate(der))
    except UnsupportedAlgorithm as error:
        raise UnsupportedError("the certificate holds a key of a kind this program does not know") from error
    except x509.DuplicateExtension as error:
        raise FormatError("the certificate holds an extension twice") from error
    except _REFUSALS as error:
        raise FormatError("the data is not a certificate, or a damaged one") from error


def load_certificates(data: bytes) -> tuple[Certificate, ...]:
    """Return every certificate of a file: PEM with any number, DER, or PKCS#7/CMS SignedData in either encoding.

    What cannot be read beside others is left out. Raises FormatError when there is none, UnsupportedError when all
    that are there have unknown keys.
    """
    found: dict[Certificate, None] = {}
    failure: FormatError | UnsupportedError = FormatError("the file holds no certificate")
    armoured = False
    for kind, body in _pem_blocks(data):
        armoured = True
        if kind not in _PEM_KINDS:
            continue
        try:
            found.update(dict.fromkeys(_certificates_in(_unarmoured(body))))
        except (FormatError, UnsupportedError) as error:
            failure = error
        if len(found) > MOST_CERTIFICATES:
            raise FormatError("a file of over 10,000 certificates is not read")
    if not armoured:
        return _certificates_in(data)
    if not found:
        raise failure
    return tuple(found)


def _pem_blocks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and text of each PEM block (RFC 7468); one without its end does not hide the next."""
    opened: re.Match[bytes] | None = None
    for line in _PEM_LINE.finditer(data):
        if line[1] == b"BEGIN":
            opened = line
        elif opened is not None and line[2] == opened[2]:
            yield line[2], data[opened.end() : line.start()]
            opened = None


def published_certificates(value: bytes) -> tuple[Certificate, ...]:
    """Return the certificates of a value a directory publishes, the end entity's first; empty if none parses.

    A value is bare DER, CMS SignedData with the chain inside, or Outlook's block of little-endian 16-bit tags and
    lengths, of which any value that parses counts. Never raises.
    """
    try:
        return _end_entities_first(load_certificates(value))
    except (FormatError, UnsupportedError):
        return _end_entities_first(_in_outlook_block(value))


def fitness(
    certificate: Certificate, *, purpose: Purpose, address: Address | None, at: datetime
) -> tuple[Problem, ...]:
    """Return what is wrong with a certificate by itself for a purpose, an address (None: any) and a time.

    Validity, key usage (RFC 8550 section 4.4.2), extended key usage (4.4.4), key strength (4.3), the digest it was
    signed with, and the address (3). Most telling first; empty if it is fit.
    """
    problems = []
    if address is not None and not names_address(certificate, address):
        problems.append(Problem.NAME_MISMATCH)
    if at > certificate.not_after:
        problems.append(Problem.EXPIRED)
    if at < certificate.not_before:
        problems.append(Problem.NOT_YET_VALID)
    if not usage_allows(certificate, purpose) or not allows_mail(certificate):
        problems.append(Problem.WRONG_USAGE)
    problems.extend(strength(certificate))
    return tuple(problems)


def may_issue(certificate: Certificate) -> bool:
    """Tell whether the key usage, where there is one, allows issuing (RFC 5280 section 4.2.1.3)."""
    return certificate.key_usage is None or "keyCertSign" in certificate.key_usage


def names_address(certificate: Certificate, address: Address) -> bool:
    """Tell whether the certificate was issued for this address, compared as mail compares."""
    return any(address_key(name) == address.key for name in certificate.addresses)


def allows_mail(certificate: Certificate) -> bool:
    """Tell whether the extended key usage is absent, or names mail or anything (RFC 8550 section 4.4.4)."""
    usages = certificate.extended_key_usage
    return usages is None or EMAIL_PROTECTION in usages or ANY_USAGE in usages


def strength(certificate: Certificate, *, anchor: bool = False) -> tuple[Problem, ...]:
    """Return WEAK_KEY and WEAK_ALGORITHM as they apply."""
    problems = []
    key, bits = certificate.key_algorithm, certificate.key_size
    if (key in {"RSA", "DSA"} and bits < _LEAST_RSA_BITS) or (key == "EC" and bits < _LEAST_CURVE_BITS):
        problems.append(Problem.WEAK_KEY)
    if not _is_root(certificate, anchor=anchor) and certificate.signature_algorithm.endswith(_WEAK_DIGESTS):
        problems.append(Problem.WEAK_ALGORITHM)
    return tuple(problems)


def is_forgeable(certificate: Certificate, *, anchor: bool = False) -> bool:
    """Tell whether anybody with a computer or a few could forge the certificate, or sign with its key."""
    if certificate.key_algorithm in {"RSA", "DSA"} and certificate.key_size < _FORGEABLE_BITS:
        return True
    return not _is_root(certificate, anchor=anchor) and certificate.signature_algorithm.endswith(_FORGEABLE_DIGESTS)


def usage_allows(certificate: Certificate, purpose: Purpose) -> bool:
    """Tell whether the key and its key usage, where there is one, allow the purpose (RFC 8550 section 4.4.2).

    X448 is for encryption, and not by this program.
    """
    key, usages = certificate.key_algorithm, certificate.key_usage
    if purpose is Purpose.SIGN:
        return key not in {"X25519", "X448"} and (usages is None or bool(usages & _SIGNING_USAGES))
    if key == "RSA":
        return usages is None or "keyEncipherment" in usages
    return key in {"EC", "X25519"} and (usages is None or "keyAgreement" in usages)


def _is_root(certificate: Certificate, *, anchor: bool) -> bool:
    """Tell whether the signature on a certificate proves nothing, as on an anchor and on any self-signed root."""
    return anchor or (certificate.is_ca and certificate.is_self_issued)


def _certificate(der: bytes, parsed: x509.Certificate) -> Certificate:
    issuer_field, subject_field = _name_fields(der)
    subject = decode_name(der, subject_field.content, subject_field.end)
    issuer, issuer_common_name = _issuer_texts(der[issuer_field.content : issuer_field.end])
    known = {type(extension.value): extension.value for extension in parsed.extensions}
    usage, extended = known.get(x509.KeyUsage), known.get(x509.ExtendedKeyUsage)
    constraints, key_identifier = known.get(x509.BasicConstraints), known.get(x509.SubjectKeyIdentifier)
    alternatives = known.get(x509.SubjectAlternativeName)
    names = _addresses(alternatives) if alternatives is not None else []
    names.extend(value.strip() for kind, value in subject if kind == EMAIL_ADDRESS)
    key = read_field(der, subject_field.after, len(der))
    borrows = der.startswith(DSA_WITHOUT_PARAMETERS, key.content)
    algorithm, size, curve = ("DSA", 0, "") if borrows else describe_key(parsed.public_key())
    return Certificate(
        der=der,
        sha256=sha256(der).hexdigest(),
        subject=name_text(subject),
        common_name=common_name(subject),
        issuer=issuer,
        issuer_common_name=issuer_common_name,
        serial_number=parsed.serial_number,
        not_before=parsed.not_valid_before_utc,
        not_after=parsed.not_valid_after_utc,
        addresses=tuple(dict.fromkeys(name for name in names if "@" in name)),
        key_algorithm=algorithm,
        key_size=size,
        curve=curve,
        signature_algorithm=_signature_algorithm(parsed),
        key_usage=None if usage is None else frozenset([name for field, name in _USAGES if getattr(usage, field)]),
        extended_key_usage=None if extended is None else frozenset([usage.dotted_string for usage in extended]),
        is_ca=constraints is not None and constraints.ca,
        subject_key_identifier=None if key_identifier is None else key_identifier.digest,
        is_self_issued=der[subject_field.content : subject_field.end] == der[issuer_field.content : issuer_field.end],
    )


@lru_cache(maxsize=64)
def _issuer_texts(name: bytes) -> tuple[str, str]:
    # A book of 10,000 certificates has a handful of issuers.
    pairs = decode_name(name, 0, len(name))
    return name_text(pairs), common_name(pairs)


def describe_key(key: object) -> tuple[str, int, str]:  # noqa: PLR0911 - one line a kind of key
    """Return algorithm, bits and curve of a public key. Raises UnsupportedError for kinds that are unknown here."""
    match key:
        case rsa.RSAPublicKey():
            return "RSA", key.key_size, ""
        case ec.EllipticCurvePublicKey():
            return "EC", key.key_size, _CURVES.get(key.curve.name, key.curve.name)
        case dsa.DSAPublicKey():
            return "DSA", key.key_size, ""
        case ed25519.Ed25519PublicKey():
            return "Ed25519", 256, ""
        case x25519.X25519PublicKey():
            return "X25519", 256, ""
        case ed448.Ed448PublicKey():
            return "Ed448", 448, ""
        case x448.X448PublicKey():
            return "X448", 448, ""
        case _:
            raise UnsupportedError("the certificate holds a key of a kind this program does not know")


def _signature_algorithm(parsed: x509.Certificate) -> str:
    dotted = parsed.signature_algorithm_oid.dotted_string
    if dotted != _PSS:
        return _SIGNATURES.get(dotted, dotted)
    digest = parsed.signature_hash_algorithm
    return f"RSA-PSS with {digest.name.upper().replace('SHA', 'SHA-', 1)}" if digest is not None else "RSA-PSS"


def _addresses(names: x509.SubjectAlternativeName) -> list[str]:
    found = []
    for name in names:
        if isinstance(name, x509.RFC822Name):
            found.append(name.value)
        elif isinstance(name, x509.OtherName) and name.type_id == _SMTP_UTF8_MAILBOX:
            text = read_field(name.value, 0, len(name.value))
            if text.tag == _UTF8_STRING:
                found.append(name.value[text.content : text.end].decode())
    return found


def _name_fields(der: bytes) -> tuple[Field, Field]:
    """Return the issuer and the subject of a certificate's DER."""
    to_be_signed = child(der, read_field(der, 0, len(der)), SEQUENCE)
    field = read_field(der, to_be_signed.content, to_be_signed.end)
    if field.tag == CONTEXT_0:
        field = read_field(der, field.after, to_be_signed.end)
    signature = read_field(der, field.after, to_be_signed.end)
    issuer = read_field(der, signature.after, to_be_signed.end)
    validity = read_field(der, issuer.after, to_be_signed.end)
    return issuer, read_field(der, validity.after, to_be_signed.end)


def _certificates_in(data: bytes) -> tuple[Certificate, ...]:
    """Return the certificates of binary data: one certificate, or SignedData."""
    outer = read_field(data, 0, len(data))
    if outer.tag != SEQUENCE:
        raise FormatError("the file holds no certificate")
    if not data.startswith(_SIGNED_DATA, outer.content):
        # A surplus line end behind the certificate is common in files and directories, and harmless.
        return (load_certificate(data[: outer.after]),)
    found: dict[Certificate, None] = {}
    failure: FormatError | UnsupportedError = FormatError("the file holds no certificate")
    for der in signed_data_certificates(data):
        try:
            found[load_certificate(der)] = None
        except (FormatError, UnsupportedError) as error:
            failure = error
    if not found:
        raise failure
    return tuple(found)


def signed_data_certificates(data: bytes) -> tuple[bytes, ...]:
    """Return the DER of each certificate in a SignedData (RFC 5652 section 5.1), DER or BER. Raises FormatError."""
    outer = read_field(data, 0, len(data))
    wrapper = read_field(data, outer.content + len(_SIGNED_DATA), outer.end)
    signed = child(data, wrapper, SEQUENCE)
    ders = []
    for position, field in enumerate(fields(data, signed.content, signed.end)):
        if position == 0 and field.tag != INTEGER:
            break
        if field.tag == CONTEXT_0:
            ders = [
                data[inner.start : inner.after]
                for inner in fields(data, field.content, field.end)
                if inner.tag == SEQUENCE
            ]
            break
    if len(ders) > MOST_CERTIFICATES:
        raise FormatError("a message of over 10,000 certificates is not read")
    return tuple(ders)


def _unarmoured(body: bytes) -> bytes:
    # Attributes may stand before the blank line (RFC 1421); base64 has no colon.
    text = body.split(b"\n\n", 1)[-1] if b":" in body else body
    try:
        return pybase64.b64decode(text.translate(None, _BLANKS), validate=True)
    except (Base64Error, ValueError) as error:
        raise FormatError("the certificate's base64 text is damaged") from error


def _in_outlook_block(value: bytes) -> tuple[Certificate, ...]:
    found: dict[Certificate, None] = {}
    position = 0
    while position + 4 <= len(value):
        length = int.from_bytes(value[position + 2 : position + 4], "little")
        if length < 4 or position + length > len(value):  # noqa: PLR2004 - the length counts its own four bytes
            break
        with suppress(FormatError, UnsupportedError):
            found.update(dict.fromkeys(_certificates_in(value[position + 4 : position + length])))
        position += length
    return tuple(found)


def _end_entities_first(certificates: tuple[Certificate, ...]) -> tuple[Certificate, ...]:
    return tuple(sorted(certificates, key=lambda certificate: certificate.is_ca))
