"""DSA keys that leave their parameters to the issuer's (RFC 3279 section 2.3.2): found before anything is verified."""

from collections.abc import Iterable
from dataclasses import replace

from smimetui.model.certificate import Certificate
from smimetui.smime.certificate_id import public_key_info
from smimetui.smime.chain import folded, signed_by
from smimetui.smime.cursor import walk

# Nobody makes such keys any more; a hostile message could bring thousands, in each of its layers. Each try costs a
# signature check of up to 2 ms.
_MOST_CHECKS = 8


def completed(certificates: Iterable[Certificate], issuers: Iterable[Certificate] = ()) -> tuple[Certificate, ...]:
    """Return certificates in their order, with the parameters they inherit from issuers among them or beside them.

    Only from a key that verifies the certificate are parameters taken. One without such an issuer stays as it is.
    """
    found = tuple(certificates)
    borrowers: dict[str, list[Certificate]] = {}
    for certificate in filter(_borrows, found):
        borrowers.setdefault(folded(certificate.issuer), []).append(certificate)
    if not borrowers:
        return found
    checks = _MOST_CHECKS
    lenders = [issuer for issuer in (*found, *issuers) if issuer.key_algorithm == "DSA" and not _borrows(issuer)]
    whole: dict[Certificate, Certificate] = {}
    # What is whole now may lend to others.
    for lender in lenders:
        for certificate in borrowers.get(folded(lender.subject), ()):
            if certificate in whole or not checks:
                continue
            checks -= 1
            if signed_by(certificate, lender):
                inherited = replace(certificate, key_size=lender.key_size, inherited_parameters=_parameters(lender))
                whole[certificate] = inherited
                lenders.append(inherited)
    return tuple(whole.get(certificate, certificate) for certificate in found)


def _borrows(certificate: Certificate) -> bool:
    return certificate.key_algorithm == "DSA" and not certificate.key_size


def _parameters(lender: Certificate) -> bytes:
    if lender.inherited_parameters:
        return lender.inherited_parameters
    algorithm = walk(public_key_info(lender)).enter(0x30).enter(0x30)
    algorithm.take(0x06)
    return algorithm.encoded(0x30)
