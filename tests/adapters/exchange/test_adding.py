"""Adding an account: nothing is kept of one that does not work."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from smimetui.adapters.exchange.adding import NewExchange, add_exchange, renew_login
from smimetui.adapters.settings import AccountSettings
from smimetui.demo.exchange import ExchangeServer
from smimetui.demo.exchange.login import Scheme
from smimetui.model.errors import ConfigError, DirectoryRefusedError
from tests.adapters.exchange.authority import CLIENT, Authority, authority
from tests.adapters.exchange.people import ALICE, PASSWORD

NAME = "password:alice@corp.example"


class Secrets:
    """A store's secrets, in memory."""

    resting = False

    def __init__(self, **kept: str) -> None:
        self.kept = dict(kept)

    def secret(self, name: str) -> str | None:
        return self.kept.get(name)

    def set_secret(self, name: str, value: str) -> None:
        self.kept[name] = value

    def remove_secret(self, name: str) -> None:
        self.kept.pop(name, None)


@pytest.fixture
def login(tmp_path: Path) -> Iterator[Authority]:
    with authority(tmp_path) as running:
        yield running


def new(server: ExchangeServer, **changes: object) -> NewExchange:
    given = {"address": ALICE, "endpoint": server.url, "auth": "basic", "password": PASSWORD} | changes
    return NewExchange(**given)


def refuse(_account: AccountSettings) -> None:
    raise ConfigError("the settings cannot be written")


@pytest.mark.parametrize("before", ["", "the old one"])
def test_settings_that_cannot_be_written_leave_the_secrets_as_they_were(server: ExchangeServer, before: str) -> None:
    secrets = Secrets(**({NAME: before} if before else {}))
    with pytest.raises(ConfigError, match="cannot be written"):
        add_exchange(new(server), secrets=secrets, keep=refuse, tell=print)
    assert secrets.kept == ({NAME: before} if before else {})


def test_a_login_that_fails_is_not_kept(server: ExchangeServer) -> None:
    secrets = Secrets()
    with pytest.raises(DirectoryRefusedError):
        add_exchange(new(server, password="wrong"), secrets=secrets, keep=refuse, tell=print)
    assert secrets.kept == {}


def test_a_new_password_that_fails_leaves_the_old_one(server: ExchangeServer) -> None:
    secrets = Secrets(**{NAME: PASSWORD})
    account = AccountSettings(address=ALICE.spec, backend="exchange", endpoint=server.url, auth="basic")
    with pytest.raises(DirectoryRefusedError):
        renew_login(account, "wrong", secrets=secrets, tell=print)
    assert secrets.kept == {NAME: PASSWORD}
    renew_login(account, PASSWORD, secrets=secrets, tell=print)


def test_a_sign_in_that_is_cancelled_keeps_nothing(login: Authority) -> None:
    login.pending = 10_000
    cancelled, told = Event(), list[str]()

    def tell(sentence: str) -> None:
        told.append(sentence)
        cancelled.set()

    with ExchangeServer(schemes=[Scheme.BEARER]) as server:
        server.add_mailbox(ALICE.spec, "unused")
        wanted = new(server, auth="oauth", anchor=login.pem, authority=login.url, client_id=CLIENT, password="")
        secrets = Secrets()
        with pytest.raises(ConfigError, match="the sign-in was cancelled"):
            add_exchange(wanted, secrets=secrets, keep=refuse, tell=tell, cancelled=cancelled)
    assert told == ["Open https://login.example/device in a browser, anywhere, and type the code ABCD-1234"]
    assert secrets.kept == {}
    assert "secret" not in repr(new(server, password="secret"))
