"""What a checked signature is worth: steps 5 to 7 of opening a message. Policy in, report out."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from smimetui.model.address import Address, decode_words, parse_address, split_addresses
from smimetui.model.certificate import Certificate, Purpose
from smimetui.model.errors import AddressError
from smimetui.model.value import dataclass
from smimetui.model.verdict import AGED, Problem, SignatureReport, Verdict
from smimetui.smime.certificate_id import names
from smimetui.smime.chain import signed_by
from smimetui.smime.mime import Entity
from smimetui.smime.path import Path, TrustPolicy, validate
from smimetui.smime.revocation import REVOCATION_PROBLEMS
from smimetui.smime.signature import CheckedSigner
from smimetui.smime.x509 import fitness, is_forgeable, names_address

# One mailbox with a long name in encoded words takes 500; decoding takes the square of the length.
_MOST_MAILBOX = 10_000
# Of one issuer and serial number there is one certificate; more are bait.
_MOST_NAMED = 4

_BROKEN = SignatureReport(verdict=Verdict.FAILED, problems=(Problem.ALTERED,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who the header says wrote the message (RFC 5322 section 3.6.2): the mailboxes a signer must be the owner of.

    Both are None-free only where the header names exactly one mailbox: `sender` is the Sender field's, or From's again
    where there is none.
    """

    address: Address | None
    sender: Address | None

    def matches(self, certificate: Certificate) -> bool:
        """Tell whether a certificate names the From address, and the Sender's if it is another."""
        if self.address is None or self.sender is None:
            return False
        return names_address(certificate, self.address) and names_address(certificate, self.sender)


def author(message: Entity) -> Author:
    """Return whom a message's header names; None where From or Sender are not one field with one mailbox."""
    address = _only_mailbox(message.all("from"))
    senders = message.all("sender")
    return Author(address=address, sender=_only_mailbox(senders) if senders else address)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Everything beside the message that a verdict depends on."""

    policy: TrustPolicy
    at: datetime
    known: tuple[Certificate, ...]
    author: Author

    def report(self, signers: Sequence[CheckedSigner], included: tuple[Certificate, ...]) -> SignatureReport:
        """Return one report for all signers of a layer: every one of them must hold (RFC 5652 section 5.1)."""
        if not signers:
            return replace(_BROKEN, included=included)
        reports = [self._signer(signer, included) for signer in signers]
        failed = [report for report in reports if report.verdict is Verdict.FAILED]
        doubtful = [report for report in reports if report.verdict is Verdict.INDETERMINATE]
        aged = [report for report in reports if report.aged]
        if failed or doubtful or aged:
            return (failed or doubtful or aged)[0]
        return next((report for report in reports if report.matches_from), reports[0])

    def _signer(self, signer: CheckedSigner, included: tuple[Certificate, ...]) -> SignatureReport:
        certificate = signer.certificate
        report = SignatureReport(
            verdict=Verdict.FAILED,
            intact=signer.intact,
            signer=certificate,
            included=included,
            capabilities=signer.capabilities,
            signing_time=signer.signing_time,
            digest_algorithm=signer.digest,
        )
        if certificate is None:
            return _without_certificate(report, signer)
        # 5. Path, now.
        path = validate(certificate, policy=self.policy, extra=included, purpose=Purpose.SIGN, at=self.at)
        pinned = self._is_pinned(certificate)
        of_path = self._path_problems(signer, certificate, path, pinned=pinned)
        # 6. Usage, validity and strength of the certificate itself, also when it signed; no pin makes up for these.
        own = fitness(certificate, purpose=Purpose.SIGN, address=None, at=self.at)
        if signer.signing_time is not None:
            own += fitness(certificate, purpose=Purpose.SIGN, address=None, at=signer.signing_time)
        if signer.weak or signer.unsupported:
            own = (Problem.WEAK_ALGORITHM, *own)
            of_path = (Problem.WEAK_ALGORITHM, *of_path)
        problems = of_path + own
        # 7. From: one mailbox, named in the certificate; Sender alike.
        matches = self.author.matches(certificate)
        vouching = (certificate,) if pinned else path.chain
        forgeable = any(is_forgeable(link, anchor=link == path.anchor) for link in vouching)
        verdict = _verdict(signer, problems, forgeable=signer.forgeable or forgeable)
        if not signer.intact and not signer.unsupported:
            problems = (Problem.ALTERED, *problems)
        if not matches:
            problems = (*problems, Problem.NAME_MISMATCH)
        return replace(
            report,
            verdict=verdict,
            problems=tuple(dict.fromkeys(problems)),
            faults=tuple(fault for fault in path.faults if fault.problem not in own),
            chain=path.chain,
            encryption_certificate=self._encryption_certificate(signer, path, included),
            anchor=path.anchor,
            matches_from=matches,
            pinned=pinned and bool(path.problems),
        )

    def _is_pinned(self, certificate: Certificate) -> bool:
        address = self.author.address
        return address is not None and address.key in self.policy.pinned.get(certificate.sha256, frozenset())

    def _path_problems(
        self, signer: CheckedSigner, certificate: Certificate, path: Path, *, pinned: bool
    ) -> tuple[Problem, ...]:
        """Return what is wrong with the path, first what a pin cannot forgive."""
        if pinned:
            return tuple(problem for problem in path.problems if problem in REVOCATION_PROBLEMS)
        if Problem.UNTRUSTED in path.problems and signer.intact and self._another_is_installed(certificate):
            return (*path.problems, Problem.CHANGED)
        return path.problems

    def _another_is_installed(self, certificate: Certificate) -> bool:
        address = self.author.address
        return (
            address is not None
            and names_address(certificate, address)
            and any(address.key in keys for sha256, keys in self.policy.pinned.items() if sha256 != certificate.sha256)
        )

    def _encryption_certificate(
        self, signer: CheckedSigner, path: Path, included: tuple[Certificate, ...]
    ) -> Certificate | None:
        """Return the certificate the signer asks to be written to, if it is at hand and not the signer's own.

        The signature covers its name or number alone, and anybody may put another of that name into the message: it
        counts only where its issuer is the signer's own, where an anchor vouches for it, or where it is installed.
        """
        wanted = signer.encryption_preference
        if wanted is None or not signer.intact or names(wanted, path.chain[0]):
            return None
        named = (found for found in (*included, *self.known) if names(wanted, found))
        vouched = (
            found for found in islice(named, _MOST_NAMED) if self._is_vouched_for(found, path.chain[1:2], included)
        )
        return next(vouched, None)

    def _is_vouched_for(
        self, certificate: Certificate, issuer: Sequence[Certificate], included: tuple[Certificate, ...]
    ) -> bool:
        if self._is_pinned(certificate) or any(signed_by(certificate, one) for one in issuer):
            return True
        path = validate(certificate, policy=self.policy, extra=included, purpose=Purpose.ENCRYPT, at=self.at)
        return not path.problems


def whole(reports: Sequence[SignatureReport], outside: int = 0) -> SignatureReport | None:
    """Return the report for a body that lies under several signatures, outermost first.

    A broken one breaks the whole; else the innermost that is the author's own counts, since a list or gateway may have
    signed around it (RFC 2634 section 1.1); else the innermost. The first `outside` of them lie around an envelope:
    whoever signs one need not know what is in it, so they say nothing where there is a signature inside.
    """
    failed = [report for report in reports if report.verdict is Verdict.FAILED]
    if failed:
        return failed[-1]
    telling = reports[outside:] or reports
    return next((report for report in reversed(telling) if report.trusted), telling[-1] if telling else None)


def _verdict(signer: CheckedSigner, problems: tuple[Problem, ...], *, forgeable: bool) -> Verdict:
    if Problem.REVOKED in problems or not (signer.intact or signer.unsupported):
        return Verdict.FAILED
    holds = signer.intact and AGED.issuperset(problems) and not forgeable
    return Verdict.PASSED if holds else Verdict.INDETERMINATE


def _without_certificate(report: SignatureReport, signer: CheckedSigner) -> SignatureReport:
    if signer.unsupported:
        return replace(report, verdict=Verdict.INDETERMINATE, problems=(Problem.WEAK_ALGORITHM, Problem.NOT_FOUND))
    if not signer.content_holds:
        return replace(report, problems=(Problem.ALTERED, Problem.NOT_FOUND))
    return replace(report, verdict=Verdict.INDETERMINATE, problems=(Problem.NOT_FOUND,))


def _only_mailbox(values: Sequence[str]) -> Address | None:
    """Return the mailbox of a field that stands once and holds one, as a person would read it; else None."""
    if len(values) != 1 or len(values[0]) > _MOST_MAILBOX:
        return None
    pieces = list(split_addresses(values[0]))
    if len(pieces) != 1:
        return None
    try:
        return parse_address(decode_words(pieces[0]))
    except AddressError:
        return None
