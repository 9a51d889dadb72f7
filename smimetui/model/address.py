"""Mail addresses (RFC 5322 section 3.4, RFC 6531), as values that compare as mail compares."""

import re
from collections.abc import Iterator
from dataclasses import field
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from smimetui.model.errors import AddressError, FormatError
from smimetui.model.value import dataclass

if TYPE_CHECKING:
    from email.headerregistry import HeaderRegistry

# RFC 5321 section 4.5.3.1: 64 octets of local part, 255 of domain; a path is at most 256 with its brackets.
_MOST_LOCAL, _MOST_DOMAIN = 64, 253
# RFC 6532 atext, by what it is not: a set that names the characters above ASCII takes 14 ms to compile, at every start.
_ATEXT = r"[^\x00-\x20\"(),.:;<>@\[\\\]\x7f]+"
_DOT_ATOM = re.compile(rf"{_ATEXT}(?:\.{_ATEXT})*")
_QUOTED = re.compile(r'"(?:[^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])+"')
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_SPECIALS = re.compile(r'[()<>\[\]:;@\\,."]')
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_AT_SIGNS = frozenset("@\N{FULLWIDTH COMMERCIAL AT}\N{SMALL COMMERCIAL AT}")
_KELVIN = "\N{KELVIN SIGN}"
# As mail was written before RFC 822 had names, and as cron and others write it yet: `address (name)`.
_COMMENTED = re.compile(r"([^\s()<>\"]+)\s*\(([^()\\]*)\)")
_MOST_TEXT = 100_000
MOST_ADDRESSES = 10_000
"""As many as an envelope may have recipients. Each takes some 250 octets, were it written in four."""
_MOST_LIST = 1_000_000
# The standard library takes the square of the length: 8 ms for this one, 4 s for 100,000 characters.
_MOST_WORDS = 4_000
# RFC 2047 section 2, and what the standard library takes for it: 60 µs to find that there is none.
_ENCODED_WORD = re.compile(r"=\?[^?]*\?[bq]\?[^?]*\?=", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox: `local@domain` and, for people only, a display name.

    Two addresses are equal when mail treats them so: the display name does not count, nor does case, and an
    internationalised domain equals its ASCII form.
    """

    local: str = field(compare=False)
    domain: str = field(compare=False)
    display_name: str = field(default="", compare=False)
    key: str = field(init=False, repr=False)
    """The form to compare and index by."""

    def __post_init__(self) -> None:
        """Derive the comparison key."""
        object.__setattr__(self, "key", f"{_folded(self.local)}@{ascii_domain(self.domain)}")

    @property
    def spec(self) -> str:
        """The addr-spec, as it was written."""
        return f"{self.local}@{self.domain}"

    @property
    def label(self) -> str:
        """What a chip shows: the display name, else the address, as for a name that looks like another address."""
        return self.spec if not self.display_name or _AT_SIGNS.intersection(self.display_name) else self.display_name

    def __str__(self) -> str:
        """Return the RFC 5322 mailbox, quoting the display name where it must be."""
        if not self.display_name:
            return self.spec
        from email.utils import quote

        name = self.display_name
        return f'"{quote(name)}" <{self.spec}>' if _SPECIALS.search(name) else f"{name} <{self.spec}>"


def ascii_domain(domain: str) -> str:
    """Return `domain` in lower-case ASCII (IDNA 2008 with UTS 46 mapping), or casefolded where it is no valid IDN."""
    if domain.isascii():
        return domain.lower()
    return _internationalised(domain) or domain.casefold()


def _internationalised(domain: str) -> str | None:
    return _looked_up(domain) if len(domain) <= _MOST_DOMAIN else None


# A list of people names few domains, and 20 µs for each mention of one add up.
@lru_cache(maxsize=1_000)
def _looked_up(domain: str) -> str | None:
    import idna

    try:
        return idna.encode(domain, uts46=True).decode("ascii").lower()
    except idna.IDNAError:
        return None


def address_key(text: str) -> str:
    """Return the comparison key of a bare addr-spec found in a certificate or directory; never raises."""
    local, _, domain = text.strip().rpartition("@")
    return f"{_folded(local)}@{ascii_domain(domain)}"


def _folded(local: str) -> str:
    """Return a local part without case.

    Only case: `straße` is another mailbox than `strasse`, and a Kelvin sign, whose small letter is a k, is no K.
    """
    return _KELVIN.join([piece.lower() for piece in local.split(_KELVIN)])


def parse_address(text: str) -> Address:
    """Return the one mailbox that `text` is: `a@b.example` or `Name <a@b.example>`.

    Raises AddressError with a sentence that names the text and the fault.
    """
    stripped = text.strip()
    if len(stripped) > _MOST_TEXT:
        raise AddressError("an address of over 100,000 characters is not read")
    if not stripped:
        raise AddressError("an empty text is not an address")
    name, spec = _split_name(stripped)
    local, at, domain = spec.rpartition("@")
    shown = _CONTROL.sub("�", stripped[:80])
    if not at or not local or not domain:
        raise AddressError(f"“{shown}” is not a mail address", "write it as name@domain.example")
    if not spec.isprintable():
        # Invisible letters too: with one in it, an address looks like another.
        raise AddressError(f"“{shown}” holds control characters")
    if len(local) > _MOST_LOCAL or len(local.encode()) > _MOST_LOCAL:
        raise AddressError(f"“{shown}”: the part before the @ is longer than 64 characters")
    if not (_DOT_ATOM.fullmatch(local) or _QUOTED.fullmatch(local)):
        raise AddressError(f"“{shown}”: the part before the @ is not valid")
    if not _valid_domain(domain):
        raise AddressError(f"“{shown}”: the part behind the @ is not a domain")
    return Address(local, domain, _CONTROL.sub(" ", name).strip())


def split_addresses(text: str) -> Iterator[str]:
    """Yield the mailboxes of a typed or pasted list, one text each, not yet parsed.

    Commas, semicolons and line ends separate, outside quotes and angle brackets. Empty pieces are skipped.
    A group's name (`Team: a@b, c@d;`) is dropped. Raises AddressError past a limit: half a list is nobody's wish.
    """
    if len(text) > _MOST_LIST:
        raise AddressError(f"a list of over {_MOST_LIST:,} characters is not read")
    for count, piece in enumerate(_mailboxes(text)):
        if count == MOST_ADDRESSES:
            raise AddressError(f"a list of over {MOST_ADDRESSES:,} addresses is not read")
        yield piece


def _mailboxes(text: str) -> Iterator[str]:
    start = angle = 0
    quoted = escaped = has_at = False
    for position, character in enumerate(text):
        if escaped:
            escaped = False
        elif character == "\\" and quoted:
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif quoted:
            pass
        elif character == "<":
            angle += 1
        elif character == ">":
            angle = max(0, angle - 1)
        elif character in "\r\n" or (character in ",;" and not angle):
            yield from _piece(text[start:position])
            start, angle, has_at = position + 1, 0, False
        elif character == ":" and not angle and not has_at:
            start = position + 1
        has_at = has_at or (character == "@" and position >= start)
    yield from _piece(text[start:])


def parse_addresses(text: str) -> tuple[Address, ...]:
    """Return all mailboxes of a list; raises AddressError for the first that is none."""
    return tuple(parse_address(piece) for piece in split_addresses(text))


def header_addresses(value: str) -> tuple[Address, ...]:
    """Return the mailboxes of a received header's value, encoded words decoded; what is no mailbox is left out.

    Raises FormatError past a limit: whoever is left out would miss the reply.
    """
    if len(value) > _MOST_LIST:
        raise FormatError(f"a header field has over {_MOST_LIST:,} characters, past the limit")
    found = []
    for count, piece in enumerate(_mailboxes(re.sub(r"[\r\n]+", " ", value))):
        if count == MOST_ADDRESSES:
            raise FormatError(f"a header field holds over {MOST_ADDRESSES:,} addresses, past the limit")
        try:
            found.append(parse_address(decode_words(piece)))
        except AddressError:
            continue
    return tuple(found)


def decode_words(value: str) -> str:
    """Return an unstructured header value with its RFC 2047 encoded words decoded; never raises.

    What stands behind 4,000 characters stays as it is.
    """
    value, rest = value[:_MOST_WORDS], value[_MOST_WORDS:]
    if not _ENCODED_WORD.search(value):
        return value + rest
    try:
        return str(_registry()("subject", re.sub(r"[\r\n]+", " ", value))) + rest
    except Exception:  # noqa: BLE001 - the standard library's parser has raised most kinds on hostile words
        return value + rest


@cache
def _registry() -> "HeaderRegistry":
    from email.headerregistry import HeaderRegistry

    return HeaderRegistry()


def _piece(text: str) -> Iterator[str]:
    stripped = text.strip()
    if stripped:
        yield stripped


def _split_name(text: str) -> tuple[str, str]:
    if text.endswith(">") and "<" in text:
        name, _, rest = text.rpartition("<")
        name = name.strip()
        if len(name) > 1 and name[0] == name[-1] == '"':
            name = re.sub(r"\\(.)", r"\1", name[1:-1])
        return name, rest[:-1].strip()
    commented = _COMMENTED.fullmatch(text)
    return (commented[2].strip(), commented[1]) if commented is not None else ("", text)


def _valid_domain(domain: str) -> bool:
    if domain.startswith("[") and domain.endswith("]"):
        return domain[1:-1].replace(".", "").replace(":", "").isalnum() and domain.isascii()
    ascii_form = domain if domain.isascii() else _internationalised(domain)
    if ascii_form is None:
        return False
    return len(ascii_form) <= _MOST_DOMAIN and all(_LABEL.fullmatch(label) for label in ascii_form.split("."))
