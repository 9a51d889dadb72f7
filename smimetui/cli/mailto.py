"""mailto links (RFC 6068) and plain addresses from the command line."""

from collections.abc import Sequence
from urllib.parse import unquote

from smimetui.model.address import Address, parse_addresses
from smimetui.model.display import printable, printable_line
from smimetui.model.errors import AddressError
from smimetui.model.value import dataclass

_SCHEME = "mailto:"
_MOST = 100_000
_MOST_RECIPIENTS = 500
"""As many as one paste may add: each is looked up, and a web page wrote the link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a link or a command line prepares."""

    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    subject: str = ""
    body: str = ""


def parse_recipients(texts: Sequence[str]) -> Letter:
    """Return the letter that addresses and mailto links together prepare; raises AddressError for what is neither."""
    letter = Letter()
    for text in texts:
        found = parse_mailto(text) if text[: len(_SCHEME)].lower() == _SCHEME else Letter(to=parse_addresses(text))
        letter = Letter(
            to=_joined(letter.to, found.to),
            cc=_joined(letter.cc, found.cc),
            bcc=_joined(letter.bcc, found.bcc),
            subject=letter.subject or found.subject,
            body=letter.body or found.body,
        )
    return letter


def parse_mailto(uri: str) -> Letter:
    """Return what a mailto link prepares: to, cc, bcc, subject and body.

    A web page wrote the link: every other field is left out (RFC 6068 section 7), above all files to attach, and
    control characters do not survive. Raises AddressError.
    """
    if len(uri) > _MOST:
        raise AddressError("a mailto link of over 100,000 characters is not read")
    path, _, query = uri[len(_SCHEME) :].partition("?")
    people: dict[str, list[Address]] = {"to": _addresses(path), "cc": [], "bcc": []}
    texts: dict[str, str] = {}
    for field in query.partition("#")[0].split("&"):
        name, _, value = field.partition("=")
        name = unquote(name).lower()
        if name in people:
            people[name] += _addresses(value)
        else:
            texts[name] = value
    if sum(map(len, people.values())) > _MOST_RECIPIENTS:
        raise AddressError(f"a mailto link with more than {_MOST_RECIPIENTS} recipients is not read")
    return Letter(
        **{name: tuple(dict.fromkeys(found)) for name, found in people.items()},
        subject=printable_line(unquote(texts.get("subject", ""))),
        body=printable(unquote(texts.get("body", ""))),
    )


def _addresses(encoded: str) -> list[Address]:
    # Split before decoding: an encoded comma belongs to the address (RFC 6068 section 2, item 2).
    return [address for piece in encoded.split(",") if piece for address in parse_addresses(unquote(piece))]


def _joined(first: tuple[Address, ...], second: tuple[Address, ...]) -> tuple[Address, ...]:
    return tuple(dict.fromkeys((*first, *second)))
