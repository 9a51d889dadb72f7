"""A Transport that leaves each envelope as a file: the sandbox's way of sending."""

import secrets
from datetime import UTC, datetime
from pathlib import Path

from smimetui.adapters.atomic_file import private_folder, write_atomically
from smimetui.model.errors import TransportUnreachableError
from smimetui.model.message import Outcome, SealedMessage


class OutboxTransport:
    """Writes envelopes into `folder` as `.eml` files whose names sort by time."""

    sent_copies = None

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: SealedMessage) -> Outcome:
        """Write the envelope's bytes as they are. Raises TransportUnreachableError; then no file is there."""
        # The name comes from here alone: a Message-ID is text from outside.
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{secrets.token_hex(3)}.eml"
        try:
            write_atomically(private_folder(self._folder) / name, message.data)
        except OSError as error:
            raise TransportUnreachableError(
                f"the outbox {self._folder} takes no message: {error.strerror}", "the draft is kept"
            ) from error
        return Outcome.SENT

    def resume(self, message_id: str, left: int) -> None:
        """Do nothing: how a file is written never depends on others."""
