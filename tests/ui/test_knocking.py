"""Sheets that nobody called for: they take no key that was meant for something else."""

import asyncio

from smimetui.model.errors import StoreLockedError
from smimetui.ui.preferences import Preferences
from smimetui.ui.screens.compose import ComposeScreen
from smimetui.ui.screens.log_in import LogInSheet
from smimetui.ui.screens.mail_list import MailListScreen
from smimetui.ui.screens.passphrase import PassphraseSheet
from smimetui.ui.start import Compose, ShowList, Start
from smimetui.ui.widgets.knock import Knock
from tests.services.world import ALICE, BOB, make_world
from tests.ui.books import MemoryBook, exchange_account
from tests.ui.stage import Stage, stage

WORDS = "F9 Log In  mail.corp.example refused the login of alice@corp.example."


def opened(book: MemoryBook, start: Start) -> stage:
    return stage(make_world().session, start=start, preferences=Preferences(book=book))


def refuse(book: MemoryBook) -> None:
    assert book.refused is not None
    book.refused(ALICE)


def ask(on: Stage, question: str) -> "asyncio.Task[str]":
    return asyncio.create_task(asyncio.to_thread(on.app.ask, question))


async def test_a_login_that_is_refused_in_mid_letter_waits_until_it_is_let_in_and_not_a_key_is_lost() -> None:
    book = MemoryBook(accounts=[exchange_account(ALICE)])
    async with opened(book, Compose(to=(BOB,))) as on:
        await on.sees("New Message")
        on.composer.query_one("#body").focus()
        await on.type("Half a sent")
        refuse(book)
        await on.sees(WORDS)
        await on.type("ence.\nAnother")
        assert on.composer.query_one("#body").text == "Half a sentence.\nAnother"
        await on.press("f9")
        await on.until(lambda: isinstance(on.app.screen, LogInSheet))
        await on.type("new one\n")
        await on.until(lambda: isinstance(on.app.screen, ComposeScreen))
        assert book.passwords == ["new one"]
        await on.type(" one")
        assert on.composer.query_one("#body").text == "Half a sentence.\nAnother one"
        assert not on.app.screen.query(Knock)


async def test_a_click_on_the_line_lets_the_sheet_in() -> None:
    book = MemoryBook(accounts=[exchange_account(ALICE)])
    async with opened(book, Compose()) as on:
        await on.sees("New Message")
        await on.type("bo")
        refuse(book)
        await on.sees(WORDS)
        await on.pilot.click(Knock)
        await on.until(lambda: isinstance(on.app.screen, LogInSheet))
        await on.press("escape")
        await on.until(lambda: on.composer.query_one("#to").pending == "bo")


async def test_an_act_that_needs_the_store_lets_the_question_in_at_once() -> None:
    async with opened(MemoryBook(), Compose()) as on:
        await on.sees("New Message")
        await on.type("bob@corp.example")
        answer = ask(on, "Passphrase of the vault")
        await on.sees("F9 Unlock  The store is locked.")
        await on.press("f7")
        await on.until(lambda: isinstance(on.app.screen, PassphraseSheet))
        await on.type("secret\n")
        assert await answer == "secret"


async def test_where_keys_are_commands_a_sheet_opens_by_itself_once_the_hands_rest() -> None:
    book = MemoryBook(accounts=[exchange_account(ALICE)])
    async with opened(book, ShowList()) as on:
        await on.sees("0 messages")
        await on.press("j")
        refuse(book)
        await on.sees(WORDS)
        await on.until(lambda: isinstance(on.app.screen, LogInSheet))
        assert not any(screen.query(Knock) for screen in on.app.screen_stack)


async def test_leaving_the_text_lets_a_sheet_in() -> None:
    book = MemoryBook(accounts=[exchange_account(ALICE)])
    async with opened(book, ShowList()) as on:
        await on.sees("0 messages")
        await on.type("/conti")
        refuse(book)
        await on.sees(WORDS)
        await on.press("enter")
        await on.until(lambda: isinstance(on.app.screen, LogInSheet))


async def test_a_login_waits_behind_a_passphrase_that_is_being_typed() -> None:
    book = MemoryBook(accounts=[exchange_account(ALICE)])
    async with opened(book, ShowList()) as on:
        await on.sees("0 messages")
        answer = ask(on, "Passphrase of the vault")
        await on.until(lambda: isinstance(on.app.screen, PassphraseSheet))
        refuse(book)
        await on.type("sec")
        assert not on.app.screen.query(Knock)
        await on.type("ret\n")
        assert await answer == "secret"
        await on.until(lambda: isinstance(on.app.screen, LogInSheet))
        assert book.passwords == []


async def test_a_login_that_needs_the_store_asks_for_its_passphrase() -> None:
    book = MemoryBook(accounts=[exchange_account(ALICE)])
    async with opened(book, ShowList()) as on:
        await on.sees("0 messages")
        refuse(book)
        await on.until(lambda: isinstance(on.app.screen, LogInSheet))
        await on.type("new")
        answer = ask(on, "Passphrase of the vault")
        await on.sees("F9 Unlock")
        await on.press("f9")
        await on.until(lambda: isinstance(on.app.screen, PassphraseSheet))
        await on.press("escape")
        await on.until(lambda: isinstance(on.app.screen, LogInSheet))
        assert isinstance((await asyncio.gather(answer, return_exceptions=True))[0], StoreLockedError)


async def test_leaving_while_something_waits_leaves() -> None:
    book = MemoryBook(accounts=[exchange_account(ALICE)])
    async with opened(book, Compose()) as on:
        await on.sees("New Message")
        await on.type("bo")
        refuse(book)
        await on.sees(WORDS)
        answer = ask(on, "Passphrase of the vault")
        await on.press("ctrl+q")
    assert on.app.return_code == 0
    answer.cancel()


async def test_what_waits_is_let_in_by_the_key_that_the_settings_say() -> None:
    book = MemoryBook(accounts=[exchange_account(ALICE)])
    preferences = Preferences(book=book, keys={"app.let_in": "f10"})
    async with stage(make_world().session, start=Compose(), preferences=preferences) as on:
        await on.sees("New Message")
        await on.type("bo")
        refuse(book)
        await on.sees("F10 Log In")
        await on.press("f10")
        await on.until(lambda: isinstance(on.app.screen, LogInSheet))


async def test_the_line_follows_to_another_screen_and_waits_behind_the_palette() -> None:
    book = MemoryBook(accounts=[exchange_account(ALICE)])
    async with opened(book, Compose()) as on:
        await on.sees("New Message")
        await on.type("bo")
        refuse(book)
        await on.sees(WORDS)
        await on.press("ctrl+p")
        await on.type("acc")
        await on.until(lambda: not isinstance(on.app.screen, ComposeScreen), "the palette")
        assert not isinstance(on.app.screen, LogInSheet)
        await on.press("escape")
        await on.until(lambda: isinstance(on.app.screen, LogInSheet))
        await on.press("escape")
        await on.until(lambda: on.composer.query_one("#to").pending == "bo")


async def test_the_key_is_the_screen_s_own_while_nothing_waits() -> None:
    async with opened(MemoryBook(), ShowList()) as on:
        await on.sees("0 messages")
        bound = on.app.screen.active_bindings["f9"].binding
        assert bound.action == "reload"
        await on.press("f9")
        assert isinstance(on.app.screen, MailListScreen)
