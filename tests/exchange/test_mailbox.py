"""Folders and messages through exchangelib: lists in pages, searches, reading, moving, deleting."""

from datetime import UTC, datetime, timedelta

import pytest
from exchangelib import Account, EWSDateTime, Q
from exchangelib.errors import ErrorAccessDenied, ErrorFolderNotFound, ErrorItemNotFound, ErrorNonExistentMailbox

from smimetui.demo.exchange import ExchangeServer, Options
from smimetui.demo.exchange.markup import TYPES
from tests.exchange.clients import ALICE, BOB, LETTER, Reply, account, ask, walk
from tests.exchange.conftest import furnish

LATER = datetime(2026, 11, 20, 12, 1, tzinfo=UTC)
NEWEST = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def letter(subject: str, sender: str = "Bob Baker <bob@corp.example>", kind: str = "text/plain") -> bytes:
    return (
        f"From: {sender}\r\nTo: Alice <{ALICE}>\r\nCc: team@corp.example\r\nSubject: {subject}\r\n"
        f"Message-ID: <{subject.replace(' ', '-')}@x>\r\nDate: Fri, 20 Nov 2026 10:00:00 +0100\r\n"
        f"References: <a@x>\r\nIn-Reply-To: <a@x>\r\nMIME-Version: 1.0\r\n"
        f"Content-Type: {kind}\r\n\r\nBody of {subject}.\r\n"
    ).encode()


@pytest.fixture
def alice(server: ExchangeServer) -> Account:
    for at, subject in enumerate(["One fish", "Two fish", "Red herring"]):
        server.deliver(ALICE, letter(subject), received=NEWEST + timedelta(minutes=at))
    server.deliver(ALICE, letter("Blue whale", "Carol <carol@corp.example>"), received=NEWEST, is_read=True)
    return account(server)


def test_the_well_known_folders_are_there_and_can_be_walked(alice: Account) -> None:
    assert [folder.name for folder in alice.msg_folder_root.children] == [
        "Contacts",
        "Deleted Items",
        "Drafts",
        "Inbox",
        "Junk Email",
        "Outbox",
        "Sent Items",
    ]
    assert (alice.inbox.total_count, alice.inbox.unread_count) == (4, 3)
    assert alice.inbox.effective_rights.create_contents


def test_a_folder_of_one_s_own_is_found_by_its_name(server: ExchangeServer) -> None:
    server.add_folder(ALICE, "Project", parent="inbox")
    server.deliver(ALICE, LETTER, folder="Project")
    project = account(server).inbox / "Project"
    assert [message.subject for message in project.all()] == ["The plan"]


def test_another_s_mailbox_is_closed_and_a_missing_one_is_missing(server: ExchangeServer) -> None:
    content = (
        "<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds>"
        '<t:DistinguishedFolderId Id="inbox"><t:Mailbox><t:EmailAddress>{}</t:EmailAddress></t:Mailbox>'
        "</t:DistinguishedFolderId></m:FolderIds></m:GetFolder>"
    )
    assert ask(server, content.format(BOB)).code == ErrorAccessDenied.__name__
    assert ask(server, content.format("nobody@corp.example")).code == ErrorNonExistentMailbox.__name__
    assert ask(server, content.format(ALICE)).code == "NoError"
    assert ask(server, content.format(ALICE).replace("inbox", "notes")).code == ErrorFolderNotFound.__name__


def test_messages_come_sorted_in_pages(server: ExchangeServer) -> None:
    server.fill(ALICE, 25, newest=NEWEST)
    newest = account(server).inbox.all().order_by("-datetime_received").only("subject", "datetime_received")
    newest.page_size = 10
    assert [m.subject for m in newest] == [f"Message {n}" for n in range(25, 0, -1)]
    assert server.count("FindItem") == 3
    assert next(iter(newest)).datetime_received == EWSDateTime.from_datetime(NEWEST)
    newest.page_size = None  # exchangelib gives the rest of a page beyond a slice's end
    assert [m.subject for m in newest[20:23]] == ["Message 5", "Message 4", "Message 3"]


def test_pages_can_be_asked_from_the_end_and_beyond_it(server: ExchangeServer) -> None:
    server.fill(ALICE, 5, newest=NEWEST)

    def page(view: str) -> Reply:
        return ask(
            server,
            '<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>Default</t:BaseShape></m:ItemShape>'
            f"<m:IndexedPageItemView {view}/>"
            '<m:ParentFolderIds><t:DistinguishedFolderId Id="inbox"/></m:ParentFolderIds></m:FindItem>',
        )

    def subjects(reply: Reply) -> list[str]:
        return [node.text for node in walk(reply.root) if node.tag == f"{TYPES}Subject"]

    assert subjects(page('MaxEntriesReturned="2" Offset="0" BasePoint="End"')) == ["Message 4", "Message 5"]
    assert subjects(page('MaxEntriesReturned="2" Offset="9" BasePoint="Beginning"')) == []
    assert len(subjects(page('Offset="0" BasePoint="Beginning"'))) == 5


@pytest.mark.parametrize(
    ("question", "found"),
    [
        (Q(subject__icontains="FISH"), {"One fish", "Two fish"}),
        (Q(subject__contains="FISH"), set()),
        (Q(subject__startswith="Red"), {"Red herring"}),
        (Q(subject__iexact="one FISH"), {"One fish"}),
        (Q(subject="Two fish"), {"Two fish"}),
        (Q(author__icontains="carol"), {"Blue whale"}),
        (Q(sender__icontains="bob"), {"One fish", "Two fish", "Red herring"}),
        (Q(is_read=True), {"Blue whale"}),
        (~Q(is_read=True) & Q(subject__icontains="fish"), {"One fish", "Two fish"}),
        (Q(subject__icontains="one") | Q(author__icontains="carol"), {"One fish", "Blue whale"}),
        (~(Q(subject__icontains="one") & Q(is_read=False)), {"Two fish", "Red herring", "Blue whale"}),
        (Q(message_id="<Two-fish@x>"), {"Two fish"}),
        (Q(message_id__exists=True), {"One fish", "Two fish", "Red herring", "Blue whale"}),
        (Q(datetime_received__gt=NEWEST), {"Two fish", "Red herring"}),
        (Q(datetime_received__lte=NEWEST), {"One fish", "Blue whale"}),
        (Q(datetime_received__range=(NEWEST, LATER)), {"One fish", "Two fish", "Blue whale"}),
        (Q(size__gt=10**6), set()),
    ],
)
def test_exchangelib_s_filters_find_what_they_say(alice: Account, question: Q, found: set[str]) -> None:
    def local(value: object) -> object:
        return EWSDateTime.from_datetime(value) if type(value) is datetime else value

    def translated(q: Q) -> Q:
        q.value = local(q.value)
        for child in q.children:
            translated(child)
        return q

    assert {m.subject for m in alice.inbox.filter(translated(question)).only("subject")} == found


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("fish", {"One fish", "Two fish"}),
        ("subject:red", {"Red herring"}),
        ("from:carol whale", {"Blue whale"}),
        ("whale fish", set()),
    ],
)
def test_a_query_string_looks_for_its_words(alice: Account, words: str, found: set[str]) -> None:
    assert {m.subject for m in alice.inbox.filter(words).only("subject")} == found


def test_a_message_is_read_whole_by_its_mime(server: ExchangeServer) -> None:
    server.deliver(ALICE, LETTER)
    [message] = account(server).inbox.all().only("mime_content", "subject")
    assert message.mime_content == LETTER


def test_every_field_that_exchangelib_knows_can_be_asked_for(server: ExchangeServer) -> None:
    server.deliver(ALICE, letter("=?utf-8?q?Caf=C3=A9?="), received=NEWEST)
    [message] = account(server).inbox.all()
    assert message.subject == "Café"
    assert (message.author.name, message.author.email_address) == ("Bob Baker", BOB)
    assert [one.email_address for one in message.to_recipients] == [ALICE]
    assert [one.email_address for one in message.cc_recipients] == ["team@corp.example"]
    assert message.datetime_sent == EWSDateTime.from_datetime(datetime(2026, 11, 20, 9, 0, tzinfo=UTC))
    assert (message.in_reply_to, message.references) == ("<a@x>", "<a@x>")
    assert message.body == "Body of =?utf-8?q?Caf=C3=A9?=.\r\n"
    assert not message.is_draft
    assert ("Subject", "=?utf-8?q?Caf=C3=A9?=") in [(h.name, h.value) for h in message.headers]


def find(server: ExchangeServer, shape: str) -> Reply:
    return ask(
        server,
        f'<m:FindItem Traversal="Shallow"><m:ItemShape>{shape}</m:ItemShape>'
        '<m:ParentFolderIds><t:DistinguishedFolderId Id="inbox"/></m:ParentFolderIds></m:FindItem>',
    )


def test_a_listing_gives_the_name_of_the_sender_alone_unless_set_up_otherwise() -> None:
    for listed in (False, True):
        with ExchangeServer(options=Options(addresses_in_listings=listed)) as server:
            furnish(server)
            server.deliver(ALICE, letter("One"))
            sender = find(server, "<t:BaseShape>Default</t:BaseShape>").find(f"{TYPES}From")
            assert bool(sender.children[0].find(f"{TYPES}EmailAddress")) is listed


def test_a_listing_gives_neither_mime_nor_body_nor_recipients(server: ExchangeServer) -> None:
    server.deliver(ALICE, letter("One"))
    path = '<t:AdditionalProperties><t:FieldURI FieldURI="item:{}"/></t:AdditionalProperties>'
    for field in ("MimeContent", "Body"):
        shape = f"<t:BaseShape>IdOnly</t:BaseShape>{path.format(field)}"
        assert find(server, shape).code == "ErrorInvalidPropertyForOperation"
    tags = {node.tag.replace(TYPES, "") for node in walk(find(server, "<t:BaseShape>AllProperties</t:BaseShape>").root)}
    assert not tags & {"MimeContent", "Body", "ToRecipients"}
    assert {"Subject", "DisplayTo", "InternetMessageId"} <= tags


@pytest.mark.parametrize(
    ("kind", "item_class"),
    [
        ("text/plain", "IPM.Note"),
        ('multipart/signed; protocol="application/pkcs7-signature"; boundary=b', "IPM.Note.SMIME.MultipartSigned"),
        ("application/pkcs7-mime; smime-type=enveloped-data", "IPM.Note.SMIME"),
        ("application/x-pkcs7-mime", "IPM.Note.SMIME"),
    ],
)
def test_the_message_class_follows_the_outer_type(server: ExchangeServer, kind: str, item_class: str) -> None:
    server.deliver(ALICE, letter("One", kind=kind))
    [message] = account(server).inbox.all().only("item_class", "has_attachments")
    assert (message.item_class, message.has_attachments) == (item_class, item_class != "IPM.Note")


def test_the_read_flag_is_set_and_taken_back(alice: Account) -> None:
    message = alice.inbox.get(subject="One fish")
    old = message.changekey
    message.is_read = True
    message.save(update_fields=["is_read"])
    assert message.changekey != old
    alice.inbox.refresh()
    assert alice.inbox.unread_count == 2


def test_a_message_moves_to_the_trash_and_has_another_identifier_there(server: ExchangeServer, alice: Account) -> None:
    message = alice.inbox.get(subject="One fish")
    old = message.id
    message.move_to_trash()
    assert "One fish" not in [item.headers.text("Subject") for item in server.items(ALICE, "inbox")]
    trashed = alice.trash.get(subject="One fish")
    assert trashed.id != old
    trashed.move(to_folder=alice.inbox)
    assert alice.inbox.get(subject="One fish").id == trashed.id != old


def test_what_is_deleted_is_not_found_any_more(alice: Account) -> None:
    message = alice.inbox.get(subject="One fish")
    identifier = (message.id, message.changekey)
    message.delete()
    [gone] = alice.fetch([identifier])
    assert isinstance(gone, ErrorItemNotFound)


def test_identifiers_that_nobody_gave_are_malformed_and_another_s_are_not_found(server: ExchangeServer) -> None:
    theirs = server.deliver(BOB, LETTER)
    content = (
        "<m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:ItemIds>"
        '<t:ItemId Id="{}"/></m:ItemIds></m:GetItem>'
    )
    assert ask(server, content.format("AAAA")).code == "ErrorInvalidIdMalformed"
    assert ask(server, content.format("!")).code == "ErrorInvalidIdMalformed"
    assert ask(server, content.format(theirs)).code == "ErrorItemNotFound"


def test_a_property_that_cannot_be_searched_is_refused(server: ExchangeServer) -> None:
    content = (
        '<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape>'
        '<m:SortOrder><t:FieldOrder Order="Ascending"><t:FieldURI FieldURI="item:{}"/></t:FieldOrder></m:SortOrder>'
        '<m:ParentFolderIds><t:DistinguishedFolderId Id="inbox"/></m:ParentFolderIds></m:FindItem>'
    )
    assert ask(server, content.format("MimeContent")).code == "ErrorUnsupportedPathForQuery"
    assert ask(server, content.format("Subject")).code == "NoError"


def test_fifty_thousand_messages_are_held_and_listed(server: ExchangeServer) -> None:
    server.fill(ALICE, 50_000, newest=NEWEST)
    inbox = account(server).inbox
    assert inbox.total_count == 50_000
    newest = inbox.all().order_by("-datetime_received").only("subject", "is_read")
    assert [m.subject for m in newest[:3]] == ["Message 50000", "Message 49999", "Message 49998"]
    assert [m.subject for m in newest[40_000:40_002]] == ["Message 10000", "Message 9999"]
