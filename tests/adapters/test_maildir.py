import mailbox
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from errno import EIO, ENOSPC
from pathlib import Path

import pytest

from smimetui.adapters.maildir import Maildir
from smimetui.adapters.maildir_files import File
from smimetui.model.errors import MailboxError

MAIL = b"From: Bob <bob@corp.example>\r\nSubject: Hello\r\nDate: Mon, 23 Nov 2026 09:14:00 +0000\r\n\r\nbody\r\n"


def dated(day: int) -> bytes:
    return MAIL.replace(b"23 Nov", b"%d Nov" % day).replace(b"Hello", b"day %d" % day)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "Mail"


@pytest.fixture
def box(root: Path) -> Maildir:
    return Maildir.create(root)


def subjects(box: Maildir, folder: str = "Inbox") -> list[str]:
    return [summary.subject for summary in box.summaries(folder)]


def the_uid(box: Maildir, folder: str = "Inbox") -> str:
    (summary,) = box.summaries(folder)
    return summary.uid


class TestFolders:
    def test_the_usual_folders_are_there_and_inbox_is_first(self, box: Maildir) -> None:
        assert box.folders() == ("Inbox", "Drafts", "Sent", "Trash")

    def test_they_are_the_owners_alone_and_other_programs_read_them(self, box: Maildir, root: Path) -> None:
        box.append("Sent", MAIL)
        assert stat.S_IMODE((root / ".Sent" / "cur").stat().st_mode) == 0o700
        other = mailbox.Maildir(root, create=False)
        assert sorted(other.list_folders()) == ["Drafts", "Sent", "Trash"]
        assert [message["Subject"] for message in other.get_folder("Sent")] == ["Hello"]

    def test_folders_of_other_programs_come_after_by_name(self, box: Maildir, root: Path) -> None:
        for name in (".Work.2026", ".Archive", ".empty", "nodot", "."):
            (root / name / "cur").mkdir(parents=True, exist_ok=True)
        (root / ".empty" / "cur").rmdir()
        (root / ".file").write_text("")
        (root / ".link").symlink_to(root / ".Archive")
        assert box.folders() == ("Inbox", "Drafts", "Sent", "Trash", "Archive", "Work/2026")
        (root / ".Work.2026" / "new").mkdir()
        assert box.summaries("Work/2026") == ()

    def test_a_usual_folder_that_is_missing_is_empty_and_made_when_needed(self, root: Path) -> None:
        for name in ("cur", "new", "tmp"):
            (root / name).mkdir(parents=True)
        box = Maildir(root)
        assert box.summaries("Sent") == ()
        box.append("Sent", MAIL)
        assert subjects(box, "Sent") == ["Hello"]

    @pytest.mark.parametrize("folder", ["Nowhere", "", ".", "..", "/", "../..", "a\0b", "\ud800", "x" * 300])
    def test_a_folder_that_is_not_there_is_a_sentence(self, box: Maildir, folder: str) -> None:
        with pytest.raises(MailboxError):
            box.summaries(folder)

    def test_no_name_leads_out_of_the_mailbox(self, box: Maildir, root: Path) -> None:
        for folder in ("../outside", "/outside", "..", "Sent/../../outside"):
            try:
                box.append(folder, MAIL)
            except MailboxError:
                continue
        assert [path.name for path in root.parent.iterdir()] == ["Mail"]

    def test_a_mailbox_that_is_not_there_is_a_sentence_and_is_not_made(self, root: Path) -> None:
        box = Maildir(root)
        for act in (box.folders, lambda: box.summaries("Inbox"), lambda: box.fetch("Inbox", "x")):
            with pytest.raises(MailboxError, match="Mail cannot"):
                act()
        assert not root.exists()


class TestReading:
    def test_rows_come_newest_first_with_what_the_header_says(self, box: Maildir) -> None:
        for day in (21, 23, 22):
            box.deliver(dated(day))
        assert subjects(box) == ["day 23", "day 22", "day 21"]
        first = box.summaries("Inbox")[0]
        assert (first.sender, first.seen, first.size) == ("Bob", False, len(dated(23)))
        assert first.date.day == 23

    def test_a_message_without_a_date_is_sorted_by_its_arrival(self, box: Maildir, root: Path) -> None:
        box.deliver(dated(23))
        box.deliver(b"Subject: no date\n\nbody")
        path = next(path for path in (root / "new").iterdir() if b"no date" in path.read_bytes())
        os.utime(path, (4e9, 4e9))
        assert subjects(box) == ["no date", "day 23"]
        assert box.summaries("Inbox")[0].date is None

    def test_a_message_comes_back_byte_for_byte(self, box: Maildir) -> None:
        message = bytes(range(256)) * 1000
        box.append("Sent", message)
        assert box.fetch("Sent", the_uid(box, "Sent")) == message

    def test_changes_of_other_programs_are_seen(self, box: Maildir, root: Path) -> None:
        box.deliver(MAIL)
        uid = the_uid(box)
        (root / "new" / uid).rename(root / "cur" / f"{uid}:2,RS")
        assert box.fetch("Inbox", uid) == MAIL
        assert box.summaries("Inbox")[0].seen
        (root / "cur" / f"{uid}:2,RS").unlink()
        assert box.summaries("Inbox") == ()
        with pytest.raises(MailboxError, match="not there any more"):
            box.fetch("Inbox", uid)

    def test_a_message_is_shown_once_while_another_program_moves_it(self, box: Maildir, root: Path) -> None:
        box.deliver(MAIL)
        uid = the_uid(box)
        os.link(root / "new" / uid, root / "cur" / f"{uid}:2,S")
        assert len(box.summaries("Inbox")) == 1

    def test_headers_are_read_once(self, box: Maildir, root: Path) -> None:
        box.deliver(MAIL)
        first = box.summaries("Inbox")
        (root / "new" / first[0].uid).write_bytes(b"")
        assert box.summaries("Inbox") == first

    def test_a_message_beyond_the_limit_is_not_opened(self, box: Maildir, root: Path) -> None:
        box.deliver(MAIL)
        uid = the_uid(box)
        os.truncate(root / "new" / uid, 100_000_001)
        with pytest.raises(MailboxError, match="100 MB"):
            box.fetch("Inbox", uid)

    def test_files_that_are_not_ordinary_are_not_there(self, box: Maildir, root: Path, tmp_path: Path) -> None:
        secret = tmp_path / "secret"
        secret.write_bytes(MAIL)
        (root / "cur" / "link:2,S").symlink_to(secret)
        os.mkfifo(root / "cur" / "pipe:2,")
        (root / "cur" / "folder").mkdir()
        (root / "cur" / ".hidden").write_bytes(MAIL)
        assert box.summaries("Inbox") == ()
        for uid in ("link", "pipe", "folder", ".hidden"):
            with pytest.raises(MailboxError):
                box.fetch("Inbox", uid)

    def test_a_file_that_turns_into_a_link_is_not_followed(self, box: Maildir, root: Path, tmp_path: Path) -> None:
        secret = tmp_path / "secret"
        secret.write_bytes(MAIL)
        for turn in (lambda path: path.symlink_to(secret), os.mkfifo):
            box.deliver(dated(1))
            uid = the_uid(box)
            (root / "new" / uid).unlink()
            turn(root / "new" / uid)
            with pytest.raises(MailboxError):
                box.fetch("Inbox", uid)
            assert box._index.row("Inbox", File("new", uid)) is None
            (root / "new" / uid).unlink()

    @pytest.mark.parametrize("folder", [".Sent", "cur", ".Sent/cur"])
    def test_a_folder_that_is_a_link_is_not_followed(
        self, box: Maildir, root: Path, tmp_path: Path, folder: str
    ) -> None:
        outside = Maildir.create(tmp_path / "outside")
        outside.append("Inbox", MAIL)
        moved = root / folder
        for path in sorted(moved.rglob("*"), reverse=True):
            path.rmdir()
        moved.rmdir()
        target = tmp_path / "outside"
        moved.symlink_to(target / "cur" if folder.endswith("cur") else target)
        name = "Inbox" if folder == "cur" else "Sent"
        for act in (
            lambda: box.summaries(name),
            lambda: box.fetch(name, the_uid(outside)),
            lambda: box.append(name, MAIL),
        ):
            with pytest.raises(MailboxError):
                act()
        assert len(outside.summaries("Inbox")) == 1

    def test_the_mailbox_itself_may_be_a_link(self, box: Maildir, root: Path, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(root)
        linked = Maildir.create(tmp_path / "link")
        linked.append("Inbox", MAIL)
        assert subjects(box) == subjects(linked) == ["Hello"]

    def test_a_message_that_cannot_be_read_neither_hides_the_others_nor_vanishes(
        self, box: Maildir, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        box.deliver(dated(1))
        box.deliver(dated(2))
        real, broken = os.read, []

        def read(descriptor: int, length: int) -> bytes:
            if not broken:
                broken.append(descriptor)
                raise OSError(EIO, os.strerror(EIO))
            return real(descriptor, length)

        monkeypatch.setattr(os, "read", read)
        rows = box.summaries("Inbox")
        assert sorted(bool(row.subject) for row in rows) == [False, True]
        assert all(row.size for row in rows)

    def test_hostile_file_names_are_names(self, box: Maildir, root: Path) -> None:
        hostile = [
            b"\xff\xfe",
            b"a\nb",
            b"\x1b[2J",
            b":2,S",
            b":",
            b"a:2,:2,S",
            b"x" * 250,
            " \u202ex".encode(),
            b"-rf",
            b"a:1,x",
        ]
        for name in hostile:
            (root / "cur" / os.fsdecode(name)).write_bytes(MAIL)
        rows = box.summaries("Inbox")
        assert len(rows) == len(hostile)
        for row in rows:
            assert box.fetch("Inbox", row.uid) == MAIL
            if len(row.uid) < 240:
                box.mark_seen("Inbox", row.uid)
        assert len(box.summaries("Inbox")) == len(hostile)

    @pytest.mark.parametrize("uid", ["", "..", "../../x", "/etc/passwd", "a\0b", "none"])
    def test_a_uid_that_names_no_message_is_a_sentence(self, box: Maildir, uid: str) -> None:
        box.deliver(MAIL)
        for act in (box.fetch, box.mark_seen, box.trash):
            with pytest.raises(MailboxError):
                act("Inbox", uid)


class TestChanging:
    def test_new_mail_is_marked_as_read_and_stays_so(self, box: Maildir, root: Path) -> None:
        box.deliver(MAIL)
        uid = the_uid(box)
        for _ in range(2):
            box.mark_seen("Inbox", uid)
            assert [summary.seen for summary in Maildir(root).summaries("Inbox")] == [True]
        assert the_uid(box) == uid

    def test_flags_of_other_programs_are_kept_in_order(self, box: Maildir, root: Path) -> None:
        (root / "cur" / "1.x.host:2,FR").write_bytes(MAIL)
        box.mark_seen("Inbox", "1.x.host")
        assert [path.name for path in (root / "cur").iterdir()] == ["1.x.host:2,FRS"]

    def test_a_message_goes_to_the_trash_and_back(self, box: Maildir) -> None:
        box.deliver(MAIL)
        uid = box.trash("Inbox", the_uid(box))
        assert box.summaries("Inbox") == ()
        assert box.fetch("Trash", uid) == MAIL
        box.restore("Inbox", uid)
        assert box.summaries("Trash") == ()
        assert subjects(box) == ["Hello"]
        assert not box.summaries("Inbox")[0].seen

    def test_a_message_in_the_trash_with_the_same_name_is_not_written_over(self, box: Maildir, root: Path) -> None:
        for message in (dated(1), dated(2)):
            (root / "cur" / "same:2,S").write_bytes(message)
            box.trash("Inbox", "same")
        assert subjects(box, "Trash") == ["day 2", "day 1"]
        (root / "cur" / "same:2,S").write_bytes(dated(3))
        for summary in box.summaries("Trash"):
            box.restore("Inbox", summary.uid)
        assert subjects(box) == ["day 3", "day 2", "day 1"]

    def test_a_name_taken_in_the_same_folder_is_not_written_over(
        self, box: Maildir, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (root / "new" / "same").write_bytes(dated(1))
        (root / "cur" / "same:2,S").write_bytes(dated(2))
        monkeypatch.setattr(box._index, "place", lambda *_: File("new", "same"))
        with pytest.raises(MailboxError, match="same name"):
            box.mark_seen("Inbox", "same")
        assert (root / "cur" / "same:2,S").read_bytes() == dated(2)

    def test_a_deleted_message_is_gone_for_good_and_deleting_it_again_does_nothing(self, box: Maildir) -> None:
        uid = box.append("Drafts", MAIL)
        other = box.append("Drafts", MAIL)
        assert {summary.uid for summary in box.summaries("Drafts")} == {uid, other}
        assert box.delete("Drafts", uid)
        assert not box.delete("Drafts", uid)
        assert not box.delete("Drafts", "nowhere")
        assert [summary.uid for summary in box.summaries("Drafts")] == [other]
        assert box.summaries("Trash") == ()

    def test_a_message_that_goes_while_it_is_deleted_was_not_there(
        self, box: Maildir, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        uid = box.append("Drafts", MAIL)
        found = box._find("Drafts", uid)
        assert box.delete("Drafts", uid)
        monkeypatch.setattr(box._index, "place", lambda *_: found)
        assert not box.delete("Drafts", uid)

    def test_a_filed_message_is_read_and_a_draft_is_marked_so(self, box: Maildir, root: Path) -> None:
        box.append("Sent", MAIL)
        box.append("Drafts", MAIL)
        assert box.summaries("Sent")[0].seen
        (draft,) = (root / ".Drafts" / "cur").iterdir()
        assert draft.name.endswith(":2,DS")
        assert stat.S_IMODE(draft.stat().st_mode) == 0o600
        assert list((root / ".Sent" / "tmp").iterdir()) == []

    def test_a_message_that_cannot_be_written_leaves_nothing(
        self, box: Maildir, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(descriptor: int) -> None:
            raise OSError(ENOSPC, os.strerror(ENOSPC))

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(MailboxError, match=r"cannot file the message in Sent: No space left"):
            box.append("Sent", MAIL)
        assert [path for path in (root / ".Sent").rglob("*") if path.is_file()] == []

    def test_many_threads_file_and_read_without_loss(self, box: Maildir) -> None:
        def work(number: int) -> None:
            box.append("Sent", dated(1 + number % 28))
            box.summaries("Sent")

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(work, range(40)))
        assert len(box.summaries("Sent")) == 40
