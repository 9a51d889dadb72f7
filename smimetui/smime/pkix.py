"""One chain under the rules of RFC 5280 section 6, with its CRLs: the bridge to pyhanko-certvalidator.

The library does signatures, names and name constraints, basic constraints, path length, policies, critical extensions
and CRLs (distribution points, indirect, delta). It fetches nothing: no fetcher is given, and none of what it awaits
waits.
"""

import logging
from collections.abc import Coroutine, Sequence
from datetime import datetime, timedelta
from typing import Any

from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as asn1_x509
from pyhanko_certvalidator.authority import CertTrustAnchor, TrustQualifiers
from pyhanko_certvalidator.context import ValidationContext
from pyhanko_certvalidator.errors import (
    DisallowedAlgorithmError,
    ExpiredError,
    InsufficientRevinfoError,
    NotYetValidError,
    RevokedError,
)
from pyhanko_certvalidator.name_trees import (
    default_excluded_subtrees,
    default_permitted_subtrees,
    process_general_subtrees,
)
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import (
    AcceptAllAlgorithms,
    AlgorithmUsagePolicy,
    CertRevTrustPolicy,
    DisallowWeakAlgorithmsPolicy,
    PKIXValidationParams,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)
from pyhanko_certvalidator.validate import async_validate_path

from smimetui.model.certificate import Certificate
from smimetui.model.verdict import Problem
from smimetui.smime.revocation import Evidence

# What the library logs of a failed chain holds names from hostile certificates, and would reach the terminal.
logging.getLogger("pyhanko_certvalidator").addHandler(logging.NullHandler())

_UNCHECKED = CertRevTrustPolicy(
    RevocationCheckingPolicy(RevocationCheckingRule.NO_CHECK, RevocationCheckingRule.NO_CHECK)
)
# A list made after the moment in question knows more about it, not less.
_CHECKED = CertRevTrustPolicy(
    RevocationCheckingPolicy(RevocationCheckingRule.CRL_OR_OCSP_REQUIRED, RevocationCheckingRule.CRL_OR_OCSP_REQUIRED),
    retroactive_revinfo=True,
)
_MEANING = (
    (RevokedError, Problem.REVOKED),
    (InsufficientRevinfoError, Problem.REVOCATION_UNKNOWN),
    (DisallowedAlgorithmError, Problem.WEAK_ALGORITHM),
    (ExpiredError, Problem.EXPIRED),
    (NotYetValidError, Problem.NOT_YET_VALID),
)
_WEAK_DIGESTS = frozenset({"md2", "md4", "md5", "sha1"})
_LEAST_BITS = 2048


class _Path(ValidationPath):  # type: ignore[misc]  # the library is not typed
    """A path whose anchor may be an intermediate certificate: the library then looks for the anchor's own issuer."""

    def truncate_to_issuer_and_append(self, cert: Any) -> Any:
        """Return the path to the issuer of a list: the anchor alone, where the anchor is the issuer."""
        if cert.sha256 == self.trust_anchor.authority.certificate.sha256:
            return _Path(self.trust_anchor, [], None)
        path = super().truncate_to_issuer_and_append(cert)
        return _Path(path.trust_anchor, list(path)[1:-1], path.leaf) if len(path) > 1 else path


def check_chain(chain: Sequence[Certificate], *, evidence: Evidence | None, at: datetime) -> tuple[Problem, ...]:
    """Return what RFC 5280 finds wrong with a chain that ends in its anchor, at a time when all of it is valid.

    With evidence, each certificate must be covered by it: REVOKED, or REVOCATION_UNKNOWN. A finding that can be
    forgiven does not hide the next: the chain is checked again without it.
    """
    problems: list[Problem] = []
    algorithms: AlgorithmUsagePolicy = DisallowWeakAlgorithmsPolicy(
        _WEAK_DIGESTS, rsa_key_size_threshold=_LEAST_BITS, dsa_key_size_threshold=_LEAST_BITS
    )
    while True:
        problem = _first_problem(chain, evidence, algorithms, at)
        if problem is None:
            return tuple(problems)
        problems.append(problem)
        if problem is Problem.WEAK_ALGORITHM and not isinstance(algorithms, AcceptAllAlgorithms):
            algorithms = AcceptAllAlgorithms()
        elif problem in {Problem.REVOCATION_UNKNOWN, Problem.REVOKED} and evidence is not None:
            evidence = None
        else:
            return tuple(problems)


def _first_problem(
    chain: Sequence[Certificate], evidence: Evidence | None, algorithms: AlgorithmUsagePolicy, at: datetime
) -> Problem | None:
    known = evidence or Evidence()
    try:
        *below, anchor = (asn1_x509.Certificate.load(certificate.der, strict=True) for certificate in chain)
        context = ValidationContext(
            trust_roots=[anchor],
            other_certs=[*below, *_loaded(asn1_x509.Certificate, [other.der for other in known.others])],
            moment=at,
            crls=_loaded(asn1_crl.CertificateList, known.crls),
            ocsps=_loaded(asn1_ocsp.OCSPResponse, known.ocsps),
            revinfo_policy=_CHECKED if evidence is not None else _UNCHECKED,
            algorithm_usage_policy=algorithms,
            time_tolerance=timedelta(0),
        )
        path = _Path(_trust(anchor), list(reversed(below[1:])), below[0])
        _run(async_validate_path(context, path))
    except Exception as error:  # noqa: BLE001 - a hostile certificate makes the parser raise any kind; none means "valid"
        return next((problem for kind, problem in _MEANING if isinstance(error, kind)), Problem.UNTRUSTED)
    return None


def _trust(anchor: Any) -> CertTrustAnchor:
    """Return an anchor whose own path length and name constraints bind, as its policies would not (RFC 5937)."""
    permitted, excluded = default_permitted_subtrees(), default_excluded_subtrees()
    constraints = anchor.name_constraints_value
    if constraints is not None:
        # An absent list is a Void, which is empty.
        permitted |= process_general_subtrees(constraints["permitted_subtrees"])
        excluded |= process_general_subtrees(constraints["excluded_subtrees"])
    parameters = PKIXValidationParams(initial_permitted_subtrees=permitted, initial_excluded_subtrees=excluded)
    length = anchor.max_path_length
    qualifiers = TrustQualifiers(standard_parameters=parameters, max_path_length=length, max_aa_path_length=length)
    return CertTrustAnchor(anchor, qualifiers)


def _loaded(kind: type[Any], values: Sequence[bytes]) -> list[Any]:
    """Return those of `values` that parse; a damaged list covers nothing, and that is found out by what it lacks."""
    found = []
    for value in values:
        try:
            found.append(kind.load(value, strict=True))
        except (ValueError, TypeError):
            continue
    return found


def _run(coroutine: Coroutine[Any, Any, object]) -> None:
    """Run a coroutine that never waits, on a thread with or without an event loop of its own."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    finally:
        coroutine.close()
    raise RuntimeError("the path library waited for something")
