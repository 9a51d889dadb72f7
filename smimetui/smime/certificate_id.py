"""How CMS names a certificate: issuer and serial number, or subject key identifier (RFC 5652 sections 5.3, 6.2.1)."""

from hashlib import sha1

from smimetui.model.certificate import Certificate
from smimetui.smime.cms import CertificateId
from smimetui.smime.cursor import Cursor, walk
from smimetui.smime.names import decode_name

_SEQUENCE, _VERSION, _BIT_STRING, _INTEGER = 0x30, 0xA0, 0x03, 0x02


def identify(certificate: Certificate) -> CertificateId:
    """Return issuer (DER), serial number and subject key identifier of a certificate; the last may be empty."""
    fields = _to_be_signed(certificate.der)
    serial = fields.integer()
    fields.take(_SEQUENCE)
    return CertificateId(
        issuer=fields.encoded(_SEQUENCE), serial=serial, key_identifier=certificate.subject_key_identifier or b""
    )


def public_key_info(certificate: Certificate) -> bytes:
    """Return the SubjectPublicKeyInfo (DER) of a certificate."""
    fields = _to_be_signed(certificate.der)
    for _ in ("serial number", "signature", "issuer", "validity", "subject"):
        fields.take()
    return fields.encoded(_SEQUENCE)


def names(identifier: CertificateId, certificate: Certificate) -> bool:
    """Tell whether `identifier` names this certificate.

    Some programs write the issuer's name anew, in other string types: then the decoded names are compared. A
    certificate without a subject key identifier has the hash of its key (RFC 5280 section 4.2.1.2, method 1).
    """
    if identifier.key_identifier:
        if certificate.subject_key_identifier is not None:
            return identifier.key_identifier == certificate.subject_key_identifier
        key = walk(public_key_info(certificate)).enter(_SEQUENCE)
        key.take(_SEQUENCE)
        return identifier.key_identifier == sha1(key.content(_BIT_STRING)[1:], usedforsecurity=False).digest()
    if identifier.serial != certificate.serial_number:
        return False
    issuer = identify(certificate).issuer
    return issuer == identifier.issuer or _same_name(issuer, identifier.issuer)


def _same_name(one: bytes, other: bytes) -> bool:
    first, second = (
        [(kind, " ".join(value.split()).casefold()) for kind, value in decode_name(name, content, len(name))]
        for name, content in ((one, _content(one)), (other, _content(other)))
    )
    return first == second


def _content(encoded: bytes) -> int:
    return walk(encoded).take().content


def _to_be_signed(der: bytes) -> Cursor:
    fields = walk(der).enter(_SEQUENCE).enter(_SEQUENCE)
    fields.optional(_VERSION)
    return fields
