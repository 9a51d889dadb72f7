"""The address list and contacts: names, scopes, shapes, certificates, lists."""

import pytest
from exchangelib import Mailbox
from exchangelib.errors import ErrorNameResolutionNoResults

from smimetui.demo.exchange import Entry, ExchangeServer
from smimetui.demo.exchange.directory import AddressList
from smimetui.demo.exchange.markup import MESSAGES, TYPES
from tests.exchange.clients import ALICE, BOB, Reply, account, ask, resolve, walk
from tests.exchange.conftest import furnish

FULL = 'ReturnFullContactData="true" ContactDataShape="AllProperties"'


def names(reply: Reply) -> list[str]:
    return [node.text_of(f"{TYPES}Name") for node in walk(reply.root) if node.tag == f"{TYPES}Mailbox"]


def certificates(reply: Reply, tag: str = "UserSMIMECertificate") -> list[str]:
    found = [node for node in walk(reply.root) if node.name == tag]
    return [value.text.strip() for node in found for value in node.children]


@pytest.mark.parametrize(
    "text",
    ["bob", "Bob B", "BAKER", "bob@corp", "bob@corp.example", "smtp:bob@corp.example", "SMTP:bob@corp.example", "b b"],
)
def test_a_name_matches_by_prefix_over_names_alias_and_addresses(server: ExchangeServer, text: str) -> None:
    assert names(ask(server, resolve(text))) == ["Bob Baker"]


@pytest.mark.parametrize("text", ["aker", "corp.example", "nobody", "smtp:bob@corp", "=bo"])
def test_what_no_value_begins_with_has_no_results(server: ExchangeServer, text: str) -> None:
    reply = ask(server, resolve(text))
    assert (reply.status, reply.code) == (200, "ErrorNameResolutionNoResults")
    assert reply.find(f"{MESSAGES}ResolveNamesResponseMessage").attributes["ResponseClass"] == "Error"


def test_several_results_come_with_a_warning(server: ExchangeServer) -> None:
    server.publish("Bob Barker", ["bob.barker@corp.example"])
    reply = ask(server, resolve("bob"))
    assert reply.code == "ErrorNameResolutionMultipleResults"
    assert reply.find(f"{MESSAGES}ResolveNamesResponseMessage").attributes["ResponseClass"] == "Warning"
    assert names(reply) == ["Bob Baker", "Bob Barker"]


def test_no_answer_holds_more_than_a_hundred(server: ExchangeServer) -> None:
    for number in range(120):
        server.publish(f"Zoe {number}", [f"zoe{number}@corp.example"])
    reply = ask(server, resolve("zoe"))
    found = reply.find(f"{MESSAGES}ResolutionSet")
    assert found.attributes == {"TotalItemsInView": "100", "IncludesLastItemInRange": "false"}
    assert len(found.children) == 100


@pytest.mark.parametrize("pretty", [False, True])
def test_certificates_are_lists_of_binaries_in_compact_and_in_pretty_xml(pretty: bool) -> None:  # noqa: FBT001
    with ExchangeServer(pretty=pretty) as server:
        furnish(server)
        server.publish("Bob Baker", [BOB], [b"one", b"two"], exchange_certificates=[b"three"])
        reply = ask(server, resolve("bob", attributes=FULL))
        assert certificates(reply) == ["b25l", "dHdv"]
        assert certificates(reply, "MSExchangeCertificate") == ["dGhyZWU="]
        assert (b"<t:UserSMIMECertificate><t:Base64Binary>" in reply.body) is not pretty


def test_certificates_come_with_all_properties_alone(server: ExchangeServer) -> None:
    server.publish("Bob Baker", [BOB], [b"one"])
    for attributes in (
        'ReturnFullContactData="false" ContactDataShape="AllProperties"',
        'ReturnFullContactData="true"',
        'ReturnFullContactData="true" ContactDataShape="Default"',
        'ReturnFullContactData="true" ContactDataShape="IdOnly"',
    ):
        assert certificates(ask(server, resolve("bob", attributes=attributes))) == []
    assert certificates(ask(server, resolve("bob", attributes=FULL))) == ["b25l"]


def test_addresses_carry_a_prefix_and_the_primary_one_a_capital_prefix(server: ExchangeServer) -> None:
    server.publish("Bob Baker", [BOB, "baker@corp.example"])
    entries = [n.text for n in walk(ask(server, resolve("baker@", attributes=FULL)).root) if n.name == "Entry"]
    assert entries == ["SMTP:bob@corp.example", "smtp:baker@corp.example"]


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("ActiveDirectory", ["Nora Listed"]),
        ("Contacts", ["Nora Own"]),
        ("ActiveDirectoryContacts", ["Nora Listed", "Nora Own"]),
        ("ContactsActiveDirectory", ["Nora Own", "Nora Listed"]),
    ],
)
def test_the_scope_says_where_to_look(server: ExchangeServer, scope: str, expected: list[str]) -> None:
    server.publish("Nora Listed", ["nora@corp.example"], [b"listed"])
    server.publish("Nora Own", ["nora@supplier.example"], [b"own"], contacts_of=ALICE)
    reply = ask(server, resolve("nora", attributes=f'{FULL} SearchScope="{scope}"'))
    assert names(reply) == expected
    assert len(certificates(reply)) == len(expected)


def test_nobody_finds_another_s_contacts(server: ExchangeServer) -> None:
    server.publish("Nora Own", ["nora@supplier.example"], contacts_of=BOB)
    assert ask(server, resolve("nora")).code == "ErrorNameResolutionNoResults"


def test_an_entry_with_routing_ex_gives_no_smtp_address_in_its_mailbox(server: ExchangeServer) -> None:
    server.publish("Eve X", ["eve@corp.example"], routing="EX")
    found = ask(server, resolve("eve", attributes=FULL)).find(f"{TYPES}Mailbox")
    assert found.text_of(f"{TYPES}RoutingType") == "EX"
    assert found.text_of(f"{TYPES}EmailAddress").startswith("/o=Sandbox/")
    assert names(ask(server, resolve(found.text_of(f"{TYPES}EmailAddress")))) == ["Eve X"]


def test_lists_are_of_their_kind_and_expand_one_level(server: ExchangeServer) -> None:
    server.publish("Team", ["team@corp.example"], is_list=True, members=[BOB, "all@corp.example", "x@other.example"])
    server.publish("All", ["all@corp.example"], is_list=True, members=["team@corp.example"])
    protocol = account(server).protocol
    [team] = protocol.resolve_names(["team"])
    assert team.mailbox_type == "PublicDL"
    members = [(m.name, m.email_address, m.mailbox_type) for m in protocol.expand_dl(team.email_address)]
    assert members == [
        ("Bob Baker", BOB, "Mailbox"),
        ("All", "all@corp.example", "PublicDL"),
        ("x@other.example", "x@other.example", "OneOff"),
    ]


def test_a_list_of_one_s_own_is_expanded_by_its_identifier(server: ExchangeServer) -> None:
    server.publish("Chess", [], contacts_of=ALICE, is_list=True, members=[BOB])
    protocol = account(server).protocol
    [chess] = protocol.resolve_names(["chess"], search_scope="Contacts")
    assert (chess.mailbox_type, chess.email_address) == ("PrivateDL", None)
    content = f'<m:ExpandDL><m:Mailbox><t:ItemId Id="{chess.item_id.id}"/></m:Mailbox></m:ExpandDL>'
    assert names(ask(server, content)) == ["Bob Baker"]


@pytest.mark.parametrize("address", [BOB, "nobody@corp.example"])
def test_who_is_no_list_does_not_expand(server: ExchangeServer, address: str) -> None:
    with pytest.raises(ErrorNameResolutionNoResults):
        account(server).protocol.expand_dl(Mailbox(email_address=address).email_address)
    unknown = '<m:ExpandDL><m:Mailbox><t:ItemId Id="x"/></m:Mailbox></m:ExpandDL>'
    assert ask(server, unknown).code == "ErrorNameResolutionNoResults"


def test_publishing_again_replaces_the_entry(server: ExchangeServer) -> None:
    server.publish("Bob Baker-Blake", [BOB], [b"new"])
    assert names(ask(server, resolve("bob"))) == ["Bob Baker-Blake"]


def test_an_address_list_of_ten_thousand_is_searched_by_index() -> None:
    people = AddressList(
        Entry(name=f"Person {n}", addresses=(f"p{n}@corp.example",), given_name="P", surname=f"S{n}")
        for n in range(10_000)
    )
    assert [entry.name for entry in people.resolve("p9999@corp.example")] == ["Person 9999"]
    assert people.resolve("q") == []
    assert len(people.resolve("p")) == 10_000
    assert [entry.name for entry in people.resolve("s9998 p")] == ["Person 9998"]
