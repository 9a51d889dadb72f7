"""Finding the server and the way in, and saying what works."""

from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from smimetui.adapters.exchange.autodiscover import usual_places
from smimetui.adapters.exchange.connection import Connection
from smimetui.adapters.exchange.place import Password
from smimetui.adapters.exchange.setup import Wish, examine, find_place, log_in
from smimetui.demo.exchange import ExchangeServer
from smimetui.demo.exchange.certificate import Tls
from smimetui.demo.exchange.login import Scheme
from smimetui.demo.exchange.misbehaviour import Refuse, redirect
from smimetui.model.address import parse_address
from smimetui.model.errors import (
    AuthenticationFailedError,
    ConfigError,
    DirectoryRefusedError,
    DirectoryUnreachableError,
)
from tests.adapters.exchange.people import ALICE, PASSWORD, connect

GOOD = Password(PASSWORD)


class _Website(BaseHTTPRequestHandler):
    """Says the same to everybody."""

    def do_POST(self) -> None:
        page = b"<html><body>Welcome</body></html>"
        self.send_response(200)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def website() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Website) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def wish(server: ExchangeServer, **changes: object) -> Wish:
    return replace(Wish(address=ALICE, endpoint=server.autodiscover_url), **changes)


@pytest.mark.parametrize("scheme", ["basic", "ntlm"])
def test_autodiscover_finds_the_web_service_and_the_way_in(scheme: str) -> None:
    with ExchangeServer(schemes=[Scheme[scheme.upper()]], tls=Tls.PRIVATE_CA) as server:
        server.add_mailbox(ALICE.spec, PASSWORD)
        found = find_place(wish(server, anchors=(server.ca_file.read_text(),)), GOOD)
        assert (found.endpoint, found.auth, found.version) == (server.url, scheme, "")


def test_ntlm_is_taken_before_basic_which_tells_the_password(server: ExchangeServer) -> None:
    assert find_place(wish(server), GOOD).auth == "ntlm"
    assert find_place(wish(server, auth="basic"), GOOD).auth == "basic"


def test_a_given_endpoint_is_not_searched_for(server: ExchangeServer) -> None:
    found = find_place(wish(server, endpoint=server.url), GOOD)
    assert (found.endpoint, found.auth) == (server.url, "ntlm")
    assert find_place(wish(server, endpoint="mail.corp.example", auth="basic"), GOOD).endpoint == (
        "https://mail.corp.example/EWS/Exchange.asmx"
    )


def test_the_usual_places_are_the_domains_own_and_tls() -> None:
    assert usual_places(ALICE) == (
        "https://autodiscover.corp.example/autodiscover/autodiscover.xml",
        "https://corp.example/autodiscover/autodiscover.xml",
    )


def test_the_login_goes_nowhere_that_did_not_ask_for_it(website: str) -> None:
    """A web site at the address's domain gets no password because it is there."""
    with pytest.raises(DirectoryUnreachableError, match="no Exchange server was found"):
        find_place(Wish(address=ALICE, endpoint=f"{website}/autodiscover/autodiscover.xml"), _Untold())


class _Untold:
    def secret(self) -> str:
        raise AssertionError("the password was told")


def test_a_refused_login_is_said_once_and_tried_once(server: ExchangeServer) -> None:
    with pytest.raises(AuthenticationFailedError, match=r"127\.0\.0\.1 refused the login"):
        find_place(wish(server, auth="basic"), Password("wrong"))
    assert server.front.refused_logins <= 2


def test_an_address_that_stands_for_another_is_followed(server: ExchangeServer) -> None:
    server.front.places.moved_to = "bob@corp.example"
    with pytest.raises(DirectoryUnreachableError, match=r"no Exchange server was found for corp\.example"):
        find_place(wish(server), GOOD)
    assert server.count("Autodiscover") < 25


def test_an_unknown_address_has_no_server(server: ExchangeServer) -> None:
    with pytest.raises(DirectoryUnreachableError, match=r"no Exchange server was found for x\.example \(asked 127"):
        find_place(wish(server, address=parse_address("nobody@x.example"), login=ALICE.spec), GOOD)


def test_a_redirection_out_of_the_organisation_is_for_the_person_to_follow(server: ExchangeServer) -> None:
    server.misbehave("Autodiscover", redirect("https://autodiscover-s.other.example/"))
    with pytest.raises(ConfigError, match=r"which is not corp\.example's") as caught:
        find_place(wish(server), GOOD)
    assert "--endpoint" in caught.value.hint


def test_a_redirection_on_this_computer_is_followed(server: ExchangeServer) -> None:
    server.misbehave("Autodiscover", redirect(server.autodiscover_url))
    assert find_place(wish(server), GOOD).endpoint == server.url


def test_a_server_that_is_down_is_named(server: ExchangeServer) -> None:
    server.stop()
    with pytest.raises(DirectoryUnreachableError, match=r"127\.0\.0\.1 cannot be reached"):
        find_place(wish(server), GOOD)


def test_a_private_authority_is_said_to_be_missing() -> None:
    with ExchangeServer(tls=Tls.PRIVATE_CA) as server:
        server.add_mailbox(ALICE.spec, PASSWORD)
        with pytest.raises(DirectoryUnreachableError, match="TLS certificate") as caught:
            find_place(wish(server), GOOD)
        assert "--anchor" in caught.value.hint


def test_oauth_alone_says_which_options_it_takes() -> None:
    with ExchangeServer(schemes=[Scheme.BEARER]) as server:
        server.add_mailbox(ALICE.spec, PASSWORD)
        with pytest.raises(ConfigError, match="lets people in by OAuth alone"):
            find_place(wish(server, endpoint=server.url), GOOD)


def test_oauth_at_microsoft_is_exchange_online() -> None:
    found = find_place(Wish(address=ALICE, auth="oauth"), _Untold())
    assert found.endpoint == "https://outlook.office365.com/EWS/Exchange.asmx"


def test_a_server_that_does_not_say_how_to_log_in_is_asked_no_further(website: str) -> None:
    with pytest.raises(ConfigError, match="does not say how to log in"):
        find_place(Wish(address=ALICE, endpoint=f"{website}/EWS/Exchange.asmx"), _Untold())


def test_logging_in_learns_the_version(server: ExchangeServer, connection: Connection) -> None:
    assert log_in(connection).version == "15.2.1544.4"
    with pytest.raises(DirectoryRefusedError, match="refused the login"):
        log_in(connect(server, password="wrong"))


def test_the_examination_says_what_works(server: ExchangeServer, connection: Connection) -> None:
    server.fill(ALICE.spec, 6)
    lines = [str(line) for line in examine(connection)]
    assert lines == [
        "works: login: alice@corp.example at 127.0.0.1 by a password (basic), Exchange 2019 or SE 15.2.1544.4",
        "works: mailbox: 6 messages in Inbox, 2 unread",
        "works: address list: you are listed as Alice Archer, with no certificates published for you",
        "works: contacts: they can be searched",
        "works: sending: messages leave as alice@corp.example",
    ]


def test_the_examination_says_what_does_not_work(server: ExchangeServer, connection: Connection) -> None:
    server.misbehave("ResolveNames", Refuse("ErrorAccessDenied", "No."), times=2)
    server.misbehave("FindItem", Refuse("ErrorMailboxStoreUnavailable", "Down."))
    works = [(line.works, line.what) for line in examine(connection)]
    assert works == [
        (True, "login"),
        (False, "mailbox"),
        (False, "address list"),
        (False, "contacts"),
        (True, "sending"),
    ]


def test_a_failed_login_is_the_only_line(server: ExchangeServer) -> None:
    (line,) = examine(connect(server, password="wrong"))
    assert not line.works
    assert "refused the login" in line.found


def test_a_server_is_not_guessed_where_people_sign_in_elsewhere() -> None:
    elsewhere = Wish(address=ALICE, auth="oauth", authority="https://sso.corp.example/adfs")
    with pytest.raises(ConfigError, match="not found by itself"):
        find_place(elsewhere, _Untold())
    tenant = Wish(address=ALICE, auth="oauth", authority="https://login.microsoftonline.com/corp.example")
    assert find_place(tenant, _Untold()).endpoint == "https://outlook.office365.com/EWS/Exchange.asmx"
