"""Who gets in: basic, NTLM and bearer logins, over plain HTTP and TLS."""

import base64
import ssl
import struct
import tempfile
from pathlib import Path

import pytest
import requests
from exchangelib import BASIC, NTLM, close_connections
from exchangelib.errors import EWSError, TransportError, UnauthorizedError
from requests_ntlm import HttpNtlmAuth

from smimetui.demo.exchange import ExchangeServer, Scheme, Tls
from smimetui.demo.exchange.ntlm import NtlmError, make_challenge, md4, message_type, read_proof
from tests.exchange.clients import ALICE, BOB, PASSWORD, account, basic, post, resolve, soap
from tests.exchange.conftest import furnish


@pytest.mark.parametrize("auth", [BASIC, NTLM])
def test_exchangelib_gets_in_with_the_password(server: ExchangeServer, auth: str) -> None:
    assert account(server, auth=auth).inbox.name == "Inbox"


@pytest.mark.parametrize("auth", [BASIC, NTLM])
@pytest.mark.parametrize("password", ["wrong", PASSWORD.upper()])
def test_a_wrong_password_stays_outside(server: ExchangeServer, auth: str, password: str) -> None:
    with pytest.raises(UnauthorizedError):
        _ = account(server, auth=auth, password=password).inbox


@pytest.mark.parametrize("auth", [BASIC, NTLM])
@pytest.mark.parametrize("user", ["CORP\\alice", "alice@corp.example", "ALICE@corp.example", "corp.example\\alice"])
def test_a_person_is_known_by_address_and_by_domain_name(server: ExchangeServer, auth: str, user: str) -> None:
    assert account(server, auth=auth, user=user).inbox.name == "Inbox"


def test_ntlm_authenticates_the_connection_not_the_request(server: ExchangeServer) -> None:
    alice = account(server, auth=NTLM)
    assert alice.inbox.name == "Inbox"
    refused = server.front.refused_logins
    assert alice.drafts.name == "Drafts"
    assert server.front.refused_logins == refused


def test_a_stranger_stays_outside(server: ExchangeServer) -> None:
    with pytest.raises(UnauthorizedError):
        _ = account(server, user="mallory@corp.example").inbox


def test_without_a_login_the_schemes_are_offered(server: ExchangeServer) -> None:
    reply = requests.post(server.url, data=soap(resolve("a")), timeout=20)
    assert reply.status_code == 401
    assert reply.headers["WWW-Authenticate"] == 'NTLM, Basic realm="ex01"'


def test_a_scheme_that_is_not_offered_does_not_open() -> None:
    with ExchangeServer(schemes=[Scheme.NTLM]) as server:
        furnish(server)
        with pytest.raises(UnauthorizedError):
            _ = account(server, auth=BASIC).inbox
        close_connections()  # exchangelib keeps protocols by endpoint and credentials, whatever the scheme
        assert account(server, auth=NTLM).inbox.name == "Inbox"


def test_a_bearer_token_opens_the_mailbox_it_was_made_for() -> None:
    with ExchangeServer(schemes=[Scheme.BEARER]) as server:
        furnish(server)
        server.accept_token("t0ken", ALICE)
        body = soap(resolve("bob"))
        assert post(server.url, body, headers={"Authorization": "Bearer t0ken"}).status == 200
        assert post(server.url, body, headers={"Authorization": "Bearer other"}).status == 401
        assert server.requests[-1].address == ALICE


@pytest.mark.parametrize("value", ["Basic", "Basic !!!", "Basic /w==", "NTLM", "NTLM AAAA", "NTLM !!!", "Magic abc"])
def test_broken_credentials_are_refused(server: ExchangeServer, value: str) -> None:
    assert post(server.url, soap(resolve("a")), headers={"Authorization": value}).status == 401


def test_an_expired_password_closes_open_connections_too(server: ExchangeServer) -> None:
    alice = account(server, auth=NTLM)
    assert alice.inbox.name == "Inbox"
    server.expire_password(ALICE)
    with pytest.raises(UnauthorizedError):
        _ = alice.drafts
    server.renew_password(ALICE, "new")
    assert account(server, auth=NTLM, password="new").inbox.name == "Inbox"


@pytest.mark.parametrize("auth", [BASIC, NTLM])
def test_tls_with_a_private_ca_is_believed_with_that_ca(auth: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with ExchangeServer(tls=Tls.PRIVATE_CA) as server:
        furnish(server)
        with pytest.raises(TransportError, match="CERTIFICATE_VERIFY_FAILED"):
            _ = account(server, auth=auth).inbox
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.ca_file))
        assert account(server, auth=auth).inbox.name == "Inbox"
    assert server.front.crashes == []


@pytest.mark.parametrize("tls", [Tls.SELF_SIGNED, Tls.EXPIRED, Tls.OTHER_NAME])
def test_tls_that_nobody_should_believe_is_not_believed(tls: Tls, monkeypatch: pytest.MonkeyPatch) -> None:
    with ExchangeServer(tls=tls) as server:
        furnish(server)
        if tls is not Tls.SELF_SIGNED:
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.ca_file))
        with pytest.raises(EWSError, match="CERTIFICATE_VERIFY_FAILED"):
            _ = account(server).inbox


def test_a_proof_that_is_not_bound_to_the_tls_channel_is_refused() -> None:
    with ExchangeServer(tls=Tls.PRIVATE_CA) as server:
        furnish(server)
        answers = [
            requests.post(
                server.url,
                data=soap(resolve("bob")),
                auth=HttpNtlmAuth(ALICE, PASSWORD, send_cbt=bound),
                verify=str(server.ca_file),
                timeout=20,
            ).status_code
            for bound in (True, False)
        ]
        assert answers == [200, 401]


def test_the_server_without_tls_has_no_ca() -> None:
    with ExchangeServer() as server, pytest.raises(ValueError, match="plain HTTP"):
        _ = server.ca_file


def test_the_tls_key_is_gone_with_the_server_and_was_nobody_else_s_to_read() -> None:
    with ExchangeServer(tls=Tls.PRIVATE_CA) as server:
        key = server.ca_file.with_name("server.key")
        assert key.stat().st_mode & 0o077 == 0
    assert not key.parent.exists()


def test_plain_http_on_the_tls_port_is_nobody_s_crash() -> None:
    with ExchangeServer(tls=Tls.PRIVATE_CA) as server:
        furnish(server)
        with pytest.raises((requests.ConnectionError, requests.exceptions.InvalidSchema)):
            requests.post(server.url.replace("https", "http"), data=b"x", timeout=20)
        context = ssl.create_default_context(cafile=str(server.ca_file))
        assert post(server.url, soap(resolve("bob")), context=context).status == 200
    assert server.front.crashes == []


def test_passwords_show_in_no_representation(server: ExchangeServer) -> None:
    assert PASSWORD not in repr(server.door.accounts)
    assert base64.b64encode(PASSWORD.encode()).decode() not in repr(server.requests)
    assert basic(BOB, "x") != basic()


@pytest.mark.parametrize(
    ("message", "digest"),
    [
        (b"", "31d6cfe0d16ae931b73c59d7e0c089c0"),
        (b"abc", "a448017aaf21d8525fc10ae87aa6729d"),
        (b"1234567890" * 8, "e33b4ddc9c38f2199c3e7b164fcc0536"),
    ],
)
def test_md4_is_that_of_rfc_1320(message: bytes, digest: str) -> None:
    assert md4(message).hex() == digest


def test_ntlm_messages_that_are_none_are_refused() -> None:
    with pytest.raises(NtlmError):
        message_type(b"HTTP")
    for token in (b"NTLMSSP\0" + struct.pack("<I", 3), make_challenge(b"12345678", domain="A", host="b.c")):
        with pytest.raises(NtlmError):
            read_proof(token)


def test_a_server_without_tls_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with ExchangeServer():
        assert list(tmp_path.iterdir()) == []
    with ExchangeServer(tls=Tls.PRIVATE_CA) as server:
        assert server.ca_file.parent.parent == tmp_path
    assert list(tmp_path.iterdir()) == []
