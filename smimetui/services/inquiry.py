"""What the directories know of an address: the account's own first, those of other accounts where these do not help."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from functools import partial

from smimetui.model.address import Address, address_key, parse_address
from smimetui.model.certificate import Source
from smimetui.model.display import printable_line
from smimetui.model.errors import AddressError, DirectoryError
from smimetui.model.value import dataclass
from smimetui.model.verdict import Candidate
from smimetui.services.judgement import Judge
from smimetui.services.lookup_cache import Age, KeptDirectory
from smimetui.services.parallel import gather
from smimetui.services.ports import DirectoryEntry
from smimetui.smime.x509 import names_address, published_certificates

_VOUCHING = {Source.GAL, Source.CONTACTS}
"""Sources behind the organisation's own server: it says over TLS whose certificate this is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What the directories said: candidates, and a sentence for each that could not answer."""

    candidates: tuple[Candidate, ...] = ()
    unreachable: tuple[str, ...] = ()
    lists: tuple[KeptDirectory, ...] = ()
    """Directories that know the address as a distribution list."""
    asked: tuple[Source, ...] = ()

    @property
    def decided(self) -> bool:
        """There is a usable certificate or a list, and nobody else need be asked."""
        return bool(self.lists) or any(not candidate.problems for candidate in self.candidates)

    def and_then(self, others: "Answers") -> "Answers":
        """Return these answers followed by those of other accounts' directories."""
        return Answers(
            candidates=(*self.candidates, *(replace(found, elsewhere=True) for found in others.candidates)),
            unreachable=tuple(dict.fromkeys((*self.unreachable, *others.unreachable))),
            lists=(*self.lists, *others.lists),
            asked=(*self.asked, *others.asked),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """Asks by one state of trust, at one time, for answers of one age."""

    own: Sequence[KeptDirectory]
    others: Sequence[KeptDirectory] = field(repr=False)
    judge: Judge
    vouches: bool
    age: Age

    def ask(self, addresses: Mapping[Address, bool]) -> dict[Address, Answers]:
        """Return what is known of each address; True by an address: no other account need be asked in any case.

        The directories are asked in parallel; what they said is judged here, for judging is work and not waiting. A
        directory that fails is part of the answer.
        """
        found = self._ask(self.own, tuple(addresses))
        undecided = [address for address, decided in addresses.items() if not (decided or found[address].decided)]
        if self.others and undecided:
            more = self._ask(self.others, undecided)
            found |= {address: found[address].and_then(more[address]) for address in undecided}
        return found

    def _ask(self, directories: Sequence[KeptDirectory], addresses: Sequence[Address]) -> dict[Address, Answers]:
        questions = [partial(directory.lookup, address, self.age) for address in addresses for directory in directories]
        outcomes = iter(gather(questions))
        return {
            address: self._answers(address, [(directory, next(outcomes)) for directory in directories])
            for address in addresses
        }

    def _answers(
        self, address: Address, said: Sequence[tuple[KeptDirectory, tuple[DirectoryEntry, ...] | Exception]]
    ) -> Answers:
        candidates: list[Candidate] = []
        unreachable: list[str] = []
        lists: list[KeptDirectory] = []
        for directory, answer in said:
            entries = answered(answer, unreachable)
            if any(entry.is_list for entry in entries):
                lists.append(directory)
            for entry in entries:
                candidates.extend(self._published(entry, address))
        return Answers(
            candidates=tuple(dict.fromkeys(candidates)),
            unreachable=tuple(dict.fromkeys(unreachable)),
            lists=tuple(lists),
            asked=tuple(directory.source for directory, _ in said),
        )

    def _published(self, entry: DirectoryEntry, address: Address) -> Iterable[Candidate]:
        own = _own_addresses(entry, address)
        vouched = self.vouches and entry.source in _VOUCHING
        for value in entry.certificates:
            found = published_certificates(value)
            extra = tuple(certificate for certificate in found if certificate.is_ca)
            for certificate in found:
                named = next((name for name in own if names_address(certificate, name)), None)
                if certificate.is_ca and named is None:
                    continue
                found_wrong = self.judge.published(certificate, named or address, vouched=vouched, extra=extra)
                yield Candidate(
                    certificate=certificate,
                    source=entry.source,
                    problems=found_wrong.problems,
                    faults=found_wrong.faults,
                    vouched=found_wrong.vouched,
                )


def answered(answer: tuple[DirectoryEntry, ...] | Exception, unreachable: list[str]) -> tuple[DirectoryEntry, ...]:
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
