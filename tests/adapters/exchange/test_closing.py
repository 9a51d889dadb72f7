"""An account that is thrown away leaves no thread, no connection and no password behind."""

import gc
import socket
import ssl
import sys
import threading
from threading import Thread
from urllib.parse import urlsplit

import pytest

from smimetui.adapters.exchange.connection import Connection
from smimetui.adapters.exchange.opening import Exchange, exchange_over
from smimetui.adapters.exchange.place import Auth, Password, Place
from smimetui.demo.exchange import ExchangeServer
from smimetui.demo.exchange.certificate import Tls
from smimetui.demo.exchange.misbehaviour import Hang, unavailable
from smimetui.model.errors import DirectoryError, MailboxError, TransportError
from smimetui.model.message import Outcome
from tests.adapters.exchange.people import ALICE, BOB, PASSWORD, connect, eventually, sealed


def watchers() -> list[Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "watch"]


def sockets(server: ExchangeServer) -> list[socket.socket]:
    """Return our ends of the connections to a server."""
    port = urlsplit(server.url).port
    # An isinstance would ask every lazy object in the process for its class.
    found = [thing for thing in gc.get_objects() if type(thing) in {socket.socket, ssl.SSLSocket}]
    return [one for one in found if one.fileno() != -1 and peer(one) == port]


def peer(one: socket.socket) -> int:
    try:
        return int(one.getpeername()[1])
    except (OSError, IndexError):
        # Closed, or of another kind: an event loop wakes itself over a pair of sockets without a port.
        return 0


def used(exchange: Exchange) -> None:
    """Look somebody up, list the folder, watch it."""
    exchange.directories[0].lookup(BOB)
    exchange.mailbox.page("Inbox", offset=0, limit=5)
    exchange.mailbox.wait_for_change("Inbox", 0.1)


@pytest.mark.parametrize("auth", ["basic", "ntlm"])
@pytest.mark.parametrize("tls", [Tls.NONE, Tls.PRIVATE_CA])
def test_neither_threads_nor_connections_are_left(auth: Auth, tls: Tls) -> None:
    with ExchangeServer(tls=tls) as server:
        server.add_mailbox(ALICE.spec, PASSWORD)
        anchors = () if tls is Tls.NONE else (server.ca_file.read_text(),)
        exchange = exchange_over(connect(server, auth=auth, anchors=anchors))
        before = set(watchers())
        used(exchange)
        eventually(lambda: server.count("GetStreamingEvents"))
        assert sockets(server)
        assert set(watchers()) - before
        exchange.close()
        # The server itself says nothing for 30 seconds.
        eventually(lambda: not set(watchers()) - before and not sockets(server))


@pytest.mark.parametrize("auth", ["basic", "ntlm"])
def test_the_password_is_not_kept(server: ExchangeServer, auth: Auth) -> None:
    password = f"{PASSWORD}"[:-1] + "h"
    before = sys.getrefcount(password)
    place = Place(address=ALICE, endpoint=server.url, auth=auth)
    exchange = exchange_over(Connection(place, Password(password)))
    used(exchange)
    assert sys.getrefcount(password) > before
    exchange.close()
    # What requests makes refers to itself.
    eventually(lambda: gc.collect() is not None and sys.getrefcount(password) == before)


def test_whoever_waits_for_news_is_sent_away(server: ExchangeServer, exchange: Exchange) -> None:
    failures = list[MailboxError]()

    def wait() -> None:
        try:
            while True:
                exchange.mailbox.wait_for_change("Inbox", 30)
        except MailboxError as error:
            failures.append(error)

    thread = Thread(target=wait)
    thread.start()
    eventually(lambda: server.count("GetStreamingEvents"))
    exchange.close()
    thread.join(10)
    assert not thread.is_alive()
    assert len(failures) == 1


def test_nothing_is_opened_again(server: ExchangeServer, exchange: Exchange) -> None:
    used(exchange)
    exchange.close()
    exchange.close()
    asked = len(server.requests)
    with pytest.raises(DirectoryError, match=r"alice@corp\.example was closed"):
        exchange.directories[0].lookup(BOB)
    with pytest.raises(MailboxError, match=r"was closed"):
        exchange.mailbox.page("Inbox", offset=0, limit=5)
    with pytest.raises(TransportError, match="was closed"):
        exchange.transport.send(sealed(BOB))
    assert len(server.requests) == asked
    assert server.sent == ()


def test_a_message_that_is_leaving_leaves(server: ExchangeServer, exchange: Exchange) -> None:
    """Broken off, it would be uncertain whether it left."""
    server.delay("CreateItem", 300)
    outcomes = list[Outcome]()
    thread = Thread(target=lambda: outcomes.append(exchange.transport.send(sealed(BOB))))
    thread.start()
    eventually(lambda: server.count("CreateItem"))
    exchange.close()
    thread.join(10)
    assert outcomes == [Outcome.SENT]
    eventually(lambda: not sockets(server))


def test_a_request_that_fails_while_the_account_is_closed_opens_no_other(server: ExchangeServer) -> None:
    connection = connect(server, seconds=0.5)
    exchange = exchange_over(connection)
    server.misbehave("ResolveNames", Hang(), times=None)
    failures = list[DirectoryError]()

    def look() -> None:
        try:
            exchange.directories[0].lookup(BOB)
        except DirectoryError as error:
            failures.append(error)

    threads = [Thread(target=look) for _ in range(13)]
    for thread in threads:
        thread.start()
    eventually(lambda: server.count("ResolveNames") == 11)
    exchange.close()
    for thread in threads:
        thread.join(10)
    assert len(failures) == 13
    eventually(lambda: not sockets(server))


def test_a_login_that_fails_while_an_account_is_added_leaves_nothing_open(server: ExchangeServer) -> None:
    from smimetui.adapters.exchange.adding import NewExchange, add_exchange
    from tests.adapters.exchange.test_adding import Secrets

    server.misbehave("GetFolder", unavailable(), times=None)
    with pytest.raises(DirectoryError):
        add_exchange(
            NewExchange(address=ALICE, endpoint=server.url, auth="basic", password=PASSWORD),
            secrets=Secrets(),
            keep=lambda _: None,
            tell=lambda _: None,
        )
    eventually(lambda: not sockets(server))
