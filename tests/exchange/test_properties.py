"""Extended properties, sort orders and comparisons, and what the client learns before its first request."""

from datetime import UTC, datetime, timedelta

import pytest
from exchangelib import DELEGATE, Account, Configuration, Credentials, EWSTimeZone, Message
from exchangelib.extended_properties import ExtendedProperty
from exchangelib.protocol import FailFast

from smimetui.demo.exchange import Entry, ExchangeServer
from smimetui.demo.exchange.markup import TYPES
from tests.exchange.clients import ALICE, BOB, LETTER, PASSWORD, account, ask, resolve, walk

NEWEST = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


class Colour(ExtendedProperty):
    property_set_id = "0b7fcd5e-1f3f-4d10-9d0a-3f9a2f0d1a11"
    property_name = "Colour"
    property_type = "String"


class Words(ExtendedProperty):
    distinguished_property_set_id = "PublicStrings"
    property_name = "Words"
    property_type = "StringArray"


class InternetId(ExtendedProperty):
    property_tag = 0x1035
    property_type = "String"


def test_extended_properties_of_a_message_are_kept_searched_changed_and_deleted(server: ExchangeServer) -> None:
    for name, kind in (("colour", Colour), ("words", Words), ("internet_id", InternetId)):
        Message.register(name, kind)
    try:
        alice = account(server)
        Message(account=alice, folder=alice.drafts, mime_content=LETTER, colour="red", words=["a", "b"]).save()
        [found] = alice.drafts.filter(colour="red").only("colour", "words", "internet_id", "subject")
        assert (found.colour, list(found.words), found.internet_id) == ("red", ["a", "b"], "<plan@corp.example>")
        found.colour = "blue"
        found.save(update_fields=["colour"])
        assert alice.drafts.filter(colour="red").count() == 0
        found.colour = None
        found.save(update_fields=["colour"])
        [again] = alice.drafts.all().only("colour", "subject")
        assert again.colour is None
    finally:
        for name in ("colour", "words", "internet_id"):
            Message.deregister(name)


def find(server: ExchangeServer, restriction: str = "", order: str = "") -> list[str]:
    reply = ask(
        server,
        '<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>Default</t:BaseShape></m:ItemShape>'
        f"{restriction and f'<m:Restriction>{restriction}</m:Restriction>'}"
        f"{order and f'<m:SortOrder>{order}</m:SortOrder>'}"
        '<m:ParentFolderIds><t:DistinguishedFolderId Id="inbox"/></m:ParentFolderIds></m:FindItem>',
    )
    if reply.code != "NoError":
        return [reply.code]
    return [node.text for node in walk(reply.root) if node.tag == f"{TYPES}Subject"]


def path(uri: str) -> str:
    return f'<t:FieldURI FieldURI="{uri}"/>'


@pytest.fixture
def filled(server: ExchangeServer) -> ExchangeServer:
    for at, (subject, reply) in enumerate([("Fish soup", ""), ("Soup of fish", "<a@x>"), ("Bread", "")]):
        mime = f"From: b@x.example\r\nSubject: {subject}\r\nReferences: {reply}\r\n\r\n{'x' * at}".encode()
        server.deliver(ALICE, mime, received=NEWEST + timedelta(minutes=at % 2))
    return server


@pytest.mark.parametrize(
    ("mode", "found"),
    [
        ("FullString", []),
        ("Prefixed", ["Soup of fish"]),
        ("PrefixOnWords", ["Fish soup", "Soup of fish"]),
        ("Substring", ["Fish soup", "Soup of fish"]),
    ],
)
def test_containment_has_its_modes(filled: ExchangeServer, mode: str, found: list[str]) -> None:
    restriction = (
        f'<t:Contains ContainmentMode="{mode}" ContainmentComparison="IgnoreCase">{path("item:Subject")}'
        '<t:Constant Value="sou"/></t:Contains>'
    )
    assert find(filled, restriction) == found


def compare(operator: str, uri: str, value: str) -> str:
    constant = f'<t:FieldURIOrConstant><t:Constant Value="{value}"/></t:FieldURIOrConstant>'
    return f"<t:{operator}>{path(uri)}{constant}</t:{operator}>"


@pytest.mark.parametrize(
    ("restriction", "found"),
    [
        (compare("IsGreaterThanOrEqualTo", "item:Subject", "Fish soup"), ["Fish soup", "Soup of fish"]),
        (compare("IsLessThan", "item:Subject", "Fish soup"), ["Bread"]),
        (compare("IsLessThan", "item:DateTimeReceived", "2026-11-20T12:00:30"), ["Fish soup", "Bread"]),
        (compare("IsNotEqualTo", "contacts:Surname", "x"), ["Fish soup", "Soup of fish", "Bread"]),
        (compare("IsEqualTo", "contacts:Surname", "x"), []),
        (f"<t:Exists>{path('message:References')}</t:Exists>", ["Soup of fish"]),
        (
            f'<t:Contains>{path("contacts:Surname")}<t:Constant Value="x"/></t:Contains>',
            [],
        ),
        (
            compare("IsEqualTo", "item:Subject", "x").replace('<t:Constant Value="x"/>', path("item:DisplayTo")),
            ["ErrorUnsupportedPathForQuery"],
        ),
    ],
)
def test_comparisons_take_values_by_their_kind(filled: ExchangeServer, restriction: str, found: list[str]) -> None:
    assert find(filled, restriction) == found


def field_order(uri: str, way: str) -> str:
    return f'<t:FieldOrder Order="{way}">{path(uri)}</t:FieldOrder>'


def test_the_first_order_weighs_most(filled: ExchangeServer) -> None:
    by_time_and_name = field_order("item:DateTimeReceived", "Ascending") + field_order("item:Subject", "Ascending")
    assert find(filled, order=by_time_and_name) == ["Bread", "Fish soup", "Soup of fish"]
    assert find(filled, order=field_order("item:Size", "Descending")) == ["Soup of fish", "Fish soup", "Bread"]
    assert len(find(filled, order=field_order("contacts:Surname", "Ascending"))) == 3


def test_a_change_of_several_properties_at_once_is_refused(server: ExchangeServer) -> None:
    identifier = server.deliver(ALICE, LETTER)
    content = (
        '<m:UpdateItem ConflictResolution="AutoResolve"><m:ItemChanges><t:ItemChange>'
        f'<t:ItemId Id="{identifier}"/><t:Updates><t:SetItemField>{path("message:IsRead")}<t:Message>'
        "<t:IsRead>true</t:IsRead><t:IsResponseRequested>true</t:IsResponseRequested></t:Message></t:SetItemField>"
        "</t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>"
    )
    assert ask(server, content).code == "ErrorIncorrectUpdatePropertyCount"


def test_a_property_that_is_not_there_cannot_be_deleted(server: ExchangeServer) -> None:
    identifier = server.deliver(ALICE, LETTER)
    content = (
        f'<m:UpdateItem ConflictResolution="AutoResolve"><m:ItemChanges><t:ItemChange><t:ItemId Id="{identifier}"/>'
        f"<t:Updates><t:DeleteItemField>{path('item:Subject')}</t:DeleteItemField></t:Updates>"
        "</t:ItemChange></m:ItemChanges></m:UpdateItem>"
    )
    assert ask(server, content).code == "ErrorInvalidPropertyDelete"


def test_a_client_can_find_out_the_scheme_and_the_version_by_itself(server: ExchangeServer) -> None:
    configuration = Configuration(
        service_endpoint=server.url, credentials=Credentials(ALICE, PASSWORD), retry_policy=FailFast()
    )
    alice = Account(
        ALICE, config=configuration, access_type=DELEGATE, autodiscover=False, default_timezone=EWSTimeZone("UTC")
    )
    assert alice.inbox.name == "Inbox"
    assert alice.protocol.auth_type == "NTLM"
    assert alice.version.build.major_version == 15
    assert server.count("ConvertId") == 1


def test_identifiers_of_this_server_are_converted_to_themselves(server: ExchangeServer) -> None:
    identifier = server.deliver(ALICE, LETTER)
    content = (
        f'<m:ConvertId DestinationFormat="EntryId"><m:SourceIds><t:AlternateId Format="EwsId" Id="{identifier}" '
        f'Mailbox="{ALICE}"/></m:SourceIds></m:ConvertId>'
    )
    [converted] = [node for node in walk(ask(server, content).root) if node.name == "AlternateId"]
    assert (converted.attributes["Id"], converted.attributes["Format"]) == (identifier, "EntryId")


def test_an_entry_s_company_and_office_are_told() -> None:
    entry = Entry(name="Bob Baker", addresses=(BOB,), company="Corp", office="B 12", given_name="Robert")
    with ExchangeServer(people=[entry]) as server:
        server.add_mailbox(ALICE, PASSWORD)
        full = 'ReturnFullContactData="true" ContactDataShape="Default"'
        told = {node.name: node.text for node in walk(ask(server, resolve("b 12", attributes=full)).root)}
        assert (told["CompanyName"], told["OfficeLocation"], told["GivenName"]) == ("Corp", "B 12", "Robert")
        assert [node.name for node in walk(ask(server, resolve("rob", attributes=full)).root)].count("Resolution") == 1


def test_an_account_without_a_mailbox_is_told_so(server: ExchangeServer) -> None:
    server.door.add("lost@corp.example", PASSWORD)
    reply = account(server, user="lost@corp.example").protocol
    with pytest.raises(Exception, match="no mailbox"):
        reply.resolve_names(["bob"])
