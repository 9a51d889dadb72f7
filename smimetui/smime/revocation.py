"""Which revocation lists bear on a chain, and are what they say they are.

Only a list that names an issuer of the chain (or an indirect issuer that the chain's certificates name) reaches the
path library, and only after its signature was verified here: the library accepts lists of sibling authorities, and
in recursion lists whose signature it never verified.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from smimetui.model.certificate import Certificate
from smimetui.model.errors import FormatError
from smimetui.smime.chain import Chain, folded, signature_holds, signed_by
from smimetui.smime.der import INTEGER, SEQUENCE, child, read_field
from smimetui.smime.names import decode_name, name_text
from smimetui.smime.x509 import quietly


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a chain is checked with: revocation data as DER, and the certificates that may have signed it."""

    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()
    others: tuple[Certificate, ...] = ()


def relevant_evidence(chain: Chain, evidence: Evidence) -> Evidence:
    """Return the lists that cover certificates of the chain, and the certificates outside it that signed them.

    A list counts when its signature holds under a certificate with its issuer's name that is in the chain, or that an
    authority of the chain issued.
    """
    names = {folded(certificate.issuer) for certificate in chain}
    names.update(name for certificate in chain for name in _indirect_issuers(certificate))
    lists = [(name, der) for der in evidence.crls if (name := _issuer_name(der)) in names]
    signers: dict[str, list[Certificate]] = {}
    for certificate in _signers(chain, evidence.others, {name for name, _ in lists}):
        signers.setdefault(folded(certificate.subject), []).append(certificate)
    crls = tuple(der for name, der in lists if any(_signed_list(der, signer) for signer in signers.get(name, ())))
    others = tuple(signer for group in signers.values() for signer in group if signer not in chain)
    return Evidence(crls=crls, ocsps=evidence.ocsps, others=others)


def _signers(chain: Chain, others: Iterable[Certificate], names: set[str]) -> Iterator[Certificate]:
    yield from chain
    for other in dict.fromkeys(others):
        if other not in chain and folded(other.subject) in names and _issued_by_any(other, chain[1:]):
            yield other


def _issued_by_any(certificate: Certificate, authorities: Sequence[Certificate]) -> bool:
    issuer = folded(certificate.issuer)
    return any(folded(authority.subject) == issuer and signed_by(certificate, authority) for authority in authorities)


def _issuer_name(der: bytes) -> str:
    """Return the folded name of a list's issuer, or an empty string for what is no list."""
    try:
        to_be_signed = child(der, read_field(der, 0, len(der)), SEQUENCE)
        field = read_field(der, to_be_signed.content, to_be_signed.end)
        if field.tag == INTEGER:
            field = read_field(der, field.after, to_be_signed.end)
        issuer = read_field(der, field.after, to_be_signed.end)
        return folded(name_text(decode_name(der, issuer.content, issuer.end)))
    except FormatError:
        return ""


def _indirect_issuers(certificate: Certificate) -> Iterator[str]:
    """Yield the folded names in cRLIssuer of the distribution points (RFC 5280 section 4.2.1.13)."""
    try:
        with quietly():
            extensions = x509.load_der_x509_certificate(certificate.der).extensions
        points = extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except (x509.ExtensionNotFound, ValueError):
        return
    for name in [name for point in points for name in point.crl_issuer or ()]:
        if isinstance(name, x509.DirectoryName):
            der = name.value.public_bytes()
            field = read_field(der, 0, len(der))
            yield folded(name_text(decode_name(der, field.content, field.end)))


def _signed_list(der: bytes, signer: Certificate) -> bool:
    try:
        with quietly():
            parsed = x509.load_der_x509_crl(der)
            key = x509.load_der_x509_certificate(signer.der).public_key()
            return signature_holds(key, parsed, der)
    except (UnsupportedAlgorithm, ValueError, TypeError):
        return False
