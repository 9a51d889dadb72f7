"""Requests made by hand: what breaks the schema is a fault that says where, and nothing else is."""

import pytest

from smimetui.demo.exchange import ExchangeServer
from smimetui.demo.exchange.markup import ERRORS, MESSAGES, TYPES
from tests.exchange.clients import Reply, ask, basic, post, resolve, soap

SHAPE = "<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape>"
INBOX = '<t:DistinguishedFolderId Id="inbox"/>'
PARENTS = f"<m:ParentFolderIds>{INBOX}</m:ParentFolderIds>"
VIEW = '<m:IndexedPageItemView MaxEntriesReturned="10" Offset="0" BasePoint="Beginning"/>'


def violation(reply: Reply) -> str:
    assert reply.status == 500
    assert reply.find(f"{ERRORS}ResponseCode").text == "ErrorSchemaValidation"
    return reply.find(f"{TYPES}Violation").text


def test_a_second_name_in_one_request_is_a_schema_error(server: ExchangeServer) -> None:
    content = (
        '<m:ResolveNames ReturnFullContactData="true"><m:UnresolvedEntry>a</m:UnresolvedEntry>'
        "<m:UnresolvedEntry>b</m:UnresolvedEntry></m:ResolveNames>"
    )
    assert violation(ask(server, content)).startswith(
        "The element 'ResolveNames' in namespace 'http://schemas.microsoft.com/exchange/services/2006/messages' has "
        "invalid child element 'UnresolvedEntry'"
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            ("<m:ResolveNames><m:UnresolvedEntry>a</m:UnresolvedEntry></m:ResolveNames>"),
            "'ReturnFullContactData' is missing",
        ),
        (resolve("a", attributes='ReturnFullContactData="perhaps"'), "attribute is invalid"),
        (
            resolve("a", attributes='ReturnFullContactData="true" SearchScope="World"'),
            "'SearchScope' attribute is invalid",
        ),
        (resolve("a", attributes='ReturnFullContactData="true" Unknown="1"'), "'Unknown' attribute is not declared"),
        (resolve(""), "is invalid"),
        ('<m:ResolveNames ReturnFullContactData="true"/>', "has incomplete content"),
        (f'<m:FindItem Traversal="Shallow">{SHAPE}{PARENTS}{VIEW}</m:FindItem>', "child element 'IndexedPageItemView'"),
        (f'<m:FindItem Traversal="Deep">{SHAPE}{PARENTS}</m:FindItem>', "'Traversal' attribute is invalid"),
        (f'<m:FindItem Traversal="Shallow">{PARENTS}</m:FindItem>', "'ItemShape'"),
        (f"<m:GetItem>{SHAPE}<m:ItemIds/></m:GetItem>", "has incomplete content"),
        (f"<m:GetItem>{SHAPE}<m:ItemIds>words</m:ItemIds></m:GetItem>", "cannot contain text"),
        (f"<m:GetItem>{SHAPE}<m:ItemIds><t:ItemId/></m:ItemIds></m:GetItem>", "'Id' is missing"),
        (f"<m:GetItem>{SHAPE}<m:ItemIds>{INBOX}</m:ItemIds></m:GetItem>", "child element 'DistinguishedFolderId'"),
        (
            (
                "<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds>"
                '<t:DistinguishedFolderId Id="in-box"/></m:FolderIds></m:GetFolder>'
            ),
            "'Id' attribute is invalid",
        ),
        (
            (
                '<m:CreateItem MessageDisposition="SaveOnly"><m:Items><t:Message><t:Subject>a</t:Subject>'
                "<t:MimeContent>aaaa</t:MimeContent></t:Message></m:Items></m:CreateItem>"
            ),
            "child element 'MimeContent'",
        ),
        (
            (
                '<m:CreateItem MessageDisposition="SaveOnly"><m:Items><t:Message><t:MimeContent>a*a</t:MimeContent>'
                "</t:Message></m:Items></m:CreateItem>"
            ),
            "'a*a' is invalid",
        ),
        (
            (
                '<m:CreateItem MessageDisposition="SaveOnly"><m:Items><t:Message><t:Colour>red</t:Colour>'
                "</t:Message></m:Items></m:CreateItem>"
            ),
            "child element 'Colour'",
        ),
        (
            (
                f'<m:FindItem Traversal="Shallow">{SHAPE}<m:Restriction><t:And><t:Exists><t:FieldURI '
                f'FieldURI="item:Subject"/></t:Exists></t:And></m:Restriction>{PARENTS}</m:FindItem>'
            ),
            "has incomplete content",
        ),
        ("<m:SendItem><m:ItemIds><t:ItemId Id='x'/></m:ItemIds></m:SendItem>", "'SaveItemToFolder' is missing"),
        ("<m:DeleteItem><m:ItemIds><t:ItemId Id='x'/></m:ItemIds></m:DeleteItem>", "'DeleteType' is missing"),
        (
            (
                f"<m:SyncFolderItems>{SHAPE}<m:SyncFolderId>{INBOX}</m:SyncFolderId>"
                "<m:MaxChangesReturned>513</m:MaxChangesReturned></m:SyncFolderItems>"
            ),
            "'513' is invalid",
        ),
        ("<m:ExpandDL><t:Mailbox/></m:ExpandDL>", "child element 'Mailbox'"),
    ],
)
def test_every_breach_of_the_schema_is_a_fault_that_names_it(server: ExchangeServer, content: str, said: str) -> None:
    assert said in violation(ask(server, content))


def test_the_fault_says_the_line_and_column_of_the_breach(server: ExchangeServer) -> None:
    reply = post(server.url, soap(f"\n\n  {resolve('')}"))
    assert reply.find(f"{TYPES}LineNumber").text == "3"
    assert int(reply.find(f"{TYPES}LinePosition").text) > 30


def test_an_unknown_operation_is_refused(server: ExchangeServer) -> None:
    assert ask(server, "<m:MakeCoffee/>").code == "ErrorInvalidRequest"


def test_an_unknown_server_version_is_refused(server: ExchangeServer) -> None:
    assert post(server.url, soap(resolve("a"), version="Exchange1999")).code == "ErrorInvalidServerVersion"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<s:Envelope",
        b"no xml",
        b"<a/>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        soap(""),
        soap(resolve("a") + resolve("b")),
        b'<?xml version="1.0" encoding="klingon"?><a/>',
    ],
)
def test_what_is_no_soap_request_is_a_bad_request(server: ExchangeServer, body: bytes) -> None:
    assert post(server.url, body).status == 400


def test_a_good_request_is_answered_with_the_server_s_version(server: ExchangeServer) -> None:
    reply = ask(server, resolve("bob"))
    assert (reply.status, reply.code) == (200, "NoError")
    version = reply.find(f"{TYPES}ServerVersionInfo")
    assert version.attributes["MajorVersion"] == "15"
    assert reply.find(f"{MESSAGES}ResolutionSet").attributes["TotalItemsInView"] == "1"


def test_other_paths_and_methods_lead_nowhere(server: ExchangeServer) -> None:
    assert post(server.url.replace("Exchange.asmx", "Other.asmx"), soap(resolve("a"))).status == 404
    assert post(server.url, b"", method="GET").status == 405
    assert post(server.url, b"", method="HEAD").status == 405
    assert post(server.url + "?x=1", soap(resolve("bob")), headers=basic()).status == 200
