"""What is wrong with the issuers in a chain, as sentences that name them: an issuer that is known is not "unknown"."""

from collections.abc import Mapping

from cryptography import x509

from smimetui.model.certificate import Certificate
from smimetui.model.verdict import Fault, Problem, explain_issuer
from smimetui.smime.chain import Chain
from smimetui.smime.mail_names import addresses_permitted
from smimetui.smime.parsed import parse_certificate, quietly
from smimetui.smime.x509 import may_issue


def chain_faults(chain: Chain, found: Mapping[Problem, Certificate], *, names_refused: bool) -> tuple[Fault, ...]:
    """Return the reasons for those problems of an anchored chain that its first certificate is not to blame for.

    `found` holds whom each is about; `names_refused` tells that the rule broken is one on names.
    """
    return tuple(
        _broken_rule(chain, names_refused=names_refused)
        if problem is Problem.UNTRUSTED
        else Fault(problem=problem, certificate=culprit, reason=_reason(problem, culprit))
        for problem, culprit in found.items()
        if problem is Problem.UNTRUSTED or culprit != chain[0]
    )


def unknown_issuer(chain: Chain) -> tuple[Fault, ...]:
    """Return who is unknown where a chain ends without an anchor, if it is not the first certificate's issuer."""
    last = chain[-1]
    if len(chain) == 1:
        return ()
    name = last.issuer_common_name or last.issuer
    return (Fault(problem=Problem.UNTRUSTED, certificate=last, reason=f"issuer “{name}” is unknown here"),)


def _reason(problem: Problem, issuer: Certificate) -> str:
    if problem is not Problem.WRONG_USAGE:
        return explain_issuer(problem, issuer)
    if may_issue(issuer):
        return f"the issuer “{issuer.display_name}” is not for mail (extended key usage)"
    return f"the issuer “{issuer.display_name}” may not issue certificates (key usage)"


def _broken_rule(chain: Chain, *, names_refused: bool) -> Fault:
    """Return which rule of RFC 5280 section 6.1.4 a chain breaks, and who broke it."""
    certificate, *issuers = chain
    between = issuers[:-1]
    for issuer in between:
        if not may_issue(issuer):
            return _untrusted(issuer, _reason(Problem.WRONG_USAGE, issuer))
        if not issuer.is_ca:
            return _untrusted(issuer, f"the issuer “{issuer.display_name}” is no certificate authority")
    for number, issuer in enumerate(issuers):
        most = _path_length(issuer)
        below = sum(1 for lower in between[:number] if not lower.is_self_issued)
        if most is not None and below > most:
            return _untrusted(issuer, f"the issuer “{issuer.display_name}” allows fewer authorities below it")
    for issuer in issuers:
        if not addresses_permitted(certificate, (issuer,)):
            return _untrusted(issuer, f"the issuer “{issuer.display_name}” may not vouch for this address")
    if names_refused:
        return _untrusted(certificate, "an issuer may not vouch for the names in the certificate")
    anchor = chain[-1].display_name
    return _untrusted(certificate, f"the certificates up to “{anchor}” break a rule (RFC 5280)")


def _untrusted(culprit: Certificate, reason: str) -> Fault:
    return Fault(problem=Problem.UNTRUSTED, certificate=culprit, reason=reason)


def _path_length(issuer: Certificate) -> int | None:
    with quietly():
        extensions = parse_certificate(issuer.der).extensions
    try:
        return extensions.get_extension_for_class(x509.BasicConstraints).value.path_length
    except x509.ExtensionNotFound:
        return None
