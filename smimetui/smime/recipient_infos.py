"""RecipientInfos (RFC 5652 section 6.2): for whom an envelope is, read one by one and only when wanted."""

from collections.abc import Iterator
from dataclasses import field

from smimetui.model.errors import FormatError
from smimetui.model.value import dataclass
from smimetui.smime.ber import to_der
from smimetui.smime.cms_ids import Algorithm, CertificateId, algorithm, certificate_id, issuer_and_serial
from smimetui.smime.cursor import Cursor, walk

# The largest lists an Exchange organisation expands hold some thousand members.
MOST_RECIPIENTS = 10_000

_BIT_STRING, _OCTETS, _SEQUENCE = 0x03, 0x04, 0x30
_CONTEXT_0, _CONTEXT_1 = 0xA0, 0xA1


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


@dataclass(frozen=True, slots=True)
class RecipientInfos:
    """All RecipientInfos of an envelope, as they stand."""

    encoded: tuple[bytes, ...] = field(repr=False)

    def __len__(self) -> int:
        return len(self.encoded)

    def __iter__(self) -> Iterator[Recipient]:
        """Yield all of the kinds that are read: not passwords and shared keys. Raises FormatError."""
        for info in self.encoded:
            yield from _recipients(info)

    def mentioning(self, *marks: bytes) -> Iterator[Recipient]:
        """Yield those in whose octets one of the marks occurs. Raises FormatError."""
        for info in self.encoded:
            if any(mark in info for mark in marks):
                yield from _recipients(info)


def recipient_infos(cursor: Cursor) -> RecipientInfos:
    """Take the members of a RecipientInfos SET. Raises FormatError past MOST_RECIPIENTS."""
    found: list[bytes] = []
    while not cursor.done:
        if len(found) >= MOST_RECIPIENTS:
            raise FormatError(f"the message has more than {MOST_RECIPIENTS:,} recipients")
        found.append(cursor.encoded())
    return RecipientInfos(tuple(found))


def _recipients(info: bytes) -> tuple[Recipient, ...]:
    cursor = walk(to_der(info))
    if cursor.tag == _SEQUENCE:
        return (_key_transport(cursor.enter()),)
    return _key_agreement(cursor.enter()) if cursor.tag == _CONTEXT_1 else ()


def _key_transport(cursor: Cursor) -> KeyTransport:
    cursor.integer()
    return KeyTransport(
        recipient=certificate_id(cursor),
        algorithm=algorithm(cursor),
        encrypted_key=cursor.content(_OCTETS),
    )


def _key_agreement(cursor: Cursor) -> tuple[KeyAgreement, ...]:
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
    found: list[KeyAgreement] = []
    while not keys.done:
        if len(found) >= MOST_RECIPIENTS:
            raise FormatError(f"the message has more than {MOST_RECIPIENTS:,} recipients")
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
    return tuple(found)


def _agreement_recipient(cursor: Cursor) -> CertificateId:
    if cursor.tag == _CONTEXT_0:
        return CertificateId(key_identifier=cursor.enter().content(_OCTETS))
    return issuer_and_serial(cursor)
