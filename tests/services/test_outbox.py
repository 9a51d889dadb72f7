from collections.abc import Sequence
from dataclasses import replace

import pytest

from smimetui.model.address import Address, parse_address
from smimetui.model.errors import (
    AuthenticationFailedError,
    ConfigError,
    FormatError,
    IdentityNotFoundError,
    MailboxError,
    StoreError,
    StoreFullError,
    TransportError,
    TransportRefusedError,
    TransportUncertainError,
    TransportUnreachableError,
)
from smimetui.model.message import Draft, Outcome, Protection
from smimetui.services.account import Account
from smimetui.services.autosave import Written
from smimetui.services.dispatch import SendReport, Step
from smimetui.services.memory_shelf import MemoryShelf
from smimetui.services.outbox_entry import OutboxEntry, Standing
from smimetui.services.outbox_record import mail_record, read_entry, read_mail
from smimetui.services.own_records import OwnRecords
from smimetui.services.session import Session, build_session
from smimetui.smime.sealed_record import Record
from tests.fakes import MemoryCopies, NoAnchors
from tests.services.letter import BOTH, ENCRYPTED, PLAIN, SECRET, draft
from tests.services.machine import KILL, KilledError, Machine
from tests.services.world import ALICE, BOB, CAROL, DAVE, person

GONE = TransportUnreachableError("the server does not answer")
LOST = TransportUncertainError("the answer was lost")
NO = TransportRefusedError("no such user")


def queue(session: Session, written: Draft, protection: Protection = BOTH, *, uid: str = "") -> str:
    """Write a draft and put its message into the outbox."""
    open_draft = session.autosave.begin()
    open_draft.save(Written(draft=written, protection=protection, uid=uid))
    session.outbox.put(open_draft.name, session.composer.prepare(written, protection), uid=uid)
    return open_draft.name


def send(session: Session, name: str) -> SendReport:
    return session.outbox.send(name, on_progress=str)


def standings(session: Session) -> list[Standing]:
    return [session.outbox.standing(entry) for entry in session.outbox.entries()]


def people(report: Sequence[Address]) -> list[str]:
    return [address.local for address in report]


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_a_message_that_was_sent_takes_its_drafts_with_it(machine: Machine) -> None:
    session = machine.window()
    uid = session.drafts.save(draft(BOB), BOTH)
    name = queue(session, draft(BOB), uid=uid)

    report = send(session, name)

    assert report.complete
    assert report.sent[0].cipher
    assert machine.outbox == {}
    assert machine.shelves.drafts.names() == ()
    assert machine.mailbox.messages["Drafts"] == {}
    assert session.outbox.entries() == ()


@pytest.mark.parametrize("protection", [BOTH, ENCRYPTED, PLAIN])
def test_nothing_waits_in_plain_text_not_even_what_leaves_so(machine: Machine, protection: Protection) -> None:
    session = machine.window()
    queue(session, draft(BOB, bcc=(CAROL,)), protection)

    everything = b"".join(machine.outbox.values())
    for text in (SECRET, "carol@corp.example", "bob@corp.example", "Q3 figures"):
        assert text.encode() not in everything


@pytest.mark.parametrize("protection", [BOTH, ENCRYPTED, PLAIN])
def test_what_waits_is_sent_by_the_next_start_byte_for_byte(machine: Machine, protection: Protection) -> None:
    session = machine.window()
    written = draft(BOB, bcc=(CAROL,))
    prepared = session.composer.prepare(written, protection)
    session.outbox.put("name", prepared)

    after = machine.after_a_kill()
    (entry,) = after.outbox.entries()
    report = send(after, entry.name)

    assert (entry.subject, entry.recipients, entry.encrypted) == ("Q3 figures", (BOB, CAROL), protection.encrypt)
    assert tuple(machine.transport.taken) == prepared.envelopes
    assert prepared.size == sum(len(envelope.data) for envelope in machine.transport.taken)
    assert report.complete
    assert machine.outbox == {}


def test_a_kill_while_it_is_handed_over_makes_it_uncertain_and_nothing_is_sent_again(machine: Machine) -> None:
    session = machine.window(KILL)
    name = queue(session, draft(BOB))
    with pytest.raises(KilledError):
        send(session, name)

    after = machine.after_a_kill()
    assert standings(after) == [Standing.UNCERTAIN]
    report = send(after, name)

    assert machine.transport.taken == []
    assert people([address for envelope in report.uncertain for address in envelope.recipients]) == ["bob"]
    assert not report.complete


def test_what_sent_has_a_copy_of_has_left(machine: Machine) -> None:
    session = machine.window(KILL)
    name = queue(session, draft(BOB))
    with pytest.raises(KilledError):
        send(session, name)
    after = machine.after_a_kill()
    assert machine.copies is not None
    machine.copies.arrived = 1

    assert after.outbox.look(name) is None
    assert machine.outbox == {}
    assert machine.shelves.drafts.names() == ()
    assert machine.transport.taken == []


def test_sending_looks_by_itself_before_it_does_anything(machine: Machine) -> None:
    session = machine.window(Outcome.SENT, LOST)
    name = queue(session, draft(BOB, bcc=(CAROL, DAVE)))
    first = send(session, name)
    assert people(first.unsent) == ["dave"]
    assert machine.copies is not None
    machine.copies.arrived = 2

    after = machine.after_a_kill()
    report = send(after, name)

    assert report.complete
    assert [people(envelope.recipients) for envelope in machine.transport.taken] == [["dave"]]
    assert machine.transport.resumed == [2]


def test_copies_of_what_is_known_to_have_left_settle_nothing(machine: Machine) -> None:
    session = machine.window(Outcome.SENT, LOST)
    name = queue(session, draft(BOB, bcc=(CAROL, DAVE)))
    send(session, name)
    assert machine.copies is not None
    machine.copies.arrived = 1

    after = machine.after_a_kill()
    entry = after.outbox.look(name)
    report = send(after, name)

    assert entry is not None
    assert (entry.standing, entry.uncertain, people(entry.reached)) == (Standing.UNCERTAIN, (1,), ["bob", "carol"])
    assert machine.transport.taken == []
    assert people(report.unsent) == ["dave"]
    assert [people(envelope.recipients) for envelope in report.sent] == [["bob"]]


def test_where_nobody_files_copies_sent_cannot_tell(machine: Machine) -> None:
    alone = Machine(files_copies=False)
    session = alone.window(LOST)
    name = queue(session, draft(BOB))
    send(session, name)

    entry = session.outbox.look(name)

    assert not session.outbox.can_look
    assert machine.window().outbox.can_look
    assert entry is not None
    assert entry.standing is Standing.UNCERTAIN


def test_a_sent_folder_that_cannot_be_asked_leaves_it_uncertain() -> None:
    machine = Machine()
    machine.copies = MemoryCopies(MailboxError("the server does not answer"))
    session = machine.window(LOST)
    name = queue(session, draft(BOB))
    send(session, name)

    with pytest.raises(MailboxError):
        session.outbox.look(name)

    assert standings(session) == [Standing.UNCERTAIN]


def test_the_person_may_have_it_sent_again(machine: Machine) -> None:
    session = machine.window(LOST)
    name = queue(session, draft(BOB))
    send(session, name)

    session.outbox.again(name)

    assert standings(session) == [Standing.WAITING]
    assert send(session, name).complete
    assert len(machine.transport.taken) == 2


def test_what_left_is_not_sent_again_with_the_rest(machine: Machine) -> None:
    session = machine.window(Outcome.SENT, NO)
    name = queue(session, draft(BOB, bcc=(CAROL,)))
    report = send(session, name)
    assert people(report.unsent) == ["carol"]
    assert standings(session) == [Standing.REFUSED]

    session.outbox.again(name)
    after = machine.after_a_kill()
    send(after, name)

    assert [people(envelope.recipients) for envelope in machine.transport.taken] == [["carol"]]


@pytest.mark.parametrize(
    ("failure", "standing"),
    [
        (GONE, Standing.WAITING),
        (NO, Standing.REFUSED),
        (AuthenticationFailedError("the password is wrong"), Standing.WAITING),
    ],
)
def test_only_what_no_server_took_a_look_at_is_tried_again_by_itself(
    machine: Machine, failure: TransportError, standing: Standing
) -> None:
    session = machine.window(failure)
    name = queue(session, draft(BOB))

    with pytest.raises(type(failure)):
        send(session, name)

    (entry,) = session.outbox.entries()
    assert (entry.standing, entry.why) == (standing, failure.summary)
    assert entry.attempts[0].step is Step.TRYING
    assert len(machine.shelves.drafts.names()) == 2


def test_a_message_comes_back_whole_until_it_is_tried(machine: Machine) -> None:
    session = machine.window()
    name = queue(session, draft(BOB))

    entry = session.outbox.take_back(name)

    assert entry is not None
    assert entry.reached == ()
    assert machine.outbox == {}
    assert session.autosave.read(name) is not None
    assert session.outbox.take_back(name) is None


def test_a_message_that_is_being_sent_does_not_come_back_and_is_not_sent_twice(machine: Machine) -> None:
    session = machine.window()
    name = queue(session, draft(BOB))
    seen = list[object]()

    def meanwhile(_sentence: str) -> None:
        seen.append(session.outbox.take_back(name))
        seen.extend(standings(session))
        with pytest.raises(StoreError, match="already"):
            send(session, name)
        session.outbox.close()

    session.outbox.send(name, on_progress=meanwhile)

    assert seen == [None, Standing.SENDING]
    assert len(machine.transport.taken) == 1


def test_a_message_is_one_windows_at_a_time(machine: Machine) -> None:
    first = machine.window()
    name = queue(first, draft(BOB))
    second = machine.window()

    assert second.outbox.entries() == ()
    assert second.outbox.take_back(name) is None
    with pytest.raises(StoreError, match="already"):
        send(second, name)
    with pytest.raises(ConfigError, match="already"):
        second.outbox.put(name, second.composer.prepare(draft(BOB), BOTH))
    first.close()
    assert [entry.name for entry in second.outbox.entries()] == [name]


def test_each_account_sends_its_own(machine: Machine) -> None:
    queue(machine.window(), draft(BOB))

    elsewhere = machine.after_a_kill(account=BOB)

    assert elsewhere.outbox.entries() == ()
    assert elsewhere.outbox.others() == (ALICE,)
    here = machine.window()
    assert here.outbox.others() == ()
    assert len(here.outbox.entries()) == 1
    assert elsewhere.outbox.others() == ()
    assert here.outbox.others() == ()


def test_a_kill_before_it_was_whole_leaves_the_draft_alone(machine: Machine) -> None:
    session = machine.window()
    name = queue(session, draft(BOB))
    machine.shelves.outbox.remove(name)

    after = machine.after_a_kill()

    assert after.outbox.entries() == ()
    assert machine.outbox == {}
    assert [left.name for left in after.autosave.left()] == [name]


def test_a_kill_after_it_left_neither_sends_nor_offers_it_again(machine: Machine) -> None:
    session = machine.window()
    name = queue(session, draft(BOB))
    machine.mailbox.failure = MailboxError("the disk is full")
    before = machine.outbox
    send(session, name)
    for part, data in before.items():
        machine.shelves.outbox.write(part, data)
    records = OwnRecords(
        shelf=machine.shelves.outbox, identities=machine.store, clock=machine.clock, account=Account(address=ALICE)
    )
    at = machine.clock.now().isoformat()
    records.write(
        f"{name}.journal", Record(facts=[[at, "sent", 0, ""], [at, "filed", 0, ""]]), person(ALICE).certificate
    )

    after = machine.after_a_kill()
    (entry,) = after.outbox.entries()
    report = send(after, name)

    assert entry.standing is Standing.SENT
    assert entry.filed
    assert report.complete
    assert machine.transport.taken == []
    assert machine.outbox == {}


def test_a_draft_that_cannot_be_deleted_is_a_warning(machine: Machine) -> None:
    session = machine.window()
    uid = session.drafts.save(draft(BOB), BOTH)
    name = queue(session, draft(BOB), uid=uid)
    machine.mailbox.failure = MailboxError("the disk is full")

    report = send(session, name)

    assert report.complete
    assert report.warnings == ("the draft is still in Drafts: the disk is full",)
    assert machine.outbox == {}


def test_without_a_certificate_nothing_is_kept(machine: Machine) -> None:
    session = machine.window()
    prepared = session.composer.prepare(draft(BOB), PLAIN)
    machine.store.remove_identity(person(ALICE).certificate.sha256)

    with pytest.raises(IdentityNotFoundError):
        session.outbox.put("name", prepared)

    assert machine.outbox == {}
    assert session.outbox.entries() == ()


def test_what_own_keys_do_not_open_is_left_where_it_is(machine: Machine) -> None:
    queue(machine.window(), draft(BOB))
    before = machine.outbox
    machine.store.remove_identity(person(ALICE).certificate.sha256)

    after = machine.after_a_kill()

    assert after.outbox.entries() == ()
    assert after.outbox.others() == ()
    assert machine.outbox == before


def test_nothing_is_handed_over_that_cannot_be_noted_before() -> None:
    class Full(MemoryShelf):
        full = False

        def write(self, name: str, data: bytes) -> None:
            if self.full:
                raise StoreFullError("the disk is full")
            super().write(name, data)

    machine, shelf = Machine(), Full()
    machine.shelves = replace(machine.shelves, outbox=shelf)
    session = machine.window()
    name = queue(session, draft(BOB))
    shelf.full = True

    with pytest.raises(StoreFullError):
        send(session, name)

    assert machine.transport.taken == []
    shelf.full = False
    assert standings(session) == [Standing.WAITING]


def test_an_account_that_cannot_send_says_so(machine: Machine) -> None:
    queue(machine.window(), draft(BOB))
    machine.after_a_kill()
    session = build_session(
        account=Account(address=ALICE),
        store=machine.store,
        identities=machine.store,
        directories=[],
        system=NoAnchors(),
        mailbox=None,
        transport=None,
        clock=machine.clock,
        shelves=machine.shelves,
    )
    (entry,) = session.outbox.entries()

    with pytest.raises(ConfigError, match="no way to send"):
        send(session, entry.name)
    assert not session.outbox.can_look


def test_a_message_that_another_window_saw_to_is_a_sentence(machine: Machine) -> None:
    with pytest.raises(ConfigError, match="not in the outbox"):
        send(machine.window(), "gone")


GROUP = parse_address("Team <team@corp.example>")
ENTRY = {
    "account": ["alice", "corp.example", ""],
    "from": ["alice", "corp.example", ""],
    "subject": "Q3",
    "recipients": [["bob", "corp.example", ""]],
    "encrypted": True,
    "at": "2026-11-23T12:00:00+00:00",
    "uid": "",
    "message_id": "<1@corp.example>",
    "hidden": [],
    "groups": [[["team", "corp.example", "Team"], [["bob", "corp.example", ""]]]],
    "envelopes": [[["bob", "corp.example", ""]]],
}
JOURNAL = [["2026-11-23T12:00:00+00:00", "trying", 0, ""]]


def entry_of(facts: object = ENTRY, journal: object = JOURNAL) -> OutboxEntry:
    return read_entry("name", Record(facts=facts), Record(facts=journal))


def test_an_entry_is_read_as_it_was_written() -> None:
    entry = entry_of()

    assert entry.groups == {GROUP: (BOB,)}
    assert entry.uncertain == (0,)
    assert entry.why == ""


@pytest.mark.parametrize(
    ("facts", "journal"),
    [
        (5, []),
        ({}, []),
        (ENTRY | {"at": "noon"}, []),
        (ENTRY | {"from": ["a b", "corp.example", ""]}, []),
        (ENTRY, 5),
        (ENTRY, [[]]),
        (ENTRY, [["2026-11-23T12:00:00+00:00", "flying", 0, ""]]),
        (ENTRY, [["2026-11-23T12:00:00+00:00", "trying", 1, ""]]),
        (ENTRY, [["2026-11-23T12:00:00+00:00", "trying", -1, ""]]),
    ],
)
def test_a_damaged_entry_is_a_format_error(facts: object, journal: object) -> None:
    with pytest.raises(FormatError):
        entry_of(facts, journal)


@pytest.mark.parametrize("facts", [5, [], [{}], [{"data": 7, "signed": True, "to": []}], [[]]])
def test_damaged_envelopes_are_a_format_error(facts: object) -> None:
    with pytest.raises(FormatError):
        read_mail(entry_of(), Record(facts=facts, contents=(b"",)))


def test_a_message_that_was_to_be_encrypted_never_leaves_plain_whatever_lies_there(machine: Machine) -> None:
    plain = mail_record(machine.window().composer.prepare(draft(BOB), PLAIN))

    with pytest.raises(FormatError):
        read_mail(entry_of(), plain)


def test_an_entry_without_its_envelopes_is_damaged(machine: Machine) -> None:
    session = machine.window()
    name = queue(session, draft(BOB))
    machine.shelves.outbox.remove(f"{name}.mail")

    with pytest.raises(FormatError):
        send(session, name)
