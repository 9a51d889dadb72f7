"""What a Maildir's files are called, and how one is opened: never through a link, never waiting for a pipe."""

import os
import re
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from secrets import token_hex

from smimetui.model.errors import MailboxError
from smimetui.model.value import dataclass

_OPEN = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_COUNTER = count()
_ARRIVAL = re.compile(r"\d{1,11}(?=\.)")


@dataclass(frozen=True, slots=True)
class File:
    """A message's place: its folder's subfolder, whole name, and uid (the name without its flags)."""

    subfolder: str
    name: str

    @property
    def uid(self) -> str:
        """The name without flags, which stays when these change."""
        return self.name.partition(":2,")[0]

    @property
    def flags(self) -> str:
        """Letters, as they stand in the name."""
        return self.name.partition(":2,")[2]

    @property
    def seen(self) -> bool:
        """The message was read."""
        return self.subfolder == "cur" and "S" in self.flags

    @property
    def arrived(self) -> float:
        """Seconds since 1970, as the name has them; 0 for a name that has none."""
        found = _ARRIVAL.match(self.name)
        return float(found[0]) if found else 0.0

    def with_flags(self, flags: str) -> "File":
        """Return the place of the message in `cur` with other flags."""
        return File("cur", f"{self.uid}:2,{''.join(sorted(set(flags)))}")


@contextmanager
def opened(path: str) -> Iterator[int]:
    """Open an ordinary file and yield its descriptor. Raises OSError, MailboxError for what is no such file."""
    descriptor = os.open(path, _OPEN)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise MailboxError("this is not an ordinary file")
        yield descriptor
    finally:
        os.close(descriptor)


def unique_name() -> str:
    """Return a name that no other message has."""
    host = re.sub(r"[^A-Za-z0-9.-]", "_", socket.gethostname()) or "localhost"
    return f"{time.time():.0f}.P{os.getpid()}Q{next(_COUNTER)}R{token_hex(4)}.{host}"
