"""A distribution list as a recipient: opened list by list, down to people, all of whom must be written to in secret."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from smimetui.model.address import Address
from smimetui.model.display import printable_line
from smimetui.model.value import dataclass
from smimetui.model.verdict import Problem, RecipientState, Resolution
from smimetui.services.completion import named_address
from smimetui.services.inquiry import answered
from smimetui.services.lookup_cache import Age, KeptDirectory
from smimetui.services.parallel import gather
from smimetui.services.ports import DirectoryEntry
from smimetui.services.reasons import COULD_NOT_CHECK, of_list, ordered

MOST_DEEP = 8
"""Lists within lists. Organisations nest three or four deep."""
MOST_MEMBERS = 500
"""People, and lists, in a list: each is a question to a directory, and each one's key a part of every message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What is known of one address; `lists` are the directories that can open it, and then it is no person."""

    resolution: Resolution
    lists: tuple[KeptDirectory, ...] = ()


Find = Callable[[Sequence[Address]], Mapping[Address, Found]]
_Level = dict[Address, tuple[KeptDirectory, ...]]
"""Lists, each with the directories that can open it; a person has none."""


def resolve_list(address: Address, lists: Sequence[KeptDirectory], *, find: Find, age: Age) -> Resolution:
    """Return the answer for a list, from those for all its members. `find` looks addresses up.

    Loops among lists end. Raises what `find` raises.
    """
    opening = _Opening(address, find=find, age=age)
    level: _Level = {address: tuple(lists)}
    for _ in range(MOST_DEEP):
        level = opening.open(level)
        if not level:
            break
    else:
        opening.trouble = f"the list holds lists more than {MOST_DEEP} deep"
    return opening.resolution()


class _Opening:
    """A list while it is opened, one level of lists within lists after the other."""

    def __init__(self, address: Address, *, find: Find, age: Age) -> None:
        self._address = address
        self._find = find
        self._age = age
        self._met: set[Address] = {address}
        self._members: dict[Address, Resolution] = {}
        self._unreachable: list[str] = []
        self._lists = 1
        self.trouble = ""
        """What makes the whole list unusable: a sentence, or empty."""

    def open(self, level: _Level) -> _Level:
        """Look the members of some lists up, and return the lists among them with who can open each."""
        new: _Level = {}
        questions = [(address, directory) for address, directories in level.items() for directory in directories]
        answers = gather([partial(directory.expand, address, self._age) for address, directory in questions])
        silent = dict.fromkeys(level)
        for (address, directory), answer in zip(questions, answers, strict=True):
            entries = answered(answer, self._unreachable)
            if entries or isinstance(answer, Exception):
                silent.pop(address, None)
            for entry in entries:
                self._meet(entry, directory, new)
        for address in silent:
            # It may have members that the directory does not show, and they could not read the message.
            inner = f"{address.spec} in " if address != self._address else ""
            self._object(f"{inner}this list has no members")
        return {} if self._is_too_large(new) else self._looked_up(new)

    def resolution(self) -> Resolution:
        """Return what all of it comes to."""
        members = tuple(self._members.values())
        unreachable = tuple(dict.fromkeys(self._unreachable))
        if not (self.trouble or unreachable or members):
            self._object("this list has no members")
        problems = [problem for member in members for problem in member.problems]
        if self.trouble:
            problems.insert(0, Problem.LIST)
        if unreachable:
            problems.append(Problem.UNREACHABLE)
        blocked = any(member.state is RecipientState.BLOCKED for member in members)
        reason = self.trouble
        if not reason:
            reason = COULD_NOT_CHECK + "; ".join(unreachable) if unreachable and not blocked else of_list(members)
        return Resolution(
            address=self._address,
            problems=ordered(problems),
            unreachable=unreachable,
            reason=reason,
            is_list=True,
            members=members,
        )

    def _meet(self, entry: DirectoryEntry, directory: KeptDirectory, new: _Level) -> None:
        found = (named_address(written, entry.name) for written in entry.addresses)
        address = next((one for one in found if one is not None), None)
        if address is None:
            name = printable_line(entry.name or next(iter(entry.addresses), ""))
            self._object(f"“{name}” of this list has no mail address")
        elif address not in self._met:
            self._met.add(address)
            new[address] = (directory,) if entry.is_list else ()

    def _is_too_large(self, new: _Level) -> bool:
        lists = sum(1 for directories in new.values() if directories)
        people = len(self._members) + len(new) - lists
        if max(people, self._lists + lists) <= MOST_MEMBERS:
            return False
        self._members.clear()
        self.trouble = f"the list has more than {MOST_MEMBERS} members"
        return True

    def _looked_up(self, new: _Level) -> _Level:
        lists: _Level = {}
        found = self._find(tuple(new))
        for address, directories in new.items():
            answer = found[address]
            if answer.lists:
                lists[address] = answer.lists
            elif directories and answer.resolution.chosen is None:
                lists[address] = directories
            else:
                self._members[address] = answer.resolution
        self._lists += len(lists)
        return lists

    def _object(self, sentence: str) -> None:
        self.trouble = self.trouble or sentence
