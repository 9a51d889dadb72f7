"""Drafts as people and scripts write them."""

import pytest

from smimetui.cli.draft_file import read_draft
from smimetui.model.errors import AddressError, FormatError, UnsupportedError

HEAD = b"From: Alice Archer <alice@corp.example>\nTo: Bob Baker <bob@corp.example>\n"


def test_a_bare_draft_with_lf_line_ends_is_read() -> None:
    draft = read_draft(HEAD + b"Subject: Q3\n\nHello\nBob\n")
    assert draft.sender.spec == "alice@corp.example"
    assert draft.sender.display_name == "Alice Archer"
    assert [address.display_name for address in draft.to] == ["Bob Baker"]
    assert draft.subject == "Q3"
    assert draft.body == "Hello\nBob\n"


def test_every_recipient_field_is_read_once_for_each_address() -> None:
    draft = read_draft(
        HEAD + b"Cc: c@x.example, C <c@x.example>\nBcc: =?utf-8?q?D=C3=B6?= <d@x.example>\nBcc: e@x.example\n\nhi"
    )
    assert [address.spec for address in draft.cc] == ["c@x.example"]
    assert [address.spec for address in draft.bcc] == ["d@x.example", "e@x.example"]
    assert draft.bcc[0].display_name == "Dö"


def test_attachments_are_kept_byte_for_byte() -> None:
    draft = read_draft(
        HEAD + b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\n"
        b"text\n--b\nContent-Type: application/pdf; name=q3.pdf\nContent-Transfer-Encoding: base64\n"
        b'Content-Disposition: attachment; filename="../q3.pdf"\n\nAAECAw==\n--b--\n'
    )
    (attachment,) = draft.attachments
    assert (attachment.name, attachment.content_type, attachment.content) == (
        "q3.pdf",
        "application/pdf",
        b"\0\1\2\3",
    )
    assert draft.body == "text"


def test_an_attached_message_stays_whole() -> None:
    draft = read_draft(
        HEAD + b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\ntext\n--b\n"
        b"Content-Type: message/rfc822\n\nFrom: x@y.example\nSubject: inner\n\nInner text\n--b--\n"
    )
    (attachment,) = draft.attachments
    assert attachment.name.endswith(".eml")
    assert b"Inner text" in attachment.content


def test_the_other_form_of_the_text_is_kept_as_a_file() -> None:
    draft = read_draft(
        HEAD + b"MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=b\n\n--b\n"
        b"Content-Type: text/plain\n\nplain\n--b\nContent-Type: text/html\n\n<p>rich</p>\n--b--\n"
    )
    assert draft.body == "plain"
    assert [attachment.content_type for attachment in draft.attachments] == ["text/html"]


def test_umlauts_of_another_character_set_are_read() -> None:
    draft = read_draft(HEAD + b"Content-Type: text/plain; charset=iso-8859-1\n\nGr\xfc\xdfe\n")
    assert draft.body == "Grüße\n"


def test_a_reply_keeps_its_thread() -> None:
    draft = read_draft(HEAD + b"In-Reply-To: <1@x>\nReferences: <0@x>\n <1@x>\n\nhi\n")
    assert draft.in_reply_to == "<1@x>"
    assert draft.references == ("<0@x>", "<1@x>")


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"", FormatError),
        (b"To: bob@corp.example\n\nhi", FormatError),
        (b"From: a@x.example, b@x.example\nTo: c@x.example\n\nhi", FormatError),
        (b"From: a@x.example\nTo: nonsense\n\nhi", AddressError),
        (b"From: a@x.example\nTo: c@x.example\nContent-Type: text/html\n\n<p>hi", UnsupportedError),
        (b"From: a@x.example\nTo: c@x.example\nContent-Type: text/plain; charset=utf-8\n\n\xff\xfe", FormatError),
        (b"From: a@x.example\nTo: c@x.example\nContent-Type: text/plain; charset=klingon\n\nhi", FormatError),
    ],
)
def test_what_is_no_draft_is_named(raw: bytes, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        read_draft(raw)
