"""Layers and parts: what comes off, in which form it may come, and what is shown apart."""

import re

import pytest

from smimetui.model.errors import FormatError, UnsupportedError
from smimetui.model.message import Attachment, Cipher
from smimetui.model.verdict import Verdict
from smimetui.smime import oids
from smimetui.smime.ber import field, identifier, integer, octet_string, sequence
from smimetui.smime.envelope import encrypt
from smimetui.smime.mime import parse
from tests.smime import forge
from tests.smime.correspondents import alice, bob, draft, mallory, opened, sealed

TEXT = "Hello\n"


def test_a_plain_message_has_no_layers_and_no_badge() -> None:
    message = opened(sealed())
    assert message.layers == ()
    assert message.signature is None
    assert message.encryption is None
    assert message.body == draft().body
    assert [part.protected for part in message.parts] == [False]


@pytest.mark.parametrize("opaque", [False, True])
def test_signed_and_encrypted_comes_off_in_order(*, opaque: bool) -> None:
    message = opened(sealed(sign=alice(), encrypt=[bob(), alice()], opaque=opaque), bob())
    assert message.layers == ("enveloped", "signed")
    assert message.signature is not None
    assert message.signature.trusted
    assert message.encryption is not None
    assert message.encryption.decrypted
    assert message.body == draft().body
    assert all(part.protected for part in message.parts)


def inner_of(raw: bytes) -> bytes:
    """Return a message's MIME fields and body without its mail header."""
    return b"Content-Type:" + raw.split(b"\r\nContent-Type:", 1)[1]


def test_encrypted_then_signed_and_triple_wrap_come_off() -> None:
    encrypted = inner_of(sealed(encrypt=[bob()]))
    message = opened(forge.signed(encrypted, alice()), bob())
    assert message.layers == ("signed", "enveloped")
    assert message.signature is not None
    assert message.signature.trusted
    triple = opened(forge.signed(inner_of(sealed(sign=alice(), encrypt=[bob()])), alice("p256")), bob())
    assert triple.layers == ("signed", "enveloped", "signed")
    assert triple.body == draft().body


def test_compressed_layers_come_off() -> None:
    content = forge.entity()
    assert opened(forge.pkcs7(forge.compressed_data(content))).layers == ("compressed",)
    message = opened(forge.opaque(forge.pkcs7(forge.compressed_data(content), header=b""), alice()))
    assert message.layers == ("signed", "compressed")
    assert message.body == TEXT
    assert message.signature is not None
    assert message.signature.trusted
    inside = opened(forge.pkcs7(forge.compressed_data(forge.opaque(content, alice(), header=b""))))
    assert inside.layers == ("compressed", "signed")


def test_content_that_grows_past_the_limit_is_refused() -> None:
    with pytest.raises(FormatError, match="grows more than 20 times"):
        opened(forge.pkcs7(forge.compressed_data(forge.entity("\0" * 20_000_000))))


def test_damaged_and_foreign_compression_is_named() -> None:
    cms = forge.compressed_data(forge.entity("abc" * 100))
    with pytest.raises(FormatError, match="damaged"):
        opened(forge.pkcs7(cms[:-4] + b"\0\0\0\0"))
    with pytest.raises(FormatError, match="damaged"):
        opened(forge.pkcs7(forge.compressed_data(b"x" * 100, cut=6)))
    body = sequence(
        integer(0),
        sequence(identifier("1.2.3.4")),
        sequence(identifier(oids.DATA), field(0xA0, octet_string(b"x"))),
    )
    with pytest.raises(UnsupportedError, match="compressed"):
        opened(forge.pkcs7(sequence(identifier(oids.COMPRESSED_DATA), field(0xA0, body))))


@pytest.mark.parametrize(
    "kind",
    [
        "application/pkcs7-mime",
        "application/x-pkcs7-mime; smime-type=signed-data; name=smime.p7m",
        "Application/PKCS7-MIME; Smime-Type=Signed-Data",
        "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m",
        "application/pkcs7-mime; smime-type=nonsense",
        "application/octet-stream; name=smime.p7m",
        'application/octet-stream; name="SMIME.P7M"',
        "application/octet-stream\r\nContent-Disposition: attachment; filename=smime.p7m",
    ],
)
def test_a_layer_is_known_by_its_bytes_whatever_its_type_says(kind: str) -> None:
    content = forge.entity()
    cms = forge.signed_data(forge.signer_info(alice(), content), content=content, certificates=[alice()])
    message = opened(forge.pkcs7(cms, kind))
    assert message.layers == ("signed",)
    assert message.body == TEXT
    assert message.signature is not None
    assert message.signature.trusted


@pytest.mark.parametrize("kind", ["application/x-pkcs7-signature", "application/octet-stream; name=smime.p7s"])
def test_a_detached_signature_may_be_typed_otherwise(kind: str) -> None:
    raw = forge.signed(forge.entity(), alice())
    message = opened(raw.replace(b"application/pkcs7-signature; name=smime.p7s", kind.encode()))
    assert message.signature is not None
    assert message.signature.trusted


@pytest.mark.parametrize(
    "encode",
    [
        lambda cms: b"Content-Transfer-Encoding: binary\r\n\r\n" + cms,
        lambda cms: b"\r\n" + cms,
        lambda cms: b"\r\n" + forge.encodebytes(cms),
        lambda cms: b"Content-Transfer-Encoding: BASE64\r\n\r\n" + forge.encodebytes(cms).replace(b"\n", b" \r\n"),
        lambda cms: (
            b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
            + b"".join(b"=%02X" % octet for octet in cms).replace(b"=", b"=")
        ),
    ],
    ids=["binary", "undeclared binary", "undeclared base64", "odd base64", "quoted-printable"],
)
def test_a_layer_may_be_encoded_in_any_way(encode: object) -> None:
    content = forge.entity()
    cms = forge.signed_data(forge.signer_info(alice(), content), content=content, certificates=[alice()])
    raw = forge.HEADER + b"Content-Type: application/pkcs7-mime\r\n" + encode(cms)
    assert opened(raw).body == TEXT


def test_a_bare_cms_structure_is_opened_too() -> None:
    content = forge.entity()
    cms = forge.signed_data(forge.signer_info(alice(), content), content=content, certificates=[alice()])
    message = opened(cms)
    assert message.body == TEXT
    assert message.signature is not None
    assert message.signature.intact
    assert not message.signature.trusted


@pytest.mark.parametrize("segment", [1, 7, 1000])
def test_ber_in_all_its_forms_is_read(segment: int) -> None:
    content = forge.entity("Hello " * 50 + "\r\n")
    cms = forge.signed_data(forge.signer_info(alice(), content), content=content, certificates=[alice()])
    message = opened(forge.pkcs7(forge.as_ber(cms, segment=segment)))
    assert message.signature is not None
    assert message.signature.trusted
    detached = forge.as_ber(forge.signed_data(forge.signer_info(alice(), content), certificates=[alice()]))
    report = opened(forge.multipart_signed(content, detached)).signature
    assert report is not None
    assert report.trusted
    envelope = parse(sealed(encrypt=[bob(), alice("p256")])).decoded()
    streamed = forge.as_ber(envelope, segment=segment, implicit=True)
    for person in (bob(), alice("p256")):
        assert opened(forge.pkcs7(streamed), person).body == draft().body


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_line_ends_that_changed_on_the_way_do_not_break_a_signature(end: bytes) -> None:
    raw = sealed(draft("one\ntwo\n\nthree\n"), sign=alice())
    message = opened(raw.replace(b"\r\n", end))
    assert message.signature is not None
    assert message.signature.trusted
    assert message.body == "one\ntwo\n\nthree\n"


def test_mixed_line_ends_do_not_break_a_signature() -> None:
    raw = sealed(draft("one\ntwo\n\nthree\n"), sign=alice())
    lines = raw.split(b"\r\n")
    mixed = b"".join(line + (b"\n" if number % 3 else b"\r\n") for number, line in enumerate(lines))
    report = opened(mixed).signature
    assert report is not None
    assert report.trusted


def test_preamble_and_epilogue_are_not_shown_and_do_not_matter() -> None:
    raw = forge.signed(forge.entity(), alice())
    head, rest = raw.split(b"\r\n\r\n", 1)
    message = opened(head + b"\r\n\r\nThis is a preamble by Mallory.\r\n\r\n" + rest + b"\r\nAn epilogue.\r\n")
    assert message.body == TEXT
    assert message.signature is not None
    assert message.signature.trusted


def test_odd_case_in_types_and_parameters_is_read() -> None:
    raw = forge.signed(forge.entity(), alice())
    raw = raw.replace(b"multipart/signed; protocol=", b"MultiPart/Signed; PROTOCOL=").replace(
        b"; boundary=", b"; Boundary="
    )
    assert opened(raw).layers == ("signed",)


def test_an_attached_message_is_a_file_and_not_opened() -> None:
    attached = b"Content-Type: message/rfc822\r\n\r\n" + forge.signed(forge.entity("secret\r\n"), mallory())
    message = opened(forge.multipart(forge.entity(), attached))
    assert message.body == TEXT
    assert message.layers == ()
    assert message.signature is None
    assert [item.name for item in message.attachments] == ["message.eml"]
    assert b"secret" in message.attachments[0].content


def test_certificates_alone_are_no_signature() -> None:
    message = opened(forge.pkcs7(forge.signed_data(certificates=[alice()])))
    assert message.signature is None
    assert message.layers == ()
    assert message.notes == ("This message brings certificates and nothing else.",)


# Parts that are protected by themselves.


def test_a_part_signed_by_itself_is_shown_with_its_own_line() -> None:
    signed = forge.signed(forge.entity("signed words\r\n"), alice(), header=b"")
    message = opened(forge.multipart(signed, forge.entity("a footer of the list\r\n")))
    assert message.signature is None
    assert message.body == "signed words\na footer of the list\n"
    notes = [part.note for part in message.parts]
    assert notes[0].startswith(
        "Only a part of this message is signed by itself, by Alice Archer: its signature is intact"
    )
    assert notes[1] == ""
    assert [part.protected for part in message.parts] == [True, False]
    assert message.notes == (notes[0],)


def test_a_part_with_a_broken_signature_says_so() -> None:
    signed = forge.signed(forge.entity("signed words\r\n"), alice(), header=b"").replace(b"words", b"sword")
    assert "its signature does not hold" in opened(forge.multipart(signed, forge.entity())).notes[0]


def test_text_decrypted_apart_never_joins_the_text_around_it() -> None:
    secret = inner_of(sealed(draft("the secret\n"), encrypt=[bob()]))
    message = opened(forge.multipart(forge.entity("Please reply\r\n"), secret), bob())
    assert message.body == "Please reply\n"
    assert message.encryption is None
    assert message.layers == ()
    apart = [part for part in message.parts if part.note]
    assert [part.text for part in apart] == ["the secret\n"]
    assert "encrypted by itself" in message.notes[0]


def test_a_file_decrypted_apart_carries_a_note() -> None:
    file = Attachment(name="secret.bin", content_type="application/octet-stream", content=b"secret")
    secret = inner_of(sealed(draft(attachments=[file]), encrypt=[bob()]))
    message = opened(forge.multipart(forge.entity(), secret), bob())
    assert [part.note != "" for part in message.parts if part.attachment] == [True]


def test_a_part_that_cannot_be_decrypted_stays_a_file() -> None:
    secret = inner_of(sealed(encrypt=[alice()]))
    message = opened(forge.multipart(forge.entity(), secret), bob())
    assert message.notes == ("A part of this message cannot be decrypted with your keys.",)
    assert message.attachments[0].name == "smime.p7m"


def test_a_part_that_says_to_be_smime_and_is_not_stays_a_file() -> None:
    part = b"Content-Type: application/pkcs7-mime; name=smime.p7m\r\n\r\nrubbish"
    message = opened(forge.multipart(forge.entity(), part))
    assert message.body == TEXT
    assert message.notes[0].startswith("A part of this message cannot be read")


def test_certificates_in_a_part_are_a_file_with_a_note() -> None:
    part = forge.pkcs7(forge.signed_data(certificates=[alice()]), header=b"")
    message = opened(forge.multipart(forge.entity(), part))
    assert message.body == TEXT
    assert "A part of this message brings certificates." in message.notes
    assert [file.name for file in message.attachments] == ["smime.p7m"]


def test_a_file_that_is_only_named_like_smime_is_a_file() -> None:
    part = b"Content-Type: application/octet-stream; name=smime.p7m\r\n\r\nrubbish"
    message = opened(forge.multipart(forge.entity(), part))
    assert message.notes == ()
    assert message.attachments[0].content == b"rubbish"


def test_text_for_other_programs_is_a_file() -> None:
    message = opened(forge.multipart(forge.entity(), forge.entity("BEGIN:VCALENDAR\r\n", "text/calendar")))
    assert message.body == TEXT
    assert [file.name for file in message.attachments] == ["text.calendar"]


def test_files_without_a_name_get_one() -> None:
    parts = [b"Content-Type: application/pgp-signature\r\n\r\nx", b"Content-Type: application/vnd.x-y\r\n\r\nx"]
    parts.append(b"Content-Type: application/pkcs7-signature\r\n\r\nx")
    message = opened(forge.multipart(forge.entity(), *parts))
    assert [file.name for file in message.attachments] == ["application", "application", "smime.p7s"]


def test_an_alternative_of_files_alone_keeps_them() -> None:
    parts = [b"Content-Type: image/png\r\n\r\npng", b"Content-Type: image/gif\r\n\r\ngif"]
    message = opened(forge.multipart(*parts, kind="multipart/alternative"))
    assert [file.name for file in message.attachments] == ["image.png", "image.gif"]


def test_a_signed_form_that_is_not_shown_adds_no_text() -> None:
    signed = forge.signed(forge.entity("other words\r\n"), alice(), header=b"")
    message = opened(forge.multipart(forge.entity(), signed, kind="multipart/alternative"))
    assert message.body == TEXT
    assert message.signature is None


def test_envelopes_inside_each_other_are_readable_if_all_are() -> None:
    inner = inner_of(sealed(encrypt=[bob()]))
    content = b"".join(encrypt([inner], len(inner), [alice().certificate], Cipher.AES256_GCM))
    both = opened(forge.pkcs7(content), alice(), bob())
    assert both.layers == ("enveloped", "enveloped")
    assert both.encryption is not None
    assert both.encryption.decrypted
    assert both.encryption.content_encryption_algorithm == "aes256_gcm"
    outer = opened(forge.pkcs7(content), alice()).encryption
    assert outer is not None
    assert not outer.decrypted


def test_a_third_part_beside_a_signature_takes_the_badge_away() -> None:
    content = forge.entity()
    cms = forge.signed_data(forge.signer_info(alice(), content), certificates=[alice()])
    message = opened(forge.multipart_signed(content, cms, more=[forge.entity("added\r\n")]))
    assert message.signature is None
    assert "added" in message.body


def test_a_signature_of_another_kind_is_no_badge() -> None:
    raw = forge.signed(forge.entity(), alice()).replace(b"application/pkcs7-signature", b"application/pgp-signature")
    raw = raw.replace(b"name=smime.p7s", b"name=x.asc")
    message = opened(raw)
    assert message.signature is None
    assert message.body == TEXT


@pytest.mark.parametrize("layer", ["multipart/mixed", "multipart/alternative", "multipart/related"])
def test_a_signed_message_of_many_parts_is_protected_whole(layer: str) -> None:
    parts = forge.multipart(forge.entity(), forge.entity("<p>Hello</p>", "text/html"), kind=layer, header=b"")
    message = opened(forge.signed(parts, alice()))
    assert message.signature is not None
    assert message.signature.trusted
    assert all(part.protected for part in message.parts)


def test_undecryptable_mail_is_no_exception_and_shows_nothing() -> None:
    message = opened(sealed(sign=alice(), encrypt=[alice()]), bob())
    assert message.encryption is not None
    assert not message.encryption.decrypted
    assert (message.body, message.parts) == ("", ())
    assert message.notes == ("This message cannot be decrypted with your keys.",)
    assert message.signature is None
    assert message.headers.subject == "Figures"


def test_a_message_that_says_to_be_smime_and_is_not_is_refused() -> None:
    with pytest.raises(FormatError):
        opened(forge.HEADER + b"Content-Type: application/pkcs7-mime\r\n\r\nrubbish")
    with pytest.raises(UnsupportedError, match="kind"):
        opened(forge.pkcs7(sequence(identifier("1.2.840.113549.1.7.5"), field(0xA0, sequence()))))


def test_a_signature_without_its_content_is_refused() -> None:
    cms = forge.signed_data(forge.signer_info(alice(), b"x"), certificates=[alice()])
    with pytest.raises(FormatError, match="no content"):
        opened(forge.pkcs7(cms))


def test_too_many_layers_are_refused_by_name() -> None:
    content = forge.entity()
    for _ in range(9):
        content = forge.opaque(content, alice("p256"), header=b"")
    with pytest.raises(FormatError, match="more than 8 S/MIME layers"):
        opened(forge.HEADER + content)


def test_bad_layers_do_not_hide_the_header() -> None:
    message = opened(forge.signed(forge.entity(), alice()))
    assert message.headers.subject == "Figures"
    assert re.fullmatch("alice@corp.example", message.headers.sender[0].spec)
    assert message.signature is not None
    assert message.signature.verdict is Verdict.PASSED
