"""Candidate chains from a certificate to an anchor: names that fit and signatures that hold, nothing more.

Whether a chain is *valid* is `smime.path`'s; this module only keeps it from trying chains that cannot be.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from cryptography import x509
from cryptography.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa

from smimetui.model.certificate import Certificate
from smimetui.smime.der import SEQUENCE, child, read_field
from smimetui.smime.parsed import parse_certificate, quietly
from smimetui.smime.public_keys import public_key

Chain = tuple[Certificate, ...]
"""A certificate, its issuer, the issuer's issuer, …"""

# The longest path in public PKIs is 5; PKITS has 7.
_MOST_LENGTH = 12
# Cross-certified authorities multiply paths; a hostile message could make millions. Each costs a signature check, of
# 0.1 ms with a key of 2,048 bits, and the square of that with longer ones.
_MOST_CHECKS = 50
_USUAL_BITS = 2048
# Names of people and authorities have a hundred characters. Longer ones are compared as they stand.
_MOST_FOLDED = 2_000
_BLANKS = re.compile(r"(?:\\?\s)+")


class ChainBuilder:
    """Finds the chains of one certificate, within a budget of signature checks."""

    def __init__(self, anchors: Iterable[Certificate], others: Iterable[Certificate]) -> None:
        self._anchors = tuple(anchors)
        self._anchor_set = frozenset(self._anchors)
        self._others = tuple(dict.fromkeys(other for other in others if other not in self._anchor_set))
        self._checks = 0
        self.longest: Chain = ()
        """The longest chain seen so far, whether or not it ends at an anchor."""

    def chains(self, certificate: Certificate) -> Iterator[Chain]:
        """Yield the chains that end at an anchor, the anchor included, direct ones first."""
        if certificate in self._anchor_set:
            yield (certificate,)
        yield from self._extended((certificate,))

    def _extended(self, chain: Chain) -> Iterator[Chain]:
        if len(chain) > len(self.longest):
            self.longest = chain
        if len(chain) >= _MOST_LENGTH:
            return
        for anchor in self._issuers(chain, self._anchors):
            yield (*chain, anchor)
        for issuer in self._issuers(chain, self._others):
            yield from self._extended((*chain, issuer))

    def _issuers(self, chain: Chain, pool: Sequence[Certificate]) -> Iterator[Certificate]:
        certificate = chain[-1]
        exact = [candidate for candidate in pool if candidate.subject == certificate.issuer]
        for candidate in exact or _named_alike(certificate.issuer, pool):
            if candidate in chain or self._checks >= _MOST_CHECKS:
                continue
            self._checks += max(1, candidate.key_size // _USUAL_BITS) ** 2
            if signed_by(certificate, candidate):
                yield candidate


def longest_chain(certificate: Certificate, others: Iterable[Certificate]) -> Chain:
    """Return the certificate and its issuers among `others`, as far as they go; no anchor is needed."""
    builder = ChainBuilder((), others)
    next(builder.chains(certificate), None)
    return builder.longest


def signed_by(certificate: Certificate, issuer: Certificate) -> bool:
    """Tell whether the signature on `certificate` was made with the key of `issuer`; names are not compared."""
    try:
        with quietly():
            parsed = parse_certificate(certificate.der)
            return signature_holds(public_key(issuer), parsed, certificate.der)
    except (UnsupportedAlgorithm, ValueError, TypeError, InternalError):
        return False


def signature_holds(key: object, parsed: x509.Certificate | x509.CertificateRevocationList, der: bytes) -> bool:
    """Tell whether a certificate or revocation list, given parsed and as it came, was signed with `key`.

    Raises UnsupportedAlgorithm, ValueError or TypeError for a signature of another kind than the key.
    """
    # The received bytes: the library writes its own, and leaves unique identifiers out of them.
    field = child(der, read_field(der, 0, len(der)), SEQUENCE)
    signature, signed = parsed.signature, der[field.start : field.after]
    scheme, digest = parsed.signature_algorithm_parameters, parsed.signature_hash_algorithm
    try:
        match key:
            case rsa.RSAPublicKey() if digest is not None and isinstance(scheme, padding.PKCS1v15 | padding.PSS):
                key.verify(signature, signed, scheme, digest)
            case ec.EllipticCurvePublicKey() if isinstance(scheme, ec.ECDSA):
                key.verify(signature, signed, scheme)
            case dsa.DSAPublicKey() if digest is not None and scheme is None:
                key.verify(signature, signed, digest)
            case ed25519.Ed25519PublicKey() | ed448.Ed448PublicKey() if digest is None:
                key.verify(signature, signed)
            case _:
                return False
    except InvalidSignature:
        return False
    return True


def folded(name: str) -> str:
    """Return a name's text as RFC 5280 section 7.1 compares: without case, blanks folded. For finding, not deciding."""
    if len(name) > _MOST_FOLDED:
        return name
    text = _BLANKS.sub(" ", name.casefold())
    return text.replace("= ", "=").replace(" ,", ",").strip()


def _named_alike(name: str, pool: Sequence[Certificate]) -> list[Certificate]:
    wanted = folded(name)
    return [candidate for candidate in pool if folded(candidate.subject) == wanted]
