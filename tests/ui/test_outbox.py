"""The outbox: what did not leave, or may have, is there until it is settled, and quitting loses nothing."""

from threading import Event

import pytest

from smimetui.model.errors import TransportRefusedError
from smimetui.model.message import Outcome, Protection, SealedMessage
from smimetui.services.autosave import Written
from smimetui.services.dispatch import SendReport
from smimetui.ui.screens.compose import ComposeScreen
from smimetui.ui.start import ShowList, View
from tests.services.world import BOB, CAROL, make_world
from tests.ui.leaving import GONE, SECONDS, begin, its_time_is_over, open_outbox, patient, world_of, write_and_send
from tests.ui.stage import stage


async def test_quitting_sends_what_counts_down_first() -> None:
    world = world_of()
    async with stage(world.session, preferences=patient()) as on:
        await write_and_send(on)
        await on.sees("u Undo")
        await on.press("ctrl+q")
        await on.until(lambda: not on.app.is_running, "the end")
    assert len(world.transport.taken) == 1
    assert world.session.outbox.entries() == ()


async def test_a_server_that_does_not_answer_leaves_it_waiting_and_the_list_says_so() -> None:
    world = world_of(GONE)
    async with stage(world.session, preferences=patient()) as on:
        await write_and_send(on)
        await its_time_is_over(on)
        await on.sees("Not sent yet")
        await on.sees("1 waiting")
        await open_outbox(on)
        await on.sees("Tea: bob@corp.example")
        await on.press("enter")
        await on.sees("the server does not answer")
        await on.press("enter")
        await on.until(lambda: not world.session.outbox.entries())
    assert len(world.transport.taken) == 2


async def test_a_refused_message_is_written_on_from_the_outbox() -> None:
    world = world_of(TransportRefusedError("too large"))
    async with stage(world.session, preferences=patient()) as on:
        await write_and_send(on)
        await its_time_is_over(on)
        await on.sees("Not sent: too large")
        await on.sees("1 not sent")
        await open_outbox(on)
        await on.sees("not sent")
        await on.press("enter")
        await on.sees("It has not left")
        await on.press("down", "enter")
        await on.sees("Half past three.")
        assert on.composer.draft(world.session).to == (BOB,)
    assert world.session.outbox.entries() == ()


async def test_an_uncertain_message_is_shown_until_it_is_settled() -> None:
    world = world_of(Outcome.UNCERTAIN)
    async with stage(world.session, preferences=patient()) as on:
        await write_and_send(on)
        await its_time_is_over(on)
        await on.sees("It is uncertain whether the message left")
        await on.sees("1 uncertain")
        await open_outbox(on)
        await on.sees("Tea: bob")
        await on.press("enter")
        await on.sees("It may have left")
        assert "Look Again" not in on.text
        await on.press("enter")
        await on.sees("gets it twice")
        await on.press("enter")
        await on.until(lambda: "gets it twice" not in on.text)
        assert len(world.transport.taken) == 1
        await on.press("enter", "enter")
        await on.sees("gets it twice")
        await on.press("down", "enter")
        await on.until(lambda: not world.session.outbox.entries())
    assert len(world.transport.taken) == 2


async def test_an_uncertain_message_can_be_given_up() -> None:
    world = world_of(Outcome.UNCERTAIN)
    async with stage(world.session, preferences=patient()) as on:
        await write_and_send(on)
        await its_time_is_over(on)
        await on.sees("1 uncertain")
        await open_outbox(on)
        await on.sees("Tea: bob")
        await on.press("enter")
        await on.sees("It may have left")
        await on.press("down", "enter")
        await on.sees("Nothing waits.")
        await on.press("escape")
        await on.until(lambda: "uncertain" not in on.text)
    assert world.session.outbox.entries() == ()
    assert world.session.autosave.left() == ()


async def test_what_an_earlier_run_left_in_the_outbox_is_sent_at_the_next_start() -> None:
    world = world_of()
    session = world.session
    written = session.composer.new(to=[BOB], subject="Tea")
    protection = Protection(sign=True, encrypt=True)
    here = session.autosave.begin()
    here.save(Written(draft=written, protection=protection))
    session.outbox.put(here.name, session.composer.prepare(written, protection))
    here.leave()
    session.outbox.close()

    async with stage(session, start=ShowList(), preferences=patient()) as on:
        await on.sees("u Undo")
        await on.press("u")
        await on.until(lambda: isinstance(on.app.screen, ComposeScreen), "the composer")
        await on.sees("Tea")
        assert on.composer.draft(session).to == (BOB,)
        on.app.preferences.undo_send = 0
        await on.sees("🔒 Encrypted")
        await on.press("f5")
        await on.until(lambda: world.transport.taken)
        await on.sees("Sent, encrypted, to")


async def test_quitting_again_leaves_the_message_in_the_outbox() -> None:
    world = world_of()
    started, go_on = Event(), Event()

    def slow(message: SealedMessage) -> Outcome:
        started.set()
        go_on.wait(20)
        raise GONE

    world.transport.send = slow  # type: ignore[method-assign]
    async with stage(world.session, preferences=patient()) as on:
        await write_and_send(on)
        await on.sees("u Undo")
        await on.press("ctrl+q")
        await on.until(started.is_set)
        await on.sees("Sending before quitting")
        await on.press("ctrl+q")
        await on.until(lambda: on.app._exit, "the end")
        assert on.app.outgoing.farewell().startswith("A message was being sent")
    go_on.set()


async def test_a_hidden_recipient_that_was_refused_stays_in_the_outbox() -> None:
    world = world_of(Outcome.SENT, TransportRefusedError("no such user"))
    async with stage(world.session, preferences=patient()) as on:
        await begin(on)
        on.composer.query_one("#bcc").add(CAROL)
        await on.until(lambda: len(on.composer.recipients.states()) == 2)
        await on.sees("🔒 Encrypted")
        await on.press("f5")
        await its_time_is_over(on)
        await on.sees("Not sent to carol@corp.example")
        await on.sees("1 not sent")
        await open_outbox(on)
        await on.sees("not sent")
        await on.press("enter")
        await on.sees("refused, carol@corp.example: no such user")
        await on.press("down", "enter")
        await on.until(lambda: isinstance(on.app.screen, ComposeScreen), "the composer")
        await on.until(lambda: on.composer.session is not None)
        assert on.composer.draft(world.session).recipients == (CAROL,)


async def test_send_now_ends_the_countdown_and_discard_keeps_it_from_being_sent() -> None:
    world = world_of()
    async with stage(world.session, preferences=patient()) as on:
        await write_and_send(on, "First.")
        await on.sees("u Undo")
        await open_outbox(on)
        await on.sees("Tea: bob@corp.example")
        await on.press("enter")
        await on.sees("Send Now")
        await on.press("enter")
        await on.until(lambda: len(world.transport.taken) == 1, "it is sent")
        await on.sees("Nothing waits.")
        await on.press("escape")
        await write_and_send(on, "Second.")
        await on.sees("u Undo")
        await open_outbox(on)
        await on.sees("Tea: bob@corp.example")
        await on.press("enter")
        await on.sees("Discard")
        await on.press("down", "down", "enter")
        await on.sees("Nothing waits.")
        on.turn(SECONDS)
        assert "Sending" not in on.text
    assert len(world.transport.taken) == 1
    assert world.session.autosave.left() == ()


async def test_an_answer_to_a_message_from_a_file_leaves_before_the_program_does() -> None:
    world = world_of()
    raw = b"From: bob@corp.example\r\nTo: alice@corp.example\r\nSubject: Tea\r\n\r\nWhen?\r\n"
    async with stage(world.session, start=View(raw=raw, name="tea.eml"), preferences=patient()) as on:
        await on.sees("When?")
        await on.press("r")
        await on.until(lambda: isinstance(on.app.screen, ComposeScreen) and on.composer.session, "the composer")
        await on.press("f5")
        await on.sees("u Undo")
        await on.sees("When?")
        await on.press("escape")
        await on.until(lambda: on.app.return_value == 0, "the end")
    assert len(world.transport.taken) == 1
    assert world.session.outbox.entries() == ()


async def test_quitting_stays_where_nothing_else_has_what_did_not_leave() -> None:
    world = make_world(identities=[], sending=[GONE])
    async with stage(world.session, preferences=patient()) as on:
        await begin(on, state="Not Encrypted")
        await on.press("f5")
        await on.sees("u Undo")
        await on.press("ctrl+q")
        await on.sees("Not sent: the server does not answer")
        assert on.app.return_value is None
        assert not on.composer.query_one("#body").disabled
        await on.press("f5")
        await its_time_is_over(on)
        await on.sees("Sent to bob@corp.example.")
    assert len(world.transport.taken) == 2


async def test_a_mistake_of_the_program_while_sending_leaves_no_endless_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    world = world_of()
    monkeypatch.setattr(world.session.outbox, "send", mistake)
    async with stage(world.session, preferences=patient()) as on:
        await write_and_send(on)
        await its_time_is_over(on)
        await on.sees("It is uncertain whether the message left: see the outbox.")
        assert "Sending…" not in on.text
        await on.sees("1 waiting")


async def test_a_mistake_of_the_program_while_sending_gives_the_composer_back(monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_world(identities=[])
    monkeypatch.setattr(world.session.composer, "deliver", mistake)
    async with stage(world.session, preferences=patient()) as on:
        await begin(on, state="Not Encrypted")
        await on.press("f5")
        await its_time_is_over(on)
        await on.sees("A mistake in smimetui stopped this (ValueError).")
        await on.sees("look into Sent before you send it again.")
        assert not on.composer.query_one("#body").disabled


def mistake(*_: object) -> SendReport:
    raise ValueError
