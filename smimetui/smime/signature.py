"""Signatures of SignedData (RFC 5652 section 5) checked one signer at a time; a signer's worth is not said here.

Every defect of the signature itself ends as `intact` False, never as an exception.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from hmac import compare_digest
from itertools import pairwise

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from smimetui.model.certificate import Certificate
from smimetui.model.errors import FormatError, UnsupportedError
from smimetui.model.value import dataclass
from smimetui.smime import oids
from smimetui.smime.certificate_id import names
from smimetui.smime.cms import SignedData, SignerInfo
from smimetui.smime.cms_ids import Algorithm, CertificateId, algorithm, issuer_and_serial
from smimetui.smime.cursor import walk
from smimetui.smime.mime import canonical
from smimetui.smime.public_keys import public_key
from smimetui.smime.recipients import HASHES, digest_name, mgf1_digest

_SHAKE_OCTETS = 64
# RFC 4055 section 3.1: the salt where the parameters do not say.
_DEFAULT_SALT = 20
# Of one issuer and serial number there is one certificate; more are bait.
_MOST_CANDIDATES = 4
_SET = 0x31
# The largest RSA modulus in use has 2,048 octets.
_MOST_SALT = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedSigner:
    """One SignerInfo after the check."""

    intact: bool
    """Digest, attributes and signature value hold, with the key of `certificate`."""
    certificate: Certificate | None
    """None if no certificate for the signer is at hand."""
    digest: str
    content_holds: bool = False
    """The content is the one the signed attributes speak of, whoever signed them."""
    weak: bool = False
    """A digest that is no longer safe took part."""
    forgeable: bool = False
    """One took part that anybody can make collide."""
    unsupported: str = ""
    """The identifier of an algorithm that is not known here; then `intact` is False for that reason alone."""
    signing_time: datetime | None = None
    capabilities: bytes | None = None
    encryption_preference: CertificateId | None = None


class Content:
    """The octets a signature covers; digests are computed once each."""

    def __init__(self, octets: memoryview, *, is_text: bool) -> None:
        self._octets = octets
        self._is_text = is_text
        self._digests: dict[tuple[str, bool], bytes] = {}
        self._canonical: bytes | None = None

    def forms(self) -> Iterator[bytes | memoryview]:
        """Yield the octets as they stand and, for a detached part, with the line ends as they were signed."""
        yield self._octets
        if self._is_text:
            if self._canonical is None:
                self._canonical = canonical(self._octets)
            if len(self._canonical) != len(self._octets):
                yield self._canonical

    def digests(self, name: str) -> Iterator[bytes]:
        """Yield the digest of each form."""
        for position, form in enumerate(self.forms()):
            key = (name, bool(position))
            if key not in self._digests:
                self._digests[key] = _digest(name, form)
            yield self._digests[key]


def check_signers(
    signed: SignedData, content: Content, certificates: Sequence[Certificate]
) -> tuple[CheckedSigner, ...]:
    """Check each signer of `signed` over `content`; `certificates` are searched for the signers'."""
    return tuple(_check(signer, signed.content_type, content, certificates) for signer in signed.signers)


def _check(
    signer: SignerInfo, content_type: str, content: Content, certificates: Sequence[Certificate]
) -> CheckedSigner:
    candidates = [certificate for certificate in certificates if names(signer.signer, certificate)]
    certificate = candidates[0] if candidates else None
    holds, intact, weak, forgeable, unsupported = False, False, False, False, ""
    digest = oids.DIGESTS.get(signer.digest.oid, "")
    try:
        digest = digest_name(signer.digest)
        digests = {digest, _signature_digest(signer, digest)}
        weak, forgeable = bool(oids.WEAK_DIGESTS & digests), bool(oids.FORGEABLE_DIGESTS & digests)
        holds = _attributes_hold(signer, content_type, digest, content)
        for candidate in candidates[:_MOST_CANDIDATES] if holds else ():
            if _value_holds(signer, candidate, digest, content) and _names_certificate(signer, candidate):
                certificate, intact = candidate, True
                break
    except UnsupportedError as error:
        unsupported = error.hint or error.summary
    except FormatError:
        intact = False
    return CheckedSigner(
        intact=intact,
        certificate=certificate,
        digest=digest or signer.digest.oid,
        content_holds=holds,
        weak=weak,
        forgeable=forgeable,
        unsupported=unsupported,
        signing_time=_signing_time(signer),
        capabilities=next(iter(signer.attributes.get(oids.CAPABILITIES, ())), None),
        encryption_preference=_preference(signer),
    )


def _attributes_hold(signer: SignerInfo, content_type: str, digest: str, content: Content) -> bool:
    """Tell whether content type and digest are signed as they are (RFC 5652 sections 5.3, 11.1, 11.2).

    The content is mail (RFC 8551 section 2.4.1): what somebody signed as a time stamp, say, does not pass for a letter.
    """
    if content_type != oids.DATA:
        return False
    if signer.signed_attributes is None:
        # Without signed attributes a signature over attributes could pass for one over content that is their DER.
        return not _looks_like_attributes(content)
    types = signer.attributes.get(oids.CONTENT_TYPE, ())
    digests = signer.attributes.get(oids.MESSAGE_DIGEST, ())
    if len(types) != 1 or len(digests) != 1 or walk(types[0]).oid() != content_type:
        return False
    signed = walk(digests[0]).content(0x04)
    return any(compare_digest(signed, found) for found in content.digests(digest))


def _digest(name: str, octets: bytes | memoryview) -> bytes:
    if name == "shake256":
        return hashlib.shake_256(octets).digest(_SHAKE_OCTETS)
    return hashlib.new(name, octets, usedforsecurity=False).digest()


def _looks_like_attributes(content: Content) -> bool:
    octets = next(content.forms())
    return len(octets) > 0 and octets[0] == _SET


def _value_holds(signer: SignerInfo, certificate: Certificate, digest: str, content: Content) -> bool:
    """Verify the signature value with a certificate's key, over the received attributes or, without, the content."""
    try:
        key = public_key(certificate)
    except (ValueError, UnsupportedAlgorithm):
        if certificate.key_size:
            return False
        raise UnsupportedError("the signer's key borrows parameters of an issuer that is not at hand") from None
    attributes = signer.signed_attributes
    if isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        if signer.algorithm.oid not in {oids.ED25519, oids.ED448}:
            return False
        covered = [attributes] if attributes is not None else list(content.forms())
        return any(_holds(partial(key.verify, signer.signature, bytes(octets))) for octets in covered)
    hashed = _signature_digest(signer, digest)
    if hashed not in HASHES:
        raise UnsupportedError("the signature is of a kind this program does not know", signer.algorithm.oid)
    digests = [_digest(hashed, attributes)] if attributes is not None else list(content.digests(hashed))
    prehashed = Prehashed(HASHES[hashed])
    if isinstance(key, rsa.RSAPublicKey):
        scheme = _rsa_padding(signer.algorithm)
        return any(_holds(partial(key.verify, signer.signature, value, scheme, prehashed)) for value in digests)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return any(_holds(partial(key.verify, signer.signature, value, ec.ECDSA(prehashed))) for value in digests)
    if isinstance(key, dsa.DSAPublicKey) and signer.algorithm.oid in oids.DSA_SIGNATURES:
        return any(_holds(partial(key.verify, signer.signature, value, prehashed)) for value in digests)
    raise UnsupportedError("the signature is made with a key of a kind this program does not know")


def _holds(verify: Callable[[], None]) -> bool:
    try:
        verify()
    except (InvalidSignature, ValueError, UnsupportedAlgorithm, OverflowError):
        return False
    return True


def _signature_digest(signer: SignerInfo, digest: str) -> str:
    """Return the digest under the signature value: named by the algorithm, else the signer's; empty if unknown."""
    scheme = signer.algorithm
    if scheme.oid == oids.RSA_PSS:
        return _pss(scheme)[0]
    named = oids.SIGNATURES.get(scheme.oid)
    return "" if named is None else named or digest


def _rsa_padding(scheme: Algorithm) -> padding.AsymmetricPadding:
    if scheme.oid in oids.RSA_SIGNATURES:
        return padding.PKCS1v15()
    if scheme.oid != oids.RSA_PSS:
        raise UnsupportedError("the signature is of a kind this program does not know", scheme.oid)
    _, mgf_digest, salt = _pss(scheme)
    return padding.PSS(mgf=padding.MGF1(HASHES[mgf_digest]), salt_length=salt)


def _pss(scheme: Algorithm) -> tuple[str, str, int]:
    """Return digest, mask generation's digest and octets of salt (RFC 4055 section 3.1). Raises UnsupportedError."""
    digest = mgf_digest = "sha1"
    salt = _DEFAULT_SALT
    if scheme.parameters:
        parameters = walk(scheme.parameters).enter(0x30)
        if parameters.tag == 0xA0:  # noqa: PLR2004 - hashAlgorithm [0]
            digest = digest_name(algorithm(parameters.enter()))
        if parameters.tag == 0xA1:  # noqa: PLR2004 - maskGenAlgorithm [1]
            mgf_digest = mgf1_digest(algorithm(parameters.enter()))
        if parameters.tag == 0xA2:  # noqa: PLR2004 - saltLength [2]
            salt = parameters.enter().integer()
    if digest not in HASHES or mgf_digest not in HASHES or not 0 <= salt <= _MOST_SALT:
        raise UnsupportedError("the signature's PSS parameters are not known here", scheme.oid)
    return digest, mgf_digest, salt


def _names_certificate(signer: SignerInfo, certificate: Certificate) -> bool:
    """Tell whether the signing-certificate attributes, where there are any, mean this certificate (RFC 5035, 2634).

    Without this check, another certificate for the same key could stand in for the one that was signed with.
    """
    for values, default in (
        (signer.attributes.get(oids.SIGNING_CERTIFICATE_V2, ()), "sha256"),
        (signer.attributes.get(oids.SIGNING_CERTIFICATE, ()), "sha1"),
    ):
        for value in values:
            # The first identifier is the signer's own; others would limit the path.
            first = walk(value).enter(0x30).enter(0x30).enter(0x30)
            digest = digest_name(algorithm(first)) if first.tag == 0x30 else default  # noqa: PLR2004 - SEQUENCE
            if not compare_digest(_digest(digest, certificate.der), first.content(0x04)):
                return False
    return True


def _signing_time(signer: SignerInfo) -> datetime | None:
    """Return the signing time (RFC 5652 section 11.3); None where there is none that is valid."""
    values = signer.attributes.get(oids.SIGNING_TIME, ())
    try:
        text = walk(values[0]).content(0x17, 0x18).decode("ascii") if len(values) == 1 else ""
        if not text.endswith("Z") or not text[:-1].isdigit():
            return None
        if len(text) == len("YYMMDDHHMMSSZ"):
            # RFC 5652: a two-digit year below 50 lies in this century.
            text = ("20" if text < "50" else "19") + text
        if len(text) != len("YYYYMMDDHHMMSSZ"):
            return None
        # strptime takes ten times as long.
        year, month, day, hour, minute, second = (
            int(text[start:end]) for start, end in pairwise((0, 4, 6, 8, 10, 12, 14))
        )
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except (FormatError, ValueError):
        return None


def _preference(signer: SignerInfo) -> CertificateId | None:
    """Return the certificate the signer asks to be written to with (RFC 8551 section 2.5.3, or Outlook's form)."""
    try:
        for value in signer.attributes.get(oids.ENCRYPTION_KEY_PREFERENCE, ()):
            choice = walk(value)
            if choice.tag == 0xA0:  # noqa: PLR2004 - issuerAndSerialNumber [0]
                inner = choice.enter()
                return CertificateId(issuer=inner.encoded(0x30), serial=inner.integer())
            if choice.tag == 0xA1:  # noqa: PLR2004 - receipentKeyId [1]
                return CertificateId(key_identifier=choice.enter().content(0x04))
            if choice.tag == 0x82:  # noqa: PLR2004 - subjectAltKeyIdentifier [2]
                return CertificateId(key_identifier=choice.content())
        for value in signer.attributes.get(oids.MICROSOFT_KEY_PREFERENCE, ()):
            return issuer_and_serial(walk(value))
    except FormatError:
        return None
    return None
