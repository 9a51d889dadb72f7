"""What is wrong with a certificate for encrypting to an address, by itself and by its path."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from smimetui.model.address import Address
from smimetui.model.certificate import Certificate, Purpose
from smimetui.model.verdict import Problem
from smimetui.services.reasons import ordered
from smimetui.smime.path import TrustPolicy, validate
from smimetui.smime.x509 import fitness

_REVOCATION = {Problem.REVOKED, Problem.REVOCATION_UNKNOWN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Judges by one state of trust, at one time."""

    policy: TrustPolicy = field(repr=False)
    at: datetime

    def pinned(self, certificate: Certificate, address: Address | None) -> tuple[Problem, ...]:
        """Return what is wrong with a certificate whose issuer does not matter; revocation beats a pin all the same."""
        problems = fitness(certificate, purpose=Purpose.ENCRYPT, address=address, at=self.at)
        if not self.policy.crls and not self.policy.ocsps:
            return problems
        return ordered((*problems, *_revocation(self._path(certificate, ()))))

    def published(
        self, certificate: Certificate, address: Address, *, vouched: bool, extra: tuple[Certificate, ...]
    ) -> tuple[tuple[Problem, ...], bool]:
        """Return what is wrong with a published certificate, and whether a directory's word had to replace its path.

        `extra` are certificates published beside it, which may be issuers.
        """
        problems = fitness(certificate, purpose=Purpose.ENCRYPT, address=address, at=self.at)
        path = self._path(certificate, extra)
        if vouched:
            return ordered((*problems, *_revocation(path))), Problem.UNTRUSTED in path
        return ordered((*problems, *path)), False

    def _path(self, certificate: Certificate, extra: tuple[Certificate, ...]) -> tuple[Problem, ...]:
        """Return the problems of the best path; an issuer's own faults make it no issuer to trust."""
        path = validate(certificate, policy=self.policy, extra=extra, purpose=Purpose.ENCRYPT, at=self.at)
        return tuple(
            Problem.UNTRUSTED if problem in path.culprits and problem not in _REVOCATION else problem
            for problem in path.problems
        )


def _revocation(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(problem for problem in problems if problem in _REVOCATION)
