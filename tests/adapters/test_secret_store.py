from pathlib import Path
from threading import Event

import pytest

from smimetui.adapters import secret_store
from smimetui.adapters.atomic_file import write_atomically
from smimetui.adapters.secret_store import SecretStore
from smimetui.adapters.vault import Vault
from smimetui.model.errors import FormatError, StoreCorruptError, StoreFullError, StoreLockedError
from tests.adapters.places import LIGHT, PASSPHRASE, SMALL, SmallItems, certificate, open_place
from tests.pki import make_authority

SERVICE = "smimetui"


@pytest.fixture
def backend(tmp_path: Path) -> SmallItems:
    return SmallItems(tmp_path / "items")


@pytest.fixture
def store(backend: SmallItems, tmp_path: Path) -> SecretStore:
    return SecretStore(backend, state=tmp_path / "state", limit=SMALL)


def contents(backend: SmallItems) -> dict[str, str]:
    return {path.name: path.read_text() for path in backend.folder.iterdir()}


def damage_book(backend: SmallItems) -> None:
    path = backend.path(SERVICE, "book")
    write_atomically(path, path.read_bytes()[:-3] + b"xyz")


def test_a_damaged_book_stops_every_use_and_is_not_written_over(store: SecretStore, backend: SmallItems) -> None:
    issued = make_authority().issue("a@x.example", key="p256")
    store.add_identity(issued.pkcs8, issued.der, [])
    damage_book(backend)
    before = contents(backend)
    again = SecretStore(backend, state=backend.folder.parent / "state", limit=SMALL)
    for act in (
        again.installed,
        again.anchors,
        again.identities,
        again.secrets,
        lambda: again.install(certificate(1)),
        lambda: again.remove("00"),
        lambda: again.add_anchor(b"x"),
        lambda: again.remove_identity(issued.certificate.sha256),
        lambda: again.set_secret("a", "b"),
    ):
        with pytest.raises(StoreCorruptError):
            act()
    # Nothing of what was there changed, and no key went astray.
    assert {name: contents(backend)[name] for name in before} == before


def test_a_damaged_book_is_set_aside_when_asked_and_the_keys_it_names_are_kept(
    store: SecretStore, backend: SmallItems
) -> None:
    issued = make_authority().issue("a@x.example", key="p256")
    store.install(*(certificate(number) for number in range(5)))
    store.add_identity(issued.pkcs8, issued.der, [])
    backend.path(SERVICE, "book.2.1").unlink()
    with pytest.raises(StoreCorruptError):
        SecretStore(backend, state=backend.folder.parent / "state", limit=SMALL).installed()
    aside = store.set_book_aside()
    assert store.installed() == ()
    assert store.identities() == (issued.identity,)
    store.install(*(certificate(number) for number in range(10, 20)))
    assert backend.get_password(SERVICE, aside) is not None
    assert backend.get_password(SERVICE, f"{aside}.2.0") is not None


def test_a_damaged_identity_is_reported_and_can_be_removed(store: SecretStore, backend: SmallItems) -> None:
    issued = make_authority().issue("a@x.example", key="p256")
    store.add_identity(issued.pkcs8, issued.der, [])
    name = f"identity:{issued.certificate.sha256}"
    for damage in ("1 whole 00 1 x", None):
        if damage is None:
            backend.delete_password(SERVICE, name)
        else:
            backend.set_password(SERVICE, name, damage)
        with pytest.raises(StoreCorruptError):
            store.identities()
    store.remove_identity(issued.certificate.sha256)
    assert store.identities() == ()


def test_an_item_that_is_no_identity_is_reported(store: SecretStore, backend: SmallItems, tmp_path: Path) -> None:
    issued = make_authority().issue("a@x.example", key="p256")
    store.add_identity(issued.pkcs8, issued.der, [])
    other = SecretStore(backend, state=tmp_path / "state", limit=SMALL)
    other._items.put(f"identity:{issued.certificate.sha256}", '{"pkcs8":"AA==","certificate":"AA=="}')
    with pytest.raises(StoreCorruptError, match="damaged or gone"):
        SecretStore(backend, state=tmp_path / "state", limit=SMALL).identities()


def test_a_certificate_that_is_none_is_not_taken_as_an_identity(store: SecretStore, backend: SmallItems) -> None:
    with pytest.raises(FormatError):
        store.add_identity(b"key", b"certificate", [])
    assert contents(backend) == {}


def test_a_secret_that_could_not_be_deleted_is_deleted_with_the_next_change(tmp_path: Path) -> None:
    class Stubborn(SmallItems):
        refuses = True

        def delete_password(self, service: str, username: str) -> None:
            if self.refuses and username == "account:a":
                raise StoreFullError("no")
            super().delete_password(service, username)

    backend = Stubborn(tmp_path / "items")
    store = SecretStore(backend, state=tmp_path / "state", limit=SMALL)
    store.set_secret("a", "password")
    with pytest.raises(StoreFullError):
        store.remove_secret("a")
    assert store.secret("a") is None
    store.add_anchor(b"still refused")
    assert backend.get_password(SERVICE, "account:a") is not None
    backend.refuses = False
    store.add_anchor(b"anchor")
    assert backend.get_password(SERVICE, "account:a") is None
    book = backend.get_password(SERVICE, "book")
    assert '"leftovers":[]' in book


def test_a_change_that_changes_nothing_writes_nothing(store: SecretStore, backend: SmallItems) -> None:
    store.add_anchor(b"anchor")
    before = contents(backend)
    store.add_anchor(b"anchor")
    store.remove("00")
    store.remove_identity("00")
    assert contents(backend) == before


def test_unchanged_books_are_read_once(store: SecretStore, backend: SmallItems) -> None:
    store.install(certificate(1))
    first = store.installed()
    backend.path(SERVICE, "book").unlink()
    assert store.installed() is first


def test_a_book_under_change_is_read_each_time(store: SecretStore, backend: SmallItems, tmp_path: Path) -> None:
    store.install(certificate(1))
    # What a process that was killed in the midst of a change leaves.
    (tmp_path / "state" / "store.stamp").write_text("changing")
    assert len(store.installed()) == 1
    backend.path(SERVICE, "book").unlink()
    assert store.installed() == ()


def test_a_locked_vault_says_so_and_gives_nothing(tmp_path: Path) -> None:
    store = open_place("vault", tmp_path)
    store.install(certificate(1))
    assert store.vault is not None
    store.lock()
    assert store.vault.locked
    for act in (store.installed, store.identities, lambda: store.install(certificate(2)), lambda: store.secret("a")):
        with pytest.raises(StoreLockedError):
            act()
    store.vault.unlock(PASSPHRASE)
    assert store.installed() == (certificate(1),)


def test_a_vault_put_back_from_a_backup_is_read_anew(tmp_path: Path) -> None:
    store = open_place("vault", tmp_path)
    store.install(certificate(1))
    backup = (tmp_path / "vault").read_bytes()
    store.install(certificate(2))
    write_atomically(tmp_path / "vault", backup)
    assert store.installed() == (certificate(1),)


def test_a_large_book_comes_back_whole(tmp_path: Path) -> None:
    store = open_place("vault", tmp_path)
    many = tuple(certificate(number) for number in range(1_200))
    store.install(*many)
    store.add_anchor(b"anchor")
    assert open_place("vault", tmp_path).installed() == many == store.installed()


def test_locking_a_store_over_a_keyring_forgets_what_was_read(store: SecretStore, backend: SmallItems) -> None:
    store.install(certificate(1))
    assert store.vault is None
    store.lock()
    backend.path(SERVICE, "book").unlink()
    assert store.installed() == ()


@pytest.mark.parametrize("place", ["vault", "small"])
def test_whoever_keeps_what_came_from_the_store_is_told_when_it_locks(place: str, tmp_path: Path) -> None:
    store, told = open_place(place, tmp_path), Event()
    store.set_secret("a", "secret")
    store.on_lock(told.set)
    before = store.version()
    assert not store.resting
    store.lock()
    assert told.wait(10)
    assert store.version() == before
    # A keyring is open to whoever asks it.
    assert store.resting == (place == "vault")
    if store.vault is not None:
        with pytest.raises(StoreLockedError):
            store.secret("a")
        assert store.resting
        store.unlock(PASSPHRASE)
        assert not store.resting
    assert store.secret("a") == "secret"
    assert not store.resting


def test_no_key_shows_in_a_repr(tmp_path: Path) -> None:
    vault = Vault.create(tmp_path / "vault", PASSPHRASE, cost=LIGHT)
    store = SecretStore(vault, state=tmp_path)
    issued = make_authority().issue("a@x.example", key="p256")
    store.add_identity(issued.pkcs8, issued.der, [])
    stored = secret_store._StoredIdentity(pkcs8=issued.pkcs8, certificate=issued.der)
    shown = repr((store, vault, vault._open, store.identities(), vars(vault), stored))
    assert repr(issued.pkcs8)[2:40] not in shown
    assert vault._open is not None
    assert repr(vault._open.sealing.key)[2:20] not in shown
