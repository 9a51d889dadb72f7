"""The app over an Exchange server that takes its time: what is said meanwhile, and that Esc ends each wait."""

import pytest

from smimetui.model.address import Address
from smimetui.model.certificate import Certificate, Source
from smimetui.smime.x509 import published_certificates
from smimetui.ui.screens.compose import ComposeScreen
from smimetui.ui.screens.mail_list import MailListScreen
from smimetui.ui.screens.message import MessageScreen
from smimetui.ui.screens.places import PlacesSheet
from smimetui.ui.start import ShowList
from tests.services.world import ALICE, BOB, person
from tests.ui.exchange_scene import Scene
from tests.ui.stage import stage

SLOW = 1500
FETCHING = "Fetching the message… Esc ends it."


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each wait said at once."""
    monkeypatch.setattr("smimetui.ui.screens.frame._PATIENCE", 0.05)


async def test_a_reply_that_takes_its_time_is_said_and_ended_by_escape(scene: Scene) -> None:
    scene.server.fill(ALICE.spec, 3)
    async with stage(scene.session, start=ShowList()) as on:
        await on.sees("1 unread")
        await on.until(lambda: scene.server.count("GetItem") == 3, "the badges")
        scene.server.delay("GetItem", SLOW)
        await on.press("r")
        await on.sees(FETCHING)
        await on.press("escape")
        await on.until(lambda: FETCHING not in on.text)
        scene.server.behave()
        await on.press("j", "r")
        await on.until(lambda: isinstance(on.app.screen, ComposeScreen))
        await on.sees("Re: Message 2")
        assert not any(isinstance(screen, ComposeScreen) for screen in on.app.screen_stack[:-1])


async def test_a_message_that_takes_its_time_is_left_by_escape(scene: Scene) -> None:
    scene.server.fill(ALICE.spec, 3)
    async with stage(scene.session, start=ShowList()) as on:
        await on.sees("1 unread")
        await on.until(lambda: scene.server.count("GetItem") == 3, "the badges")
        scene.server.delay("GetItem", SLOW)
        await on.press("enter")
        await on.until(lambda: isinstance(on.app.screen, MessageScreen))
        await on.sees("Opening… Esc leads back to Inbox.")
        await on.press("escape")
        await on.until(lambda: isinstance(on.app.screen, MailListScreen))


async def test_deleting_several_is_ended_by_escape_and_what_is_done_can_be_undone(scene: Scene) -> None:
    scene.server.fill(ALICE.spec, 9)
    async with stage(scene.session, start=ShowList()) as on:
        await on.sees("3 unread")
        scene.server.delay("MoveItem", 300)
        await on.press(*("x" * 9), "d")
        await on.sees("of 9… Esc ends it.")
        await on.press("escape")
        await on.sees(" to the trash. u brings ")
        left = scene.server.items(ALICE.spec, "inbox")
        assert 0 < len(left) < 9
        scene.server.behave()
        await on.press("u")
        await on.until(lambda: len(scene.server.items(ALICE.spec, "inbox")) == 9)


async def test_a_search_and_another_folder_that_take_their_time_are_said_and_ended_by_escape(scene: Scene) -> None:
    scene.server.fill(ALICE.spec, 3)
    async with stage(scene.session, start=ShowList()) as on:
        await on.sees("1 unread")
        scene.server.delay("FindItem", SLOW)
        await on.type("/message 2")
        await on.sees("Searching… Esc ends it.")
        await on.press("escape")
        scene.server.behave()
        await on.until(lambda: "1 unread" in on.text and "Searching" not in on.text, "the whole folder")
        await on.press("m")
        await on.sees("Sent")
        scene.server.delay("FindItem", SLOW)
        on.app.screen.query_one("#rows").cursor = 2
        await on.press("enter")
        await on.sees("Opening Sent… Esc ends it.")
        await on.press("escape")
        scene.server.behave()
        await on.until(lambda: "Opening Sent" not in on.text and "Message 2" in on.text, "the list as it was")
        await on.press("ctrl+r")
        await on.sees("1 unread")


async def test_the_other_places_are_there_while_the_folders_are_asked_for(scene: Scene) -> None:
    async with stage(scene.session, start=ShowList()) as on:
        await on.sees("0 messages")
        scene.server.delay("FindFolder", SLOW)
        await on.press("m")
        await on.sees("Asking for the folders…")
        await on.sees("Installed Certificates")
        await on.press("escape")
        await on.until(lambda: not isinstance(on.app.screen, PlacesSheet))


async def test_an_installed_certificate_is_written_to_the_contact_on_the_server_when_asked(scene: Scene) -> None:
    scene.session.trust.install([person(BOB).certificate], source=Source.FILE)
    scene.server.delay("CreateItem", 500)
    async with stage(scene.session, start=ShowList()) as on:
        await on.sees("0 messages")
        await on.press("m", "end", "up", "up", "up", "enter")
        await on.sees("bob@corp.example")
        await on.press("enter")
        await on.sees("Add to Contacts")
        assert in_contacts(scene, BOB) == []
        await on.press("left", "enter")
        await on.sees("Writing it to the contact of bob@corp.example…")
        await on.sees("Added to the contact of bob@corp.example")
    assert in_contacts(scene, BOB) == [person(BOB).certificate]


def in_contacts(scene: Scene, address: Address) -> list[Certificate]:
    """Return the certificates that the contacts on the server have for somebody."""
    contacts = scene.session.directories[1]
    values = [value for entry in contacts.lookup(address) for value in entry.certificates]
    return [found for value in values for found in published_certificates(value)]
