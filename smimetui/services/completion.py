"""Suggestions while a recipient is typed: matching, merging, no look-ups."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from smimetui.model.address import Address, parse_address
from smimetui.model.certificate import Certificate, Source
from smimetui.model.display import printable_line
from smimetui.model.errors import AddressError
from smimetui.model.value import dataclass
from smimetui.services.ports import DirectoryEntry, InstalledCertificate

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A person to complete to; the address carries the name to show."""

    address: Address
    source: Source | None = None
    """Where a certificate may come from; None for somebody written to before."""
    is_list: bool = False


def matches(text: str, *values: str) -> bool:
    """Return whether each word of `text` starts some word of `values`, or a value starts with it, in any case."""
    wanted = text.casefold()
    folded = [value.casefold() for value in values]
    if any(value.startswith(wanted) for value in folded):
        return True
    words = [word for value in folded for word in _WORD.findall(value)]
    tokens = _WORD.findall(wanted)
    return bool(tokens) and all(any(word.startswith(token) for word in words) for token in tokens)


def may_match(text: str, entry: InstalledCertificate) -> bool:
    """Return whether an installed certificate is worth parsing for `matches`, by what is stored beside it."""
    if not entry.name:
        return True
    stored, wanted = "\n".join((entry.name, *entry.addresses)).casefold(), text.casefold()
    tokens = _WORD.findall(wanted) or [wanted]
    return all(token in stored for token in tokens)


def installed_suggestions(text: str, certificates: Iterable[Certificate], limit: int) -> tuple[Suggestion, ...]:
    """Return the addresses of installed certificates that match, by address or common name."""
    found: dict[Address, Suggestion] = {}
    for certificate in certificates:
        if len(found) >= limit:
            break
        name = "" if "@" in certificate.common_name else certificate.common_name
        for written in certificate.addresses:
            address = named_address(written, name)
            if address is not None and text and matches(text, written, name):
                found.setdefault(address, Suggestion(address=address, source=Source.INSTALLED))
    return tuple(found.values())[:limit]


def completions(
    text: str, installed: Sequence[Suggestion], entries: Iterable[DirectoryEntry], limit: int
) -> tuple[Suggestion, ...]:
    """Return installed suggestions, then the directories', each address once, under the directory's name for it."""
    found = {suggestion.address: suggestion for suggestion in installed}
    for entry in entries:
        address = _entry_address(text, entry)
        if address is None:
            continue
        known = found.get(address)
        if known is None:
            found[address] = Suggestion(address=address, source=entry.source, is_list=entry.is_list)
        elif known.source is Source.INSTALLED and address.display_name:
            found[address] = replace(known, address=address)
    return tuple(found.values())[:limit]


def together(first: Sequence[Suggestion], then: Sequence[Suggestion], limit: int = 8) -> tuple[Suggestion, ...]:
    """Return both, each address once: at its first place, under the name that anybody knows for it."""
    found = {suggestion.address: suggestion for suggestion in first}
    for suggestion in then:
        known = found.setdefault(suggestion.address, suggestion)
        if not known.address.display_name:
            found[suggestion.address] = suggestion
    return tuple(found.values())[:limit]


def _entry_address(text: str, entry: DirectoryEntry) -> Address | None:
    """Return the entry's address that was being typed, or else its first."""
    own = [address for written in entry.addresses if (address := named_address(written, entry.name)) is not None]
    typed = [address for address in own if address.spec.casefold().startswith(text.casefold())]
    return next(iter((*typed, *own)), None)


def named_address(written: str, name: str) -> Address | None:
    """Return an entry's address under the entry's name; None for what is no address."""
    try:
        bare = parse_address(written)
    except AddressError:
        return None
    return replace(bare, display_name=printable_line(name))
