"""Each misbehaviour of a server while mail is listed, read, moved and looked up: what is said, and that all stays."""

from collections.abc import Callable

import pytest
from textual.events import Paste

from smimetui.adapters.exchange.connection import Connection
from smimetui.adapters.exchange.place import Password
from smimetui.demo.exchange.misbehaviour import Drop, Misbehaviour
from smimetui.model.verdict import RecipientState
from smimetui.ui.screens.mail_list import MailListScreen
from smimetui.ui.start import Compose, ShowList
from tests.adapters.exchange.people import PASSWORD, connect
from tests.services.world import ALICE, corp
from tests.ui.exchange_scene import FAILURES, Scene, session_over
from tests.ui.stage import Stage, stage


def rows(on: Stage) -> int:
    assert isinstance(on.app.screen, MailListScreen)
    return len(on.app.screen.rows.rows)


def mend(scene: Scene) -> None:
    scene.server.behave()
    scene.server.renew_password(ALICE.spec, PASSWORD)


@FAILURES
async def test_a_list_that_cannot_be_read_says_why_at_the_top_keeps_its_rows_and_comes_back(
    scene: Scene, how: Callable[[], Misbehaviour]
) -> None:
    scene.server.fill(ALICE.spec, 5)
    async with stage(scene.session, start=ShowList()) as on:
        await on.sees("unread")
        scene.server.misbehave("FindItem", how(), times=None)
        await on.press("ctrl+r")
        await on.sees("Ctrl+R tries again")
        assert "Inbox: 127.0.0.1 " in on.text.splitlines()[1]
        await on.press("j")
        assert rows(on) == 5
        mend(scene)
        scene.connection.log_in_by(Password(PASSWORD))
        await on.until(lambda: on.app.screen.query("#under.-warning") or None)
        await on.press("ctrl+r")
        await on.sees("alice@corp.example · ")
        assert rows(on) == 5


@FAILURES
async def test_a_message_that_cannot_be_read_says_why_and_is_there_afterwards(
    scene: Scene, how: Callable[[], Misbehaviour]
) -> None:
    scene.server.fill(ALICE.spec, 2)
    async with stage(scene.session, start=ShowList()) as on:
        await on.sees("unread")
        await on.until(lambda: scene.server.count("GetItem") == 2, "the badges")
        scene.server.misbehave("GetItem", how(), times=None)
        await on.press("enter")
        await on.sees("cannot read the message: 127.0.0.1")
        await on.press("escape")
        await on.until(lambda: isinstance(on.app.screen, MailListScreen))
        assert len(scene.server.items(ALICE.spec, "inbox")) == 2


@FAILURES
async def test_a_message_that_cannot_be_moved_says_why_and_stays(scene: Scene, how: Callable[[], Misbehaviour]) -> None:
    scene.server.fill(ALICE.spec, 2)
    async with stage(scene.session, start=ShowList()) as on:
        await on.sees("unread")
        scene.server.misbehave("MoveItem", how(), times=None)
        await on.press("d")
        # The server may have done it, and only its answer be lost.
        moved = "cannot move the message to the trash: 127.0.0.1"
        await on.until(lambda: moved in on.text or rows(on) < 2, moved)
        await on.until(lambda: rows(on) == len(scene.server.items(ALICE.spec, "inbox")), "the list as it is there")
        kept = [*scene.server.items(ALICE.spec, "inbox"), *scene.server.items(ALICE.spec, "deleteditems")]
        assert len(kept) == 2


async def test_a_message_that_was_moved_although_the_answer_was_lost_is_in_the_trash_once(scene: Scene) -> None:
    scene.server.fill(ALICE.spec, 2)
    async with stage(scene.session, start=ShowList()) as on:
        await on.sees("unread")
        scene.server.misbehave("MoveItem", Drop(after_work=True))
        await on.press("d")
        await on.until(lambda: rows(on) == 1, "the list as the server has it")
        assert len(scene.server.items(ALICE.spec, "deleteditems")) == 1


async def test_who_could_not_be_checked_is_decided_by_itself_once_the_server_is_back(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smimetui.ui.screens.mail_list._PAUSE", 0.05)
    async with stage(scene.session, start=ShowList()) as on:
        await on.sees("0 messages")
        await on.until(lambda: scene.server.count("Subscribe"), "the list watches")
        await on.press("c")
        scene.server.stop()
        await on.type("bob@corp.example,")
        await on.sees("could not check: 127.0.0.1 cannot be reached")
        scene.server.start()
        await on.sees("🔒 Encrypted")
        assert on.composer.recipients.states() == (RecipientState.READY,)


async def test_a_server_that_throttles_is_asked_more_slowly_until_all_are_decided(scene: Scene) -> None:
    people = [f"p{number}@corp.example" for number in range(20)]
    for address in people:
        scene.server.publish("P", [address], [corp().issue(address, key="p256").certificate.der])
    patient: Connection = connect(scene.server, patience=20.0)
    async with stage(session_over(patient), start=Compose()) as on:
        await on.sees("Encrypted")
        scene.server.delay("ResolveNames", 50)
        scene.server.throttle(3, back_off=100)
        on.app.post_message(Paste(", ".join(people)))
        await on.until(lambda: on.composer.recipients.states() == (RecipientState.READY,) * 20, "all ready")
        assert "too busy" not in on.text
    patient.close()
