from pathlib import Path
from threading import Event

import pytest

from smimetui.adapters import idle as idle_module
from smimetui.adapters.idle import Idle, seconds_awake_or_not
from smimetui.adapters.secret_store import SecretStore
from smimetui.adapters.vault import Vault
from smimetui.model.errors import StoreLockedError
from tests.adapters.places import LIGHT, PASSPHRASE, certificate
from tests.pki import make_authority


class Hands:
    """A clock whose hands are moved by the test."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def test_what_is_not_used_for_a_while_expires_once() -> None:
    expired = Event()
    idle = Idle(0.01, expired.set)
    assert not idle.over
    idle.touch()
    assert expired.wait(10)
    assert idle.over


def test_use_puts_it_off() -> None:
    hands, expired = Hands(), Event()
    idle = Idle(60, expired.set, clock=hands)
    idle.touch()
    hands.at += 59
    idle.touch()
    hands.at += 59
    idle._look()
    assert not idle.over
    assert not expired.is_set()
    hands.at += 1
    assert idle.over
    idle._look()
    assert expired.is_set()
    idle.stop()


def test_it_begins_again_with_the_next_use() -> None:
    hands, expired = Hands(), Event()
    idle = Idle(60, expired.set, clock=hands)
    idle.touch()
    idle.stop()
    hands.at += 100
    idle._look()
    assert not idle.over
    assert not expired.is_set()
    idle.touch()
    hands.at += 60
    assert idle.over
    idle.stop()


def test_a_machine_that_slept_is_noticed_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    # The timer counts waking time alone; the clock went on meanwhile.
    monkeypatch.setattr(idle_module, "_LONGEST_WAIT", 0.01)
    hands, expired = Hands(), Event()
    idle = Idle(15 * 60, expired.set, clock=hands)
    idle.touch()
    hands.at += 8 * 3600
    assert expired.wait(10)


def test_without_a_time_nothing_ever_expires() -> None:
    idle = Idle(0, lambda: pytest.fail("expired"))
    idle.touch()
    assert not idle.over
    assert idle._timer is None


def test_the_clock_goes_forward() -> None:
    assert seconds_awake_or_not() <= seconds_awake_or_not()


class TestStores:
    @pytest.fixture
    def hands(self) -> Hands:
        return Hands()

    @pytest.fixture
    def store(self, tmp_path: Path, hands: Hands) -> SecretStore:
        vault = Vault.create(tmp_path / "vault", PASSPHRASE, cost=LIGHT)
        store = SecretStore(vault, state=tmp_path / "state", idle=900)
        store._idle = Idle(900, store._lock_if_idle, clock=hands)
        return store

    def test_an_idle_store_forgets_key_and_items_and_loses_nothing(self, store: SecretStore, hands: Hands) -> None:
        issued = make_authority().issue("a@x.example", key="p256")
        store.install(certificate(1))
        store.add_identity(issued.pkcs8, issued.der, [])
        store.identities()
        hands.at += 900
        store._idle._look()
        assert store.vault is not None
        assert store.vault.locked
        assert store.vault._open is None
        assert store._identities == {}
        for act in (store.installed, store.identities, lambda: store.install(certificate(2))):
            with pytest.raises(StoreLockedError):
                act()
        store.unlock(PASSPHRASE)
        assert store.installed() == (certificate(1),)
        assert store.identities() == (issued.identity,)

    def test_a_store_that_should_have_been_locked_is_so_at_the_next_use(self, store: SecretStore, hands: Hands) -> None:
        store.install(certificate(1))
        hands.at += 901
        with pytest.raises(StoreLockedError):
            store.installed()

    def test_use_keeps_it_open_and_a_look_at_the_version_is_no_use(self, store: SecretStore, hands: Hands) -> None:
        store.installed()
        for _ in range(3):
            hands.at += 600
            store.installed()
        hands.at += 600
        store.version()
        hands.at += 600
        with pytest.raises(StoreLockedError):
            store.installed()

    def test_a_locked_store_has_the_version_it_had(self, store: SecretStore, tmp_path: Path) -> None:
        before = store.version()
        store.lock()
        other = SecretStore(Vault(tmp_path / "vault"), state=tmp_path / "state")
        other.unlock(PASSPHRASE)
        other.install(certificate(1))
        assert store.version() == before
        store.unlock(PASSPHRASE)
        assert store.version() == other.version() != before
