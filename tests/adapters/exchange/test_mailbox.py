"""The mailbox over a socket: pages, folders, messages, changes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

import pytest

from smimetui.adapters.exchange.connection import Connection
from smimetui.adapters.exchange.mailbox import ExchangeMailbox
from smimetui.adapters.exchange.syncing import Changes
from smimetui.demo.exchange import ExchangeServer
from smimetui.demo.exchange.misbehaviour import Refuse, Status
from smimetui.model.errors import MailboxError
from tests.adapters.exchange.people import ALICE

ME = ALICE.spec
SIGNED = (
    b"From: =?utf-8?q?B=C3=B6b?= <bob@corp.example>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
    b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary=x\r\n\r\n'
    b"--x\r\n\r\nhello\r\n--x\r\nContent-Type: application/pkcs7-signature\r\n\r\nMIA=\r\n--x--\r\n"
)
SEALED = b"From: bob@corp.example\r\nSubject: s\r\nContent-Type: application/pkcs7-mime\r\n\r\nMIAGCSqG\r\n"
PLAIN = b"From: bob@corp.example\r\nSubject: Plan\r\nDate: Mon, 23 Nov 2026 09:14:00 +0100\r\n\r\nbody\r\n"


@pytest.fixture
def mailbox(connection: Connection) -> Iterator[ExchangeMailbox]:
    made = ExchangeMailbox(connection)
    yield made
    made.close()


def subjects(rows: object) -> list[str]:
    return [row.subject for row in rows]


def test_a_page_holds_the_newest_rows_first_and_the_counts(server: ExchangeServer, mailbox: ExchangeMailbox) -> None:
    server.fill(ME, 30)
    page = mailbox.page("Inbox", offset=0, limit=3)
    assert subjects(page.rows) == ["Message 30", "Message 29", "Message 28"]
    assert (page.total, page.unread) == (30, 10)
    assert subjects(mailbox.page("Inbox", offset=28, limit=10).rows) == ["Message 2", "Message 1"]
    assert mailbox.page("Inbox", offset=30, limit=10).rows == ()
    assert mailbox.page("Drafts", offset=0, limit=10) == mailbox.page("Trash", offset=0, limit=10)


def test_a_row_tells_what_the_header_tells(server: ExchangeServer, mailbox: ExchangeMailbox) -> None:
    at = datetime(2026, 11, 23, 9, 14, tzinfo=UTC)
    for minute, message in enumerate((SIGNED, SEALED, PLAIN)):
        server.deliver(ME, message, received=at + timedelta(minutes=minute), is_read=minute == 2)
    plain, sealed, signed = mailbox.page("Inbox", offset=0, limit=5).rows
    assert (signed.sender, signed.subject, signed.date, signed.seen) == ("Böb", "Grüße", at, False)
    assert [row.content_type for row in (signed, sealed, plain)] == ["multipart/signed", "application/pkcs7-mime", ""]
    assert plain.seen
    assert plain.size == len(PLAIN)


def test_a_list_of_rows_costs_two_requests_and_no_message(server: ExchangeServer, mailbox: ExchangeMailbox) -> None:
    server.fill(ME, 500)
    mailbox.page("Inbox", offset=100, limit=50)
    assert sorted(request.operation for request in server.requests) == ["FindItem", "GetFolder"]


def test_a_message_is_read_as_it_came(server: ExchangeServer, mailbox: ExchangeMailbox) -> None:
    server.deliver(ME, SIGNED)
    (row,) = mailbox.page("Inbox", offset=0, limit=1).rows
    assert mailbox.fetch("Inbox", row.uid) == SIGNED


def test_folders_of_mail_are_named_by_their_path(server: ExchangeServer, mailbox: ExchangeMailbox) -> None:
    server.add_folder(ME, "Projects")
    server.add_folder(ME, "2026", parent="Projects")
    server.deliver(ME, PLAIN, folder="2026")
    names = mailbox.folders()
    assert names[:4] == ("Inbox", "Drafts", "Sent", "Trash")
    assert {"Projects", "Projects/2026"} <= set(names)
    assert not {"Contacts", "Calendar", "Outbox"} & set(names)
    assert subjects(mailbox.page("Projects/2026", offset=0, limit=5).rows) == ["Plan"]


def test_a_folder_is_found_without_listing_them_first(server: ExchangeServer, mailbox: ExchangeMailbox) -> None:
    server.add_folder(ME, "Projects")
    assert mailbox.page("Projects", offset=0, limit=5).total == 0
    with pytest.raises(MailboxError, match="there is no folder Nowhere"):
        mailbox.page("Nowhere", offset=0, limit=5)


def test_search_looks_at_sender_and_subject_in_any_case(server: ExchangeServer, mailbox: ExchangeMailbox) -> None:
    server.fill(ME, 20)
    server.deliver(ME, PLAIN.replace(b"bob@corp.example", b"Zoe <zoe@x.example>"))
    assert subjects(mailbox.search("Inbox", "MESSAGE 7", limit=10)) == ["Message 7"]
    assert subjects(mailbox.search("Inbox", "zoe", limit=10)) == ["Plan"]
    assert len(mailbox.search("Inbox", "message", limit=5)) == 5
    assert mailbox.search("Inbox", "message", limit=0) == ()
    assert mailbox.search("Inbox", '<t:">&', limit=5) == ()


def test_reading_marks_a_message_and_sends_no_receipt(server: ExchangeServer, mailbox: ExchangeMailbox) -> None:
    server.deliver(ME, PLAIN)
    (row,) = mailbox.page("Inbox", offset=0, limit=1).rows
    mailbox.mark_seen("Inbox", row.uid)
    page = mailbox.page("Inbox", offset=0, limit=1)
    assert (page.rows[0].seen, page.unread) == (True, 0)
    (update,) = [request for request in server.requests if request.operation == "UpdateItem"]
    assert update.content.attributes["SuppressReadReceipts"] == "true"


def test_the_trash_takes_a_message_and_gives_it_back(server: ExchangeServer, mailbox: ExchangeMailbox) -> None:
    server.deliver(ME, PLAIN)
    (row,) = mailbox.page("Inbox", offset=0, limit=1).rows
    uid = mailbox.trash("Inbox", row.uid)
    assert mailbox.page("Inbox", offset=0, limit=1).total == 0
    assert mailbox.fetch("Trash", uid) == PLAIN
    mailbox.restore("Inbox", uid)
    assert mailbox.page("Inbox", offset=0, limit=1).total == 1
    assert mailbox.page("Trash", offset=0, limit=1).total == 0


def test_a_filed_message_is_read_and_no_draft_but_in_drafts(server: ExchangeServer, mailbox: ExchangeMailbox) -> None:
    for folder in ("Sent", "Drafts"):
        uid = mailbox.append(folder, PLAIN)
        (row,) = mailbox.page(folder, offset=0, limit=5).rows
        assert (row.uid, row.seen) == (uid, True)
        assert mailbox.fetch(folder, uid) == PLAIN
    flags = [
        [node.text for node in walk(request.content) if node.name == "Value"]
        for request in server.requests
        if request.operation == "CreateItem"
    ]
    assert flags == [["1"], []]
    assert server.sent == ()


def walk(node: object) -> list[object]:
    return [node, *(below for child in node.children for below in walk(child))]


def test_a_message_is_deleted_for_good_once(server: ExchangeServer, mailbox: ExchangeMailbox) -> None:
    uid = mailbox.append("Drafts", PLAIN)
    assert mailbox.delete("Drafts", uid)
    assert not mailbox.delete("Drafts", uid)
    assert mailbox.page("Trash", offset=0, limit=1).total == 0


def test_what_is_gone_is_a_sentence(server: ExchangeServer, mailbox: ExchangeMailbox) -> None:
    uid = mailbox.append("Drafts", PLAIN)
    mailbox.delete("Drafts", uid)
    for attempt in (mailbox.fetch, mailbox.mark_seen, mailbox.trash):
        with pytest.raises(MailboxError, match="it is not there any more"):
            attempt("Drafts", uid)


def test_an_item_without_text_is_a_sentence(server: ExchangeServer, mailbox: ExchangeMailbox) -> None:
    uid = server.deliver(ME, b"")
    with pytest.raises(MailboxError, match="no text of this message"):
        mailbox.fetch("Inbox", uid)


def test_new_mail_is_told_at_once(server: ExchangeServer, mailbox: ExchangeMailbox) -> None:
    assert not mailbox.wait_for_change("Inbox", 0.2)
    told = waiting(mailbox, "Inbox")
    server.deliver(ME, PLAIN)
    assert told.wait(10)


def test_what_happens_between_two_waits_is_not_missed(server: ExchangeServer, mailbox: ExchangeMailbox) -> None:
    assert not mailbox.wait_for_change("Inbox", 0.2)
    server.deliver(ME, PLAIN)
    assert mailbox.wait_for_change("Inbox", 5)
    assert server.count("Subscribe") == 1


def test_another_folders_mail_is_no_change(server: ExchangeServer, mailbox: ExchangeMailbox) -> None:
    assert not mailbox.wait_for_change("Drafts", 0.2)
    server.deliver(ME, PLAIN)
    assert not mailbox.wait_for_change("Drafts", 0.2)


def test_a_subscription_that_the_server_forgot_is_made_anew(server: ExchangeServer, mailbox: ExchangeMailbox) -> None:
    assert not mailbox.wait_for_change("Inbox", 0.2)
    server.service.subscriptions.forget()
    assert not mailbox.wait_for_change("Inbox", 0.2)
    server.service.subscriptions.forget()
    server.deliver(ME, PLAIN)
    assert mailbox.wait_for_change("Inbox", 5)


def test_without_notifications_the_folder_is_looked_at(server: ExchangeServer, connection: Connection) -> None:
    mailbox = ExchangeMailbox(connection)
    server.misbehave("Subscribe", Refuse("ErrorAccessDenied"), times=None)
    watch = mailbox._watch("Inbox")
    watch._look_every = 0.01
    assert not mailbox.wait_for_change("Inbox", 0.2)
    server.deliver(ME, PLAIN)
    assert mailbox.wait_for_change("Inbox", 10)
    assert server.count("Subscribe") == 1
    assert server.count("SyncFolderItems") > 1
    mailbox.close()


def test_that_one_message_was_read_and_another_is_new_again_is_a_change_although_the_counts_are_the_same(
    server: ExchangeServer, mailbox: ExchangeMailbox, connection: Connection
) -> None:
    server.fill(ME, 600)
    changes = Changes(connection, mailbox._place("Inbox"))
    assert not changes.any(600, wanted=lambda: True)
    assert server.count("SyncFolderItems") == 2
    before = mailbox.page("Inbox", offset=0, limit=9)
    for row in {row.seen: row for row in before.rows}.values():
        mailbox.mark_seen("Inbox", row.uid, seen=not row.seen)
    after = mailbox.page("Inbox", offset=0, limit=9)
    assert (before.total, before.unread) == (after.total, after.unread)
    assert changes.any(600, wanted=lambda: True)
    assert not changes.any(600, wanted=lambda: True)


def test_a_mark_that_the_server_has_forgotten_counts_as_a_change(
    server: ExchangeServer, connection: Connection
) -> None:
    changes = Changes(connection, ExchangeMailbox(connection)._place("Inbox"))
    assert not changes.any(0, wanted=lambda: True)
    server.misbehave("SyncFolderItems", Refuse("ErrorInvalidSyncStateData"))
    assert changes.any(0, wanted=lambda: True)
    assert not changes.any(0, wanted=lambda: True)
    server.deliver(ME, PLAIN)
    assert changes.any(1, wanted=lambda: True)


@pytest.mark.parametrize(("said", "total"), [("9" * 30, 10_000_000), ("-5", 0), ("3", 3)])
def test_a_count_that_cannot_be_is_cut_to_one_that_can(
    server: ExchangeServer, mailbox: ExchangeMailbox, said: str, total: int
) -> None:
    types = "http://schemas.microsoft.com/exchange/services/2006"
    answer = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<m:FindItemResponse xmlns:m="{types}/messages" xmlns:t="{types}/types"><m:ResponseMessages>'
        '<m:FindItemResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>'
        f'<m:RootFolder TotalItemsInView="{said}" IncludesLastItemInRange="true" IndexedPagingOffset="0"><t:Items/>'
        "</m:RootFolder></m:FindItemResponseMessage></m:ResponseMessages></m:FindItemResponse></s:Body></s:Envelope>"
    )
    server.misbehave("FindItem", Status(code=200, body=answer.encode(), content_type="text/xml; charset=utf-8"))
    assert mailbox.page("Inbox", offset=0, limit=10).total == total


def test_a_large_folder_is_not_gone_through_and_closing_ends_the_way(
    server: ExchangeServer, connection: Connection
) -> None:
    server.fill(ME, 600)
    changes = Changes(connection, ExchangeMailbox(connection)._place("Inbox"), most=500)
    assert not changes.any(600, wanted=lambda: True)
    assert server.count("SyncFolderItems") == 0
    assert not changes.any(500, wanted=lambda: server.count("SyncFolderItems") < 1)
    assert server.count("SyncFolderItems") == 1


def test_what_changed_since_the_page_was_shown_is_told(server: ExchangeServer, mailbox: ExchangeMailbox) -> None:
    mailbox.page("Inbox", offset=0, limit=5)
    server.deliver(ME, PLAIN)
    assert mailbox.wait_for_change("Inbox", 10)


def test_a_lost_connection_ends_a_wait_with_a_sentence_and_the_next_one_goes_on(
    server: ExchangeServer, mailbox: ExchangeMailbox
) -> None:
    assert not mailbox.wait_for_change("Inbox", 0.2)
    server.stop()
    with pytest.raises(MailboxError, match=r"cannot watch Inbox: .*127\.0\.0\.1"):
        mailbox.wait_for_change("Inbox", 5)
    server.start()
    server.deliver(ME, PLAIN)
    assert mailbox.wait_for_change("Inbox", 5)


def waiting(mailbox: ExchangeMailbox, folder: str) -> Event:
    told = Event()

    def wait() -> None:
        if mailbox.wait_for_change(folder, 10):
            told.set()

    Thread(target=wait, daemon=True).start()
    return told
