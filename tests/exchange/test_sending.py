"""What leaves the server, what is kept, and what is refused."""

from datetime import UTC, datetime

import pytest
from exchangelib import Account, Message
from exchangelib.errors import (
    ErrorInvalidPropertySet,
    ErrorInvalidRecipients,
    ErrorItemNotFound,
    ErrorMessageSizeExceeded,
    ErrorSendAsDenied,
)
from exchangelib.extended_properties import ExtendedProperty

from smimetui.demo.exchange import ExchangeServer
from smimetui.demo.exchange.mail import decode, read_headers, rewrite, split
from tests.exchange.clients import ALICE, BOB, LETTER, account, ask

CAROL = "carol@partner.example"
SIGNED = (
    b"From: alice@corp.example\r\nTo: bob@corp.example\r\nBcc: hidden@x.example\r\nX-Secret: yes\r\n"
    b"Message-ID: <s@corp.example>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/signed; protocol="application/pkcs7-signature";\r\n'
    b' micalg=sha-256; boundary="a;b"\r\n\r\n'
    b"--a;b\r\nContent-Type: text/plain\r\n\r\n  trailing  \r\n\r\n--a;b\r\nX: y\r\n\r\nsig\r\n--a;b--\r\n"
)


def send(alice: Account, mime: bytes, *bcc: str) -> None:
    Message(account=alice, folder=alice.sent, mime_content=mime, bcc_recipients=list(bcc) or None).send_and_save()


def test_a_message_reaches_its_recipients_and_the_sent_folder(server: ExchangeServer) -> None:
    alice = account(server)
    send(alice, LETTER, CAROL)
    [sent] = server.sent
    assert (sent.sender, sent.recipients) == (ALICE, (BOB, CAROL))
    [received] = server.items(BOB, "inbox")
    assert received.mime == sent.mime
    assert not received.is_read
    kept = alice.sent.get(message_id="<plan@corp.example>")
    assert [one.email_address for one in kept.bcc_recipients] == [CAROL]
    assert kept.is_read


def test_the_outer_headers_are_written_anew_and_the_body_is_untouched(server: ExchangeServer) -> None:
    send(account(server), SIGNED)
    [sent] = server.sent
    head, body = split(sent.mime)
    assert body == split(SIGNED)[1]
    headers = read_headers(sent.mime)
    assert [name for name, _ in headers.fields][:2] == ["Received", "Received"]
    assert headers.raw("Message-ID") == "<s@corp.example>"
    assert headers.text("Subject") == "Grüße"
    assert headers.raw("From") == "Alice Archer <alice@corp.example>"
    assert headers.raw("Content-Type").startswith('multipart/signed; protocol="application/pkcs7-signature"; micalg=')
    assert 'boundary="a;b"' in headers.raw("Content-Type")
    assert headers.raw("X-MS-Has-Attach")
    assert b"bcc" not in head.lower()
    assert b"X-Secret" not in head
    assert "hidden@x.example" in sent.recipients
    assert head.isascii()


def test_send_only_keeps_no_copy(server: ExchangeServer) -> None:
    Message(account=account(server), mime_content=LETTER).send(save_copy=False)
    assert len(server.sent) == 1
    assert server.items(ALICE, "sentitems") == ()


def test_recipients_beside_the_mime_take_the_place_of_its_own(server: ExchangeServer) -> None:
    alice = account(server)
    Message(account=alice, folder=alice.sent, mime_content=LETTER, to_recipients=[CAROL]).send_and_save()
    assert server.sent[0].recipients == (CAROL,)


def test_a_draft_is_saved_changed_and_sent(server: ExchangeServer) -> None:
    alice = account(server)
    draft = Message(account=alice, folder=alice.drafts, mime_content=LETTER, bcc_recipients=[CAROL]).save()
    [kept] = server.items(ALICE, "drafts")
    assert (kept.mime, kept.is_draft) == (LETTER, True)
    assert server.sent == ()
    draft.mime_content = LETTER.replace(b"See you", b"Good bye")
    draft.save(update_fields=["mime_content"])
    assert b"Good bye" in kept.mime
    draft.send()
    assert server.items(ALICE, "drafts") == ()
    assert server.sent[0].recipients == (BOB, CAROL)
    assert len(server.items(ALICE, "sentitems")) == 1


class Flags(ExtendedProperty):
    property_tag = 0x0E07
    property_type = "Integer"


def test_a_message_filed_as_sent_is_no_draft(server: ExchangeServer) -> None:
    alice = account(server)
    Message.register("test_flags", Flags)
    try:
        Message(account=alice, folder=alice.sent, mime_content=LETTER, test_flags=1, is_read=True).save()
    finally:
        Message.deregister("test_flags")
    [kept] = server.items(ALICE, "sentitems")
    assert (kept.is_draft, kept.is_read) == (False, True)
    assert server.sent == ()


def test_a_list_is_delivered_to_its_members_once_each(server: ExchangeServer) -> None:
    server.publish("Team", ["team@corp.example"], is_list=True, members=[BOB, ALICE, "team@corp.example"])
    send(account(server), LETTER.replace(b"To: Bob", b"To: team@corp.example, Bob"))
    assert len(server.items(BOB, "inbox")) == len(server.items(ALICE, "inbox")) == 1


def test_another_s_name_in_from_is_denied(server: ExchangeServer) -> None:
    with pytest.raises(ErrorSendAsDenied):
        send(account(server), LETTER.replace(b"alice@", b"bob@"))
    assert server.sent == ()


def test_one_s_other_address_in_from_is_one_s_own(server: ExchangeServer) -> None:
    server.publish("Alice Archer", [ALICE, "aa@corp.example"])
    send(account(server), LETTER.replace(b"alice@", b"aa@"))
    assert server.sent[0].sender == ALICE


def test_a_message_to_nobody_is_refused(server: ExchangeServer) -> None:
    with pytest.raises(ErrorInvalidRecipients):
        send(account(server), b"From: alice@corp.example\r\nSubject: x\r\n\r\nx")


def test_a_message_too_large_is_refused_sent_or_saved(server: ExchangeServer) -> None:
    server.options.message_limit = 100
    alice = account(server)
    with pytest.raises(ErrorMessageSizeExceeded):
        send(alice, LETTER)
    with pytest.raises(ErrorMessageSizeExceeded):
        Message(account=alice, folder=alice.drafts, mime_content=LETTER).save()


def test_sending_can_be_refused_to_a_person_who_may_not(server: ExchangeServer) -> None:
    server.options.sending_refused = "ErrorSendAsDenied"
    with pytest.raises(ErrorSendAsDenied):
        send(account(server), LETTER)


def test_a_draft_that_is_gone_cannot_be_sent(server: ExchangeServer) -> None:
    alice = account(server)
    draft = Message(account=alice, folder=alice.drafts, mime_content=LETTER).save()
    alice.bulk_delete([draft])
    with pytest.raises(ErrorItemNotFound):
        draft.send()


def test_what_the_server_does_not_do_it_refuses(server: ExchangeServer) -> None:
    def created(content: str, folder: str) -> str:
        saved = f'<m:SavedItemFolderId><t:DistinguishedFolderId Id="{folder}"/></m:SavedItemFolderId>'
        return ask(
            server, f'<m:CreateItem MessageDisposition="SaveOnly">{saved}<m:Items>{content}</m:Items></m:CreateItem>'
        ).code

    message = "<t:Message><t:MimeContent>QQ==</t:MimeContent></t:Message>"
    assert created("<t:Message><t:Subject>x</t:Subject></t:Message>", "drafts") == "ErrorMimeContentInvalid"
    assert created(message, "contacts") == "ErrorInvalidFolderTypeForOperation"
    assert created("<t:Contact/>", "inbox") == "ErrorCannotCreateContactInNonContactFolder"
    assert created(message, "notes") == "ErrorFolderNotFound"


def test_a_received_message_s_subject_cannot_be_set(server: ExchangeServer) -> None:
    server.deliver(ALICE, LETTER)
    [message] = account(server).inbox.all()
    message.subject = "other"
    with pytest.raises(ErrorInvalidPropertySet):
        message.save(update_fields=["subject"])


def test_headers_are_read_with_folds_and_encoded_words_and_without_crashing() -> None:
    headers = read_headers(b"A: one\n\ttwo\nB: =?x-unknown?q?z?=\nC: =?utf-8?b?!?=\nno colon\nDate: never\n\nbody")
    assert headers.raw("a") == "one two"
    assert headers.text("B") == "=?x-unknown?q?z?="
    assert headers.date is None
    assert headers.sender == ("", "")
    assert decode("=?utf-8?b?4oKs?= and") == "€ and"
    assert split(b"only a head") == (b"only a head", b"")


def test_no_subject_can_smuggle_a_header_into_what_leaves() -> None:
    mime = b"From: a@x\r\nSubject: =?utf-8?q?a=0D=0ABcc:_b@x?=\r\n\r\nbody"
    head, body = split(rewrite(mime, host="h", at=datetime(2026, 1, 1, tzinfo=UTC), name_of=lambda _: ""))
    assert body == b"body"
    assert not any(line.lower().startswith(b"bcc") for line in head.splitlines())


def test_long_and_foreign_headers_are_folded_and_come_back_the_same() -> None:
    names = ", ".join(f'"Jürgen, {n}" <j{n}@x.example>' for n in range(9))
    subject = "word " * 30 + "end"
    mime = f"From: a@x.example\r\nTo: {names}\r\nSubject: {subject}\r\n\r\nb".encode()
    leaving = rewrite(mime, host="h", at=datetime(2026, 1, 1, tzinfo=UTC), name_of=lambda _: "")
    assert max(map(len, split(leaving)[0].split(b"\r\n"))) < 130
    headers = read_headers(leaving)
    assert headers.text("Subject") == subject
    assert headers.addresses("To")[3] == ("Jürgen, 3", "j3@x.example")
