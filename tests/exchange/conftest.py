"""A server with two mailboxes, and exchangelib's connections closed behind every test."""

from collections.abc import Iterator

import pytest
from exchangelib import close_connections
from exchangelib.protocol import BaseProtocol

from smimetui.demo.exchange import ExchangeServer
from tests.exchange.clients import ALICE, BOB, PASSWORD


@pytest.fixture
def server() -> Iterator[ExchangeServer]:
    with ExchangeServer() as running:
        furnish(running)
        yield running
        close_connections()
    assert running.front.crashes == []


def furnish(server: ExchangeServer) -> None:
    server.add_mailbox(ALICE, PASSWORD, name="Alice Archer")
    server.add_mailbox(BOB, "other secret", name="Bob Baker")


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    timeout = BaseProtocol.TIMEOUT
    yield
    BaseProtocol.TIMEOUT = timeout
    close_connections()
