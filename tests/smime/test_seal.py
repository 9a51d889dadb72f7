"""What leaves: header, MIME, signature and envelope as they are made, and what they say of themselves."""

import re
from dataclasses import replace
from email import message_from_bytes, policy
from secrets import token_bytes

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from smimetui.model.address import Address
from smimetui.model.errors import FormatError, IdentityError, IdentityNotFoundError, UnsupportedError
from smimetui.model.message import Attachment, Cipher, Draft, Protection
from smimetui.smime import oids
from smimetui.smime.ber import sequence
from smimetui.smime.cms import SignedData, read_cms
from smimetui.smime.cursor import walk
from smimetui.smime.mime import parse
from smimetui.smime.seal import SealFacts, encrypted_to, read_back, seal
from tests.pki import NOW
from tests.smime import forge
from tests.smime.correspondents import ALICE, BOB, MESSAGE_ID, alice, bob, draft, mallory, opened, root, sealed

ADDRESS_CHARACTERS = st.characters(codec="utf-8", exclude_categories=["Cs"])


def names(raw: bytes) -> list[str]:
    return [name for name, _ in parse(raw).fields]


def test_the_header_stands_in_a_sane_order_and_names_no_bcc() -> None:
    written = replace(
        draft(),
        cc=(Address("carol", "corp.example"),),
        bcc=(Address("dave", "ext.example"),),
        in_reply_to="<0@x.example>",
        references=("<00@x.example>", "<0@x.example>"),
    )
    for raw in (sealed(written), sealed(written, sign=alice()), sealed(written, sign=alice(), encrypt=[bob()])):
        assert names(raw)[:10] == [
            *("from", "to", "cc", "subject", "date", "message-id", "in-reply-to", "references", "mime-version"),
            "content-type",
        ]
        assert b"dave@" not in raw
        assert "bcc" not in names(raw)
        assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
        assert raw.isascii()


def test_a_message_to_hidden_recipients_alone_has_a_to_field() -> None:
    raw = sealed(replace(draft(), to=()))
    assert parse(raw).get("to") == "undisclosed-recipients:;"
    assert opened(raw).headers.to == ()
    copied = sealed(replace(draft(), to=(), cc=(BOB,)))
    assert names(copied)[:2] == ["from", "cc"]


def test_the_standard_library_reads_what_we_write() -> None:
    file = Attachment(name="Übersicht (1).ods", content_type="application/x-ods", content=bytes(range(256)))
    written = replace(draft("Grüße\n", attachments=[file]), subject="Zahlen für März " * 8)
    message = message_from_bytes(sealed(written), policy=policy.default)
    assert message["subject"] == written.subject.strip()
    assert message["from"].addresses[0].addr_spec == ALICE.spec
    text, attached = message.iter_parts()
    assert text.get_content() == "Grüße\r\n"
    assert attached.get_filename() == file.name
    assert attached.get_content() == file.content


BODIES = (
    *("", "x", "x\n", "\n", "a\n\n\nb", "Grüße", "ж" * 4000, "x" * 3000, "From a\n", ".\n", " \n", "a\tb \n", "=\n"),
    *("\x00\x01\n", "x" * 76 + "\n", "ü" * 30 + "\nFrom x\n", ("word " * 30 + "From here\n") * 5),
)
INJECTIONS = (
    *("x\r\nBcc: eve@evil.example", "x\nBcc: eve@evil.example", "x\rBcc: y", "x\u2028Bcc: y", "x\x00", "x\x85Bcc: y"),
    *("x" * 2000, "=?utf-8?q?x=0D=0ABcc:_y?="),
)


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("opaque", [False, True])
def test_every_body_comes_back_as_it_was_written(body: str, *, opaque: bool) -> None:
    raw = sealed(draft(body), sign=alice("p256"), opaque=opaque)
    message = opened(raw)
    assert message.body == body
    assert message.signature is not None
    assert message.signature.trusted
    assert max(map(len, raw.split(b"\r\n"))) <= 998


@given(st.text(ADDRESS_CHARACTERS, max_size=200), st.text(ADDRESS_CHARACTERS, max_size=60))
def test_any_text_survives_and_none_adds_a_field(body: str, subject: str) -> None:
    written = replace(draft(body), subject=subject)
    raw = sealed(written)
    message = opened(raw)
    assert message.body == body.replace("\r\n", "\n").replace("\r", "\n")
    assert names(raw) == names(sealed())
    visible = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", subject)
    assert message.headers.subject.split() == visible.split()


@pytest.mark.parametrize("injection", INJECTIONS)
def test_no_value_can_add_a_header_field(injection: str) -> None:
    written = Draft(
        sender=Address("alice", "corp.example", injection),
        to=(Address("bob", "corp.example", injection),),
        subject=injection,
        body="x",
        in_reply_to=injection,
        references=(injection, f"<{injection}>"),
        attachments=(Attachment(name=injection, content_type=f"text/plain; {injection}", content=b"x"),),
    )
    for raw in (sealed(written), sealed(written, sign=alice()), sealed(written, encrypt=[bob()])):
        assert "bcc" not in names(raw)
        assert all(b"bcc" not in line[:4].lower() for line in raw.split(b"\n"))
    found = opened(sealed(written))
    assert all(" " not in each and each.isprintable() for each in found.headers.references)
    assert found.attachments[0].content_type == "application/octet-stream"


@given(st.text(ADDRESS_CHARACTERS, min_size=1, max_size=80))
def test_any_display_name_comes_back_and_keeps_its_address(name: str) -> None:
    message = opened(sealed(replace(draft(), to=(Address("bob", "corp.example", name), BOB))))
    assert [address.spec for address in message.headers.to] == [BOB.spec, BOB.spec]
    shown = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+", " ", name)
    assert message.headers.to[0].display_name.split() == shown.split()


def test_an_international_domain_leaves_in_ascii() -> None:
    raw = sealed(replace(draft(), to=(Address("bob", "bücher.example"),)))
    assert parse(raw).get("to") == "bob@xn--bcher-kva.example"


def test_a_long_list_of_recipients_is_folded() -> None:
    people = tuple(Address(f"person{number}", "corp.example", f"Person, {number}") for number in range(300))
    raw = sealed(replace(draft(), to=people))
    assert opened(raw).headers.to == people
    assert max(map(len, raw.split(b"\r\n"))) <= 78


@pytest.mark.parametrize(
    "name", ["report.pdf", "Ü " * 60 + ".pdf", 'a"b\\c.txt', "x" * 300 + ".txt", "日本語.txt", "a;b=c.txt"]
)
def test_attachment_names_come_back(name: str) -> None:
    file = Attachment(name=name, content_type="application/pdf", content=b"content")
    raw = sealed(draft(attachments=[file]))
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    expected = re.sub(r'[/\\:<>|"*?]+', "_", name.rsplit("\\", 1)[-1])[:200]
    assert opened(raw).attachments[0].name == expected


@pytest.mark.parametrize("kind", ["message/rfc822", "multipart/mixed", "nonsense", "text/plain; x=y", ""])
def test_a_type_that_may_not_be_encoded_leaves_as_octets(kind: str) -> None:
    file = Attachment(name="x.eml", content_type=kind, content=b"Subject: x\r\n\r\nbody")
    message = opened(sealed(draft(attachments=[file]), sign=alice()))
    assert message.attachments[0].content_type == "application/octet-stream"
    assert message.attachments[0].content == file.content


@pytest.mark.parametrize("size", [0, 1, 56, 57, 58, 57 * 512 - 1, 57 * 512, 57 * 512 + 1, 57 * 1024, 300_001])
def test_files_of_every_size_come_back(size: int) -> None:
    file = Attachment(name="x.bin", content_type="application/x-bin", content=bytes(range(256)) * (size // 256 + 1))
    file = replace(file, content=file.content[:size])
    for raw in (sealed(draft(attachments=[file])), sealed(draft(attachments=[file]), sign=alice(), encrypt=[bob()])):
        assert opened(raw, bob()).attachments == (file,)
        assert max(map(len, raw.split(b"\r\n"))) <= 78


@pytest.mark.parametrize("cipher", list(Cipher))
@pytest.mark.parametrize("opaque", [False, True])
def test_what_is_made_on_two_threads_comes_back(cipher: Cipher, *, opaque: bool) -> None:
    files = tuple(
        Attachment(name=f"{size}.bin", content_type="application/x-bin", content=token_bytes(size))
        for size in (1_500_001, 0, 700_000)
    )
    raw = sealed(draft(attachments=files), sign=alice("p256"), encrypt=[bob()], cipher=cipher, opaque=opaque)
    message = opened(raw, bob())
    assert message.attachments == files
    assert message.signature is not None
    assert message.signature.trusted
    assert max(map(len, raw.split(b"\r\n"))) <= 78


def test_every_one_of_many_recipients_can_read() -> None:
    kinds = ("rsa2048", "rsa3072", "p256", "p384", "p521", "brainpool256", "x25519")
    people = [person(kind) for kind in kinds for person in (alice, bob, mallory)]
    raw = sealed(encrypt=people)
    assert [opened(raw, person).body for person in people] == [draft().body] * len(people)


def test_a_key_without_room_for_ours_is_an_error() -> None:
    short = RSAPublicNumbers(65537, 2**511 + 1).public_key()
    person = root().issue(BOB.spec, public_key=short)
    assert encrypted_to(sealed(encrypt=[person]), [person.certificate])
    with pytest.raises(UnsupportedError, match="too short"):
        sealed(encrypt=[bob(), person], cipher=Cipher.AES256_GCM)


@pytest.mark.parametrize(
    "public",
    [
        # RFC 7748 section 6.1: a point of small order, which leads to no secret.
        X25519PublicKey.from_public_bytes(bytes(32)),
        RSAPublicNumbers(65537, 1 << 2047).public_key(),
        RSAPublicNumbers(65537, (1 << 16_999) | 1).public_key(),
    ],
    ids=["x25519", "even", "17,000 bits"],
)
@pytest.mark.parametrize("others", [0, 30])
def test_a_key_that_leads_nowhere_is_named(public: object, others: int) -> None:
    broken = root().issue("broken@corp.example", name="Broken", public_key=public)
    with pytest.raises(UnsupportedError, match="the key of “Broken” cannot be used to encrypt"):
        sealed(encrypt=[*(root().issue(f"{n}@x.example", key="p256", key_name="n") for n in range(others)), broken])


# The signature.


def structure(raw: bytes) -> SignedData:
    _, signature = parse(raw).parts()
    read = read_cms(signature.decoded())
    assert isinstance(read, SignedData)
    return read


def test_the_signed_attributes_are_those_of_smime_4() -> None:
    (signer,) = structure(sealed(sign=alice())).signers
    assert set(signer.attributes) == {
        oids.CONTENT_TYPE,
        oids.MESSAGE_DIGEST,
        oids.SIGNING_TIME,
        oids.CAPABILITIES,
        oids.ENCRYPTION_KEY_PREFERENCE,
        oids.SIGNING_CERTIFICATE_V2,
    }
    offered = walk(signer.attributes[oids.CAPABILITIES][0]).enter()
    assert offered.enter().oid() == oids.AES256_GCM


@pytest.mark.parametrize(
    ("key", "digest", "micalg"),
    [
        ("rsa2048", "sha256", "sha-256"),
        ("p256", "sha256", "sha-256"),
        ("p384", "sha384", "sha-384"),
        ("p521", "sha512", "sha-512"),
        ("ed25519", "sha512", "sha-512"),
        ("ed448", "sha512", "sha-512"),
    ],
)
def test_the_digest_is_the_one_the_key_calls_for(key: str, digest: str, micalg: str) -> None:
    raw = sealed(sign=alice(key))
    assert parse(raw).parameters["micalg"] == micalg
    report = opened(raw).signature
    assert report is not None
    assert report.trusted
    assert report.digest_algorithm == digest


def test_the_chain_travels_along_without_its_root() -> None:
    issuing = root().intermediate("Issuing CA")
    signer = issuing.issue("alice@corp.example", key_name="alice below issuing")
    included = structure(sealed(sign=signer)).certificates
    assert included == (signer.der, issuing.der)
    report = opened(sealed(sign=signer)).signature
    assert report is not None
    assert report.trusted


def test_a_key_that_does_not_sign_is_an_identity_error() -> None:
    with pytest.raises(IdentityError):
        sealed(sign=alice("x25519"))
    with pytest.raises(IdentityNotFoundError, match="no certificate of your own"):
        seal(
            draft(),
            protection=Protection(sign=True, encrypt=False),
            identity=None,
            recipients=(),
            message_id=MESSAGE_ID,
            date=NOW,
        )


def test_a_date_beyond_2049_is_a_generalized_time() -> None:
    late = NOW.replace(year=2051)
    report = opened(sealed(sign=alice(), date=late)).signature
    assert report is not None
    assert report.signing_time == late


# What a message says of itself.


def test_what_a_message_is_encrypted_to_is_read_from_its_octets() -> None:
    raw = sealed(sign=alice(), encrypt=[alice(), bob("p256"), bob("p256")])
    everybody = [person.certificate for person in (mallory(), bob("p256"), alice(), bob())]
    assert encrypted_to(raw, everybody) == (bob("p256").certificate, alice().certificate)
    facts = read_back(raw)
    assert (facts.encrypted, facts.signed, facts.cipher) == (True, False, "aes256_cbc")
    assert len(facts.recipient_ids) == 2
    assert read_back(sealed(encrypt=[bob()], cipher=Cipher.AES256_GCM)).cipher == "aes256_gcm"


def test_recipients_named_by_key_identifier_are_read_back_too() -> None:
    key = bob().certificate.subject_key_identifier
    assert key is not None
    info = sequence(
        forge.integer(2),
        forge.field(0x80, key),
        sequence(forge.identifier(oids.RSA), forge.NULL),
        forge.octet_string(b"x"),
    )
    scheme = sequence(forge.identifier(oids.AES256_CBC), forge.octet_string(bytes(16)))
    raw = forge.pkcs7(forge.enveloped(info, scheme, bytes(16)))
    assert encrypted_to(raw, [alice().certificate, bob().certificate]) == (bob().certificate,)


def test_the_protection_of_other_messages_is_read_from_their_octets() -> None:
    assert read_back(sealed()) == SealFacts(signed=False, encrypted=False)
    assert read_back(sealed(sign=alice())).signed
    assert read_back(sealed(sign=alice(), opaque=True)).signed
    assert not read_back(forge.pkcs7(forge.signed_data(content=b"x"))).signed
    odd = forge.enveloped(b"", sequence(forge.identifier("1.2.3"), forge.octet_string(b"")), b"")
    with pytest.raises(FormatError, match="cipher"):
        read_back(forge.pkcs7(odd))


def test_nobody_to_encrypt_to_is_an_error() -> None:
    with pytest.raises(UnsupportedError, match="nobody"):
        seal(
            draft(),
            protection=Protection(sign=False, encrypt=True),
            identity=None,
            recipients=(),
            message_id=MESSAGE_ID,
            date=NOW,
        )
