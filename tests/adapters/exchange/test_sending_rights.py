"""The check of sending says no more than the server does."""

import pytest

from smimetui.adapters.exchange.connection import Connection
from smimetui.adapters.exchange.place import Password, Place
from smimetui.adapters.exchange.sending_rights import check_sending
from smimetui.adapters.exchange.transport import ExchangeTransport
from smimetui.demo.exchange import ExchangeServer
from smimetui.demo.exchange.misbehaviour import unavailable
from smimetui.model.address import Address, parse_address
from smimetui.model.errors import DirectoryUnreachableError, TransportRefusedError
from tests.adapters.exchange.people import ALICE, BOB, PASSWORD, sealed

ALIAS = parse_address("alice.archer@corp.example")


def as_alice(server: ExchangeServer, mailbox: Address) -> Connection:
    """Return an account for a mailbox, with Alice's login."""
    place = Place(address=mailbox, endpoint=server.url, auth="basic", login=ALICE.spec)
    return Connection(place, Password(PASSWORD))


def test_ones_own_mailbox_sends_as_oneself(server: ExchangeServer, connection: Connection) -> None:
    assert check_sending(connection) == (True, "messages leave as alice@corp.example")
    assert server.sent == ()


def test_anothers_mailbox_may_be_written_to_and_whether_one_may_send_as_them_is_not_known(
    server: ExchangeServer,
) -> None:
    server.share(BOB.spec, ALICE.spec, ["Read", "CreateContents"])
    connection = as_alice(server, BOB)
    works, found = check_sending(connection)
    assert works is None
    assert "whether it may send as bob@corp.example is known only when a message is sent" in found
    with pytest.raises(TransportRefusedError, match="says SendAsDenied") as caught:
        ExchangeTransport(connection).send(
            sealed_as(BOB),
        )
    assert caught.value.hint == "the organisation decides which addresses a login may send as"
    assert server.sent == ()
    connection.close()


def test_a_mailbox_that_one_may_only_read_is_no_place_to_send_from(server: ExchangeServer) -> None:
    server.share(BOB.spec, ALICE.spec, ["Read"])
    connection = as_alice(server, BOB)
    assert check_sending(connection) == (False, "this login may not file messages in Drafts")
    connection.close()


def test_a_mailbox_that_one_may_not_see_neither(server: ExchangeServer) -> None:
    connection = as_alice(server, BOB)
    assert check_sending(connection) == (False, "this login may not file messages in Drafts")
    connection.close()


def test_another_address_of_ones_own_leaves_as_the_main_one(server: ExchangeServer) -> None:
    server.publish("Alice Archer", [ALICE.spec, ALIAS.spec])
    connection = as_alice(server, ALIAS)
    works, found = check_sending(connection)
    assert works is None
    assert found.startswith("the main address of this mailbox is alice@corp.example, and servers send as that")
    connection.close()


def test_a_server_that_cannot_be_asked_is_no_answer(server: ExchangeServer, connection: Connection) -> None:
    server.misbehave("GetFolder", unavailable())
    with pytest.raises(DirectoryUnreachableError):
        check_sending(connection)


def sealed_as(sender: Address) -> object:
    from dataclasses import replace

    message = sealed(ALICE)
    return replace(message, sender=sender, data=message.data.replace(b"alice@corp", b"bob@corp", 1))
