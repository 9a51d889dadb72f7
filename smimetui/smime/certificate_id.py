"""How CMS names a certificate: issuer and serial number, or subject key identifier (RFC 5652 sections 5.3, 6.2.1)."""

from functools import lru_cache
from hashlib import sha1

from smimetui.model.certificate import Certificate
from smimetui.model.errors import FormatError
from smimetui.model.value import dataclass
from smimetui.smime.ber import sequence
from smimetui.smime.cms_ids import CertificateId
from smimetui.smime.cursor import walk
from smimetui.smime.der import read_field
from smimetui.smime.names import decode_name

_SEQUENCE, _VERSION, _BIT_STRING = 0x30, 0xA0, 0x03
# Octets: names have some hundred. Longer ones must be written alike.
_MOST_COMPARED = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFields:
    """The parts of a certificate that CMS needs, as DER."""

    serial: bytes
    issuer: bytes
    subject: bytes
    key: bytes
    """SubjectPublicKeyInfo."""

    @property
    def issuer_and_serial(self) -> bytes:
        """IssuerAndSerialNumber (RFC 5652 section 10.2.4)."""
        return sequence(self.issuer, self.serial)


def certificate_fields(certificate: Certificate) -> CertificateFields:
    """Find the fields by their offsets, without reading what lies between."""
    der = certificate.der
    outer = read_field(der, 0, len(der))
    inner = read_field(der, outer.content, outer.end)
    end = inner.end
    serial = read_field(der, inner.content, end)
    if serial.tag == _VERSION:
        serial = read_field(der, serial.after, end)
    issuer = read_field(der, read_field(der, serial.after, end).after, end)
    subject = read_field(der, read_field(der, issuer.after, end).after, end)
    key = read_field(der, subject.after, end)
    return CertificateFields(
        serial=der[serial.start : serial.after],
        issuer=der[issuer.start : issuer.after],
        subject=der[subject.start : subject.after],
        key=der[key.start : key.after],
    )


def identify(certificate: Certificate) -> CertificateId:
    """Return issuer (DER), serial number and subject key identifier of a certificate; the last may be empty."""
    return CertificateId(
        issuer=certificate_fields(certificate).issuer,
        serial=certificate.serial_number,
        key_identifier=certificate.subject_key_identifier or b"",
    )


def public_key_info(certificate: Certificate) -> bytes:
    """Return the SubjectPublicKeyInfo (DER) of a certificate."""
    return certificate_fields(certificate).key


def marks(certificate: Certificate) -> tuple[bytes, ...]:
    """Return octets of which one occurs in whatever names this certificate."""
    fields = certificate_fields(certificate)
    return fields.serial, certificate.subject_key_identifier or _key_hash(fields.key)


def names(identifier: CertificateId, certificate: Certificate) -> bool:
    """Tell whether `identifier` names this certificate.

    Some programs write the issuer's name anew, in other string types: then the decoded names are compared. A
    certificate without a subject key identifier has the hash of its key (RFC 5280 section 4.2.1.2, method 1).
    """
    if identifier.key_identifier:
        if certificate.subject_key_identifier is not None:
            return identifier.key_identifier == certificate.subject_key_identifier
        return identifier.key_identifier == _key_hash(public_key_info(certificate))
    if identifier.serial != certificate.serial_number:
        return False
    issuer = identify(certificate).issuer
    return issuer == identifier.issuer or _same_name(issuer, identifier.issuer)


def _same_name(one: bytes, other: bytes) -> bool:
    first = _comparable(one) if len(one) <= _MOST_COMPARED else ()
    return first != () and len(other) <= _MOST_COMPARED and first == _comparable(other)


# A message may hold 200 certificates of one number, and name 16 signers by it.
@lru_cache(maxsize=512)
def _comparable(name: bytes) -> tuple[tuple[str, str], ...]:
    """Return the parts of a Name without case and spacing; none for what is no name: that names nobody."""
    try:
        pairs = decode_name(name, walk(name).take().content, len(name))
    except FormatError:
        return ()
    return tuple((kind, " ".join(value.split()).casefold()) for kind, value in pairs)


def _key_hash(info: bytes) -> bytes:
    """Return the key identifier by RFC 5280 section 4.2.1.2, method 1."""
    key = walk(info).enter(_SEQUENCE)
    key.take(_SEQUENCE)
    return sha1(key.content(_BIT_STRING)[1:], usedforsecurity=False).digest()
