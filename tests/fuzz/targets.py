"""The doors through which others' octets come in, each as a function that takes them.

A target returns, or raises what its door may refuse with; anything else, a broken invariant among it, is a finding.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from unittest import mock

from smimetui.model.address import (
    Address,
    address_key,
    decode_words,
    header_addresses,
    parse_address,
    parse_addresses,
    split_addresses,
)
from smimetui.model.certificate import Certificate, Purpose
from smimetui.model.display import printable, printable_line
from smimetui.model.errors import AddressError, FormatError, SmimetuiError, UnsupportedError, WrongPassphraseError
from smimetui.smime import pbe
from smimetui.smime.ber import to_der
from smimetui.smime.certificate_file import load_certificate_file
from smimetui.smime.cms import read_cms
from smimetui.smime.der import fields, read_field
from smimetui.smime.hypertext import html_to_text
from smimetui.smime.identity import Identity
from smimetui.smime.mime import MOST_DEPTH, Entity, canonical, parse, parse_message
from smimetui.smime.ocsp import load_answers
from smimetui.smime.open import open_message
from smimetui.smime.path import TrustPolicy, validate
from smimetui.smime.pkcs12 import load_pkcs12
from smimetui.smime.received import headers
from smimetui.smime.revocation import Evidence, Inquiry, RevocationMode
from smimetui.smime.revocation_list import load_list
from smimetui.smime.revocation_points import points
from smimetui.smime.seal import encrypted_to, read_back
from smimetui.smime.x509 import fitness, load_certificate, published_certificates
from tests.fuzz import corpus
from tests.pki import NOW
from tests.smime import forge
from tests.smime.correspondents import ALICE

REFUSALS = (FormatError, UnsupportedError)
_MOST_ENTITIES = 2_000
# Key derivation is slow on purpose. What a file may ask for in full has a test of its own in tests/smime.
_ROUNDS = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One door: what runs, what it may refuse with, and what to start from."""

    run: Callable[[bytes], object]
    refusals: tuple[type[SmimetuiError], ...] = REFUSALS
    seeds: Callable[[], list[bytes]]


def address(data: bytes) -> None:
    """Typed, pasted and received addresses. What parses comes back from its own text."""
    text = data.decode("utf-8", "surrogateescape")
    decode_words(text)
    address_key(text)
    with suppress(FormatError):
        _hold(header_addresses(text))
    _hold(_typed(text))
    parse_addresses(text)


def _typed(text: str) -> Iterator[Address]:
    for piece in split_addresses(text):
        with suppress(AddressError):
            yield parse_address(piece)


def _hold(addresses: Iterable[Address]) -> None:
    for found in addresses:
        again = parse_address(str(found))
        assert (again, again.display_name) == (found, found.display_name), str(found)
        assert printable(found.spec) == found.spec or not found.spec.isascii()


def display(data: bytes) -> None:
    """Text of others on the screen. Once printable, it stays as it is, and nothing in it acts on a terminal."""
    text = data.decode("utf-8", "surrogateescape")
    _hold_shown(text)
    line = printable_line(text)
    assert printable_line(line) == line
    assert "\n" not in line


def _hold_shown(text: str) -> None:
    shown = printable(text)
    assert printable(shown) == shown
    assert not any(
        character in "\x1b\x9b\r\x07\u202e\u2066" or "\ud800" <= character <= "\udfff" for character in shown
    )
    shown.encode()


def mime(data: bytes) -> None:
    """Headers and structure of a message. Parts lie inside what holds them."""
    root = parse_message(data)
    headers(root)
    waiting, seen = [(root, 0)], 0
    while waiting and seen < _MOST_ENTITIES:
        entity, depth = waiting.pop()
        seen += 1
        # Whoever opens a message goes no deeper either.
        if depth < MOST_DEPTH:
            waiting.extend((part, depth + 1) for part in _inside(entity))


def _inside(entity: Entity) -> list[Entity]:
    text = entity.text()
    assert "\r" not in text
    once = canonical(entity.octets)
    assert canonical(once) == once
    assert "/" not in entity.file_name
    if entity.content_type == "message/rfc822":
        return [parse(entity.data, entity.body, entity.end)] if entity.body > entity.start else []
    if not entity.is_multipart:
        return []
    parts = list(entity.parts())
    assert all(entity.body <= part.start <= part.body <= part.end <= entity.end for part in parts)
    return parts


def ber(data: bytes) -> None:
    """The normaliser. Its result is one whole field, and is its own result."""
    for members in (True, False):
        der = to_der(data, members=members)
        assert to_der(der, members=members) == der
        outer = read_field(der, 0, len(der))
        assert outer.after == outer.end == len(der)
        if members:
            assert (
                sum(field.after - field.start for field in fields(der, outer.content, outer.end))
                == outer.end - outer.content
            )


def cms(data: bytes) -> None:
    """A message, or a bare CMS structure, to read with own keys. What is not decrypted shows nothing."""
    known = (corpus.alice().certificate, corpus.bob().certificate)
    for raw in _messages(data):
        try:
            opened = open_message(raw, identities=identities(), policy=policy(), at=NOW, known=known)
        except REFUSALS:
            continue
        if opened.encryption is not None and not opened.encryption.decrypted:
            assert not opened.body
            assert not opened.parts
        if opened.signature is not None and opened.signature.trusted:
            assert opened.signature.intact
    for read in (read_back, lambda raw: encrypted_to(raw, known)):
        try:
            read(data)
        except REFUSALS:
            continue
    if data[:1] == b"\x30":
        list(getattr(read_cms(data), "recipients", ()))


def _messages(data: bytes) -> list[bytes]:
    if data[:1] != b"\x30":
        return [data]
    return [data, forge.multipart_signed(corpus.content(), data)]


@cache
def identities() -> tuple[Identity, ...]:
    """Return the keys that the corpus is encrypted to."""
    files = corpus.vectors("nss/Fran.p12", "nss/Fran-ec.p12", "thunderbird/Bob.p12")
    public = [identity for data in files for identity in load_pkcs12(data, "nss")]
    return (corpus.alice().identity, corpus.bob().identity, *public)


@cache
def policy() -> TrustPolicy:
    """Return the policy of somebody who trusts the corpus's root, and knows of revocations."""
    crls = (corpus.root().crl(), corpus.issuing().crl())
    return TrustPolicy(anchors=(corpus.root().certificate,), crls=crls)


def certificate(data: bytes) -> None:
    """Certificate files and directory values. A certificate comes back from its own octets."""
    for found in published_certificates(data):
        judge(found)
    for found in load_certificate_file(data):
        assert load_certificate(found.der) == found
        judge(found)


def judge(found: Certificate) -> None:
    """Ask everything that is asked of a certificate somebody sent."""
    for purpose in Purpose:
        fitness(found, purpose=purpose, address=ALICE, at=NOW)
    points(found)
    extra = (corpus.issuing().certificate,)
    path = validate(found, policy=policy(), extra=extra, purpose=Purpose.SIGN, at=NOW)
    assert path.problems or path.anchor is not None
    printable_line(found.display_name)


def pkcs12(data: bytes) -> None:
    """Key files. The first octet chooses the password; every identity can sign or read."""
    password = corpus.PASSWORDS[data[0] % len(corpus.PASSWORDS)] if data else ""
    with mock.patch.object(pbe, "_MOST_ROUNDS", _ROUNDS):
        for identity in load_pkcs12(data[1:], password):
            assert identity.pkcs8
            assert load_certificate(identity.certificate.der) == identity.certificate


def html(data: bytes) -> None:
    """A hostile page becomes text without growing."""
    source = data.decode("utf-8", "surrogateescape")
    text = html_to_text(source)
    assert len(text) <= 20 * len(source) + 10_000
    printable(text)


def revocation(data: bytes) -> None:
    """Revocation lists and responders' answers, and what they say of people."""
    listed = load_list(data)
    answers = load_answers(data)
    people = (corpus.alice().certificate, corpus.bob().certificate)
    for person, issuer in zip(people, (corpus.issuing().certificate, corpus.root().certificate), strict=True):
        if listed is not None:
            listed.covered(person)
            listed.current(NOW)
            listed.completed_by([listed], NOW)
        for answer in answers:
            answer.speaks_of(person, issuer)
            answer.holds(issuer, NOW)
            answer.current(NOW)
    inquiry = Inquiry(evidence=Evidence((data,), (data,)), at=NOW)
    inquiry.problems((people[0], corpus.issuing().certificate, corpus.root().certificate), RevocationMode.HARD)
    if listed is not None:
        listed.entry(people[1])


TARGETS = {
    "address": Target(run=address, refusals=(AddressError,), seeds=corpus.addresses),
    "ber": Target(run=ber, seeds=corpus.structures),
    "certificate": Target(run=certificate, seeds=corpus.certificates),
    "cms": Target(run=cms, seeds=corpus.cms),
    "display": Target(run=display, refusals=(), seeds=corpus.texts),
    "html": Target(run=html, refusals=(), seeds=corpus.documents),
    "mime": Target(run=mime, seeds=corpus.mime),
    "pkcs12": Target(run=pkcs12, refusals=(*REFUSALS, WrongPassphraseError), seeds=corpus.pkcs12),
    "revocation": Target(run=revocation, seeds=corpus.revocations),
}
