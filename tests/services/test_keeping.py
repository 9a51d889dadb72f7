"""A message is taken out of the outbox to be written on, or thrown away: it is never in two places, nor in none."""

import pytest

from smimetui.model.contact_group import group_address
from smimetui.model.errors import ConfigError, StoreError, StoreFullError, TransportRefusedError
from smimetui.model.message import Outcome
from smimetui.services.memory_shelf import MemoryShelf
from tests.services.letter import BOTH, draft
from tests.services.machine import Machine
from tests.services.test_outbox import queue
from tests.services.world import ALICE, BOB, CAROL, DAVE

TEAM = group_address("Team", "AAMk==")


@pytest.fixture
def machine() -> Machine:
    return Machine()


class Failing(MemoryShelf):
    """A shelf that takes nothing under some names, and lets nothing be removed when it is `stuck`."""

    def __init__(self, *, refuses: str, stuck: bool = False) -> None:
        super().__init__()
        self._refuses, self._stuck = refuses, stuck

    def write(self, name: str, data: bytes) -> None:
        if name.endswith(self._refuses):
            super().write(name, data)
            raise StoreFullError("no space left")
        super().write(name, data)

    def remove(self, name: str) -> None:
        if self._stuck:
            raise StoreError("read-only now")
        super().remove(name)


def test_a_message_is_written_on_and_another_window_cannot_have_it_meanwhile(machine: Machine) -> None:
    session = machine.window()
    name = queue(session, draft(BOB, CAROL))
    session.autosave.release(name)

    taken = session.keeping.take_back(name)

    assert taken is not None
    here, written = taken
    assert (here.name, written.draft, written.protection) == (name, draft(BOB, CAROL), BOTH)
    assert machine.outbox == {}
    assert machine.window().autosave.take(name) is None


def test_whom_it_has_reached_is_no_recipient_any_more_and_a_group_is_those_of_it_who_are_left(
    machine: Machine,
) -> None:
    session = machine.window(Outcome.SENT, Outcome.SENT, TransportRefusedError("no such user"))
    machine.gal.publish_list("Team", TEAM.spec, [BOB.spec, CAROL.spec])
    name = queue(session, draft(DAVE, bcc=(TEAM,)))
    session.autosave.release(name)
    session.outbox.send(name)

    taken = session.keeping.take_back(name)

    assert taken is not None
    written = taken[1].draft
    assert (written.to, written.bcc) == ((), (CAROL,))


def test_a_message_that_is_being_sent_leaves_its_draft_alone(machine: Machine) -> None:
    session = machine.window()
    name = queue(session, draft(BOB))
    session.autosave.release(name)
    seen: list[object] = []

    def meanwhile(_sentence: str) -> None:
        seen.extend([session.keeping.take_back(name), session.keeping.discard(name)])
        seen.append(session.autosave.take(name) is not None)

    session.outbox.send(name, on_progress=meanwhile)

    assert seen == [None, False, True]


def test_a_message_without_its_draft_stays_in_the_outbox(machine: Machine) -> None:
    session = machine.window()
    name = queue(session, draft(BOB))
    session.autosave.discard(name)

    assert session.keeping.take_back(name) is None
    assert [entry.name for entry in session.outbox.entries()] == [name]


def test_what_is_discarded_leaves_nothing_and_the_draft_of_the_mailbox_can_be_opened(machine: Machine) -> None:
    session = machine.window()
    assert session.autosave.hold(ALICE, "17")
    name = queue(session, draft(BOB), uid="17")

    assert session.keeping.discard(name)

    assert machine.outbox == {}
    assert machine.shelves.drafts.names() == ()
    assert session.autosave.hold(ALICE, "17")


@pytest.mark.parametrize("part", [".mail", ""])
def test_what_does_not_fit_into_the_outbox_is_not_there_at_all(machine: Machine, part: str) -> None:
    session = machine.window()
    name = queue(session, draft(BOB))
    session.outbox.take_back(name)
    machine.shelves = type(machine.shelves)(drafts=machine.shelves.drafts, outbox=Failing(refuses=name + part))
    full = machine.window()

    with pytest.raises(StoreFullError):
        full.outbox.put(name, full.composer.prepare(draft(BOB), BOTH))

    assert machine.outbox == {}


def test_what_may_be_in_the_outbox_is_told_apart_so_that_nobody_sends_it_twice(machine: Machine) -> None:
    machine.shelves = type(machine.shelves)(drafts=machine.shelves.drafts, outbox=Failing(refuses="abc", stuck=True))
    session = machine.window()

    with pytest.raises(ConfigError, match="may be in the outbox"):
        session.outbox.put("abc", session.composer.prepare(draft(BOB), BOTH))
