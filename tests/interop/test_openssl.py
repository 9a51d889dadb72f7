"""openssl reads what we make, and we what openssl makes; contents are compared octet for octet."""

from pathlib import Path

import pytest

from smimetui.model.message import Attachment, Cipher
from smimetui.model.verdict import Problem, Verdict
from smimetui.smime.mime import parse
from smimetui.smime.mime_build import draft_entity
from tests.interop.openssl import OpenSsl
from tests.pki import Issued
from tests.smime.correspondents import alice, bob, draft, opened, root, sealed

ENTITY = (
    b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    b"Gr\xc3\xbc\xc3\x9fe\r\naus Kiel\r\n"
)
TEXT = "Grüße\naus Kiel\n"
FILE = Attachment(name="q3 ü.bin", content_type="application/x-figures", content=bytes(range(256)) * 64)
SIGNERS = ("rsa2048", "rsa3072", "p256", "p384", "p521")
RECIPIENTS = ("rsa2048", "rsa3072", "p256", "p384", "p521", "brainpool256")
BODIES = ("plain\n", "no line end", "", "Grüße \n\n", "From me\n.\n" + "long " * 40 + "\n", "ж" * 500)
FLOWING = "> " + "quoted words " * 20 + "end\n\nFrom here " + "on and on " * 30 + "it flows.\n-- \nAlice\n"


@pytest.fixture
def openssl(tmp_path: Path) -> OpenSsl:
    return OpenSsl(tmp_path)


def headed(cms: bytes) -> bytes:
    """Return openssl's message under a header that names Alice."""
    return b"From: Alice Archer <alice@corp.example>\r\nTo: bob@corp.example\r\n" + cms


def content_of(message: bytes) -> bytes:
    """Return the signed octets of a multipart/signed message."""
    signed = next(parse(message).parts())
    return bytes(signed.octets)


@pytest.mark.parametrize("key", SIGNERS)
@pytest.mark.parametrize("options", [(), ("-binary", "-crlfeol")], ids=["text", "binary"])
def test_openssl_verifies_our_detached_signature(openssl: OpenSsl, key: str, options: tuple[str, ...]) -> None:
    message = sealed(sign=alice(key))
    assert openssl.verify(root(), message, *options) == content_of(message)


@pytest.mark.parametrize("key", SIGNERS)
@pytest.mark.parametrize("options", [(), ("-binary",)], ids=["text", "binary"])
def test_openssl_verifies_our_opaque_signature(openssl: OpenSsl, key: str, options: tuple[str, ...]) -> None:
    message = sealed(sign=alice(key), opaque=True)
    assert openssl.verify(root(), message, *options) == b"".join(draft_entity(draft()))


@pytest.mark.parametrize("body", [*BODIES, FLOWING])
def test_openssl_verifies_any_body_we_sign(openssl: OpenSsl, body: str) -> None:
    message = sealed(draft(body), sign=alice())
    assert parse(openssl.verify(root(), message)).text() == body
    assert openssl.verify(root(), message, "-binary", "-crlfeol") == content_of(message)


def test_openssl_verifies_our_signature_over_the_bare_content(openssl: OpenSsl) -> None:
    message = sealed(draft(attachments=[FILE]), sign=alice("p256"))
    content, signature = parse(message).parts()
    detached = openssl.file("content", bytes(content.octets))
    found = openssl.verify(root(), signature.decoded(), "-binary", "-inform", "DER", "-content", str(detached))
    assert found == bytes(content.octets)


@pytest.mark.parametrize("cipher", list(Cipher))
@pytest.mark.parametrize("key", RECIPIENTS)
def test_openssl_decrypts_our_envelope(openssl: OpenSsl, key: str, cipher: Cipher) -> None:
    written = draft(attachments=[FILE])
    message = sealed(written, encrypt=[bob(key), alice()], cipher=cipher)
    parts = list(parse(openssl.decrypt(bob(key), message)).parts())
    assert parts[0].text() == written.body
    assert parts[1].decoded() == FILE.content


@pytest.mark.parametrize("signer", ["rsa2048", "rsa3072", "p256", "p384"])
@pytest.mark.parametrize("recipient", ["rsa2048", "rsa3072", "p256", "p384"])
def test_openssl_decrypts_and_verifies_what_we_sign_and_encrypt(openssl: OpenSsl, signer: str, recipient: str) -> None:
    message = sealed(sign=alice(signer), encrypt=[bob(recipient), alice(signer)])
    for person in (bob(recipient), alice(signer)):
        inner = openssl.decrypt(person, message)
        assert parse(openssl.verify(root(), inner)).text() == draft().body


@pytest.mark.parametrize("opaque", [False, True])
def test_openssl_reads_what_we_make_on_two_threads(openssl: OpenSsl, *, opaque: bool) -> None:
    big = Attachment(name="big.bin", content_type="application/x-figures", content=FILE.content * 200)
    message = sealed(draft(attachments=[big]), sign=alice("p256"), encrypt=[bob()], opaque=opaque)
    signed = openssl.verify(root(), openssl.decrypt(bob(), message))
    assert [part.decoded() for part in parse(signed).parts()][1:] == [big.content]


@pytest.mark.parametrize("key", [*SIGNERS, "brainpool256"])
@pytest.mark.parametrize(
    "options",
    [(), ("-nodetach",), ("-binary", "-nodetach"), ("-stream",), ("-stream", "-nodetach"), ("-noattr",), ("-keyid",)],
    ids=lambda options: "".join(options) or "plain",
)
def test_we_verify_signatures_of_openssl(openssl: OpenSsl, key: str, options: tuple[str, ...]) -> None:
    seen = opened(headed(openssl.sign(alice(key), ENTITY, *options)))
    assert seen.signature is not None
    assert seen.signature.problems == ()
    assert seen.signature.trusted
    assert seen.body == TEXT


@pytest.mark.parametrize(
    ("digest", "padding"),
    [(digest, padding) for digest in ("sha224", "sha256", "sha384", "sha512") for padding in ("pkcs1", "pss")]
    + [("sha3-256", "pkcs1")],
)
def test_we_verify_every_digest_and_padding(openssl: OpenSsl, digest: str, padding: str) -> None:
    message = openssl.sign(alice(), ENTITY, "-md", digest, "-keyopt", f"rsa_padding_mode:{padding}")
    seen = opened(headed(message))
    assert seen.signature is not None
    assert seen.signature.trusted
    assert seen.signature.digest_algorithm == digest.replace("-", "_")


@pytest.mark.parametrize("digest", ["sha1", "md5"])
@pytest.mark.parametrize("key", ["rsa2048", "p256"])
def test_sha1_and_md5_are_intact_and_never_trusted(openssl: OpenSsl, digest: str, key: str) -> None:
    if (key, digest) == ("p256", "md5"):
        pytest.skip("there is no ECDSA with MD5")
    seen = opened(headed(openssl.sign(alice(key), ENTITY, "-md", digest)))
    assert seen.signature is not None
    assert seen.signature.intact
    assert seen.signature.verdict is (Verdict.PASSED if digest == "sha1" else Verdict.INDETERMINATE)
    assert not seen.signature.trusted
    assert Problem.WEAK_ALGORITHM in seen.signature.problems


def test_we_find_the_certificate_a_message_does_not_bring(openssl: OpenSsl) -> None:
    message = headed(openssl.sign(alice(), ENTITY, "-nocerts"))
    missing = opened(message).signature
    assert missing is not None
    assert (missing.verdict, missing.problems) == (Verdict.INDETERMINATE, (Problem.NOT_FOUND,))
    found = opened(message, known=(alice().certificate,)).signature
    assert found is not None
    assert found.trusted


def test_two_signers_of_openssl_must_both_hold(openssl: OpenSsl) -> None:
    more = ("-signer", openssl.certificate(bob("p256")), "-inkey", openssl.key(bob("p256")))
    seen = opened(headed(openssl.sign(alice(), ENTITY, *more)))
    assert seen.signature is not None
    assert seen.signature.trusted
    assert seen.signature.signer == alice().certificate


CIPHERS = {
    "-aes128": "aes128_cbc",
    "-aes192": "aes192_cbc",
    "-aes256": "aes256_cbc",
    "-aes-128-gcm": "aes128_gcm",
    "-aes-192-gcm": "aes192_gcm",
    "-aes-256-gcm": "aes256_gcm",
    "-des3": "tripledes_3key",
}


@pytest.mark.parametrize(("option", "name"), CIPHERS.items())
@pytest.mark.parametrize("key", ["rsa2048", "p256"])
@pytest.mark.parametrize("stream", [(), ("-stream",)], ids=["definite", "streamed"])
def test_we_decrypt_every_cipher_of_openssl(
    openssl: OpenSsl, option: str, name: str, key: str, stream: tuple[str, ...]
) -> None:
    seen = opened(headed(openssl.encrypt(bob(key), ENTITY, option, "-binary", *stream)), bob(key))
    assert seen.body == TEXT
    assert seen.encryption is not None
    assert seen.encryption.content_encryption_algorithm == name
    assert seen.encryption.authenticated == name.endswith("gcm")
    assert seen.encryption.weak == (name == "tripledes_3key")


@pytest.mark.parametrize("key", ["p256", "p384", "p521", "brainpool256"])
@pytest.mark.parametrize("digest", ["sha1", "sha224", "sha256", "sha384", "sha512"])
@pytest.mark.parametrize("wrap", ["-aes128-wrap", "-aes192-wrap", "-aes256-wrap"])
def test_we_decrypt_key_agreement_of_openssl(openssl: OpenSsl, key: str, digest: str, wrap: str) -> None:
    options = ("-aes256", wrap, "-recip", openssl.certificate(bob(key)), "-keyopt", f"ecdh_kdf_md:{digest}")
    message = openssl.cms("-encrypt", *options, data=ENTITY)
    assert opened(headed(message), bob(key)).body == TEXT


def test_we_decrypt_cofactor_key_agreement_of_openssl(openssl: OpenSsl) -> None:
    options = ("-aes256", "-recip", openssl.certificate(bob("p256")), "-keyopt", "ecdh_cofactor_mode:1")
    assert opened(headed(openssl.cms("-encrypt", *options, data=ENTITY)), bob("p256")).body == TEXT


@pytest.mark.parametrize("digest", ["sha1", "sha224", "sha256", "sha384", "sha512"])
@pytest.mark.parametrize("mask", ["sha1", "sha256", "sha512"])
@pytest.mark.parametrize("label", ["", "0102ff"])
def test_we_decrypt_oaep_of_openssl(openssl: OpenSsl, digest: str, mask: str, label: str) -> None:
    options = ["rsa_padding_mode:oaep", f"rsa_oaep_md:{digest}", f"rsa_mgf1_md:{mask}"]
    if label:
        options.append(f"rsa_oaep_label:{label}")
    keyopts = [word for option in options for word in ("-keyopt", option)]
    message = openssl.cms("-encrypt", "-aes256", "-recip", openssl.certificate(bob()), *keyopts, data=ENTITY)
    assert opened(headed(message), bob()).body == TEXT


@pytest.mark.parametrize("key", ["rsa2048", "p256"])
def test_we_find_ourselves_by_subject_key_identifier(openssl: OpenSsl, key: str) -> None:
    message = headed(openssl.encrypt(bob(key), ENTITY, "-aes256", "-keyid"))
    assert opened(message, alice(), bob(key)).body == TEXT


def test_we_read_mail_to_recipients_of_every_kind(openssl: OpenSsl) -> None:
    people: list[Issued] = [bob("p384"), alice("rsa3072"), bob("brainpool256"), bob("rsa2048"), alice("p256")]
    options = [word for person in people for word in ("-recip", openssl.certificate(person))]
    message = headed(openssl.cms("-encrypt", "-aes256", *options, data=ENTITY))
    for person in people:
        assert opened(message, person).body == TEXT
        assert opened(message, alice("p521"), person).body == TEXT


def test_layers_of_openssl_come_off_one_by_one(openssl: OpenSsl) -> None:
    signed = openssl.sign(alice(), ENTITY, "-nodetach")
    encrypted = openssl.encrypt(bob(), signed, "-aes256")
    triple = openssl.sign(alice("p256"), encrypted)
    seen = opened(headed(triple), bob())
    assert seen.layers == ("signed", "enveloped", "signed")
    assert seen.signature is not None
    assert seen.signature.trusted
    assert seen.body == TEXT


def test_we_read_a_changed_message_of_openssl_as_failed(openssl: OpenSsl) -> None:
    message = headed(openssl.sign(alice(), ENTITY)).replace(b"Kiel", b"Bonn")
    seen = opened(message)
    assert seen.signature is not None
    assert (seen.signature.verdict, seen.signature.intact) == (Verdict.FAILED, False)
    assert Problem.ALTERED in seen.signature.problems
