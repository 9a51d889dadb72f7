"""Autodiscover ([MS-OXDSCLI]): from an address and a login to the web service's URL. Asked only while setting up.

Our own, since exchangelib's keeps what it finds in the temporary folder, and tries the login on any host that answers.
Here the login goes to a host of the address's own domain, over TLS, and only where it asked for one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.sax.saxutils import escape

import requests
from lxml import etree

from smimetui.adapters.exchange.failures import explain
from smimetui.adapters.exchange.place import Auth, Place, SecretSource, checked_endpoint, is_loopback
from smimetui.adapters.exchange.protocol import login_auth
from smimetui.adapters.exchange.web import silence, tls_context, web_session
from smimetui.model.address import Address, parse_address
from smimetui.model.errors import AddressError, AuthenticationFailedError, ConfigError, DirectoryUnreachableError

_REQUEST = """<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"><Request>\
<EMailAddress>{address}</EMailAddress><AcceptableResponseSchema>\
http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a\
</AcceptableResponseSchema></Request></Autodiscover>"""
_SCHEMA = {"o": "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"}
PATH = "/autodiscover/autodiscover.xml"
# From outside first: the inner addresses need not be reachable here.
_KINDS = ("EXPR", "EXHTTP", "EXCH")
_MOST_STEPS = 10
_SECONDS = 10.0
_OK, _UNAUTHORIZED = 200, 401
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True)


def usual_places(address: Address) -> tuple[str, ...]:
    """Return where an address's server is asked for, in this order."""
    return (f"https://autodiscover.{address.domain}{PATH}", f"https://{address.domain}{PATH}")


def offered_auth(answer: requests.Response) -> Auth | None:
    """Return the way to log in that a 401 offers: NTLM, which does not tell the password, before basic."""
    offered = answer.headers.get("WWW-Authenticate", "").lower()
    if "ntlm" in offered or "negotiate" in offered:
        return "ntlm"
    if "basic" in offered:
        return "basic"
    return "oauth" if "bearer" in offered else None


def asked_auth(place: Place) -> Auth | None:
    """Return how a web service lets people in, asked without a login; None where it does not say.

    Raises what requests raises.
    """
    with web_session(tls_context(place.anchors), place.endpoint) as session:
        answer = _post(session, place.endpoint, b"", {"Content-Type": "text/xml; charset=utf-8"})
    return offered_auth(answer) if answer.status_code == _UNAUTHORIZED else None


def discover(place: Place, source: SecretSource, urls: Sequence[str] = (), *, auth: Auth | None = None) -> str:
    """Return the web service's URL for the place's address; its endpoint and login are not looked at.

    Without `auth` the server's own offer decides.

    Raises DirectoryUnreachableError where nothing answers, AuthenticationFailedError where the login is refused,
    ConfigError where the answer is another organisation's server.
    """
    silence()
    search = _Search(place, source, auth)
    asked = urls or usual_places(place.address)
    failures = []
    for url in asked:
        try:
            found = search.ask(checked_endpoint(url), place.address)
        except (requests.RequestException, OSError, etree.XMLSyntaxError) as error:
            failures.append(explain(error, urlsplit(url).hostname or url))
            continue
        if found:
            return checked_endpoint(found)
    if search.refused:
        raise AuthenticationFailedError(f"{search.refused} refused the login", "check the name and the password")
    # Of several places most do not exist; where one was named, its failure is the reason.
    for failure in failures:
        if failure.is_tls or urls:
            raise DirectoryUnreachableError(failure.summary, failure.hint)
    places = " and ".join(urlsplit(url).hostname or url for url in asked)
    raise DirectoryUnreachableError(
        f"no Exchange server was found for {place.address.domain} (asked {places})",
        "give its web service: --endpoint URL",
    )


class _Search:
    """One search: what was asked so far, and who refused the login."""

    def __init__(self, place: Place, source: SecretSource, auth: Auth | None) -> None:
        self._place = place
        self._auth = auth
        self._source = source
        self._context = tls_context(place.anchors)
        self._steps = 0
        self.refused = ""

    def ask(self, url: str, address: Address) -> str:
        """Return the web service's URL, or nothing. Raises what requests raises."""
        self._steps += 1
        if self._steps > _MOST_STEPS:
            return ""
        with web_session(self._context, url) as session:
            body = _REQUEST.format(address=escape(address.spec)).encode()
            headers = {"Content-Type": "text/xml; charset=utf-8"}
            answer = _post(session, url, body, headers)
            if answer.status_code == _UNAUTHORIZED:
                auth = self._auth or offered_auth(answer) or "basic"
                login = login_auth(replace(self._place, auth=auth), self._source)
                answer = _post(session, url, body, headers, login)
        if answer.status_code == _UNAUTHORIZED:
            self.refused = urlsplit(url).hostname or url
            return ""
        if answer.status_code in _REDIRECTS:
            return self._follow(url, urljoin(url, answer.headers.get("Location", "")), address)
        return self._read(url, answer.content, address) if answer.status_code == _OK else ""

    def _follow(self, url: str, to: str, address: Address) -> str:
        self._check(url, to)
        return self.ask(to, address)

    def _check(self, url: str, to: str) -> None:
        """Raise ConfigError for a redirection out of the organisation: the person decides who gets the password."""
        host = urlsplit(to).hostname or ""
        domain = self._place.address.domain.lower()
        if urlsplit(to).scheme == "https" and (host == domain or host.endswith(f".{domain}")):
            return
        if is_loopback(host) and is_loopback(urlsplit(url).hostname or ""):
            return
        raise ConfigError(
            f"{urlsplit(url).hostname} points to {to}, which is not {domain}'s",
            "if that is right, give the server: --endpoint URL",
        )

    def _read(self, url: str, content: bytes, address: Address) -> str:
        root = etree.fromstring(content, _PARSER)
        account = root.find("o:Response/o:Account", _SCHEMA)
        if account is None:
            return ""
        if other := account.findtext("o:RedirectUrl", "", _SCHEMA).strip():
            return self._follow(url, other, address)
        if other := account.findtext("o:RedirectAddr", "", _SCHEMA).strip():
            return self._as(url, other, address)
        return next(_endpoints(account), "")

    def _as(self, url: str, other: str, address: Address) -> str:
        """Ask for the address that this one stands for."""
        try:
            renamed = parse_address(other)
        except AddressError:
            return ""
        return self.ask(url, renamed) if renamed != address else ""


def _post(session: requests.Session, url: str, body: bytes, headers: dict[str, str], auth: Any = None) -> Any:
    return session.post(url, data=body, headers=headers, auth=auth, timeout=_SECONDS, allow_redirects=False)


def _endpoints(account: Any) -> Iterator[str]:
    protocols = {
        protocol.findtext("o:Type", "", _SCHEMA).strip(): protocol.findtext("o:EwsUrl", "", _SCHEMA).strip()
        for protocol in account.iterfind("o:Protocol", _SCHEMA)
    }
    yield from (protocols[kind] for kind in _KINDS if protocols.get(kind))
