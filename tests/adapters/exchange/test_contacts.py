"""Certificates written to contacts, where the server allows it."""

import pytest

from smimetui.adapters.exchange.contacts import contact_value
from smimetui.adapters.exchange.opening import Exchange
from smimetui.demo.exchange import ExchangeServer
from smimetui.demo.exchange.service import ContactCertificates
from smimetui.model.address import parse_address
from smimetui.model.errors import DirectoryRefusedError, UnsupportedError
from smimetui.smime.x509 import published_certificates
from tests.pki import make_authority

DAVE = parse_address("Dave Ext <dave@ext.example>")
ME = "alice@corp.example"
AUTHORITY = make_authority("Partner CA")
OLD, NEW = (AUTHORITY.issue("dave@ext.example").certificate for _ in range(2))


def values(exchange: Exchange) -> list[tuple[object, ...]]:
    return [
        published_certificates(value) for entry in exchange.directories[1].lookup(DAVE) for value in entry.certificates
    ]


def test_a_contacts_new_certificate_stands_before_the_old_one(server: ExchangeServer, exchange: Exchange) -> None:
    server.publish("Dave Ext", ["dave@ext.example"], [OLD.der], contacts_of=ME)
    assert exchange.contacts.add_certificate(DAVE, NEW)
    assert values(exchange) == [(NEW,), (OLD,)]


def test_a_certificate_that_the_contact_has_is_not_written_twice(server: ExchangeServer, exchange: Exchange) -> None:
    server.publish("Dave Ext", ["dave@ext.example"], [OLD.der], contacts_of=ME)
    assert not exchange.contacts.add_certificate(DAVE, OLD)
    assert server.count("UpdateItem") == 0


def test_somebody_who_is_no_contact_becomes_one(server: ExchangeServer, exchange: Exchange) -> None:
    server.publish("Dave Other", ["dave@ext.example.org"], contacts_of=ME)
    assert exchange.contacts.add_certificate(DAVE, NEW)
    assert values(exchange) == [(NEW,)]
    (entry,) = exchange.directories[1].lookup(DAVE)
    assert (entry.name, entry.addresses) == ("Dave Ext", ("dave@ext.example",))


def test_a_server_that_does_not_allow_it_says_so(server: ExchangeServer, exchange: Exchange) -> None:
    server.options.contact_certificates = ContactCertificates.REFUSED
    server.publish("Dave Ext", ["dave@ext.example"], contacts_of=ME)
    with pytest.raises(DirectoryRefusedError, match=r"127\.0\.0\.1 says "):
        exchange.contacts.add_certificate(DAVE, NEW)
    assert values(exchange) == []


def test_the_value_is_as_outlook_keeps_it_and_reads_back() -> None:
    value = contact_value(NEW)
    assert published_certificates(value) == (NEW,)
    assert value[:8] == b"\x01\x00\x08\x00\x01\x00\x00\x00"


def test_a_certificate_too_large_for_a_contact_is_refused() -> None:
    from dataclasses import replace

    with pytest.raises(UnsupportedError, match="too large for a contact"):
        contact_value(replace(NEW, der=b"0" * 70_000))
