"""Which certificate a recipient is written to with: every source gathered, every candidate judged, the best chosen."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from smimetui.model.address import Address, address_key, parse_address
from smimetui.model.certificate import Source
from smimetui.model.display import printable_line
from smimetui.model.errors import AddressError, DirectoryError
from smimetui.model.verdict import Candidate, Problem, Resolution
from smimetui.services.account import Account
from smimetui.services.completion import Suggestion, completions, installed_suggestions
from smimetui.services.judgement import Judge
from smimetui.services.parallel import gather
from smimetui.services.ports import (
    CertificateStore,
    Clock,
    Directory,
    DirectoryEntry,
    IdentityStore,
)
from smimetui.services.reasons import nowhere, ordered, provenance, refusal
from smimetui.services.revocation import Revocation
from smimetui.services.trust import Trust
from smimetui.smime.x509 import names_address, published_certificates

_BEST_FIRST = (Source.INSTALLED, Source.GAL, Source.CONTACTS, Source.LDAP, Source.FILE)
_VOUCHING = {Source.GAL, Source.CONTACTS}
"""Sources behind the organisation's own server: it says over TLS whose certificate this is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answers:
    """What the directories said: candidates, and a sentence for each that could not answer."""

    candidates: tuple[Candidate, ...]
    unreachable: tuple[str, ...]


class Resolver:
    """Finds and judges recipient certificates. Its answers are advice: sending asks again."""

    def __init__(  # noqa: PLR0913 - keyword-only collaborators
        self,
        *,
        store: CertificateStore,
        directories: Sequence[Directory],
        trust: Trust,
        clock: Clock,
        directory_vouches: bool = True,
        identities: IdentityStore | None = None,
        revocation: Revocation | None = None,
    ) -> None:
        self._store = store
        self._directories = tuple(directories)
        self._trust = trust
        self._clock = clock
        self._vouches = directory_vouches
        self._identities = identities
        self._revocation = revocation

    def adopt(self, account: Account) -> None:
        """Take changed defaults of the account."""
        self._vouches = account.directory_vouches

    def installed(self, address: Address) -> Resolution | None:
        """Return the answer of the installed certificates alone, at once; None when none of them is usable."""
        candidates = _ordered(self._installed(address, self._judge()))
        best = _best(candidates)
        return None if best is None else _chosen(address, candidates, best)

    def resolve(self, address: Address) -> Resolution:
        """Return whether and with what the address can be written to, from the store and all directories.

        Candidates come the best first; where none is usable, the one that gives the reason first.

        Raises StoreError where the store fails; a directory that fails is part of the answer.
        """
        judge = self._judge()
        answers = self._ask(address, judge)
        candidates = _ordered((*self._installed(address, judge), *answers.candidates))
        best = _best(candidates)
        if best is not None:
            return _chosen(address, candidates, best, answers.unreachable)
        if answers.unreachable:
            problems: tuple[Problem, ...] = (Problem.UNREACHABLE,)
            reason = f"could not check: {'; '.join(answers.unreachable)}"
        elif candidates:
            problems = ordered(candidates[0].problems)
            reason = refusal(problems[0], candidates[0].certificate)
        else:
            problems = (Problem.NOT_FOUND,)
            reason = nowhere([directory.source for directory in self._directories])
        return Resolution(
            address=address,
            candidates=candidates,
            problems=problems,
            unreachable=answers.unreachable,
            reason=reason,
        )

    def complete(self, text: str, limit: int = 8) -> tuple[Suggestion, ...]:
        """Return up to `limit` people whose name or address has words that start as `text` does, installed ones first.

        A directory's name for an address is preferred to the certificate's. A directory that fails is passed over.
        """
        wanted = text.strip()
        if not wanted or limit < 1:
            return ()
        answers = gather([partial(directory.complete, wanted, limit) for directory in self._directories])
        entries = [entry for answer in answers for entry in _answered(answer, [])]
        return completions(wanted, self.complete_installed(wanted, limit), entries, limit)

    def complete_installed(self, text: str, limit: int = 8) -> tuple[Suggestion, ...]:
        """Return the part of `complete` that needs no directory, at once."""
        parsed = (self._trust.parse(entry.der) for entry in self._store.installed())
        return installed_suggestions(text.strip(), [found for found in parsed if found is not None], limit)

    def _judge(self) -> Judge:
        return Judge(policy=self._trust.policy(), at=self._clock.now(), revocation=self._revocation)

    def _installed(self, address: Address, judge: Judge) -> tuple[Candidate, ...]:
        entries = [entry for entry in self._store.installed() if address.key in entry.addresses]
        pinned = [
            Candidate(
                certificate=certificate,
                source=Source.INSTALLED,
                # The pin is for the addresses it was installed for, be they in the certificate or not.
                problems=judge.pinned(certificate, None),
                capabilities=entry.capabilities,
            )
            for entry in entries
            if (certificate := self._trust.parse(entry.der)) is not None
        ]
        own = [identity.certificate for identity in self._identities.identities()] if self._identities else []
        known = {candidate.certificate for candidate in pinned}
        pinned.extend(
            Candidate(
                certificate=certificate,
                source=Source.INSTALLED,
                problems=judge.pinned(certificate, address),
            )
            for certificate in own
            if names_address(certificate, address) and certificate not in known
        )
        return tuple(pinned)

    def _ask(self, address: Address, judge: Judge) -> _Answers:
        unreachable: list[str] = []
        candidates: list[Candidate] = []
        for answer in gather([partial(directory.lookup, address) for directory in self._directories]):
            for entry in _answered(answer, unreachable):
                candidates.extend(self._published(entry, address, judge))
        return _Answers(candidates=tuple(dict.fromkeys(candidates)), unreachable=tuple(dict.fromkeys(unreachable)))

    def _published(self, entry: DirectoryEntry, address: Address, judge: Judge) -> Iterable[Candidate]:
        own = _own_addresses(entry, address)
        vouched = self._vouches and entry.source in _VOUCHING
        for value in entry.certificates:
            found = published_certificates(value)
            extra = tuple(certificate for certificate in found if certificate.is_ca)
            for certificate in found:
                named = next((name for name in own if names_address(certificate, name)), None)
                if certificate.is_ca and named is None:
                    continue
                problems, unknown = judge.published(certificate, named or address, vouched=vouched, extra=extra)
                yield Candidate(certificate=certificate, source=entry.source, problems=problems, vouched=unknown)


def _answered(answer: "tuple[DirectoryEntry, ...] | Exception", unreachable: list[str]) -> tuple[DirectoryEntry, ...]:
    """Return the entries; note a directory that could not answer, raise what no directory may raise."""
    if isinstance(answer, DirectoryError):
        unreachable.append(printable_line(answer.summary))
        return ()
    if isinstance(answer, Exception):
        raise answer
    return answer


def _own_addresses(entry: DirectoryEntry, address: Address) -> tuple[Address, ...]:
    """Return the addresses that are this entry's, the one asked for first.

    Only the organisation's server is believed that another address belongs to the same person.
    """
    own = [address]
    if entry.source in _VOUCHING and address.key in map(address_key, entry.addresses):
        for text in entry.addresses:
            try:
                own.append(parse_address(text))
            except AddressError:
                continue
    return tuple(dict.fromkeys(own))


def _ordered(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Return the usable ones first, the best of them at the head; then the others, the most telling first."""
    everyone = tuple(candidates)
    usable = [candidate for candidate in everyone if not candidate.problems]
    unusable = [candidate for candidate in everyone if candidate.problems]
    return (*sorted(usable, key=_preference), *sorted(unusable, key=_telling))


def _best(candidates: tuple[Candidate, ...]) -> Candidate | None:
    return candidates[0] if candidates and not candidates[0].problems else None


def _preference(candidate: Candidate) -> tuple[int, float]:
    return _BEST_FIRST.index(candidate.source), -candidate.certificate.not_before.timestamp()


def _telling(candidate: Candidate) -> tuple[bool, bool, float, int]:
    """Sort the unusable: what is made for this person and for mail first, then the newest."""
    return (
        Problem.NAME_MISMATCH in candidate.problems,
        Problem.WRONG_USAGE in candidate.problems,
        -candidate.certificate.not_before.timestamp(),
        _BEST_FIRST.index(candidate.source),
    )


def _chosen(
    address: Address, candidates: tuple[Candidate, ...], best: Candidate, unreachable: tuple[str, ...] = ()
) -> Resolution:
    return Resolution(
        address=address,
        candidates=candidates,
        chosen=best,
        unreachable=unreachable,
        reason=provenance(best),
    )
