"""An OAuth 2.0 authority on the loopback: OpenID discovery, device codes (RFC 8628), tokens that can be renewed."""

import json
import ssl
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from time import time
from urllib.parse import parse_qs

from smimetui.demo.exchange.certificate import Tls, make_channel

CLIENT = "11111111-2222-3333-4444-555555555555"


class Authority(ThreadingHTTPServer):
    """Signs one person in: `signs_in` after so many questions; `answers` may hold errors to give first."""

    daemon_threads = True

    def __init__(self, context: ssl.SSLContext, pem: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.pem = pem
        self.pending = 0
        """Questions that are answered with “not yet”."""
        self.error = ""
        self.lifetime = 3600
        self.refreshing = True
        self.asked: list[dict[str, str]] = []
        self.numbers = count(1)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.server_address[1]}/organizations"

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, dict[str, object]]:
        if path.endswith("/openid-configuration"):
            return 200, {
                "authorization_endpoint": f"{self.url}/oauth2/v2.0/authorize",
                "token_endpoint": f"{self.url}/oauth2/v2.0/token",
                "device_authorization_endpoint": f"{self.url}/oauth2/v2.0/devicecode",
                "issuer": f"{self.url}/v2.0",
            }
        self.asked.append(form)
        if path.endswith("/devicecode"):
            return self._device_code()
        if form["grant_type"] == "refresh_token":
            return self._tokens() if self.refreshing else (400, {"error": "invalid_grant"})
        if self.error:
            return 400, {"error": self.error, "error_description": f"{self.error}: no\r\nTrace ID: 1"}
        if self.pending:
            self.pending -= 1
            return 400, {"error": "authorization_pending"}
        return self._tokens()

    def _device_code(self) -> tuple[int, dict[str, object]]:
        if self.error == "unauthorized_client":
            return 400, {"error": self.error, "error_description": "AADSTS700016: Application not found."}
        return 200, {
            "device_code": "device",
            "user_code": "ABCD-1234",
            "verification_uri": "https://login.example/device",
            "expires_in": 900,
            "interval": 0,
            "message": "…",
        }

    def _tokens(self) -> tuple[int, dict[str, object]]:
        number = next(self.numbers)
        person = {"uid": "u", "utid": "t"}
        claims = {"iss": f"{self.url}/v2.0", "aud": CLIENT, "sub": "alice", "exp": int(time()) + 3600, "oid": "u"}
        return 200, {
            "token_type": "Bearer",
            "access_token": f"access-{number}",
            "refresh_token": f"refresh-{number}",
            "expires_in": self.lifetime,
            "scope": "https://127.0.0.1/EWS.AccessAsUser.All",
            "client_info": _coded(person),
            "id_token": f"{_coded({'alg': 'none'})}.{_coded(claims)}.",
        }


class _Handler(BaseHTTPRequestHandler):
    server: Authority

    def do_GET(self) -> None:
        self._reply({})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        self._reply({name: values[0] for name, values in parse_qs(body).items()})

    def _reply(self, form: dict[str, str]) -> None:
        status, answer = self.server.answer(self.path.partition("?")[0], form)
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def authority(folder: Path) -> Iterator[Authority]:
    channel = make_channel(Tls.PRIVATE_CA, folder, host="login.example")
    server = Authority(channel.context, channel.authority_pem.decode())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _coded(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
