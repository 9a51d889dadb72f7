"""The first run: from nothing to the first encrypted mail, on a server of the loopback and in a real terminal."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from smimetui.__main__ import Home
from smimetui.demo.exchange import ExchangeServer
from smimetui.demo.exchange.misbehaviour import Hang, unavailable
from smimetui.ui.screens.first_run import FirstRunScreen
from smimetui.ui.screens.mail_list import MailListScreen
from smimetui.ui.start import FirstRun
from tests.adapters.exchange.people import ALICE, PASSWORD
from tests.first_run import walk
from tests.pki import make_authority
from tests.services.world import make_world
from tests.terminal import terminal
from tests.ui.stage import Stage, stage

MINE = make_authority("Corp CA").issue(ALICE.spec, not_before=datetime.now(UTC) - timedelta(days=9))


@pytest.fixture
def server() -> Iterator[ExchangeServer]:
    with ExchangeServer() as running:
        running.add_mailbox(ALICE.spec, PASSWORD, name="Alice Archer")
        yield running
    assert running.front.crashes == []


@pytest.fixture
def passphrase(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase"
    path.write_text("of the vault\n")
    return path


@pytest.fixture
def p12(tmp_path: Path) -> Path:
    path = tmp_path / "alice.p12"
    path.write_bytes(MINE.pkcs12("open"))
    return path


@asynccontextmanager
async def at(home: Home) -> AsyncIterator[Stage]:
    app = home.app(FirstRun())
    async with app.run_test(size=(80, 24)) as pilot:
        yield Stage(app, pilot)


async def add_account(on: Stage, server: ExchangeServer) -> None:
    await on.press("a")
    await on.sees("More…")
    await on.pilot.click("#act-more")
    await on.sees("Private CA")
    for name, value in {"address": ALICE.spec, "password": PASSWORD, "endpoint": server.url}.items():
        on.app.screen.query_one(f"#{name}").value = value
    await on.pilot.click("#sheet-done")
    await on.sees("Check Again")


def test_a_walk_from_the_first_start_to_a_decrypted_message_of_ones_own(
    server: ExchangeServer, passphrase: Path, p12: Path
) -> None:
    with terminal("--passphrase-file", passphrase) as screen:
        walk(screen, server=server.url, p12=str(p12))
        screen.press("ctrl+q")
        assert screen.ends() == 0
        assert PASSWORD.encode() not in screen.received
    (sent,) = server.sent
    assert sent.recipients == (ALICE.spec,)
    assert b"came back" not in sent.mime


async def test_a_new_key_of_ones_own_will_do_and_a_failure_is_one_line_with_another_try(
    server: ExchangeServer, passphrase: Path
) -> None:
    home = Home(passphrase)
    async with at(home) as on:
        await add_account(on, server)
        await on.press("escape", "n")
        await on.sees("New Identity")
        await on.until(lambda: on.app.screen.query_one("#address").value, "the account's address")
        on.app.screen.query_one("#act-way").action_choose()
        await on.sees("self-signed")
        await on.pilot.click("#act-create")
        await on.sees("t sends yourself a test message.")
        server.misbehave("CreateItem", unavailable(), times=1)
        await on.press("t")
        await on.sees("✗ Sent")
        await on.sees("1 of 1 do not work")
        await on.press("enter")
        await on.sees("✓ Decrypted")
        await on.sees("encrypted mail works")
        await on.press("escape")
        await on.sees("✓ t")
        await on.press("enter")
        await on.until(lambda: isinstance(on.app.screen, MailListScreen), "the mailbox")


async def test_waiting_for_the_message_ends_at_once(server: ExchangeServer, passphrase: Path) -> None:
    home = Home(passphrase)
    home.store().add_identity(MINE.pkcs8, MINE.der, [])
    async with at(home) as on:
        await add_account(on, server)
        await on.press("escape")
        server.misbehave("FindItem", Hang(), times=None)
        await on.press("t")
        await on.sees("✓ Sent")
        await on.press("escape")
        await on.until(lambda: isinstance(on.app.screen, FirstRunScreen), "the guide")
        assert "✓ t" not in on.text
        server.behave()


@pytest.mark.parametrize("size", [(60, 18), (80, 24), (200, 60)])
async def test_all_steps_fit_and_what_cannot_be_done_yet_says_so(size: tuple[int, int]) -> None:
    async with stage(make_world().session, start=FirstRun(), size=size) as on:
        for step in ("Add your account", "Import your key", "preferences", "test message", "Open the mailbox"):
            await on.sees(step)
        assert "n makes a new one instead" in on.text
        assert "smimetui demo" in on.text
        for key in ("p", "t", "enter"):
            await on.press(key)
            await on.sees("There is no account yet: a adds one.")
