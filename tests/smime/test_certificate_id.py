"""How messages name certificates: issuers compared as text, where they are written otherwise."""

import pytest

from smimetui.smime import certificate_id
from smimetui.smime.ber import field, identifier, sequence
from smimetui.smime.certificate_id import certificate_fields, names
from smimetui.smime.cms_ids import CertificateId
from smimetui.smime.names import Pairs, decode_name
from tests.smime.correspondents import root

ALICE = root().issue("alice@corp.example", key="p256", serial=7).certificate
ISSUER = certificate_fields(ALICE).issuer


def named(issuer: bytes, serial: int = 7) -> bool:
    return names(CertificateId(issuer=issuer, serial=serial), ALICE)


def unit(text: str) -> bytes:
    return field(0x31, sequence(identifier("2.5.4.11"), field(0x0C, text.encode())))


def test_an_issuer_may_be_written_in_another_case() -> None:
    assert named(ISSUER)
    assert named(ISSUER.replace(b"Root", b"ROOT"))
    assert not named(ISSUER.replace(b"Root", b"Boot"))
    assert not named(ISSUER, serial=8)
    assert not named(b"")


def test_long_names_must_be_written_alike() -> None:
    assert not named(sequence(*[unit(f"{number}") for number in range(500)]))


def test_a_name_is_read_once_however_often_it_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    read = []

    def counted(data: bytes, start: int, stop: int) -> Pairs:
        read.append(data)
        return decode_name(data, start, stop)

    monkeypatch.setattr(certificate_id, "decode_name", counted)
    other = sequence(*[unit(f"counted {number}") for number in range(20)])
    assert not any(named(other) for _ in range(100))
    assert read.count(other) == 1
