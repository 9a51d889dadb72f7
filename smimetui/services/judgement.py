"""What is wrong with a certificate for encrypting to an address, by itself and by its path."""

from collections.abc import Iterable
from dataclasses import field, replace
from datetime import datetime

from smimetui.model.address import Address
from smimetui.model.certificate import Certificate, Purpose
from smimetui.model.value import dataclass
from smimetui.model.verdict import Fault, Problem
from smimetui.services.reasons import ordered
from smimetui.services.revocation import Revocation
from smimetui.smime.path import Path, TrustPolicy, validate
from smimetui.smime.revocation import REVOCATION_PROBLEMS, RevocationMode
from smimetui.smime.x509 import fitness


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What is wrong with a certificate, the most telling first."""

    problems: tuple[Problem, ...]
    faults: tuple[Fault, ...] = ()
    vouched: bool = False
    """A directory's word had to replace the path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Judges by one state of trust, at one time."""

    policy: TrustPolicy = field(repr=False)
    at: datetime
    revocation: Revocation | None = field(default=None, repr=False)
    """Hears of every certificate that is not refused for itself."""

    def pinned(self, certificate: Certificate, address: Address | None) -> Judgement:
        """Return what is wrong with a certificate whose issuer does not matter; revocation beats a pin all the same."""
        problems = self._fitness(certificate, address, ())
        policy = self.policy
        if not (policy.crls or policy.ocsps or policy.revocation is RevocationMode.HARD):
            return Judgement(problems=problems)
        path = self._path(certificate, ())
        return Judgement(problems=ordered((*problems, *_revocation(path.problems))), faults=path.faults)

    def published(
        self, certificate: Certificate, address: Address, *, vouched: bool, extra: tuple[Certificate, ...]
    ) -> Judgement:
        """Return what is wrong with a published certificate.

        `extra` are certificates published beside it, which may be issuers.
        """
        problems = self._fitness(certificate, address, extra)
        path = self._path(certificate, extra)
        if vouched:
            unknown = Problem.UNTRUSTED in path.problems
            return Judgement(
                problems=ordered((*problems, *_revocation(path.problems))), faults=path.faults, vouched=unknown
            )
        faults = tuple(fault for fault in path.faults if fault.problem not in problems)
        return Judgement(problems=ordered((*problems, *path.problems)), faults=faults)

    def _fitness(
        self, certificate: Certificate, address: Address | None, extra: tuple[Certificate, ...]
    ) -> tuple[Problem, ...]:
        problems = fitness(certificate, purpose=Purpose.ENCRYPT, address=address, at=self.at)
        if self.revocation is not None and not problems:
            self.revocation.want(certificate, purpose=Purpose.ENCRYPT, extra=extra)
        return problems

    def _path(self, certificate: Certificate, extra: tuple[Certificate, ...]) -> Path:
        """Return the best path; an issuer's own faults make it no issuer to trust."""
        path = validate(certificate, policy=self.policy, extra=extra, purpose=Purpose.ENCRYPT, at=self.at)
        theirs = {fault.problem for fault in path.faults} - REVOCATION_PROBLEMS
        return replace(
            path,
            problems=tuple(Problem.UNTRUSTED if problem in theirs else problem for problem in path.problems),
            faults=tuple(
                replace(fault, problem=Problem.UNTRUSTED) if fault.problem in theirs else fault for fault in path.faults
            ),
        )


def _revocation(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(problem for problem in problems if problem in REVOCATION_PROBLEMS)
