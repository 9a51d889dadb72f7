"""What a real keyring does when it is locked, asks a question that nobody answers, or disappears."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import secretstorage
from jeepney import DBusAddress, HeaderFields, MessageType, new_method_call
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from keyring.backends.SecretService import Keyring
from secretstorage.util import format_secret, open_session

from smimetui.adapters.os_keyring import OsKeyring
from smimetui.adapters.secret_store import SecretStore
from smimetui.model.errors import StoreLockedError, StoreUnavailableError
from tests.adapters.places import certificate, keyring_session

BUS = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")

GUILT = DBusAddress(
    "/org/freedesktop/secrets",
    "org.freedesktop.secrets",
    "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface",
)


class Place:
    """A keyring of the test's own, and a store in it that holds one certificate."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.store = self.opened()
        self.store.install(certificate(1))
        assert self.store.installed() == (certificate(1),)

    def opened(self, patience: float = 20.0) -> SecretStore:
        return SecretStore(OsKeyring(Keyring(), patience=patience), state=self.home / "state")

    def lock(self) -> None:
        connection = secretstorage.dbus_init()
        secretstorage.get_default_collection(connection).lock()
        connection.close()

    def unlock(self) -> None:
        """Unlock it with its password, as logging in does."""
        with open_dbus_connection() as connection:
            secret = format_secret(open_session(connection), b"pw\n", "text/plain")
            path = secretstorage.get_default_collection(connection).collection_path
            call = new_method_call(GUILT, "UnlockWithMasterPassword", "o(oayays)", (path, secret))
            assert connection.send_and_get_reply(call).header.message_type is MessageType.method_return

    def daemon(self) -> int:
        with open_dbus_connection() as connection:
            return ask(connection, "GetConnectionUnixProcessID", "s", "org.freedesktop.secrets")

    def is_whole(self) -> None:
        """See that nothing is lost, here and in another process, and that it can be changed again."""
        for store in (self.store, self.opened()):
            assert store.installed() == (certificate(1),)
        self.store.install(certificate(3))
        assert self.opened().installed() == (certificate(1), certificate(3))


def ask(connection: DBusConnection, method: str, signature: str, *body: object) -> int:
    answer = connection.send_and_get_reply(new_method_call(BUS, method, signature, body))
    assert answer.header.message_type is MessageType.method_return, answer.header.fields.get(HeaderFields.error_name)
    return answer.body[0]


@pytest.fixture
def place(tmp_path: Path, own_world: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    with keyring_session(tmp_path) as address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        yield Place(tmp_path)


def test_a_locked_collection_whose_prompt_is_dismissed_is_a_sentence_and_nothing_is_lost(place: Place) -> None:
    place.lock()
    # There is no display: the prompt cannot appear, which to the keyring is one that was dismissed.
    for act in (lambda: place.store.install(certificate(2)), lambda: place.opened().installed()):
        with pytest.raises(StoreLockedError, match="the keyring is locked") as caught:
            act()
        assert "unlock it" in caught.value.hint
    assert place.store.installed() == (certificate(1),)
    place.unlock()
    place.is_whole()


def test_a_prompt_that_hangs_is_given_up_and_nothing_is_lost(place: Place) -> None:
    place.lock()
    with open_dbus_connection() as prompter:
        assert prompter.send_and_get_reply(message_bus.RequestName("org.gnome.keyring.SystemPrompter")).body == (1,)
        # This prompter takes every question, and answers none.
        store = place.opened(patience=0.5)
        for _ in range(2):
            with pytest.raises(StoreUnavailableError, match="does not answer") as caught:
                store.installed()
            assert "unlock it" in caught.value.hint
    stuck = store._backend._calls._stuck
    stuck.join(20)
    assert not stuck.is_alive()
    place.unlock()
    assert store.installed() == (certificate(1),)
    place.is_whole()


def test_a_keyring_that_is_killed_while_the_program_runs_comes_back_and_nothing_is_lost(place: Place) -> None:
    os.kill(place.daemon(), signal.SIGKILL)
    # What was read is still there to look at; D-Bus starts another daemon, which is locked.
    assert place.store.installed() == (certificate(1),)
    with pytest.raises(StoreLockedError):
        place.store.install(certificate(2))
    place.unlock()
    place.is_whole()


def test_a_daemon_that_was_started_anew_and_unlocked_is_used_without_a_word(place: Place) -> None:
    os.kill(place.daemon(), signal.SIGKILL)
    with pytest.raises(StoreLockedError):
        place.opened().installed()
    place.unlock()
    place.store.install(certificate(3))
    assert place.opened().installed() == (certificate(1), certificate(3))


def test_a_session_that_ends_is_a_sentence(tmp_path: Path, own_world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with keyring_session(tmp_path) as address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        place = Place(tmp_path)
    assert place.store.installed() == (certificate(1),)
    with pytest.raises(StoreUnavailableError, match="the keyring is gone") as caught:
        place.store.install(certificate(2))
    assert "nothing is lost" in caught.value.hint
    with pytest.raises(StoreUnavailableError, match="the keyring is gone"):
        place.opened().installed()
