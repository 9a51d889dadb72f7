"""Sending through Exchange: each envelope is handed over once, and what may have left is looked for in Sent."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from threading import Lock
from time import sleep
from typing import TYPE_CHECKING

from smimetui.adapters.exchange.connection import Connection
from smimetui.adapters.exchange.sent import LOOKS, ExchangeSent
from smimetui.model.address import Address, header_addresses
from smimetui.model.errors import (
    AuthenticationFailedError,
    TransportError,
    TransportRefusedError,
    TransportUncertainError,
    TransportUnreachableError,
)
from smimetui.model.message import Outcome, SealedMessage

if TYPE_CHECKING:
    from smimetui.adapters.exchange.failures import Failure

_FIELD = re.compile(rb"[^\r\n:]+:[^\n]*\n(?:[ \t][^\n]*\n)*")
_END = re.compile(rb"\r?\n(?=\r?\n)")
_RECIPIENTS = frozenset({b"to", b"cc", b"bcc", b"resent-to", b"resent-cc", b"resent-bcc"})
_PATIENCE = 4
"""Times the usual wait: the server answers when it has the whole message."""


class ExchangeTransport:
    """Transport over a connection. The server files what it sends in Sent."""

    def __init__(self, connection: Connection, *, pause: Callable[[float], None] = sleep) -> None:
        self._connection = connection
        self._pause = pause
        self.sent_copies = ExchangeSent(connection, pause=pause)
        self._lock = Lock()
        self._left: Counter[str] = Counter()

    def send(self, message: SealedMessage) -> Outcome:
        """Hand over one envelope, once; SENT also where only Sent says so. Raises TransportError."""
        # One at a time: copies in Sent are told apart by their number.
        with self._lock:
            try:
                self._hand_over(message)
            except Exception as error:  # an odd answer makes the library raise most kinds
                failure = self._connection.explain(error)
                if not failure.maybe_done:
                    raise _refusal(failure) from error
                if not self._is_in_sent(message):
                    raise TransportUncertainError(
                        f"it is uncertain whether the message was sent: {failure.summary}",
                        "look into Sent before sending it again",
                    ) from error
            self._left[message.message_id] += 1
        return Outcome.SENT

    def resume(self, message_id: str, left: int) -> None:
        """Learn that so many envelopes of a message left in an earlier run: as many copies in Sent are theirs."""
        with self._lock:
            self._left[message_id] = max(left, self._left[message_id])

    def _hand_over(self, message: SealedMessage) -> None:
        self._connection.make_ready()
        from smimetui.adapters.exchange.calls import send_message

        data, hidden = addressed(message)
        send_message(
            self._connection.account(),
            data,
            [address.spec for address in hidden],
            timeout=self._connection.seconds * _PATIENCE,
        )

    def _is_in_sent(self, message: SealedMessage) -> bool:
        """Look for one more copy of this message than left before: each envelope of a message has its Message-ID."""
        for seconds in LOOKS:
            self._pause(seconds)
            try:
                if len(self.sent_copies.copies(message.message_id)) > self._left[message.message_id]:
                    return True
            except Exception as error:  # noqa: BLE001 - the look failed as sending did
                self._connection.explain(error)
        return False


def addressed(message: SealedMessage) -> tuple[bytes, tuple[Address, ...]]:
    """Return the bytes to hand over, and the recipients to name beside them.

    The server sends to everyone in the header. So an envelope of its own, a Bcc's, loses the header fields that name
    others: they would all get it once more, and see that there was a Bcc.
    """
    end = _END.search(message.data)
    head = message.data[: end.end()] if end else b""
    fields = [(match[0], match[0].partition(b":")[0].strip().lower()) for match in _FIELD.finditer(head)]
    named = [
        address
        for field, name in fields
        if name in _RECIPIENTS
        for address in header_addresses(field.partition(b":")[2].decode("utf-8", "replace"))
    ]
    if set(named) <= set(message.recipients) and not any(name == b"bcc" for _, name in fields):
        return message.data, _without(message.recipients, named)
    kept = b"".join(field for field, name in fields if name not in _RECIPIENTS)
    return kept + message.data[len(head) :], message.recipients


def _without(recipients: Sequence[Address], named: Sequence[Address]) -> tuple[Address, ...]:
    return tuple(address for address in recipients if address not in named)


def _refusal(failure: "Failure") -> TransportError:
    from smimetui.adapters.exchange.failures import Kind

    kinds = {Kind.UNREACHABLE: TransportUnreachableError, Kind.LOGIN: AuthenticationFailedError}
    return kinds.get(failure.kind, TransportRefusedError)(failure.summary, failure.hint)
