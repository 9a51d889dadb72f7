"""PKCS#12 structures that no program at hand makes, put together by hand (RFC 7292)."""

import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from smimetui.model.errors import FormatError, UnsupportedError, WrongPassphraseError
from smimetui.smime import pbe
from smimetui.smime.pbe import Budget, Secret
from smimetui.smime.pkcs12 import load_pkcs12
from tests.linear import assert_linear
from tests.pki import make_authority

ALICE = make_authority().issue("alice@corp.example", key="p256")
DATA, ENCRYPTED, ENVELOPED = "2a864886f70d010701", "2a864886f70d010706", "2a864886f70d010703"
BAGS = "2a864886f70d010c0a01"
PBES2, PBKDF2, PBMAC1 = "2a864886f70d01050d", "2a864886f70d01050c", "2a864886f70d01050e"
SCRYPT, AES_256_CBC, RC2_CBC = "2b06010401da47040b", "60864801650304012a", "2a864886f70d0302"
HMAC_SHA256, HMAC_UNKNOWN = "2a864886f70d0209", "2a864886f70d027f"
HMAC_SHA1, HMAC_SHA512 = "2a864886f70d0207", "2a864886f70d020b"
SALT, INITIAL = b"saltsalt", b"i" * 16


def field(tag: int, *contents: bytes) -> bytes:
    content = b"".join(contents)
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def sequence(*contents: bytes) -> bytes:
    return field(0x30, *contents)


def octets(content: bytes) -> bytes:
    return field(0x04, content)


def identifier(hexadecimal: str) -> bytes:
    return field(0x06, bytes.fromhex(hexadecimal))


def integer(value: int) -> bytes:
    return field(0x02, value.to_bytes(value.bit_length() // 8 + 1))


def explicit(*contents: bytes) -> bytes:
    return field(0xA0, *contents)


def info(kind: str, content: bytes) -> bytes:
    return sequence(identifier(kind), explicit(content))


def bag(kind: int, *value: bytes) -> bytes:
    return sequence(identifier(f"{BAGS}{kind:02x}"), explicit(*value))


def certificate_bag(der: bytes, kind: str = "2a864886f70d01091601") -> bytes:
    return bag(3, sequence(identifier(kind), explicit(octets(der))))


def plain_info(*bags: bytes) -> bytes:
    return info(DATA, octets(sequence(*bags)))


def pfx(*infos: bytes, mac: bytes = b"") -> bytes:
    return sequence(integer(3), info(DATA, octets(sequence(*infos))), mac)


KEY_BAG, CERTIFICATE_BAG = bag(1, ALICE.pkcs8), certificate_bag(ALICE.der)


def test_a_file_without_any_encryption_opens() -> None:
    (identity,) = load_pkcs12(pfx(plain_info(KEY_BAG, CERTIFICATE_BAG)), "")
    assert identity.certificate == ALICE.certificate
    assert identity.pkcs8 == ALICE.pkcs8


def test_bags_in_bags_are_read_and_other_kinds_passed_over() -> None:
    revocation_list, odd = bag(4, sequence()), certificate_bag(b"sdsi", "2a864886f70d01091602")
    nested = bag(6, sequence(KEY_BAG, revocation_list, bag(6, sequence(odd, CERTIFICATE_BAG))))
    assert len(load_pkcs12(pfx(plain_info(nested)), "")) == 1


def test_bags_nested_without_end_are_a_format_error() -> None:
    nested = KEY_BAG
    for _ in range(12):
        nested = bag(6, sequence(nested))
    with pytest.raises(FormatError, match="nested too deep"):
        load_pkcs12(pfx(plain_info(nested)), "")


def test_too_many_entries_are_a_format_error() -> None:
    with pytest.raises(FormatError, match="over 500 entries"):
        load_pkcs12(pfx(plain_info(*[bag(4, sequence())] * 501)), "")


def test_a_part_sealed_with_a_public_key_is_unsupported() -> None:
    with pytest.raises(UnsupportedError, match="public key"):
        load_pkcs12(pfx(info(ENVELOPED, sequence())), "")


def test_a_list_wrapped_once_too_often_is_read() -> None:
    wrapped = octets(octets(sequence(KEY_BAG, CERTIFICATE_BAG)))
    assert len(load_pkcs12(pfx(info(DATA, wrapped)), "")) == 1


@pytest.mark.parametrize("content", [b"", integer(1)])
def test_a_missing_list_is_a_format_error(content: bytes) -> None:
    with pytest.raises(FormatError, match="a list of entries is missing"):
        load_pkcs12(pfx(info(DATA, octets(content))), "")


def test_a_certificate_with_an_unknown_key_is_named_where_nothing_else_is_there() -> None:
    strange = (
        make_authority().issue("d@corp.example", key="ed25519").der.replace(b"\x2b\x65\x70\x03", b"\x2b\x65\x7f\x03")
    )
    with pytest.raises(UnsupportedError, match="does not know"):
        load_pkcs12(pfx(plain_info(certificate_bag(strange))), "")
    assert load_pkcs12(pfx(plain_info(certificate_bag(strange), KEY_BAG, CERTIFICATE_BAG)), "")


def test_keys_that_are_not_for_mail_are_unsupported() -> None:
    unknown = sequence(integer(0), sequence(identifier("2a0304")), octets(b"key"))
    with pytest.raises(UnsupportedError, match="of a kind this program does not know"):
        load_pkcs12(pfx(plain_info(bag(1, unknown), CERTIFICATE_BAG)), "")
    parameters = sequence(integer(_MODP_2048), integer(2))
    agreement = sequence(integer(0), sequence(identifier("2a864886f70d010301"), parameters), octets(integer(5)))
    with pytest.raises(UnsupportedError, match="not used for mail"):
        load_pkcs12(pfx(plain_info(bag(1, agreement), CERTIFICATE_BAG)), "")


def shrouded_bag(key: bytes) -> bytes:
    algorithm = sequence(identifier(PBES2), sequence(pbkdf2(), sequence(identifier(AES_256_CBC), octets(INITIAL))))
    return bag(2, sequence(algorithm, octets(aes(KEY, key))))


def test_a_key_marked_as_in_pieces_is_read_as_gnupg_meant_it() -> None:
    start = ALICE.pkcs8.index(b"\x04\x6d\x30\x6b")
    constructed = ALICE.pkcs8[:start] + b"\x24" + ALICE.pkcs8[start + 1 :]
    (identity,) = load_pkcs12(pfx(plain_info(shrouded_bag(constructed), CERTIFICATE_BAG)), "p")
    assert identity.pkcs8 == ALICE.pkcs8


def test_a_key_that_cannot_be_read_is_damage() -> None:
    broken = sequence(integer(0), sequence(identifier("2b6570")), octets(octets(b"short")))
    with pytest.raises(FormatError, match="private key cannot be read"):
        load_pkcs12(pfx(plain_info(bag(1, broken), CERTIFICATE_BAG)), "")


# RFC 3526 section 3
_MODP_2048 = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B"
    "302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE6"
    "49286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB9ED529077096966D"
    "670C354E4ABC9804F1746C08CA18217C32905E462E36CE3BE39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718"
    "3995497CEA956AE515D2261898FA051015728E5A8AACAA68FFFFFFFFFFFFFFFF",
    16,
)


def pbkdf2(rounds: int = 10, digest: str = HMAC_SHA256, *, length: int | None = None) -> bytes:
    tail = (integer(length) if length else b"", sequence(identifier(digest), b"\x05\x00"))
    return sequence(identifier(PBKDF2), sequence(octets(SALT), integer(rounds), *tail))


def scrypt(cost: int = 16, block: int = 8) -> bytes:
    return sequence(identifier(SCRYPT), sequence(octets(SALT), integer(cost), integer(block), integer(1)))


def aes(key: bytes, plain: bytes) -> bytes:
    encryptor = Cipher(AES(key), CBC(INITIAL)).encryptor()
    missing = 16 - len(plain) % 16
    return encryptor.update(plain + bytes([missing]) * missing) + encryptor.finalize()


def encrypted_info(derivation: bytes, key: bytes, cipher: bytes | None = None) -> bytes:
    scheme = cipher or sequence(identifier(AES_256_CBC), octets(INITIAL))
    algorithm = sequence(identifier(PBES2), sequence(derivation, scheme))
    content = field(0x80, aes(key, sequence(KEY_BAG, CERTIFICATE_BAG)))
    return info(ENCRYPTED, sequence(integer(0), sequence(identifier(DATA), algorithm, content)))


KEY = hashlib.pbkdf2_hmac("sha256", b"p", SALT, 10, 32)


def test_a_length_in_the_derivation_is_passed_over() -> None:
    assert load_pkcs12(pfx(encrypted_info(pbkdf2(length=32), KEY)), "p")


def test_scrypt_is_read() -> None:
    data = pfx(encrypted_info(scrypt(), hashlib.scrypt(b"p", salt=SALT, n=16, r=8, p=1, dklen=32)))
    assert load_pkcs12(data, "p")
    with pytest.raises(WrongPassphraseError):
        load_pkcs12(data, "q")


@pytest.mark.parametrize(
    ("derivation", "cipher", "sentence"),
    [
        (pbkdf2(digest=HMAC_UNKNOWN), None, "digest"),
        (sequence(identifier("2a0304"), sequence(octets(SALT))), None, "key derivation"),
        (scrypt(cost=2**40), None, "rounds"),
        (scrypt(cost=2, block=2**20), None, "rounds"),
        (pbkdf2(), sequence(identifier("2a0304"), octets(INITIAL)), "cipher"),
        (pbkdf2(), sequence(identifier(RC2_CBC), sequence(integer(7), octets(b"i" * 8))), "form of RC2"),
        (pbkdf2(rounds=2**32), None, "rounds"),
    ],
)
def test_what_is_not_known_or_costs_too_much_is_unsupported(
    derivation: bytes, cipher: bytes | None, sentence: str
) -> None:
    with pytest.raises(UnsupportedError, match=sentence):
        load_pkcs12(pfx(encrypted_info(derivation, KEY, cipher)), "p")


def test_all_parts_of_a_file_share_one_budget_of_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pbe, "_MOST_ROUNDS", 25)
    part = encrypted_info(pbkdf2(), KEY)
    assert load_pkcs12(pfx(part, part), "p")
    with pytest.raises(UnsupportedError, match="rounds"):
        load_pkcs12(pfx(part, part, part), "p")


def old_cipher(kind: int, rounds: int, encrypted: bytes = bytes(64)) -> bytes:
    """Return a part sealed with one of RFC 7292 appendix C's ciphers."""
    algorithm = sequence(identifier(f"2a864886f70d010c01{kind:02x}"), sequence(octets(SALT), integer(rounds)))
    return info(ENCRYPTED, sequence(integer(0), sequence(identifier(DATA), algorithm, field(0x80, encrypted))))


@pytest.mark.parametrize(
    ("part", "most", "sentence"),
    [
        # Three digests for key and first block, two more for GnuPG's form of the key.
        (old_cipher(3, 10), 49, "rounds"),
        (encrypted_info(pbkdf2(digest=HMAC_SHA1), KEY), 19, "rounds"),
        (encrypted_info(pbkdf2(digest=HMAC_SHA512), KEY), 15, "rounds"),
        (old_cipher(5, 1, bytes(1_000_000)), 5_000_000, "octets in RC2"),
    ],
    ids=["3des", "two digests", "long digest", "rc2"],
)
def test_a_file_costs_no_more_than_its_budget(
    monkeypatch: pytest.MonkeyPatch, part: bytes, most: int, sentence: str
) -> None:
    monkeypatch.setattr(pbe, "_MOST_ROUNDS", most)
    with pytest.raises(UnsupportedError, match=sentence):
        load_pkcs12(pfx(part), "p")
    monkeypatch.setattr(pbe, "_MOST_ROUNDS", most * 2)
    if "RC2" not in sentence:
        with pytest.raises(WrongPassphraseError):
            load_pkcs12(pfx(part), "p")


def test_a_list_wrapped_without_end_is_refused_without_unwrapping_it_all() -> None:
    wrapped = {0: bytes(2)}
    for depth in range(1, 12_001):
        wrapped[depth] = octets(wrapped[depth - 1])

    def read(depth: int) -> None:
        with pytest.raises(FormatError, match="a list of entries is missing"):
            load_pkcs12(pfx(info(DATA, wrapped[depth] * 2)), "")

    assert_linear(read, 12_000)


def test_an_archive_of_many_keys_takes_no_longer_than_their_number() -> None:
    rsa = make_authority().issue("bob@corp.example", key="rsa2048")

    def read(count: int) -> None:
        keys = [bag(1, rsa.pkcs8)] * count
        assert len(load_pkcs12(pfx(plain_info(*keys, certificate_bag(rsa.der))), "")) == 1

    assert_linear(read, 400)


def test_keys_that_cost_more_than_the_budget_are_unsupported(monkeypatch: pytest.MonkeyPatch) -> None:
    rsa = make_authority().issue("bob@corp.example", key="rsa2048")
    monkeypatch.setattr(pbe, "_MOST_ROUNDS", 2_000)
    with pytest.raises(UnsupportedError, match="operations of private keys"):
        load_pkcs12(pfx(plain_info(bag(1, rsa.pkcs8), certificate_bag(rsa.der))), "")


def test_an_rsa_key_with_any_number_changed_is_a_format_error() -> None:
    rsa = make_authority().issue("bob@corp.example", key="rsa2048")
    modulus = rsa.key.public_key().public_numbers().n.to_bytes(256)
    start = rsa.pkcs8.index(modulus) + len(modulus)
    for position in range(start, len(rsa.pkcs8), 41):
        damaged = bytearray(rsa.pkcs8)
        damaged[position] ^= 4
        with pytest.raises(FormatError):
            load_pkcs12(pfx(plain_info(bag(1, bytes(damaged)), certificate_bag(rsa.der))), "")


def test_no_rounds_are_a_format_error() -> None:
    with pytest.raises(FormatError, match="less than one round"):
        Budget().spend(0)


def mac(content: bytes, key: bytes, derivation: bytes, digest: str = HMAC_SHA256) -> bytes:
    algorithm = sequence(identifier(PBMAC1), sequence(derivation, sequence(identifier(digest))))
    value = hmac.digest(key, content, "sha256")
    return sequence(sequence(algorithm, octets(value)), octets(b"ignored"), integer(1))


def test_pbmac1_proves_the_password() -> None:
    # RFC 9579
    part = encrypted_info(pbkdf2(), KEY)
    data = pfx(part, mac=mac(sequence(part), KEY, pbkdf2()))
    assert load_pkcs12(data, "p")
    with pytest.raises(WrongPassphraseError):
        load_pkcs12(data, "q")
    with pytest.raises(UnsupportedError, match="digest"):
        load_pkcs12(pfx(part, mac=mac(sequence(part), KEY, pbkdf2(), HMAC_UNKNOWN)), "p")


def test_a_mac_that_fails_over_plain_content_is_a_wrong_password() -> None:
    part = plain_info(KEY_BAG, CERTIFICATE_BAG)
    data = pfx(part, mac=mac(sequence(part), KEY, pbkdf2()))
    assert load_pkcs12(data, "p")
    with pytest.raises(WrongPassphraseError):
        load_pkcs12(data, "q")


def test_what_fails_behind_a_right_mac_is_damage() -> None:
    part = encrypted_info(pbkdf2(), b"another key of 32 octets, so bad")
    with pytest.raises(FormatError, match="damaged"):
        load_pkcs12(pfx(part, mac=mac(sequence(part), KEY, pbkdf2())), "p")


@pytest.mark.parametrize("rounds", [2**64, 1 << 20_000], ids=["64 bits", "6,000 digits"])
@pytest.mark.parametrize("digest", ["608648016503040201", "608648016503040203"], ids=["sha256", "sha512"])
def test_a_mac_that_asks_for_too_many_rounds_is_unsupported(rounds: int, digest: str) -> None:
    part = encrypted_info(pbkdf2(), KEY)
    old = sequence(sequence(sequence(identifier(digest)), octets(bytes(32))), octets(SALT), integer(rounds))
    for data in (pfx(part, mac=old), pfx(part, mac=mac(sequence(part), KEY, pbkdf2(rounds)))):
        with pytest.raises(UnsupportedError, match="too many rounds"):
            load_pkcs12(data, "p")


@pytest.mark.parametrize("digest", [HMAC_SHA256, HMAC_SHA512])
def test_a_part_that_asks_for_rounds_of_thousands_of_digits_is_unsupported(digest: str) -> None:
    with pytest.raises(UnsupportedError, match="too many rounds"):
        load_pkcs12(pfx(encrypted_info(pbkdf2(1 << 20_000, digest), KEY)), "p")


def test_a_mac_with_parameters_that_scrypt_does_not_take_is_a_format_error() -> None:
    part = encrypted_info(pbkdf2(), KEY)
    with pytest.raises(FormatError, match="parameters"):
        load_pkcs12(pfx(part, mac=mac(sequence(part), KEY, scrypt(cost=3))), "p")


def test_a_secret_does_not_show_itself() -> None:
    assert "hunter2" not in repr(Secret("hunter2", b"hunter2", Budget()))
