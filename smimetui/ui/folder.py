"""A folder as the list sees it: rows that are read page by page as they come into view, and what opening them told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, overload

from smimetui.model.message import OpenedMessage, Summary
from smimetui.model.value import dataclass
from smimetui.model.wording import security_parts
from smimetui.ui.lanes import Lane
from smimetui.ui.people import people, sender_label

if TYPE_CHECKING:
    from smimetui.services.ports import Mailbox

PAGE = 100
_MOST_PEOPLE = 10
"""Recipients of a sent message that are kept for its row."""
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
    recipients: str = ""
    signer: str = ""
    """Name and addresses of who signed, to be searched."""


MOST_SOUGHT = 200_000_000
"""Octets that one search opens to see who signed."""
_SIGNED = ("multipart/signed", "application/pkcs7-mime", "application/x-pkcs7-mime")
MOST_JUDGED = 1_000_000
"""Octets of the largest message that is fetched for its badge in the list alone: what is seen on one screen then costs
some tens of megabytes at the very most. A larger one is judged when the person opens it."""
TOO_LARGE = Facts(sentence="large: open it to see how it is protected")


@dataclass(frozen=True, slots=True)
class Row:
    """A message and what is known of it so far; no summary before its page is read."""

    summary: Summary | None = None
    facts: Facts | None = None
    selected: bool = False


Moved = Callable[[int], int | None]
"""Says where the message of a row is now; None for one that is gone, out of sight or was never read."""


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
        self._judging: set[str] = set()
        self._signed: dict[str, Summary] = {}
        self._found: str | None = None
        self.selected: set[str] = set()
        """Messages that the person selected, by uid."""
        self.seeking = ""
        """How far the search for signers is."""
        self.followers: set[Callable[[Moved], None]] = set()
        """Told at once when messages may stand in other rows than before."""

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
        if summary is None:
            return Row()
        return Row(summary, self._facts.get(summary.uid), selected=summary.uid in self.selected)

    @property
    def search(self) -> str | None:
        """The text searched for, or None while the whole folder is shown."""
        return self._found

    async def refresh(self, visible: range, search: str = "") -> None:
        """Read anew what is visible, and forget the other pages; with `search`, only what matches."""
        if search:
            found = await self._lane.call(lambda: self.mailbox.search(self.name, search, limit=MOST_FOUND))
            signed = [summary for uid, summary in self._signed.items() if self._signs(uid, search)]
            if search != self._found:
                self.seeking = ""
            self._put(search, found, signed)
            return
        start = visible.start // PAGE * PAGE
        page = await self._lane.call(lambda: self.mailbox.page(self.name, offset=start, limit=PAGE))
        rows = dict(enumerate(page.rows, start))
        for number in self._missing(visible, rows, page.total):
            rows |= await self._page(number)
        self.unread = page.unread
        self._publish(None, rows, page.total)

    async def read(self, span: range) -> bool:
        """Read the pages of a span of rows that are not here yet; return whether there were any."""
        if self._found is not None:
            return False
        missing = self._missing(span, self._rows, self._total)
        for number in missing:
            self._rows |= await self._page(number)
        return bool(missing)

    @staticmethod
    def _missing(span: range, rows: Mapping[int, Summary], total: int) -> list[int]:
        """Return the numbers of the pages that hold what is not here of a span."""
        inside = range(max(0, span.start), min(span.stop, total))
        return sorted({index // PAGE for index in inside if index not in rows})

    async def _page(self, number: int) -> dict[int, Summary]:
        offset = number * PAGE
        page = await self._lane.call(lambda: self.mailbox.page(self.name, offset=offset, limit=PAGE))
        return dict(enumerate(page.rows, offset))

    def unjudged(self, span: range) -> int | None:
        """Return the first row of a span that is here and whose facts are not."""
        for index in span:
            summary = self._rows.get(index)
            if summary is not None and summary.uid not in self._facts and summary.uid not in self._judging:
                return index
        return None

    @contextmanager
    def judging(self, summary: Summary) -> Iterator[None]:
        """Have nobody else open a message meanwhile: a folder may be on two screens."""
        self._judging.add(summary.uid)
        try:
            yield
        finally:
            self._judging.discard(summary.uid)

    def learn(self, summary: Summary, facts: Facts) -> None:
        """Keep what opening a message told."""
        self._facts[summary.uid] = facts
        if facts.signer:
            self._signed[summary.uid] = summary

    async def seek_signers(self, look: Callable[[Summary], Facts], lane: Lane, found: Callable[[], None]) -> None:
        """Open the signed messages not opened yet, newest first, and add those that a match of the search signed.

        Ends with the search, or when `MOST_SOUGHT` octets were opened; `found` is called for each page.
        """
        text, offset, octets, total = self._found, 0, 0, 1
        while text and text == self._found and offset < total:
            page = await self._lane.call(partial(self.mailbox.page, self.name, offset=offset, limit=PAGE))
            total, offset = page.total, offset + PAGE
            for summary in page.rows:
                small = summary.size <= min(MOST_JUDGED, MOST_SOUGHT - octets)
                if summary.uid in self._facts or not small or not summary.content_type.lower().startswith(_SIGNED):
                    continue
                octets += summary.size
                self.learn(summary, await lane.call(partial(look, summary)))
                if text == self._found and self._signs(summary.uid, text):
                    self._put(text, self._rows.values(), [summary])
            if text == self._found:
                full = octets + MOST_JUDGED > MOST_SOUGHT
                self.seeking = f"signers: the newest {min(offset, total):,} looked at" if offset < total else ""
                found()
                if full:
                    return

    def _signs(self, uid: str, text: str) -> bool:
        facts = self._facts.get(uid)
        return facts is not None and text.casefold() in facts.signer

    def _put(self, search: str, *groups: Iterable[Summary]) -> None:
        """Show these messages, each once, newest first; the groups are in that order already."""
        rows = {summary.uid: summary for group in groups for summary in group}
        order = sorted(rows.values(), key=lambda row: row.date.timestamp() if row.date else 0.0, reverse=True)
        self._publish(search, dict(enumerate(order)), len(order))

    def _publish(self, search: str | None, rows: dict[int, Summary], total: int) -> None:
        """Take new rows, and tell in the same moment where those of before are now: a key means what was in sight."""
        before = self._rows if search == self._found else {}
        places = {summary.uid: index for index, summary in rows.items()}
        self._rows, self._total, self._found = rows, total, search

        def moved(index: int) -> int | None:
            summary = before.get(index)
            return None if summary is None else places.get(summary.uid)

        for tell in tuple(self.followers):
            tell(moved)

    def toggle(self, uid: str) -> None:
        """Select a message, or no longer."""
        self.selected ^= {uid}

    def any_unread(self, uids: Iterable[str]) -> bool:
        """Return whether one of these is unread, as far as is known."""
        asked = set(uids)
        return any(row.uid in asked and not row.seen for row in self._rows.values())

    def forget_facts(self) -> None:
        """Judge everything again: a certificate was installed or removed."""
        self._facts.clear()
        self._signed.clear()

    def seen(self, uid: str) -> None:
        """Show a message as read."""
        for index, summary in self._rows.items():
            if summary.uid == uid and not summary.seen:
                self._rows[index] = replace(summary, seen=True)
                self.unread = max(0, self.unread - 1)
                return


def facts_of(opened: OpenedMessage) -> Facts:
    """Return what the list shows of an opened message."""
    signature, encryption = opened.signature, opened.encryption
    signer = signature.signer if signature is not None else None
    stranger = signature is not None and not signature.matches_from
    return Facts(
        sender=sender_label(opened) if stranger else "",
        recipients=people((*opened.headers.to, *opened.headers.cc, *opened.headers.bcc)[:_MOST_PEOPLE]),
        locked=encryption is not None,
        readable=encryption is None or encryption.decrypted,
        badge=None if signature is None else signature.trusted,
        signer=" ".join((signer.subject, *signer.addresses)).casefold() if signer else "",
        sentence=", ".join(part[0].lower() + part[1:] for part in security_parts(opened)),
    )
