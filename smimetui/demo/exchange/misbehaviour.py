"""What the server can be told to do wrong, once or for good, for one operation or for all."""

from collections.abc import Mapping
from dataclasses import field
from threading import Lock

from smimetui.model.value import dataclass

ANY = "*"
"""For misbehaviour: every operation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """An HTTP answer in place of the work."""

    code: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    close: bool = False


@dataclass(frozen=True, slots=True)
class Slow:
    """The right answer, so many milliseconds late."""

    milliseconds: int


@dataclass(frozen=True, slots=True)
class Hang:
    """No answer. With `after_work` the request is carried out first: a message has left."""

    after_work: bool = False


@dataclass(frozen=True, slots=True)
class Drop:
    """The connection is closed without an answer, before or after the work."""

    after_work: bool = False


@dataclass(frozen=True, slots=True)
class Truncate:
    """The work is done, and half of the answer arrives."""


@dataclass(frozen=True, slots=True)
class Garble:
    """The work is done, and the answer is no well-formed XML."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A SOAP fault in place of the work; with `back_off` (milliseconds) as ErrorServerBusy says it."""

    code: str
    text: str = "An internal server error occurred. The operation failed."
    back_off: int | None = None


@dataclass(frozen=True, slots=True)
class Refuse:
    """A response message of class Error in place of the work."""

    code: str
    text: str = "The operation failed."


@dataclass(frozen=True, slots=True)
class ExpirePassword:
    """The password is void from this request on: 401 now and later."""


Misbehaviour = Status | Slow | Hang | Drop | Truncate | Garble | Fault | Refuse | ExpirePassword


def unauthorized() -> Status:
    """Return a 401 that offers basic login, as if the password were wrong."""
    return Status(code=401, headers={"WWW-Authenticate": 'Basic realm="ex01"'})


def unavailable(*, retry_after: int | None = None) -> Status:
    """Return a 503, with Retry-After in seconds."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return Status(code=503, headers=headers, body=b"<html><body>Service Unavailable</body></html>")


def busy(back_off: int = 5000) -> Fault:
    """Return ErrorServerBusy with BackOffMilliseconds, as throttling says it."""
    return Fault("ErrorServerBusy", "The server cannot service this request right now. Try again later.", back_off)


def login_page() -> Status:
    """Return the form of a proxy or of Outlook on the web, with status 200."""
    page = b"<!DOCTYPE html><html><head><title>Outlook</title></head><body><form>Password:<input></form></body></html>"
    return Status(code=200, body=page)


def redirect(location: str, *, code: int = 302) -> Status:
    """Return a redirect to another place."""
    return Status(code=code, headers={"Location": location})


@dataclass(slots=True)
class _Rule:
    operation: str
    how: Misbehaviour
    left: int | None


class Mood:
    """The misbehaviours that are still to come."""

    def __init__(self) -> None:
        self._rules: list[_Rule] = []
        self._lock = Lock()

    def add(self, operation: str, how: Misbehaviour, times: int | None) -> None:
        """Misbehave the next `times` times that the operation is asked for, or always (None)."""
        with self._lock:
            self._rules.append(_Rule(operation, how, times))

    def clear(self) -> None:
        """Behave again."""
        with self._lock:
            self._rules.clear()

    def take(self, operation: str) -> list[Misbehaviour]:
        """Return what to do now: any slowness, and the first of the others that are due."""
        due: list[Misbehaviour] = []
        with self._lock:
            for rule in self._rules:
                if rule.operation not in {operation, ANY} or rule.left == 0:
                    continue
                if not isinstance(rule.how, Slow) and any(not isinstance(how, Slow) for how in due):
                    continue
                due.append(rule.how)
                rule.left = None if rule.left is None else rule.left - 1
            self._rules = [rule for rule in self._rules if rule.left != 0]
        return due
