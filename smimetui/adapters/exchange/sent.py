"""Sent, where the server files what it sends: copies are looked for there, and several become one."""

from collections.abc import Callable, Sequence
from time import sleep

from smimetui.adapters.exchange.connection import Connection
from smimetui.model.address import Address
from smimetui.model.message import SealedMessage

LOOKS = (0.0, 1.0, 3.0)
"""Pauses before each look into Sent; a message is filed there a moment after it left."""
_LOOK_SECONDS = 5.0
_MOST_COPIES = 1000


class ExchangeSent:
    """SentCopies over a connection. All envelopes of a message have its Message-ID, and so have their copies."""

    def __init__(self, connection: Connection, *, pause: Callable[[float], None] = sleep) -> None:
        self._connection = connection
        self._pause = pause

    def unite(self, sent: Sequence[SealedMessage], whole: bytes, hidden: Sequence[Address]) -> None:
        """Put `whole` in the place of the copies of all envelopes. Raises MailboxError; a copy is there in any case.

        The new one is filed before the others go, into what the server lets one recover. One that the server files
        later than that stays.
        """
        with self._connection.for_mailbox("make one message of the copies in Sent"):
            from smimetui.adapters.exchange.calls import delete_items, file_message, sent_folder

            account = self._connection.account()
            copies = self._all_copies(sent[0].message_id, len(sent))
            names = [address.spec for address in hidden]
            file_message(account, sent_folder(account), whole, draft=False, hidden=names)
            delete_items(account, copies, recoverable=True)

    def count(self, message_id: str) -> int:
        """Return how many copies of a message are there now. Raises MailboxError."""
        with self._connection.for_mailbox("look into Sent"):
            return len(self.copies(message_id))

    def copies(self, message_id: str) -> list[str]:
        """Return the ids of a message's copies. Raises what exchangelib raises."""
        from exchangelib.queryset import Q

        from smimetui.adapters.exchange.calls import find_rows, item_id, sent_folder

        account = self._connection.account()
        rows, _ = find_rows(
            account,
            sent_folder(account),
            fields=["message_id"],
            limit=_MOST_COPIES,
            query=Q(message_id=message_id),
            timeout=min(_LOOK_SECONDS, self._connection.seconds),
        )
        return [item_id(row) for row in rows]

    def _all_copies(self, message_id: str, count: int) -> list[str]:
        copies: list[str] = []
        for seconds in LOOKS:
            self._pause(seconds)
            copies = self.copies(message_id)
            if len(copies) >= count:
                break
        return copies
