"""What went wrong, in a sentence: exchangelib's, requests' and OpenSSL's exceptions as values the ports can raise.

The one question that matters for sending is whether the request may have been taken: `Failure.maybe_done`.
"""

import ssl
from collections.abc import Iterator
from enum import Enum

import requests.exceptions as web
import urllib3.exceptions as pool
from exchangelib import errors as ews

from smimetui.adapters.exchange.protocol import HttpStatusError, RedirectedError
from smimetui.model.display import printable_line
from smimetui.model.errors import SmimetuiError, StoreError, TransportUnreachableError
from smimetui.model.value import dataclass

_FORBIDDEN, _NOT_FOUND, _LOGIN_TIMEOUT, _UNAVAILABLE = 403, 404, 440, 503
_MOST_TEXT = 200
_SEND_AS = "the organisation decides which addresses a login may send as"


class Kind(Enum):
    """What a failure is about, for the port's choice of error."""

    UNREACHABLE = "unreachable"
    LOGIN = "login"
    REFUSED = "refused"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One failed request."""

    kind: Kind
    summary: str
    hint: str = ""
    maybe_done: bool = False
    """The server may have done what was asked."""
    busy: bool = False
    """The server took nothing, and may take the same when it has less to do."""
    wait: float = 0.0
    """Seconds that the server asks to wait."""
    is_tls: bool = False
    """The server is there, and its certificate is not good."""


_NEVER_CONNECTED = (
    pool.NewConnectionError,
    pool.ConnectTimeoutError,
    pool.NameResolutionError,
    web.ConnectTimeout,
    web.InvalidURL,
    web.InvalidSchema,
)
_NO_ANSWER = (web.Timeout, pool.TimeoutError, TimeoutError)
_NETWORK = (*_NEVER_CONNECTED, *_NO_ANSWER, web.RequestException, pool.HTTPError, ConnectionError, ssl.SSLError)
_VPN = "check the network, or the VPN"
_NETWORK_WORDS = (
    ((pool.SSLError, web.SSLError, ssl.SSLError), "{host} cannot be talked to over TLS", "check the endpoint", True),
    ((pool.NameResolutionError,), "the name {host} is not known here", _VPN, False),
    ((pool.ProxyError, web.ProxyError), "the proxy does not lead to {host}", "check HTTPS_PROXY", False),
    (_NEVER_CONNECTED, "{host} cannot be reached", _VPN, False),
    (_NO_ANSWER, "{host} does not answer in time", "try again later", True),
)
"""Kinds of exceptions, the first that fits counts; the sentence, the hint, and whether something may have been done."""
_GONE = (ews.ErrorItemNotFound, ews.ErrorFolderNotFound, ews.ErrorInvalidIdMalformed, ews.ErrorInvalidId)
_BUSY = (ews.ErrorServerBusy, ews.ErrorExceededConnectionCount, ews.ErrorTooManyObjectsOpened)
_LOGIN = (
    PermissionError,
    ews.UnauthorizedError,
    ews.ErrorPasswordExpired,
    ews.ErrorPasswordChangeRequired,
    ews.ErrorAccountDisabled,
)
# What a server says before it does anything. Every other word may come after the deed.
_DEFINITE = (
    *_BUSY,
    *_GONE,
    *_LOGIN,
    ews.ErrorAccessDenied,
    ews.ErrorIncorrectSchemaVersion,
    ews.ErrorInvalidPropertySet,
    ews.ErrorInvalidRecipients,
    ews.ErrorInvalidRequest,
    ews.ErrorInvalidSchemaVersionForMailboxVersion,
    ews.ErrorInvalidServerVersion,
    ews.ErrorMailboxMoveInProgress,
    ews.ErrorMessageSizeExceeded,
    ews.ErrorMimeContentConversionFailed,
    ews.ErrorMimeContentInvalid,
    ews.ErrorMimeContentInvalidBase64String,
    ews.ErrorMailRecipientNotFound,
    ews.ErrorMissingRecipients,
    ews.ErrorNonExistentMailbox,
    ews.ErrorSchemaValidation,
    ews.ErrorSendAsDenied,
    ews.ErrorSubmissionQuotaExceeded,
)


def explain(error: BaseException, host: str) -> Failure:
    """Return what happened while `host` was asked for something."""
    chain = tuple(_chain(error))
    ours = next((found for found in chain if isinstance(found, SmimetuiError)), None)
    if ours is not None:
        return Failure(kind=_kind_of(ours), summary=ours.summary, hint=ours.hint)
    if any(isinstance(found, _NETWORK) for found in chain):
        return _network(chain, host)
    match chain[0]:
        case HttpStatusError() as found:
            return _status(found, host)
        case RedirectedError() as found:
            return _redirected(found, host)
        case PermissionError() | ews.EWSError() as found:
            return _answer(found, host)
    return _no_service(host)


def _kind_of(error: SmimetuiError) -> Kind:
    """Return why the password or the token is not to be had: there is none that counts, or it was not reached."""
    if isinstance(error, TransportUnreachableError):
        return Kind.UNREACHABLE
    return Kind.REFUSED if isinstance(error, StoreError) else Kind.LOGIN


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the exception, what caused it, and what it carries, each once."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        found = waiting.pop(0)
        if not isinstance(found, BaseException) or id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        waiting += [found.__cause__, found.__context__, getattr(found, "reason", None), *found.args]


def _network(chain: tuple[BaseException, ...], host: str) -> Failure:
    for found in chain:
        if isinstance(found, ssl.SSLCertVerificationError):
            return _tls(found, host)
    for kinds, sentence, hint, maybe_done in _NETWORK_WORDS:
        if any(isinstance(found, kinds) for found in chain):
            return Failure(kind=Kind.UNREACHABLE, summary=sentence.format(host=host), hint=hint, maybe_done=maybe_done)
    return Failure(
        kind=Kind.UNREACHABLE, summary=f"{host} broke the connection off", hint="try again later", maybe_done=True
    )


def _tls(error: ssl.SSLCertVerificationError, host: str) -> Failure:
    reason = printable_line(error.verify_message)
    return Failure(
        kind=Kind.UNREACHABLE,
        summary=f"the TLS certificate of {host} is not valid here: {reason}",
        hint="a private authority is given when the account is added: --anchor PEM",
        is_tls=True,
    )


def _redirected(error: RedirectedError, host: str) -> Failure:
    return Failure(
        kind=Kind.REFUSED,
        summary=f"{host} points to {_shown(error.url)} instead of answering",
        hint="if that is the right server, set the account up with it",
    )


def _status(error: HttpStatusError, host: str) -> Failure:
    if error.status == _UNAVAILABLE:
        return _busy(host, error.wait)
    if error.status in {_FORBIDDEN, _LOGIN_TIMEOUT}:
        why = f": {_shown(error.detail)}" if error.detail else ""
        return Failure(
            kind=Kind.REFUSED,
            summary=f"{host} does not let this account use its web services{why}",
            hint="the organisation decides who may use EWS",
        )
    if error.status == _NOT_FOUND:
        return Failure(
            kind=Kind.REFUSED, summary=f"{host} has no Exchange web service at this address", hint="check the endpoint"
        )
    return Failure(
        kind=Kind.UNREACHABLE,
        summary=f"{host} answered with an error (HTTP {error.status})",
        hint="try again later",
        maybe_done=True,
    )


def _answer(error: Exception, host: str) -> Failure:
    definite = isinstance(error, _DEFINITE)
    if isinstance(error, _BUSY):
        return _busy(host, float(getattr(error, "back_off", None) or 0))
    if isinstance(error, _LOGIN):
        return _login(host, "" if isinstance(error, ews.UnauthorizedError | PermissionError) else _shown(str(error)))
    if isinstance(error, _GONE):
        return Failure(kind=Kind.GONE, summary="it is not there any more", hint="another program may have moved it")
    if isinstance(error, ews.ErrorInternalServerTransientError | ews.ErrorTimeoutExpired | ews.ErrorServerBusy):
        return Failure(kind=Kind.UNREACHABLE, summary=f"{host} is in trouble", hint="try again later", maybe_done=True)
    if isinstance(error, ews.ResponseMessageError):
        name = type(error).__name__.removeprefix("Error")
        return Failure(
            kind=Kind.REFUSED,
            summary=f"{host} says {name}: {_shown(str(error))}",
            hint=_SEND_AS if isinstance(error, ews.ErrorSendAsDenied) else "",
            maybe_done=not definite,
        )
    return _no_service(host)


def _busy(host: str, wait: float) -> Failure:
    asks = f" and asks to wait {wait:.0f} seconds" if wait >= 1 else ""
    return Failure(
        kind=Kind.UNREACHABLE, summary=f"{host} is too busy{asks}", hint="try again later", busy=True, wait=wait
    )


def _login(host: str, why: str) -> Failure:
    return Failure(
        kind=Kind.LOGIN,
        summary=f"{host} refused the login" + (f": {why}" if why else ""),
        hint="check the name and the password; a new one is set with smimetui account login ADDRESS",
    )


def _no_service(host: str) -> Failure:
    return Failure(
        kind=Kind.UNREACHABLE,
        summary=f"{host} answered with something that is not Exchange's",
        hint="a sign-in page or a proxy may stand in between",
        maybe_done=True,
    )


def _shown(text: str) -> str:
    return printable_line(text)[:_MOST_TEXT].rstrip(". ")
