from base64 import b64decode
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smimetui.model.message import Attachment, Protection
from tests.services.letter import BOTH, FILE, PLAIN, draft, read_by
from tests.services.world import BOB, make_world, person
from tests.smime import forge

HOSTILE_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@settings(deadline=None, max_examples=60)
@given(subject=HOSTILE_TEXT, body=HOSTILE_TEXT, name=HOSTILE_TEXT, protection=st.sampled_from([PLAIN, BOTH]))
def test_whatever_is_typed_is_sealed_and_reads_back(subject: str, body: str, name: str, protection: Protection) -> None:
    message = replace(
        draft(BOB), subject=subject, body=body, attachments=(replace(FILE, name=name or "file", content=body.encode()),)
    )

    (envelope,) = make_world(published=[BOB]).session.composer.seal(message, protection)

    assert b"\nBcc:" not in envelope.data


@pytest.mark.parametrize("protection", [PLAIN, BOTH])
@pytest.mark.parametrize(
    ("content_type", "name"),
    [
        ("application/pkcs7-mime", "smime.p7m"),
        ("application/octet-stream", "old.P7M"),
        ("application/pkcs7-mime", "signed.p7m"),
        ("application/octet-stream", "signed.p7m"),
        ("application/octet-stream", "contract.pdf.p7m"),
        ("application/octet-stream", "packed.p7z"),
        ("application/octet-stream", "file.p7z"),
        ("message/rfc822", "old.eml"),
        ("text/plain", "notes.txt"),
        ("text/html", "page.html"),
        ("application/octet-stream", "figures\udcff.ods"),
        ("application/pkcs7-mime", "broken"),
    ],
)
def test_any_file_can_be_attached_even_a_message_that_the_reader_opens(
    content_type: str, name: str, protection: Protection
) -> None:
    world = make_world(published=[BOB])
    (inner,) = world.session.composer.seal(draft(BOB), BOTH)
    structure = b64decode(inner.data.partition(b"\r\n\r\n")[2])
    content = {
        "smime.p7m": structure,
        "old.P7M": structure,
        "old.eml": inner.data,
        "signed.p7m": signed(forge.entity()),
        "contract.pdf.p7m": signed(b"%PDF-1.7"),
        "file.p7z": forge.compressed_data(b"%PDF-1.7"),
        "packed.p7z": forge.compressed_data(forge.entity()),
    }.get(name, b"anything")
    file = Attachment(name=name, content_type=content_type, content=content)

    (envelope,) = world.session.composer.seal(replace(draft(BOB), attachments=(file, FILE)), protection)

    assert envelope.recipients == (BOB,)


def signed(content: bytes) -> bytes:
    bob = person(BOB)
    return forge.signed_data(forge.signer_info(bob, content), content=content, certificates=[bob])


def test_a_character_without_utf8_form_does_not_stop_a_message() -> None:
    (envelope,) = make_world().session.composer.seal(replace(draft(BOB), body="a\ud800b"), PLAIN)

    assert read_by(BOB, envelope).body == "a?b"
