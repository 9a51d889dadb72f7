"""Candidate chains: what a signature check may cost."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from smimetui.model.certificate import Certificate
from smimetui.smime import chain
from smimetui.smime.chain import ChainBuilder, folded, signed_by
from smimetui.smime.public_keys import public_key
from tests.linear import assert_linear
from tests.pki import make_authority

ROOT = make_authority("Chain root", key="p256")
ALICE = ROOT.issue("alice@corp.example", key="p256").certificate


@pytest.mark.parametrize(("exponent", "good"), [(65537, True), ((1 << 64) - 1, True), ((1 << 64) + 1, False)])
def test_a_key_with_an_exponent_out_of_reason_is_none(exponent: int, *, good: bool) -> None:
    modulus = rsa.generate_private_key(65537, 2048).public_key().public_numbers().n
    odd = ROOT.issue("alice@corp.example", public_key=rsa.RSAPublicNumbers(exponent, modulus).public_key())
    assert odd.certificate.key_size == 2048
    if good:
        assert isinstance(public_key(odd.certificate), rsa.RSAPublicKey)
    else:
        with pytest.raises(ValueError, match="exponent"):
            public_key(odd.certificate)
    assert not signed_by(ALICE, odd.certificate)


@pytest.mark.parametrize(("bits", "most"), [(256, 50), (2048, 50), (4096, 13), (16384, 1)])
def test_long_keys_are_tried_less_often(monkeypatch: pytest.MonkeyPatch, bits: int, most: int) -> None:
    tried = []

    def refusing(_certificate: Certificate, issuer: Certificate) -> bool:
        tried.append(issuer)
        return False

    monkeypatch.setattr(chain, "signed_by", refusing)
    namesakes = [replace(ROOT.certificate, der=bytes([number]), key_size=bits) for number in range(200)]
    assert list(ChainBuilder((), namesakes).chains(ALICE)) == []
    assert len(tried) == most


def test_names_are_folded_up_to_a_length() -> None:
    assert folded("CN= Alice  Archer,O=Corp") == folded("cn=alice archer,O=corp")
    assert folded("CN=" + "A" * 3_000) != folded("cn=" + "a" * 3_000)


def test_many_long_names_take_no_longer_than_their_number() -> None:
    def build(count: int) -> None:
        name = "CN=" + "x y " * 5_000
        others = [replace(ROOT.certificate, der=bytes([1]) * (1 + at), subject=f"{name}{at}") for at in range(count)]
        assert list(ChainBuilder((), others).chains(ALICE)) == []

    assert_linear(build, 400)
