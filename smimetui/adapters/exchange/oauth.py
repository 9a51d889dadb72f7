"""Signing in by OAuth 2.0's device code (RFC 8628): the person types a code in a browser anywhere.

Nothing is printed here and no browser opened: `SignIn` holds what to show. Tokens are kept as a secret in the store.
"""

import re
from collections.abc import Callable
from dataclasses import field
from threading import Event, Lock
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from smimetui.adapters.exchange.loading import load
from smimetui.adapters.exchange.place import Place, Secrets
from smimetui.model.display import printable_line
from smimetui.model.errors import AuthenticationFailedError, ConfigError, SmimetuiError, TransportUnreachableError
from smimetui.model.value import dataclass

_MICROSOFT_HOST = "login.microsoftonline.com"
MICROSOFT = f"https://{_MICROSOFT_HOST}/organizations"
_TENANT = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_MOST_TEXT = 200
_SLOWEST = 60.0


def authority_url(text: str) -> str:
    """Return who signs people in, from a URL, or a tenant at Microsoft; empty stands for any of its organisations.

    Raises ConfigError for anything but https: tokens travel there.
    """
    stripped = text.strip().rstrip("/")
    if not stripped:
        return MICROSOFT
    if _TENANT.fullmatch(stripped):
        return f"https://{_MICROSOFT_HOST}/{stripped}"
    try:
        parts = urlsplit(stripped)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme != "https" or parts.username or parts.query or parts.fragment:
        raise ConfigError(f"“{text}” is nowhere to sign in", "an https address, or the tenant: a domain or an id")
    return stripped


def is_microsoft(authority: str) -> bool:
    """Tell whether Microsoft signs people in: then the mailbox is at Exchange Online."""
    return urlsplit(authority).hostname == _MICROSOFT_HOST


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What the organisation registered: the application's id, and the authority that signs people in."""

    client_id: str
    authority: str = MICROSOFT


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """A sign-in under way: show `url` and `code`; it ends `seconds` from its start."""

    url: str
    code: str
    seconds: float
    flow: dict[str, Any] = field(repr=False)


class TokenSource:
    """Tokens of one account, from the store, renewed when they are due. Safe for several threads."""

    def __init__(self, place: Place, application: Application, secrets: Secrets, *, name: str) -> None:
        self._place = place
        self._application = application
        self._secrets = secrets
        self._name = name
        self._lock = Lock()
        self._made: tuple[Any, Any] | None = None
        self._forgotten = False

    def secret(self) -> str:
        """Return an access token that is valid now. Raises AuthenticationFailedError where one must sign in again."""
        with self._lock:
            app, _ = self._msal()
            accounts = app.get_accounts()
            with _asking(self._application.authority):
                answer = app.acquire_token_silent(self._scopes, account=accounts[0]) if accounts else None
            self._keep()
            if not answer or "access_token" not in answer:
                raise AuthenticationFailedError(
                    f"{self._place.address.spec} is not signed in any more", "smimetui account login ADDRESS"
                )
            return str(answer["access_token"])

    def forget(self) -> None:
        """Keep no token in memory."""
        with self._lock:
            self._made, self._forgotten = None, True

    @property
    def resting(self) -> bool:
        """Asking for a token may ask the person to unlock the store."""
        return self._forgotten and self._secrets.resting

    def begin(self) -> SignIn:
        """Start a sign-in. Raises TransportUnreachableError, AuthenticationFailedError with the authority's words."""
        with self._lock, _asking(self._application.authority):
            app, _ = self._msal()
            flow = app.initiate_device_flow(scopes=self._scopes)
        if "user_code" not in flow:
            raise _refused(flow)
        return SignIn(
            url=printable_line(str(flow.get("verification_uri", ""))),
            code=printable_line(str(flow["user_code"])),
            seconds=_seconds(flow.get("expires_in", 0)),
            flow=flow,
        )

    def finish(
        self, sign_in: SignIn, *, cancelled: Event | None = None, clock: Callable[[], float] = monotonic
    ) -> bool:
        """Wait until the person has signed in, and keep the tokens; False if `cancelled` was set before.

        Raises AuthenticationFailedError when it was declined or took too long.
        """
        stop = cancelled or Event()
        end = clock() + sign_in.seconds
        app, _ = self._msal()
        pause = _seconds(sign_in.flow.get("interval", 5))
        # msal asks once and looks at the condition then, unless the interval is none.
        flow = sign_in.flow | {"interval": 1}
        while not stop.is_set():
            with self._lock, _asking(self._application.authority):
                answer = app.acquire_token_by_device_flow(flow, exit_condition=lambda _: True)
                self._keep()
            if "access_token" in answer:
                return True
            if answer.get("error") not in {"authorization_pending", "slow_down"}:
                raise _refused(answer)
            if clock() >= end:
                raise AuthenticationFailedError("nobody signed in within the time given", "start again")
            # RFC 8628 section 3.5: five seconds more, from now on.
            pause += 5 if answer["error"] == "slow_down" else 0
            stop.wait(min(pause, _SLOWEST))
        return False

    @property
    def _scopes(self) -> list[str]:
        parts = urlsplit(self._place.endpoint)
        return [f"https://{parts.hostname}/EWS.AccessAsUser.All"]

    def _msal(self) -> tuple[Any, Any]:
        if self._made is None:
            load()
            import msal

            from smimetui.adapters.exchange.web import silence, tls_context, web_session

            silence()
            if not self._application.client_id:
                raise ConfigError(
                    "signing in by OAuth needs the id of an application that the organisation registered",
                    "give --client-id ID",
                )
            cache = msal.SerializableTokenCache()
            kept = self._secrets.secret(self._name)
            if kept:
                cache.deserialize(kept)
            authority = self._application.authority
            with _asking(authority):
                app = msal.PublicClientApplication(
                    self._application.client_id,
                    authority=authority,
                    token_cache=cache,
                    http_client=_Web(web_session(tls_context(self._place.anchors), authority)),
                    instance_discovery=False,
                )
            self._made, self._forgotten = (app, cache), False
        return self._made

    def _keep(self) -> None:
        assert self._made is not None
        _, cache = self._made
        if cache.has_state_changed:
            self._secrets.set_secret(self._name, cache.serialize())


class _Web:
    """The HTTP client that msal asks for, with a time limit."""

    def __init__(self, session: Any, seconds: float = 15.0) -> None:
        self._session = session
        self._seconds = seconds

    def post(self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_: Any) -> Any:
        return self._session.post(
            url, params=params, data=data, headers=headers, timeout=self._seconds, allow_redirects=False
        )

    def get(self, url: str, params: Any = None, headers: Any = None, **_: Any) -> Any:
        return self._session.get(url, params=params, headers=headers, timeout=self._seconds, allow_redirects=False)

    def close(self) -> None:
        self._session.close()


class _asking:  # noqa: N801 - a context manager reads as a verb
    """Turn what fails on the way to the authority into sentences."""

    def __init__(self, authority: str) -> None:
        self._host = urlsplit(authority).hostname or authority

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None or isinstance(error, SmimetuiError) or not isinstance(error, Exception):
            return
        from smimetui.adapters.exchange.failures import explain

        failure = explain(error, self._host)
        raise TransportUnreachableError(f"cannot sign in: {failure.summary}", failure.hint) from error


def _seconds(value: object) -> float:
    return float(value) if isinstance(value, int | float) and value > 0 else 0.0


def _refused(answer: dict[str, Any]) -> AuthenticationFailedError:
    words = str(answer.get("error_description") or answer.get("error") or "no reason given")
    first = printable_line(words.splitlines()[0] if words.splitlines() else words)[:_MOST_TEXT].rstrip(". ")
    return AuthenticationFailedError(f"the sign-in was refused: {first}", "start again, or ask the organisation")
