"""A vault that locked itself while the app was open."""

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.widgets import Input

from smimetui.adapters.asking_store import AskingStore
from smimetui.adapters.secret_store import SecretStore
from smimetui.adapters.vault import Vault
from smimetui.model.verdict import RecipientState
from smimetui.services.account import Account
from smimetui.services.session import Session, build_session
from smimetui.ui.app import SmimetuiApp
from smimetui.ui.screens.compose import ComposeScreen
from smimetui.ui.screens.passphrase import PassphraseSheet
from smimetui.ui.start import Compose
from smimetui.ui.widgets.recipients import RecipientField
from tests.adapters.places import LIGHT, PASSPHRASE
from tests.fakes import FixedClock, MemoryMailbox, MemoryTransport, NoAnchors
from tests.pki import NOW
from tests.services.world import ALICE, person
from tests.ui.stage import Stage


@pytest.fixture
def store(tmp_path: Path) -> SecretStore:
    store = SecretStore(Vault.create(tmp_path / "vault", PASSPHRASE, cost=LIGHT), state=tmp_path)
    alice = person(ALICE)
    store.add_identity(alice.pkcs8, alice.der, [])
    return store


def opening(store: SecretStore) -> Callable[[Callable[[str], str], str], Session]:
    def open_session(ask: Callable[[str], str], _account: str) -> Session:
        asking = AskingStore(store, make=pytest.fail, unlock=lambda: store.unlock(ask("Passphrase of the vault")))
        return build_session(
            account=Account(address=ALICE),
            store=asking,
            identities=asking,
            directories=(),
            system=NoAnchors(),
            mailbox=MemoryMailbox(),
            transport=MemoryTransport(),
            clock=FixedClock(NOW),
        )

    return open_session


async def test_the_passphrase_is_asked_for_again_and_what_was_written_stays(store: SecretStore) -> None:
    app = SmimetuiApp(opening(store), start=Compose())
    async with app.run_test(size=(80, 24)) as pilot:
        on = Stage(app, pilot)
        await on.sees("Encrypted")
        composer = on.composer
        await on.type("alice@corp.example,")
        await on.until(lambda: list(composer.recipients.states()) == [RecipientState.READY], "ready")
        store.lock()
        app.certificates_changed()
        await on.sees("F9 Unlock")
        await on.type("bob")
        await on.press("f9")
        await on.until(lambda: isinstance(app.screen, PassphraseSheet), "the passphrase is asked for")
        assert app.screen.query_one(Input).value == ""
        await on.press("escape")
        await on.until(lambda: isinstance(app.screen, ComposeScreen), "the composer is back")
        await on.until(lambda: list(composer.recipients.states()) == [RecipientState.UNREACHABLE], "it could not check")
        assert "alice@corp.example" in on.text
        assert composer.query_one("#to", RecipientField).pending == "bob"
        app.certificates_changed()
        await on.until(lambda: isinstance(app.screen, PassphraseSheet), "it is asked for again")
        await on.type(PASSPHRASE)
        await on.press("enter")
        await on.until(lambda: list(composer.recipients.states()) == [RecipientState.READY], "ready")
        assert store.vault is not None
        assert not store.vault.locked
