"""Alice at an Exchange server on the loopback: what tests of the app over the real exchangelib begin with."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from smimetui.adapters.exchange.connection import Connection
from smimetui.adapters.exchange.opening import exchange_over
from smimetui.demo.exchange import ExchangeServer
from smimetui.demo.exchange.misbehaviour import (
    Drop,
    ExpirePassword,
    Garble,
    Hang,
    Misbehaviour,
    Truncate,
    busy,
    login_page,
    redirect,
    unauthorized,
    unavailable,
)
from smimetui.services.account import Account
from smimetui.services.session import Session, build_session
from tests.adapters.exchange.people import PASSWORD, connect
from tests.fakes import FixedClock, MemoryStore, NoAnchors
from tests.pki import NOW
from tests.services.world import ALICE, BOB, CAROL, corp, person


@dataclass
class Scene:
    """A server, and a session of Alice's over it."""

    server: ExchangeServer
    session: Session
    connection: Connection


def session_over(connection: Connection) -> Session:
    exchange = exchange_over(connection)
    store = MemoryStore(identities=[person(ALICE).identity], anchors=[corp().certificate])
    return build_session(
        account=Account(address=ALICE),
        store=store,
        identities=store,
        directories=exchange.directories,
        system=NoAnchors(),
        mailbox=exchange.mailbox,
        transport=exchange.transport,
        contacts=exchange.contacts,
        clock=FixedClock(NOW),
    )


@contextmanager
def set_up() -> Iterator[Scene]:
    """Run a server with Alice's mailbox, and Bob and Carol in its address list."""
    with ExchangeServer() as server:
        server.add_mailbox(ALICE.spec, PASSWORD, name="Alice Archer")
        for address in (BOB, CAROL):
            server.publish(address.local.title(), [address.spec], [person(address).certificate.der])
        connection = connect(server, seconds=2.0)
        yield Scene(server, session_over(connection), connection)
        connection.close()
    assert server.front.crashes == []


_FAILURES: dict[str, Callable[[], Misbehaviour]] = {
    "login": unauthorized,
    "503": unavailable,
    "busy": lambda: busy(200),
    "page": login_page,
    "elsewhere": lambda: redirect("https://elsewhere.example/EWS/Exchange.asmx"),
    "cut": Truncate,
    "garbled": Garble,
    "dropped": Drop,
    "expired": ExpirePassword,
    "hanging": Hang,
}
FAILURES = pytest.mark.parametrize("how", _FAILURES.values(), ids=_FAILURES)
"""Every way in which a server does not do what it was asked for."""
