"""The operating system's keyring, through the `keyring` library: only backends known to keep secrets, and no waiting.

A locked keyring may wait for ever behind a prompt that nobody sees, so each call runs on a thread of its own and is
given up after a time.
"""

import os
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar

from smimetui.adapters.secret_service import keeping_its_connection
from smimetui.model.errors import SmimetuiError, StoreFullError, StoreLockedError, StoreUnavailableError

_Result = TypeVar("_Result")
_WAY_OUT = 'set store = "vault" in the settings to keep keys in a file with a passphrase'
# Windows keeps 2,560 bytes of UTF-16 in an item; the others take any length.
_WINDOWS_LIMIT = 1200
_ACCEPTED: dict[str, tuple[str, int | None]] = {
    "keyring.backends.SecretService.Keyring": ("Secret Service", None),
    "keyring.backends.libsecret.Keyring": ("libsecret", None),
    "keyring.backends.kwallet.DBusKeyring": ("KWallet", None),
    "keyring.backends.kwallet.DBusKeyringKWallet4": ("KWallet 4", None),
    "keyring.backends.macOS.Keyring": ("macOS keychain", None),
    "keyring.backends.Windows.WinVaultKeyring": ("Windows Credential Manager", _WINDOWS_LIMIT),
}
_CHAINER = "keyring.backends.chainer.ChainerBackend"
_ABSENT = {
    "keyring.backends.fail.Keyring": "there is no keyring here",
    "keyring.backends.null.Keyring": "the keyring is switched off",
}


class OsKeyring:
    """An accepted backend as `items.Backend`: `name` for people, `limit` of its items, errors of ours."""

    def __init__(self, backend: Any, *, patience: float | None = None) -> None:
        self.name, self.limit = _ACCEPTED[_class_name(backend)]
        self._backend = keeping_its_connection(backend)
        self._calls = _TimedCalls(_patience() if patience is None else patience)

    def get_password(self, service: str, username: str) -> str | None:
        """Return the item's text, None if there is none. Raises StoreError."""
        found: str | None = self._calls.run(lambda: self._backend.get_password(service, username))
        return found

    def set_password(self, service: str, username: str, password: str) -> None:
        """Write the item, replacing it. Raises StoreError."""
        self._calls.run(lambda: self._backend.set_password(service, username, password))

    def delete_password(self, service: str, username: str) -> None:
        """Remove the item; does nothing if it is not there. Raises StoreError."""
        # The library has one error for "not there" and "not removed".
        if self.get_password(service, username) is not None:
            self._calls.run(lambda: self._backend.delete_password(service, username))


def find_keyring(*, patience: float | None = None) -> OsKeyring:
    """Return the keyring that the `keyring` library takes here.

    Raises StoreUnavailableError, naming the backend and the way out, for none and for one that does not keep secrets.
    """
    seconds = _patience() if patience is None else patience
    return OsKeyring(accepted_backend(_TimedCalls(seconds).run(_configured_backend)), patience=seconds)


def accepted_backend(backend: Any) -> Any:
    """Return the backend to use: this one, or the first of a chain of accepted ones. Raises StoreUnavailableError."""
    name = _class_name(backend)
    if name in _ACCEPTED:
        return backend
    if name in _ABSENT:
        raise StoreUnavailableError(f"{_ABSENT[name]} ({name})", _WAY_OUT)
    if name == _CHAINER:
        members = list(backend.backends)
        for member in members:
            if _class_name(member) not in _ACCEPTED:
                raise StoreUnavailableError(
                    f"the keyring would also use {_class_name(member)}, which is not known to keep secrets",
                    f"uninstall it, choose a backend in keyringrc.cfg, or {_WAY_OUT}",
                )
        if members:
            # One of them, always the same: a chain reads from all and writes to whichever takes it.
            return members[0]
    raise StoreUnavailableError(f"the keyring {name} is not known to keep secrets", _WAY_OUT)


class _TimedCalls:
    """Runs calls on daemon threads, each for at most `patience` seconds."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._lock = Lock()
        self._stuck: Thread | None = None

    def run(self, call: Callable[[], _Result]) -> _Result:
        """Return the call's result. Raises StoreError for its errors, and for no answer in time."""
        with self._lock:
            if self._stuck is not None and self._stuck.is_alive():
                raise _silent()
        answer: SimpleQueue[tuple[_Result, None] | tuple[None, Exception]] = SimpleQueue()
        thread = Thread(target=_answer, args=(call, answer), name="keyring", daemon=True)
        thread.start()
        try:
            result, error = answer.get(timeout=self._patience)
        except Empty:
            with self._lock:
                self._stuck = thread
            raise _silent() from None
        # It holds on to the answer until it ends, which may be megabytes.
        thread.join()
        if error is not None:
            raise _translated(error) from error
        return result  # type: ignore[return-value] # one of the two is set


def _answer(call: Callable[[], _Result], answer: "SimpleQueue[tuple[_Result, None] | tuple[None, Exception]]") -> None:
    try:
        answer.put((call(), None))
    except Exception as error:  # noqa: BLE001 - D-Bus libraries raise what they like; it is raised again by the caller
        answer.put((None, error))


def _configured_backend() -> Any:
    import keyring

    return keyring.get_keyring()


def _class_name(backend: Any) -> str:
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def _patience() -> float:
    # With a display the person may just be typing the keyring's password; without one nobody sees the prompt.
    return 60.0 if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or os.name == "nt" else 10.0


def _silent() -> StoreUnavailableError:
    return StoreUnavailableError(
        "the keyring does not answer; it may be locked, waiting for a prompt that is not shown here",
        f"unlock it in a desktop session, or {_WAY_OUT}",
    )


def _gone(detail: str) -> StoreUnavailableError:
    return StoreUnavailableError(
        f"the keyring is gone: its service does not run any more ({detail})",
        "nothing is lost; start the keyring or log in to the desktop anew, then try again",
    )


def _translated(error: Exception) -> SmimetuiError:  # noqa: PLR0911 - a sentence each
    from keyring.errors import InitError, KeyringLocked, NoKeyringError, PasswordSetError

    detail = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    match error:
        case SmimetuiError():
            return error
        case KeyringLocked():
            return StoreLockedError("the keyring is locked", f"unlock it in a desktop session, or {_WAY_OUT}")
        case NoKeyringError():
            return StoreUnavailableError("there is no keyring here", _WAY_OUT)
        case OSError() | EOFError() if not isinstance(error, TimeoutError):
            return _gone(detail)
        case _ if type(error).__name__ == "SecretServiceNotAvailableException":
            return _gone(detail)
        case InitError():
            return StoreUnavailableError("the keyring has no collection to keep keys in", _WAY_OUT)
        case PasswordSetError():
            return StoreFullError(f"the keyring does not take the item ({detail})", _WAY_OUT)
        case _:
            return StoreUnavailableError(f"the keyring failed ({detail})", _WAY_OUT)
