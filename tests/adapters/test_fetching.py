"""Fetching: what is asked, what is taken, and that nothing a server does keeps anybody waiting."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509

from smimetui.adapters.fetching import Question, fetch, may_connect
from tests.pki import SERVER, make_authority
from tests.published import Web, publishing


@pytest.fixture
def web() -> Iterator[Web]:
    with publishing() as server:
        yield server


def ask(
    uri: str, *, seconds: float = 5, most: int = 1000, inside: bool = True, body: bytes | None = None
) -> bytes | None:
    question = Question(uri=uri, most=most, inside=inside, body=body, content_type="application/x" if body else "")
    return fetch(question, seconds=seconds)


def test_an_answer_is_what_the_server_sent(web: Web) -> None:
    assert ask(web.put("/a?b=c", b"content")) == b"content"
    assert web.requests == [("GET", "/a?b=c")]


def test_a_question_with_a_body_is_posted(web: Web) -> None:
    assert ask(web.put("/", b"answer"), body=b"question") == b"answer"
    assert (web.requests, web.bodies) == ([("POST", "/")], [b"question"])
    assert web.headers[0]["Content-Type"] == "application/x"


def test_a_request_says_nothing_of_the_person(web: Web) -> None:
    ask(web.put("/a", b"x"))
    assert set(web.headers[0]) == {"Host", "Accept", "Accept-Encoding", "User-Agent", "Connection"}
    assert web.headers[0]["User-Agent"] == "smimetui"


def test_no_proxy_is_used(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert ask(web.put("/a", b"x")) == b"x"


def test_what_is_not_there_is_no_answer(web: Web) -> None:
    assert ask(web.uri("/missing")) is None


def test_nobody_listening_is_no_answer(web: Web) -> None:
    with publishing() as gone:
        uri = gone.uri("/a")
    assert ask(uri) is None


@pytest.mark.parametrize(
    "uri",
    [
        "ftp://127.0.0.1/a",
        "file:///etc/passwd",
        "ldap:///CN=x",
        "http://user:secret@127.0.0.1/",
        "http://",
        "http:///a",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:x/",
        "http://[::1/",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/a\r\nX: y",
        "http://münchen.example/",
        "http://no-such-host.invalid/",
        "http://127.0.0.1/" + "a" * 3000,
        "",
    ],
)
def test_addresses_that_are_not_for_fetching_are_not_fetched(uri: str) -> None:
    assert ask(uri) is None


def test_a_server_that_does_not_answer_is_given_up(web: Web) -> None:
    assert ask(web.put("/a", web.hang), seconds=0.2) is None
    assert not web.closing.is_set()


def test_a_server_that_sends_drop_by_drop_is_given_up(web: Web) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not web.closing.wait(0.02):
            handler.wfile.write(b"x")

    assert ask(web.put("/a", drip), seconds=0.3) is None


@pytest.mark.parametrize("declared", [True, False])
def test_an_answer_that_is_too_long_is_none(web: Web, declared: bool) -> None:  # noqa: FBT001
    def pour(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        if declared:
            handler.send_header("Content-Length", "1001")
        handler.end_headers()
        handler.wfile.write(b"x" * 1001)

    assert ask(web.put("/a", pour)) is None
    assert ask(web.put("/b", b"x" * 1000)) == b"x" * 1000


def test_an_answer_that_breaks_off_is_none(web: Web) -> None:
    def stop(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"x" * 50)

    assert ask(web.put("/a", stop)) is None


@pytest.mark.parametrize(
    "noise", [b"", b"\x16\x03\x01\x00", b"HTTP/1.1 xyz\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"a" * 70000]
)
def test_what_is_not_http_is_no_answer(web: Web, noise: bytes) -> None:
    assert ask(web.put("/a", lambda handler: handler.wfile.write(noise) and None)) is None


def redirecting(target: str) -> object:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", target)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def test_a_redirect_to_another_place_on_the_web_is_followed(web: Web) -> None:
    web.put("/new", b"moved")
    assert ask(web.put("/old", redirecting("/new"))) == b"moved"


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://127.0.0.1/", "/old", "http://169.254.169.254/", "http://["]
)
def test_a_redirect_elsewhere_is_not(web: Web, target: str) -> None:
    assert ask(web.put("/old", redirecting(target))) is None
    assert len(web.requests) <= 3


def test_a_posted_question_is_not_redirected(web: Web) -> None:
    web.put("/new", b"moved")
    assert ask(web.put("/old", redirecting("/new")), body=b"question") is None
    assert web.paths == ["/old"]


def test_a_private_address_is_not_asked_from_outside(web: Web) -> None:
    assert ask(web.put("/a", b"x"), inside=False) is None
    assert ask(web.uri("/a").replace("127.0.0.1", "localhost"), inside=False) is None
    assert web.requests == []


def test_over_tls_the_server_must_be_who_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(UTC)
    root = make_authority("Web Root CA", not_before=now - timedelta(days=9))
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    server = root.issue(
        name="Server", key="p256", eku=(SERVER,), not_before=now - timedelta(days=9), extensions=[(names, False)]
    )
    (tmp_path / "server.pem").write_bytes(server.pem + server.key_pem)
    (tmp_path / "root.pem").write_bytes(root.pem)
    secured = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secured.load_cert_chain(tmp_path / "server.pem")
    with publishing(secured) as web:
        uri = web.put("/a", b"content")
        assert ask(uri) is None
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "root.pem"))
        assert ask(uri) == b"content"
        assert ask(uri.replace("127.0.0.1", "localhost")) is None


@pytest.mark.parametrize(
    ("address", "outside", "inside"),
    [
        ("93.184.216.34", True, True),
        ("2606:4700::1111", True, True),
        ("127.0.0.1", False, True),
        ("10.0.0.1", False, True),
        ("172.16.0.1", False, True),
        ("192.168.1.1", False, True),
        ("100.64.0.1", False, True),
        ("::1", False, True),
        ("fd00::1", False, True),
        ("::ffff:10.0.0.1", False, True),
        ("64:ff9b::10.0.0.1", False, True),
        ("2002:0a00:0001::1", False, True),
        ("169.254.169.254", False, False),
        ("::ffff:169.254.169.254", False, False),
        ("64:ff9b::169.254.169.254", False, False),
        ("fe80::1%eth0", False, False),
        ("224.0.0.1", False, False),
        ("ff02::1", False, False),
        ("0.0.0.0", False, False),
        ("::", False, False),
        ("no address", False, False),
    ],
)
def test_who_may_be_connected_to(address: str, outside: bool, inside: bool) -> None:  # noqa: FBT001
    assert may_connect(address, inside=False) is outside
    assert may_connect(address, inside=True) is inside
