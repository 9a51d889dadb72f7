"""Accounts through the whole program: the app over a home of its own, a vault, and Exchange servers on the loopback."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from smimetui.__main__ import Home
from smimetui.demo.exchange import ExchangeServer
from smimetui.demo.exchange.certificate import Tls
from smimetui.demo.exchange.login import Scheme
from smimetui.demo.exchange.misbehaviour import ANY, Hang
from smimetui.services.outbox_entry import Standing
from smimetui.ui.account_book import NewAccount
from smimetui.ui.screens.account import AccountSheet
from smimetui.ui.screens.compose import ComposeScreen
from smimetui.ui.screens.first_run import FirstRunScreen
from smimetui.ui.screens.log_in import LogInSheet
from smimetui.ui.screens.mail_list import MailListScreen
from smimetui.ui.screens.passphrase import PassphraseSheet
from smimetui.ui.start import FirstRun, ShowList, Start
from tests.adapters.exchange.authority import CLIENT, authority
from tests.adapters.exchange.people import ALICE, BOB, CAROL, PASSWORD
from tests.adapters.exchange.test_closing import sockets
from tests.pki import make_authority
from tests.ui.stage import Stage

CORP = make_authority("Corp CA")
MINE, OTHER, BOBS = CORP.issue(ALICE.spec), CORP.issue(ALICE.spec, key_name="somebody else's"), CORP.issue(BOB.spec)


@pytest.fixture
def server() -> Iterator[ExchangeServer]:
    with ExchangeServer() as running:
        populate(running)
        yield running
    assert running.front.crashes == []


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "passphrase").write_text("of the vault\n")
    return Home(tmp_path / "passphrase")


def populate(server: ExchangeServer) -> None:
    server.add_mailbox(ALICE.spec, PASSWORD, name="Alice Archer")
    server.publish("Alice Archer", [ALICE.spec], [MINE.der])
    server.publish("Bob Baker", [BOB.spec], [BOBS.der])


@asynccontextmanager
async def at(home: Home, start: Start) -> AsyncIterator[Stage]:
    app = home.app(start)
    async with app.run_test(size=(80, 24)) as pilot:
        yield Stage(app, pilot)


def never(question: str) -> str:
    raise AssertionError(f"asked on the terminal: {question}")


def set_up(home: Home, server: ExchangeServer) -> None:
    """Give the home an account and Alice's key."""
    home.store().add_identity(MINE.pkcs8, MINE.der, [])
    new = NewAccount(address=ALICE.spec, backend="exchange", endpoint=server.url, auth="basic", password=PASSWORD)
    home.accounts.add(new, ask=never, tell=print)


async def add(on: Stage, **values: object) -> None:
    """Fill the form in, and press Add."""
    await on.until(lambda: isinstance(on.app.screen, AccountSheet))
    for name, value in values.items():
        on.app.screen.query_one(f"#{name.replace('_', '-')}").value = str(value)
    await on.pilot.click("#sheet-done")


async def open_form(on: Stage, *, more: bool = True) -> None:
    await on.sees("There is no account yet")
    await on.press("a")
    await on.sees("More…")
    if more:
        await on.pilot.click("#act-more")
        await on.sees("Private CA")


async def test_autodiscover_behind_a_private_authority_is_refused_until_the_authority_is_given(home: Home) -> None:
    with ExchangeServer(tls=Tls.PRIVATE_CA) as server:
        populate(server)
        home.store().add_identity(MINE.pkcs8, MINE.der, [])
        async with at(home, FirstRun()) as on:
            await open_form(on)
            await add(on, address=ALICE.spec, password=PASSWORD, endpoint=server.autodiscover_url)
            await on.sees("the TLS certificate of 127.0.0.1 is not valid here")
            await on.sees("Private CA")
            assert home.accounts.listed() == ()
            await add(on, anchor=server.ca_file)
            await on.sees("Trust for This Account")
            await on.press("down", "enter")
            await on.sees("Check Account")
            await on.sees("everything works")
            await on.sees("(NTLM)")
            await on.sees("✓ Own certificate  the address list publishes yours")
            await on.press("escape", "enter")
            await on.until(lambda: isinstance(on.app.screen, MailListScreen))
            await on.sees("alice@corp.example · 0 messages")
        (listed,) = home.accounts.listed()
        assert (listed.where, listed.auth) == ("127.0.0.1", "ntlm")


async def test_a_self_signed_server_counts_once_its_own_certificate_was_looked_at(home: Home) -> None:
    with ExchangeServer(tls=Tls.SELF_SIGNED) as server:
        populate(server)
        async with at(home, FirstRun()) as on:
            await open_form(on)
            await add(on, address=ALICE.spec, password=PASSWORD, endpoint=server.url)
            await on.sees("the TLS certificate of 127.0.0.1 is not valid here")
            await add(on, anchor=server.ca_file)
            await on.sees("Trust for This Account")
            await on.press("down", "enter")
            await on.sees("Check Account")
            await on.sees("✓ Login")


async def test_a_wrong_password_is_said_and_kept_nowhere_and_the_right_one_goes_on(
    home: Home, server: ExchangeServer
) -> None:
    async with at(home, FirstRun()) as on:
        await open_form(on)
        await add(on, address=ALICE.spec, password="wrong", endpoint=server.url)
        await on.sees("127.0.0.1 refused the login")
        assert home.accounts.listed() == ()
        assert home.store().secrets() == ()
        await add(on, password=PASSWORD)
        await on.sees("✓ Login")
        assert home.store().secrets() == (f"password:{ALICE.spec}",)


async def test_a_sign_in_is_ended_by_escape_while_the_mail_goes_on(
    home: Home, server: ExchangeServer, tmp_path: Path
) -> None:
    set_up(home, server)
    with authority(tmp_path) as login, ExchangeServer(schemes=[Scheme.BEARER]) as other:
        other.add_mailbox(BOB.spec, "unused")
        login.pending = 10_000
        (tmp_path / "login.pem").write_text(login.pem)
        async with at(home, ShowList()) as on:
            await on.sees("0 messages")
            on.app.action_accounts()
            await on.sees("Your Accounts")
            await on.press("tab", "enter")
            await on.sees("More…")
            await on.pilot.click("#act-more")
            on.app.screen.query_one("#act-auth").focus()
            await on.press("space", "space", "space")
            await add(
                on,
                address=BOB.spec,
                endpoint=other.url,
                client_id=CLIENT,
                authority=login.url,
                anchor=tmp_path / "login.pem",
            )
            await on.sees("Trust for This Account")
            await on.press("down", "enter")
            await on.sees("type the code ABCD-1234")
            session = await on.app.session()
            page = await on.app.lanes.mail.call(lambda: session.mailbox.page("Inbox", offset=0, limit=1))
            assert page.total == 0
            await on.press("escape")
            await on.sees("Cancelled. Nothing was changed.")
            assert "ABCD-1234" not in on.text
        assert [found.account.address for found in home.accounts.listed()] == [ALICE]
        assert home.store().secrets() == (f"password:{ALICE.spec}",)


async def test_a_server_that_hangs_is_given_up_at_once(home: Home, server: ExchangeServer) -> None:
    server.misbehave(ANY, Hang(), times=None)
    async with at(home, FirstRun()) as on:
        await open_form(on)
        await add(on, address=ALICE.spec, password=PASSWORD, endpoint=server.url)
        await on.sees("Connecting…")
        await on.press("escape")
        await on.sees("Cancelled.")
        await on.press("escape")
        await on.until(lambda: isinstance(on.app.screen, FirstRunScreen))
        assert home.accounts.listed() == ()


async def test_the_vault_s_passphrase_is_asked_for_on_the_screen_and_never_on_the_terminal(
    server: ExchangeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getpass.getpass", never)
    home = Home(None)
    async with at(home, FirstRun()) as on:
        await open_form(on)
        await add(on, address=ALICE.spec, password=PASSWORD, endpoint=server.url)
        await on.sees("Choose a passphrase")
        await on.type("correct horse\n")
        await on.sees("The same passphrase again")
        await on.type("correct horse\n")
        await on.sees("✓ Login")
        assert len(home.accounts.listed()) == 1


async def test_another_certificate_in_the_address_list_is_said_in_the_check(home: Home) -> None:
    with ExchangeServer() as server:
        server.add_mailbox(ALICE.spec, PASSWORD, name="Alice Archer")
        server.publish("Alice Archer", [ALICE.spec], [OTHER.der])
        set_up(home, server)
        async with at(home, ShowList()) as on:
            await on.sees("0 messages")
            on.app.action_check_account()
            await on.sees("1 of 11 do not work")
            await on.sees("✗ Own certificate")
            await on.sees("the address list publishes another")


async def test_a_password_that_expires_in_mid_letter_is_asked_for_and_the_letter_leaves_once(
    home: Home, server: ExchangeServer
) -> None:
    set_up(home, server)
    async with at(home, ShowList()) as on:
        await on.sees("0 messages")
        await on.press("c")
        await on.until(lambda: isinstance(on.app.screen, ComposeScreen))
        await on.sees("alice@corp.example")
        server.expire_password(ALICE.spec)
        await on.type("bob@corp.example,")
        await on.sees("F9 Log In  127.0.0.1 refused the login of alice@corp.example.")
        await on.press("f9")
        await on.sees("127.0.0.1 does not let alice@corp.example in any more.")
        server.renew_password(ALICE.spec, "another")
        await on.type("wrong\n")
        await on.sees("refused the login")
        on.app.screen.query_one("#password").value = "another"
        await on.press("enter")
        await on.until(lambda: isinstance(on.app.screen, ComposeScreen), "the letter again")
        await on.sees("🔒 Encrypted")
        on.composer.query_one("#subject").value = "Q3"
        await on.press("f5")
        await on.sees("u Undo")
        on.turn(10)
        await on.until(lambda: server.sent, "the message leaves")
    assert [sent.recipients for sent in server.sent] == [(BOB.spec,)]
    assert home.store().secret(f"password:{ALICE.spec}") == "another"


async def test_a_message_whose_login_is_refused_waits_in_the_outbox_and_leaves_once_after_the_next_login(
    home: Home, server: ExchangeServer
) -> None:
    set_up(home, server)
    async with at(home, ShowList()) as on:
        await on.sees("0 messages")
        await on.press("c")
        await on.until(lambda: isinstance(on.app.screen, ComposeScreen) and on.app.focused, "the composer")
        await on.type("bob@corp.example,")
        await on.sees("🔒 Encrypted")
        on.composer.query_one("#body").text = "Kept."
        await on.press("f5")
        await on.sees("u Undo")
        server.expire_password(ALICE.spec)
        on.turn(10)
        await on.until(lambda: isinstance(on.app.screen, LogInSheet), "asked again")
        await on.sees("does not let alice@corp.example in any more.")
        session = await on.app.session()
        await on.until(lambda: [entry.standing for entry in session.outbox.entries()] == [Standing.WAITING])
        await on.until(lambda: not on.app.outgoing.leaving, "it waits, and the sheet says so")
        await on.pilot.pause()
        on.turn(100_000)
        assert server.sent == ()
        server.renew_password(ALICE.spec, "another")
        on.app.screen.query_one("#password").value = "another"
        await on.pilot.click("#sheet-done")
        await on.until(lambda: server.sent, "the message leaves")
        await on.sees("Sent, encrypted, to bob@corp.example")
    assert len(server.sent) == 1
    assert session.autosave.left() == ()


async def test_an_expired_password_in_the_list_is_asked_for_and_the_list_comes_back(
    home: Home, server: ExchangeServer
) -> None:
    server.fill(ALICE.spec, 3)
    set_up(home, server)
    async with at(home, ShowList()) as on:
        await on.sees("unread")
        server.expire_password(ALICE.spec)
        await on.press("ctrl+r")
        await on.sees("does not let alice@corp.example in any more.")
        server.renew_password(ALICE.spec, "another")
        await on.type("another\n")
        await on.until(lambda: isinstance(on.app.screen, MailListScreen))
        await on.until(lambda: "refused" not in on.text and "unread" in on.text, "the list again")


async def test_a_locked_store_takes_the_login_along_and_unlocking_is_all_it_asks_for(
    home: Home, server: ExchangeServer
) -> None:
    letter = b"From: bob@corp.example\r\nTo: alice@corp.example\r\nSubject: Lunch\r\n\r\nAt noon?\r\n"
    server.deliver(ALICE.spec, letter)
    set_up(home, server)
    async with at(Home(None), ShowList()) as on:
        await unlock(on)
        await on.sees("Lunch")
        await on.until(lambda: server.count("GetStreamingEvents"), "the list watches")
        (session,) = on.app._sessions.open.values()
        session.store._store.lock()
        await on.until(lambda: not sockets(server), "nothing is connected")
        await on.sees("Locked: new mail waits for the store. Ctrl+R unlocks it.")
        asked = len(server.requests)
        server.deliver(ALICE.spec, letter.replace(b"Lunch", b"Tea"))
        await on.pilot.pause(1.0)
        assert len(server.requests) == asked
        assert isinstance(on.app.screen, MailListScreen)
        await on.press("enter")
        await unlock(on)
        await on.sees("At noon?")
        await on.press("escape")
        await on.sees("Tea")
        assert "Locked" not in on.text


async def unlock(on: Stage) -> None:
    await on.until(lambda: isinstance(on.app.screen, PassphraseSheet), "the vault's passphrase is asked for")
    await on.type("of the vault\n")
    await on.until(lambda: not isinstance(on.app.screen, PassphraseSheet), "it is open")


async def test_of_two_accounts_the_from_line_chooses_the_server_and_the_lists_that_are_asked_first(
    home: Home, server: ExchangeServer
) -> None:
    set_up(home, server)
    with ExchangeServer() as other:
        other.add_mailbox(CAROL.spec, PASSWORD, name="Carol Chen")
        hers, daves = CORP.issue(CAROL.spec), CORP.issue("dave@other.example")
        other.publish("Dave", ["dave@other.example"], [daves.der])
        home.store().add_identity(hers.pkcs8, hers.der, [])
        new = NewAccount(address=CAROL.spec, backend="exchange", endpoint=other.url, auth="basic", password=PASSWORD)
        home.accounts.add(new, ask=never, tell=print)
        async with at(home, ShowList()) as on:
            await on.sees("alice@corp.example · 0 messages")
            await on.press("c")
            await on.until(lambda: isinstance(on.app.screen, ComposeScreen))
            await on.type("dave@other.example,")
            await on.sees("🔒 Encrypted")
            # Alice's own lists did not know him, so Carol's were asked too.
            assert [one.count("ResolveNames") > 0 for one in (server, other)] == [True, True]
            asked = server.count("ResolveNames")
            on.composer.query_one("SenderChoice").focus()
            await on.press("enter")
            await on.sees("carol@corp.example")
            await on.press("down", "enter")
            await on.until(lambda: "From      carol@corp.example" in on.text)
            await on.sees("🔒 Encrypted")
            assert server.count("ResolveNames") == asked
            on.composer.query_one("#subject").value = "From Carol"
            await on.press("f5")
            await on.sees("u Undo")
            await on.press("u")
            await on.until(lambda: "From      carol@corp.example" in on.text, "the letter again")
            await on.sees("🔒 Encrypted")
            await on.press("f5")
            await on.sees("u Undo")
            on.turn(10)
            await on.until(lambda: other.sent, "the message leaves by her server")
        assert server.sent == ()
        assert [sent.recipients for sent in other.sent] == [("dave@other.example",)]
        assert b"carol@corp.example" in other.sent[0].mime
        assert other.front.crashes == []
