"""Domains that pass for another at a glance: one letter off, letters of another script, digits for letters."""

from collections.abc import Iterable

from smimetui.model.address import ascii_domain

_SHORTEST = 7
"""Characters: of shorter domains too many honest ones are one letter apart."""
_ONE_FOR_ANOTHER = str.maketrans(
    "аеорсухіјѕԁһոԛԝѵɡьνοραικυτıłøöäüéèáàóòíìñç015",
    "aeopcyxijsdhnqwvgbvopaikutilooaueeaaooiincols",
)
"""Cyrillic and Greek that look like Latin, letters with and without their marks, digits."""
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("i", "l"))


def lookalike(domain: str, known: Iterable[str]) -> str:
    """Return the known domain that `domain` could be taken for and is not, or an empty text.

    Domains are compared in ASCII and as they are shown. One that is known, or lies under or over a known one, is none.
    """
    own = ascii_domain(domain)
    others = [(other, ascii_domain(other)) for other in known]
    if any(own == other or own.endswith(f".{other}") or other.endswith(f".{own}") for _, other in others):
        return ""
    shown, seen = _shown(own), _skeleton(own)
    for written, other in others:
        if seen == _skeleton(other):
            return written
        if min(len(own), len(other)) >= _SHORTEST and (_one_off(own, other) or _one_off(shown, _shown(other))):
            return written
    return ""


def _shown(domain: str) -> str:
    """Return a domain with its punycode read (RFC 3492), as far as it can be."""
    return ".".join(map(_label, domain.split(".")))


def _label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError, OverflowError):
        return label


def _skeleton(domain: str) -> str:
    skeleton = _shown(domain).translate(_ONE_FOR_ANOTHER)
    for pair, single in _PAIRS:
        skeleton = skeleton.replace(pair, single)
    return skeleton


def _one_off(first: str, second: str) -> bool:
    """Tell whether one letter more, less, changed, or two neighbours exchanged make one the other."""
    if abs(len(first) - len(second)) > 1:
        return False
    start = next((at for at, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), None)
    if start is None:
        return len(first) != len(second)
    if len(first) == len(second):
        swapped = first[start : start + 2] == second[start : start + 2][::-1]
        return first[start + 1 :] == second[start + 1 :] or (swapped and first[start + 2 :] == second[start + 2 :])
    longer, shorter = (first, second) if len(first) > len(second) else (second, first)
    return longer[start + 1 :] == shorter[start:]
