"""Autodiscover, as exchangelib asks (SOAP) and as Outlook does (plain XML)."""

import pytest
from exchangelib import BASIC, Configuration, Credentials
from exchangelib.autodiscover.protocol import AutodiscoverProtocol
from exchangelib.protocol import FailFast

from smimetui.demo.exchange import ExchangeServer
from tests.exchange.clients import ALICE, PASSWORD, Reply, post, walk

POX = (
    '<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"><Request>'
    "<EMailAddress>{}</EMailAddress><AcceptableResponseSchema>"
    "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a</AcceptableResponseSchema>"
    "</Request></Autodiscover>"
)


def protocol(server: ExchangeServer) -> AutodiscoverProtocol:
    configuration = Configuration(
        service_endpoint=server.autodiscover_soap_url,
        credentials=Credentials(ALICE, PASSWORD),
        auth_type=BASIC,
        retry_policy=FailFast(),
    )
    return AutodiscoverProtocol(config=configuration)


def said(reply: Reply, name: str) -> list[str]:
    return [node.text for node in walk(reply.root) if node.name == name]


def test_exchangelib_learns_the_endpoint_and_the_version(server: ExchangeServer) -> None:
    asked = protocol(server)
    answer = asked.get_user_settings(ALICE)
    assert answer.ews_url == server.url
    assert answer.autodiscover_smtp_address == ALICE
    assert answer.version.build.major_version == 15
    asked.close()


def test_exchangelib_learns_of_a_stranger_and_of_a_move(server: ExchangeServer) -> None:
    asked = protocol(server)
    assert asked.get_user_settings("nobody@corp.example").error_code == "InvalidUser"
    server.front.places.moved_to = "alice@new.example"
    assert asked.get_user_settings(ALICE).redirect_address == "alice@new.example"
    asked.close()


def test_plain_autodiscover_names_the_endpoint(server: ExchangeServer) -> None:
    reply = post(server.autodiscover_url, POX.format(ALICE).encode())
    assert said(reply, "EwsUrl") == [server.url, server.url]
    assert said(reply, "DisplayName") == ["Alice Archer"]
    assert server.count("Autodiscover") == 1


def test_plain_autodiscover_says_what_is_wrong(server: ExchangeServer) -> None:
    assert said(post(server.autodiscover_url, POX.format("nobody@corp.example").encode()), "ErrorCode") == ["500"]
    assert said(post(server.autodiscover_url, b"<a/>"), "ErrorCode") == ["600"]
    assert said(post(server.autodiscover_url, b"?"), "ErrorCode") == ["600"]
    server.front.places.moved_to = "alice@new.example"
    assert said(post(server.autodiscover_url, POX.format(ALICE).encode()), "RedirectAddr") == ["alice@new.example"]
    assert post(server.autodiscover_url, POX.format(ALICE).encode(), headers={}).status == 401


@pytest.mark.parametrize("body", [b"", b"<a/>", b"<a"])
def test_soap_autodiscover_refuses_what_is_no_request(server: ExchangeServer, body: bytes) -> None:
    assert post(server.autodiscover_soap_url, body).status == 400
