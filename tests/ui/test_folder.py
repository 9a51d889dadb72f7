from smimetui.model.message import Summary
from smimetui.services.ports import Page
from smimetui.ui.folder import PAGE, Facts, Folder
from smimetui.ui.lanes import Lane


class Mailbox:
    """Numbered messages; remembers which pages were asked for."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.asked: list[int] = []

    def page(self, folder: str, *, offset: int, limit: int) -> Page:
        self.asked.append(offset)
        numbers = range(offset, min(self.total, offset + limit))
        return Page(rows=tuple(map(summary, numbers)), total=self.total, unread=self.total)

    def search(self, folder: str, text: str, *, limit: int) -> tuple[Summary, ...]:
        return tuple(summary(number) for number in range(self.total) if text in str(number))[:limit]


def summary(number: int) -> Summary:
    return Summary(uid=str(number), sender="s", subject=f"message {number}", date=None, seen=False, size=1)


def folder(total: int) -> tuple[Folder, Mailbox]:
    mailbox = Mailbox(total)
    return Folder("Inbox", mailbox, Lane("test")), mailbox  # type: ignore[arg-type]


async def test_a_large_folder_opens_with_one_page() -> None:
    rows, mailbox = folder(50_000)
    await rows.refresh(range(20))
    assert len(rows) == 50_000
    assert mailbox.asked == [0]
    assert rows[3].summary == summary(3)
    assert rows[40_000].summary is None


async def test_pages_are_read_as_they_come_into_view_and_once() -> None:
    rows, mailbox = folder(50_000)
    await rows.refresh(range(20))
    assert await rows.read(range(40_090, 40_110))
    assert not await rows.read(range(40_090, 40_110))
    assert mailbox.asked == [0, 40_000, 40_100]
    assert rows[40_099].summary == summary(40_099)


async def test_a_refresh_reads_what_is_visible_and_forgets_the_rest() -> None:
    rows, mailbox = folder(1_000)
    await rows.refresh(range(20))
    await rows.read(range(500, 520))
    await rows.refresh(range(495, 515))
    assert rows[0].summary is None
    assert {rows[index].summary for index in range(495, 515)} == {summary(index) for index in range(495, 515)}
    assert mailbox.asked[-2:] == [400, 500]


async def test_a_search_shows_only_what_matches_until_it_ends() -> None:
    rows, _ = folder(300)
    await rows.refresh(range(20), "77")
    assert [row.summary.uid for row in rows if row.summary] == ["77", "177", "277"]
    assert not await rows.read(range(200))
    await rows.refresh(range(20))
    assert len(rows) == 300


async def test_facts_stay_with_their_message_and_can_be_forgotten() -> None:
    rows, _ = folder(PAGE)
    await rows.refresh(range(20))
    assert rows.unjudged(range(2)) == 0
    rows.learn(summary(0), Facts(locked=True))
    assert rows.unjudged(range(2)) == 1
    await rows.refresh(range(20))
    assert rows[0].facts == Facts(locked=True)
    rows.forget_facts()
    assert rows[0].facts is None


async def test_reading_a_message_lowers_the_number_of_unread() -> None:
    rows, _ = folder(3)
    await rows.refresh(range(3))
    rows.seen("1")
    rows.seen("1")
    assert rows.unread == 2
    assert [row.summary.seen for row in rows if row.summary] == [False, True, False]
