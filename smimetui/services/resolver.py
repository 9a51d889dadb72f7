"""Which certificate a recipient is written to with: every source gathered, every candidate judged, the best chosen."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

from smimetui.model.address import Address
from smimetui.model.certificate import Certificate, Source
from smimetui.model.verdict import Candidate, Problem, Resolution
from smimetui.services.account import Account
from smimetui.services.completion import Suggestion, completions, installed_suggestions, may_match
from smimetui.services.distribution_list import Found, resolve_list
from smimetui.services.inquiry import Answers, Inquiry, answered
from smimetui.services.judgement import Judge, Judgement
from smimetui.services.lookup_cache import NEW, SENDING, WRITING, Age, KeptDirectory
from smimetui.services.parallel import gather
from smimetui.services.ports import CertificateStore, Clock, Directory, IdentityStore
from smimetui.services.reasons import COULD_NOT_CHECK, nowhere, ordered, provenance, refusal
from smimetui.services.revocation import Revocation
from smimetui.services.trust import Trust
from smimetui.smime.x509 import names_address

_BEST_FIRST = (Source.INSTALLED, Source.GAL, Source.CONTACTS, Source.LDAP, Source.FILE)


class Resolver:
    """Finds and judges recipient certificates. Its answers are advice: sending asks again."""

    def __init__(  # noqa: PLR0913 - keyword-only collaborators
        self,
        *,
        store: CertificateStore,
        directories: Sequence[Directory],
        other_directories: Sequence[Directory] = (),
        trust: Trust,
        clock: Clock,
        directory_vouches: bool = True,
        identities: IdentityStore | None = None,
        revocation: Revocation | None = None,
    ) -> None:
        self._store = store
        self._own = tuple(KeptDirectory(directory, clock) for directory in directories)
        self._others = tuple(KeptDirectory(directory, clock) for directory in other_directories)
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

    def resolve(self, address: Address, *, fresh: bool = False) -> Resolution:
        """Return whether and with what the address can be written to, from the store and all directories.

        Candidates come the best first; where none is usable, the one that gives the reason first. A distribution list
        is answered by its members. What a directory said of late is good enough, unless a `fresh` answer is asked for.

        Raises StoreError where the store fails; a directory that fails is part of the answer.
        """
        return self._resolve(address, NEW if fresh else WRITING)

    def resolve_to_send(self, address: Address) -> Resolution:
        """Return what `resolve` does, by answers good enough to decide what leaves: those of this minute."""
        return self._resolve(address, SENDING)

    def complete(self, text: str, limit: int = 8) -> tuple[Suggestion, ...]:
        """Return up to `limit` people whose name or address has words that start as `text` does, installed ones first.

        A directory's name for an address is preferred to the certificate's. A directory that fails is passed over.
        """
        wanted = text.strip()
        if not wanted or limit < 1:
            return ()
        answers = gather([partial(found.complete, wanted, limit) for found in (*self._own, *self._others)])
        entries = [entry for answer in answers for entry in answered(answer, [])]
        return completions(wanted, self.complete_installed(wanted, limit), entries, limit)

    def complete_installed(self, text: str, limit: int = 8) -> tuple[Suggestion, ...]:
        """Return the part of `complete` that needs no directory, at once."""
        wanted = text.strip()
        worth = (entry for entry in self._store.installed() if wanted and may_match(wanted, entry))
        parsed = (self._trust.parse(entry.der) for entry in worth)
        return installed_suggestions(wanted, (found for found in parsed if found is not None), limit)

    def _resolve(self, address: Address, age: Age) -> Resolution:
        inquiry = Inquiry(own=self._own, others=self._others, judge=self._judge(), vouches=self._vouches, age=age)
        find = partial(self._find, inquiry=inquiry)
        found = find([address])[address]
        return resolve_list(address, found.lists, find=find, age=age) if found.lists else found.resolution

    def _find(self, addresses: Sequence[Address], inquiry: Inquiry) -> dict[Address, Found]:
        """Return what is known of each address, without opening those that are lists."""
        installed = {address: self._installed(address, inquiry.judge) for address in addresses}
        decided = {address: _best(_ordered(found)) is not None for address, found in installed.items()}
        return {
            address: Found(
                resolution=_judged(address, _ordered((*installed[address], *answers.candidates)), answers),
                # A certificate that the person installed for a list's address stands for the list.
                lists=() if decided[address] else answers.lists,
            )
            for address, answers in inquiry.ask(decided).items()
        }

    def _judge(self) -> Judge:
        return Judge(policy=self._trust.policy(), at=self._clock.now(), revocation=self._revocation)

    def _installed(self, address: Address, judge: Judge) -> tuple[Candidate, ...]:
        entries = [entry for entry in self._store.installed() if address.key in entry.addresses]
        pinned = [
            # The pin is for the addresses it was installed for, be they in the certificate or not.
            replace(_installed(certificate, judge.pinned(certificate, None)), capabilities=entry.capabilities)
            for entry in entries
            if (certificate := self._trust.parse(entry.der)) is not None
        ]
        own = [identity.certificate for identity in self._identities.identities()] if self._identities else []
        known = {candidate.certificate for candidate in pinned}
        pinned.extend(
            _installed(certificate, judge.pinned(certificate, address))
            for certificate in own
            if names_address(certificate, address) and certificate not in known
        )
        return tuple(pinned)


def _installed(certificate: Certificate, judged: Judgement) -> Candidate:
    return Candidate(certificate=certificate, source=Source.INSTALLED, problems=judged.problems, faults=judged.faults)


def _judged(address: Address, candidates: tuple[Candidate, ...], answers: Answers) -> Resolution:
    best = _best(candidates)
    if best is not None:
        return _chosen(address, candidates, best, answers.unreachable)
    if answers.unreachable:
        problems: tuple[Problem, ...] = (Problem.UNREACHABLE,)
        reason = COULD_NOT_CHECK + "; ".join(answers.unreachable)
    elif candidates:
        problems = ordered(candidates[0].problems)
        reason = refusal(problems[0], candidates[0].certificate, candidates[0].faults)
    else:
        problems = (Problem.NOT_FOUND,)
        reason = nowhere(answers.asked)
    return Resolution(
        address=address, candidates=candidates, problems=problems, unreachable=answers.unreachable, reason=reason
    )


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
