"""The HTTP side: a thread per connection, logins, routes, and the misbehaviour that was ordered."""

import contextlib
import socket
import ssl
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from smimetui.demo.exchange.autodiscover import POX_PATH, SOAP_PATH, Places, answer_pox, answer_soap
from smimetui.demo.exchange.dispatch import Answer, faulted, perform, refused
from smimetui.demo.exchange.login import Account, Connection, Denied, Door
from smimetui.demo.exchange.markup import MalformedXmlError, Node
from smimetui.demo.exchange.misbehaviour import (
    Drop,
    ExpirePassword,
    Fault,
    Garble,
    Hang,
    Misbehaviour,
    Mood,
    Refuse,
    Slow,
    Status,
    Truncate,
)
from smimetui.demo.exchange.service import Service
from smimetui.demo.exchange.soap import FaultError, read_request
from smimetui.model.value import dataclass

EWS_PATH = "/ews/exchange.asmx"
_XML = "text/xml; charset=utf-8"
_PATIENCE = 5.0
"""Seconds for a connection's thread to end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request that passed the login: the operation, by whom, when (monotonic seconds), and what it said."""

    operation: str
    address: str
    at: float
    content: Node | None = field(default=None, repr=False)


@dataclass(slots=True, kw_only=True)
class Front:
    """What all connections share."""

    service: Service
    door: Door
    mood: Mood = field(default_factory=Mood)
    places: Places
    pretty: bool = False
    concurrent: int | None = None
    """Requests at once before ErrorServerBusy; None for any number."""
    back_off: int = 5000
    """Milliseconds that it then asks to wait."""
    requests: list[Request] = field(default_factory=list)
    refused_logins: int = 0
    crashes: list[BaseException] = field(default_factory=list)
    """What went wrong in the server itself; tests hold it empty."""
    most_at_once: int = 0
    _at_once: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextlib.contextmanager
    def counted(self) -> Iterator[int]:
        """Count a request in and out; gives how many there are now."""
        with self._lock:
            self._at_once += 1
            now = self._at_once
            self.most_at_once = max(self.most_at_once, now)
        try:
            yield now
        finally:
            with self._lock:
                self._at_once -= 1


class Listener(ThreadingHTTPServer):
    """The listening socket with its open connections."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], front: Front, context: ssl.SSLContext | None) -> None:
        self.front = front
        self.connections: set[socket.socket] = set()
        self._threads_running: list[threading.Thread] = []
        super().__init__(address, Handler)
        if context is not None:
            # The handshake is the connection's own business, on its own thread.
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def drop_connections(self) -> None:
        """Close every open connection, and wait for their threads."""
        for connection in list(self.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads_running:
            thread.join(timeout=_PATIENCE)

    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        """Serve a connection on a thread of its own."""
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), name="exchange", daemon=True
        )
        self._threads_running = [*(one for one in self._threads_running if one.is_alive()), thread]
        thread.start()

    def handle_error(self, _request: object, _client_address: object) -> None:
        """Keep what is no broken connection."""
        error = sys.exception()
        if error is not None and not isinstance(error, OSError):
            self.front.crashes.append(error)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Listener

    def setup(self) -> None:
        """Note the connection."""
        super().setup()
        self.front = self.server.front
        self.state = Connection()
        self.server.connections.add(self.request)

    def handle(self) -> None:
        """Serve until one side has enough; a broken handshake or connection is nobody's error."""
        with contextlib.suppress(OSError):
            super().handle()

    def finish(self) -> None:
        """Forget the connection."""
        with contextlib.suppress(OSError):
            super().finish()
        self.server.connections.discard(self.request)

    def log_message(self, *_: object) -> None:
        """Print nothing."""

    def do_GET(self) -> None:
        """Answer what only browsers and scanners ask."""
        self._reply(Status(code=405, headers={"Allow": "POST"}))

    def do_HEAD(self) -> None:
        """Likewise."""
        self.do_GET()

    def do_POST(self) -> None:
        """Answer one request."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        path = self.path.partition("?")[0].lower()
        if path not in {EWS_PATH, POX_PATH, SOAP_PATH}:
            self._reply(Status(code=404))
            return
        entered = self.front.door.enter(self.headers.get("Authorization", ""), self.state)
        if isinstance(entered, Denied):
            self._deny(entered)
            return
        with self.front.counted() as now:
            try:
                self._serve(path, body, entered, now)
            except OSError:
                raise
            except Exception as error:  # noqa: BLE001 - a crash is kept for the tests, and answered
                self.front.crashes.append(error)
                text = "An internal server error occurred. The operation failed."
                self._send(faulted("ErrorInternalServerError", text, None, pretty=False))

    def _serve(self, path: str, body: bytes, account: Account, now: int) -> None:
        header: Node | None = None
        content: Node | None = None
        if path == EWS_PATH:
            try:
                content, header = read_request(body)
            except (MalformedXmlError, FaultError):
                self._reply(Status(code=400))
                return
        operation = content.name if content is not None else "Autodiscover"
        seen = Request(operation=operation, address=account.address, at=time.monotonic(), content=content)
        self.front.requests.append(seen)
        limit = self.front.concurrent
        if limit is not None and now > limit:
            self._send(faulted("ErrorServerBusy", "Too many requests.", self.front.back_off, pretty=self.front.pretty))
            return
        last: Misbehaviour | None = None
        for how in self.front.mood.take(operation):
            if isinstance(how, Slow):
                self.front.service.closing.wait(how.milliseconds / 1000)
            else:
                last = how
        if last is None or not self._instead(last, operation, account):
            work = self._work(path, body, content, header, account)
            self._afterwards(last, work)

    def _work(self, path: str, body: bytes, content: Node | None, header: Node | None, account: Account) -> Answer:
        front = self.front
        if content is None:
            discover = answer_pox if path == POX_PATH else answer_soap
            return discover(front.service, front.places, body, pretty=front.pretty)
        mailbox = front.service.mailbox_at(account.address)
        if mailbox is None:
            return faulted("ErrorNonExistentMailbox", "The account has no mailbox.", None, pretty=front.pretty)
        return perform(front.service, mailbox, content, header, pretty=front.pretty)

    def _instead(self, how: Misbehaviour, operation: str, account: Account) -> bool:
        """Do what was ordered in place of the work; False where the work is to be done all the same."""
        match how:
            case Status():
                self._reply(how)
            case Fault():
                self._send(faulted(how.code, how.text, how.back_off, pretty=self.front.pretty))
            case Refuse():
                self._send(refused(operation, how.code, how.text, pretty=self.front.pretty))
            case ExpirePassword():
                account.expired = True
                self._deny(self.front.door.enter(self.headers.get("Authorization", ""), self.state))
            case Hang(after_work=False):
                self._hang()
            case Drop(after_work=False):
                self.close_connection = True
            case _:
                return False
        return True

    def _afterwards(self, how: Misbehaviour | None, work: Answer) -> None:
        match how:
            case Hang():
                self._hang()
            case Drop():
                self.close_connection = True
            case Truncate():
                self._send(work, sent=len(work.document) // 2)
            case Garble():
                broken = work.document[: len(work.document) * 2 // 3] + b"<<&"
                self._send(Answer(document=broken))
            case _:
                self._send(work)

    def _hang(self) -> None:
        self.close_connection = True
        self.front.service.closing.wait()

    def _deny(self, denied: Denied | Account) -> None:
        self.front.refused_logins += 1
        self.send_response(401)
        for offer in denied.offers if isinstance(denied, Denied) else ():
            self.send_header("WWW-Authenticate", offer)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _reply(self, status: Status) -> None:
        self.send_response(status.code)
        for name, value in status.headers.items():
            self.send_header(name, value)
        if status.body:
            self.send_header("Content-Type", status.content_type)
        if status.close:
            self.send_header("Connection", "close")
        self.send_header("Content-Length", str(len(status.body)))
        self.end_headers()
        self.wfile.write(status.body)

    def _send(self, answer: Answer, *, sent: int | None = None) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", _XML)
        if answer.stream is not None:
            self._stream(answer.stream)
            return
        self.send_header("Content-Length", str(len(answer.document)))
        self.end_headers()
        if sent is None:
            self.wfile.write(answer.document)
        else:
            self.wfile.write(answer.document[:sent])
            self.close_connection = True

    def _stream(self, documents: Iterator[bytes]) -> None:
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for document in documents:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(document), document))
        self.wfile.write(b"0\r\n\r\n")
