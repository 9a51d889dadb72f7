"""CMS structures (RFC 5652, 5083, 3274) read into values. Structure only: nothing is verified or decrypted here.

Reads by offsets: asn1crypto takes 190 ms for 1,000 recipients and raises its errors only when a value is touched,
where hostile bytes must end in a FormatError right here.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from smimetui.model.errors import FormatError, UnsupportedError
from smimetui.smime import oids
from smimetui.smime.ber import to_der
from smimetui.smime.cursor import Cursor, walk

# Several signers are rare, ten unheard of; each costs a public-key operation and a path.
MOST_SIGNERS = 16
# Chains of several signers; each certificate is parsed.
MOST_CERTIFICATES = 200
# The largest lists an Exchange organisation expands hold some thousand members.
MOST_RECIPIENTS = 10_000
# RFC 8551 and 5035 know about a dozen signed attributes.
MOST_ATTRIBUTES = 64

_BIT_STRING, _OCTETS, _SEQUENCE, _SET = 0x03, 0x04, 0x30, 0x31
_CONTEXT_0, _CONTEXT_1, _CONTEXT_2, _CONTEXT_4 = 0xA0, 0xA1, 0xA2, 0xA4
_PRIMITIVE_0 = 0x80


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


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerInfo:
    """RFC 5652 section 5.3. `signed_attributes` (the DER of a SET) is what the signature covers; None if absent."""

    signer: CertificateId
    digest: Algorithm
    algorithm: Algorithm
    signature: bytes
    signed_attributes: bytes | None = None
    attributes: Mapping[str, tuple[bytes, ...]] = field(default_factory=dict)
    """The values (DER) of each signed attribute, of all its occurrences together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedData:
    """RFC 5652 section 5.1. `content` is a view of the data, None where the signature is detached."""

    content_type: str
    content: memoryview | None
    certificates: tuple[bytes, ...]
    signers: tuple[SignerInfo, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyTransport:
    """RFC 5652 section 6.2.1: the key encrypted to an RSA key."""

    recipient: CertificateId
    algorithm: Algorithm
    encrypted_key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyAgreement:
    """RFC 5652 section 6.2.2, for one of its recipients: the key wrapped under a Diffie-Hellman secret."""

    recipient: CertificateId
    algorithm: Algorithm
    encrypted_key: bytes
    originator_key: bytes
    """X9.62 point or raw X25519 key; empty where the originator is named by a certificate (static keys)."""
    user_material: bytes | None = None


Recipient = KeyTransport | KeyAgreement


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopedData:
    """EnvelopedData (RFC 5652 section 6.1) or, with `mac`, AuthEnvelopedData (RFC 5083)."""

    recipients: tuple[Recipient, ...]
    recipient_count: int
    """Those of kinds that are not read (passwords, shared keys) included."""
    content_type: str
    cipher: Algorithm
    ciphertext: memoryview
    mac: bytes | None = None
    authenticated_attributes: bytes = b""
    """What AES-GCM covers beside the content: the DER of a SET, or nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompressedData:
    """RFC 3274 section 1.1."""

    content_type: str
    algorithm: Algorithm
    content: memoryview


Structure = SignedData | EnvelopedData | CompressedData


def read_cms(data: bytes) -> Structure:
    """Return the structure a ContentInfo (RFC 5652 section 3) holds, in DER or BER.

    Raises FormatError, UnsupportedError for content types other than signed, enveloped and compressed data.
    """
    der = to_der(data)
    outer = walk(der).enter(_SEQUENCE)
    kind = outer.oid()
    reader = _READERS.get(kind)
    if reader is None:
        raise UnsupportedError("the S/MIME part is of a kind this program does not read", f"content type {kind}")
    return reader(der, outer.enter(_CONTEXT_0).enter(_SEQUENCE))


def algorithm(cursor: Cursor) -> Algorithm:
    """Read an AlgorithmIdentifier."""
    inner = cursor.enter(_SEQUENCE)
    return Algorithm(oid=inner.oid(), parameters=b"" if inner.done else inner.encoded())


def issuer_and_serial(cursor: Cursor) -> CertificateId:
    """Read an IssuerAndSerialNumber."""
    inner = cursor.enter(_SEQUENCE)
    return CertificateId(issuer=inner.encoded(_SEQUENCE), serial=inner.integer())


def _signed_data(der: bytes, cursor: Cursor) -> SignedData:
    cursor.integer()
    cursor.take(_SET)
    inner = cursor.enter(_SEQUENCE)
    content_type = inner.oid()
    content = None
    if not inner.done:
        octets = inner.enter(_CONTEXT_0).take(_OCTETS)
        content = memoryview(der)[octets.content : octets.end]
    certificates = []
    if cursor.tag == _CONTEXT_0:
        certificates = list(_each(cursor.enter(), MOST_CERTIFICATES, "certificates"))
    cursor.optional(_CONTEXT_1)
    signers = cursor.enter(_SET)
    found: list[SignerInfo] = []
    while not signers.done:
        if len(found) >= MOST_SIGNERS:
            raise FormatError(f"the message has more than {MOST_SIGNERS} signers")
        found.append(_signer_info(signers.enter(_SEQUENCE)))
    return SignedData(
        content_type=content_type,
        content=content,
        # Attribute certificates and other formats carry context tags; they are of no use here.
        certificates=tuple(element for element in certificates if element[0] == _SEQUENCE),
        signers=tuple(found),
    )


def _each(cursor: Cursor, most: int, what: str) -> Iterator[bytes]:
    count = 0
    while not cursor.done:
        count += 1
        if count > most:
            raise FormatError(f"the message holds more than {most:,} {what}")
        yield cursor.encoded()


def _signer_info(cursor: Cursor) -> SignerInfo:
    cursor.integer()
    signer = _certificate_id(cursor)
    digest = algorithm(cursor)
    signed, attributes = None, {}
    if cursor.tag == _CONTEXT_0:
        # RFC 5652 section 5.4: the signature covers the attributes under a SET's tag instead of the implicit one.
        signed = bytes((_SET,)) + cursor.encoded()[1:]
        attributes = _attributes(walk(signed).enter(_SET))
    signature_algorithm = algorithm(cursor)
    return SignerInfo(
        signer=signer,
        digest=digest,
        algorithm=signature_algorithm,
        signature=cursor.content(_OCTETS),
        signed_attributes=signed,
        attributes=attributes,
    )


def _attributes(cursor: Cursor) -> dict[str, tuple[bytes, ...]]:
    found: dict[str, tuple[bytes, ...]] = {}
    for element in _each(cursor, MOST_ATTRIBUTES, "signed attributes"):
        inner = walk(element).enter(_SEQUENCE)
        kind = inner.oid()
        found[kind] = found.get(kind, ()) + tuple(_each(inner.enter(_SET), MOST_ATTRIBUTES, "attribute values"))
    return found


def _certificate_id(cursor: Cursor) -> CertificateId:
    """Read a SignerIdentifier or RecipientIdentifier."""
    if cursor.tag == _PRIMITIVE_0:
        return CertificateId(key_identifier=cursor.content())
    return issuer_and_serial(cursor)


def _enveloped_data(der: bytes, cursor: Cursor) -> EnvelopedData:
    cursor.integer()
    cursor.optional(_CONTEXT_0)
    recipients, count = _recipients(cursor.enter(_SET))
    content_type, cipher, ciphertext = _encrypted_content(der, cursor.enter(_SEQUENCE))
    return EnvelopedData(
        recipients=recipients,
        recipient_count=count,
        content_type=content_type,
        cipher=cipher,
        ciphertext=ciphertext,
    )


def _auth_enveloped_data(der: bytes, cursor: Cursor) -> EnvelopedData:
    cursor.integer()
    cursor.optional(_CONTEXT_0)
    recipients, count = _recipients(cursor.enter(_SET))
    content_type, cipher, ciphertext = _encrypted_content(der, cursor.enter(_SEQUENCE))
    authenticated = cursor.encoded() if cursor.tag == _CONTEXT_1 else b""
    return EnvelopedData(
        recipients=recipients,
        recipient_count=count,
        content_type=content_type,
        cipher=cipher,
        ciphertext=ciphertext,
        mac=cursor.content(_OCTETS),
        authenticated_attributes=bytes((_SET,)) + authenticated[1:] if authenticated else b"",
    )


def _encrypted_content(der: bytes, cursor: Cursor) -> tuple[str, Algorithm, memoryview]:
    content_type = cursor.oid()
    cipher = algorithm(cursor)
    content = cursor.take(_PRIMITIVE_0)
    return content_type, cipher, memoryview(der)[content.content : content.end]


def _recipients(cursor: Cursor) -> tuple[tuple[Recipient, ...], int]:
    found: list[Recipient] = []
    count = 0
    while not cursor.done:
        if cursor.tag == _SEQUENCE:
            found.append(_key_transport(cursor.enter()))
            count += 1
        elif cursor.tag == _CONTEXT_1:
            agreed = _key_agreement(cursor.enter())
            found.extend(agreed)
            count += len(agreed)
        else:
            cursor.take(_CONTEXT_2, 0xA3, _CONTEXT_4)
            count += 1
        if count > MOST_RECIPIENTS:
            raise FormatError(f"the message has more than {MOST_RECIPIENTS:,} recipients")
    return tuple(found), count


def _key_transport(cursor: Cursor) -> KeyTransport:
    cursor.integer()
    return KeyTransport(
        recipient=_certificate_id(cursor),
        algorithm=algorithm(cursor),
        encrypted_key=cursor.content(_OCTETS),
    )


def _key_agreement(cursor: Cursor) -> list[KeyAgreement]:
    cursor.integer()
    originator = cursor.enter(_CONTEXT_0)
    point = b""
    if originator.tag == _CONTEXT_1:
        key = originator.enter()
        key.take(_SEQUENCE)
        # The first octet counts unused bits: none, in a key.
        point = key.content(_BIT_STRING)[1:]
    material = cursor.enter(_CONTEXT_1).content(_OCTETS) if cursor.tag == _CONTEXT_1 else None
    scheme = algorithm(cursor)
    keys = cursor.enter(_SEQUENCE)
    found = []
    while not keys.done:
        inner = keys.enter(_SEQUENCE)
        found.append(
            KeyAgreement(
                recipient=_agreement_recipient(inner),
                algorithm=scheme,
                encrypted_key=inner.content(_OCTETS),
                originator_key=point,
                user_material=material,
            )
        )
    return found


def _agreement_recipient(cursor: Cursor) -> CertificateId:
    if cursor.tag == _CONTEXT_0:
        return CertificateId(key_identifier=cursor.enter().content(_OCTETS))
    return issuer_and_serial(cursor)


def _compressed_data(der: bytes, cursor: Cursor) -> CompressedData:
    cursor.integer()
    compression = algorithm(cursor)
    inner = cursor.enter(_SEQUENCE)
    content_type = inner.oid()
    octets = inner.enter(_CONTEXT_0).take(_OCTETS)
    return CompressedData(
        content_type=content_type, algorithm=compression, content=memoryview(der)[octets.content : octets.end]
    )


_READERS: dict[str, Callable[[bytes, Cursor], Structure]] = {
    oids.SIGNED_DATA: _signed_data,
    oids.ENVELOPED_DATA: _enveloped_data,
    oids.AUTH_ENVELOPED_DATA: _auth_enveloped_data,
    oids.COMPRESSED_DATA: _compressed_data,
}
