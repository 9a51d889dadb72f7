"""What is known of the revocation of a chain's certificates, by lists and responders' answers (RFC 5280 section 6.3).

Everything is believed only after its signature was verified, under an authority of the chain, or a certificate that one
of them issued for it. Fetches nothing.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import Enum
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from smimetui.model.certificate import Certificate
from smimetui.model.errors import FormatError
from smimetui.model.value import dataclass
from smimetui.model.verdict import Problem
from smimetui.smime.chain import Chain, folded, signature_holds, signed_by
from smimetui.smime.chain_rules import broken_rules
from smimetui.smime.ocsp import StatusAnswer, load_answers
from smimetui.smime.parsed import quietly
from smimetui.smime.public_keys import public_key
from smimetui.smime.revocation_list import Entry, RevocationList, load_list
from smimetui.smime.revocation_points import ALL_REASONS, points
from smimetui.smime.x509 import strength

# A hostile authority could have its lists signed by certificates that others list, and so on.
_MOST_DEPTH = 3
REVOCATION_PROBLEMS = frozenset({Problem.REVOKED, Problem.REVOCATION_UNKNOWN})
"""What neither a pin nor a directory's word makes up for."""


class RevocationMode(Enum):
    """What not knowing means; the value is the word of the settings file."""

    OFF = "off"
    """Nothing is asked, and lists that are given do not count."""
    SOFT = "soft"
    """A certificate is good until it is known to be revoked."""
    HARD = "hard"
    """Every certificate below the anchor must be known to be good."""


class Standing(Enum):
    """What is known of one certificate."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


class Evidence:
    """Revocation lists and responders' answers, parsed once and found by name and number.

    Safe to share between threads. What cannot be read is left out.
    """

    def __init__(self, crls: Sequence[bytes] = (), ocsps: Sequence[bytes] = ()) -> None:
        self._lists: dict[str, list[RevocationList]] = {}
        self._answers: dict[int, list[StatusAnswer]] = {}
        self._signed: dict[tuple[RevocationList, str, bytes], bool] = {}
        self._entries: dict[tuple[RevocationList, str], Entry | None] = {}
        for der in crls:
            if (found := load_list(der)) is not None:
                self._lists.setdefault(found.issuer, []).append(found)
        for der in ocsps:
            for answer in load_answers(der):
                self._answers.setdefault(answer.serial_number, []).append(answer)

    @property
    def empty(self) -> bool:
        """There is nothing to ask."""
        return not self._lists and not self._answers

    def lists_of(self, names: set[str]) -> list[RevocationList]:
        """Return the lists whose issuer has one of these folded names."""
        return [found for name in names for found in self._lists.get(name, ())]

    def answers_on(self, certificate: Certificate, issuer: Certificate, at: datetime) -> Iterator[StatusAnswer]:
        """Yield the answers about a certificate that its issuer vouches for."""
        for answer in self._answers.get(certificate.serial_number, ()):
            if answer.speaks_of(certificate, issuer) and answer.holds(issuer, at):
                yield answer

    def entry(self, listed: RevocationList, certificate: Certificate) -> Entry | None:
        """Return what a list says of a certificate, searched for once. Raises FormatError."""
        # Not by the certificates themselves: those of every message that was read would stay.
        key = (listed, certificate.sha256)
        if key not in self._entries:
            self._entries[key] = listed.entry(certificate)
        return self._entries[key]

    def signed_by(self, listed: RevocationList, signer: Certificate) -> bool:
        """Tell whether a list was signed with the key of a certificate, verified once."""
        key = (listed, signer.sha256, signer.inherited_parameters)
        if key not in self._signed:
            self._signed[key] = _signed_list(listed, signer)
        return self._signed[key]


@lru_cache(maxsize=2)
def evidence_of(crls: tuple[bytes, ...], ocsps: tuple[bytes, ...]) -> Evidence:
    """Return the evidence in these bytes; parsed once for each set of them."""
    return Evidence(crls, ocsps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """Asks evidence about chains, at one time. `others` are certificates that may have signed lists."""

    evidence: Evidence
    others: tuple[Certificate, ...] = ()
    at: datetime

    def problems(self, chain: Chain, mode: RevocationMode) -> dict[Problem, Certificate]:
        """Return REVOKED, or in hard mode REVOCATION_UNKNOWN, with the certificate it is about.

        The chain ends in its anchor, which nobody can revoke.
        """
        if mode is RevocationMode.OFF or (mode is RevocationMode.SOFT and self.evidence.empty):
            return {}
        standings = [(self.standing(chain[start:]), chain[start]) for start in range(len(chain) - 1)]
        for standing, certificate in standings:
            if standing is Standing.REVOKED:
                return {Problem.REVOKED: certificate}
        unknown = [certificate for standing, certificate in standings if standing is Standing.UNKNOWN]
        return {Problem.REVOCATION_UNKNOWN: unknown[0]} if unknown and mode is RevocationMode.HARD else {}

    def standing(self, chain: Chain, asking: Chain = ()) -> Standing:
        """Return what is known of a chain's first certificate; `asking` holds those it is asked for."""
        answered = self._by_answers(chain)
        if answered is Standing.REVOKED:
            return answered
        listed = self._by_lists(chain, asking)
        return listed if answered is Standing.UNKNOWN or listed is Standing.REVOKED else answered

    def _by_answers(self, chain: Chain) -> Standing:
        certificate, issuer = chain[:2]
        found = Standing.UNKNOWN
        for answer in self.evidence.answers_on(certificate, issuer, self.at):
            if self._counts(answer.revoked_at, lasting=answer.lasting, current=answer.current(self.at)):
                return Standing.REVOKED
            if answer.good and answer.current(self.at):
                found = Standing.GOOD
        return found

    def _by_lists(self, chain: Chain, asking: Chain) -> Standing:
        certificate = chain[0]
        names = {folded(certificate.issuer), *(name for place in points(certificate).lists for name in place.issuers)}
        lists = self.evidence.lists_of(names)
        covered: set[x509.ReasonFlags] = set()
        aged = Problem.WEAK_ALGORITHM in strength(certificate)
        for listed in lists:
            reasons = listed.covered(certificate) if listed.base is None else frozenset()
            signer = next(self.signers(listed, chain, asking), None) if reasons else None
            if signer is None:
                continue
            deltas = [found for found in lists if found.base is not None and self.evidence.signed_by(found, signer)]
            try:
                delta = listed.completed_by(deltas, self.at)
                entry = self.evidence.entry(delta, certificate) if delta else None
                entry = entry or self.evidence.entry(listed, certificate)
            except FormatError:
                continue
            if entry is not None and entry.reason is x509.ReasonFlags.remove_from_crl:
                entry = None
            current = listed.current(self.at)
            if entry is not None and self._counts(entry.revoked_at, lasting=entry.lasting, current=current):
                return Standing.REVOKED
            # A list signed with SHA-1 is good enough for a certificate that is: that one is never trusted.
            if current and (aged or not listed.weak):
                covered |= reasons
        return Standing.GOOD if covered >= ALL_REASONS else Standing.UNKNOWN

    def _counts(self, revoked_at: datetime | None, *, lasting: bool, current: bool) -> bool:
        """Tell whether a revocation counts: what is old still knows who was revoked for good."""
        return revoked_at is not None and revoked_at <= self.at and (lasting or current)

    def signers(self, listed: RevocationList, chain: Chain, asking: Chain = ()) -> Iterator[Certificate]:
        """Yield the certificates that signed a list and may: authorities of the chain, and what one of them issued.

        A sibling authority of the same name, or one of another anchor, is none of them.
        """
        issuers = chain[1:]
        for signer in (*issuers, *self.others):
            if folded(signer.subject) != listed.issuer or not _may_sign_lists(signer):
                continue
            if self.evidence.signed_by(listed, signer) and (signer in issuers or self._is_below(signer, chain, asking)):
                yield signer

    def _is_below(self, signer: Certificate, chain: Chain, asking: Chain) -> bool:
        """Tell whether a certificate outside the chain has a valid path to the chain's anchor, and is not revoked."""
        issuers = chain[1:]
        start = next(
            (
                number
                for number, issuer in enumerate(issuers)
                if folded(issuer.subject) == folded(signer.issuer) and signed_by(signer, issuer)
            ),
            None,
        )
        if start is None or signer == chain[0] or signer in asking or len(asking) >= _MOST_DEPTH:
            return False
        path = (signer, *issuers[start:])
        if broken_rules(path, at=self.at):
            return False
        return self.standing(path, (*asking, chain[0])) is not Standing.REVOKED


def bears_on(chain: Chain, der: bytes, others: tuple[Certificate, ...], at: datetime) -> bool:
    """Tell whether a list covers the chain's first certificate and is signed by one who may, whatever stands on it."""
    listed = load_list(der)
    if listed is None or not listed.covered(chain[0]):
        return False
    return any(Inquiry(evidence=Evidence(), others=others, at=at).signers(listed, chain))


def usable_answers(
    ocsps: tuple[bytes, ...], certificate: Certificate, issuer: Certificate, at: datetime
) -> tuple[StatusAnswer, ...]:
    """Return the answers that say good or revoked of a certificate, and that its issuer vouches for."""
    found = Evidence((), ocsps).answers_on(certificate, issuer, at)
    return tuple(answer for answer in found if answer.good or answer.revoked_at is not None)


def _may_sign_lists(certificate: Certificate) -> bool:
    return certificate.key_usage is None or "cRLSign" in certificate.key_usage


def _signed_list(listed: RevocationList, signer: Certificate) -> bool:
    try:
        with quietly():
            return signature_holds(public_key(signer), listed.parsed, listed.der)
    except (UnsupportedAlgorithm, ValueError, TypeError):
        return False
