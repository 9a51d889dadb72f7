"""HTTPS as every request to an Exchange server uses it: whose certificates count, and how much is read."""

import logging
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakSet

import certifi
import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import ChunkedEncodingError
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from smimetui.adapters.exchange.place import is_loopback
from smimetui.model.errors import ConfigError

_PIECE = 65_536
MOST_BYTES = 200_000_000
"""Octets of the longest answer: a message of 100 MB in base64, and some."""
_OK, _UNAUTHORIZED = 200, 401
_TALKATIVE = ("exchangelib", "msal", "oauthlib", "requests_ntlm", "requests_oauthlib", "spnego", "urllib3")


def silence() -> None:
    """Keep these libraries from logging: at DEBUG and ERROR exchangelib writes whole messages, msal and spnego logins.

    Without any handler Python itself would write warnings on the screen.
    """
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def tls_context(anchors: Sequence[str] = ()) -> ssl.SSLContext:
    """Return a context that trusts the system's authorities, certifi's, and the PEM texts `anchors`.

    Raises ConfigError for text that holds no certificate.
    """
    context = ssl.create_default_context()
    context.load_verify_locations(cafile=certifi.where())
    # Private authorities seldom keep to the letter of RFC 5280, and one may be given without its root.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    for pem in anchors:
        try:
            context.load_verify_locations(cadata=pem)
        except (ssl.SSLError, ValueError) as error:
            raise ConfigError("the private authority's file holds no certificate", "give a PEM file") from error
    return context


class ClosedError(requests.exceptions.ConnectionError):
    """The account was closed here."""


class WebAdapter(HTTPAdapter):
    """One connection with our own TLS context; reads answers whole, to a limit, and refuses those cut short."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._sockets: WeakSet[socket.socket] = WeakSet()
        self._streams = self._closed = False
        # Nothing is ever sent twice by itself.
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0, pool_block=True)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pool with our context."""
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)
        self._track(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Make a proxy's pool with our context."""
        manager = super().proxy_manager_for(proxy, ssl_context=self._context, **kwargs)
        self._track(manager)
        return manager

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:  # noqa: ARG002 - the library's signature
        """Verify always, and by the context alone: no environment variable turns it off."""
        conn.cert_reqs = "CERT_REQUIRED"
        conn.ca_certs = conn.ca_cert_dir = None

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:  # noqa: ARG002
        """Likewise for the way newer versions of the library take."""
        return super().build_connection_pool_key_attributes(request, True, cert)

    def send(self, request: Any, stream: bool = False, *args: Any, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002
        """Send, and read the answer unless it is a stream.

        An XML document without its end is an error here: exchangelib's parser would take what there is for all.
        """
        if self._closed:
            raise ClosedError("this connection was closed")
        self._streams = self._streams or stream
        response = super().send(request, stream, *args, **kwargs)
        if stream or response.status_code == _UNAUTHORIZED:
            # NTLM looks at the connection of an answer that was not read yet.
            return response
        content = b"".join(_limited(response))
        if response.status_code == _OK and b"Envelope" in content[:500] and not _ends_envelope(content):
            raise ChunkedEncodingError("the answer is cut short")
        response._content = content  # noqa: SLF001 - as if it had been read by the library itself
        response._content_consumed = True  # noqa: SLF001
        return response

    def close(self) -> None:
        """Close for good: what is idle at once, a request that is under way when it is done, an open stream now."""
        self._closed = True
        super().close()
        if self._streams:
            for found in list(self._sockets):
                with suppress(OSError):
                    # Past TLS: whoever waits for the rest of the answer wakes up.
                    socket.socket.shutdown(found, socket.SHUT_RDWR)

    def _track(self, manager: Any) -> None:
        """Have the sockets of a manager's connections known here: requests hides them."""
        sockets = self._sockets

        def tracked(pool: Any) -> Any:
            def connect(connection: Any) -> None:
                pool.ConnectionCls.connect(connection)
                sockets.add(connection.sock)

            kind = type(pool.ConnectionCls.__name__, (pool.ConnectionCls,), {"connect": connect})
            return type(pool.__name__, (pool,), {"ConnectionCls": kind})

        manager.pool_classes_by_scheme = {"http": tracked(HTTPConnectionPool), "https": tracked(HTTPSConnectionPool)}


def web_session(context: ssl.SSLContext, url: str) -> requests.Session:
    """Return a session whose every connection keeps to the rules above; proxies of the system do not count at home."""
    session = requests.Session()
    session.trust_env = not is_loopback(urlsplit(url).hostname or "")
    session.headers["User-Agent"] = "smimetui"
    session.mount("https://", WebAdapter(context))
    session.mount("http://", WebAdapter(context))
    return session


def _limited(response: requests.Response) -> list[bytes]:
    pieces, size = [], 0
    for piece in response.iter_content(_PIECE):
        size += len(piece)
        if size > MOST_BYTES:
            response.close()
            raise ChunkedEncodingError("the answer is too long")
        pieces.append(piece)
    return pieces


def _ends_envelope(content: bytes) -> bool:
    return content.rstrip()[-40:].endswith(b"Envelope>")
