"""New keys: the request, the certificate for trying out, and the file that takes a key along."""

from datetime import timedelta
from pathlib import Path
from subprocess import run

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from smimetui.model.address import Address, parse_address
from smimetui.model.certificate import Purpose
from smimetui.model.errors import FormatError, IdentityError, UnsupportedError, WrongPassphraseError
from smimetui.model.verdict import Problem
from smimetui.smime.identity import SoftwareIdentity
from smimetui.smime.new_identity import TRIAL, KeyKind, make_key, make_request, make_self_signed, public_half
from smimetui.smime.pkcs12 import load_pkcs12
from smimetui.smime.pkcs12_writing import write_pkcs12
from smimetui.smime.x509 import fitness, load_certificate
from tests.conftest import need_program
from tests.pki import NOW, make_authority

ALICE = parse_address("Alice Adams <alice@corp.example>")


def request_of(address: Address, kind: KeyKind = KeyKind.P256, name: str = "") -> x509.CertificateSigningRequest:
    return x509.load_pem_x509_csr(make_request(make_key(kind), address=address, name=name))


@pytest.mark.parametrize("kind", KeyKind)
def test_a_request_names_the_address_and_what_the_key_is_for(kind: KeyKind) -> None:
    request = request_of(ALICE, kind, "Alice Adams")

    assert request.is_signature_valid
    assert [item.value for item in request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)] == ["Alice Adams"]
    names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.RFC822Name) == ["alice@corp.example"]
    usage = request.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.key_encipherment, usage.key_agreement) == (
        True,
        kind is KeyKind.RSA3072,
        kind is KeyKind.P256,
    )
    extended = request.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(extended) == [ExtendedKeyUsageOID.EMAIL_PROTECTION]


def test_rsa_keys_have_3072_bits() -> None:
    certificate = load_certificate(make_self_signed(make_key(KeyKind.RSA3072), address=ALICE, name="", at=NOW))

    assert certificate.key_description == KeyKind.RSA3072.label == "RSA 3072"


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("kind", KeyKind)
def test_a_certificate_for_trying_out_serves_both_purposes_for_a_year_and_says_what_it_is(
    kind: KeyKind, purpose: Purpose
) -> None:
    certificate = load_certificate(make_self_signed(make_key(kind), address=ALICE, name="Alice Adams", at=NOW))

    assert certificate.common_name == "Alice Adams (self-signed, for trial)"
    assert fitness(certificate, purpose=purpose, address=ALICE, at=NOW) == ()
    assert Problem.EXPIRED in fitness(certificate, purpose=purpose, address=ALICE, at=NOW + timedelta(days=365))
    assert not certificate.is_ca


def test_a_long_name_is_cut_and_never_what_says_that_it_is_a_trial() -> None:
    certificate = load_certificate(make_self_signed(make_key(KeyKind.P256), address=ALICE, name="A" * 300, at=NOW))

    assert len(certificate.common_name) == 64
    assert certificate.common_name.endswith(TRIAL)


@pytest.mark.parametrize("local", ["jörg", "ö" * 80])
def test_an_address_beyond_ascii_is_named_too(local: str) -> None:
    address = Address(local, "bücher.example")
    certificate = load_certificate(make_self_signed(make_key(KeyKind.P256), address=address, name="", at=NOW))

    assert fitness(certificate, purpose=Purpose.SIGN, address=address, at=NOW) == ()
    assert request_of(address).is_signature_valid


@pytest.mark.parametrize(
    "pkcs8",
    [b"", b"\x30\x00", make_authority("X").issue("x@x.example", key="ed25519").pkcs8],
    ids=["nothing", "empty", "ed25519"],
)
def test_what_is_no_key_of_these_kinds_is_refused(pkcs8: bytes) -> None:
    with pytest.raises(FormatError):
        public_half(pkcs8)


@pytest.mark.parametrize("key", ["rsa2048", "p256", "p521", "ed25519"])
def test_an_exported_key_is_read_back_with_its_chain(key: str) -> None:
    middle = make_authority("Root").intermediate("Middle CA")
    identity = middle.issue(ALICE.spec, key=key).identity

    (found,) = load_pkcs12(write_pkcs12(identity, "pässwörd"), "pässwörd")

    assert found.certificate == identity.certificate
    assert found.chain == identity.chain
    assert public_of(found) == public_of(identity)
    with pytest.raises(WrongPassphraseError):
        load_pkcs12(write_pkcs12(identity, "one"), "another")


def public_of(identity: SoftwareIdentity) -> bytes:
    return identity.sign(b"", "sha256") if identity.certificate.key_algorithm == "RSA" else identity.certificate.der


def test_openssl_reads_an_exported_key_and_finds_aes_256_and_sha_256(tmp_path: Path) -> None:
    openssl = need_program("openssl")
    file = tmp_path / "alice.p12"
    file.write_bytes(write_pkcs12(make_authority("Root").issue(ALICE.spec).identity, "secret"))

    done = run(
        [openssl, "pkcs12", "-in", str(file), "-info", "-nodes", "-passin", "pass:secret"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert "BEGIN PRIVATE KEY" in done.stdout
    assert done.stderr.count("PBES2, PBKDF2, AES-256-CBC, Iteration 600000, PRF hmacWithSHA256") == 2
    assert "MAC: sha256, Iteration 600000" in done.stderr


def test_no_key_leaves_without_a_passphrase() -> None:
    with pytest.raises(IdentityError, match="passphrase"):
        write_pkcs12(make_authority("Root").issue(ALICE.spec, key="p256").identity, "")


def test_keys_that_cannot_be_written_are_sentences() -> None:
    issued = make_authority("Root").issue(ALICE.spec, key="p256")
    with pytest.raises(IdentityError, match="cannot be read"):
        write_pkcs12(SoftwareIdentity(pkcs8=b"none", certificate=issued.certificate), "secret")
    agreeing = make_authority("Root").issue(ALICE.spec, key="x25519").identity
    with pytest.raises(UnsupportedError, match="X25519"):
        write_pkcs12(agreeing, "secret")

    class Card:
        certificate = issued.certificate

    with pytest.raises(UnsupportedError, match="cannot be copied"):
        write_pkcs12(Card(), "secret")  # type: ignore[arg-type]
