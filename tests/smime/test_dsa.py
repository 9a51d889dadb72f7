"""DSA: verified in messages and in certificates, parameters inherited; never made."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa

from smimetui.model.certificate import Purpose
from smimetui.model.verdict import Problem, SignatureReport, Verdict
from smimetui.smime import oids
from smimetui.smime.ber import identifier, sequence
from smimetui.smime.cursor import walk
from smimetui.smime.dsa_parameters import completed
from smimetui.smime.parsed import DSA_WITHOUT_PARAMETERS
from smimetui.smime.path import TrustPolicy, validate
from smimetui.smime.public_keys import public_key, public_key_of
from smimetui.smime.x509 import fitness, load_certificate
from tests.linear import assert_linear
from tests.pki import NOW, Issued, make_authority
from tests.smime import forge
from tests.smime.correspondents import opened

CONTENT = forge.entity()
ROOT = make_authority("DSA root", key="p256")
CA = ROOT.intermediate("DSA CA", key="dsa2048")
TRUSTING = TrustPolicy(anchors=(ROOT.certificate,))
DIGESTS = {"sha1": hashes.SHA1(), "sha256": hashes.SHA256()}


def report(
    person: Issued, *, digest: str = "sha256", content: bytes = CONTENT, certificates: tuple[bytes, ...] = ()
) -> SignatureReport:
    assert isinstance(person.key, dsa.DSAPrivateKey)
    value = person.key.sign(content, DIGESTS[digest])
    info = forge.signer_info(person, CONTENT, attributes=None, digest=digest, value=value)
    cms = forge.signed_data(info, certificates=certificates or (person.der, CA.der))
    found = opened(forge.multipart_signed(CONTENT, cms), policy=TRUSTING).signature
    assert found is not None
    return found


def borrowing(issued: Issued, authority: Issued) -> bytes:
    """Return a certificate without its DSA key's parameters, signed anew by a DSA authority."""
    whole = walk(issued.der).enter(0x30).enter(0x30)
    parts = []
    while not whole.done:
        part = whole.encoded()
        if part == public_key_of(issued.certificate):
            key = walk(part).enter(0x30)
            key.take()
            part = sequence(DSA_WITHOUT_PARAMETERS, key.encoded())
        parts.append(part)
    to_be_signed = sequence(*parts)
    algorithm = sequence(identifier("2.16.840.1.101.3.4.3.2"))
    signature = authority.key.sign(to_be_signed, hashes.SHA256())
    return sequence(to_be_signed, algorithm, forge.field(0x03, b"\0", signature))


def test_a_dsa_signature_of_today_s_strength_is_trusted() -> None:
    found = report(CA.issue("alice@corp.example", key="dsa2048"))
    assert (found.problems, found.trusted) == ((), True)


def test_an_old_dsa_signature_passes_and_is_not_trusted() -> None:
    found = report(CA.issue("alice@corp.example", key="dsa1024"), digest="sha1")
    assert found.verdict is Verdict.PASSED
    assert set(found.problems) == {Problem.WEAK_KEY, Problem.WEAK_ALGORITHM}
    assert not found.trusted


def test_a_dsa_signature_over_something_else_fails() -> None:
    found = report(CA.issue("alice@corp.example", key="dsa2048"), content=b"Something else")
    assert (found.verdict, found.intact) == (Verdict.FAILED, False)


def test_a_dsa_key_with_another_kind_of_signature_is_not_known() -> None:
    person = CA.issue("alice@corp.example", key="dsa2048")
    scheme = sequence(identifier(oids.ECDSA_IDENTIFIERS["sha256"]))
    info = forge.signer_info(person, CONTENT, algorithm=scheme, value=b"")
    cms = forge.signed_data(info, certificates=[person, CA])
    found = opened(forge.multipart_signed(CONTENT, cms), policy=TRUSTING).signature
    assert found is not None
    assert (found.verdict, found.intact) == (Verdict.INDETERMINATE, False)


def test_nothing_is_encrypted_to_a_dsa_key() -> None:
    certificate = CA.issue("alice@corp.example", key="dsa2048", key_usage=None).certificate
    assert fitness(certificate, purpose=Purpose.ENCRYPT, address=None, at=NOW) == (Problem.WRONG_USAGE,)


class TestInheritedParameters:
    sub = CA.intermediate("Borrowing CA", key="dsa2048")
    sub_der = borrowing(sub, CA)
    alice = sub.issue("alice@corp.example", key="dsa2048")
    alice_der = borrowing(alice, sub)

    def test_they_are_taken_from_the_issuers_above(self) -> None:
        found = report(self.alice, certificates=(self.alice_der, self.sub_der, CA.der))
        assert (found.problems, found.trusted) == ((), True)
        assert found.signer is not None
        assert found.signer.key_description == "DSA 2048"
        assert public_key_of(found.signer) == public_key_of(self.alice.certificate)

    def test_a_certificate_alone_says_nothing_of_its_size(self) -> None:
        alone = load_certificate(self.alice_der)
        assert alone.key_description == "DSA"
        assert fitness(alone, purpose=Purpose.SIGN, address=None, at=NOW) == (Problem.WEAK_KEY,)
        assert len(public_key_of(alone)) < len(public_key_of(self.alice.certificate))
        with pytest.raises(ValueError, match=r"asn1|key"):
            public_key(alone)

    def test_without_the_issuer_the_message_is_not_called_altered(self) -> None:
        found = report(self.alice, certificates=(self.alice_der,))
        assert found.verdict is Verdict.INDETERMINATE
        assert Problem.UNTRUSTED in found.problems
        assert Problem.ALTERED not in found.problems

    def test_only_an_issuer_that_signed_lends_them(self) -> None:
        namesake = ROOT.intermediate("DSA CA", key="dsa1024")
        other = ROOT.intermediate("Other CA", key="dsa2048")
        lent = completed([load_certificate(self.sub_der)], [namesake.certificate, other.certificate])
        assert [certificate.key_size for certificate in lent] == [0]

    def test_a_path_through_them_holds(self) -> None:
        alice, sub = load_certificate(self.alice_der), load_certificate(self.sub_der)
        path = validate(alice, policy=TRUSTING, extra=(sub, CA.certificate), purpose=Purpose.SIGN, at=NOW)
        assert path.problems == ()
        assert [link.key_size for link in path.chain] == [2048, 2048, 2048, 256]

    def test_what_follows_a_certificate_is_refused(self) -> None:
        from smimetui.model.errors import FormatError

        with pytest.raises(FormatError):
            load_certificate(self.alice_der + b"\x05\x00")

    def test_many_such_keys_cost_few_signature_checks(self) -> None:
        many = [
            load_certificate(borrowing(CA.issue(f"{number}@x.example", key="dsa2048", key_name="one"), CA))
            for number in range(20)
        ]
        lent = completed(many, [CA.certificate])
        assert sum(1 for certificate in lent if certificate.key_size) == 8

    def test_many_such_keys_under_many_issuers_take_no_longer_than_their_number(self) -> None:
        lender, borrower = CA.certificate, load_certificate(borrowing(CA.issue("a@x.example", key="dsa2048"), CA))
        name = "CN=" + "x y " * 300

        def complete(count: int) -> None:
            lenders = [replace(lender, der=bytes([1]) * (1 + at), subject=f"{name}{at}") for at in range(count)]
            others = [replace(borrower, der=bytes([2]) * (1 + at), issuer=f"{name}b{at}") for at in range(count)]
            assert completed([*lenders, *others])[-1] == others[-1]

        assert_linear(complete, 400)
