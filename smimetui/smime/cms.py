"""CMS structures (RFC 5652, 5083, 3274) read into values. Structure only: nothing is verified or decrypted here.

Reads by offsets: asn1crypto takes 190 ms for 1,000 recipients and raises its errors only when a value is touched,
where hostile bytes must end in a FormatError right here.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace

from smimetui.model.errors import FormatError, UnsupportedError
from smimetui.model.value import dataclass
from smimetui.smime import oids
from smimetui.smime.ber import to_der
from smimetui.smime.cms_ids import Algorithm, CertificateId, algorithm, certificate_id
from smimetui.smime.cursor import Cursor, walk
from smimetui.smime.recipient_infos import RecipientInfos, recipient_infos

# Several signers are rare, ten unheard of; each costs a public-key operation and a path.
MOST_SIGNERS = 16
# Chains of several signers; each certificate is parsed.
MOST_CERTIFICATES = 200
# RFC 8551 and 5035 know about a dozen signed attributes.
MOST_ATTRIBUTES = 64

_OCTETS, _SEQUENCE, _SET = 0x04, 0x30, 0x31
_CONTEXT_0, _CONTEXT_1 = 0xA0, 0xA1
_PRIMITIVE_0 = 0x80


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
class EnvelopedData:
    """EnvelopedData (RFC 5652 section 6.1) or, with `mac`, AuthEnvelopedData (RFC 5083)."""

    recipients: RecipientInfos
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
    der = to_der(data, members=False)
    outer = walk(der).enter(_SEQUENCE)
    kind = outer.oid()
    reader = _READERS.get(kind)
    if reader is None:
        raise UnsupportedError("the S/MIME part is of a kind this program does not read", f"content type {kind}")
    return reader(der, outer.enter(_CONTEXT_0).enter(_SEQUENCE))


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
        found.append(_signer_info(walk(to_der(signers.encoded(_SEQUENCE))).enter()))
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
    signer = certificate_id(cursor)
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


def _enveloped_data(der: bytes, cursor: Cursor) -> EnvelopedData:
    cursor.integer()
    cursor.optional(_CONTEXT_0)
    recipients = recipient_infos(cursor.enter(_SET))
    content_type, cipher, ciphertext = _encrypted_content(der, cursor.enter(_SEQUENCE))
    return EnvelopedData(
        recipients=recipients,
        content_type=content_type,
        cipher=cipher,
        ciphertext=ciphertext,
    )


def _auth_enveloped_data(der: bytes, cursor: Cursor) -> EnvelopedData:
    envelope = _enveloped_data(der, cursor)
    authenticated = cursor.encoded() if cursor.tag == _CONTEXT_1 else b""
    return replace(
        envelope,
        mac=cursor.content(_OCTETS),
        authenticated_attributes=bytes((_SET,)) + authenticated[1:] if authenticated else b"",
    )


def _encrypted_content(der: bytes, cursor: Cursor) -> tuple[str, Algorithm, memoryview]:
    content_type = cursor.oid()
    cipher = algorithm(cursor)
    content = cursor.take(_PRIMITIVE_0)
    return content_type, cipher, memoryview(der)[content.content : content.end]


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
