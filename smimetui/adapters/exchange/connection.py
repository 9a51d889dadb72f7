"""A connection to one account: opened without a request, shared by its directories, mailbox and transport."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Lock
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from smimetui.adapters.exchange.loading import load
from smimetui.adapters.exchange.pace import Pace
from smimetui.adapters.exchange.place import Place, SecretSource
from smimetui.model.errors import (
    AuthenticationFailedError,
    DirectoryError,
    DirectoryRefusedError,
    DirectoryUnreachableError,
    MailboxError,
    MailboxUnreachableError,
    SmimetuiError,
    TransportUnreachableError,
)

if TYPE_CHECKING:
    from smimetui.adapters.exchange.failures import Failure

T = TypeVar("T")

SECONDS = 15.0
"""How long an answer may take before the server counts as gone."""
_AT_ONCE = 11
"""Requests in flight. A pasted list of 20 is looked up in two scopes, and is to be decided within a second: that takes
8; watched folders hold one each."""
_LONGEST_WAIT = 60.0
PATIENCE = 10.0
"""How long a question waits, in seconds, for a server that is too busy."""
_SHORT_WAIT = 0.3
REFUSED = 10.0
"""Seconds in which a login that was refused is not tried again: a few dozen lookups with a wrong password lock it."""


class Connection:
    """An Exchange account. Safe for several threads; nothing is loaded or asked before the first use."""

    def __init__(  # noqa: PLR0913 - keyword-only beside the place and the login
        self,
        place: Place,
        source: SecretSource,
        *,
        seconds: float = SECONDS,
        patience: float = PATIENCE,
        clock: Callable[[], float] = monotonic,
        on_refused: Callable[[], None] | None = None,
    ) -> None:
        self.place = place
        self.seconds = seconds
        self._source: SecretSource | None = source
        self._clock = clock
        self._on_refused = on_refused
        self._lock = Lock()
        self._opening = Lock()
        self._account: Any = None
        self._rests = 0
        self._busy_until = 0.0
        self._refusal: tuple[float, Failure] | None = None
        """Until when the login is not tried, and why."""
        self._patience = patience
        self._pace = Pace(clock)
        self._closed = Event()

    @property
    def host(self) -> str:
        """The server's name."""
        return self.place.host

    @property
    def version(self) -> str:
        """The server's build as it last said, or as it was kept."""
        account = self._account
        if account is None:
            return self.place.version
        versions = (account._version, account.protocol.config.version)  # noqa: SLF001 - the property would ask for it
        builds = [str(version.build) for version in versions if version is not None and version.build]
        return builds[0] if builds else self.place.version

    def account(self) -> Any:
        """Return exchangelib's account. Raises SmimetuiError where the login is not complete, or it was closed."""
        account = self._account
        if account is not None:
            return account
        # One after the other: the first may ask the person to unlock the store, the others wait for that.
        with self._opening:
            while True:
                with self._lock:
                    source, account, rests = self._source, self._account, self._rests
                if source is None:
                    raise TransportUnreachableError(f"the account {self.place.address.spec} was closed here")
                if account is not None:
                    return account
                account = self._opened(source)
                with self._lock:
                    if self._source is source and self._rests == rests:
                        self._account = account
                        return account
                account.protocol.shut()

    def _opened(self, source: SecretSource) -> Any:
        load()
        from smimetui.adapters.exchange.protocol import open_account
        from smimetui.adapters.exchange.web import silence, tls_context

        silence()
        if source.resting or self.place.auth != "oauth":
            # Here, and not where exchangelib makes a session, holding its lock.
            source.secret()
        return open_account(
            self.place, source, context=tls_context(self.place.anchors), timeout=self.seconds, most_at_once=_AT_ONCE
        )

    @property
    def resting(self) -> bool:
        """The login was forgotten, and asking for it now may ask the person."""
        source = self._source
        return source is not None and source.resting

    def rest(self) -> None:
        """Forget the login until it is next needed; a request that is under way goes on, an open stream ends."""
        source = self._source
        if source is not None:
            source.forget()
        with self._lock:
            account, self._account = self._account, None
            self._rests += 1
        if account is not None:
            account.protocol.shut()

    def close(self) -> None:
        """Close for good, and forget the login; a request that is under way is the last, an open stream ends."""
        self._closed.set()
        with self._lock:
            account, self._account, self._source = self._account, None, None
        if account is not None:
            account.protocol.shut()

    def log_in_by(self, source: SecretSource) -> None:
        """Use another password or token from the next request on; a closed account stays closed."""
        with self._lock:
            if self._source is None:
                return
            account, self._account, self._source = self._account, None, source
        self.try_login_again()
        if account is not None:
            account.protocol.shut()

    def explain(self, error: BaseException) -> "Failure":
        """Return what a failure means, tell of a refused login, and heed the server's wish to be left alone."""
        from smimetui.adapters.exchange.failures import Kind, explain

        failure = explain(error, self.host)
        if failure.kind is Kind.LOGIN:
            if self._refusal is None or self._clock() >= self._refusal[0]:
                self._refusal = self._clock() + REFUSED, failure
            if self._on_refused is not None:
                self._on_refused()
        if failure.wait:
            self._busy_until = self._clock() + min(failure.wait, _LONGEST_WAIT)
        return failure

    def make_ready(self) -> None:
        """Load what every request needs; raise as the server did when it refused the login, or asked to wait.

        Each only for its time.
        """
        load()
        self._heed_refusal()
        left = self._busy_until - self._clock()
        if left > 0:
            from exchangelib.errors import ErrorServerBusy

            raise ErrorServerBusy("asked to wait", back_off=left)

    def try_login_again(self) -> None:
        """Have the next request try the login, however lately it was refused."""
        self._refusal = None

    def _heed_refusal(self) -> None:
        refusal = self._refusal
        if refusal is not None and self._clock() < refusal[0]:
            raise AuthenticationFailedError(refusal[1].summary, refusal[1].hint)

    @contextmanager
    def for_directory(self) -> Iterator[None]:
        """Turn what fails within into DirectoryError."""
        try:
            self.make_ready()
            yield
        except DirectoryError:
            raise
        except Exception as error:  # an odd answer makes the library raise most kinds
            raise self._directory_error(error) from error

    def look_up(self, ask: Callable[[], T]) -> T:
        """Return what a directory answers; one that is too busy is asked again, more slowly, within some seconds.

        For what changes nothing there alone. Raises DirectoryError.
        """
        load()
        try:
            return self._answer(ask)
        except DirectoryError:
            raise
        except Exception as error:  # likewise
            raise self._directory_error(error) from error

    def _answer(self, ask: Callable[[], T]) -> T:
        from smimetui.adapters.exchange.failures import explain

        end = self._clock() + self._patience
        while True:
            self._heed_refusal()
            left = self._busy_until - self._clock()
            if self._clock() + left > end:
                self.make_ready()
            if left > 0:
                self._closed.wait(left)
            try:
                with self._pace:
                    return ask()
            except Exception as error:
                failure = explain(error, self.host)
                if not failure.busy or self._clock() >= end:
                    raise
                self._pace.slow_down()
                self._busy_until = self._clock() + (min(failure.wait, _LONGEST_WAIT) or _SHORT_WAIT)

    @contextmanager
    def for_mailbox(self, act: str) -> Iterator[None]:
        """Turn what fails within into MailboxError; `act` is what was not done: `list Inbox`."""
        try:
            self.make_ready()
            yield
        except MailboxError:
            raise
        except Exception as error:  # likewise
            from smimetui.adapters.exchange.failures import Kind

            failure = self.explain(error)
            kind = MailboxUnreachableError if failure.kind is Kind.UNREACHABLE else MailboxError
            raise kind(f"cannot {act}: {failure.summary}", failure.hint) from error

    def _directory_error(self, error: Exception) -> SmimetuiError:
        from smimetui.adapters.exchange.failures import Kind

        failure = self.explain(error)
        if failure.kind is Kind.UNREACHABLE:
            return DirectoryUnreachableError(failure.summary, failure.hint)
        return DirectoryRefusedError(failure.summary, failure.hint)
