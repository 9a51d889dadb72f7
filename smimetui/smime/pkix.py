"""One chain under the rules of RFC 5280 section 6.1: the bridge to pyhanko-certvalidator.

The library does signatures, names and name constraints, basic constraints, path length, policies and critical
extensions. It fetches nothing: no fetcher is given, and none of what it awaits waits. Revocation is
`smime.revocation`'s: the library takes a second for 7 MB of list, and says "not known" where "revoked" is known too.
"""

import logging
from collections.abc import Coroutine, Sequence
from datetime import datetime, timedelta
from typing import Any

from asn1crypto import x509 as asn1_x509
from pyhanko_certvalidator.authority import CertTrustAnchor, TrustQualifiers
from pyhanko_certvalidator.context import ValidationContext
from pyhanko_certvalidator.errors import (
    DisallowedAlgorithmError,
    ExpiredError,
    NotYetValidError,
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

# What the library logs of a failed chain holds names from hostile certificates, and would reach the terminal.
logging.getLogger("pyhanko_certvalidator").addHandler(logging.NullHandler())

_UNCHECKED = CertRevTrustPolicy(
    RevocationCheckingPolicy(RevocationCheckingRule.NO_CHECK, RevocationCheckingRule.NO_CHECK)
)
_MEANING = (
    (DisallowedAlgorithmError, Problem.WEAK_ALGORITHM),
    (ExpiredError, Problem.EXPIRED),
    (NotYetValidError, Problem.NOT_YET_VALID),
)
_WEAK_DIGESTS = frozenset({"md2", "md4", "md5", "sha1"})
_LEAST_BITS = 2048


def check_chain(chain: Sequence[Certificate], *, at: datetime) -> dict[Problem, str]:
    """Return what RFC 5280 finds wrong with a chain that ends in its anchor, at a time when all of it is valid.

    Beside each problem stand the library's words, which tell rules apart and are not for people.

    A weak algorithm does not hide what else is wrong: the chain is checked again without minding it.
    """
    problems: dict[Problem, str] = {}
    algorithms: AlgorithmUsagePolicy = DisallowWeakAlgorithmsPolicy(
        _WEAK_DIGESTS, rsa_key_size_threshold=_LEAST_BITS, dsa_key_size_threshold=_LEAST_BITS
    )
    while True:
        found = _first_problem(chain, algorithms, at)
        if found is None:
            return problems
        problem, words = found
        problems.setdefault(problem, words)
        if problem is Problem.WEAK_ALGORITHM and not isinstance(algorithms, AcceptAllAlgorithms):
            algorithms = AcceptAllAlgorithms()
        else:
            return problems


def _first_problem(
    chain: Sequence[Certificate], algorithms: AlgorithmUsagePolicy, at: datetime
) -> tuple[Problem, str] | None:
    try:
        *below, anchor = (asn1_x509.Certificate.load(certificate.der, strict=True) for certificate in chain)
        context = ValidationContext(
            trust_roots=[anchor],
            other_certs=below,
            moment=at,
            revinfo_policy=_UNCHECKED,
            algorithm_usage_policy=algorithms,
            time_tolerance=timedelta(0),
        )
        path = ValidationPath(_trust(anchor), list(reversed(below[1:])), below[0])
        _run(async_validate_path(context, path))
    except Exception as error:  # noqa: BLE001 - a hostile certificate makes the parser raise any kind; none means "valid"
        meaning = next((problem for kind, problem in _MEANING if isinstance(error, kind)), Problem.UNTRUSTED)
        return meaning, str(error)
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


def _run(coroutine: Coroutine[Any, Any, object]) -> None:
    """Run a coroutine that never waits, on a thread with or without an event loop of its own."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    finally:
        coroutine.close()
    raise RuntimeError("the path library waited for something")
