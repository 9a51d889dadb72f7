"""From a signed message to an encrypted one: badge, sender, certificate, Install, Remove, Done."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from smimetui.__main__ import Sandbox
from smimetui.ui.screens.certificate import CertificateSheet
from smimetui.ui.screens.compose import ComposeScreen
from smimetui.ui.screens.mail_list import MailListScreen
from smimetui.ui.screens.message import MessageScreen
from smimetui.ui.start import ShowList
from tests.ui.stage import Stage


@asynccontextmanager
async def on_list(sandbox: Sandbox) -> AsyncIterator[Stage]:
    app = sandbox.app(ShowList())
    async with app.run_test(size=(80, 24)) as pilot:
        on = Stage(app, pilot)
        await on.sees("Signed contract")
        yield on


async def open_message(on: Stage, subject: str) -> MessageScreen:
    await on.press("slash")
    await on.type(f"{subject}\n")
    await on.press("enter")
    await on.until(lambda: isinstance(on.app.screen, MessageScreen) and on.app.screen.opened, subject)
    assert isinstance(on.app.screen, MessageScreen)
    return on.app.screen


def facts(on: Stage, subject: str) -> tuple[bool | None, bool]:
    """Badge and lock of a row."""
    screen = on.app.screen_stack[0]
    assert isinstance(screen, MailListScreen)
    row = next(row for row in screen.rows.rows if row.summary and subject in row.summary.subject)
    assert row.facts is not None
    return row.facts.badge, row.facts.locked


async def test_the_list_shows_badge_and_lock_of_every_kind_of_message(sandbox: Sandbox) -> None:
    async with on_list(sandbox) as on:
        screen = on.app.screen
        assert isinstance(screen, MailListScreen)
        await on.until(lambda: all(row.facts for row in screen.rows.rows), "all verdicts")
        shown = {row.summary.subject: facts(on, row.summary.subject) for row in screen.rows.rows[:9]}
        assert shown["Budget, final"] == (True, True)
        assert shown["Minutes of Friday"] == (True, False)
        assert shown["Signed contract"][0] is False
        assert shown["Urgent payment"][0] is False
        assert shown["New bank details"][0] is False
        assert shown["Lunch on Thursday?"] == (None, False)
        assert "cannot be decrypted" in on.text


async def test_four_keys_lead_from_the_open_message_to_an_installed_certificate(sandbox: Sandbox) -> None:
    async with on_list(sandbox) as on:
        message = await open_message(on, "signed contract")
        await on.sees("? Not Trusted")
        await on.sees("issuer “Partner CA” is unknown here")
        await on.press("enter")
        await on.sees("View Certificate")
        await on.press("enter")
        await on.sees("Compare the fingerprint")
        await on.press("enter")
        await on.sees("Remove")
        session = await on.app.session()
        assert [entry.addresses for entry in session.store.installed()] == [("erin@partner.example",)]
        await on.until(lambda: message.opened and message.opened.signature and message.opened.signature.trusted)


async def test_installing_takes_effect_at_once_in_every_open_screen(sandbox: Sandbox) -> None:
    async with on_list(sandbox) as on:
        await on.press("c")
        await on.type("erin@partner.example,")
        await on.sees("Unable to Encrypt")
        composer = on.composer
        on.app.push_screen(MailListScreen())
        await on.sees("Signed contract")
        await open_message(on, "signed contract")
        await on.press("enter", "enter")
        await on.sees("Compare the fingerprint")
        await on.press("enter")
        await on.sees("Remove")
        await on.until(lambda: composer.designation.value == "Encrypted", "the composer below turns blue")


async def test_remove_turns_the_badge_back_and_offers_install_again(sandbox: Sandbox) -> None:
    async with on_list(sandbox) as on:
        message = await open_message(on, "signed contract")
        await on.press("enter", "enter")
        await on.sees("Compare the fingerprint")
        await on.press("enter")
        await on.sees("✓ Trusted")
        await on.press("enter")
        await on.sees("Compare the fingerprint")
        await on.until(lambda: message.opened and message.opened.signature and not message.opened.signature.trusted)


async def test_done_closes_both_sheets(sandbox: Sandbox) -> None:
    async with on_list(sandbox) as on:
        await open_message(on, "signed contract")
        await on.press("enter", "enter")
        await on.until(lambda: isinstance(on.app.screen, CertificateSheet))
        await on.pilot.click("#sheet-done")
        await on.until(lambda: isinstance(on.app.screen, MessageScreen))


async def test_a_tampered_message_is_not_trusted_and_nothing_is_offered(sandbox: Sandbox) -> None:
    async with on_list(sandbox) as on:
        await open_message(on, "new bank")
        await on.sees("changed after it was signed")
        await on.press("enter", "enter")
        await on.until(lambda: isinstance(on.app.screen, CertificateSheet))
        await on.sees("Export")
        assert "Install" not in on.text


async def test_somebody_elses_signature_names_the_signer_and_is_not_offered(sandbox: Sandbox) -> None:
    async with on_list(sandbox) as on:
        await open_message(on, "urgent payment")
        await on.sees("? Not Trusted")
        await on.sees("mallory@corp.example")
        await on.press("enter", "enter")
        await on.sees("not for the sender")
        assert "Install" not in on.text


async def test_a_message_for_another_key_says_so_and_shows_nothing(sandbox: Sandbox) -> None:
    async with on_list(sandbox) as on:
        message = await open_message(on, "salary")
        await on.sees("This message cannot be decrypted with your keys.")
        assert message.opened is not None
        assert message.opened.body == ""


async def test_an_unsigned_message_carries_no_badge(sandbox: Sandbox) -> None:
    async with on_list(sandbox) as on:
        await open_message(on, "lunch")
        assert "Trusted" not in on.text
        await on.press("enter")
        await on.sees("Not signed")


async def test_a_reply_to_an_encrypted_message_starts_with_the_lock_closed(sandbox: Sandbox) -> None:
    async with on_list(sandbox) as on:
        await open_message(on, "budget")
        await on.press("r")
        await on.until(lambda: isinstance(on.app.screen, ComposeScreen))
        await on.sees("Encrypted")
        assert on.composer.wanted
        assert on.composer.query_one("#subject").value == "Re: Budget, final"


async def test_a_reply_to_a_plain_message_starts_with_the_lock_open(sandbox: Sandbox) -> None:
    async with on_list(sandbox) as on:
        await open_message(on, "lunch")
        await on.press("r")
        await on.until(lambda: isinstance(on.app.screen, ComposeScreen))
        await on.sees("Not Encrypted")
        assert not on.composer.wanted


async def test_delete_moves_to_the_trash_and_undo_brings_back(sandbox: Sandbox) -> None:
    async with on_list(sandbox) as on:
        screen = on.app.screen
        assert isinstance(screen, MailListScreen)
        before = len(screen.rows.rows)
        await on.press("d")
        await on.until(lambda: len(screen.rows.rows) == before - 1)
        await on.press("u")
        await on.until(lambda: len(screen.rows.rows) == before)


async def test_a_sent_message_is_filed_in_sent_and_opens_there(sandbox: Sandbox) -> None:
    async with on_list(sandbox) as on:
        await on.press("c")
        await on.type("bob@corp.example,")
        await on.press("tab", "tab", "tab")
        await on.type("To be filed\n")
        await on.type("Words")
        await on.sees("🔒 Encrypted")
        await on.press("f5")
        await on.sees("u Undo")
        on.turn(10)
        await on.sees("Sent, encrypted, to bob@corp.example")
        await on.press("m", "down", "down", "enter")
        await on.sees("To be filed")
        await on.press("enter")
        await on.sees("Words")
        await on.sees("🔒 Encrypted")
