"""PKCS#12 files: those openssl makes in every form, those of the wild, and those that are broken."""

import re
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from smimetui.model.certificate import Certificate
from smimetui.model.errors import FormatError, UnsupportedError, WrongPassphraseError
from smimetui.smime import rc2
from smimetui.smime.pkcs12 import load_pkcs12
from tests.conftest import need_program
from tests.pki import Issued, make_authority, private_key

VECTORS = Path(__file__).parents[2].parent / "shared" / "vectors"
needs_vectors = pytest.mark.skipif(not VECTORS.is_dir(), reason=f"the public vectors are not at {VECTORS}")

ROOT = make_authority("Root CA")
ISSUING = ROOT.intermediate("Issuing CA")
ALICE = ISSUING.issue("alice@corp.example", key="p256")
PASSWORD = "correct horse"


def made(
    folder: Path, *options: str, issued: Issued = ALICE, password: str = PASSWORD, more: tuple[Certificate, ...] = ()
) -> bytes:
    """Return the file openssl makes of an identity and further certificates."""
    openssl = need_program("openssl")
    (folder / "key.pem").write_bytes(issued.key_pem)
    (folder / "cert.pem").write_bytes(issued.pem)
    (folder / "more.pem").write_bytes(b"".join(pem(certificate) for certificate in more))
    command = [openssl, "pkcs12", "-export", "-inkey", "key.pem", "-in", "cert.pem", "-passout", f"pass:{password}"]
    if more:
        command += ["-certfile", "more.pem"]
    return subprocess.run([*command, *options], cwd=folder, capture_output=True, check=True).stdout


def pem(certificate: Certificate) -> bytes:
    command = [need_program("openssl"), "x509", "-inform", "DER"]
    return subprocess.run(command, input=certificate.der, capture_output=True, check=True).stdout


FORMS = {
    "openssl 3": (),
    "openssl 1": ("-legacy",),
    "RC2 40": ("-legacy", "-keypbe", "PBE-SHA1-RC2-40", "-certpbe", "PBE-SHA1-RC2-40"),
    "RC2 128": ("-legacy", "-keypbe", "PBE-SHA1-RC2-128", "-certpbe", "PBE-SHA1-RC2-128"),
    "two-key triple DES": ("-legacy", "-keypbe", "PBE-SHA1-2DES", "-certpbe", "PBE-SHA1-2DES"),
    "RC4 128": ("-legacy", "-keypbe", "PBE-SHA1-RC4-128", "-certpbe", "PBE-SHA1-RC4-128"),
    "RC4 40": ("-legacy", "-keypbe", "PBE-SHA1-RC4-40", "-certpbe", "PBE-SHA1-RC4-40"),
    "AES-128": ("-keypbe", "AES-128-CBC", "-certpbe", "AES-192-CBC"),
    "PBES2 with triple DES": ("-keypbe", "DES-EDE3-CBC", "-certpbe", "DES-EDE3-CBC"),
    "PBES2 with RC2": ("-legacy", "-keypbe", "RC2-CBC", "-certpbe", "RC2-CBC"),
    "certificates not encrypted": ("-certpbe", "NONE"),
    "SHA-512": ("-macalg", "sha512"),
    "SHA-1, one round": ("-macalg", "sha1", "-nomaciter", "-noiter"),
    "no MAC": ("-nomac",),
    "no MAC, old ciphers": ("-nomac", "-legacy"),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_opens_with_its_password_and_no_other(form: str, tmp_path: Path) -> None:
    data = made(tmp_path, *FORMS[form])
    (identity,) = load_pkcs12(data, PASSWORD)
    assert identity.certificate == ALICE.certificate
    assert identity.pkcs8 == ALICE.pkcs8
    with pytest.raises(WrongPassphraseError, match="the password does not open"):
        load_pkcs12(data, "wrong")


def test_without_a_mac_no_wrong_password_is_taken_for_damage(tmp_path: Path) -> None:
    """One wrong password in 256 ends in a valid padding, and then the key is noise."""
    data = made(tmp_path, *FORMS["no MAC, old ciphers"])
    for number in range(600):
        with pytest.raises(WrongPassphraseError):
            load_pkcs12(data, f"wrong {number}")


@pytest.mark.parametrize("password", ["", "pässwörd", "Пароль", "🔒 lock", "x" * 200])
@pytest.mark.parametrize("form", ["openssl 3", "openssl 1"])
def test_a_password_of_any_characters_opens(password: str, form: str, tmp_path: Path) -> None:
    assert load_pkcs12(made(tmp_path, *FORMS[form], password=password), password)
    with pytest.raises(WrongPassphraseError):
        load_pkcs12(made(tmp_path, *FORMS[form], password=password), password + "x")


def test_a_file_of_the_test_pki_opens() -> None:
    (identity,) = load_pkcs12(ALICE.pkcs12("päss"), "päss")
    assert identity == ALICE.identity


@pytest.mark.parametrize("key", ["rsa2048", "p521", "ed25519", "ed448", "brainpool256"])
def test_every_kind_of_key_opens(key: str, tmp_path: Path) -> None:
    issued = ISSUING.issue("k@corp.example", key=key)
    (identity,) = load_pkcs12(made(tmp_path, issued=issued), PASSWORD)
    assert identity.pkcs8 == issued.pkcs8


def test_the_chain_is_put_in_order_whatever_else_is_there(tmp_path: Path) -> None:
    more = (ROOT.certificate, make_authority("Stranger CA").certificate, ISSUING.certificate)
    (identity,) = load_pkcs12(made(tmp_path, more=more), PASSWORD)
    assert identity.chain == (ISSUING.certificate, ROOT.certificate)


def test_a_renewed_certificate_of_the_same_key_is_an_identity_too(tmp_path: Path) -> None:
    renewed = ISSUING.issue("alice@corp.example", key="p256")
    found = load_pkcs12(made(tmp_path, more=(renewed.certificate,)), PASSWORD)
    assert {identity.certificate for identity in found} == {ALICE.certificate, renewed.certificate}


def test_a_file_without_a_key_is_a_format_error(tmp_path: Path) -> None:
    data = made(tmp_path, "-nokeys")
    with pytest.raises(FormatError, match="holds no private key"):
        load_pkcs12(data, PASSWORD)


def test_a_key_without_its_certificate_is_a_format_error(tmp_path: Path) -> None:
    data = made(tmp_path, "-nocerts")
    with pytest.raises(FormatError, match="without its certificate"):
        load_pkcs12(data, PASSWORD)


def test_a_dsa_key_is_named_unsupported(tmp_path: Path) -> None:
    key = dsa.generate_private_key(1024).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "dsa.pem").write_bytes(key)
    openssl = need_program("openssl")
    request = [openssl, "req", "-x509", "-new", "-key", "dsa.pem", "-subj", "/CN=Old", "-sha256", "-out", "dsa.crt"]
    subprocess.run(request, cwd=tmp_path, check=True, capture_output=True)
    export = [openssl, "pkcs12", "-export", "-inkey", "dsa.pem", "-in", "dsa.crt", "-passout", f"pass:{PASSWORD}"]
    data = subprocess.run(export, cwd=tmp_path, check=True, capture_output=True).stdout
    with pytest.raises(UnsupportedError, match="DSA key"):
        load_pkcs12(data, PASSWORD)


def test_a_file_sealed_with_a_public_key_is_named_unsupported(tmp_path: Path) -> None:
    data, signed, packed = made(tmp_path), b"\x06\x09" + bytes.fromhex("2a864886f70d010702"), b"\x06\x09"
    start = data.index(packed + bytes.fromhex("2a864886f70d010701"))
    with pytest.raises(UnsupportedError, match="public key"):
        load_pkcs12(data[:start] + signed + data[start + len(signed) :], PASSWORD)


def test_an_unknown_cipher_is_named_unsupported_and_not_a_wrong_password(tmp_path: Path) -> None:
    pbes2 = bytes.fromhex("2a864886f70d01050d")
    data = made(tmp_path, "-nomac").replace(pbes2, bytes.fromhex("2a864886f70d01057f"))
    with pytest.raises(UnsupportedError, match="does not know"):
        load_pkcs12(data, PASSWORD)


def test_a_file_that_asks_for_too_many_rounds_is_refused_at_once(tmp_path: Path) -> None:
    data = made(tmp_path, "-iter", "70000")
    rounds = (70000).to_bytes(3)
    with pytest.raises(UnsupportedError, match="rounds"):
        load_pkcs12(data.replace(rounds, b"\x7f" + rounds[1:]), PASSWORD)


@pytest.mark.parametrize("cut", [1, 2, 50, 500, -1])
def test_a_damaged_file_is_a_format_error(cut: int) -> None:
    with pytest.raises(FormatError, match="damaged"):
        load_pkcs12(ALICE.pkcs12(PASSWORD)[:cut], PASSWORD)


@pytest.mark.parametrize("data", [b"", b"hello", ALICE.der, ALICE.pem, b"\x30\x80\0\0", b"0" * 20_000_000])
def test_another_kind_of_file_is_a_format_error(data: bytes) -> None:
    with pytest.raises(FormatError):
        load_pkcs12(data, PASSWORD)


@pytest.mark.parametrize(
    ("key", "bits", "plain", "encrypted"),
    [
        ("0000000000000000", 63, "0000000000000000", "ebb773f993278eff"),
        ("ffffffffffffffff", 64, "ffffffffffffffff", "278b27e42e2f0d49"),
        ("3000000000000000", 64, "1000000000000001", "30649edf9be7d2c2"),
        ("88", 64, "0000000000000000", "61a8a244adacccf0"),
        ("88bca90e90875a", 64, "0000000000000000", "6ccf4308974c267f"),
        ("88bca90e90875a7f0f79c384627bafb2", 64, "0000000000000000", "1a807d272bbe5db1"),
        ("88bca90e90875a7f0f79c384627bafb2", 128, "0000000000000000", "2269552ab0f85ca6"),
    ],
)
def test_rc2_gives_the_values_of_its_rfc(key: str, bits: int, plain: str, encrypted: str) -> None:
    # RFC 2268 section 5
    found = rc2.decrypt_cbc(bytes.fromhex(key), bits, bytes(8), bytes.fromhex(encrypted))
    assert found.hex() == plain


@pytest.mark.parametrize("data", [b"1234567", b"123456789"])
def test_rc2_refuses_what_is_no_whole_block(data: bytes) -> None:
    with pytest.raises(ValueError, match="blocks"):
        rc2.decrypt_cbc(b"key", 40, bytes(8), data)


def passwords() -> dict[str, str]:
    if not VECTORS.is_dir():
        return {}
    text = (VECTORS / "gnupg-pkcs12/Description-p12").read_text()
    found = {
        f"gnupg-pkcs12/{name}": password for name, password in re.findall(r"Name: (\S+)\nDesc: .*\nPass: (.*)\n", text)
    }
    found |= {f"mimekit-pkcs12/{path.name}": "no.secret" for path in (VECTORS / "mimekit-pkcs12").glob("*.pfx")}
    found |= {f"rfc9216/{path.name}": path.stem.split("_")[-1].lower() for path in (VECTORS / "rfc9216").glob("*.p12")}
    for folder in ("nss", "thunderbird"):
        found |= {f"{folder}/{path.name}": "nss" for path in (VECTORS / folder).glob("*.p12")}
    return found


PASSWORDS = passwords()
DSA = "mimekit-pkcs12/dsa.pfx"


@needs_vectors
def test_all_files_of_the_wild_are_there() -> None:
    assert len(PASSWORDS) == 10 + 7 + 4 + 2 + 3


@needs_vectors
@pytest.mark.parametrize("name", sorted(PASSWORDS))
def test_a_file_of_the_wild_opens_and_its_key_signs_or_agrees(name: str) -> None:
    data, password = (VECTORS / name).read_bytes(), PASSWORDS[name]
    if name == DSA:
        with pytest.raises(UnsupportedError, match="DSA key"):
            load_pkcs12(data, password)
        return
    for identity in load_pkcs12(data, password):
        if identity.certificate.key_algorithm == "X25519":
            assert identity.agree(private_key("x25519").public_key().public_bytes_raw())
        else:
            assert identity.sign(b"x", "sha256")
    with pytest.raises(WrongPassphraseError):
        load_pkcs12(data, password + "x")


@needs_vectors
def test_the_certificates_are_those_gnupg_lists() -> None:
    text = (VECTORS / "gnupg-pkcs12/Description-p12").read_text()
    from hashlib import sha1

    for block in re.findall(r"Name: (\S+)\n(?:.*\n)*?Pass: (.*)\n((?:Cert: .*\n)+)", text):
        name, password, listed = block
        found = load_pkcs12((VECTORS / "gnupg-pkcs12" / name).read_bytes(), password)
        held = {sha1(c.der).hexdigest() for identity in found for c in (identity.certificate, *identity.chain)}
        assert held
        assert held <= set(re.findall(r"[0-9a-f]{40}", listed))


@needs_vectors
@pytest.mark.parametrize("name", ["Alice", "Bob", "Carlos", "Dana"])
def test_a_person_of_rfc_9216_has_a_key_to_sign_and_one_to_decrypt_each_with_its_chain(name: str) -> None:
    (path,) = (VECTORS / "rfc9216").glob(f"*_for_{name}.p12")
    found = load_pkcs12(path.read_bytes(), name.lower())
    assert len(found) == 2
    assert len({identity.certificate for identity in found}) == 2
    assert all(len(identity.chain) == 1 for identity in found)


SEEDS = [ALICE.pkcs12("p")]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 3))):
        position = draw(st.integers(0, len(data) - 1))
        if draw(st.booleans()):
            data[position] = draw(st.integers(0, 255))
        else:
            del data[position : position + draw(st.integers(1, 20))]
        data = data or bytearray(b"0")
    return bytes(data)


@given(st.binary(max_size=100) | mutated())
def test_hostile_bytes_raise_nothing_but_the_three_errors(data: bytes) -> None:
    try:
        load_pkcs12(data, "p")
    except (FormatError, UnsupportedError, WrongPassphraseError):
        return
