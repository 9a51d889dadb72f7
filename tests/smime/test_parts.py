"""Parts of a message: what is said of those that are protected by themselves, and which of them are shown."""

from dataclasses import replace

import pytest

from smimetui.smime.path import TrustPolicy
from tests.pki import Issued, make_authority
from tests.smime import forge
from tests.smime.correspondents import alice, mallory, opened, root, trusting

OUTSIDE = forge.entity("Outside\r\n")
COMPRESSED = forge.pkcs7(forge.compressed_data(forge.entity("Hello\r\n")), header=b"")


def said_of_a_part(signer: Issued, policy: TrustPolicy | None = None) -> str:
    part = forge.signed(forge.entity("Signed\r\n"), signer, header=b"")
    message = opened(forge.multipart(part, OUTSIDE), policy=policy)
    assert message.signature is None
    return message.notes[0].removesuffix(" The rest carries no signature.")


def test_a_part_is_signed_by_whom_the_certificate_names_where_somebody_vouches_for_it() -> None:
    begins = "Only a part of this message is signed by itself, by"
    assert said_of_a_part(mallory()) == f"{begins} Mallory: its signature is intact."
    stranger = make_authority("X").issue("mallory@evil.example", name="The Chief Executive", key="p256")
    intact = "its signature is intact, but the certificate"
    assert said_of_a_part(stranger) == f"{begins} The Chief Executive: {intact} is not trusted."
    revoking = replace(trusting(), crls=(root().crl(alice()),))
    assert said_of_a_part(alice(), revoking) == f"{begins} Alice Archer: {intact} was revoked."


def test_a_name_adds_no_line_to_what_is_said_of_a_part() -> None:
    lines = make_authority("X").issue("a@b.example", name="Eve\n\n[Signed by all]", key="p256")
    said = said_of_a_part(lines)
    assert said.startswith("Only a part of this message is signed by itself, by Eve [Signed by all]: its signature")
    assert "\n" not in said


def test_compression_protects_nothing() -> None:
    whole = opened(forge.HEADER + COMPRESSED)
    assert whole.layers == ("compressed",)
    assert [part.protected for part in whole.parts] == [False]
    message = opened(forge.multipart(OUTSIDE, COMPRESSED))
    assert message.body == "Outside\nHello\n"
    assert message.notes == ()
    assert [(part.protected, part.note) for part in message.parts] == [(False, ""), (False, "")]
    signed = opened(forge.signed(forge.multipart(OUTSIDE, COMPRESSED, header=b""), alice()))
    assert [part.protected for part in signed.parts] == [True, True]


@pytest.mark.parametrize("text", [b"", b"an attached text"])
def test_an_attached_form_of_an_alternative_hides_no_text(text: bytes) -> None:
    attached = b"Content-Type: text/plain\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\n" + text
    page = forge.entity("<p>Hello</p>", "text/html")
    for forms in ((attached, page), (page, attached)):
        message = opened(forge.multipart(*forms, kind="multipart/alternative"))
        assert message.body == "Hello"
        assert [file.name for file in message.attachments] == ["a.txt"]


@pytest.mark.parametrize("kind", ["application/pkcs7-mime", "application/octet-stream"])
def test_a_file_that_somebody_signed_stays_a_file(kind: str) -> None:
    # As they sign contracts and bills in Italy: no mail is inside.
    pages = b"%PDF-1.7\nof a contract"
    cms = forge.signed_data(forge.signer_info(alice(), pages), content=pages, certificates=[alice()])
    disposition = b'Content-Disposition: attachment; filename="contract.pdf.p7m"\r\n'
    message = opened(forge.multipart(OUTSIDE, disposition + forge.pkcs7(cms, kind, header=b"")))
    assert message.body == "Outside\n"
    assert message.notes == ()
    assert [(file.name, file.content) for file in message.attachments] == [("contract.pdf.p7m", cms)]
    letter = forge.opaque(forge.entity("A letter\r\n"), alice(), header=disposition)
    assert opened(forge.multipart(OUTSIDE, letter)).body == "Outside\nA letter\n"
