"""What a day with an Exchange mailbox is made of, over sockets: people and lists, folders, search, marks, the trash."""

from textual.events import Paste

from smimetui.model.message import Draft
from smimetui.model.verdict import RecipientState
from smimetui.smime.seal import seal
from smimetui.ui.screens.mail_list import MailListScreen
from smimetui.ui.start import Compose, ShowList
from tests.pki import NOW
from tests.services.letter import BOTH
from tests.services.world import ALICE, BOB, CAROL, DAVE, corp, person
from tests.ui.exchange_scene import Scene
from tests.ui.stage import stage

PLAIN = b"From: Dave <dave@ext.example>\r\nTo: alice@corp.example\r\nSubject: %s\r\n\r\nHello.\r\n"


async def test_a_list_of_the_address_list_is_one_chip_blocked_by_a_member_and_shown_as_people(scene: Scene) -> None:
    members = [BOB.spec, CAROL.spec, "gina@corp.example"]
    scene.server.publish("Gina", ["gina@corp.example"])
    scene.server.publish("Team", ["team@corp.example"], is_list=True, members=members)
    async with stage(scene.session, start=Compose()) as on:
        await on.sees("Encrypted")
        await on.type("tea")
        await on.sees("team@corp.example")
        await on.press("enter")
        await on.sees("(3) 🔓")
        await on.sees("1 of 3 members cannot be written to")
        await on.press("f2")
        await on.sees("Show as People")
        on.app.screen.query_one("#act-expand").focus()
        await on.press("enter")
        await on.until(lambda: {one.spec for one in on.composer.everybody()} == set(members))
        await on.sees("gina@corp.example: no certificate")


async def test_a_contact_s_certificate_counts_and_an_expired_one_in_the_list_hides_it_not(scene: Scene) -> None:
    expired = corp().issue(DAVE.spec, not_before=NOW.replace(year=2020), not_after=NOW.replace(year=2022))
    scene.server.publish("Dave", [DAVE.spec], [expired.der])
    scene.server.publish("Dave", [DAVE.spec], [corp().issue(DAVE.spec).der], contacts_of=ALICE.spec)
    async with stage(scene.session, start=Compose(to=(DAVE,))) as on:
        await on.sees("🔒 Encrypted")
        await on.press("f2")
        await on.sees("contacts")


async def test_a_hundred_are_looked_up_while_the_hands_go_on(scene: Scene) -> None:
    people = [f"p{number}@corp.example" for number in range(100)]
    certificate = corp().issue(*people, key="p256").der
    for address in people:
        scene.server.publish("P", [address], [certificate])
    scene.server.delay("ResolveNames", 500)
    async with stage(scene.session, start=Compose()) as on:
        await on.sees("Encrypted")
        on.app.post_message(Paste(", ".join(people)))
        await on.until(lambda: len(on.composer.everybody()) == 100, "they are chips")
        on.composer.query_one("#subject").focus()
        await on.type("Party")
        assert on.composer.query_one("#subject").value == "Party"
        assert RecipientState.CHECKING in map(on.composer.recipients.state, on.composer.everybody())
        scene.server.behave()
        await on.until(lambda: set(on.composer.recipients.states()) == {RecipientState.READY}, "all ready")


async def test_folders_search_marks_and_the_trash_are_the_server_s(scene: Scene) -> None:
    scene.server.add_folder(ALICE.spec, "Projects")
    scene.server.deliver(ALICE.spec, PLAIN % b"Lunch")
    scene.server.deliver(ALICE.spec, PLAIN % b"Budget")
    async with stage(scene.session, start=ShowList()) as on:
        await on.sees("2 unread")
        await on.type("/lun")
        await on.sees("1 found")
        await on.press("enter", "enter")
        await on.sees("Hello.")
        await on.press("escape", "escape")
        await on.sees("1 unread")
        assert [item.is_read for item in scene.server.items(ALICE.spec, "inbox")].count(True) == 1
        await on.press("home", "d")
        await on.sees("Moved to the trash")
        assert len(scene.server.items(ALICE.spec, "deleteditems")) == 1
        await on.press("u")
        await on.sees("Brought back")
        assert len(scene.server.items(ALICE.spec, "inbox")) == 2
        await on.press("m")
        await on.sees("Projects")
        rows = on.app.screen.query_one("#rows")
        rows.cursor = list(rows.rows).index("Projects")
        await on.press("enter")
        await on.sees("0 messages")


async def test_a_received_message_is_read_whole_verified_and_answered(scene: Scene) -> None:
    letter = Draft(sender=BOB, to=(ALICE,), subject="Q3", body="The figures.")
    reader = (person(ALICE).certificate,)
    raw = seal(letter, protection=BOTH, identity=person(BOB).identity, recipients=reader, message_id="<1@x>", date=NOW)
    scene.server.deliver(ALICE.spec, raw)
    async with stage(scene.session, start=ShowList()) as on:
        await on.sees("✓")
        await on.press("enter")
        await on.sees("The figures.")
        await on.sees("✓ Trusted")
        await on.press("r")
        await on.sees("Re: Q3")
        await on.sees("🔒 Encrypted")
        await on.press("f5")
        await on.until(lambda: scene.server.sent, "the answer leaves")
        await on.until(lambda: isinstance(on.app.screen_stack[-1], MailListScreen) or "Q3" in on.text)
    (sent,) = scene.server.sent
    assert sent.recipients == (BOB.spec,)
    assert b"In-Reply-To: <1@x>" in sent.mime
