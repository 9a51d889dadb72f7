"""The Online Certificate Status Protocol (RFC 6960): the question as bytes, and answers checked. Sends nothing."""

from dataclasses import field
from datetime import datetime, timedelta
from hashlib import new
from itertools import islice

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from smimetui.model.certificate import Certificate
from smimetui.model.errors import FormatError, UnsupportedError
from smimetui.model.value import dataclass
from smimetui.smime.certificate_id import certificate_fields
from smimetui.smime.chain import signed_by
from smimetui.smime.cursor import walk
from smimetui.smime.parsed import parse_certificate, quietly
from smimetui.smime.public_keys import public_key
from smimetui.smime.x509 import load_certificate, strength

# An answer without nextUpdate is good for the moment (RFC 6960 section 4.2.2.1); a moment is this long.
_MOMENT = timedelta(hours=1)
# One question, one answer; some responders add their neighbours.
_MOST_ANSWERS = 64
_MOST_RESPONDERS = 4
_WEAK = frozenset({"md5", "sha1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signature:
    """How a response was signed: by whom is found out by trying."""

    signed: bytes = field(repr=False)
    value: bytes = field(repr=False)
    digest: hashes.HashAlgorithm | None
    certificates: tuple[bytes, ...] = field(repr=False)
    """DER of those that came along."""

    def holds(self, signer: Certificate) -> bool:
        """Tell whether the key of a certificate made the signature."""
        digest = self.digest
        try:
            with quietly():
                match key := public_key(signer):
                    case rsa.RSAPublicKey() if digest is not None:
                        key.verify(self.value, self.signed, padding.PKCS1v15(), digest)
                    case ec.EllipticCurvePublicKey() if digest is not None:
                        key.verify(self.value, self.signed, ec.ECDSA(digest))
                    case ed25519.Ed25519PublicKey() | ed448.Ed448PublicKey() if digest is None:
                        key.verify(self.value, self.signed)
                    case _:
                        return False
        except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StatusAnswer:
    """What a responder says of one certificate. Two of them are never compared."""

    serial_number: int
    hash_name: str
    name_hash: bytes
    key_hash: bytes
    good: bool
    """The certificate is not revoked, and the digest of the signature is safe enough to stand for that."""
    revoked_at: datetime | None
    lasting: bool
    """A revocation that cannot be taken back."""
    next_update: datetime
    signature: _Signature = field(repr=False)

    def current(self, at: datetime) -> bool:
        """Tell whether it counts at a time; an answer made later knows more about that time, not less."""
        return at <= self.next_update

    def speaks_of(self, certificate: Certificate, issuer: Certificate) -> bool:
        """Tell whether the answer is about this certificate of this issuer (section 4.1.1)."""
        name, key = certificate_fields(certificate).issuer, _key_octets(issuer)
        said = (self.serial_number, self.name_hash, self.key_hash)
        return said == (certificate.serial_number, self._hash(name), self._hash(key))

    def holds(self, issuer: Certificate, at: datetime) -> bool:
        """Tell whether the issuer signed the answer, or a responder that the issuer appointed (section 4.2.2.2)."""
        if self.signature.holds(issuer):
            return True
        responders = (found for der in self.signature.certificates if (found := _loaded(der)) is not None)
        return any(self.signature.holds(found) and _appointed(found, issuer, at) for found in responders)

    def _hash(self, octets: bytes) -> bytes:
        return new(self.hash_name, octets, usedforsecurity=False).digest()


def load_answers(der: bytes) -> tuple[StatusAnswer, ...]:
    """Return the answers in a response; none for what is no response, or says that it has none."""
    try:
        with quietly():
            response = ocsp.load_der_ocsp_response(der)
            if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
                return ()
            signature = _Signature(
                signed=response.tbs_response_bytes,
                value=response.signature,
                digest=response.signature_hash_algorithm,
                certificates=tuple(
                    found.public_bytes(Encoding.DER) for found in response.certificates[:_MOST_RESPONDERS]
                ),
            )
            singles = islice(response.responses, _MOST_ANSWERS)
            return tuple(_answer(single, signature) for single in singles)
    except (ValueError, TypeError, UnsupportedAlgorithm, OverflowError):
        return ()


def _answer(single: ocsp.OCSPSingleResponse, signature: _Signature) -> StatusAnswer:
    safe = signature.digest is None or signature.digest.name not in _WEAK
    revoked = single.certificate_status is ocsp.OCSPCertStatus.REVOKED
    return StatusAnswer(
        serial_number=single.serial_number,
        hash_name=single.hash_algorithm.name,
        name_hash=single.issuer_name_hash,
        key_hash=single.issuer_key_hash,
        good=safe and single.certificate_status is ocsp.OCSPCertStatus.GOOD,
        revoked_at=single.revocation_time_utc if revoked else None,
        lasting=single.revocation_reason is not x509.ReasonFlags.certificate_hold,
        next_update=single.next_update_utc or single.this_update_utc + _MOMENT,
        signature=signature,
    )


def status_request(certificate: Certificate, issuer: Certificate) -> bytes:
    """Return the question about a certificate, DER. Raises UnsupportedError.

    SHA-1 only names the issuer here, and is the one digest every responder knows (RFC 5019 section 2.1.1). No nonce:
    it would make answers that a responder prepares impossible.
    """
    try:
        with quietly():
            parsed = parse_certificate(certificate.der), parse_certificate(issuer.der)
            builder = ocsp.OCSPRequestBuilder().add_certificate(*parsed, hashes.SHA1())  # noqa: S303 - see above
            return builder.build().public_bytes(Encoding.DER)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UnsupportedError("the certificate cannot be asked about") from error


def _loaded(der: bytes) -> Certificate | None:
    try:
        return load_certificate(der)
    except (FormatError, UnsupportedError):
        return None


def _appointed(responder: Certificate, issuer: Certificate, at: datetime) -> bool:
    """Tell whether a certificate was made by the issuer itself for answering in its name.

    Whether it was revoked in turn is not asked: such certificates live for days, and most say not to ask
    (id-pkix-ocsp-nocheck, section 4.2.2.2.1).
    """
    return (
        ExtendedKeyUsageOID.OCSP_SIGNING.dotted_string in (responder.extended_key_usage or ())
        and responder.not_before <= at <= responder.not_after
        and not strength(responder)
        and signed_by(responder, issuer)
    )


def _key_octets(certificate: Certificate) -> bytes:
    """Return the key without its algorithm, tag, length and number of unused bits (section 4.1.1)."""
    info = walk(certificate_fields(certificate).key).enter(0x30)
    info.take()
    return info.content(0x03)[1:]
