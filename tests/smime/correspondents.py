"""Alice writes to Bob: the people, the draft and the two calls that most tests of the engine begin with."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache

from smimetui.model.address import Address
from smimetui.model.certificate import Certificate
from smimetui.model.message import Attachment, Cipher, Draft, OpenedMessage, Protection
from smimetui.model.verdict import SignatureReport
from smimetui.smime.open import open_message
from smimetui.smime.path import TrustPolicy
from smimetui.smime.seal import seal
from tests.pki import NOW, Authority, Issued, make_authority

ALICE = Address("alice", "corp.example", "Alice Archer")
BOB = Address("bob", "corp.example", "Bob Baker")
MESSAGE_ID = "<1@corp.example>"


@cache
def root() -> Authority:
    return make_authority("Root of the correspondents")


@cache
def alice(key: str = "rsa2048") -> Issued:
    return root().issue(ALICE.spec, name="Alice Archer", key=key)


@cache
def bob(key: str = "rsa2048") -> Issued:
    return root().issue(BOB.spec, name="Bob Baker", key=key)


@cache
def mallory(key: str = "rsa2048") -> Issued:
    return root().issue("mallory@evil.example", name="Mallory", key=key)


def trusting() -> TrustPolicy:
    """The policy of somebody who trusts the correspondents' root."""
    return TrustPolicy(anchors=(root().certificate,))


def draft(body: str = "The third quarter.\n", *, attachments: Sequence[Attachment] = ()) -> Draft:
    return Draft(sender=ALICE, to=(BOB,), subject="Figures", body=body, attachments=tuple(attachments))


def sealed(  # noqa: PLR0913 - what a message can be
    written: Draft | None = None,
    *,
    sign: Issued | None = None,
    encrypt: Sequence[Issued] = (),
    cipher: Cipher | None = None,
    opaque: bool = False,
    date: datetime = NOW,
) -> bytes:
    """Return the message, signed by one person and encrypted to others."""
    return seal(
        written if written is not None else draft(),
        protection=Protection(sign=sign is not None, encrypt=bool(encrypt)),
        identity=sign.identity if sign is not None else None,
        recipients=[person.certificate for person in encrypt],
        message_id=MESSAGE_ID,
        date=date,
        cipher=cipher,
        opaque=opaque,
    )


def opened(
    raw: bytes,
    *people: Issued,
    policy: TrustPolicy | None = None,
    at: datetime = NOW,
    known: Sequence[Certificate] = (),
) -> OpenedMessage:
    """Return a message as people with these keys see it."""
    identities = [person.identity for person in people]
    return open_message(raw, identities=identities, policy=policy or trusting(), at=at, known=known)


def signature(raw: bytes, *people: Issued, policy: TrustPolicy | None = None) -> SignatureReport:
    """Return what is said of the signature over a message."""
    report = opened(raw, *people, policy=policy).signature
    assert report is not None
    return report


def from_(raw: bytes, value: str) -> bytes:
    """Return a message with another From field in front of its header's rest."""
    fields, separator, rest = raw.partition(b"\r\nTo: ")
    assert fields.startswith(b"From: ")
    return f"From: {value}".encode() + separator + rest


def with_body(written: Draft, body: str) -> Draft:
    return replace(written, body=body)
