"""The address list and the contacts, asked over a socket."""

from functools import partial

import pytest

from smimetui.adapters.exchange.opening import Exchange
from smimetui.demo.exchange import ExchangeServer
from smimetui.model.address import parse_address
from smimetui.model.certificate import Source
from smimetui.model.contact_group import group_address, is_group
from smimetui.services.parallel import gather
from tests.adapters.exchange.people import ALICE, CAROL

TEAM = parse_address("team@corp.example")


def specs(entries: object) -> list[str]:
    return [entry.addresses[0] if entry.addresses else "" for entry in entries]


def test_the_two_scopes_are_two_directories_over_one_connection(server: ExchangeServer, exchange: Exchange) -> None:
    server.publish("Carol Chen", ["carol@corp.example"], [b"gal"])
    server.publish("Carol privately", ["carol@corp.example"], [b"mine"], contacts_of="alice@corp.example")
    gal, contacts = exchange.directories
    assert (gal.source, contacts.source) == (Source.GAL, Source.CONTACTS)
    (listed,), (known,) = gal.lookup(CAROL), contacts.lookup(CAROL)
    assert (listed.name, listed.certificates, listed.source) == ("Carol Chen", (b"gal",), Source.GAL)
    assert (known.name, known.certificates, known.source) == ("Carol privately", (b"mine",), Source.CONTACTS)


def test_only_the_exact_address_counts_among_what_the_server_finds(server: ExchangeServer, exchange: Exchange) -> None:
    server.publish("Carol Chen", ["carol@corp.example"], [b"right"])
    server.publish("Carola Other", ["carol@corp.example.org"], [b"wrong"])
    gal = exchange.directories[0]
    assert [entry.certificates for entry in gal.lookup(CAROL)] == [(b"right",)]
    assert gal.lookup(parse_address("caro@corp.example")) == ()
    assert gal.lookup(parse_address("CAROL@Corp.Example"))[0].certificates == (b"right",)


def test_another_of_the_entrys_addresses_finds_it_and_all_of_them_are_told(
    server: ExchangeServer, exchange: Exchange
) -> None:
    server.publish("Carol Chen", ["carol@corp.example", "c.chen@corp.example"], [b"cert"])
    (entry,) = exchange.directories[0].lookup(parse_address("c.chen@corp.example"))
    assert set(entry.addresses) == {"carol@corp.example", "c.chen@corp.example"}


def test_somebody_with_an_ex_address_is_found_by_the_internet_address(
    server: ExchangeServer, exchange: Exchange
) -> None:
    server.publish("Carol Chen", ["carol@corp.example"], [b"cert"], routing="EX")
    (entry,) = exchange.directories[0].lookup(CAROL)
    assert (entry.addresses, entry.certificates) == (("carol@corp.example",), (b"cert",))


def test_nobody_is_an_empty_answer(exchange: Exchange) -> None:
    assert exchange.directories[0].lookup(parse_address("nobody@corp.example")) == ()
    assert exchange.directories[1].lookup(parse_address("nobody@corp.example")) == ()


def test_completion_finds_by_name_and_asks_for_no_certificates(server: ExchangeServer, exchange: Exchange) -> None:
    server.publish("Carol Chen", ["carol@corp.example"], [b"cert"])
    server.publish("Carl Cox", ["carl@corp.example"], [b"cert"])
    found = exchange.directories[0].complete("car", 8)
    assert sorted(specs(found)) == ["carl@corp.example", "carol@corp.example"]
    assert all(not entry.certificates for entry in found)
    assert len(exchange.directories[0].complete("car", 1)) == 1


@pytest.mark.parametrize(("text", "limit"), [("", 8), ("c", 8), ("  ", 8), ("carol", 0)])
def test_too_little_text_asks_nobody(server: ExchangeServer, exchange: Exchange, text: str, limit: int) -> None:
    assert exchange.directories[0].complete(text, limit) == ()
    assert server.count("ResolveNames") == 0


def test_more_people_than_the_server_tells_are_no_warning_on_the_screen(
    server: ExchangeServer, exchange: Exchange, capfd: pytest.CaptureFixture[str]
) -> None:
    for number in range(130):
        server.publish(f"Carol {number}", [f"carol{number}@corp.example"])
    assert len(exchange.directories[0].complete("carol", 200)) == 100
    assert capfd.readouterr() == ("", "")


def test_a_list_is_told_and_expanded_one_level(server: ExchangeServer, exchange: Exchange) -> None:
    server.publish("Sub", ["sub@corp.example"], is_list=True, members=["alice@corp.example"])
    server.publish("Team", ["team@corp.example"], is_list=True, members=["bob@corp.example", "sub@corp.example"])
    gal = exchange.directories[0]
    (entry,) = gal.lookup(TEAM)
    assert entry.is_list
    members = gal.expand(TEAM)
    assert [(member.name, member.addresses, member.is_list) for member in members] == [
        ("Bob Baker", ("bob@corp.example",), False),
        ("Sub", ("sub@corp.example",), True),
    ]


def test_a_contact_group_is_offered_found_and_opened_by_the_contacts_alone(
    server: ExchangeServer, exchange: Exchange
) -> None:
    people = ["bob@corp.example", "dora@partner.example"]
    server.publish("Project Öl", [], contacts_of=ALICE.spec, is_list=True, members=people)
    server.publish("Project Öl", [], contacts_of=ALICE.spec, is_list=True, members=["carol@corp.example"])
    gal, contacts = exchange.directories
    first, second = contacts.complete("project", 8)
    assert (first.name, first.is_list) == ("Project Öl", True)
    assert gal.complete("project", 8) == ()
    # Two groups of one name are two: by what the server knows them by.
    address, other = (parse_address(entry.addresses[0]) for entry in (first, second))
    assert is_group(address)
    assert address != other
    assert contacts.lookup(address) == (first,)
    assert [member.addresses for member in contacts.expand(address)] == [(person,) for person in people]
    assert [member.addresses for member in contacts.expand(other)] == [("carol@corp.example",)]
    asked = server.count("ResolveNames")
    assert (gal.lookup(address), gal.expand(address)) == ((), ())
    assert server.count("ResolveNames") == asked
    assert contacts.expand(group_address("Project Öl", "another")) == ()


def test_who_is_no_list_has_no_members(exchange: Exchange) -> None:
    assert exchange.directories[0].expand(parse_address("nobody@corp.example")) == ()


def test_one_name_a_request_and_twenty_recipients_overlap(server: ExchangeServer, exchange: Exchange) -> None:
    people = [parse_address(f"person{number}@corp.example") for number in range(20)]
    for person in people:
        server.publish(person.local, [person.spec], [person.local.encode()])
    server.delay("ResolveNames", 150)
    exchange.directories[0].lookup(ALICE)
    calls = [partial(directory.lookup, person) for person in people for directory in exchange.directories]
    answers = gather(calls)
    assert [answer[0].certificates for answer in answers[::2]] == [(person.local.encode(),) for person in people]
    # The schema has room for one name; the server refuses two.
    assert server.count("ResolveNames") == 41
    # Forty questions of 150 ms: eight at a time leave five rounds, 0.75 s.
    assert server.front.most_at_once >= 7
