"""Drafts are kept in the mailbox for their writer alone; at no moment is there none, and none comes back to life."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from smimetui.model.errors import (
    ConfigError,
    DecryptionError,
    FormatError,
    IdentityNotFoundError,
    MailboxError,
    StoreUnavailableError,
)
from smimetui.model.message import Draft, Protection
from smimetui.services.drafts import Drafts
from smimetui.services.self_check import SealMismatchError
from smimetui.services.session import build_session
from smimetui.smime import draft_message
from tests.fakes import FixedClock, MemoryMailbox, MemoryStore, NoAnchors
from tests.pki import NOW
from tests.services.letter import BOTH, PLAIN, SECRET, draft
from tests.services.world import ALICE, BOB, CAROL, DAVE, World, corp, make_world, person

AGES = (("older", timedelta(days=2)), ("newer", timedelta(days=1)))
DOWN = MailboxError("the mailbox does not answer")
PLAIN_MAIL = b"From: a@b.example\r\nSubject: from another program\r\n\r\ntext\r\n"


def elsewhere(world: World) -> Drafts:
    """The same mailbox from another machine, with the same key."""
    return Drafts(account=world.session.account, identities=world.store, mailbox=world.mailbox, clock=world.clock)


def folder(world: World) -> dict[str, bytes]:
    return world.mailbox.messages["Drafts"]


def subjects(drafts: Drafts) -> list[str]:
    return [row.subject for row in drafts.list()]


def titled(subject: str) -> Draft:
    return Draft(sender=ALICE, to=(BOB,), subject=subject)


def test_what_is_kept_is_sealed_to_the_own_certificate_that_was_chosen() -> None:
    older, newer = (corp().issue(ALICE.spec, key="p256", key_name=n, not_before=NOW - a) for n, a in AGES)
    world = make_world(identities=[older.identity, newer.identity])
    newest = world.session.drafts.save(titled("to the newest"), BOTH)
    session = world.session.adopt(replace(world.session.account, encryption_identity=older.certificate.sha256))

    uid = session.drafts.save(titled("to the chosen"), BOTH)

    held = replace(world, store=MemoryStore([older.identity]))
    assert elsewhere(held).open(uid).draft.subject == "to the chosen"
    with pytest.raises(DecryptionError):
        elsewhere(held).open(newest)
    assert {records.own(ALICE) for records in session.keeping.records} == {older.certificate}
    assert {records.own(BOB) for records in session.keeping.records} == {newer.certificate}


def test_a_draft_is_opened_from_another_machine_as_it_was_left() -> None:
    world = make_world()
    written = draft(BOB, cc=(CAROL,), bcc=(DAVE,))

    uid = world.session.drafts.save(written, Protection(sign=False, encrypt=True))

    opened = elsewhere(world).open(uid)
    assert opened.draft == written
    assert opened.protection == Protection(sign=False, encrypt=True)
    assert opened.uid == uid
    assert SECRET.encode() not in folder(world)[uid]
    assert b"dave" not in folder(world)[uid].lower()


def test_a_list_tells_what_each_draft_is_the_newest_first() -> None:
    world = make_world()
    first = world.session.drafts.save(titled("first"), BOTH)
    second = world.session.drafts.save(titled("second"), BOTH)

    for drafts in (world.session.drafts, elsewhere(world)):
        rows = drafts.list()
        assert [(row.uid, row.subject, row.recipients) for row in rows] == [
            (second, "second", (BOB,)),
            (first, "first", (BOB,)),
        ]
        assert rows[0].saved_at == NOW


def test_each_message_of_the_folder_is_looked_into_once(monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_world()
    world.session.drafts.save(titled("ours"), BOTH)
    world.mailbox.append("Drafts", PLAIN_MAIL)
    drafts = elsewhere(world)
    assert subjects(drafts) == ["ours"]

    monkeypatch.setattr(world.mailbox, "fetch", None)

    assert subjects(drafts) == ["ours"]


def test_a_draft_that_is_saved_again_replaces_its_earlier_version() -> None:
    world = make_world()
    drafts = world.session.drafts
    uid = drafts.save(titled("one"), BOTH)

    uid = drafts.save(titled("two"), BOTH, uid=uid)
    uid = drafts.save(titled("three"), BOTH, uid=uid)

    assert list(folder(world)) == [uid]
    assert elsewhere(world).open(uid).draft.subject == "three"


def test_a_draft_of_another_program_is_replaced_where_that_is_wanted() -> None:
    world = make_world()
    foreign = world.mailbox.append("Drafts", PLAIN_MAIL)

    uid = world.session.drafts.save(titled("mine"), BOTH, uid=foreign)

    assert list(folder(world)) == [uid]


def test_where_saving_fails_the_earlier_version_is_as_it_was() -> None:
    world = make_world()
    uid = world.session.drafts.save(titled("one"), BOTH)
    world.mailbox.failure = DOWN

    with pytest.raises(MailboxError):
        world.session.drafts.save(titled("two"), BOTH, uid=uid)

    world.mailbox.failure = None
    assert world.session.drafts.open(uid).draft.subject == "one"
    assert world.session.drafts.save(titled("two"), BOTH, uid=uid)
    assert len(folder(world)) == 1


class Stuck(MemoryMailbox):
    """Deletes nothing while it is stuck; `killed` ends the program in the middle of it."""

    stuck = False
    killed = False

    def delete(self, folder: str, uid: str) -> bool:
        if self.killed:
            raise KeyboardInterrupt
        if self.stuck:
            raise DOWN
        return super().delete(folder, uid)


def stuck_world() -> tuple[Drafts, Stuck, MemoryStore]:
    store, mailbox = MemoryStore(identities=[person(ALICE).identity]), Stuck()
    session = build_session(
        account=make_world().session.account,
        store=store,
        identities=store,
        directories=[],
        system=NoAnchors(),
        mailbox=mailbox,
        transport=None,
        clock=FixedClock(NOW),
    )
    return session.drafts, mailbox, store


def another(drafts: Drafts, mailbox: Stuck, store: MemoryStore) -> Drafts:
    return Drafts(account=drafts._account, identities=store, mailbox=mailbox, clock=FixedClock(NOW))


def test_a_version_that_could_not_be_deleted_is_hidden_and_goes_with_a_later_one() -> None:
    drafts, mailbox, store = stuck_world()
    uid = drafts.save(titled("one"), BOTH)
    mailbox.stuck = True
    uid = drafts.save(titled("two"), BOTH, uid=uid)
    uid = drafts.save(titled("three"), BOTH, uid=uid)

    assert len(mailbox.messages["Drafts"]) == 3
    assert subjects(drafts) == subjects(another(drafts, mailbox, store)) == ["three"]

    mailbox.stuck = False
    uid = drafts.save(titled("four"), BOTH, uid=uid)
    assert list(mailbox.messages["Drafts"]) == [uid]


def test_a_version_left_by_a_kill_is_hidden_and_does_not_come_back_when_the_draft_is_deleted() -> None:
    drafts, mailbox, store = stuck_world()
    uid = drafts.save(titled("one"), BOTH)
    mailbox.killed = True
    with pytest.raises(KeyboardInterrupt):
        drafts.save(titled("two"), BOTH, uid=uid)
    mailbox.killed = False
    later = another(drafts, mailbox, store)
    (row,) = later.list()
    assert row.subject == "two"
    later = another(drafts, mailbox, store)
    later.open(row.uid)

    later.delete(row.uid)

    assert mailbox.messages["Drafts"] == {}


def test_a_version_left_by_a_kill_stays_hidden_however_often_the_draft_is_saved_from_another_machine() -> None:
    drafts, mailbox, store = stuck_world()
    uid = drafts.save(titled("one"), BOTH)
    mailbox.stuck = True
    uid = drafts.save(titled("two"), BOTH, uid=uid)
    mailbox.stuck = False
    later = another(drafts, mailbox, store)
    later.open(uid)
    for number in range(30):
        uid = later.save(titled(f"{number}"), BOTH, uid=uid)

    assert subjects(another(drafts, mailbox, store)) == ["29"]
    assert len(mailbox.messages["Drafts"]) == 2


def test_versions_written_at_two_machines_at_once_are_both_kept() -> None:
    world = make_world()
    uid = world.session.drafts.save(titled("one"), BOTH)
    other = elsewhere(world)
    other.open(uid)

    world.session.drafts.save(titled("two here"), BOTH, uid=uid)
    other.save(titled("two there"), BOTH, uid=uid)

    assert sorted(subjects(elsewhere(world))) == ["two here", "two there"]


def test_a_deleted_draft_is_gone_and_deleting_it_again_does_nothing() -> None:
    world = make_world()
    uid = world.session.drafts.save(titled("one"), BOTH)

    world.session.drafts.delete(uid)
    world.session.drafts.delete(uid)

    assert folder(world) == {}
    assert world.mailbox.messages["Trash"] == {}
    assert world.session.drafts.list() == ()


def test_messages_that_are_no_drafts_of_ours_are_no_drafts() -> None:
    world = make_world()
    uid = world.mailbox.append("Drafts", PLAIN_MAIL)

    assert world.session.drafts.list() == ()
    with pytest.raises(FormatError):
        world.session.drafts.open(uid)
    with pytest.raises(MailboxError):
        world.session.drafts.open("nowhere")


def test_a_draft_for_a_key_that_is_imported_later_is_listed_then() -> None:
    world = make_world()
    uid = world.session.drafts.save(titled("one"), BOTH)
    other = make_world(identities=[])
    other.mailbox.messages["Drafts"] = dict(folder(world))
    assert other.session.drafts.list() == ()
    with pytest.raises(DecryptionError):
        other.session.drafts.open(uid)

    own = person(ALICE)
    other.store.add_identity(own.pkcs8, own.der, [])

    assert subjects(other.session.drafts) == ["one"]


def test_a_message_that_goes_while_the_drafts_are_listed_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_world()
    world.session.drafts.save(titled("one"), BOTH)
    page = world.mailbox.page("Drafts", offset=0, limit=1)
    monkeypatch.setattr(world.mailbox, "page", lambda *_, **__: page)
    folder(world).clear()

    assert elsewhere(world).list() == ()


def test_a_fault_while_listing_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_folder: str, _uid: str) -> bytes:
        raise StoreUnavailableError("the keyring does not answer")

    world = make_world()
    world.session.drafts.save(titled("one"), BOTH)
    monkeypatch.setattr(world.mailbox, "fetch", fail)

    with pytest.raises(StoreUnavailableError):
        elsewhere(world).list()


def test_without_a_certificate_drafts_are_kept_in_memory_only_and_it_is_said() -> None:
    world = make_world(identities=[])

    reason = "the draft is kept in memory only: you have no certificate of your own"
    assert world.session.drafts.why_not() == reason
    with pytest.raises(IdentityNotFoundError, match=reason):
        world.session.drafts.save(titled("one"), PLAIN)
    assert folder(world) == {}


def test_an_own_certificate_for_signing_only_cannot_keep_a_draft() -> None:
    signing = corp().issue(ALICE.spec, key="p256", key_usage=["digitalSignature"]).identity

    assert make_world(identities=[signing]).session.drafts.why_not() == (
        "the draft is kept in memory only: cannot encrypt to yourself: your certificate is for signing only (key usage)"
    )


def test_without_a_mailbox_drafts_are_kept_in_memory_only_and_it_is_said() -> None:
    world = make_world()
    drafts = Drafts(account=world.session.account, identities=world.store, mailbox=None, clock=world.clock)

    assert drafts.why_not() == "the draft is kept in memory only: this account has no mailbox"
    for act in (lambda: drafts.save(titled("one"), BOTH), drafts.list, lambda: drafts.open("1")):
        with pytest.raises(ConfigError):
            act()


def test_drafts_that_can_be_kept_have_no_reason_against_it() -> None:
    assert make_world().session.drafts.why_not() == ""


def test_a_draft_that_does_not_read_back_replaces_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_world()
    uid = world.session.drafts.save(titled("one"), BOTH)
    sealed = draft_message.seal_draft
    other = draft_message.KeptDraft(draft=titled("other"), protection=BOTH, version="x")
    monkeypatch.setattr(draft_message, "seal_draft", lambda _kept, **how: sealed(other, **how))

    with pytest.raises(SealMismatchError):
        world.session.drafts.save(titled("two"), BOTH, uid=uid)

    assert list(folder(world)) == [uid]


class Writing(RuleBasedStateMachine):
    """A draft is saved, opened elsewhere, and deletions fail: the latest version is the one that is listed."""

    def __init__(self) -> None:
        super().__init__()
        self.drafts, self.mailbox, self.store = stuck_world()
        self.uid = ""
        self.latest: str | None = None
        self.count = 0

    @rule()
    def save(self) -> None:
        self.count += 1
        self.latest = f"version {self.count}"
        self.uid = self.drafts.save(titled(self.latest), BOTH, uid=self.uid)

    @rule(stuck=st.booleans())
    def the_server_deletes_or_not(self, stuck: bool) -> None:  # noqa: FBT001
        self.mailbox.stuck = stuck

    @rule()
    def go_to_another_machine(self) -> None:
        self.drafts = another(self.drafts, self.mailbox, self.store)
        if self.uid:
            self.drafts.open(self.uid)

    @rule()
    def delete(self) -> None:
        if self.uid and not self.mailbox.stuck:
            self.drafts.delete(self.uid)
            self.uid, self.latest = "", None

    @invariant()
    def the_latest_version_is_there_alone(self) -> None:
        expected = [] if self.latest is None else [self.latest]
        assert subjects(another(self.drafts, self.mailbox, self.store)) == expected


TestWriting = Writing.TestCase
TestWriting.settings = settings(deadline=None, max_examples=40, stateful_step_count=20)
