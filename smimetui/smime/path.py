"""Certification paths (RFC 5280 section 6, RFC 8550): from a certificate to an anchor, with all that is wrong there.

Pins are not considered: a pinned certificate may still be revoked, and the caller must hear of it. No clock, no
network: revocation is judged by the lists the policy brings.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from smimetui.model.certificate import Certificate, Purpose
from smimetui.model.verdict import Problem
from smimetui.smime.chain import Chain, ChainBuilder
from smimetui.smime.dsa_parameters import completed
from smimetui.smime.mail_names import addresses_permitted
from smimetui.smime.revocation import Inquiry, RevocationMode, evidence_of
from smimetui.smime.x509 import allows_mail, strength, usage_allows

# Each chain costs 3 to 9 ms; a message could bring cross-certificates for hundreds.
_MOST_CHAINS = 8


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

    `chain` runs from the certificate to the anchor, or as far as it is known. `culprits` names the certificate of the
    chain a problem is about, where it is not the first.
    """

    chain: Chain
    problems: tuple[Problem, ...]
    anchor: Certificate | None
    culprits: Mapping[Problem, Certificate] = field(default_factory=dict)


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
    # No anchor. What the known part of the chain says still counts: revoked beats a pin.
    path = _judged(builder.longest, policy, others, purpose, at)
    found = dict.fromkeys((Problem.UNTRUSTED, *path.problems))
    # Nobody is there to ask: an issuer that is unknown says all of it.
    problems = tuple(problem for problem in found if problem is not Problem.REVOCATION_UNKNOWN)
    return Path(chain=path.chain, problems=problems, anchor=None, culprits=path.culprits)


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
    """Return the chain with everything that is wrong with it, its last certificate taken for an anchor."""
    found: dict[Problem, Certificate] = {}
    # 2 each certificate by itself: validity, usage, strength
    for certificate in chain:
        for problem in _own_problems(certificate, chain, purpose, at):
            found.setdefault(problem, certificate)
    # 3 the chain as a whole, and revocation, at a time when all of it was valid
    moment = _moment(chain, at)
    if len(chain) > 1 and moment is not None:
        from smimetui.smime.pkix import check_chain

        inquiry = Inquiry(evidence=evidence_of(policy.crls, policy.ocsps), others=others, at=moment)
        found |= inquiry.problems(chain, policy.revocation)
        for problem in check_chain(chain, at=moment):
            found.setdefault(problem, chain[0])
    # 4 name constraints on every mail address
    if not addresses_permitted(chain[0], chain[1:]):
        found.setdefault(Problem.UNTRUSTED, chain[0])
    culprits = {problem: certificate for problem, certificate in found.items() if certificate != chain[0]}
    return Path(chain=chain, problems=tuple(found), anchor=chain[-1], culprits=culprits)


def _own_problems(certificate: Certificate, chain: Chain, purpose: Purpose, at: datetime) -> tuple[Problem, ...]:
    problems = []
    if at > certificate.not_after:
        problems.append(Problem.EXPIRED)
    if at < certificate.not_before:
        problems.append(Problem.NOT_YET_VALID)
    allowed = usage_allows(certificate, purpose) if certificate == chain[0] else _may_issue(certificate)
    if not allowed or not allows_mail(certificate):
        problems.append(Problem.WRONG_USAGE)
    problems.extend(strength(certificate, anchor=certificate == chain[-1]))
    return tuple(problems)


def _may_issue(certificate: Certificate) -> bool:
    """RFC 5280 section 4.2.1.3: keyCertSign, where the extension is there. Basic constraints are checked in step 3."""
    return certificate.key_usage is None or "keyCertSign" in certificate.key_usage


def _moment(chain: Chain, at: datetime) -> datetime | None:
    """Return the time nearest to `at` when every certificate of the chain was valid, or None."""
    start = max(certificate.not_before for certificate in chain)
    end = min(certificate.not_after for certificate in chain)
    return min(max(at, start), end) if start <= end else None


def _rank(path: Path) -> tuple[bool, int]:
    """Order failed paths: one that says "revoked" first, then those with the fewest faults."""
    return Problem.REVOKED not in path.problems, len(path.problems)
