"""A store whose vault is made, and opened again, when it is needed."""

from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Thread

import pytest

from smimetui.adapters.asking_store import AskingStore
from smimetui.adapters.secret_store import SecretStore
from smimetui.adapters.vault import Vault
from smimetui.model.errors import SmimetuiError, StoreLockedError, WrongPassphraseError
from tests.adapters.places import LIGHT, PASSPHRASE, SMALL, SmallItems, certificate
from tests.pki import make_authority


class Person:
    """Is asked for passphrases, and notes it; answers with `answer`, raising it if it is an error."""

    def __init__(self, folder: Path) -> None:
        self.vault = Vault(folder / "vault")
        self.inner = SecretStore(self.vault, state=folder / "state")
        self.store = AskingStore(self.inner, make=self.make, unlock=self.unlock)
        self.asked: list[str] = []
        self.answer: str | SmimetuiError = PASSPHRASE

    def make(self) -> None:
        self.asked.append("make")
        Vault.create(self.vault.path, self._said(), cost=LIGHT)
        self.inner.unlock(self._said())

    def unlock(self) -> None:
        self.asked.append("unlock")
        self.inner.unlock(self._said())

    def _said(self) -> str:
        if isinstance(self.answer, SmimetuiError):
            raise self.answer
        return self.answer


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path)


def test_looking_makes_no_vault(person: Person) -> None:
    store = person.store
    assert (store.secret("password:a@b.c"), store.installed(), store.anchors(), store.identities()) == (
        None,
        (),
        (),
        (),
    )
    for forget in (store.remove_secret, store.remove, store.remove_anchor, store.remove_identity):
        forget("00")
    assert store.version() == ""
    assert person.asked == []


def test_keeping_a_password_makes_the_vault_once(person: Person) -> None:
    person.store.set_secret("password:a@b.c", "x")
    person.store.set_secret("password:c@b.c", "y")
    assert (person.store.secret("password:a@b.c"), person.asked) == ("x", ["make"])
    person.store.remove_secret("password:a@b.c")
    assert person.store.secret("password:a@b.c") is None


def test_a_vault_that_locked_itself_is_asked_for_and_nothing_is_lost(person: Person) -> None:
    issued = make_authority().issue("a@x.example", key="p256")
    store, acts = person.store, 0

    def after_a_pause(act: Callable[[], object]) -> object:
        nonlocal acts
        acts += 1
        person.inner.lock()
        return act()

    store.install(certificate(1))
    after_a_pause(lambda: store.install(certificate(2)))
    after_a_pause(lambda: store.add_anchor(b"anchor"))
    after_a_pause(lambda: store.add_identity(issued.pkcs8, issued.der, []))
    after_a_pause(lambda: store.set_secret("a", "b"))
    assert after_a_pause(store.installed) == (certificate(1), certificate(2))
    assert after_a_pause(store.anchors) == (b"anchor",)
    assert after_a_pause(store.identities) == (issued.identity,)
    assert after_a_pause(lambda: store.secret("a")) == "b"
    after_a_pause(lambda: store.remove(certificate(1).sha256))
    after_a_pause(lambda: store.remove_identity(issued.certificate.sha256))
    after_a_pause(lambda: store.remove_secret("a"))
    assert (store.installed(), store.identities(), store.secret("a")) == ((certificate(2),), (), None)
    assert person.asked == ["make"] + ["unlock"] * acts


def test_a_wrong_passphrase_is_said_and_asked_for_again_with_the_next_act(person: Person) -> None:
    person.store.install(certificate(1))
    person.inner.lock()
    person.answer = "wrong"
    with pytest.raises(WrongPassphraseError):
        person.store.installed()
    person.answer = PASSPHRASE
    assert person.store.installed() == (certificate(1),)


def test_of_many_that_need_it_at_once_one_asks_and_a_refusal_holds_for_all(person: Person) -> None:
    person.store.install(certificate(1))
    person.inner.lock()
    person.answer = StoreLockedError("the person said no")
    together, refused = Barrier(8), []

    def look() -> None:
        seen = person.store._refusals
        together.wait()
        with pytest.raises(StoreLockedError):
            person.store._opened(seen)
        refused.append(1)

    threads = [Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(refused), person.asked) == (8, ["make", "unlock"])


def test_a_keyring_that_is_locked_is_nothing_to_ask_for(tmp_path: Path) -> None:
    class Locked(SmallItems):
        def get_password(self, service: str, username: str) -> str | None:
            raise StoreLockedError("the keyring is locked")

    store = SecretStore(Locked(tmp_path / "items"), state=tmp_path / "state", limit=SMALL)
    asking = AskingStore(store, make=pytest.fail, unlock=pytest.fail)
    with pytest.raises(StoreLockedError, match="keyring"):
        asking.installed()
