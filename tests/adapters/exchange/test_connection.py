"""The connection: nothing asked at the start, nothing on the screen or in logs, a sentence for whatever goes wrong."""

import logging
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from smimetui.adapters.exchange.connection import REFUSED, Connection
from smimetui.adapters.exchange.opening import exchange_over
from smimetui.adapters.exchange.place import Password, Place
from smimetui.adapters.exchange.setup import log_in
from smimetui.adapters.exchange.web import tls_context
from smimetui.demo.exchange import ExchangeServer
from smimetui.demo.exchange.certificate import Tls
from smimetui.demo.exchange.login import Scheme
from smimetui.demo.exchange.misbehaviour import (
    ANY,
    Drop,
    ExpirePassword,
    Fault,
    Garble,
    Hang,
    Misbehaviour,
    Refuse,
    Status,
    Truncate,
    busy,
    login_page,
    redirect,
    unauthorized,
    unavailable,
)
from smimetui.model.errors import (
    ConfigError,
    DirectoryError,
    DirectoryRefusedError,
    DirectoryUnreachableError,
    MailboxError,
)
from tests.adapters.exchange.people import ALICE, BOB, PASSWORD, connect, eventually


def test_opening_costs_no_request_and_keeps_no_copy_of_the_password(
    server: ExchangeServer, connection: Connection
) -> None:
    account = connection.account()
    assert account.primary_smtp_address == ALICE.spec
    assert server.requests == ()
    assert PASSWORD not in f"{account.protocol!r}{account.protocol.config!r}{connection.place!r}{Password(PASSWORD)!r}"
    from exchangelib.protocol import CachingProtocol

    assert CachingProtocol._protocol_cache == {}


def test_the_version_is_what_the_server_last_said(server: ExchangeServer, connection: Connection) -> None:
    assert connection.version == ""
    exchange_over(connection).directories[0].lookup(BOB)
    assert connection.version == "15.2.1544.4"
    again = Connection(Place(address=ALICE, endpoint=server.url, auth="basic", version="15.0.1497.2"), Password("x"))
    assert again.version == "15.0.1497.2"
    assert again.account().version.api_version == "Exchange2013_SP1"
    again.close()


@pytest.mark.parametrize("version", ["15", "sixteen.one", "99.1"])
def test_a_version_that_makes_no_sense_is_that_of_the_newest(server: ExchangeServer, version: str) -> None:
    place = Place(address=ALICE, endpoint=server.url, auth="basic", version=version)
    connection = Connection(place, Password(PASSWORD))
    assert len(exchange_over(connection).directories[0].lookup(BOB)) == 1
    connection.close()


@pytest.mark.parametrize("auth", ["basic", "ntlm"])
@pytest.mark.parametrize("tls", [Tls.NONE, Tls.PRIVATE_CA, Tls.SELF_SIGNED])
def test_one_logs_in_by_basic_and_by_ntlm_with_and_without_tls(auth: str, tls: Tls) -> None:
    with ExchangeServer(tls=tls) as server:
        server.add_mailbox(ALICE.spec, PASSWORD)
        anchors = () if tls is Tls.NONE else (server.ca_file.read_text(),)
        connection = connect(server, auth=auth, anchors=anchors)
        assert len(exchange_over(connection).directories[0].lookup(ALICE)) == 1
        connection.close()


def test_a_password_that_latin_1_lacks_is_told_as_utf_8() -> None:
    with ExchangeServer(schemes=[Scheme.BASIC]) as server:
        server.add_mailbox(ALICE.spec, "пароль")
        connection = connect(server, password="пароль")
        assert len(exchange_over(connection).directories[0].lookup(ALICE)) == 1
        connection.close()


@pytest.mark.parametrize(
    ("tls", "reason"),
    [
        (Tls.PRIVATE_CA, "unable to get local issuer certificate"),
        (Tls.SELF_SIGNED, "self-signed certificate"),
        (Tls.EXPIRED, "certificate has expired"),
        (Tls.OTHER_NAME, "IP address mismatch"),
    ],
)
def test_a_certificate_that_is_not_good_is_named_with_its_reason(tls: Tls, reason: str) -> None:
    with ExchangeServer(tls=tls) as server:
        server.add_mailbox(ALICE.spec, PASSWORD)
        trusted = tls in {Tls.EXPIRED, Tls.OTHER_NAME}
        connection = connect(server, anchors=(server.ca_file.read_text(),) if trusted else ())
        with pytest.raises(DirectoryUnreachableError, match="the TLS certificate of") as caught:
            exchange_over(connection).directories[0].lookup(ALICE)
        assert reason in caught.value.summary
        assert "--anchor" in caught.value.hint
        assert server.requests == ()
        connection.close()


def test_no_environment_turns_verification_off(monkeypatch: pytest.MonkeyPatch) -> None:
    with ExchangeServer(tls=Tls.PRIVATE_CA) as server:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.ca_file))
        monkeypatch.setenv("CURL_CA_BUNDLE", str(server.ca_file))
        connection = connect(server)
        with pytest.raises(DirectoryUnreachableError, match="TLS certificate"):
            exchange_over(connection).directories[0].lookup(ALICE)
        connection.close()


def test_text_without_a_certificate_is_no_anchor() -> None:
    with pytest.raises(ConfigError, match="holds no certificate"):
        tls_context(("nothing",))


def test_the_systems_authorities_count() -> None:
    known = {found["serialNumber"] for found in ssl.create_default_context().get_ca_certs()}
    assert known <= {found["serialNumber"] for found in tls_context().get_ca_certs()}


MISBEHAVIOURS = [
    (unauthorized(), DirectoryRefusedError, "127.0.0.1 refused the login"),
    (ExpirePassword(), DirectoryRefusedError, "127.0.0.1 refused the login"),
    (unavailable(), DirectoryUnreachableError, "127.0.0.1 is too busy"),
    (unavailable(retry_after=9), DirectoryUnreachableError, "127.0.0.1 is too busy and asks to wait 9 seconds"),
    (busy(4000), DirectoryUnreachableError, "127.0.0.1 is too busy and asks to wait 4 seconds"),
    (Hang(), DirectoryUnreachableError, "127.0.0.1 does not answer in time"),
    (Drop(), DirectoryUnreachableError, "127.0.0.1 broke the connection off"),
    (Truncate(), DirectoryUnreachableError, "127.0.0.1 broke the connection off"),
    (login_page(), DirectoryUnreachableError, "127.0.0.1 answered with something that is not Exchange's"),
    (Status(code=403), DirectoryRefusedError, "127.0.0.1 does not let this account use its web services"),
    (Status(code=404), DirectoryRefusedError, "127.0.0.1 has no Exchange web service at this address"),
    (Status(code=500), DirectoryUnreachableError, "127.0.0.1 answered with an error (HTTP 500)"),
    (Status(code=502, close=True), DirectoryUnreachableError, "127.0.0.1 answered with an error (HTTP 502)"),
    (redirect("https://x.example/owa"), DirectoryRefusedError, "127.0.0.1 points to https://x.example/owa instead"),
    (redirect("/owa"), DirectoryRefusedError, "instead of answering"),
    (Fault("ErrorInternalServerError"), DirectoryRefusedError, "127.0.0.1 says InternalServerError"),
    (Fault("ErrorUnheardOf"), DirectoryUnreachableError, "127.0.0.1 answered with something that is not Exchange's"),
    (Refuse("ErrorAccessDenied", "\x1b[31mNo.\u202e"), DirectoryRefusedError, "127.0.0.1 says AccessDenied: "),
    (Refuse("ErrorPasswordExpired", "Old."), DirectoryRefusedError, "127.0.0.1 refused the login: Old"),
    (Refuse("ErrorTimeoutExpired", "Slow."), DirectoryUnreachableError, "127.0.0.1 is in trouble"),
]


@pytest.mark.parametrize(("how", "kind", "sentence"), MISBEHAVIOURS)
def test_each_misbehaviour_has_its_sentence_and_nothing_is_asked_twice(
    server: ExchangeServer, how: Misbehaviour, kind: type[DirectoryError], sentence: str
) -> None:
    connection = connect(server, seconds=0.3)
    exchange = exchange_over(connection)
    server.misbehave("ResolveNames", how)
    with pytest.raises(kind) as caught:
        exchange.directories[0].lookup(BOB)
    assert sentence in caught.value.summary
    assert "\x1b" not in caught.value.summary
    assert server.count("ResolveNames") <= 1
    connection.close()


def test_an_answer_that_is_no_xml_is_no_empty_answer(server: ExchangeServer, connection: Connection) -> None:
    """exchangelib's parser mends what it gets: without a check half an address list would be all of it."""
    exchange = exchange_over(connection)
    for operation, ask in askings(exchange):
        for how in (Truncate(), Garble(), login_page()):
            server.misbehave(operation, how)
            with pytest.raises((DirectoryError, MailboxError)):
                ask()


def askings(exchange: object) -> Iterator[tuple[str, Callable[[], object]]]:
    yield "ResolveNames", lambda: exchange.directories[0].lookup(BOB)
    yield "ExpandDL", lambda: exchange.directories[0].expand(BOB)
    yield "FindItem", lambda: exchange.mailbox.search("Inbox", "x", limit=5)
    yield "GetFolder", lambda: exchange.mailbox.page("Inbox", offset=0, limit=5)
    yield "FindFolder", exchange.mailbox.folders
    yield "CreateItem", lambda: exchange.mailbox.append("Drafts", b"Subject: x\r\n\r\n")


def test_a_server_that_is_gone_is_said_of_the_mailbox_and_comes_back(
    server: ExchangeServer, connection: Connection
) -> None:
    exchange = exchange_over(connection)
    server.stop()
    with pytest.raises(MailboxError, match=r"cannot list Inbox: 127\.0\.0\.1 cannot be reached") as caught:
        exchange.mailbox.page("Inbox", offset=0, limit=5)
    assert caught.value.hint == "check the network, or the VPN"
    server.start()
    assert exchange.mailbox.page("Inbox", offset=0, limit=5).total == 0


def test_a_name_that_nobody_knows_is_said() -> None:
    place = Place(address=ALICE, endpoint="https://mail.corp.invalid/EWS/Exchange.asmx", auth="basic")
    connection = Connection(place, Password(PASSWORD))
    with pytest.raises(DirectoryUnreachableError, match=r"mail\.corp\.invalid"):
        exchange_over(connection).directories[0].lookup(BOB)
    connection.close()


def test_a_missing_password_is_said_with_the_way_out(server: ExchangeServer) -> None:
    for auth in ("basic", "ntlm"):
        connection = connect(server, auth=auth, password="")
        with pytest.raises(DirectoryRefusedError, match="no password is kept for this account") as caught:
            exchange_over(connection).directories[0].lookup(BOB)
        assert "account login" in caught.value.hint
    assert server.front.refused_logins == 0


def test_a_dropped_connection_is_opened_again(server: ExchangeServer, connection: Connection) -> None:
    exchange = exchange_over(connection)
    exchange.directories[0].lookup(BOB)
    server.drop_connections()
    assert len(exchange.directories[0].lookup(BOB)) == 1


def test_what_throttling_refuses_is_said_and_the_rest_goes_on(server: ExchangeServer, connection: Connection) -> None:
    exchange = exchange_over(connection)
    server.misbehave("ResolveNames", busy(0))
    with pytest.raises(DirectoryUnreachableError, match="too busy"):
        exchange.directories[0].lookup(BOB)
    assert len(exchange.directories[0].lookup(BOB)) == 1


@pytest.mark.parametrize("how", [busy(0), busy(200), unavailable()], ids=["busy", "back-off", "503"])
def test_a_question_to_a_server_that_is_too_busy_is_asked_again_in_a_while(
    server: ExchangeServer, how: Misbehaviour
) -> None:
    connection = connect(server, patience=5.0)
    server.misbehave("ResolveNames", how)
    assert len(exchange_over(connection).directories[0].lookup(BOB)) == 1
    assert server.count("ResolveNames") == 2
    connection.close()


def test_a_login_that_was_refused_is_not_tried_with_every_lookup_until_there_is_a_new_one(
    server: ExchangeServer,
) -> None:
    now = [100.0]
    place = Place(address=ALICE, endpoint=server.url, auth="basic")
    connection = Connection(place, Password("wrong"), clock=lambda: now[0])
    exchange = exchange_over(connection)
    for _ in range(20):
        with pytest.raises(DirectoryRefusedError, match="refused the login"):
            exchange.directories[0].lookup(BOB)
        with pytest.raises(MailboxError, match="refused the login"):
            exchange.mailbox.page("Inbox", offset=0, limit=5)
    refused = server.front.refused_logins
    assert refused == 1
    now[0] += REFUSED
    with pytest.raises(DirectoryRefusedError, match="refused the login"):
        exchange.directories[0].lookup(BOB)
    assert server.front.refused_logins == refused + 1
    connection.log_in_by(Password(PASSWORD))
    assert len(exchange.directories[0].lookup(BOB)) == 1
    connection.close()


def test_a_server_that_asks_for_more_patience_than_there_is_gets_its_peace(server: ExchangeServer) -> None:
    connection = connect(server, patience=5.0)
    exchange = exchange_over(connection)
    server.misbehave("ResolveNames", busy(60_000))
    for _ in range(2):
        with pytest.raises(DirectoryUnreachableError, match=r"asks to wait \d+ seconds"):
            exchange.directories[0].lookup(BOB)
    assert server.count("ResolveNames") == 1
    connection.close()


def test_closing_ends_the_wait_for_a_busy_server(server: ExchangeServer) -> None:
    connection = connect(server, patience=60.0)
    server.misbehave("ResolveNames", busy(50_000))
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(exchange_over(connection).directories[0].lookup, BOB)
        eventually(lambda: server.count("ResolveNames"))
        connection.close()
        with pytest.raises(DirectoryUnreachableError, match="closed here"):
            asked.result(10)


def test_no_log_holds_a_message_or_a_password(
    server: ExchangeServer, connection: Connection, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    exchange = exchange_over(connection)
    with caplog.at_level(logging.DEBUG):
        connection.account()
        exchange.mailbox.append("Drafts", b"Subject: secret words\r\n\r\nsecret words\r\n")
        server.misbehave(ANY, Status(code=500))
        with pytest.raises(MailboxError):
            exchange.mailbox.append("Drafts", b"Subject: secret words\r\n\r\nsecret words\r\n")
    names = {record.name.partition(".")[0] for record in caplog.records}
    assert not names & {"exchangelib", "urllib3", "requests_ntlm", "spnego", "msal"}
    assert capfd.readouterr() == ("", "")


def test_nothing_is_written_to_the_temporary_folder(server: ExchangeServer, connection: Connection) -> None:
    before = set(Path(tempfile.gettempdir()).glob("exchangelib*"))
    exchange = exchange_over(connection)
    exchange.directories[0].lookup(BOB)
    exchange.mailbox.page("Inbox", offset=0, limit=1)
    assert set(Path(tempfile.gettempdir()).glob("exchangelib*")) == before


def test_an_account_is_opened_without_loading_exchangelib() -> None:
    code = (
        "import sys, smimetui.adapters.exchange.opening as o\n"
        "from smimetui.adapters.settings import AccountSettings\n"
        "class S:\n"
        "    def secret(self, name): return 'x'\n"
        "kept = AccountSettings(address='a@b.c', backend='exchange', endpoint='https://b.c', auth='ntlm')\n"
        "o.open_exchange(kept, S())\n"
        "print([m for m in ('exchangelib', 'requests', 'msal', 'lxml') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_refused_login_is_told_and_a_new_one_counts_from_the_next_request_on(server: ExchangeServer) -> None:
    told: list[str] = []
    place = Place(address=ALICE, endpoint=server.url, auth="basic")
    connection = Connection(place, Password("wrong"), on_refused=lambda: told.append("refused"))
    with pytest.raises(DirectoryRefusedError):
        log_in(connection)
    assert told == ["refused"]
    connection.log_in_by(Password(PASSWORD))
    assert log_in(connection).version
    connection.close()
    connection.log_in_by(Password(PASSWORD))
    with pytest.raises(DirectoryUnreachableError, match="closed here"):
        log_in(connection)
    assert told == ["refused"]
