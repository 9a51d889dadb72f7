"""Fetches what certificates point to, over plain HTTP: little, briefly, and from nowhere that was not meant.

Never a proxy, a cookie, a login or a redirect to another scheme. Who may be asked is decided by the address that is
connected to, not by its name: a name can be made to point into the network behind the firewall.
"""

import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import field
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from time import monotonic
from urllib.parse import SplitResult, urljoin, urlsplit

from smimetui.model.value import dataclass

_LONGEST_URI = 2000
# Authorities move their lists; a longer chase is a loop.
_MOST_REDIRECTS = 2
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_OK = 200
_PIECE = 65_536
_TRANSLATED = IPv6Network("64:ff9b::/96")
_HEADERS = {"User-Agent": "smimetui", "Accept": "*/*", "Connection": "close"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What to ask for. `uri` is as somebody else wrote it."""

    uri: str
    most: int
    """Octets of the longest answer that is taken."""
    inside: bool = False
    """It may lie in a private network, or on this computer."""
    body: bytes | None = field(default=None, repr=False)
    """Sent by POST, where there is one."""
    content_type: str = ""


def fetch(question: Question, *, seconds: float) -> bytes | None:
    """Return the answer; None where there is none, whatever the reason, after `seconds` at the latest. Never raises."""
    exchange = _Exchange(question, monotonic() + seconds)
    # Looking a name up cannot be given a time limit, so the caller does not wait for the thread but for the answer.
    threading.Thread(target=exchange.run, name="fetch", daemon=True).start()
    exchange.done.wait(seconds)
    exchange.abandon()
    return exchange.answer


def may_connect(address: str, *, inside: bool) -> bool:
    """Tell whether an IP address is one to connect to.

    Link-local addresses never are: nothing published lives there, and in the cloud the keys to the machine do.
    """
    try:
        ip = _plain(ip_address(address.partition("%")[0]))
    except ValueError:
        return False
    if ip.is_multicast or ip.is_unspecified or ip.is_link_local:
        return False
    return inside or ip.is_global


def _plain(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address inside an IPv6 address that stands for one."""
    if isinstance(ip, IPv4Address):
        return ip
    if ip in _TRANSLATED:
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip


class _Exchange:
    """One question and its answer, redirects included."""

    def __init__(self, question: Question, deadline: float) -> None:
        self._question = question
        self._deadline = deadline
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self.done = threading.Event()
        self.answer: bytes | None = None

    def run(self) -> None:
        with suppress(OSError, HTTPException, ValueError):
            answer = self._follow(self._question.uri)
            with self._lock:
                if monotonic() <= self._deadline:
                    self.answer = answer
        self.done.set()

    def abandon(self) -> None:
        """Wake a thread that still waits for octets."""
        with self._lock:
            waiting, self._deadline = self._socket, 0.0
        if waiting is not None and not self.done.is_set():
            with suppress(OSError):
                waiting.shutdown(socket.SHUT_RDWR)

    def connect(self, host: str, port: int) -> socket.socket:
        """Return a connected socket, for the first address that may be connected to."""
        for family, kind, protocol, _, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            if not may_connect(str(place[0]), inside=self._question.inside):
                continue
            opened = socket.socket(family, kind, protocol)
            with self._lock:
                left = self._deadline - monotonic()
                self._socket = opened
            try:
                if left > 0:
                    opened.settimeout(left)
                    opened.connect(place)
                    return opened
            except OSError:
                pass
            opened.close()
        raise OSError("no address to connect to")

    def _follow(self, uri: str) -> bytes | None:
        for _ in range(_MOST_REDIRECTS + 1):
            place = _place(uri)
            if place is None:
                return None
            connection = _connection(place, self)
            try:
                response = self._ask(connection, place)
                if response.status == _OK:
                    return self._read(response)
                moved = response.getheader("Location") if response.status in _REDIRECTS else None
            finally:
                connection.close()
            if not moved or self._question.body is not None:
                return None
            uri = urljoin(uri, moved)
        return None

    def _ask(self, connection: HTTPConnection, place: SplitResult) -> HTTPResponse:
        question = self._question
        target = (place.path or "/") + (f"?{place.query}" if place.query else "")
        headers: Mapping[str, str] = _HEADERS
        if question.content_type:
            headers = {**headers, "Content-Type": question.content_type}
        connection.request("GET" if question.body is None else "POST", target, body=question.body, headers=headers)
        return connection.getresponse()

    def _read(self, response: HTTPResponse) -> bytes | None:
        most = self._question.most
        if (response.length or 0) > most:
            return None
        pieces, size = [], 0
        while piece := response.read(_PIECE):
            size += len(piece)
            if size > most or monotonic() > self._deadline:
                return None
            pieces.append(piece)
        # A connection that broke in the middle, as the declared length tells.
        return None if response.length else b"".join(pieces)


def _place(uri: str) -> SplitResult | None:
    """Return a URI that may be followed, in its parts: http or https, a host, no login."""
    if len(uri) > _LONGEST_URI or not uri.isascii() or not uri.isprintable() or " " in uri:
        return None
    place = urlsplit(uri)
    if place.scheme not in {"http", "https"} or not place.hostname or "@" in place.netloc:
        return None
    return place


def _connection(place: SplitResult, exchange: _Exchange) -> HTTPConnection:
    host = place.hostname or ""
    if place.scheme == "http":
        return _Plain(host, place.port, exchange)
    return _Secure(host, place.port, exchange)


class _Plain(HTTPConnection):
    def __init__(self, host: str, port: int | None, exchange: _Exchange) -> None:
        super().__init__(host, port)
        self._exchange = exchange

    def connect(self) -> None:
        self.sock = self._exchange.connect(self.host, self.port)


class _Secure(HTTPSConnection):
    def __init__(self, host: str, port: int | None, exchange: _Exchange) -> None:
        from ssl import create_default_context

        self._secured = create_default_context()
        super().__init__(host, port, context=self._secured)
        self._exchange = exchange

    def connect(self) -> None:
        bare = self._exchange.connect(self.host, self.port)
        try:
            self.sock = self._secured.wrap_socket(bare, server_hostname=self.host)
        except (OSError, ValueError):
            bare.close()
            raise
