import json

import pytest

from smimetui.model.errors import DecryptionError, FormatError
from smimetui.model.message import Cipher
from smimetui.smime.envelope import encrypt
from smimetui.smime.sealed_record import Record, open_record, seal_record
from tests.services.world import ALICE, BOB, corp, person

RECORD = Record(facts={"subject": "Umzug 🚚", "to": ["bob"]}, contents=(b"", b"\x00\xff" * 500, b"the end"))


@pytest.mark.parametrize("key", ["rsa2048", "p256"])
def test_a_record_comes_back_as_it_was_and_shows_nothing_of_itself(key: str) -> None:
    own = corp().issue(ALICE.spec, key=key)

    sealed = seal_record(RECORD, own.certificate)

    assert open_record(sealed, [own.identity]) == RECORD
    assert b"bob" not in sealed
    assert b"the end" not in sealed


def test_nobody_else_opens_a_record() -> None:
    sealed = seal_record(RECORD, person(ALICE).certificate)

    with pytest.raises(DecryptionError):
        open_record(sealed, [person(BOB).identity])


def test_a_changed_record_does_not_open() -> None:
    sealed = bytearray(seal_record(RECORD, person(ALICE).certificate))
    sealed[-100] ^= 1

    with pytest.raises(DecryptionError):
        open_record(bytes(sealed), [person(ALICE).identity])


def enveloped(content: bytes, cipher: Cipher = Cipher.AES256_GCM) -> bytes:
    return b"".join(encrypt([content], len(content), [person(ALICE).certificate], cipher))


def with_head(head: object, rest: bytes = b"") -> bytes:
    text = json.dumps(head).encode()
    return len(text).to_bytes(4, "big") + text + rest


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\x00\x00\x09[",
        b"\xff\xff\xff\xff[]",
        with_head(5),
        with_head([[1], None, None]),
        with_head([[4], None], b"abc"),
        with_head([[2], None], b"abc"),
        with_head([[-1], None]),
        with_head([["1"], None], b"a"),
        with_head([5, None]),
        with_head(None) + b"[" * 100,
    ],
)
def test_what_is_no_record_is_a_format_error(content: bytes) -> None:
    with pytest.raises(FormatError):
        open_record(enveloped(content), [person(ALICE).identity])


def test_a_record_whose_bytes_nobody_vouches_for_is_refused() -> None:
    with pytest.raises(FormatError):
        open_record(enveloped(with_head([[], None]), Cipher.AES256_CBC), [person(ALICE).identity])
