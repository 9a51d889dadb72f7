"""Name constraints on mail addresses, where the constraints themselves are broken."""

from dataclasses import replace

from smimetui.smime.mail_names import addresses_permitted
from tests.pki import make_authority

ROOT = make_authority()
ALICE = ROOT.issue("alice@corp.example", key="p256").certificate


def test_constraints_that_cannot_be_read_permit_nothing() -> None:
    assert not addresses_permitted(ALICE, (replace(ROOT.certificate, der=b"0"),))


def test_a_certificate_without_addresses_breaks_no_constraint() -> None:
    nameless = ROOT.issue(key="p256", name="Nameless").certificate
    assert addresses_permitted(nameless, (replace(ROOT.certificate, der=b"0"),))
