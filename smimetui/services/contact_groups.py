"""Contact groups in a draft: what is sealed and sent names their people, for nobody else knows the group."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from smimetui.model.address import Address
from smimetui.model.contact_group import is_group
from smimetui.model.errors import AddressError
from smimetui.model.message import Draft
from smimetui.model.value import dataclass
from smimetui.model.verdict import Candidate, Problem, Resolution


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedDraft:
    """A draft for people alone."""

    draft: Draft
    groups: Mapping[Address, tuple[Address, ...]]
    """The people of each group that the draft was for."""
    chosen: Mapping[Address, tuple[Candidate, ...]]
    """What is encrypted to, for every recipient that was resolved."""

    @property
    def visible(self) -> tuple[Address, ...]:
        """To and Cc, each once."""
        return tuple(dict.fromkeys((*self.draft.to, *self.draft.cc)))

    @property
    def hidden(self) -> tuple[Address, ...]:
        """Whoever is in Bcc alone."""
        visible = set(self.visible)
        return tuple(address for address in dict.fromkeys(self.draft.bcc) if address not in visible)


def open_groups(draft: Draft, resolutions: Iterable[Resolution]) -> OpenedDraft:
    """Return the draft with the people of its groups in their places.

    `resolutions` holds one for each group at least. Raises AddressError for a group that cannot be opened whole.
    """
    found = {resolution.address: resolution for resolution in resolutions}
    groups = {address: _people(address, found.get(address)) for address in draft.recipients if is_group(address)}
    chosen = {address: resolution.choices for address, resolution in found.items()}
    for address in groups:
        chosen |= {member.address: member.choices for member in found[address].members}
    return OpenedDraft(draft=with_people(draft, groups), groups=groups, chosen=chosen)


def with_people(draft: Draft, groups: Mapping[Address, tuple[Address, ...]]) -> Draft:
    """Return the draft with the people of these groups in their places."""
    return replace(
        draft,
        to=_spread(draft.to, groups),
        cc=_spread(draft.cc, groups),
        bcc=_spread(draft.bcc, groups),
    )


def _people(group: Address, resolution: Resolution | None) -> tuple[Address, ...]:
    whole = resolution is not None and resolution.is_list and not resolution.unreachable
    if resolution is None or not whole or Problem.LIST in resolution.problems or not resolution.members:
        why = f": {resolution.reason}" if resolution is not None and resolution.reason else ""
        raise AddressError(f"the contact group {group.label} cannot be opened{why}", "write to its people instead")
    return tuple(member.address for member in resolution.members)


def _spread(addresses: Sequence[Address], groups: Mapping[Address, tuple[Address, ...]]) -> tuple[Address, ...]:
    people = (person for address in addresses for person in groups.get(address, (address,)))
    return tuple(dict.fromkeys(people))
