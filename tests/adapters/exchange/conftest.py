"""A server with people in it, and our client of one of them."""

from collections.abc import Iterator

import pytest

from smimetui.adapters.exchange.connection import Connection
from smimetui.adapters.exchange.opening import Exchange, exchange_over
from smimetui.demo.exchange import ExchangeServer
from tests.adapters.exchange.people import PASSWORD, connect


@pytest.fixture
def server() -> Iterator[ExchangeServer]:
    with ExchangeServer() as running:
        running.add_mailbox("alice@corp.example", PASSWORD, name="Alice Archer")
        running.add_mailbox("bob@corp.example", "other", name="Bob Baker")
        yield running
    assert running.front.crashes == []


@pytest.fixture
def connection(server: ExchangeServer) -> Iterator[Connection]:
    made = connect(server)
    yield made
    made.close()


@pytest.fixture
def exchange(connection: Connection) -> Exchange:
    return exchange_over(connection)
