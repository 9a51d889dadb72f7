"""SignedData made (RFC 5652 section 5): one signer, the signed attributes, the certificates to check it with."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256

from smimetui.model.certificate import Certificate
from smimetui.model.errors import IdentityError
from smimetui.model.value import dataclass
from smimetui.smime import oids
from smimetui.smime.ber import field, field_header, identifier, integer, octet_string, sequence, set_of
from smimetui.smime.certificate_id import identify
from smimetui.smime.identity import Identity

_NULL = b"\x05\x00"
# SMIMECapabilities (RFC 8551 section 2.5.2), best first: what this program reads.
_CAPABILITIES = sequence(
    *(
        sequence(identifier(dotted))
        for dotted in (
            oids.AES256_GCM,
            "2.16.840.1.101.3.4.1.6",
            oids.AES256_CBC,
            "2.16.840.1.101.3.4.1.22",
            "2.16.840.1.101.3.4.1.2",
            oids.RSA_OAEP,
        )
    )
)
# RFC 5754 section 3, RFC 8419 section 3.1: the digest as strong as the curve.
_CURVE_DIGESTS = {"P-384": "sha384", "P-521": "sha512", "brainpoolP384r1": "sha384", "brainpoolP512r1": "sha512"}


_EDWARDS = {"Ed25519": oids.ED25519, "Ed448": oids.ED448}


def digest_for(certificate: Certificate) -> str:
    """Return the digest (hashlib's name) to sign with. Raises IdentityError for a key that does not sign."""
    kind = certificate.key_algorithm
    if kind in _EDWARDS:
        # RFC 8419 section 3.1 wants SHAKE256 beside Ed448, which no multipart/signed has a name for.
        return "sha512"
    if kind not in {"RSA", "EC"}:
        raise IdentityError(f"a key of the kind {kind} does not sign")
    return _CURVE_DIGESTS.get(certificate.curve, "sha256")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """Who signs, when, and with which certificate to answer."""

    identity: Identity
    date: datetime
    encryption_certificate: Certificate | None = None
    """For answers, where it is not the signer's own."""

    @property
    def digest(self) -> str:
        """The digest's name."""
        return digest_for(self.identity.certificate)

    def detached(self, content_digest: bytes) -> bytes:
        """Return a ContentInfo (DER) without content. Raises IdentityError."""
        return b"".join(self._structure(content_digest, (), 0))

    def opaque(self, content_digest: bytes, content: Sequence[bytes], size: int) -> Iterator[bytes]:
        """Yield a ContentInfo (DER) around `content` of `size` octets, in pieces. Raises IdentityError."""
        return self._structure(content_digest, content, size)

    def _structure(self, content_digest: bytes, content: Sequence[bytes], size: int) -> Iterator[bytes]:
        signer = self._signer_info(content_digest)
        trailer = field(0xA0, *(certificate.der for certificate in self._certificates())) + set_of(signer)
        octets = field_header(0x04, size) if content else b""
        wrapper = field_header(0xA0, len(octets) + size) + octets if content else b""
        kind = identifier(oids.DATA)
        inside = field_header(0x30, len(kind) + len(wrapper) + size) + kind + wrapper
        head = integer(1) + field(0x31, _digest_algorithm(self.digest)) + inside
        length = len(head) + size + len(trailer)
        body = field_header(0x30, length) + head
        signed = identifier(oids.SIGNED_DATA) + field_header(0xA0, len(body) - len(head) + length) + body
        yield field_header(0x30, len(signed) + size + len(trailer)) + signed
        yield from content
        yield trailer

    def _signer_info(self, content_digest: bytes) -> bytes:
        certificate = self.identity.certificate
        attributes = self._attributes(content_digest)
        signature = self.identity.sign(attributes, self.digest)
        who = identify(certificate)
        return sequence(
            integer(1),
            sequence(who.issuer, integer(who.serial)),
            _digest_algorithm(self.digest),
            # The tag of the SET that was signed gives way to the implicit one (RFC 5652 section 5.4).
            b"\xa0" + attributes[1:],
            _signature_algorithm(certificate, self.digest),
            octet_string(signature),
        )

    def _attributes(self, content_digest: bytes) -> bytes:
        certificate = self.identity.certificate
        answers_to = identify(self.encryption_certificate or certificate)
        this_one = octet_string(sha256(certificate.der).digest())
        preference = field(0xA0, answers_to.issuer, integer(answers_to.serial))
        return set_of(
            _attribute(oids.CONTENT_TYPE, identifier(oids.DATA)),
            _attribute(oids.SIGNING_TIME, _time(self.date)),
            _attribute(oids.MESSAGE_DIGEST, octet_string(content_digest)),
            _attribute(oids.CAPABILITIES, _CAPABILITIES),
            _attribute(oids.ENCRYPTION_KEY_PREFERENCE, preference),
            _attribute(oids.SIGNING_CERTIFICATE_V2, sequence(sequence(sequence(this_one)))),
        )

    def _certificates(self) -> tuple[Certificate, ...]:
        """Return the signer's certificate, the one for answers and the issuers, no root: its receiver must have it."""
        own = [self.identity.certificate]
        if self.encryption_certificate is not None:
            own.append(self.encryption_certificate)
        issuers = [certificate for certificate in self.identity.chain if not certificate.is_self_issued]
        return tuple(dict.fromkeys((*own, *issuers)))


def _attribute(kind: str, value: bytes) -> bytes:
    return sequence(identifier(kind), set_of(value))


def _time(moment: datetime) -> bytes:
    """Return a Time (RFC 5652 section 11.3): UTCTime until 2049."""
    utc = moment.astimezone(UTC)
    if 1950 <= utc.year < 2050:  # noqa: PLR2004 - the reach of a two-digit year
        return field(0x17, utc.strftime("%y%m%d%H%M%SZ").encode())
    return field(0x18, utc.strftime("%Y%m%d%H%M%SZ").encode())


def _digest_algorithm(name: str) -> bytes:
    return sequence(identifier(oids.DIGEST_IDENTIFIERS[name]))


def _signature_algorithm(certificate: Certificate, digest: str) -> bytes:
    if certificate.key_algorithm == "RSA":
        return sequence(identifier(oids.RSA), _NULL)
    if certificate.key_algorithm == "EC":
        return sequence(identifier(oids.ECDSA_IDENTIFIERS[digest]))
    return sequence(identifier(_EDWARDS[certificate.key_algorithm]))
