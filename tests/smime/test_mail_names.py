"""Name constraints on mail addresses, where the constraints themselves are broken."""

from dataclasses import replace

import pytest
from cryptography import x509

from smimetui.smime.mail_names import addresses_permitted
from tests.linear import assert_linear
from tests.pki import make_authority

ROOT = make_authority()
ALICE = ROOT.issue("alice@corp.example", key="p256").certificate


def test_constraints_that_cannot_be_read_permit_nothing() -> None:
    assert not addresses_permitted(ALICE, (replace(ROOT.certificate, der=b"0"),))


def test_a_certificate_without_addresses_breaks_no_constraint() -> None:
    nameless = ROOT.issue(key="p256", name="Nameless").certificate
    assert addresses_permitted(nameless, (replace(ROOT.certificate, der=b"0"),))


def test_an_excluded_name_without_text_leaves_no_address_out() -> None:
    # excludedSubtrees [1] with one rfc822Name [1] of no octets.
    empty = x509.UnrecognizedExtension(x509.NameConstraints.oid, bytes.fromhex("3006a10430028100"))
    authority = ROOT.intermediate("No Mail CA", extensions=[(empty, True)])
    assert not addresses_permitted(ALICE, (authority.certificate,))


def test_a_host_that_is_too_long_lies_within_no_domain() -> None:
    limits = x509.NameConstraints([x509.RFC822Name(".corp.example")], None)
    authority = ROOT.intermediate("Corp CA", extensions=[(limits, True)]).certificate
    for labels, permitted in ((1, True), (100, True), (130, False)):
        name = f"alice@{'a.' * labels}corp.example"
        assert addresses_permitted(replace(ALICE, addresses=(name,)), (authority,)) is permitted


@pytest.mark.parametrize("kind", ["permitted", "excluded"])
def test_many_names_under_many_constraints_take_no_longer_than_their_number(kind: str) -> None:
    def judge(count: int) -> None:
        bases = [x509.RFC822Name(f"host{number}.example") for number in range(count)]
        limits = (bases, None) if kind == "permitted" else (None, bases)
        authority = ROOT.intermediate("Constrained CA", extensions=[(x509.NameConstraints(*limits), True)])
        host = "host" if kind == "permitted" else "other"
        many = tuple(f"a@{host}{number}.example" for number in range(count))
        assert addresses_permitted(replace(ALICE, addresses=many), (authority.certificate,))

    assert_linear(judge, 4_000)
