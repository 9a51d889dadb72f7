import os
import sqlite3
import stat
import time
from pathlib import Path

import pytest

from smimetui.adapters import maildir_index
from smimetui.adapters.maildir import Maildir
from smimetui.adapters.maildir_files import File
from tests.adapters.test_maildir import dated


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "Mail"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let five messages be many, so that what large folders do is seen with few."""
    monkeypatch.setattr(maildir_index, "SMALL", 4)


def fill(root: Path, *days: int) -> None:
    """Deliver messages, named by their days and old enough for the folder's times to tell all."""
    for day in days:
        (root / "cur" / f"17900{day:05}.M.host:2,").write_bytes(dated(day))
    settle(root)


def settle(root: Path) -> None:
    for name in ("new", "cur"):
        os.utime(root / name, ns=(stamp := time.time_ns() - 10**10, stamp))


def subjects(box: Maildir, limit: int = 10) -> list[str]:
    return [row.subject for row in box.page("Inbox", offset=0, limit=limit).rows]


def file_of(cache: Path) -> Path:
    (file,) = cache.glob("*.sqlite")
    return file


def test_headers_are_kept_between_runs_for_their_owner_alone(root: Path, cache: Path) -> None:
    Maildir.create(root)
    fill(root, 1, 2)
    assert subjects(Maildir(root, cache)) == ["day 2", "day 1"]
    for file in (root / "cur").iterdir():
        stamp = (root / "cur").stat().st_mtime_ns
        file.write_bytes(b"")
        os.utime(root / "cur", ns=(stamp, stamp))
    assert subjects(Maildir(root, cache)) == ["day 2", "day 1"]
    assert stat.S_IMODE(file_of(cache).stat().st_mode) == 0o600
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700


@pytest.mark.parametrize("junk", [b"", b"no database" * 1000, b"SQLite format 3\0" + bytes(5000)])
def test_a_cache_that_cannot_be_read_is_thrown_away(root: Path, cache: Path, junk: bytes) -> None:
    Maildir.create(root)
    fill(root, 1)
    subjects(Maildir(root, cache))
    file_of(cache).write_bytes(junk)
    for suffix in ("-wal", "-shm"):
        file_of(cache).with_name(file_of(cache).name + suffix).unlink(missing_ok=True)
    assert subjects(Maildir(root, cache)) == ["day 1"]
    connection = sqlite3.connect(file_of(cache))
    assert connection.execute("SELECT count(*) FROM rows").fetchone() == (1,)
    connection.close()


def test_a_cache_of_another_version_or_shape_is_made_anew(root: Path, cache: Path) -> None:
    Maildir.create(root)
    fill(root, 1)
    for change in ("PRAGMA user_version = 77", "DROP TABLE rows", "ALTER TABLE rows DROP COLUMN words"):
        subjects(Maildir(root, cache))
        with sqlite3.connect(file_of(cache)) as connection:
            connection.execute(change)
        connection.close()
        assert subjects(Maildir(root, cache)) == ["day 1"]


@pytest.mark.parametrize(
    "change",
    ["subfolder = 9", "name = CAST('../../x' AS BLOB)", "date = 'never'", "name = 7"],
)
def test_a_cache_that_lies_is_made_anew_and_leads_nowhere(root: Path, cache: Path, change: str) -> None:
    Maildir.create(root)
    fill(root, 1)
    box = Maildir(root, cache)
    (row,) = box.summaries("Inbox")
    with sqlite3.connect(file_of(cache)) as connection:
        connection.execute(f"UPDATE rows SET {change}")
    connection.close()
    assert box.fetch("Inbox", row.uid) == dated(1)
    assert subjects(box) == ["day 1"]


def test_a_cache_that_breaks_while_it_is_used_costs_nothing_but_time(root: Path, cache: Path) -> None:
    Maildir.create(root)
    fill(root, 1, 2)
    box = Maildir(root, cache)
    assert subjects(box) == ["day 2", "day 1"]
    with sqlite3.connect(file_of(cache)) as connection:
        connection.execute("DROP TABLE rows")
    connection.close()
    assert subjects(box) == ["day 2", "day 1"]
    assert box.search("Inbox", "DAY 1", limit=5)[0].subject == "day 1"


def test_where_no_cache_can_be_the_list_works_without(root: Path, tmp_path: Path) -> None:
    Maildir.create(root)
    fill(root, 3)
    (tmp_path / "file").write_text("")
    assert subjects(Maildir(root, tmp_path / "file")) == ["day 3"]


def test_a_link_in_the_place_of_the_cache_is_not_followed(root: Path, cache: Path, tmp_path: Path) -> None:
    Maildir.create(root)
    fill(root, 1)
    subjects(Maildir(root, cache))
    file = file_of(cache)
    file.unlink()
    (tmp_path / "mine").write_text("precious")
    file.symlink_to(tmp_path / "mine")
    assert subjects(Maildir(root, cache)) == ["day 1"]
    assert (tmp_path / "mine").read_text() == "precious"


@pytest.mark.usefixtures("large")
class TestLargeFolders:
    def test_the_first_page_comes_before_the_folder_was_read(self, root: Path) -> None:
        Maildir.create(root)
        fill(root, *range(1, 9))
        box = Maildir(root)
        page = box.page("Inbox", offset=2, limit=3)
        assert [row.subject for row in page.rows] == ["day 6", "day 5", "day 4"]
        assert (page.total, page.unread) == (8, 8)
        assert box.wait_for_change("Inbox", 5)
        assert box.page("Inbox", offset=2, limit=3) == page

    def test_rows_are_read_as_they_are_shown_and_the_rest_behind_the_screen(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(maildir_index, "_CHUNK", 2)
        Maildir.create(root)
        fill(root, *range(1, 9))
        box = Maildir(root)
        subjects(box)
        assert box.wait_for_change("Inbox", 0)
        assert subjects(box, 3) == ["day 8", "day 7", "day 6"]
        assert subjects(box, 8) == [f"day {day}" for day in range(8, 0, -1)]

    def test_new_mail_is_not_waited_for_and_tells_of_itself(self, root: Path, cache: Path) -> None:
        Maildir.create(root)
        fill(root, *range(1, 9))
        assert len(Maildir(root, cache).summaries("Inbox")) == 8
        box = Maildir(root, cache)
        fill(root, 20)
        (root / "cur" / "1790000001.M.host:2,").unlink()
        os.utime(root / "cur", (4e8, 4e8))
        assert subjects(box, 1) == ["day 8"]
        assert box.wait_for_change("Inbox", 5)
        assert subjects(box, 1) == ["day 20"]
        assert box.page("Inbox", offset=0, limit=1).total == 8
        assert not box.wait_for_change("Inbox", 0)

    def test_a_search_finds_what_no_page_has_shown(self, root: Path) -> None:
        Maildir.create(root)
        fill(root, *range(1, 9))
        box = Maildir(root)
        subjects(box, 1)
        assert [row.subject for row in box.search("Inbox", "DAY 2", limit=9)] == ["day 2"]

    def test_a_search_does_not_wait_for_all_headers_and_finds_the_rest_later(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(maildir_index, "_CHUNK", 2)
        monkeypatch.setattr(maildir_index, "_SEARCH", 0.0)
        Maildir.create(root)
        fill(root, *range(1, 9))
        box = Maildir(root)
        assert [row.subject for row in box.search("Inbox", "day", limit=9)] == ["day 8", "day 7"]
        assert box.wait_for_change("Inbox", 5)
        assert len(box.search("Inbox", "day", limit=9)) == 8

    def test_what_is_done_here_shows_at_once(self, root: Path, cache: Path) -> None:
        Maildir.create(root)
        fill(root, *range(1, 9))
        box = Maildir(root, cache)
        first, second, *_ = box.summaries("Inbox")
        box.mark_seen("Inbox", second.uid)
        box.trash("Inbox", first.uid)
        page = box.page("Inbox", offset=0, limit=2)
        assert (page.rows[0].uid, page.rows[0].seen) == (second.uid, True)
        assert (page.total, page.unread) == (7, 6)
        box.mark_seen("Inbox", second.uid, seen=False)
        assert not box.page("Inbox", offset=0, limit=1).rows[0].seen

    def test_a_change_of_another_window_with_the_same_cache_is_told(self, root: Path, cache: Path) -> None:
        Maildir.create(root)
        fill(root, *range(1, 9))
        one, two = Maildir(root, cache), Maildir(root, cache)
        one.summaries("Inbox")
        two.summaries("Inbox")
        subjects(two)
        one.mark_seen("Inbox", one.page("Inbox", offset=0, limit=1).rows[0].uid)
        assert two.wait_for_change("Inbox", 5)
        assert two.page("Inbox", offset=0, limit=1).rows[0].seen


def test_a_message_that_goes_before_its_header_is_read_has_no_row(root: Path) -> None:
    Maildir.create(root)
    fill(root, 1, 2)
    box = Maildir(root)
    box._index._cache.put("Inbox", [File("cur", "1790000009.M.host:2,")])
    assert subjects(box) == ["day 2", "day 1"]


def test_names_of_every_kind_come_back_from_the_cache(root: Path, cache: Path) -> None:
    Maildir.create(root)
    for name in (b"\xff\xfe:2,S", b"a\nb:2,", b"\x1b[2J"):
        (root / "cur" / os.fsdecode(name)).write_bytes(dated(1))
    rows = Maildir(root, cache).summaries("Inbox")
    again = Maildir(root, cache)
    assert again.summaries("Inbox") == rows
    assert all(again.fetch("Inbox", row.uid) == dated(1) for row in rows)
