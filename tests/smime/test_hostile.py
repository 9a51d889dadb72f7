"""Hostile octets: whatever comes, a message opens or is refused by name, and no changed bit keeps a badge."""

from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smimetui.model.errors import FormatError, UnsupportedError
from smimetui.model.message import Attachment, Cipher, OpenedMessage
from smimetui.model.verdict import Verdict
from smimetui.smime.cms import read_cms
from smimetui.smime.der import read_field
from smimetui.smime.mime import parse
from smimetui.smime.oids import AES256_CBC
from smimetui.smime.seal import read_back
from tests.linear import assert_linear
from tests.smime import forge
from tests.smime.correspondents import alice, bob, draft, mallory, opened, root, sealed

REFUSALS = (FormatError, UnsupportedError)


@cache
def corpus() -> list[bytes]:
    """Return messages of every kind to start mutations from."""
    content = forge.entity("Hello\r\n")
    cms = forge.signed_data(forge.signer_info(alice("p256"), content), content=content, certificates=[alice("p256")])
    html = forge.entity("<p>Hello <a href='x'>you</a></p>", "text/html")
    file = Attachment(name="ü.bin", content_type="application/x-y", content=b"octets")
    return [
        sealed(draft(attachments=[file])),
        sealed(sign=alice("p256")),
        sealed(sign=alice("p256"), opaque=True),
        sealed(encrypt=[bob(), alice("p256")]),
        sealed(encrypt=[bob(), alice("p256")], cipher=Cipher.AES256_GCM),
        cms,
        forge.as_ber(cms),
        forge.pkcs7(forge.compressed_data(forge.signed(content, alice("p256"), header=b""))),
        forge.multipart(content, html, kind="multipart/alternative"),
        forge.multipart(content, forge.signed(content, mallory("p256"), header=b"")),
    ]


def attempt(raw: bytes) -> OpenedMessage | None:
    try:
        return opened(raw, bob(), alice("p256"))
    except REFUSALS:
        return None


@given(st.binary(max_size=400))
def test_any_octets_open_or_are_refused(raw: bytes) -> None:
    attempt(raw)
    attempt(b"\x30" + raw)
    attempt(forge.pkcs7(raw))


@given(st.text(alphabet="\r\n\t -:;=\"'/?.,<>@()*%&#!aAbBoundarymultipartsignedmixed0", max_size=300))
def test_any_text_opens_or_is_refused(text: str) -> None:
    attempt(text.encode())
    attempt(b"Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n" + text.encode())


@settings(max_examples=300)
@given(st.data())
def test_mutated_messages_open_or_are_refused(data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from(corpus())))
    for _ in range(data.draw(st.integers(1, 6))):
        position = data.draw(st.integers(0, len(raw) - 1))
        match data.draw(st.sampled_from(["flip", "cut", "double", "splice", "random"])):
            case "flip":
                raw[position] ^= 1 << data.draw(st.integers(0, 7))
            case "cut":
                del raw[position : position + data.draw(st.integers(1, 40))]
            case "double":
                raw[position:position] = raw[position : position + data.draw(st.integers(1, 200))]
            case "splice":
                other = data.draw(st.sampled_from(corpus()))
                raw[position:] = other[data.draw(st.integers(0, len(other) - 1)) :]
            case _:
                raw[position : position + 1] = data.draw(st.binary(min_size=1, max_size=8))
        if not raw:
            return
    attempt(bytes(raw))


@settings(max_examples=300)
@given(st.data())
def test_mutated_structures_are_read_or_refused(data: st.DataObject) -> None:
    """Mutations of CMS octets themselves, which base64 around them would mostly keep away."""
    cms = bytearray(data.draw(st.sampled_from(structures())))
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(cms) - 1))
        cms[position] = data.draw(st.integers(0, 255))
    try:
        read = read_cms(bytes(cms))
        list(getattr(read, "recipients", ()))
    except REFUSALS:
        return
    attempt(forge.pkcs7(bytes(cms)))
    try:
        read_back(forge.pkcs7(bytes(cms)))
    except REFUSALS:
        return


@cache
def structures() -> list[bytes]:
    content = forge.entity("Hello\r\n")
    cms = forge.signed_data(forge.signer_info(alice("p256"), content), content=content, certificates=[alice("p256")])
    envelope = parse(sealed(encrypt=[bob(), alice("p256")])).decoded()
    return [cms, envelope, forge.as_ber(cms, segment=9), forge.as_ber(envelope, segment=9, implicit=True)]


# Every bit.


def passes(raw: bytes) -> bool:
    message = attempt(raw)
    return message is not None and message.signature is not None and message.signature.verdict is Verdict.PASSED


@pytest.mark.parametrize("key", ["p256", "rsa2048", "ed25519"])
def test_no_flipped_bit_of_what_is_signed_passes(key: str) -> None:
    """Exhaustive: content, signed attributes, signature value; in a message that passes as it stands."""
    content = forge.entity("Hi\r\n")
    digest = "sha512" if key == "ed25519" else "sha256"
    info = forge.signer_info(alice(key), content, digest=digest)
    cms = forge.signed_data(info, content=content, certificates=[alice(key)])
    assert passes(forge.pkcs7(cms))
    start = cms.index(info)
    attributes = _member(info, 3)
    value = _member(info, 5)
    stretches = [
        (cms.index(content), len(content)),
        (start + attributes[0], attributes[1] - attributes[0]),
        (start + value[0], value[1] - value[0]),
    ]
    flipped = 0
    for offset, length in stretches:
        for position in range(offset, offset + length):
            for bit in range(8):
                changed = bytearray(cms)
                changed[position] ^= 1 << bit
                assert not passes(forge.pkcs7(bytes(changed))), (position - offset, bit)
                flipped += 1
    assert flipped > 1500


def test_no_flipped_bit_of_a_detached_message_passes() -> None:
    content = forge.entity("Hi\r\n")
    raw = forge.signed(content, alice("p256"))
    assert passes(raw)
    offset = raw.index(content)
    for position in range(offset, offset + len(content)):
        for bit in range(8):
            changed = bytearray(raw)
            changed[position] ^= 1 << bit
            # CR and LF may change into each other's company: line ends are not what is signed.
            if passes(bytes(changed)):
                message = attempt(bytes(changed))
                assert message is not None
                assert message.body == "Hi\n"
                assert position >= offset + len(content) - 2


def _member(info: bytes, number: int) -> tuple[int, int]:
    """Return where the content of the numbered member of a SignerInfo stands, its header included."""
    outer = read_field(info, 0, len(info))
    position = outer.content
    for _ in range(number):
        position = read_field(info, position, outer.end).after
    found = read_field(info, position, outer.end)
    return found.start, found.after


# Limits, each with its name.


def test_too_many_signers_are_refused_by_name() -> None:
    content = forge.entity()
    info = forge.signer_info(alice("p256"), content)
    cms = forge.signed_data(*[info] * 17, content=content, certificates=[alice("p256")])
    with pytest.raises(FormatError, match="more than 16 signers"):
        opened(forge.pkcs7(cms))


def test_too_many_certificates_are_refused_by_name() -> None:
    content = forge.entity()
    cms = forge.signed_data(content=content, certificates=[alice("p256")] * 201)
    with pytest.raises(FormatError, match="more than 200 certificates"):
        opened(forge.pkcs7(cms))


def test_too_many_attributes_are_refused_by_name() -> None:
    content = forge.entity()
    many = [forge.attribute(f"1.2.3.{number}", forge.NULL) for number in range(70)]
    info = forge.signer_info(alice("p256"), content, attributes=many)
    with pytest.raises(FormatError, match="more than 64 signed attributes"):
        opened(forge.pkcs7(forge.signed_data(info, content=content, certificates=[alice("p256")])))


@pytest.mark.parametrize("octets", [3_000, 1_000_000])
def test_an_identifier_without_end_is_refused_by_name(octets: int) -> None:
    # Written out it has more digits than Python turns into text; read digit by digit it takes the square of its length.
    endless = forge.field(0x06, b"\xff" * octets + b"\x01")
    with pytest.raises(FormatError, match="object identifier of more than 64 octets"):
        opened(forge.pkcs7(forge.sequence(endless, forge.field(0xA0, forge.sequence()))))


def test_a_signer_whose_issuer_has_no_name_that_can_be_read_is_nobody() -> None:
    content, person = forge.entity(), root().issue("alice@corp.example", serial=7)
    name = forge.sequence(forge.field(0x31, forge.sequence(forge.field(0x06, b"\xff" * 65), forge.NULL)))
    info = forge.signer_info(person, content, signer=forge.sequence(name, forge.integer(7)))
    message = opened(forge.multipart_signed(content, forge.signed_data(info, certificates=[person])))
    assert message.body == "Hello\n"
    assert message.signature is not None
    assert (message.signature.verdict, message.signature.signer) == (Verdict.INDETERMINATE, None)


def test_too_many_recipients_are_refused_by_name() -> None:
    infos = forge.sequence() * 10_001
    cms = forge.enveloped(infos, forge.sequence(forge.identifier("1.2.3")), b"x")
    with pytest.raises(FormatError, match="more than 10,000 recipients"):
        opened(forge.pkcs7(cms))


def test_parts_that_are_signed_by_themselves_are_checked_up_to_a_limit() -> None:
    content = forge.entity("x\r\n")
    message = opened(forge.multipart(*[forge.signed(content, alice("p256"), header=b"")] * 60))
    assert len(message.parts) == 60
    refused = [note for note in message.notes if "more than 40 S/MIME layers in all" in note]
    assert len(refused) == 20


def test_signers_count_together_wherever_they_stand() -> None:
    content = forge.entity("x\r\n")
    info = forge.signer_info(alice("p256"), content)
    cms = forge.signed_data(*[info] * 16, certificates=[alice("p256")])
    message = opened(forge.multipart(*[forge.multipart_signed(content, cms, header=b"")] * 6))
    assert ["more than 64 signers in all" in note for note in message.notes] == [False] * 4 + [True] * 2


def test_parts_that_are_encrypted_by_themselves_are_tried_up_to_a_limit() -> None:
    part = forge.pkcs7(parse(sealed(encrypt=[bob()])).decoded(), header=b"")
    message = opened(forge.multipart(*[part] * 18), bob())
    assert ["more than 16 encrypted parts in all" in note for note in message.notes] == [False] * 16 + [True] * 2


def test_compressed_parts_grow_together_no_further_than_one_may() -> None:
    part = forge.pkcs7(forge.compressed_data(forge.entity("x" * 1_500_000, "application/x-y")), header=b"")
    message = opened(forge.multipart(*[part] * 9))
    assert sum("past the limit" in note for note in message.notes) == 7
    assert sum(len(file.content) for file in message.attachments) < 4_000_000


def test_compression_in_compression_grows_no_further_than_one() -> None:
    inner = forge.compressed_data(forge.entity("x" * 3_000_000))
    outer = forge.pkcs7(inner, header=b"") + b"\r\n" * 1_000_000
    with pytest.raises(FormatError, match="past the limit"):
        opened(forge.pkcs7(forge.compressed_data(outer)))


def test_a_message_that_names_too_many_people_is_refused_however_many_fields_name_them() -> None:
    field = b"To: " + b"a@b.example, " * 50 + b"\r\nCc: " + b"c@d.example, " * 50 + b"\r\n"
    assert len(opened(field * 100 + forge.entity()).headers.to) == 5_000
    with pytest.raises(FormatError, match="names over 10,000 addresses, past the limit"):
        opened(field * 101 + forge.entity())


def test_a_key_is_not_tried_for_every_recipient_that_names_it() -> None:
    cms = parse(sealed(encrypt=[bob()])).decoded()
    body = read_field(cms, _member(cms, 1)[0], len(cms)).content
    start, after = _member(cms[body:], 1)
    infos = cms[body + start : body + after]
    infos = infos[read_field(infos, 0, len(infos)).content :]
    cipher = forge.sequence(forge.identifier(AES256_CBC), forge.octet_string(bytes(16)))

    def read(count: int) -> None:
        message = opened(forge.pkcs7(forge.enveloped(infos * count, cipher, b"no whole block")), bob())
        assert message.encryption is not None
        assert not message.encryption.decrypted

    assert_linear(read, 5_000)


@pytest.mark.parametrize(
    ("raw", "count"),
    [
        (lambda n: forge.pkcs7(b"\x30\x80" * n), 100_000),
        (
            lambda n: forge.pkcs7(b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02" + b"\xa0\x80\x30\x80" * n),
            50_000,
        ),
        (lambda n: forge.pkcs7(b"\x30\x80" + b"\x24\x80\x04\x00\x00\x00" * n), 100_000),
        (lambda n: forge.HEADER + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n" * n, 200_000),
        (lambda n: forge.HEADER.replace(b"bob@corp.example", b"a@b.example, " * n) + b"\r\nbody", 18_000),
        (lambda n: forge.HEADER + b"Content-Type: text/plain" + b";a=b" * n + b"\r\n\r\nbody", 50_000),
        (lambda n: forge.HEADER.replace(b"Figures", b"=?utf-8?q?" * n) + b"\r\nbody", 20_000),
        (lambda n: forge.HEADER.replace(b"Figures", b"=?utf-8?b?YQ==?= " * n) + b"\r\nbody", 10_000),
        (lambda n: forge.HEADER + b"References: " + b"<a@b> " * n + b"\r\n\r\nbody", 40_000),
        (lambda n: forge.HEADER + b"Date: " + b"(" * n + b"\r\n\r\nbody", 100_000),
        (lambda n: forge.HEADER.replace(b"Alice Archer", b"(" * n) + b"\r\nbody", 50_000),
        (lambda n: forge.HEADER.replace(b"Alice Archer", b'"\\' * n) + b"\r\nbody", 50_000),
    ],
    ids=range(12),
)
def test_no_message_takes_longer_than_its_length(raw: Callable[[int], bytes], count: int) -> None:
    assert_linear(lambda times: attempt(raw(times)), count)
