"""Accounts on the screen: added, checked, listed, changed and removed; every wait ends when somebody wants it to."""

from pathlib import Path

import pytest

from smimetui.model.errors import ConfigError
from smimetui.services.account import Account
from smimetui.ui.preferences import Preferences
from smimetui.ui.screens.account import AccountSheet
from smimetui.ui.screens.compose import ComposeScreen
from smimetui.ui.screens.first_run import FirstRunScreen
from smimetui.ui.screens.mail_list import MailListScreen
from smimetui.ui.start import FirstRun
from tests.services.world import ALICE, BOB, corp, make_world
from tests.ui.books import MemoryBook, exchange_account
from tests.ui.stage import Stage, stage


async def fill(on: Stage, **values: str) -> None:
    for name, value in values.items():
        on.app.screen.query_one(f"#{name.replace('_', '-')}").value = value


async def test_a_newcomer_adds_an_account_on_the_first_screen_and_lands_in_the_mailbox() -> None:
    book = MemoryBook()
    async with stage(make_world().session, start=FirstRun(), preferences=Preferences(book=book)) as on:
        await on.sees("There is no account yet")
        await on.press("a")
        await on.type("alice@corp.example")
        await on.press("tab", "space", "tab")
        await on.type("~/Mail\n")
        await on.sees("Check Account")
        await on.sees("✓ Sending")
        (asked,) = book.asked
        assert (asked.address, asked.backend, asked.path) == ("alice@corp.example", "maildir", "~/Mail")
        await on.press("escape")
        await on.until(lambda: isinstance(on.app.screen, FirstRunScreen))
        await on.press("enter")
        await on.until(lambda: isinstance(on.app.screen, MailListScreen))


async def test_another_account_is_added_by_the_keyboard_alone() -> None:
    book = MemoryBook()
    async with stage(make_world().session, preferences=Preferences(book=book)) as on:
        await on.press("m", "end", "up", "up", "up", "up", "enter")
        await on.sees("No account yet.")
        await on.press("enter")
        await on.sees("Add Account")
        await on.press("escape")
        book.accounts.append(exchange_account(ALICE))
        await on.press("escape", "m", "end", "up", "up", "up", "up", "enter")
        await on.sees(ALICE.spec)
        await on.press("tab", "enter")
        await on.sees("Add Account")


async def test_an_account_that_cannot_be_added_says_why_in_the_words_of_the_screen_and_keeps_what_was_typed() -> None:
    book = MemoryBook(failure=ConfigError("no Exchange server was found", "give its web service: --endpoint URL"))
    async with stage(make_world().session, start=FirstRun(), preferences=Preferences(book=book)) as on:
        await on.press("a")
        await on.sees("More…")
        assert "Server" not in on.text
        await on.type("alice@corp.example")
        await on.pilot.click("#sheet-done")
        await on.sees("no Exchange server was found (give its web service: Server)")
        await on.sees("Server         empty: found by autodiscover")
        assert on.app.screen.query_one("#address").value == "alice@corp.example"


async def test_a_sign_in_shows_its_code_and_ends_at_once_by_escape() -> None:
    book = MemoryBook(waits="Open https://login.example/device in a browser, anywhere, and type the code ABCD-1234")
    async with stage(make_world().session, start=FirstRun(), preferences=Preferences(book=book)) as on:
        await on.press("a")
        await on.type("alice@corp.example")
        await on.press("tab", "tab", "tab", "space", "space", "space")
        await on.sees("OAuth, by a code in a browser")
        assert "Password" not in on.text
        await on.sees("Sign in at")
        await fill(on, client_id="the-id", authority="corp.example")
        await on.pilot.click("#sheet-done")
        await on.sees("type the code ABCD-1234")
        # The mail's own lane is free meanwhile.
        assert await on.app.lanes.mail.call(lambda: "free") == "free"
        await on.press("escape")
        await on.sees("Cancelled. Nothing was changed.")
        await on.until(book.ended.is_set, "the sign-in has ended")
        assert "ABCD-1234" not in on.text
        assert (book.asked[0].client_id, book.asked[0].authority) == ("the-id", "corp.example")
        assert isinstance(on.app.screen, AccountSheet)
        await on.press("escape")
        await on.until(lambda: isinstance(on.app.screen, FirstRunScreen))
        assert book.accounts == []


async def test_what_was_typed_for_another_way_is_not_used() -> None:
    book = MemoryBook()
    async with stage(make_world().session, start=FirstRun(), preferences=Preferences(book=book)) as on:
        await on.press("a")
        await on.sees("Password")
        await fill(on, address="alice@corp.example", password="secret", client_id="left over", anchor="/left/over")
        await on.pilot.click("#sheet-done")
        await on.until(lambda: book.asked)
        assert (book.asked[0].password, book.asked[0].client_id, book.asked[0].anchor) == ("secret", "", "")


async def test_a_private_authority_counts_once_its_fingerprint_was_looked_at(tmp_path: Path) -> None:
    book = MemoryBook()
    file = tmp_path / "corp.pem"
    file.write_text(corp().certificate.pem)
    async with stage(make_world().session, start=FirstRun(), preferences=Preferences(book=book)) as on:
        await on.press("a")
        await on.sees("More…")
        await on.pilot.click("#act-more")
        await fill(on, address="alice@corp.example")
        on.app.screen.query_one("#anchor").focus()
        await on.type(str(tmp_path / "co"))
        await on.press("tab")
        assert on.app.screen.query_one("#anchor").value == str(file)
        await on.press("enter")
        await on.sees("Compare the SHA-256")
        await on.sees(corp().certificate.sha256[:4].upper())
        await on.press("enter")
        await on.sees("Not trusted, so nothing was added.")
        assert book.asked == []
        await on.press("enter")
        await on.sees("Trust for This Account")
        await on.press("down", "enter")
        await on.until(lambda: book.asked)
        assert book.asked[0].anchor == corp().certificate.pem


@pytest.mark.parametrize("content", [None, b"\x30\x82", b"no certificate"], ids=["missing", "der", "empty"])
async def test_a_file_that_is_no_authority_is_said_and_nothing_is_added(tmp_path: Path, content: bytes | None) -> None:
    book = MemoryBook()
    file = tmp_path / "corp.pem"
    if content is not None:
        file.write_bytes(content + (b"\xff" if content[:1] == b"\x30" else b""))
    async with stage(make_world().session, start=FirstRun(), preferences=Preferences(book=book)) as on:
        await on.press("a")
        await on.sees("More…")
        await on.pilot.click("#act-more")
        await fill(on, address="alice@corp.example", anchor=str(file))
        await on.pilot.click("#sheet-done")
        await on.until(lambda: any(word in on.text for word in ("not a file", "no PEM", "certificate")), "a sentence")
        assert book.asked == []


async def open_accounts(on: Stage) -> None:
    await on.sees("0 messages")
    await on.press("m")
    await on.sees("Your Accounts")
    rows = on.app.screen.query_one("#rows")
    await on.until(lambda: "Sent" in on.text or "Inbox" in on.text)
    rows.cursor = list(rows.rows).index("Your Accounts")
    await on.press("enter")


async def test_the_accounts_are_listed_with_the_default_one_and_what_each_does_by_default() -> None:
    kept: list[Account] = []
    book = MemoryBook(accounts=[exchange_account(ALICE), exchange_account(BOB)])
    async with stage(make_world().session, preferences=Preferences(book=book, save_account=kept.append)) as on:
        await open_accounts(on)
        await on.sees("alice@corp.example")
        (line,) = [line for line in on.text.splitlines() if "Default" in line]
        assert "alice@corp.example" in line
        await on.press("down", "enter")
        await on.sees("Exchange, mail.corp.example")
        await on.sees("Encrypt by Default      on")
        await on.press("enter", "down", "enter")
        await on.sees("Sign by Default         off")
        await on.until(lambda: len(kept) == 2)
        assert (kept[1].address, kept[1].encrypt_by_default, kept[1].sign_by_default) == (BOB, False, False)


async def test_another_account_becomes_the_default_one() -> None:
    book = MemoryBook(accounts=[exchange_account(ALICE), exchange_account(BOB)])
    async with stage(make_world().session, preferences=Preferences(book=book)) as on:
        await open_accounts(on)
        await on.sees("bob@corp.example")
        await on.press("down", "enter")
        await on.sees("Make Default")
        on.app.screen.query_one("#act-default").focus()
        await on.press("enter")
        await on.sees("bob@corp.example is the default account now.")
        assert on.app.preferences.accounts == (BOB, ALICE)


async def test_an_account_is_removed_only_after_a_question() -> None:
    book = MemoryBook(accounts=[exchange_account(ALICE), exchange_account(BOB)])
    async with stage(make_world().session, preferences=Preferences(book=book)) as on:
        await open_accounts(on)
        await on.sees("bob@corp.example")
        await on.press("down", "enter")
        await on.sees("Remove…")
        on.app.screen.query_one("#act-remove").focus()
        await on.press("enter")
        await on.sees("Its mail stays where it is")
        await on.press("enter")
        assert len(book.accounts) == 2
        on.app.screen.query_one("#act-remove").focus()
        await on.press("enter")
        await on.sees("Its mail stays where it is")
        await on.press("down", "enter")
        await on.sees("bob@corp.example is removed.")
        assert on.app.preferences.accounts == (ALICE,)


async def test_a_check_says_what_works_and_what_does_not() -> None:
    world = make_world(identities=[])
    async with stage(world.session, preferences=Preferences(book=MemoryBook(accounts=[exchange_account(ALICE)]))) as on:
        await open_accounts(on)
        await on.press("enter")
        await on.sees("Check…")
        on.app.screen.query_one("#act-check").focus()
        await on.press("enter")
        await on.sees("✓ Mailbox")
        await on.sees("✗ Signing")
        await on.sees("you have no certificate of your own")
        await on.sees("2 of 8 do not work")
        await on.press("escape")
        await on.sees("Check…")


async def test_the_check_and_the_accounts_are_in_the_palette() -> None:
    async with stage(make_world().session, preferences=Preferences(book=MemoryBook())) as on:
        await on.sees("0 messages")
        titles = {command.title for command in on.app.get_system_commands(on.app.screen)}
        assert {"Accounts", "Check Account"} <= titles


async def test_the_accounts_change_under_an_open_message_which_stays_to_be_read() -> None:
    world = make_world()
    world.mailbox.append("Inbox", b"From: bob@corp.example\r\nSubject: Lunch\r\n\r\nAt noon?\r\n")
    book = MemoryBook(accounts=[exchange_account(ALICE), exchange_account(BOB)])
    async with stage(world.session, preferences=Preferences(book=book, accounts=(ALICE, BOB))) as on:
        await on.sees("Lunch")
        await on.press("enter")
        await on.sees("At noon?")
        assert "Accounts" in {command.title for command in on.app.get_system_commands(on.app.screen)}
        on.app.action_accounts()
        await on.sees("bob@corp.example")
        await on.press("down", "enter")
        await on.sees("Make Default")
        on.app.screen.query_one("#act-default").focus()
        await on.press("enter")
        await on.sees("bob@corp.example is the default account now.")
        await on.press("escape")
        await on.sees("At noon?")
        await on.press("d")
        await on.sees("delete it in the list")
        assert world.mailbox.page("Inbox", offset=0, limit=1).total == 1
        await on.press("escape")
        await on.until(lambda: isinstance(on.app.screen, MailListScreen))
        await on.sees("Lunch")


@pytest.mark.parametrize("opened", [True, False], ids=["message", "list"])
async def test_a_reply_to_all_leaves_out_every_account_of_ones_own(opened: bool) -> None:  # noqa: FBT001 - a column
    world = make_world()
    head = b"From: dave@ext.example\r\nTo: ALICE@corp.example, bob@corp.example, carol@corp.example\r\n"
    world.mailbox.append("Inbox", head + b"Cc: Bob <Bob@CORP.example>\r\nSubject: Lunch\r\n\r\nAt noon?\r\n")
    async with stage(world.session, preferences=Preferences(accounts=(ALICE, BOB))) as on:
        await on.sees("Lunch")
        if opened:
            await on.press("enter")
            await on.sees("At noon?")
        await on.press("a")
        await on.until(lambda: isinstance(on.app.screen, ComposeScreen))
        everybody = [address.spec for address in on.composer.everybody()]
        assert everybody == ["dave@ext.example", "carol@corp.example"]


async def test_a_login_that_is_put_off_is_not_asked_for_again_by_itself() -> None:
    book = MemoryBook(accounts=[exchange_account(ALICE)], failure=ConfigError("the server refused the login"))
    async with stage(make_world().session, preferences=Preferences(book=book)) as on:
        await on.sees("0 messages")
        assert book.refused is not None
        book.refused(ALICE)
        await on.sees("does not let alice@corp.example in any more.")
        await on.type("wrong\n")
        await on.sees("the server refused the login")
        await on.press("escape")
        await on.until(lambda: isinstance(on.app.screen, MailListScreen))
        book.refused(ALICE)
        await on.pilot.pause()
        assert isinstance(on.app.screen, MailListScreen)


async def test_a_sign_in_by_a_code_is_offered_where_there_is_no_password() -> None:
    book = MemoryBook(accounts=[exchange_account(ALICE, auth="oauth")], waits="type the code ABCD-1234")
    async with stage(make_world().session, preferences=Preferences(book=book)) as on:
        await on.sees("0 messages")
        assert book.refused is not None
        book.refused(ALICE)
        await on.sees("Sign In by a Code in a Browser")
        await on.press("enter")
        await on.sees("type the code ABCD-1234")
        await on.press("escape")
        await on.until(book.ended.is_set, "it ended")
        await on.press("escape")
        await on.until(lambda: isinstance(on.app.screen, MailListScreen))
