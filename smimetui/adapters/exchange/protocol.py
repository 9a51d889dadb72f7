"""exchangelib's account and protocol, made to fail at once, to say what happened, and to ask nothing at the start."""

import ssl
from contextlib import suppress
from itertools import count
from typing import Any
from urllib.parse import urljoin
from weakref import WeakSet

import requests
from exchangelib import DELEGATE, UTC, Account, Build, Configuration, FailFast, Version
from exchangelib.errors import SessionPoolMinSizeReached, TransportError, UnauthorizedError
from exchangelib.protocol import Protocol
from exchangelib.transport import DEFAULT_HEADERS, NOAUTH
from exchangelib.util import is_xml
from requests.auth import AuthBase, HTTPBasicAuth
from requests_ntlm import HttpNtlmAuth

from smimetui.adapters.exchange.place import Place, SecretSource
from smimetui.adapters.exchange.web import web_session

# What a server older than the request's version answers makes exchangelib ask again as an older client.
_NEWEST = Build(15, 1)
_OK, _UNAUTHORIZED, _SERVER_ERROR = 200, 401, 500
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class HttpStatusError(TransportError):  # type: ignore[misc] # exchangelib has no types
    """An answer that is no answer of the web service: its HTTP status, and what the server says about it."""

    def __init__(self, status: int, detail: str = "", wait: float = 0.0) -> None:
        super().__init__(f"HTTP {status} {detail}".rstrip())
        self.status = status
        self.detail = detail
        self.wait = wait
        """Seconds that the server asks to wait."""


class RedirectedError(TransportError):  # type: ignore[misc]
    """The server points elsewhere. It is not followed: the login would go along."""

    def __init__(self, url: str) -> None:
        super().__init__(f"redirected to {url}")
        self.url = url


class StatusPolicy(FailFast):  # type: ignore[misc]
    """Fail at once, and by the status as it came: exchangelib's own words hide it."""

    def raise_response_errors(self, response: requests.Response) -> None:
        """Raise for everything but an answer of the web service, which comes as 200, and as 500 for a SOAP fault."""
        status = response.status_code
        if status == _OK or (status == _SERVER_ERROR and is_xml(response.content)):
            return
        if status == _UNAUTHORIZED:
            raise UnauthorizedError(response.headers.get("X-CasErrorCode", "") or response.reason or "")
        if status in _REDIRECTS:
            raise RedirectedError(urljoin(response.url, response.headers.get("Location", "")))
        wait = response.headers.get("Retry-After", "")
        raise HttpStatusError(
            status, response.headers.get("X-CasErrorCode", ""), float(wait) if wait.isdecimal() else 0.0
        )


class EwsProtocol(Protocol):  # type: ignore[misc]
    """Sessions with our TLS and login. Made by `open_account`, past exchangelib's cache of protocols."""

    RETRY_WAIT = 0
    """So that a back-off is what the server asked for, and not exchangelib's guess."""

    def __init__(
        self, config: Any, *, place: Place, source: SecretSource, context: ssl.SSLContext, timeout: float
    ) -> None:
        super().__init__(config=config)
        self.TIMEOUT = timeout
        self._place = place
        self._source: SecretSource | None = source
        self._context = context
        self._numbers = count(1)
        self._sessions: WeakSet[Any] = WeakSet()

    def create_session(self) -> Any:
        """Return a session that logs in as this account does; after `shut` one that is closed, and refuses to send."""
        session: Any = self.raw_session(self.service_endpoint)
        self._sessions.add(session)
        source = self._source
        if source is None:
            session.close()
        else:
            session.auth = login_auth(self._place, source)
        session.session_id = next(self._numbers)
        session.usage_count = 0
        return session

    def raw_session(self, prefix: str, **_: Any) -> Any:
        """Return a session without login."""
        session = web_session(self._context, prefix)
        session.headers.update(DEFAULT_HEADERS)
        return session

    def shut(self) -> None:
        """Close for good, and know no password any more; a request that is under way is the last."""
        self._source = None
        for session in list(self._sessions):
            session.close()
            session.auth = None
        self.close()

    def decrease_poolsize(self) -> None:
        """Keep the pool: exchangelib takes its lock twice here, and waits for ever when all sessions are in use."""
        raise SessionPoolMinSizeReached("the pool keeps its size")


class BearerAuth(AuthBase):
    """OAuth 2.0: a token that is asked for with each request, so that it may be renewed in between."""

    def __init__(self, source: SecretSource) -> None:
        self._source = source

    def __call__(self, request: Any) -> Any:
        """Put the token into the request."""
        request.headers["Authorization"] = f"Bearer {self._source.secret()}"
        return request


def login_auth(place: Place, source: SecretSource) -> AuthBase:
    """Return how to log in at this place. Raises SmimetuiError where there is no password."""
    if place.auth == "oauth":
        return BearerAuth(source)
    if place.auth == "ntlm":
        # A name without a domain is looked up in the server's own; an address is told from a name by the backslash.
        user = place.user if "\\" in place.user else f"\\{place.user}"
        return HttpNtlmAuth(user, source.secret())
    return _basic(place.user, source.secret())


def _basic(user: str, password: str) -> HTTPBasicAuth:
    try:
        for text in (user, password):
            text.encode("latin-1")
    except UnicodeEncodeError:
        return HTTPBasicAuth(user.encode(), password.encode())
    return HTTPBasicAuth(user, password)


def open_account(
    place: Place, source: SecretSource, *, context: ssl.SSLContext, timeout: float, most_at_once: int
) -> Any:
    """Return exchangelib's account for a place whose endpoint, login and version are known. Asks nothing of anybody."""
    config = Configuration(
        service_endpoint=place.endpoint,
        # Sessions log in by themselves: no copy of the password stands in exchangelib's objects.
        auth_type=NOAUTH,
        version=_version(place.version),
        retry_policy=StatusPolicy(),
        max_connections=most_at_once,
    )
    account = Account(
        primary_smtp_address=place.address.spec,
        access_type=DELEGATE,
        config=config,
        default_timezone=UTC,
        locale="en_US",
    )
    with suppress(KeyError):
        del Protocol[config]
    # The metaclass would hand out one protocol for all accounts at an endpoint.
    account.protocol = type.__call__(EwsProtocol, config, place=place, source=source, context=context, timeout=timeout)
    return account


def _version(text: str) -> Any:
    parts = text.split(".")
    try:
        build = Build(*map(int, parts[:4])) if len(parts) > 1 else _NEWEST
        return Version(build=build, api_version=build.api_version())
    except ValueError:
        return Version(build=_NEWEST, api_version=_NEWEST.api_version())
