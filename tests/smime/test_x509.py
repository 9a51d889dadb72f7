"""Reading certificates, and what each is fit for by itself."""

import subprocess
import tracemalloc
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from hypothesis import given
from hypothesis import strategies as st

from smimetui.model.address import Address, parse_address
from smimetui.model.certificate import Certificate, Purpose
from smimetui.model.errors import FormatError, UnsupportedError
from smimetui.model.verdict import Problem
from smimetui.smime import x509 as module
from smimetui.smime.chain import signed_by
from smimetui.smime.x509 import describe_key, fitness, load_certificate, load_certificates, published_certificates
from tests.conftest import need_program
from tests.linear import assert_linear
from tests.pki import ANY, NOW, SERVER, Issued, make_authority, sha1_signed

ROOT = make_authority("Corp Root CA")
ISSUING = ROOT.intermediate("Corp Issuing CA")
ALICE = ISSUING.issue("alice@corp.example", name="Alice Archer", key="p256")
ALICE_ADDRESS = parse_address("alice@corp.example")
SIGNING, ENCRYPTING = ("digitalSignature",), ("keyEncipherment", "keyAgreement")


def judged(issued: Issued, purpose: Purpose, address: Address | None = None) -> tuple[Problem, ...]:
    return fitness(issued.certificate, purpose=purpose, address=address, at=NOW)


def test_a_certificate_tells_names_validity_key_and_usage() -> None:
    certificate = ALICE.certificate
    assert certificate.common_name == "Alice Archer"
    assert certificate.subject == "CN=Alice Archer,O=Test"
    assert certificate.issuer == "CN=Corp Issuing CA,O=Test"
    assert certificate.issuer_common_name == "Corp Issuing CA"
    assert certificate.addresses == ("alice@corp.example",)
    assert (certificate.key_algorithm, certificate.key_size, certificate.curve) == ("EC", 256, "P-256")
    assert certificate.not_after == NOW + timedelta(days=700)
    assert certificate.key_usage == {"digitalSignature", "keyEncipherment", "keyAgreement"}
    assert certificate.extended_key_usage == {"1.3.6.1.5.5.7.3.4"}
    assert certificate.signature_algorithm == "ECDSA with SHA-256"
    assert len(certificate.sha256) == 64
    assert not certificate.is_ca
    assert not certificate.is_self_issued
    assert certificate.subject_key_identifier is not None


@pytest.mark.parametrize(
    ("key", "description"),
    [
        ("rsa2048", "RSA 2048"),
        ("p384", "P-384"),
        ("p521", "P-521"),
        ("brainpool256", "brainpoolP256r1"),
        ("ed25519", "Ed25519"),
        ("ed448", "Ed448"),
        ("x25519", "X25519"),
        ("x448", "X448"),
    ],
)
def test_a_key_is_described_as_people_name_it(key: str, description: str) -> None:
    assert ISSUING.issue("k@corp.example", key=key).certificate.key_description == description


def test_absent_usages_are_none_and_not_empty() -> None:
    certificate = ISSUING.issue("a@corp.example", key="p256", key_usage=None, eku=None).certificate
    assert certificate.key_usage is None
    assert certificate.extended_key_usage is None


def test_all_names_count_each_once_alternative_names_first() -> None:
    issued = ISSUING.issue(
        "a@corp.example", "b@corp.example", key="p256", email_in_dn=True, utf8_mailboxes=("jürgen@corp.example",)
    )
    assert issued.certificate.addresses == ("a@corp.example", "b@corp.example", "jürgen@corp.example")


def test_an_address_in_the_subject_alone_counts() -> None:
    assert ISSUING.issue("a@corp.example", key="p256", san=False).certificate.addresses == ("a@corp.example",)


def test_names_are_decoded_as_issuers_write_them() -> None:
    der = bytearray(ALICE.der)
    start = der.index(b"\x0c\x0cAlice Archer")
    der[start : start + 14] = b"\x14\x0cAlic\xe9 Archer"
    assert load_certificate(bytes(der)).common_name == "Alicé Archer"
    der[start : start + 14] = b"\x1e\x0c" + "Alice\N{SNOWMAN}".encode("utf-16-be")
    assert load_certificate(bytes(der)).common_name == "Alice\N{SNOWMAN}"
    der[start : start + 14] = b"\x1c\x0c" + "Äli".encode("utf-32-be")
    assert load_certificate(bytes(der)).common_name == "Äli"


def test_a_name_in_one_line_escapes_what_would_end_a_part() -> None:
    certificate = ISSUING.issue("a@corp.example", key="p256", name=' #A, "B"+C; ').certificate
    assert certificate.subject == 'CN=\\ #A\\, \\"B\\"\\+C\\;\\ ,O=Test'
    assert certificate.common_name == ' #A, "B"+C; '


def test_a_long_name_is_read_whole() -> None:
    address = f"{'a' * 64}@{'b' * 60}.corp.example"
    assert ISSUING.issue(address, key="p256", san=False).certificate.addresses == (address,)


def test_a_serial_number_of_zero_is_read_without_a_warning() -> None:
    positive = ISSUING.issue("a@corp.example", key="p256", serial=0x55).der
    start = positive.index(b"\x02\x01\x55")
    for octet, serial in ((0, 0), (0xFF, -1)):
        der = positive[: start + 2] + bytes([octet]) + positive[start + 3 :]
        assert load_certificate(der).serial_number == serial


def test_a_certificate_of_version_one_is_read(tmp_path: Path) -> None:
    openssl = need_program("openssl")
    (tmp_path / "key.pem").write_bytes(ALICE.key_pem)
    request = [openssl, "req", "-new", "-key", "key.pem", "-subj", "/CN=Old/emailAddress=old@corp.example", "-out", "r"]
    subprocess.run(request, cwd=tmp_path, check=True, capture_output=True)
    command = [openssl, "x509", "-req", "-in", "r", "-signkey", "key.pem", "-outform", "DER"]
    der = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True).stdout
    certificate = load_certificate(der)
    assert certificate.addresses == ("old@corp.example",)
    assert certificate.key_usage is None
    assert not certificate.is_ca


@pytest.mark.parametrize(("digest", "name"), [(SHA256(), "RSA-PSS with SHA-256"), (SHA512(), "RSA-PSS with SHA-512")])
def test_a_pss_signature_is_named_with_its_digest(digest: HashAlgorithm, name: str) -> None:
    authority = make_authority("PSS CA", key="rsa2048")
    issued = authority.issue("p@corp.example", key="p256", digest=digest, pss=True)
    assert issued.certificate.signature_algorithm == name
    assert signed_by(issued.certificate, authority.certificate)


def test_an_unknown_signature_algorithm_keeps_its_identifier_and_holds_for_nobody() -> None:
    ecdsa_with_sha256 = bytes.fromhex("06082a8648ce3d040302")
    certificate = load_certificate(ALICE.der.replace(ecdsa_with_sha256, ecdsa_with_sha256[:-1] + b"\x7f"))
    assert certificate.signature_algorithm == "1.2.840.10045.4.3.127"
    assert not signed_by(certificate, ISSUING.certificate)


def test_two_certificates_are_equal_when_their_bytes_are() -> None:
    assert ALICE.certificate == load_certificate(ALICE.der)
    assert ALICE.certificate != ISSUING.certificate


@pytest.mark.parametrize(
    "data",
    [b"", b"hello", b"0", b"0\x80\0\0", b"\x30\x03\x02\x01\x01", ALICE.der[:-1], ALICE.der + b"\0", b"0" * 300_000],
)
def test_what_is_no_certificate_is_a_format_error(data: bytes) -> None:
    with pytest.raises(FormatError, match="certificate"):
        load_certificate(data)


def test_an_extension_that_is_there_twice_is_a_format_error() -> None:
    # Both extensions get the identifier of one.
    key_usage, subject_key = b"\x06\x03\x55\x1d\x0f", b"\x06\x03\x55\x1d\x0e"
    with pytest.raises(FormatError):
        load_certificate(ALICE.der.replace(key_usage, subject_key))


def test_an_unknown_tls_feature_is_a_format_error() -> None:
    known = x509.TLSFeature([x509.TLSFeatureType.status_request])
    issued = ISSUING.issue("a@corp.example", key="p256", extensions=[(known, False)]).der
    with pytest.raises(FormatError):
        load_certificate(issued.replace(b"\x30\x03\x02\x01\x05", b"\x30\x03\x02\x01\x01"))


def test_an_unknown_kind_of_key_is_unsupported() -> None:
    ed25519 = ISSUING.issue("a@corp.example", key="ed25519").der
    with pytest.raises(UnsupportedError, match="kind this program does not know"):
        load_certificate(ed25519.replace(b"\x06\x03\x2b\x65\x70\x03", b"\x06\x03\x2b\x65\x7f\x03"))


def test_an_unknown_extension_is_no_obstacle() -> None:
    strange = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    issued = ISSUING.issue("a@corp.example", key="p256", extensions=[(strange, True)])
    assert issued.certificate.addresses == ("a@corp.example",)


def test_pem_der_and_p7b_give_the_same_certificates() -> None:
    both = (ALICE.certificate, ISSUING.certificate)
    p7b = pkcs7.serialize_certificates([ALICE.parsed, ISSUING.parsed], Encoding.DER)
    p7b_pem = pkcs7.serialize_certificates([ALICE.parsed, ISSUING.parsed], Encoding.PEM)
    assert load_certificates(ALICE.der) == (ALICE.certificate,)
    assert load_certificates(ALICE.pem + b"subject=/CN=x\n" + ISSUING.pem) == both
    assert set(load_certificates(p7b)) == set(load_certificates(p7b_pem)) == set(both)


def test_a_p7b_of_indefinite_length_is_read(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(ALICE.key_pem)
    (tmp_path / "cert.pem").write_bytes(ALICE.pem)
    command = [
        need_program("openssl"),
        "cms",
        "-sign",
        "-signer",
        "cert.pem",
        "-inkey",
        "key.pem",
        "-outform",
        "DER",
        "-stream",
    ]
    made = subprocess.run([*command, "-nodetach"], cwd=tmp_path, input=b"x", capture_output=True, check=True)
    assert made.stdout[1] == 0x80
    assert load_certificates(made.stdout) == (ALICE.certificate,)


@pytest.mark.parametrize("begin", [b"-----BEGIN CERTIFICATE-----", b"-----BEGIN A-----\n"])
def test_pem_blocks_without_an_end_take_no_long_time_and_hide_nothing(begin: bytes) -> None:
    def read(count: int) -> None:
        with pytest.raises(FormatError, match="holds no certificate"):
            load_certificates(begin * count)
        assert load_certificates(begin * count + ALICE.pem + b"-----END A-----") == (ALICE.certificate,)

    assert_linear(read, 20_000)


def test_pem_in_lines_of_one_letter_takes_no_memory_out_of_proportion() -> None:
    pem = b"-----BEGIN CERTIFICATE-----\n" + b"M\n" * 300_000 + b"-----END CERTIFICATE-----\n"
    tracemalloc.start()
    try:
        with pytest.raises(FormatError):
            load_certificates(pem)
        assert tracemalloc.get_traced_memory()[1] < 5 * len(pem)
    finally:
        tracemalloc.stop()


def test_pem_with_line_ends_of_windows_and_text_around_is_read() -> None:
    assert load_certificates(b"Bag Attributes\r\n" + ALICE.pem.replace(b"\n", b"\r\n")) == (ALICE.certificate,)


def test_a_damaged_certificate_does_not_hide_the_others() -> None:
    broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    assert load_certificates(broken + ALICE.pem) == (ALICE.certificate,)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no certificate",
        b"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
        ALICE.key_pem,
        bytes.fromhex("302306092a864886f70d010702a01630140201013100300b06092a864886f70d0107013100"),
    ],
)
def test_a_file_without_a_certificate_is_a_format_error(data: bytes) -> None:
    with pytest.raises(FormatError):
        load_certificates(data)


def outlook(*values: tuple[int, bytes]) -> bytes:
    return b"".join(tag.to_bytes(2, "little") + (len(value) + 4).to_bytes(2, "little") + value for tag, value in values)


@pytest.mark.parametrize(
    "value",
    [
        ALICE.der,
        pkcs7.serialize_certificates([ISSUING.parsed, ALICE.parsed], Encoding.DER),
        outlook((1, b"\x01\x00\x00\x00"), (0x0003, ALICE.der), (6, b"name\0")),
        outlook((0x0003, b"0\x03\x02\x01\x01"), (0x0101, ALICE.der)),
    ],
)
def test_a_published_value_gives_the_end_entity_first(value: bytes) -> None:
    assert published_certificates(value)[0] == ALICE.certificate


@pytest.mark.parametrize("value", [b"", b"\0\0\0\0", b"\1\0\3\0", outlook((3, b"nothing")), b"\xff" * 20])
def test_a_published_value_that_holds_no_certificate_gives_none(value: bytes) -> None:
    assert published_certificates(value) == ()


def test_a_good_certificate_is_fit_for_both_purposes() -> None:
    assert judged(ALICE, Purpose.SIGN, ALICE_ADDRESS) == ()
    assert judged(ALICE, Purpose.ENCRYPT, ALICE_ADDRESS) == ()


def test_validity_ends_are_inclusive() -> None:
    certificate = ALICE.certificate
    for at in (certificate.not_before, certificate.not_after):
        assert fitness(certificate, purpose=Purpose.SIGN, address=None, at=at) == ()
    second = timedelta(seconds=1)
    early, late = certificate.not_before - second, certificate.not_after + second
    assert fitness(certificate, purpose=Purpose.SIGN, address=None, at=early) == (Problem.NOT_YET_VALID,)
    assert fitness(certificate, purpose=Purpose.SIGN, address=None, at=late) == (Problem.EXPIRED,)


@pytest.mark.parametrize(
    ("key", "usages", "signs", "encrypts"),
    [
        ("rsa2048", ("digitalSignature",), True, False),
        ("rsa2048", ("nonRepudiation",), True, False),
        ("rsa2048", ("keyEncipherment",), False, True),
        ("rsa2048", ("keyAgreement",), False, False),
        ("rsa2048", ("dataEncipherment",), False, False),
        ("rsa2048", None, True, True),
        ("p256", ("keyAgreement",), False, True),
        ("p256", ("keyEncipherment",), False, False),
        ("p256", None, True, True),
        ("ed25519", ("digitalSignature",), True, False),
        ("ed25519", None, True, False),
        ("x25519", ("keyAgreement",), False, True),
        ("x25519", ("digitalSignature", "keyAgreement"), False, True),
        ("x25519", None, False, True),
        # This program does not encrypt to X448: a chip must not say that it will.
        ("x448", ("keyAgreement",), False, False),
    ],
)
def test_key_usage_decides_by_the_kind_of_key(
    key: str, usages: tuple[str, ...] | None, *, signs: bool, encrypts: bool
) -> None:
    issued = ISSUING.issue("k@corp.example", key=key, key_usage=usages)
    assert judged(issued, Purpose.SIGN) == (() if signs else (Problem.WRONG_USAGE,))
    assert judged(issued, Purpose.ENCRYPT) == (() if encrypts else (Problem.WRONG_USAGE,))


def test_extended_key_usage_must_name_mail_or_anything() -> None:
    assert judged(ISSUING.issue("k@corp.example", key="p256", eku=(ANY,)), Purpose.SIGN) == ()
    assert judged(ISSUING.issue("k@corp.example", key="p256", eku=None), Purpose.SIGN) == ()
    assert judged(ISSUING.issue("k@corp.example", key="p256", eku=(SERVER,)), Purpose.SIGN) == (Problem.WRONG_USAGE,)


def test_small_keys_are_weak() -> None:
    assert judged(ISSUING.issue("k@corp.example", key="rsa1024"), Purpose.SIGN) == (Problem.WEAK_KEY,)
    assert judged(ISSUING.issue("k@corp.example", key="p224"), Purpose.ENCRYPT) == (Problem.WEAK_KEY,)


def test_a_sha1_signature_is_weak_but_on_a_root() -> None:
    authority = make_authority("Old RSA CA", key="rsa2048")
    old = sha1_signed(authority.issue("k@corp.example", key="p256"), authority)
    assert old.certificate.signature_algorithm == "RSA with SHA-1"
    assert judged(old, Purpose.SIGN) == (Problem.WEAK_ALGORITHM,)
    root = load_certificate(sha1_signed(authority, authority).der)
    assert Problem.WEAK_ALGORITHM not in fitness(root, purpose=Purpose.SIGN, address=None, at=NOW)


@pytest.mark.parametrize(
    "address", ["alice@corp.example", "ALICE@Corp.Example", '"Mallory" <alice@corp.example>', "alice@CORP.example"]
)
def test_an_address_is_compared_as_mail_compares(address: str) -> None:
    assert judged(ALICE, Purpose.SIGN, parse_address(address)) == ()


@pytest.mark.parametrize("address", ["bob@corp.example", "alice@corp.example.com", "alice@sub.corp.example"])
def test_another_address_is_a_mismatch(address: str) -> None:
    assert judged(ALICE, Purpose.SIGN, parse_address(address)) == (Problem.NAME_MISMATCH,)


def test_an_internationalised_domain_equals_its_ascii_form() -> None:
    ascii_form = ISSUING.issue("info@xn--mller-kva.example", key="p256")
    unicode_form = ISSUING.issue(key="p256", name="Info", utf8_mailboxes=("info@müller.example",))
    for issued in (ascii_form, unicode_form):
        assert judged(issued, Purpose.ENCRYPT, parse_address("info@MÜLLER.example")) == ()


def test_problems_come_together_the_most_telling_first() -> None:
    issued = ISSUING.issue("k@corp.example", key="rsa1024", key_usage=ENCRYPTING, not_after=NOW - timedelta(days=1))
    assert judged(issued, Purpose.SIGN, ALICE_ADDRESS) == (
        Problem.NAME_MISMATCH,
        Problem.EXPIRED,
        Problem.WRONG_USAGE,
        Problem.WEAK_KEY,
    )


def test_an_smtputf8_name_of_another_type_is_no_address() -> None:
    der = ISSUING.issue(key="p256", name="Odd", utf8_mailboxes=("ü@corp.example",)).der
    text = b"\x0c\x0f" + "ü@corp.example".encode()
    assert load_certificate(der).addresses == ("ü@corp.example",)
    assert load_certificate(der.replace(text, b"\x04" + text[1:])).addresses == ()


def test_a_key_of_an_unknown_kind_has_no_description() -> None:
    with pytest.raises(UnsupportedError):
        describe_key(object())


def test_a_message_whose_certificates_are_all_damaged_is_a_format_error() -> None:
    p7b = pkcs7.serialize_certificates([ALICE.parsed], Encoding.DER)
    damaged = p7b.replace(ALICE.der[:6], ALICE.der[:4] + b"\x31\x82")
    with pytest.raises(FormatError, match="damaged"):
        load_certificates(damaged)


def test_signed_data_that_does_not_begin_with_a_version_holds_no_certificate() -> None:
    with pytest.raises(FormatError, match="no certificate"):
        load_certificates(bytes.fromhex("301106092a864886f70d010702a00430020500"))


def test_more_certificates_than_a_file_may_hold_are_a_format_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_CERTIFICATES", 1)
    both = [ALICE.parsed, ISSUING.parsed]
    for data in (ALICE.pem + ISSUING.pem, pkcs7.serialize_certificates(both, Encoding.DER)):
        with pytest.raises(FormatError, match="over 10,000"):
            load_certificates(data)


SEEDS = [
    ALICE.der,
    ISSUING.issue("r@corp.example", key="rsa2048", email_in_dn=True).der,
    pkcs7.serialize_certificates([ALICE.parsed, ISSUING.parsed], Encoding.DER),
    ALICE.pem,
    outlook((3, ALICE.der), (6, b"x")),
]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 4))):
        position = draw(st.integers(0, len(data) - 1))
        match draw(st.sampled_from("scd")):
            case "s":
                data[position] = draw(st.integers(0, 255))
            case "c":
                del data[position : position + draw(st.integers(1, 40))]
            case _:
                data[position:position] = draw(st.binary(min_size=1, max_size=8))
        data = data or bytearray(b"\0")
    return bytes(data)


@given(st.binary(max_size=200) | mutated())
def test_hostile_bytes_raise_nothing_but_the_two_errors(data: bytes) -> None:
    try:
        loaded: tuple[Certificate, ...] = load_certificates(data)
    except (FormatError, UnsupportedError):
        loaded = ()
    for certificate in loaded:
        fitness(certificate, purpose=Purpose.ENCRYPT, address=ALICE_ADDRESS, at=NOW)
    published_certificates(data)
