"""How messages name certificates: issuers compared as text, where they are written otherwise."""

from smimetui.smime.ber import field, identifier, sequence
from smimetui.smime.certificate_id import certificate_fields, names
from smimetui.smime.cms_ids import CertificateId
from tests.linear import assert_linear
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


def test_many_names_of_one_number_take_no_longer_than_their_number() -> None:
    other = sequence(*[unit(f"{number}") for number in range(100)])
    assert_linear(lambda count: [named(other) for _ in range(count)], 8_000)
