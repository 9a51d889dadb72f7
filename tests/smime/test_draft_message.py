"""A draft comes back exactly as it was, from a message that shows nothing of it but sender and subject."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smimetui.model.address import Address, parse_address
from smimetui.model.errors import DecryptionError, FormatError, UnsupportedError
from smimetui.model.message import Attachment, Draft, Protection
from smimetui.smime.draft_message import KeptDraft, open_draft, seal_draft
from smimetui.smime.seal import read_back, seal
from tests.pki import NOW, make_authority

ME = make_authority().issue("alice@corp.example", key="p256")
OTHER = make_authority().issue("alice@corp.example", key="p256", key_name="other")
ALICE = parse_address("Alice Archer <alice@corp.example>")
BOTH = Protection(sign=True, encrypt=True)


def kept(draft: Draft, protection: Protection = BOTH, replaces: tuple[str, ...] = ()) -> KeptDraft:
    return KeptDraft(draft=draft, protection=protection, version="v2", replaces=replaces)


def sealed(draft: KeptDraft) -> bytes:
    return seal_draft(draft, certificate=ME.certificate, message_id="<1@corp.example>", date=NOW)


def reopened(draft: KeptDraft) -> KeptDraft:
    return open_draft(sealed(draft), [ME.identity])


ADDRESSES = st.builds(
    Address,
    st.sampled_from(["bob", "o'neil", '"quoted local"', '"a@b"', "jörg", "BOB", "a.b+c"]),
    st.sampled_from(["corp.example", "bücher.example", "xn--bcher-kva.example", "[192.0.2.1]"]),
    st.text(),
)
NAMES = st.tuples(ADDRESSES).map(lambda one: one[0]) | st.just(ALICE)
FILES = st.builds(
    Attachment,
    name=st.text(),
    content_type=st.sampled_from(["text/plain", "message/rfc822", "multipart/mixed", "application/pkcs7-mime", ""]),
    content=st.binary(),
)
DRAFTS = st.builds(
    Draft,
    sender=NAMES,
    to=st.lists(NAMES).map(tuple),
    cc=st.lists(NAMES).map(tuple),
    bcc=st.lists(NAMES).map(tuple),
    subject=st.text(),
    body=st.text(),
    attachments=st.lists(FILES, max_size=4).map(tuple),
    in_reply_to=st.text(),
    references=st.lists(st.text(), max_size=3).map(tuple),
)


@settings(deadline=None)
@given(draft=DRAFTS, sign=st.booleans(), encrypt=st.booleans(), replaces=st.lists(st.text()).map(tuple))
def test_whatever_was_written_comes_back_exactly(
    draft: Draft,
    sign: bool,  # noqa: FBT001
    encrypt: bool,  # noqa: FBT001
    replaces: tuple[str, ...],
) -> None:
    before = kept(draft, Protection(sign=sign, encrypt=encrypt), replaces)

    after = reopened(before)

    assert after == before
    # The name of an address and the case of its letters do not count when addresses are compared.
    assert repr(after) == repr(before)


@pytest.mark.parametrize("text", ["a\r\nb\rc\n\n", "  \t", "\ud800", "From here\n.\n", "\0\x1b[2J", "é" * 5000])
def test_odd_text_comes_back_exactly(text: str) -> None:
    before = kept(Draft(sender=ALICE, subject=text, body=text))

    assert reopened(before) == before


def test_nothing_of_a_draft_is_to_be_seen_but_its_sender_and_its_subject() -> None:
    secret = Attachment(name="secret.ods", content_type="text/plain", content=b"4711" * 100)
    draft = Draft(
        sender=ALICE,
        to=(parse_address("bob@corp.example"),),
        bcc=(parse_address("carol@corp.example"),),
        subject="Q3 figures",
        body="The figures are secret.",
        attachments=(secret,),
        in_reply_to="<origin@corp.example>",
    )

    data = sealed(kept(draft))

    for word in (b"bob", b"carol", b"figures are", b"secret.ods", b"4711", b"origin"):
        assert word not in data
    assert b"From: Alice Archer <alice@corp.example>\r\n" in data
    assert b"Subject: Q3 figures\r\n" in data
    assert read_back(data).cipher == "aes256_cbc"
    assert len(read_back(data).recipient_ids) == 1


def test_a_draft_for_another_key_does_not_open() -> None:
    with pytest.raises(DecryptionError):
        open_draft(sealed(kept(Draft(sender=ALICE))), [OTHER.identity])


def message(*files: Attachment, protection: Protection | None = None, body: str = "") -> bytes:
    return seal(
        Draft(sender=ALICE, body=body, attachments=files),
        protection=protection or Protection(sign=False, encrypt=True),
        identity=None,
        recipients=[ME.certificate],
        message_id="<1@corp.example>",
        date=NOW,
    )


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"junk",
        b"From: a@b.example\r\n\r\nplain",
        message(protection=Protection(sign=False, encrypt=False)),
        message(body="encrypted, and no draft"),
        message(Attachment(name="draft.json", content_type="application/json", content=b"{}")),
        b"Content-Type: application/pkcs7-mime\r\n\r\njunk",
    ],
)
def test_any_other_message_is_no_draft(raw: bytes) -> None:
    with pytest.raises((FormatError, UnsupportedError)):
        open_draft(raw, [ME.identity])


def facts(**wrong: Any) -> bytes:
    """The facts of a draft without files, some of them replaced, or left out where None."""
    right: dict[str, Any] = {
        "version": "v",
        "replaces": [],
        "sign": True,
        "encrypt": True,
        "from": ["alice", "corp.example", ""],
        "to": [],
        "cc": [],
        "bcc": [],
        "subject": "",
        "body": "",
        "files": [],
        "in_reply_to": "",
        "references": [],
    }
    return json.dumps({key: value for key, value in (right | wrong).items() if value is not None}).encode()


def forged(content: bytes) -> bytes:
    kind = "application/vnd.smimetui.draft+json"
    return message(Attachment(name="draft.json", content_type=kind, content=content))


def test_facts_that_were_written_by_somebody_else_are_read_the_same() -> None:
    assert open_draft(forged(facts(body="x")), [ME.identity]).draft == Draft(
        sender=parse_address("alice@corp.example"), body="x"
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"7",
        b"[" * 100_000,
        b"\xff",
        facts(body=None),
        facts(body=7),
        facts(files=[["a.txt", "text/plain"]]),
        facts(files=[["a.txt"]]),
        facts(to=[["bob", "corp.example"]]),
        facts(to=[["bob", "corp.example", 7]]),
        facts(to=[["bob", "corp.example\r\nBcc: eve@evil.example", ""]]),
        facts(bcc=[["Eve <eve", "evil.example>", ""]]),
        facts(**{"from": ["", "", ""]}),
        facts(references=7),
        facts(replaces=[7]),
    ],
)
def test_what_no_version_of_ours_wrote_is_damaged(content: bytes) -> None:
    with pytest.raises(FormatError, match="damaged"):
        open_draft(forged(content), [ME.identity])


@pytest.mark.parametrize("word", [None, 0, "", "no"])
def test_a_lock_that_was_not_clearly_opened_is_closed(word: object) -> None:
    assert open_draft(forged(facts(encrypt=word or 0, sign="yes")), [ME.identity]).protection == Protection(
        sign=False, encrypt=True
    )
