"""Envelopes: every way a key can be wrapped, and one answer for every way that opening can fail."""

import json
from dataclasses import asdict, replace
from datetime import timedelta
from hashlib import sha1

import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher as Encryption
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from smimetui.model.errors import DecryptionError, FormatError, UnsupportedError
from smimetui.model.message import Cipher, OpenedMessage
from smimetui.smime import envelope as envelopes
from smimetui.smime import oids
from smimetui.smime.ber import field, identifier, integer, octet_string, sequence
from smimetui.smime.certificate_id import certificate_fields, marks
from smimetui.smime.cms import EnvelopedData, read_cms
from smimetui.smime.envelope import decrypt, encrypt
from smimetui.smime.identity import SoftwareIdentity
from smimetui.smime.mime import parse
from smimetui.smime.recipients import Derivation
from tests.pki import NOW, Issued
from tests.smime import forge
from tests.smime.correspondents import alice, bob, draft, mallory, opened, root, sealed

KEYS = ("rsa2048", "rsa3072", "p256", "p384", "p521", "brainpool256", "x25519")
CONTENT = forge.entity("The secret\r\n")


def structure(*people: Issued, content: bytes = CONTENT, cipher: Cipher = Cipher.AES256_CBC) -> bytes:
    certificates = [person.certificate for person in people]
    return b"".join(encrypt([content], len(content), certificates, cipher))


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("cipher", list(Cipher))
def test_what_is_encrypted_to_a_key_opens_with_it_alone(key: str, cipher: Cipher) -> None:
    raw = sealed(encrypt=[bob(key)], cipher=cipher)
    seen = opened(raw, bob(key))
    assert seen.body == draft().body
    assert seen.encryption is not None
    assert seen.encryption.content_encryption_algorithm == cipher.value
    assert seen.encryption.authenticated == (cipher is Cipher.AES256_GCM)
    closed = opened(raw, alice(), mallory("p256")).encryption
    assert closed is not None
    assert not closed.decrypted


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 31, 32, 1000])
@pytest.mark.parametrize("cipher", list(Cipher))
def test_every_length_comes_back_whole(size: int, cipher: Cipher) -> None:
    content = bytes(range(256))[:size] if size < 256 else b"x" * size
    read = read_cms(structure(bob(), content=content, cipher=cipher))
    assert isinstance(read, EnvelopedData)
    found = decrypt(read, [bob().identity])
    assert found.data[: found.size] == content


def test_a_thousand_recipients_each_find_their_own_key() -> None:
    people = [root().issue(f"person{number}@corp.example", key="p256", key_name="shared") for number in range(60)]
    raw = sealed(encrypt=[*people, bob()])
    assert opened(raw, bob()).body == draft().body
    assert opened(raw, people[37]).body == draft().body


def test_a_renewed_certificate_of_the_same_key_still_opens_old_mail() -> None:
    old = root().issue("bob@corp.example", key_name="bob renews", key="p256")
    new = root().issue("bob@corp.example", key_name="bob renews", key="p256")
    assert opened(sealed(encrypt=[old, alice()]), new).body == draft().body
    old_rsa, new_rsa = (root().issue("bob@corp.example", key_name="bob renews") for _ in range(2))
    assert opened(sealed(encrypt=[old_rsa]), new_rsa).body == draft().body


def test_an_expired_key_opens_mail() -> None:
    expired = root().issue("bob@corp.example", not_after=NOW - timedelta(days=3), key_name="expired")
    assert opened(sealed(encrypt=[expired]), alice(), expired).body == draft().body


def test_an_issuer_written_in_other_string_types_is_still_recognised() -> None:
    info = _transport_to_bob(issuer=certificate_fields(bob().certificate).issuer.replace(b"\x0c", b"\x13"))
    raw = forge.pkcs7(_envelope(info))
    assert opened(raw, bob()).body == "The secret\n"


KEY = bytes(range(32))


def _transport_to_bob(
    *, issuer: bytes | None = None, encrypted: bytes | None = None, scheme: bytes | None = None
) -> bytes:

    fields = certificate_fields(bob().certificate)
    wrapped = bob().key.public_key().encrypt(KEY, PKCS1v15()) if encrypted is None else encrypted
    return sequence(
        integer(0),
        sequence(issuer or fields.issuer, fields.serial),
        scheme or sequence(identifier(oids.RSA), forge.NULL),
        octet_string(wrapped),
    )


def _envelope(info: bytes, *, cipher: bytes | None = None, ciphertext: bytes | None = None) -> bytes:

    nonce = bytes(16)
    padding = 16 - len(CONTENT) % 16
    encryptor = Encryption(AES(KEY), CBC(nonce)).encryptor()
    encrypted = encryptor.update(CONTENT + bytes([padding]) * padding)
    scheme = cipher or sequence(identifier(oids.AES256_CBC), octet_string(nonce))
    return forge.enveloped(info, scheme, encrypted if ciphertext is None else ciphertext)


@pytest.mark.parametrize("wrap", [16, 24, 32])
@pytest.mark.parametrize("hkdf", [False, True])
@pytest.mark.parametrize("material", [None, b"user keying material"])
def test_key_agreement_with_x25519_opens(wrap: int, *, hkdf: bool, material: bytes | None) -> None:

    wrapping = sequence(
        identifier(next(oid for oid, size in oids.KEY_WRAPS.items() if size == wrap and ".101.3.4" in oid))
    )
    scheme = next(iter(oids.HKDF_SCHEMES if hkdf else oids.X963_SCHEMES))
    digest = (oids.HKDF_SCHEMES if hkdf else oids.X963_SCHEMES)[scheme]
    own = X25519PrivateKey.generate()
    kek = Derivation(digest=digest, hkdf=hkdf, octets=wrap).key(
        own.exchange(bob("x25519").key.public_key()), wrapping, material
    )
    point = own.public_key().public_bytes_raw()
    key_id = bob("x25519").certificate.subject_key_identifier
    assert key_id is not None
    info = field(
        0xA1,
        integer(3),
        field(
            0xA0,
            field(0xA1, sequence(identifier(oids.X25519)), field(0x03, b"\0", point)),
        ),
        field(0xA1, octet_string(material)) if material is not None else b"",
        sequence(identifier(scheme), wrapping),
        sequence(sequence(field(0xA0, octet_string(key_id)), octet_string(aes_key_wrap(kek, KEY)))),
    )
    assert opened(forge.pkcs7(_envelope(info)), bob("x25519")).body == "The secret\n"


@pytest.mark.parametrize("digest", [None, hashes.SHA1(), hashes.SHA512()])
@pytest.mark.parametrize("mask", [None, hashes.SHA256()])
@pytest.mark.parametrize("label", [None, b"a label"])
def test_oaep_opens_with_every_parameter_and_its_default(
    digest: hashes.HashAlgorithm | None, mask: hashes.HashAlgorithm | None, label: bytes | None
) -> None:
    parameters = b""
    if digest is not None:
        parameters += field(0xA0, sequence(identifier(oids.DIGEST_IDENTIFIERS[digest.name]), forge.NULL))
    if mask is not None:
        inner = sequence(identifier(oids.DIGEST_IDENTIFIERS[mask.name]), forge.NULL)
        parameters += field(0xA1, sequence(identifier(oids.MGF1), inner))
    if label is not None:
        parameters += field(0xA2, sequence(identifier(oids.LABEL_SPECIFIED), octet_string(label)))
    padding = OAEP(MGF1(mask or hashes.SHA1()), digest or hashes.SHA1(), label)
    encrypted = bob().key.public_key().encrypt(KEY, padding)
    scheme = sequence(identifier(oids.RSA_OAEP), sequence(parameters))
    raw = forge.pkcs7(_envelope(_transport_to_bob(encrypted=encrypted, scheme=scheme)))
    assert opened(raw, bob()).body == "The secret\n"


# One answer for every failure.


def shown(message: OpenedMessage) -> str:
    """All that a person or a program can see of a message, apart from the octets themselves."""
    facts = asdict(message)
    facts.pop("raw")
    return json.dumps(facts, default=str)


def test_a_wrong_key_and_bad_padding_cannot_be_told_apart() -> None:
    good = _envelope(_transport_to_bob())
    assert opened(forge.pkcs7(good), bob()).body == "The secret\n"
    encrypt_to_bob = bob().key.public_key().encrypt
    wrapped_keys = {
        "bad RSA padding": bytes(255) + b"\1",
        "a number beyond the modulus": b"\xff" * 256,
        "a short number": b"\1" * 100,
        "a key of another length": encrypt_to_bob(bytes(16), PKCS1v15()),
        "a wrong key": encrypt_to_bob(b"\x55" * 32, PKCS1v15()),
    }
    contents = {"bad content padding": bytes(range(64)), "a cut block": bytes(33), "no content": b""}
    messages = [_envelope(_transport_to_bob(encrypted=wrapped)) for wrapped in wrapped_keys.values()]
    messages += [_envelope(_transport_to_bob(), ciphertext=content) for content in contents.values()]
    failures = [opened(forge.pkcs7(good)), opened(forge.pkcs7(good), alice())]
    failures += [opened(forge.pkcs7(message), bob()) for message in messages]
    answers = {shown(message) for message in failures}
    assert len(answers) == 1
    assert "cannot be decrypted with your keys" in answers.pop()


def test_a_changed_octet_of_authenticated_content_shows_nothing() -> None:
    cms = structure(bob(), cipher=Cipher.AES256_GCM)
    for position in (-1, -16, -19, -30):
        changed = bytearray(cms)
        changed[position] ^= 1
        message = opened(forge.pkcs7(bytes(changed)), bob())
        assert message.body == ""
        assert message.encryption is not None
        assert not message.encryption.decrypted


def test_a_damaged_wrapped_key_is_a_failure_like_any_other() -> None:
    for key in ("p256", "x25519"):
        # The key that stands in for it opens CBC padding once in 256 times.
        cms = structure(bob(key), cipher=Cipher.AES256_GCM)
        read = read_cms(cms)
        assert isinstance(read, EnvelopedData)
        wrapped = next(iter(read.recipients)).encrypted_key
        message = opened(forge.pkcs7(cms.replace(wrapped, bytes(len(wrapped)))), bob(key))
        assert message.notes == ("This message cannot be decrypted with your keys.",)


def test_a_point_that_is_not_on_the_curve_is_a_failure_like_any_other() -> None:
    cms = structure(bob("p256"))
    start = cms.index(b"\x03\x42\x00\x04") + 10
    changed = bytearray(cms)
    changed[start] ^= 1
    assert opened(forge.pkcs7(bytes(changed)), bob("p256")).body == ""


@pytest.mark.parametrize(
    ("scheme", "sentence"),
    [
        (sequence(identifier("1.2.3.4")), "encrypted by a method"),
        (sequence(identifier(oids.RSA_OAEP), sequence(field(0xA0, sequence(identifier("1.2.3.4"))))), "digest"),
        (
            sequence(
                identifier(oids.RSA_OAEP), sequence(field(0xA0, sequence(identifier(oids.DIGEST_IDENTIFIERS["md5"]))))
            ),
            "digest",
        ),
        (sequence(identifier(oids.RSA_OAEP), sequence(field(0xA1, sequence(identifier("1.2.3.4"))))), "mask"),
        (sequence(identifier(oids.RSA_OAEP), sequence(field(0xA2, sequence(identifier("1.2.3.4"))))), "label"),
    ],
)
def test_methods_that_are_not_read_are_named(scheme: bytes, sentence: str) -> None:
    with pytest.raises(UnsupportedError, match=sentence):
        opened(forge.pkcs7(_envelope(_transport_to_bob(scheme=scheme))), bob())


def test_a_cipher_that_is_not_read_is_named() -> None:
    rc2 = sequence(identifier("1.2.840.113549.3.2"), octet_string(bytes(8)))
    with pytest.raises(UnsupportedError, match="cipher"):
        opened(forge.pkcs7(_envelope(_transport_to_bob(), cipher=rc2)), bob())


@pytest.mark.parametrize(
    "cipher",
    [
        sequence(identifier(oids.AES256_CBC), octet_string(bytes(8))),
        sequence(identifier(oids.AES256_CBC)),
        sequence(identifier(oids.AES256_GCM), sequence(octet_string(bytes(12)))),
        sequence(identifier(oids.AES256_GCM), sequence(octet_string(bytes(12)), integer(3))),
        sequence(identifier(oids.AES256_GCM), sequence(octet_string(b""), integer(16))),
    ],
)
def test_parameters_that_are_not_valid_are_a_format_error(cipher: bytes) -> None:
    with pytest.raises(FormatError):
        opened(forge.pkcs7(_envelope(_transport_to_bob(), cipher=cipher)), bob())


def agreement(*, originator: bytes, scheme: bytes, wrapped: bytes = bytes(40), person: Issued | None = None) -> bytes:
    who = certificate_fields((person or bob("p256")).certificate).issuer_and_serial
    return field(0xA1, integer(3), field(0xA0, originator), scheme, sequence(sequence(who, octet_string(wrapped))))


POINT = field(0xA1, sequence(identifier(oids.EC_PUBLIC_KEY)), field(0x03, b"\0", b"\x04" + bytes(64)))
WRAP = sequence(identifier(oids.AES256_WRAP))


@pytest.mark.parametrize(
    ("originator", "scheme"),
    [
        (POINT, sequence(identifier("1.2.3.4"), WRAP)),
        (POINT, sequence(identifier(oids.ECDH_SHA256), sequence(identifier("1.2.3.4")))),
        (certificate_fields(alice("p256").certificate).issuer_and_serial, sequence(identifier(oids.ECDH_SHA256), WRAP)),
        (POINT, sequence(identifier(oids.ECDH_SHA256), sequence(WRAP[2:], octet_string(bytes(5_000))))),
    ],
    ids=["scheme", "wrap", "static key", "long parameters"],
)
def test_key_agreements_that_are_not_read_are_named(originator: bytes, scheme: bytes) -> None:
    with pytest.raises(UnsupportedError, match="wrapped by a method"):
        opened(forge.pkcs7(_envelope(agreement(originator=originator, scheme=scheme))), bob("p256"))


def test_triple_des_key_wrap_opens_and_a_changed_one_does_not() -> None:
    own = ec.generate_private_key(ec.SECP256R1())
    point = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    wrapping = sequence(identifier(oids.TRIPLE_DES_WRAP), forge.NULL)
    scheme = sequence(identifier("1.3.133.16.840.63.0.2"), wrapping)
    secret = own.exchange(ec.ECDH(), bob("p256").key.public_key())
    kek = Derivation(digest="sha1", octets=24).key(secret, wrapping)
    originator = field(0xA1, sequence(identifier(oids.EC_PUBLIC_KEY)), field(0x03, b"\0", point))
    key = bytes(range(24))
    good = agreement(originator=originator, scheme=scheme, wrapped=_triple_des_wrap(kek, key))
    content = CONTENT + bytes([8 - len(CONTENT) % 8]) * (8 - len(CONTENT) % 8)
    ciphertext = Encryption(TripleDES(key), CBC(bytes(8))).encryptor().update(content)
    cipher = sequence(identifier(oids.TRIPLE_DES), octet_string(bytes(8)))
    message = opened(forge.pkcs7(forge.enveloped(good, cipher, ciphertext)), bob("p256"))
    assert message.body == "The secret\n"
    assert message.encryption is not None
    assert message.encryption.weak
    bad = agreement(originator=originator, scheme=scheme, wrapped=_triple_des_wrap(bytes(24), key))
    assert opened(forge.pkcs7(forge.enveloped(bad, cipher, ciphertext)), bob("p256")).body == ""


def _triple_des_wrap(kek: bytes, key: bytes) -> bytes:
    """RFC 3217 section 3.1."""
    checked = key + sha1(key, usedforsecurity=False).digest()[:8]
    nonce = bytes(range(8))
    first = Encryption(TripleDES(kek), CBC(nonce)).encryptor().update(checked)
    outer = Encryption(TripleDES(kek), CBC(bytes.fromhex("4adda22c79e82105"))).encryptor()
    return outer.update((nonce + first)[::-1])


def test_too_many_keys_of_one_agreement_are_refused_by_name() -> None:
    keys = sequence(*[sequence(sequence(sequence(), integer(1)), octet_string(b""))] * 10_001)
    info = field(0xA1, integer(3), field(0xA0, POINT), sequence(identifier(oids.ECDH_SHA256), WRAP), keys)
    with pytest.raises(FormatError, match="more than 10,000 recipients"):
        opened(forge.pkcs7(_envelope(info)), bob("p256"))


def test_a_key_that_cannot_be_loaded_cannot_be_encrypted_to() -> None:
    person = bob("p256")
    broken = replace(person.certificate, der=person.der.replace(b"\x03\x42\x00\x04", b"\x03\x42\x00\x09"))
    with pytest.raises(UnsupportedError, match="cannot be used to encrypt"):
        list(encrypt([b""], 0, [broken], Cipher.AES256_CBC))


def test_a_wrong_key_whose_padding_fits_by_chance_shows_no_garbage() -> None:
    # Found by trial: about one in 256 keys makes the last octet a 1.
    read = read_cms(_envelope(_transport_to_bob()))
    assert isinstance(read, EnvelopedData)
    content = envelopes._Content(read, 32)
    fitting = [key for number in range(2000) if content.open(key := number.to_bytes(32), plausible=False) is not None]
    assert fitting
    assert all(content.open(key, plausible=True) is None for key in fitting)


def test_recipients_of_kinds_that_are_not_read_are_passed_over() -> None:
    password = field(0xA3, integer(0), sequence(identifier("1.2.3.4")), octet_string(b"x"))
    info = _transport_to_bob()
    cms = _envelope(info + password)
    message = opened(forge.pkcs7(cms), bob())
    assert message.body == "The secret\n"
    assert message.encryption is not None
    assert opened(forge.pkcs7(_envelope(password)), bob()).body == ""


def test_a_trial_with_a_key_nobody_named_shows_no_garbage() -> None:
    read = read_cms(structure(bob()))
    assert isinstance(read, EnvelopedData)
    for _ in range(40):
        with pytest.raises(DecryptionError):
            decrypt(read, [alice().identity])


def test_trials_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    class Counting(SoftwareIdentity):
        def unwrap_rsa(self, encrypted_key: bytes, oaep: object) -> bytes:
            tried.append(encrypted_key)
            return super().unwrap_rsa(encrypted_key, oaep)

    monkeypatch.setattr(envelopes, "MOST_TRIALS", 5)
    people = [root().issue(f"other{number}@corp.example", key_name="trials") for number in range(20)]
    identity = Counting(pkcs8=alice().pkcs8, certificate=alice().certificate)
    read = read_cms(structure(*people))
    assert isinstance(read, EnvelopedData)
    with pytest.raises(DecryptionError):
        decrypt(read, [identity])
    assert len(tried) == 5


def test_nobody_can_be_encrypted_to_with_a_key_for_signatures() -> None:
    with pytest.raises(UnsupportedError, match="signatures only"):
        structure(alice("ed25519"))


def test_the_marks_of_a_certificate_occur_in_whatever_names_it() -> None:
    for key in ("rsa2048", "p256"):
        cms = structure(bob(key))
        assert any(mark in cms for mark in marks(bob(key).certificate))
        assert parse(sealed()).content_type == "text/plain"
