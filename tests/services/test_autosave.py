from dataclasses import replace

import pytest

from smimetui.model.errors import FormatError, IdentityNotFoundError
from smimetui.model.message import Attachment
from smimetui.services.account import Account
from smimetui.services.autosave import Autosave, OpenDraft, Written
from smimetui.services.memory_shelf import MemoryShelf, Shelves
from smimetui.services.own_records import OwnRecords
from smimetui.smime.sealed_record import Record
from tests.fakes import FixedClock, MemoryStore
from tests.pki import NOW
from tests.services.letter import BOTH, PLAIN, SECRET, draft
from tests.services.world import ALICE, BOB, CAROL, person

PICTURE = Attachment(name="a.png", content_type="image/png", content=b"\x89PNG" * 100)
WRITTEN = Written(
    draft=replace(draft(BOB, bcc=(CAROL,)), attachments=()), protection=BOTH, uid="17", pending=("", "da", "")
)


class Desk:
    """This machine's shelves, which windows come and go over; each window has claims of its own."""

    def __init__(self) -> None:
        self.shelves = Shelves()
        self.store = MemoryStore([person(ALICE).identity])
        self.clock = FixedClock(NOW)

    def window(self) -> Autosave:
        records = OwnRecords(
            shelf=self.shelves.drafts, identities=self.store, clock=self.clock, account=Account(address=ALICE)
        )
        return Autosave(records=records, outgoing=self.shelves.outbox, clock=self.clock)

    def killed(self) -> Autosave:
        """Return a window after a kill of all others: the files are there, and nobody holds one."""
        after = MemoryShelf()
        for name in self.shelves.drafts.names():
            after.write(name, self.shelves.drafts.read(name) or b"")
        self.shelves = Shelves(drafts=after, outbox=self.shelves.outbox)
        return self.window()

    def files(self) -> dict[str, bytes]:
        return {name: self.shelves.drafts.read(name) or b"" for name in self.shelves.drafts.names()}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def saved(desk: Desk, written: Written = WRITTEN) -> OpenDraft:
    open_draft = desk.window().begin()
    assert open_draft.save(written)
    return open_draft


def test_what_a_kill_left_is_there_as_it_was(desk: Desk) -> None:
    written = replace(WRITTEN, draft=replace(WRITTEN.draft, attachments=(PICTURE,)))
    saved(desk, written)
    assert desk.window().left() == ()

    after = desk.killed()
    (left,) = after.left()
    taken = after.take(left.name)

    assert (left.subject, left.recipients, left.saved_at) == (written.draft.subject, (BOB, CAROL), NOW)
    assert taken is not None
    assert taken[1] == written


def test_nothing_lies_there_in_plain_text(desk: Desk) -> None:
    saved(desk, replace(WRITTEN, draft=replace(WRITTEN.draft, attachments=(PICTURE,))))

    everything = b"".join(desk.files().values())
    for secret in (SECRET.encode(), b"carol@corp.example", b"bob@corp.example", b"\x89PNG", b"a.png"):
        assert secret not in everything


def test_files_are_sealed_again_only_when_they_change(desk: Desk) -> None:
    with_file = replace(WRITTEN, draft=replace(WRITTEN.draft, attachments=(PICTURE,)))
    open_draft = saved(desk, with_file)
    before = {name: data for name, data in desk.files().items() if "." in name}

    open_draft.save(replace(with_file, draft=replace(with_file.draft, body="more")))
    assert {name: data for name, data in desk.files().items() if "." in name} == before
    open_draft.save(WRITTEN)
    assert list(desk.files()) == [open_draft.name]


def test_what_is_kept_already_is_not_written_again(desk: Desk) -> None:
    open_draft = saved(desk)
    before = desk.files()

    assert open_draft.save(replace(WRITTEN))
    assert desk.files() == before


def test_two_windows_have_a_draft_each(desk: Desk) -> None:
    first, second = saved(desk), saved(desk, replace(WRITTEN, uid="18"))

    assert first.name != second.name
    assert desk.window().take(first.name) is None
    after = desk.killed()
    assert {written.uid for _, written in filter(None, map(after.take, desk.files()))} == {"17", "18"}
    assert after.left() == ()


def test_a_draft_that_is_gone_cannot_be_taken(desk: Desk) -> None:
    assert desk.window().take("gone") is None
    assert desk.shelves.drafts.claim("gone")


def test_a_draft_that_was_forgotten_is_gone_and_stays_so(desk: Desk) -> None:
    open_draft = saved(desk, replace(WRITTEN, draft=replace(WRITTEN.draft, attachments=(PICTURE,))))

    open_draft.forget()

    assert not open_draft.save(replace(WRITTEN, uid="late"))
    assert desk.files() == {}


def test_forgetting_one_draft_leaves_the_others(desk: Desk) -> None:
    other = saved(desk)

    saved(desk).forget()

    assert list(desk.files()) == [other.name]


def test_a_draft_that_was_left_waits_for_another_window(desk: Desk) -> None:
    open_draft = saved(desk)

    open_draft.leave()

    assert [left.name for left in desk.window().left()] == [open_draft.name]


def test_the_newest_draft_comes_first(desk: Desk) -> None:
    saved(desk).leave()
    desk.clock.at = NOW.replace(year=NOW.year + 1)
    saved(desk, replace(WRITTEN, draft=replace(WRITTEN.draft, subject="newer"))).leave()

    assert [left.subject for left in desk.window().left()] == ["newer", WRITTEN.draft.subject]


def test_a_draft_whose_message_waits_to_be_sent_was_not_left(desk: Desk) -> None:
    open_draft = saved(desk)
    desk.shelves.outbox.write(open_draft.name, b"sealed")

    assert desk.killed().left() == ()


def test_a_draft_that_is_taken_goes_on_under_its_name(desk: Desk) -> None:
    name = saved(desk).name
    taken = desk.killed().take(name)
    assert taken is not None
    open_draft, written = taken

    assert open_draft.is_kept
    assert open_draft.save(replace(written, protection=PLAIN))
    assert list(desk.files()) == [name]


def test_a_store_that_locks_itself_meanwhile_is_not_asked_again(desk: Desk) -> None:
    open_draft = saved(desk)
    desk.store.remove_identity(person(ALICE).certificate.sha256)

    assert open_draft.save(replace(WRITTEN, protection=PLAIN))
    with pytest.raises(IdentityNotFoundError):
        open_draft.save(replace(WRITTEN, draft=replace(WRITTEN.draft, sender=BOB)))


def test_without_a_certificate_nothing_is_written(desk: Desk) -> None:
    desk.store.remove_identity(person(ALICE).certificate.sha256)
    open_draft = desk.window().begin()

    with pytest.raises(IdentityNotFoundError):
        open_draft.save(replace(WRITTEN, draft=replace(WRITTEN.draft, attachments=(PICTURE,))))

    assert desk.files() == {}
    assert not open_draft.is_kept


def test_what_own_keys_do_not_open_is_left_where_it_is(desk: Desk) -> None:
    name = saved(desk).name
    desk.store.remove_identity(person(ALICE).certificate.sha256)

    assert desk.killed().left() == ()
    assert list(desk.files()) == [name]


@pytest.mark.parametrize(
    "facts",
    [5, {}, {"draft": {}}, {"draft": {"to": [], "cc": [], "bcc": [], "subject": ""}, "at": "no time"}],
)
def test_a_damaged_draft_is_not_told_of_and_not_opened(desk: Desk, facts: object) -> None:
    records = OwnRecords(
        shelf=desk.shelves.drafts, identities=desk.store, clock=desk.clock, account=Account(address=ALICE)
    )
    records.write("bad", Record(facts=facts), person(ALICE).certificate)
    window = desk.window()

    assert window.left() == ()
    with pytest.raises(FormatError):
        window.take("bad")
    assert desk.shelves.drafts.claim("bad")


def test_a_draft_whose_files_are_gone_is_damaged(desk: Desk) -> None:
    name = saved(desk, replace(WRITTEN, draft=replace(WRITTEN.draft, attachments=(PICTURE,)))).name
    (files,) = [found for found in desk.files() if found != name]
    desk.shelves.drafts.remove(files)

    with pytest.raises(FormatError):
        desk.killed().read(name)


def test_files_that_a_kill_left_without_their_text_are_removed(desk: Desk) -> None:
    desk.shelves.drafts.write("gone.0123", b"sealed")
    desk.shelves.drafts.write("being-written.0123", b"sealed")
    desk.shelves.drafts.claim("being-written")

    assert desk.window().left() == ()
    assert list(desk.files()) == ["being-written.0123"]


def test_a_draft_that_vanishes_while_it_is_looked_for_is_not_told_of(desk: Desk) -> None:
    class Vanishing(MemoryShelf):
        def names(self) -> tuple[str, ...]:
            return ("vanished",)

    desk.shelves = Shelves(drafts=Vanishing())

    assert desk.window().left() == ()


def test_a_draft_of_the_mailbox_is_open_in_one_window(desk: Desk) -> None:
    one, other = desk.window(), desk.window()

    assert one.hold(ALICE, "17")
    assert not other.hold(ALICE, "17")
    assert other.hold(BOB, "17")
    one.let_go(ALICE, "17")
    assert other.hold(ALICE, "17")
