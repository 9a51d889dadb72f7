"""Certification paths (RFC 5280 section 6, RFC 8550): from a certificate to an anchor, with all that is wrong there.

Pins are not considered: a pinned certificate may still be revoked, and the caller must hear of it. No clock, no
network: revocation is judged by the lists the policy brings.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from smimetui.model.certificate import Certificate, Purpose
from smimetui.model.value import dataclass
from smimetui.model.verdict import AGED, Fault, Problem
from smimetui.smime.chain import Chain, ChainBuilder
from smimetui.smime.chain_faults import chain_faults, unknown_issuer
from smimetui.smime.chain_rules import broken_rules
from smimetui.smime.dsa_parameters import completed
from smimetui.smime.mail_names import addresses_permitted
from smimetui.smime.revocation import Inquiry, RevocationMode, evidence_of
from smimetui.smime.x509 import allows_mail, may_issue, strength, usage_allows

# Each chain costs 3 to 9 ms; a message could bring cross-certificates for hundreds.
_MOST_CHAINS = 8
# What the path library says of name constraints; where it ceases to, the reason becomes a general one.
_NAMES_REFUSED = "namespace"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustPolicy:
    """Whom a person trusts, and what is known of revocation.

    `pinned` maps a certificate's SHA-256 to the keys of the addresses it is installed for. `crls` and `ocsps` are DER
    and not yet believed; `revocation` says what it means where they do not speak of a certificate.
    """

    anchors: tuple[Certificate, ...] = ()
    intermediates: tuple[Certificate, ...] = ()
    crls: tuple[bytes, ...] = field(default=(), repr=False)
    pinned: Mapping[str, frozenset[str]] = field(default_factory=dict)
    ocsps: tuple[bytes, ...] = field(default=(), repr=False)
    revocation: RevocationMode = RevocationMode.SOFT


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """The best path found; valid where `problems` is empty.

    `chain` runs from the certificate to the anchor, or as far as it is known. `faults` holds the reason of each problem
    that is not the first certificate's own.
    """

    chain: Chain
    problems: tuple[Problem, ...]
    anchor: Certificate | None
    faults: tuple[Fault, ...] = ()


def validate(
    certificate: Certificate,
    *,
    policy: TrustPolicy,
    extra: tuple[Certificate, ...] = (),
    purpose: Purpose,
    at: datetime,
) -> Path:
    """Return the best path of a certificate to one of the policy's anchors at a time.

    `extra` are certificates that came along and may be issuers; none is trusted. UNTRUSTED where no chain ends at an
    anchor, or none keeps the rules. A revoked certificate is reported whichever way its chain ends.
    """
    # 1 candidate chains: names fit, signatures hold
    certificate, *more = completed((certificate, *extra, *policy.intermediates), policy.anchors)
    others = tuple(more)
    builder = ChainBuilder(policy.anchors, others)
    best: Path | None = None
    for number, chain in enumerate(builder.chains(certificate), start=1):
        path = _judged(chain, policy, others, purpose, at)
        if not path.problems:
            return path
        if best is None or _rank(path) < _rank(best):
            best = path
        if number == _MOST_CHAINS:
            break
    if best is not None:
        return best
    # No anchor. What the known part of the chain says still counts: revoked beats a pin. Whether it keeps the rules
    # does not, and to find that out could take whoever made it up as long as they like.
    chain = builder.longest
    found = _problems(chain, policy, others, purpose, at)
    faults = chain_faults(chain, found, names_refused=False)
    # Nobody is there to ask: an issuer that is unknown says all of it.
    problems = [problem for problem in found if problem not in {Problem.UNTRUSTED, Problem.REVOCATION_UNKNOWN}]
    return Path(
        chain=chain, problems=(Problem.UNTRUSTED, *problems), anchor=None, faults=(*unknown_issuer(chain), *faults)
    )


def is_revoked(
    certificate: Certificate, *, policy: TrustPolicy, extra: tuple[Certificate, ...] = (), at: datetime
) -> bool:
    """Tell whether a certificate, or an issuer of it, is known to be revoked, whatever else is wrong with its path."""
    evidence = evidence_of(policy.crls, policy.ocsps)
    if evidence.empty:
        return False
    certificate, *others = completed((certificate, *extra, *policy.intermediates), policy.anchors)
    builder = ChainBuilder(policy.anchors, others)
    chain = next(builder.chains(certificate), None) or builder.longest
    moment = _moment(chain, at)
    if moment is None:
        return False
    inquiry = Inquiry(evidence=evidence, others=tuple(others), at=moment)
    return Problem.REVOKED in inquiry.problems(chain, policy.revocation)


def _judged(chain: Chain, policy: TrustPolicy, others: tuple[Certificate, ...], purpose: Purpose, at: datetime) -> Path:
    """Return a chain that ends in an anchor, with everything that is wrong with it."""
    found = _problems(chain, policy, others, purpose, at)
    rules: dict[Problem, str] = {}
    # 4 the chain as a whole
    moment = _moment(chain, at)
    if len(chain) > 1 and moment is not None:
        rules = broken_rules(chain, at=moment)
        for problem in rules:
            # The library minds keys and digests alike, of whom step 2 has said more.
            if problem is not Problem.WEAK_ALGORITHM or AGED.isdisjoint(found):
                found.setdefault(problem, chain[0])
    # 5 name constraints on every mail address
    if not addresses_permitted(chain[0], chain[1:]):
        found.setdefault(Problem.UNTRUSTED, chain[0])
    names_refused = _NAMES_REFUSED in rules.get(Problem.UNTRUSTED, "")
    faults = chain_faults(chain, found, names_refused=names_refused)
    return Path(chain=chain, problems=tuple(found), anchor=chain[-1], faults=faults)


def _problems(
    chain: Chain, policy: TrustPolicy, others: tuple[Certificate, ...], purpose: Purpose, at: datetime
) -> dict[Problem, Certificate]:
    """Return what is wrong with the certificates of a chain, each with the first it is about."""
    found: dict[Problem, Certificate] = {}
    # 2 each certificate by itself: validity, usage, strength
    for certificate in chain:
        for problem in _own_problems(certificate, chain, purpose, at):
            found.setdefault(problem, certificate)
    # 3 revocation, at a time when all of the chain was valid
    moment = _moment(chain, at)
    if len(chain) > 1 and moment is not None:
        inquiry = Inquiry(evidence=evidence_of(policy.crls, policy.ocsps), others=others, at=moment)
        found |= inquiry.problems(chain, policy.revocation)
    return found


def _own_problems(certificate: Certificate, chain: Chain, purpose: Purpose, at: datetime) -> tuple[Problem, ...]:
    problems = []
    if at > certificate.not_after:
        problems.append(Problem.EXPIRED)
    if at < certificate.not_before:
        problems.append(Problem.NOT_YET_VALID)
    allowed = usage_allows(certificate, purpose) if certificate == chain[0] else may_issue(certificate)
    if not allowed or not allows_mail(certificate):
        problems.append(Problem.WRONG_USAGE)
    problems.extend(strength(certificate, anchor=certificate == chain[-1]))
    return tuple(problems)


def _moment(chain: Chain, at: datetime) -> datetime | None:
    """Return the time nearest to `at` when every certificate of the chain was valid, or None."""
    start = max(certificate.not_before for certificate in chain)
    end = min(certificate.not_after for certificate in chain)
    return min(max(at, start), end) if start <= end else None


def _rank(path: Path) -> tuple[bool, int]:
    """Order failed paths: one that says "revoked" first, then those with the fewest faults."""
    return Problem.REVOKED not in path.problems, len(path.problems)
