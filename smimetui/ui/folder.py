"""A folder as the list sees it: rows that are read page by page as they come into view, and what opening them told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, overload

from smimetui.model.message import OpenedMessage, Summary
from smimetui.model.wording import security_parts
from smimetui.ui.lanes import Lane
from smimetui.ui.people import sender_label

if TYPE_CHECKING:
    from smimetui.services.ports import Mailbox

PAGE = 100
MOST_FOUND = 500
"""Rows that a search shows."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What opening a message told the list; the plain text itself is not kept."""

    locked: bool = False
    readable: bool = True
    badge: bool | None = None
    """Trusted, Not Trusted, or None without a signature."""
    sentence: str = ""
    sender: str = ""
    """The sender with the address, where the name alone would claim too much: another's signature."""


MOST_JUDGED = 1_000_000
"""Octets of the largest message that is fetched for its badge in the list alone: what is seen on one screen then costs
some tens of megabytes at the very most. A larger one is judged when the person opens it."""
TOO_LARGE = Facts(sentence="large: open it to see how it is protected")


@dataclass(frozen=True, slots=True)
class Row:
    """A message and what is known of it so far; no summary before its page is read."""

    summary: Summary | None = None
    facts: Facts | None = None


class Folder(Sequence[Row]):
    """Rows by number, newest first. Reading happens on the mail lane; everything else is at once."""

    def __init__(self, name: str, mailbox: Mailbox, lane: Lane) -> None:
        self.name = name
        self.mailbox = mailbox
        self.unread = 0
        self._lane = lane
        self._total = 0
        self._rows: dict[int, Summary] = {}
        self._facts: dict[str, Facts] = {}
        self._found: str | None = None

    def __len__(self) -> int:
        return self._total

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(self._total))]
        if not 0 <= index < self._total:
            raise IndexError(index)
        summary = self._rows.get(index)
        return Row() if summary is None else Row(summary, self._facts.get(summary.uid))

    @property
    def search(self) -> str | None:
        """The text searched for, or None while the whole folder is shown."""
        return self._found

    async def refresh(self, visible: range, search: str = "") -> None:
        """Read anew what is visible, and forget the other pages; with `search`, only what matches."""
        if search:
            found = await self._lane.call(lambda: self.mailbox.search(self.name, search, limit=MOST_FOUND))
            self._rows, self._total, self._found = dict(enumerate(found)), len(found), search
            return
        start = visible.start // PAGE * PAGE
        page = await self._lane.call(lambda: self.mailbox.page(self.name, offset=start, limit=PAGE))
        self._rows = dict(enumerate(page.rows, start))
        self._total, self.unread, self._found = page.total, page.unread, None
        await self.read(visible)

    async def read(self, span: range) -> bool:
        """Read the pages of a span of rows that are not here yet; return whether there were any."""
        inside = range(max(0, span.start), min(span.stop, self._total))
        missing = sorted({index // PAGE for index in inside if index not in self._rows})
        if self._found is not None or not missing:
            return False
        for number in missing:
            offset = number * PAGE

            def ask(offset: int = offset) -> tuple[Summary, ...]:
                return self.mailbox.page(self.name, offset=offset, limit=PAGE).rows

            self._rows |= dict(enumerate(await self._lane.call(ask), offset))
        return True

    def unjudged(self, span: range) -> int | None:
        """Return the first row of a span that is here and whose facts are not."""
        for index in span:
            summary = self._rows.get(index)
            if summary is not None and summary.uid not in self._facts:
                return index
        return None

    def learn(self, uid: str, facts: Facts) -> None:
        """Keep what opening a message told."""
        self._facts[uid] = facts

    def forget_facts(self) -> None:
        """Judge everything again: a certificate was installed or removed."""
        self._facts.clear()

    def seen(self, index: int) -> None:
        """Show a row as read."""
        summary = self._rows.get(index)
        if summary is not None and not summary.seen:
            self._rows[index] = replace(summary, seen=True)
            self.unread = max(0, self.unread - 1)


def facts_of(opened: OpenedMessage) -> Facts:
    """Return what the list shows of an opened message."""
    signature, encryption = opened.signature, opened.encryption
    stranger = signature is not None and not signature.matches_from
    return Facts(
        sender=sender_label(opened) if stranger else "",
        locked=encryption is not None,
        readable=encryption is None or encryption.decrypted,
        badge=None if signature is None else signature.trusted,
        sentence=", ".join(part[0].lower() + part[1:] for part in security_parts(opened)),
    )
