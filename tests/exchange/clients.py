"""Clients for the server's tests: exchangelib, and plain HTTP with SOAP made by hand."""

import base64
import http.client
import ssl
from dataclasses import dataclass
from urllib.parse import urlparse

from exchangelib import BASIC, DELEGATE, Account, Configuration, Credentials, EWSTimeZone, Version
from exchangelib.protocol import BaseProtocol, FailFast
from exchangelib.version import EXCHANGE_2019

from smimetui.demo.exchange import ExchangeServer
from smimetui.demo.exchange.markup import MESSAGES, SOAP, TYPES, Node, parse

ALICE, BOB, PASSWORD = "alice@corp.example", "bob@corp.example", "sesame öffne dich"
LETTER = (
    b"From: Alice Archer <alice@corp.example>\r\nTo: Bob <bob@corp.example>\r\nSubject: The plan\r\n"
    b"Message-ID: <plan@corp.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nSee you.\r\n"
)


def account(
    server: ExchangeServer,
    *,
    auth: str = BASIC,
    password: str = PASSWORD,
    user: str = ALICE,
    timeout: float | None = None,
) -> Account:
    """Return an exchangelib account; making it asks the server nothing."""
    BaseProtocol.TIMEOUT = timeout or 20
    configuration = Configuration(
        service_endpoint=server.url,
        credentials=Credentials(user, password),
        auth_type=auth,
        version=Version(EXCHANGE_2019),
        retry_policy=FailFast(),
        max_connections=8,
    )
    return Account(
        ALICE, config=configuration, access_type=DELEGATE, autodiscover=False, default_timezone=EWSTimeZone("UTC")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back over HTTP."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def root(self) -> Node:
        return parse(self.body)

    def find(self, tag: str) -> Node:
        return next(node for node in walk(self.root) if node.tag == tag)

    @property
    def code(self) -> str:
        """The response code, of a fault or of the first message."""
        return next(node.text for node in walk(self.root) if node.name == "ResponseCode")


def walk(node: Node) -> list[Node]:
    return [node, *(below for child in node.children for below in walk(child))]


def basic(user: str = ALICE, password: str = PASSWORD) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def soap(content: str, *, version: str = "Exchange2016") -> bytes:
    """Return a SOAP envelope around a request, with the usual prefixes."""
    return (
        f'<s:Envelope xmlns:s="{SOAP[1:-1]}" xmlns:m="{MESSAGES[1:-1]}" xmlns:t="{TYPES[1:-1]}">'
        f'<s:Header><t:RequestServerVersion Version="{version}"/></s:Header><s:Body>{content}</s:Body></s:Envelope>'
    ).encode()


def post(
    url: str,
    body: bytes,
    *,
    headers: dict[str, str] | None = None,
    method: str = "POST",
    context: ssl.SSLContext | None = None,
) -> Reply:
    """Send one request on a connection of its own."""
    place = urlparse(url)
    assert place.hostname
    connection = (
        http.client.HTTPSConnection(place.hostname, place.port, timeout=20, context=context)
        if place.scheme == "https"
        else http.client.HTTPConnection(place.hostname, place.port, timeout=20)
    )
    try:
        connection.request(method, place.path, body, basic() if headers is None else headers)
        answer = connection.getresponse()
        return Reply(status=answer.status, headers={k.lower(): v for k, v in answer.getheaders()}, body=answer.read())
    finally:
        connection.close()


def ask(server: ExchangeServer, content: str) -> Reply:
    """Send an EWS request."""
    return post(server.url, soap(content))


def resolve(text: str, *, attributes: str = 'ReturnFullContactData="false"') -> str:
    return f"<m:ResolveNames {attributes}><m:UnresolvedEntry>{text}</m:UnresolvedEntry></m:ResolveNames>"
