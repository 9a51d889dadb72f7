"""Contacts and their certificates: written by the extended property, as Exchange has it."""

import base64
from collections.abc import Iterator

import pytest
from exchangelib import Account, Contact
from exchangelib.errors import ErrorAccessDenied, ErrorInvalidPropertySet
from exchangelib.extended_properties import ExtendedProperty
from exchangelib.indexed_properties import EmailAddress

from smimetui.demo.exchange import ContactCertificates, ExchangeServer
from smimetui.demo.exchange.markup import TYPES
from tests.exchange.clients import ALICE, account, ask, resolve, walk


class UserCertificate(ExtendedProperty):
    property_tag = 0x3A70
    property_type = "BinaryArray"


@pytest.fixture
def registered() -> Iterator[None]:
    Contact.register("x509", UserCertificate)
    yield
    Contact.deregister("x509")


def nora(alice: Account, **more: object) -> Contact:
    addresses = [EmailAddress(label="EmailAddress1", email="nora@supplier.example")]
    return Contact(
        account=alice,
        folder=alice.contacts,
        display_name="Nora Novak",
        given_name="Nora",
        surname="Novak",
        email_addresses=addresses,
        **more,
    ).save()


def resolved(server: ExchangeServer) -> list[str]:
    full = 'ReturnFullContactData="true" ContactDataShape="AllProperties" SearchScope="Contacts"'
    reply = ask(server, resolve("nora", attributes=full))
    found = [node for node in walk(reply.root) if node.tag == f"{TYPES}UserSMIMECertificate"]
    return [base64.b64decode(value.text).decode() for node in found for value in node.children]


def test_a_new_contact_is_found_by_name_and_address(server: ExchangeServer) -> None:
    alice = account(server)
    nora(alice)
    [found] = alice.contacts.filter(email_addresses=EmailAddress(label="EmailAddress1", email="nora@supplier.example"))
    assert (found.display_name, found.surname) == ("Nora Novak", "Novak")
    [mailbox] = alice.protocol.resolve_names(["nora@supplier"], search_scope="Contacts")
    assert (mailbox.mailbox_type, mailbox.email_address) == ("Contact", "nora@supplier.example")


@pytest.mark.usefixtures("registered")
def test_a_certificate_is_written_with_a_new_contact_and_to_an_old_one(server: ExchangeServer) -> None:
    alice = account(server)
    contact = nora(alice, x509=[b"first"])
    assert resolved(server) == ["first"]
    contact.x509 = [b"first", b"second"]
    contact.save(update_fields=["x509"])
    assert resolved(server) == ["first", "second"]
    [again] = alice.contacts.filter(display_name__icontains="novak").only("x509", "display_name")
    assert list(again.x509) == [b"first", b"second"]
    again.x509 = None
    again.save(update_fields=["x509"])
    assert resolved(server) == []


@pytest.mark.usefixtures("registered")
def test_an_address_is_changed_in_its_place(server: ExchangeServer) -> None:
    contact = nora(account(server))
    contact.email_addresses = [EmailAddress(label="EmailAddress2", email="n@home.example")]
    contact.save(update_fields=["email_addresses"])
    [item] = server.items(ALICE, "contacts")
    assert item.card is not None
    assert item.card.addresses == ("", "n@home.example", "")


@pytest.mark.usefixtures("registered")
def test_a_server_may_refuse_certificates_in_contacts(server: ExchangeServer) -> None:
    server.options.contact_certificates = ContactCertificates.REFUSED
    with pytest.raises(ErrorAccessDenied):
        nora(account(server), x509=[b"first"])
    assert server.items(ALICE, "contacts") == ()


@pytest.mark.parametrize("allowed", [ContactCertificates.PROPERTY, ContactCertificates.FIELD])
def test_the_field_itself_is_written_only_where_the_server_allows_it(
    server: ExchangeServer, allowed: ContactCertificates
) -> None:
    server.options.contact_certificates = allowed
    server.publish("Nora Novak", ["nora@supplier.example"], contacts_of=ALICE)
    contact = account(server).contacts.get(display_name="Nora Novak")
    content = (
        '<m:UpdateItem ConflictResolution="AutoResolve" MessageDisposition="SaveOnly"><m:ItemChanges><t:ItemChange>'
        f'<t:ItemId Id="{contact.id}"/><t:Updates><t:SetItemField>'
        '<t:FieldURI FieldURI="contacts:UserSMIMECertificate"/><t:Contact><t:UserSMIMECertificate>'
        "<t:Base64Binary>b25l</t:Base64Binary></t:UserSMIMECertificate></t:Contact></t:SetItemField></t:Updates>"
        "</t:ItemChange></m:ItemChanges></m:UpdateItem>"
    )
    field = allowed is ContactCertificates.FIELD
    assert ask(server, content).code == ("NoError" if field else ErrorInvalidPropertySet.__name__)
    assert resolved(server) == (["one"] if field else [])
    other = content.replace("UserSMIMECertificate", "MSExchangeCertificate")
    assert ask(server, other).code == ("NoError" if field else ErrorInvalidPropertySet.__name__)
