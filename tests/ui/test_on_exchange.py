"""The app over the real exchangelib and a server on the loopback: the main job, and everything that can go wrong."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from textual.events import Paste

from smimetui.adapters.exchange.place import Password
from smimetui.demo.exchange.misbehaviour import (
    ANY,
    Drop,
    ExpirePassword,
    Garble,
    Hang,
    Misbehaviour,
    Truncate,
    busy,
    login_page,
    unauthorized,
    unavailable,
)
from smimetui.model.message import Attachment, Draft
from smimetui.model.verdict import Designation, RecipientState
from smimetui.services.outbox_entry import Standing
from smimetui.smime.seal import seal
from smimetui.ui.screens.mail_list import MailListScreen
from smimetui.ui.start import Compose, ShowList
from smimetui.ui.widgets.recipients import RecipientField
from tests.adapters.exchange.people import PASSWORD
from tests.pki import NOW
from tests.services.letter import SIGNED
from tests.services.world import ALICE, BOB, CAROL, DAVE, corp, person
from tests.ui.exchange_scene import FAILURES, Scene
from tests.ui.stage import stage

SCANS = Attachment(name="scans.bin", content_type="application/octet-stream", content=bytes(1_000_000))


async def test_the_main_job_through_exchange(scene: Scene) -> None:
    async with stage(scene.session, start=Compose(to=(BOB, DAVE), subject="Q3", body="For you.")) as on:
        await on.sees("Unable to Encrypt")
        await on.sees("dave@ext.example: no certificate")
        await on.press("f5", "down", "enter")
        await on.sees("🔒 Encrypted")
        await on.press("f5")
        await on.until(lambda: scene.server.sent, "the message leaves")
    (sent,) = scene.server.sent
    assert sent.recipients == (BOB.spec,)
    assert b"For you." not in sent.mime


async def test_a_message_with_bcc_is_one_message_in_sent_and_shows_all_its_recipients(scene: Scene) -> None:
    async with stage(scene.session, start=ShowList()) as on:
        await on.sees("messages")
        await on.press("c")
        await on.type("bob@corp.example,")
        on.composer.query_one("#bcc", RecipientField).add(CAROL)
        await on.sees("🔒 Encrypted")
        await on.press("f5")
        await on.sees("Sent, encrypted, to bob@corp.example, carol@corp.example")
        await on.press("m", "down", "down", "enter")
        await on.sees("Sent")
        await on.sees("1 message")
        await on.press("enter")
        await on.sees("Bcc")
        assert "carol@corp.example" in on.text
    assert [sent.recipients for sent in scene.server.sent] == [(BOB.spec,), (CAROL.spec,)]
    assert not any(b"carol" in sent.mime.lower().replace(b"\r\n", b"") for sent in scene.server.sent)


async def test_a_contact_group_is_one_chip_with_a_count_and_its_people_get_the_message(scene: Scene) -> None:
    members = [BOB.spec, CAROL.spec]
    scene.server.publish("Friends of Q3", [], contacts_of=ALICE.spec, is_list=True, members=members)
    async with stage(scene.session, start=ShowList()) as on:
        await on.sees("messages")
        await on.press("c")
        await on.type("frien")
        await on.sees("contact group")
        await on.press("enter")
        await on.sees("Friends of Q3 (2) 🔒")
        await on.sees("🔒 Encrypted")
        assert "invalid" not in on.text
        await on.press("f5")
        await on.sees("Sent, encrypted, to Friends of Q3")
    (sent,) = scene.server.sent
    assert set(sent.recipients) == {BOB.spec, CAROL.spec}
    assert b"Friends" not in sent.mime


@FAILURES
async def test_a_directory_that_fails_is_could_not_check_and_never_no_certificate(
    scene: Scene, how: Callable[[], Misbehaviour]
) -> None:
    scene.server.misbehave("ResolveNames", how(), times=None)
    async with stage(scene.session, start=Compose(to=(BOB,))) as on:
        await on.until(lambda: on.composer.recipients.states() == (RecipientState.UNREACHABLE,), "unreachable")
        await on.sees("could not check")
        await on.sees("Unable to Encrypt")
        assert "no certificate" not in on.text


async def test_try_again_asks_the_directory_anew(scene: Scene) -> None:
    scene.server.misbehave("ResolveNames", unavailable(), times=None)
    async with stage(scene.session, start=Compose(to=(BOB,))) as on:
        await on.sees("could not check")
        scene.server.behave()
        await on.press("f2")
        await on.sees("Try Again")
        await on.press("enter")
        await on.sees("🔒 Encrypted")


@pytest.mark.parametrize("how", [unauthorized, unavailable, busy], ids=["login", "503", "busy"])
async def test_a_send_that_certainly_failed_keeps_the_draft_and_leaves_nothing(
    scene: Scene, how: Callable[[], Misbehaviour]
) -> None:
    async with stage(scene.session, start=Compose(to=(BOB,), subject="Q3", body="Kept.")) as on:
        await on.sees("🔒 Encrypted")
        scene.server.misbehave("CreateItem", how(), times=None)
        await on.press("f5")
        await on.sees("Not sent:")
        assert on.composer.query_one("#body").text == "Kept."
        assert scene.server.sent == ()


@pytest.mark.parametrize("how", [Drop(after_work=True), Truncate(), Garble(), Hang(after_work=True)], ids=repr)
async def test_a_send_whose_answer_is_lost_is_found_in_sent_and_not_sent_twice(scene: Scene, how: Misbehaviour) -> None:
    async with stage(scene.session, start=ShowList()) as on:
        await on.sees("messages")
        await on.press("c")
        await on.type("bob@corp.example,")
        await on.sees("🔒 Encrypted")
        scene.server.misbehave("CreateItem", how, times=1)
        await on.press("f5")
        await on.sees("Sent, encrypted, to bob@corp.example")
    assert len(scene.server.sent) == 1


@pytest.mark.parametrize("how", [Drop(), login_page()], ids=["dropped", "page"])
async def test_a_send_that_may_have_left_is_said_to_be_uncertain_and_stays_in_the_outbox(
    scene: Scene, how: Misbehaviour
) -> None:
    async with stage(scene.session, start=Compose(to=(BOB,), subject="Q3", body="Kept.")) as on:
        await on.sees("🔒 Encrypted")
        scene.server.misbehave("CreateItem", how, times=1)
        await on.press("f5")
        await on.until(lambda: on.app.return_value is not None, "the end")
    assert on.app.return_value == 1
    assert scene.server.sent == ()
    (entry,) = scene.session.outbox.entries()
    assert entry.standing is Standing.UNCERTAIN
    written = scene.session.autosave.read(entry.name)
    assert written is not None
    assert written.draft.body == "Kept."


async def test_a_lost_connection_is_a_line_at_the_top_and_the_list_stays_usable(scene: Scene) -> None:
    scene.server.fill(ALICE.spec, 30)
    async with stage(scene.session, start=ShowList()) as on:
        await on.sees("unread")
        screen = on.app.screen
        assert isinstance(screen, MailListScreen)
        shown = len(screen.rows.rows)
        scene.server.stop()
        await on.press("ctrl+r")
        await on.sees("Ctrl+R tries again")
        assert len(screen.rows.rows) == shown
        await on.press("down", "down")
        assert screen.rows.cursor == 2
        scene.server.start()
        await on.press("ctrl+r")
        await on.until(lambda: "Ctrl+R tries again" not in on.text, "connected again")


async def test_a_server_that_is_lost_is_said_by_itself_and_found_again_with_what_came(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smimetui.ui.screens.mail_list._PAUSE", 0.05)
    scene.server.fill(ALICE.spec, 3)
    async with stage(scene.session, start=ShowList()) as on:
        await on.sees("1 unread")
        await on.until(lambda: scene.server.count("Subscribe"), "the list watches")
        scene.server.stop()
        await on.sees("127.0.0.1 cannot be reached")
        screen = on.app.screen
        assert isinstance(screen, MailListScreen)
        assert len(screen.rows.rows) == 3
        scene.server.deliver(ALICE.spec, b"From: bob@corp.example\r\nSubject: Just in\r\n\r\nHello.\r\n")
        scene.server.start()
        await on.sees("Just in")
        await on.sees("2 unread")


async def test_a_login_that_is_refused_is_not_tried_again_by_itself(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smimetui.ui.screens.mail_list._PAUSE", 0.0)
    scene.server.misbehave(ANY, unauthorized(), times=None)
    async with stage(scene.session, start=ShowList()) as on:
        await on.sees("refused the login")
        asked = len(scene.server.requests)
        await on.sees("The mailbox is not open.")
        await on.press("f1", "escape")
        assert len(scene.server.requests) == asked
        scene.server.behave()
        scene.connection.log_in_by(Password(PASSWORD))
        on.app.certificates_changed()
        await on.sees("0 messages")


async def test_an_expired_password_is_said_in_mid_session(scene: Scene) -> None:
    scene.server.fill(ALICE.spec, 3)
    async with stage(scene.session, start=ShowList()) as on:
        await on.sees("unread")
        scene.server.misbehave(ANY, ExpirePassword(), times=1)
        await on.press("ctrl+r")
        await on.sees("login")


async def test_new_mail_appears_while_the_list_is_open(scene: Scene) -> None:
    scene.server.fill(ALICE.spec, 2)
    async with stage(scene.session, start=ShowList()) as on:
        await on.sees("unread")
        await on.until(lambda: scene.server.count("Subscribe"), "the list watches")
        letter = b"From: bob@corp.example\r\nTo: alice@corp.example\r\nSubject: Just in\r\n\r\nHello.\r\n"
        scene.server.deliver(ALICE.spec, letter)
        await on.sees("Just in")


async def test_a_large_message_is_fetched_for_no_badge_and_judged_when_it_is_opened(scene: Scene) -> None:
    letter = Draft(sender=BOB, to=(ALICE,), subject="Scans", body="See there.", attachments=(SCANS,))
    raw = seal(letter, protection=SIGNED, identity=person(BOB).identity, recipients=(), message_id="<1@x>", date=NOW)
    scene.server.deliver(ALICE.spec, raw)
    async with stage(scene.session, start=ShowList()) as on:
        await on.sees("large: open it to see how it is protected")
        assert scene.server.count("GetItem") == 0
        assert "✓" not in on.text
        await on.press("enter")
        await on.sees("✓ Trusted")
        await on.press("escape")
        await on.sees("1 message")
        await on.sees("✓")
    assert scene.server.count("GetItem") == 1


async def test_twenty_pasted_recipients_are_looked_up_at_once(scene: Scene) -> None:
    people = [f"p{number}@corp.example" for number in range(20)]
    for address in people:
        server_certificate = corp().issue(address, key="p256").certificate.der
        scene.server.publish("P", [address], [server_certificate])
    scene.server.delay("ResolveNames", 150)
    async with stage(scene.session, start=Compose()) as on:
        await on.sees("Encrypted")
        on.app.post_message(Paste(", ".join(people)))
        await on.until(lambda: on.composer.recipients.states() == (RecipientState.READY,) * 20, "all ready")
        assert on.composer.designation is Designation.ENCRYPTED
    lookups = [request for request in scene.server.requests if request.operation == "ResolveNames"]
    # Four connections at most: one after the other, no two lookups of 150 ms would begin within 100 ms.
    together = sum(later.at - earlier.at < 0.1 for earlier, later in pairwise(lookups))
    assert together >= len(lookups) // 2


async def test_a_mailbox_of_fifty_thousand_opens_with_one_page_and_jumps_to_its_end(scene: Scene) -> None:
    scene.server.fill(ALICE.spec, 50_000)
    async with stage(scene.session, start=ShowList()) as on:
        await on.sees("unread")
        screen = on.app.screen
        assert isinstance(screen, MailListScreen)
        assert len(screen.rows.rows) == 50_000
        assert scene.server.count("FindItem") <= 3
        await on.press("end")
        await on.until(lambda: screen.rows.rows[49_999].summary is not None, "the last page")
        assert scene.server.count("FindItem") <= 6
