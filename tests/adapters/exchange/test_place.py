"""Endpoints: what may be asked with a password, and what a person may type."""

import pytest

from smimetui.adapters.exchange.place import Password, Place, checked_endpoint, is_loopback
from smimetui.model.errors import ConfigError
from tests.adapters.exchange.people import ALICE


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("mail.corp.example", "https://mail.corp.example/EWS/Exchange.asmx"),
        (" https://mail.corp.example/ ", "https://mail.corp.example/EWS/Exchange.asmx"),
        ("https://mail.corp.example:444/ews/exchange.asmx", "https://mail.corp.example:444/ews/exchange.asmx"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/EWS/Exchange.asmx"),
        ("http://[::1]/x", "http://[::1]/x"),
        ("http://localhost/x", "http://localhost/x"),
    ],
)
def test_a_host_or_a_url_is_an_endpoint(typed: str, url: str) -> None:
    assert checked_endpoint(typed) == url


@pytest.mark.parametrize("typed", ["http://mail.corp.example/EWS/Exchange.asmx", "http://127.0.0.1.evil.example/"])
def test_plain_http_is_for_this_computer_alone(typed: str) -> None:
    with pytest.raises(ConfigError, match="would send the password in the clear"):
        checked_endpoint(typed)


@pytest.mark.parametrize(
    "typed", ["", "ftp://x.example", "https://", "https://user:pw@x.example/", "https://x.example/?a=b", "https://[x"]
)
def test_what_is_no_web_services_address_is_said(typed: str) -> None:
    with pytest.raises(ConfigError, match="is not an address of a web service"):
        checked_endpoint(typed)


@pytest.mark.parametrize(("host", "own"), [("127.9.9.9", True), ("10.0.0.1", False), ("corp.example", False)])
def test_this_computer_is_known_by_its_addresses(host: str, *, own: bool) -> None:
    assert is_loopback(host) is own


def test_a_place_has_a_host_and_a_user() -> None:
    place = Place(address=ALICE, endpoint="https://mail.corp.example/EWS/Exchange.asmx", auth="ntlm")
    assert (place.host, place.user) == ("mail.corp.example", "alice@corp.example")
    assert Place(address=ALICE, endpoint="nowhere", auth="ntlm", login="CORP\\alice").user == "CORP\\alice"
    assert "secret" not in repr(Password("secret"))
