"""The open app notices what another window or a command did to the store."""

from pathlib import Path

import pytest

from smimetui.adapters.asking_store import AskingStore
from smimetui.adapters.secret_store import SecretStore
from smimetui.adapters.vault import Vault
from smimetui.model.verdict import RecipientState
from smimetui.services.account import Account
from smimetui.services.ports import InstalledCertificate
from smimetui.services.session import Session, build_session
from smimetui.ui import store_watch
from smimetui.ui.start import Compose
from tests.adapters.places import LIGHT, PASSPHRASE
from tests.fakes import FixedClock, MemoryMailbox, MemoryStore, MemoryTransport, NoAnchors
from tests.pki import NOW
from tests.services.world import ALICE, DAVE, person
from tests.ui.stage import stage


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_watch, "SECONDS", 0.02)


def session_over(store: AskingStore | MemoryStore) -> Session:
    return build_session(
        account=Account(address=ALICE),
        store=store,
        identities=MemoryStore([person(ALICE).identity]),
        directories=(),
        system=NoAnchors(),
        mailbox=MemoryMailbox(),
        transport=MemoryTransport(),
        clock=FixedClock(NOW),
    )


def daves() -> InstalledCertificate:
    certificate = person(DAVE).certificate
    return InstalledCertificate(
        der=certificate.der,
        sha256=certificate.sha256,
        addresses=(DAVE.key,),
        not_after=certificate.not_after,
        installed_at=NOW,
    )


def states(on: object) -> list[RecipientState]:
    return list(on.composer.recipients.states())


async def test_a_chip_turns_when_another_process_installs_or_removes(tmp_path: Path) -> None:
    vault = Vault.create(tmp_path / "vault", PASSPHRASE, cost=LIGHT)
    store = AskingStore(SecretStore(vault, state=tmp_path), make=pytest.fail, unlock=pytest.fail)
    elsewhere = SecretStore(Vault(tmp_path / "vault"), state=tmp_path)
    elsewhere.unlock(PASSPHRASE)
    async with stage(session_over(store), start=Compose()) as on:
        await on.sees("Encrypted")
        await on.type("dave@ext.example,")
        await on.until(lambda: states(on) == [RecipientState.BLOCKED], "blocked")
        elsewhere.install(daves())
        await on.until(lambda: states(on) == [RecipientState.READY], "ready")
        elsewhere.remove(daves().sha256)
        await on.until(lambda: states(on) == [RecipientState.BLOCKED], "blocked again")


async def test_what_was_done_here_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    store, again = MemoryStore(), []
    async with stage(session_over(store), start=Compose()) as on:
        await on.sees("Encrypted")
        screen = on.composer
        monkeypatch.setattr(screen, "certificates_changed", lambda: again.append(store.version()))
        await on.until(lambda: on.app._watch._seen is not None, "a first look")
        store.install(daves())
        on.app.certificates_changed()
        await on.until(lambda: on.app._watch._seen == (store, store.version()), "known")
        for _ in range(3):
            on.app._watch.look()
            await on.app._watch._looking
        assert again == [store.version()]
        store.remove(daves().sha256)
        await on.until(lambda: len(again) == 2, "seen")


async def test_a_look_waits_for_the_one_before() -> None:
    store = MemoryStore()
    async with stage(session_over(store), start=Compose()) as on:
        await on.sees("Encrypted")
        on.app._watch.look()
        first = on.app._watch._looking
        on.app._watch.look()
        assert on.app._watch._looking is first
