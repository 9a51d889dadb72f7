"""Signing in by a device code, against an authority on the loopback and a server that takes its tokens."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from smimetui.adapters.exchange.connection import Connection
from smimetui.adapters.exchange.oauth import MICROSOFT, Application, TokenSource, authority_url, is_microsoft
from smimetui.adapters.exchange.opening import exchange_over
from smimetui.adapters.exchange.place import Place
from smimetui.adapters.exchange.place import Secrets as StoredSecrets
from smimetui.demo.exchange import ExchangeServer
from smimetui.demo.exchange.login import Scheme
from smimetui.model.errors import (
    AuthenticationFailedError,
    ConfigError,
    DirectoryRefusedError,
    TransportUnreachableError,
)
from tests.adapters.exchange.authority import CLIENT, Authority, authority
from tests.adapters.exchange.people import ALICE


class Secrets:
    """A store's secrets, in memory."""

    resting = False

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def secret(self, name: str) -> str | None:
        return self.kept.get(name)

    def set_secret(self, name: str, value: str) -> None:
        self.kept[name] = value


@pytest.fixture
def login(tmp_path: Path) -> Iterator[Authority]:
    with authority(tmp_path) as running:
        yield running


@pytest.fixture
def secrets() -> Secrets:
    return Secrets()


def tokens(login: Authority, secrets: StoredSecrets, *, client_id: str = CLIENT, endpoint: str = "") -> TokenSource:
    place = Place(
        address=ALICE, endpoint=endpoint or "https://127.0.0.1/EWS/Exchange.asmx", auth="oauth", anchors=(login.pem,)
    )
    application = Application(client_id=client_id, authority=login.url)
    return TokenSource(place, application, secrets, name="token")


def signed_in(login: Authority, secrets: StoredSecrets) -> TokenSource:
    source = tokens(login, secrets)
    assert source.finish(source.begin())
    return source


def test_the_code_and_the_address_are_told_and_the_token_comes_when_the_person_has_signed_in(
    login: Authority, secrets: Secrets, capfd: pytest.CaptureFixture[str]
) -> None:
    login.pending = 2
    source = tokens(login, secrets)
    started = source.begin()
    assert (started.url, started.code) == ("https://login.example/device", "ABCD-1234")
    assert "device" not in repr(started).replace("login.example/device", "")
    assert source.finish(started)
    assert source.secret() == "access-1"
    assert login.asked[0]["scope"].split()[0] == "https://127.0.0.1/EWS.AccessAsUser.All"
    assert capfd.readouterr() == ("", "")


def test_tokens_are_kept_in_the_store_and_serve_the_next_start(login: Authority, secrets: Secrets) -> None:
    signed_in(login, secrets)
    assert "refresh-1" in secrets.kept["token"]
    asked = len(login.asked)
    assert tokens(login, secrets).secret() == "access-1"
    assert len(login.asked) == asked


def test_a_token_that_runs_out_is_renewed_and_kept(login: Authority, secrets: Secrets) -> None:
    login.lifetime = 1
    source = signed_in(login, secrets)
    assert source.secret() == "access-2"
    assert "refresh-2" in secrets.kept["token"]


def test_whoever_may_not_renew_signs_in_again(login: Authority, secrets: Secrets) -> None:
    login.lifetime = 1
    source = signed_in(login, secrets)
    login.refreshing = False
    with pytest.raises(AuthenticationFailedError, match="is not signed in any more") as caught:
        source.secret()
    assert "account login" in caught.value.hint


def test_nobody_who_never_signed_in_has_a_token(login: Authority, secrets: Secrets) -> None:
    with pytest.raises(AuthenticationFailedError, match=r"alice@corp\.example is not signed in"):
        tokens(login, secrets).secret()


def test_a_sign_in_is_cancelled_while_it_waits(login: Authority, secrets: Secrets) -> None:
    login.pending = 10_000
    source, stop = tokens(login, secrets), Event()
    started = source.begin()
    stop.set()
    assert not source.finish(started, cancelled=stop)
    assert secrets.kept == {}


def test_a_sign_in_that_nobody_completes_ends(login: Authority, secrets: Secrets) -> None:
    login.pending = 10_000
    source, times = tokens(login, secrets), iter([0.0, 1000.0])
    with pytest.raises(AuthenticationFailedError, match="nobody signed in within the time given"):
        source.finish(source.begin(), clock=lambda: next(times))


@pytest.mark.parametrize("error", ["authorization_declined", "expired_token"])
def test_a_refusal_is_said_in_the_authoritys_words(login: Authority, secrets: Secrets, error: str) -> None:
    source = tokens(login, secrets)
    started = source.begin()
    login.error = error
    with pytest.raises(AuthenticationFailedError, match=rf"the sign-in was refused: {error}: no \("):
        source.finish(started)


def test_an_application_that_is_not_registered_is_refused_at_once(login: Authority, secrets: Secrets) -> None:
    login.error = "unauthorized_client"
    with pytest.raises(AuthenticationFailedError, match="AADSTS700016"):
        tokens(login, secrets).begin()


def test_without_an_application_nothing_is_asked(login: Authority, secrets: Secrets) -> None:
    with pytest.raises(ConfigError, match="registered") as caught:
        tokens(login, secrets, client_id="").begin()
    assert "--client-id" in caught.value.hint


def test_an_authority_that_is_gone_is_a_sentence(tmp_path: Path, secrets: Secrets) -> None:
    with authority(tmp_path) as login:
        source = signed_in(login, secrets)
        other = tokens(login, Secrets())
        login.lifetime = 1
    with pytest.raises(TransportUnreachableError, match=r"cannot sign in: 127\.0\.0\.1 cannot be reached"):
        other.begin()
    assert source.secret() == "access-1"


def test_the_servers_web_service_takes_the_token(login: Authority, secrets: Secrets, tmp_path: Path) -> None:
    with ExchangeServer(schemes=[Scheme.BEARER]) as server:
        server.add_mailbox(ALICE.spec, "unused")
        server.accept_token("access-1", ALICE.spec)
        source = signed_in(login, secrets)
        connection = Connection(Place(address=ALICE, endpoint=server.url, auth="oauth"), source)
        exchange = exchange_over(connection)
        assert len(exchange.directories[0].lookup(ALICE)) == 1
        server.door.tokens.clear()
        with pytest.raises(DirectoryRefusedError, match="refused the login"):
            exchange.directories[0].lookup(ALICE)
        connection.close()


def test_a_lost_sign_in_is_what_the_directory_says(login: Authority, secrets: Secrets) -> None:
    with ExchangeServer(schemes=[Scheme.BEARER]) as server:
        place = Place(address=ALICE, endpoint=server.url, auth="oauth")
        connection = Connection(place, tokens(login, secrets))
        with pytest.raises(DirectoryRefusedError, match="is not signed in any more"):
            exchange_over(connection).directories[0].lookup(ALICE)
        connection.close()
        assert server.front.refused_logins == 0


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("", MICROSOFT),
        ("corp.example", "https://login.microsoftonline.com/corp.example"),
        (" 11111111-2222-3333-4444-555555555555 ", f"https://login.microsoftonline.com/{CLIENT}"),
        ("https://sso.corp.example/adfs/", "https://sso.corp.example/adfs"),
    ],
)
def test_who_signs_people_in_is_a_url_or_a_tenant_at_microsoft(given: str, meant: str) -> None:
    assert authority_url(given) == meant
    assert is_microsoft(meant) is ("sso" not in meant)


@pytest.mark.parametrize(
    "given", ["http://sso.corp.example", "https://", "https://a@b.example", "two words", "https://["]
)
def test_tokens_go_nowhere_else(given: str) -> None:
    with pytest.raises(ConfigError, match="nowhere to sign in"):
        authority_url(given)
