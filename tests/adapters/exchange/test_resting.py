"""A store that locks takes the logins along; who needs one again asks the store, and what goes on alone does not."""

import gc
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from smimetui.adapters.exchange.connection import Connection
from smimetui.adapters.exchange.opening import Exchange, exchange_over
from smimetui.adapters.exchange.place import Auth, Place, SecretSource, StoredPassword
from smimetui.demo.exchange import ExchangeServer
from smimetui.model.errors import DirectoryRefusedError, MailboxLockedError, StoreLockedError
from smimetui.model.message import Outcome
from tests.adapters.exchange.authority import authority
from tests.adapters.exchange.people import ALICE, BOB, PASSWORD, eventually, sealed
from tests.adapters.exchange.test_closing import sockets, used, watchers
from tests.adapters.exchange.test_oauth import signed_in


class Locking:
    """A store's secrets; while it rests, asking for one is asking the person."""

    def __init__(self, **kept: str) -> None:
        self.kept = kept
        self.resting = False
        self.asked = 0
        self.refuses = False

    def secret(self, name: str) -> str | None:
        if self.resting:
            self.asked += 1
            if self.refuses:
                raise StoreLockedError("the store stays locked")
            self.resting = False
        return self.kept.get(name)

    def set_secret(self, name: str, value: str) -> None:
        self.kept[name] = value


class Scene:
    """Alice's account whose password is in a store."""

    def __init__(self, server: ExchangeServer, auth: Auth = "basic") -> None:
        self.secrets = Locking(mine=f"{PASSWORD}"[:-1] + "h")
        self.source: SecretSource = StoredPassword(self.secrets, "mine")
        self.connection = Connection(Place(address=ALICE, endpoint=server.url, auth=auth), self.source)
        self.exchange: Exchange = exchange_over(self.connection)

    def lock(self) -> None:
        self.secrets.resting = True
        self.connection.rest()


@pytest.fixture
def scene(server: ExchangeServer) -> Iterator[Scene]:
    made = Scene(server)
    yield made
    made.exchange.close()


@pytest.mark.parametrize("auth", ["basic", "ntlm"])
def test_no_password_connection_or_thread_is_left(server: ExchangeServer, auth: Auth) -> None:
    scene, threads = Scene(server, auth), set(watchers())
    password = scene.secrets.kept["mine"]
    used(scene.exchange)
    eventually(lambda: server.count("GetStreamingEvents"))
    scene.secrets.kept = {}
    before = sys.getrefcount(password)
    scene.lock()
    eventually(lambda: not set(watchers()) - threads and not sockets(server))
    # This name and the call's argument.
    eventually(lambda: gc.collect() is not None and sys.getrefcount(password) == 2)
    assert before > 2
    scene.exchange.close()


def test_what_needs_the_login_again_asks_the_store_once(server: ExchangeServer, scene: Scene) -> None:
    used(scene.exchange)
    scene.lock()
    found: list[int] = []

    def look() -> None:
        found.append(len(scene.exchange.directories[0].lookup(BOB)))

    threads = [Thread(target=look) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert (found, scene.secrets.asked) == ([1] * 5, 1)
    assert scene.exchange.mailbox.page("Inbox", offset=0, limit=5).total == 0
    assert scene.exchange.transport.send(sealed(BOB)) is Outcome.SENT


def test_watching_asks_nobody_and_goes_on_when_the_store_is_used_again(server: ExchangeServer, scene: Scene) -> None:
    used(scene.exchange)
    eventually(lambda: server.count("GetStreamingEvents"))
    scene.lock()
    asked = len(server.requests)
    with pytest.raises(MailboxLockedError):
        scene.exchange.mailbox.wait_for_change("Inbox", 30)
    assert not scene.exchange.mailbox.wait_for_change("Inbox", 0.1)
    assert (len(server.requests), scene.secrets.asked) == (asked, 0)
    news: list[bool] = []
    thread = Thread(target=lambda: news.append(scene.exchange.mailbox.wait_for_change("Inbox", 30)))
    thread.start()
    scene.secrets.resting = False
    thread.join(10)
    assert news == [True]
    assert not scene.exchange.mailbox.wait_for_change("Inbox", 0.1)
    eventually(lambda: server.count("GetStreamingEvents") > 1)
    assert scene.secrets.asked == 0


def test_who_waits_for_news_hears_at_once_that_the_store_locks(server: ExchangeServer, scene: Scene) -> None:
    used(scene.exchange)
    eventually(lambda: server.count("GetStreamingEvents"))
    told: list[bool] = []

    def wait() -> None:
        try:
            while not scene.exchange.mailbox.wait_for_change("Inbox", 30):
                pass
        except MailboxLockedError:
            told.append(True)

    thread = Thread(target=wait)
    thread.start()
    scene.lock()
    thread.join(10)
    assert told == [True]


def test_a_mailbox_that_is_closed_while_it_rests_is_no_news(scene: Scene) -> None:
    used(scene.exchange)
    scene.lock()
    with pytest.raises(MailboxLockedError):
        scene.exchange.mailbox.wait_for_change("Inbox", 30)
    news: list[bool] = []
    thread = Thread(target=lambda: news.append(scene.exchange.mailbox.wait_for_change("Inbox", 30)))
    thread.start()
    scene.exchange.close()
    thread.join(10)
    assert news == [False]


def test_whoever_leaves_the_store_locked_is_told_so_and_asked_again_later(scene: Scene) -> None:
    used(scene.exchange)
    scene.lock()
    scene.secrets.refuses = True
    with pytest.raises(DirectoryRefusedError, match="the store stays locked"):
        scene.exchange.directories[0].lookup(BOB)
    scene.secrets.refuses = False
    assert scene.exchange.directories[0].lookup(BOB)


def test_a_message_that_is_leaving_leaves(server: ExchangeServer, scene: Scene) -> None:
    server.delay("CreateItem", 300)
    outcomes: list[Outcome] = []
    thread = Thread(target=lambda: outcomes.append(scene.exchange.transport.send(sealed(BOB))))
    thread.start()
    eventually(lambda: server.count("CreateItem"))
    scene.lock()
    thread.join(10)
    assert outcomes == [Outcome.SENT]


def test_a_login_that_is_forgotten_while_it_is_made_is_made_anew(server: ExchangeServer) -> None:
    secrets = Locking(mine=PASSWORD)

    class Interrupted(StoredPassword):
        def secret(self) -> str:
            found = super().secret()
            if not connection._rests:
                connection.rest()
            return found

    connection = Connection(Place(address=ALICE, endpoint=server.url, auth="basic"), Interrupted(secrets, "mine"))
    assert exchange_over(connection).directories[0].lookup(BOB)
    connection.close()


def test_tokens_are_forgotten_too_and_come_from_the_store_again(tmp_path: Path) -> None:
    with authority(tmp_path) as login:
        secrets = Locking()
        source = signed_in(login, secrets)
        first = source.secret()
        secrets.resting = True
        assert not source.resting
        source.forget()
        assert source.resting
        assert source.secret() == first
        assert (source.resting, secrets.asked) == (False, 1)
