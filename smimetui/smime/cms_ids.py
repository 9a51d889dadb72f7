"""How CMS names algorithms (RFC 5280 section 4.1.1.2) and certificates (RFC 5652 sections 5.3, 6.2.1)."""

from smimetui.model.value import dataclass
from smimetui.smime.cursor import Cursor

_SEQUENCE, _KEY_IDENTIFIER = 0x30, 0x80


@dataclass(frozen=True, slots=True, kw_only=True)
class Algorithm:
    """An AlgorithmIdentifier: dotted identifier, and the parameters' DER or nothing."""

    oid: str
    parameters: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateId:
    """Names a certificate by issuer and serial number, or by its subject key identifier (the other is empty)."""

    issuer: bytes = b""
    """DER of the issuer's Name."""
    serial: int = 0
    key_identifier: bytes = b""


def algorithm(cursor: Cursor) -> Algorithm:
    """Read an AlgorithmIdentifier."""
    inner = cursor.enter(_SEQUENCE)
    return Algorithm(oid=inner.oid(), parameters=b"" if inner.done else inner.encoded())


def issuer_and_serial(cursor: Cursor) -> CertificateId:
    """Read an IssuerAndSerialNumber."""
    inner = cursor.enter(_SEQUENCE)
    return CertificateId(issuer=inner.encoded(_SEQUENCE), serial=inner.integer())


def certificate_id(cursor: Cursor) -> CertificateId:
    """Read a SignerIdentifier or RecipientIdentifier."""
    if cursor.tag == _KEY_IDENTIFIER:
        return CertificateId(key_identifier=cursor.content())
    return issuer_and_serial(cursor)
