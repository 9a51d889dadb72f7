"""Moving, saving, bringing back and mending a store."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest

from smimetui.adapters import store_keeper
from smimetui.adapters.folders import folders_under
from smimetui.adapters.open_store import keyring_store
from smimetui.adapters.passphrases import Passphrases
from smimetui.adapters.secret_store import SecretStore
from smimetui.adapters.settings import change_settings, load_settings
from smimetui.adapters.store_contents import sealed
from smimetui.adapters.store_keeper import StoreKeeper
from smimetui.adapters.store_move import Begun, MoveNote
from smimetui.adapters.vault import Vault
from smimetui.model.errors import (
    ConfigError,
    StoreCorruptError,
    StoreLockedError,
    StoreUnavailableError,
    WrongPassphraseError,
)
from tests.adapters.moving import SmallKeyring, fill, fill_place, in_use, keeper
from tests.adapters.places import LIGHT, PASSPHRASE, certificate
from tests.conftest import ROOT
from tests.pki import make_authority


@pytest.fixture(autouse=True)
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smimetui.adapters.vault.Cost", lambda: LIGHT)
    monkeypatch.setattr("smimetui.adapters.store_contents.Cost", lambda: LIGHT)


@pytest.fixture(params=["vault", "keyring"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def root(tmp_path: Path, kind: str) -> Path:
    """A place with something of everything in it, in the keyring or in the vault."""
    fill_place(tmp_path, "keyring" if kind == "vault" else "vault")
    choose(tmp_path, kind)
    return tmp_path


def choose(root: Path, kind: str) -> None:
    from msgspec.structs import replace as changed

    change_settings(folders_under(root).settings_file, lambda settings: changed(settings, store=kind))


def other(kind: str) -> str:
    return "keyring" if kind == "vault" else "vault"


def keyring(root: Path) -> SecretStore:
    return keyring_store(folders_under(root), SmallKeyring(root / "items"))


@pytest.mark.timeout(300)
def test_a_kill_at_any_point_of_a_move_loses_nothing_and_moving_again_finishes() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.adapters.moving"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    kills = [int(line.split()[0]) for line in done.stdout.splitlines()]
    assert len(kills) == 2
    assert min(kills) > 50


class TestMoving:
    def test_there_and_back_everything_is_the_same_and_the_old_place_is_empty(self, root: Path, kind: str) -> None:
        before = in_use(root).contents()
        moved = keeper(root).move(other(kind))
        assert moved is not None
        assert moved.same_as(before)
        assert in_use(root).contents().same_as(before)
        assert (root / "data" / "vault").exists() == (kind == "keyring")
        assert any((root / "items").iterdir()) == (kind == "vault")
        assert keeper(root).move(kind) is not None
        assert in_use(root).contents().same_as(before)
        assert load_settings(root / "config" / "settings.toml").store == kind

    def test_where_it_is_already_nothing_moves_and_the_settings_say_so(self, root: Path, kind: str) -> None:
        choose(root, "auto")
        before = in_use(root).contents()
        assert keeper(root).move(kind) is None
        assert in_use(root).contents().same_as(before)
        assert load_settings(root / "config" / "settings.toml").store == kind

    def test_a_place_with_a_life_of_its_own_is_refused_and_merged_when_asked(self, root: Path, kind: str) -> None:
        fill_other(root, kind)
        before = in_use(root).contents()
        with pytest.raises(StoreUnavailableError, match="already") as caught:
            keeper(root).move(other(kind))
        assert "--merge" in caught.value.hint
        assert in_use(root).contents().same_as(before)
        assert keeper(root).status().kind == kind
        keeper(root).move(other(kind), merge=True)
        numbers = {entry.sha256 for entry in in_use(root).installed()}
        assert numbers == {certificate(number).sha256 for number in (0, 1, 2, 77)}
        assert in_use(root).secret("password:a@x.example") == "pässword"

    def test_what_was_removed_before_an_interrupted_move_goes_on_stays_removed(self, root: Path, kind: str) -> None:
        to = other(kind)
        fill_other(root, kind, with_=in_use(root))
        MoveNote(root / "state").write(Begun(to=to))
        in_use(root).remove(certificate(1).sha256)
        in_use(root).remove_secret("password:a@x.example")
        keeper(root).move(to)
        assert [entry.sha256 for entry in in_use(root).installed()] == [certificate(n).sha256 for n in (0, 2)]
        assert in_use(root).secrets() == ()

    def test_settings_changed_by_hand_in_the_midst_of_a_move_lose_nothing(self, root: Path, kind: str) -> None:
        before = in_use(root).contents()
        fill_other(root, kind)
        MoveNote(root / "state").write(Begun(to=other(kind)))
        choose(root, other(kind))
        keeper(root).move(other(kind))
        assert in_use(root).contents().same_as(before)
        assert keeper(root).status().unfinished_move is None

    def test_an_old_place_that_is_half_gone_takes_nothing_back(self, root: Path, kind: str) -> None:
        before = in_use(root).contents()
        fill_other(root, kind, with_=in_use(root))
        MoveNote(root / "state").write(Begun(to=other(kind), copied=True))
        in_use(root).take(replace(before, book=replace(before.book, certificates=())))
        keeper(root).move(other(kind))
        assert in_use(root).contents().same_as(before)

    def test_a_program_that_is_open_meanwhile_says_so_and_writes_nothing_to_the_old_place(
        self, root: Path, kind: str
    ) -> None:
        store = in_use(root)
        assert len(store.installed()) == 3
        version = store.version()
        keeper(root).move(other(kind))
        for act in (store.installed, store.identities, lambda: store.install(certificate(9))):
            with pytest.raises(StoreUnavailableError, match="moved"):
                act()
        assert store.version() != version
        keeper(root).move(kind)
        assert len(in_use(root).installed()) == 3

    def test_settings_that_cannot_be_written_stop_it_before_anything_is_removed(self, root: Path, kind: str) -> None:
        before = in_use(root).contents()

        def refuse(change: object) -> None:
            raise ConfigError("the settings cannot be written")

        stubborn = keeper(root)
        stubborn._change_settings = refuse
        with pytest.raises(ConfigError):
            stubborn.move(other(kind))
        assert in_use(root).contents().same_as(before)

    def test_a_place_that_keeps_something_else_than_what_was_copied_is_noticed(
        self, root: Path, kind: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = in_use(root).contents()
        monkeypatch.setattr(SecretStore, "take", lambda store, _: store.install(certificate(5)))
        with pytest.raises(StoreUnavailableError, match="did not keep"):
            keeper(root).move(other(kind))
        assert in_use(root).contents().same_as(before)


def test_with_nothing_to_move_the_place_is_chosen(tmp_path: Path) -> None:
    fill_place_settings(tmp_path)
    choose(tmp_path, "vault")
    assert not keeper(tmp_path).status().made
    assert keeper(tmp_path).move("keyring") is None
    assert load_settings(tmp_path / "config" / "settings.toml").store == "keyring"
    choose(tmp_path, "vault")
    with pytest.raises(StoreUnavailableError, match="nothing is kept yet"):
        keeper(tmp_path).export(tmp_path / "x", lambda: "x")


def parts(root: Path) -> list[str]:
    """Return the names of the book's pieces, the last one first."""
    names = [unquote(path.name).partition(":")[2] for path in (root / "items").iterdir()]
    return sorted((name for name in names if name.startswith("book.")), reverse=True)


def fill_place_settings(root: Path) -> None:
    folders_under(root).settings_file.parent.mkdir(parents=True)


def fill_other(root: Path, kind: str, with_: SecretStore | None = None) -> None:
    """Put a certificate, or what another store holds, into the place that is not in use."""
    if kind == "vault":
        store = keyring(root)
    else:
        Vault.create(root / "data" / "vault", PASSPHRASE)
        store = keeper(root)._vault()
    if with_ is None:
        store.install(certificate(77))
    else:
        store.take(with_.contents())


class TestFiles:
    def test_a_new_machine_gets_the_complete_store(self, root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
        backup, machine = root / "backup", tmp_path_factory.mktemp("machine")
        before = in_use(root).contents()
        assert keeper(root).export(backup, lambda: "for the file").same_as(before)
        assert backup.stat().st_mode & 0o777 == 0o600
        fill_place_settings(machine)
        choose(machine, "vault")
        found, held = keeper(machine).load(backup, lambda: "for the file")
        assert found.same_as(before)
        assert held.same_as(before)
        assert in_use(machine).contents().same_as(before)
        assert in_use(machine).identities() == in_use(root).identities()
        assert b"adapters" not in backup.read_bytes()
        assert sorted(path.name for path in root.iterdir() if path.name.startswith("backup")) == ["backup"]

    def test_it_adds_to_what_is_there_and_refuses_what_differs_unless_asked(self, root: Path) -> None:
        backup = root / "backup"
        keeper(root).export(backup, lambda: "x")
        store = in_use(root)
        store.remove(certificate(0).sha256)
        store.install(certificate(7), replace(certificate(1), addresses=("mine@x.example",)))
        store.set_secret("password:a@x.example", "newer")
        before = in_use(root).contents()
        with pytest.raises(StoreUnavailableError, match=r"another version of the certificate .*, the secret") as caught:
            keeper(root).load(backup, lambda: "x")
        assert "--replace" in caught.value.hint
        assert in_use(root).contents().same_as(before)
        keeper(root).load(backup, lambda: "x", take_over=True)
        addresses = {entry.sha256: entry.addresses for entry in in_use(root).installed()}
        assert addresses.keys() == {certificate(number).sha256 for number in (0, 1, 2, 7)}
        assert addresses[certificate(1).sha256] == certificate(1).addresses
        assert in_use(root).secret("password:a@x.example") == "pässword"

    def test_many_differences_are_counted(self, root: Path) -> None:
        backup = root / "backup"
        keeper(root).export(backup, lambda: "x")
        in_use(root).install(*(replace(certificate(n), addresses=("mine@x.example",)) for n in range(3)))
        in_use(root).set_secret("password:a@x.example", "newer")
        with pytest.raises(StoreUnavailableError, match="and 1 more"):
            keeper(root).load(backup, lambda: "x")

    def test_a_file_that_is_there_is_not_written_over_unless_asked(self, root: Path) -> None:
        backup = root / "backup"
        backup.write_text("mine")
        with pytest.raises(StoreUnavailableError, match="already"):
            keeper(root).export(backup, lambda: "x")
        assert backup.read_text() == "mine"
        keeper(root).export(backup, lambda: "x", overwrite=True)
        assert keeper(root).load(backup, lambda: "x")[0].same_as(in_use(root).contents())

    def test_damaged_files_wrong_passphrases_and_other_files_are_refused(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        backup = root / "backup"
        keeper(root).export(backup, lambda: "x")
        whole, before = backup.read_bytes(), in_use(root).contents()
        with pytest.raises(WrongPassphraseError, match="does not open the file"):
            keeper(root).load(backup, lambda: "wrong")
        for content in (whole[:-1], whole[:50], b"", b"something else", whole[:-9] + b"x" + whole[-8:]):
            backup.write_bytes(content)
            with pytest.raises(StoreCorruptError, match=f"the file {backup} is damaged"):
                keeper(root).load(backup, lambda: "x")
        backup.write_bytes(whole)
        monkeypatch.setattr(store_keeper, "MOST_BYTES", 10)
        with pytest.raises(StoreCorruptError, match="larger"):
            keeper(root).load(backup, lambda: "x")
        assert in_use(root).contents().same_as(before)

    def test_a_file_whose_book_lacks_a_key_is_refused(self, root: Path) -> None:
        contents = in_use(root).contents()
        (root / "backup").write_bytes(sealed(replace(contents, identities={}), "x"))
        with pytest.raises(StoreCorruptError, match="damaged or gone"):
            keeper(root).load(root / "backup", lambda: "x")

    def test_places_that_cannot_be_read_or_written_are_sentences(self, root: Path) -> None:
        with pytest.raises(StoreUnavailableError, match="cannot be written"):
            keeper(root).export(root / "nowhere" / "x", lambda: "x")
        with pytest.raises(StoreUnavailableError, match="cannot be read"):
            keeper(root).load(root / "nowhere", lambda: "x")


class TestPassphrase:
    def test_it_is_changed_for_the_vault_alone(self, root: Path, kind: str) -> None:
        if kind == "keyring":
            with pytest.raises(StoreUnavailableError, match="keyring"):
                keeper(root).change_passphrase(pytest.fail)
            return
        before = in_use(root).contents()
        content = (root / "data" / "vault").read_bytes()
        assert keeper(root).change_passphrase(lambda: "another") == root / "data" / "vault"
        vault = Vault(root / "data" / "vault")
        with pytest.raises(WrongPassphraseError):
            vault.unlock(PASSPHRASE)
        assert vault.path.read_bytes()[:200] != content[:200]
        again = keeper(root, Passphrases(ask=pytest.fail, from_file=lambda: "another"))
        assert again.export(root / "backup", lambda: "x").same_as(before)

    def test_a_wrong_one_is_told_before_a_new_one_is_asked_for(self, root: Path, kind: str) -> None:
        if kind == "vault":
            with pytest.raises(WrongPassphraseError):
                keeper(root, Passphrases(ask=lambda _: "wrong")).change_passphrase(pytest.fail)

    def test_a_vault_that_is_not_there_has_none(self, tmp_path: Path) -> None:
        fill_place_settings(tmp_path)
        choose(tmp_path, "vault")
        with pytest.raises(StoreUnavailableError, match="no vault"):
            keeper(tmp_path).change_passphrase(pytest.fail)

    def test_a_new_one_is_typed_twice_and_never_empty(self) -> None:
        for answers, words in ((["a", "b"], "differ"), ([""], "empty")):
            with pytest.raises(StoreLockedError, match=words):
                Passphrases(ask=lambda _, left=list(answers): left.pop(0)).new()


def test_a_store_that_is_fixed_neither_moves_nor_takes_another_passphrase(root: Path) -> None:
    folders = folders_under(root)
    fixed = StoreKeeper(
        folders,
        settings=lambda: load_settings(folders.settings_file),
        change_settings=pytest.fail,
        passphrases=Passphrases(ask=pytest.fail),
        fixed="it opens by itself",
    )
    with pytest.raises(StoreUnavailableError, match="it opens by itself"):
        fixed.move("vault")
    with pytest.raises(StoreUnavailableError, match="it opens by itself"):
        fixed.change_passphrase(pytest.fail)


class TestStatus:
    def test_it_says_where_and_how_much(self, root: Path, kind: str) -> None:
        status = keeper(root).status()
        assert (status.kind, status.made, status.locked) == (kind, True, False)
        assert (status.certificates, status.identities, status.anchors, status.secrets) == (3, 1, 1, 1)
        assert status.where == ("Small" if kind == "keyring" else str(root / "data" / "vault"))
        assert "as the settings say" in status.notice
        assert status.unfinished_move is None

    def test_it_asks_nobody(self, root: Path, kind: str) -> None:
        status = keeper(root, Passphrases(ask=pytest.fail)).status()
        assert status.locked == (kind == "vault")
        assert (status.certificates is None) == (kind == "vault")

    def test_it_tells_of_a_move_that_was_interrupted(self, root: Path, kind: str) -> None:
        MoveNote(root / "state").write(Begun(to=other(kind)))
        assert keeper(root).status().unfinished_move == other(kind)
        (root / "state" / "store-move.json").write_text("not ours")
        assert keeper(root).status().unfinished_move is None


class TestRepair:
    def test_where_nothing_is_damaged_nothing_is_done(self, root: Path) -> None:
        before = in_use(root).contents()
        assert keeper(root).repair() == ()
        assert in_use(root).contents().same_as(before)

    def test_a_damaged_book_is_kept_aside_and_the_keys_it_names_are_in_use_again(self, root: Path, kind: str) -> None:
        before = in_use(root)
        own, secret = before.identities(), before.secret("password:a@x.example")
        backend = before._backend
        item = "book" if kind == "vault" else next(iter(parts(root)))
        text = backend.get_password("smimetui", item)
        backend.set_password("smimetui", item, text[:-4] + "wxyz")
        choose(root, "auto")
        sentences = " ".join(keeper(root).repair())
        assert "could not be read" in sentences
        assert "own keys that it still named are kept: 1" in sentences
        store = in_use(root)
        assert (store.identities(), store.secret("password:a@x.example")) == (own, secret)
        aside = sentences.split()[-1]
        assert f"“{aside}”" in sentences
        with pytest.raises(StoreCorruptError):
            keeper(root).bring_book_back(aside)
        # Whoever mends the item by hand has the book back.
        store._backend.set_password("smimetui", item.replace("book", aside, 1), text)
        instead = keeper(root).bring_book_back(aside)
        assert len(in_use(root).installed()) == 3
        assert in_use(root)._items.get(instead) is not None
        with pytest.raises(StoreUnavailableError, match="no item"):
            keeper(root).bring_book_back("book.aside-none")

    def test_pieces_that_nothing_names_any_more_still_tell_the_keys(self, root: Path, kind: str) -> None:
        if kind == "vault":
            return
        own = in_use(root).identities()
        keyring(root)._backend.set_password("smimetui", "book", "garbage")
        keeper(root).repair()
        assert in_use(root).identities() == own

    def test_a_damaged_key_is_kept_aside_and_the_others_stay(self, root: Path) -> None:
        issued = make_authority().issue("b@x.example", key="p256")
        store = in_use(root)
        store.add_identity(issued.pkcs8, issued.der, [])
        name = f"identity:{issued.certificate.sha256}"
        store._backend.set_password("smimetui", name, "1 whole 00 1 x")
        with pytest.raises(StoreCorruptError):
            in_use(root).identities()
        sentences = keeper(root).repair()
        assert issued.certificate.sha256 in sentences[0]
        assert len(in_use(root).identities()) == 1
        (aside,) = [word.strip("“”") for word in sentences[0].split() if ".aside-" in word]
        assert in_use(root)._backend.get_password("smimetui", aside) == "1 whole 00 1 x"

    def test_a_damaged_vault_is_renamed_and_never_written_over(self, root: Path, kind: str) -> None:
        if kind == "keyring":
            return
        path = root / "data" / "vault"
        damaged = path.read_bytes()[:-1] + b"x"
        path.write_bytes(damaged)
        sentences = keeper(root).repair()
        (aside,) = path.parent.glob("vault.aside-*")
        assert str(aside) in sentences[0]
        assert aside.read_bytes() == damaged
        assert not path.exists()
        assert keeper(root).repair() == ()
        fill(keeper(root)._vault())
        assert len(in_use(root).installed()) == 3
