import os
import stat
from collections.abc import Callable
from errno import EACCES, ENOSPC
from pathlib import Path

import pytest

from smimetui.adapters import vault as vault_module
from smimetui.adapters.vault import Vault
from smimetui.adapters.vault_file import Cost
from smimetui.model.errors import (
    StoreCorruptError,
    StoreFullError,
    StoreLockedError,
    StoreUnavailableError,
    WrongPassphraseError,
)
from tests.adapters.places import LIGHT, PASSPHRASE

SECRET = "the secret of the vault"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "vault"


@pytest.fixture
def vault(path: Path) -> Vault:
    vault = Vault.create(path, PASSPHRASE, cost=LIGHT)
    vault.set_password("service", "name", SECRET)
    return vault


def unlocked(path: Path, passphrase: str = PASSPHRASE) -> Vault:
    vault = Vault(path)
    vault.unlock(passphrase)
    return vault


def test_what_is_stored_comes_back_in_another_process(vault: Vault, path: Path) -> None:
    vault.set_password("service", "other", "ünïcode \x00 🔒")
    again = unlocked(path)
    assert again.get_password("service", "name") == SECRET
    assert again.get_password("service", "other") == "ünïcode \x00 🔒"
    assert again.get_password("service", "none") is None
    assert again.get_password("none", "name") is None


def test_a_deleted_item_is_gone_and_deleting_it_again_does_nothing(vault: Vault, path: Path) -> None:
    vault.delete_password("service", "name")
    before = path.read_bytes()
    vault.delete_password("service", "name")
    assert path.read_bytes() == before
    assert unlocked(path).get_password("service", "name") is None


def test_the_file_is_the_owners_alone_and_shows_nothing(vault: Vault, path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    for shown in (SECRET, "service", "name"):
        assert shown.encode() not in path.read_bytes()
    assert sorted(item.name for item in path.parent.iterdir()) == ["vault", "vault.lock"]


def test_every_write_takes_a_new_nonce(vault: Vault, path: Path) -> None:
    seen = set()
    for _ in range(20):
        vault.set_password("service", "name", SECRET)
        prefix = vault._open.sealing.prefix
        seen.add(path.read_bytes()[len(prefix) : len(prefix) + 12])
    assert len(seen) == 20


def test_a_wrong_passphrase_is_named_so_and_changes_nothing(vault: Vault, path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(WrongPassphraseError):
        unlocked(path, "wrong")
    assert path.read_bytes() == before


def test_a_passphrase_is_the_same_however_its_accents_are_typed(path: Path) -> None:
    Vault.create(path, "caf\u00e9", cost=LIGHT)
    assert not unlocked(path, "cafe\u0301").locked


def test_a_vault_is_locked_before_and_after(vault: Vault, path: Path) -> None:
    assert Vault(path).locked
    assert not vault.locked
    vault.lock()
    assert vault.locked
    for act in (
        lambda: vault.get_password("service", "name"),
        lambda: vault.set_password("service", "name", "x"),
        lambda: vault.delete_password("service", "name"),
    ):
        with pytest.raises(StoreLockedError):
            act()


def test_creating_never_writes_over_what_is_there(vault: Vault, path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(StoreUnavailableError, match="already"):
        Vault.create(path, "other", cost=LIGHT)
    assert path.read_bytes() == before


def test_an_empty_passphrase_is_refused(path: Path) -> None:
    with pytest.raises(WrongPassphraseError, match="empty"):
        Vault.create(path, "")
    assert not path.exists()


def test_a_cost_out_of_bounds_is_a_mistake_of_the_caller(path: Path) -> None:
    with pytest.raises(ValueError, match="memory"):
        Vault.create(path, PASSPHRASE, cost=Cost(memory=1))


def test_the_usual_cost_is_within_bounds_and_written_to_the_file(path: Path) -> None:
    Vault.create(path, PASSPHRASE)
    assert b'"memory":65536,"passes":3,"lanes":4' in path.read_bytes()
    assert not unlocked(path).locked


def test_no_vault_is_not_a_damaged_one(path: Path) -> None:
    assert not Vault(path).exists
    assert Vault(path).revision() == ""
    with pytest.raises(StoreUnavailableError, match="no vault"):
        unlocked(path)


def test_a_change_by_another_process_is_seen(vault: Vault, path: Path) -> None:
    other = unlocked(path)
    vault.set_password("service", "name", "new")
    assert other.get_password("service", "name") == "new"
    other.set_password("service", "other", "two")
    assert vault.get_password("service", "other") == "two"
    assert vault.get_password("service", "name") == "new"


def test_unchanged_files_are_decrypted_once(vault: Vault) -> None:
    vault.get_password("service", "name")
    first = vault._open.items
    vault.get_password("service", "other")
    assert vault._open.items is first


def test_a_long_text_is_handed_out_and_not_kept_and_can_be_had_again(vault: Vault, path: Path) -> None:
    book = "certificates " * 10_000
    vault.set_password("service", "book", book)
    assert vault.get_password("service", "book") == book
    assert "book" not in vault._open.items["service"]
    assert vault.get_password("service", "name") == SECRET
    assert vault.get_password("service", "book") == book
    vault.set_password("service", "name", "new")
    vault.get_password("service", "book")
    vault.delete_password("service", "name")
    assert unlocked(path).get_password("service", "book") == book
    assert vault.get_password("service", "name") is None


def test_a_new_passphrase_opens_and_locks_out_the_old_one_everywhere(vault: Vault, path: Path) -> None:
    other = unlocked(path)
    assert other.get_password("service", "name") == SECRET
    vault.change_passphrase(PASSPHRASE, "new", cost=LIGHT)
    assert vault.get_password("service", "name") == SECRET
    assert unlocked(path, "new").get_password("service", "name") == SECRET
    with pytest.raises(WrongPassphraseError):
        unlocked(path)
    with pytest.raises(StoreLockedError, match="another passphrase"):
        other.get_password("service", "name")
    assert other.locked


def test_the_passphrase_is_changed_only_by_who_knows_it(vault: Vault, path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(WrongPassphraseError):
        vault.change_passphrase("wrong", "new")
    assert path.read_bytes() == before


def test_any_flipped_bit_is_noticed_and_the_file_stays_as_it_is(vault: Vault, path: Path) -> None:
    whole = path.read_bytes()
    vault.lock()
    for position in range(len(whole)):
        damaged = bytearray(whole)
        damaged[position] ^= 1
        path.write_bytes(damaged)
        with pytest.raises((StoreCorruptError, StoreUnavailableError)):
            unlocked(path)
        assert path.read_bytes() == damaged


def test_any_cut_is_noticed(vault: Vault, path: Path) -> None:
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(StoreCorruptError):
            unlocked(path)


def test_damage_while_unlocked_stops_reading_and_writing(vault: Vault, path: Path) -> None:
    damaged = path.read_bytes()[:-1] + b"x"
    path.write_bytes(damaged)
    for act in (
        lambda: vault.get_password("service", "name"),
        lambda: vault.set_password("service", "name", "x"),
        lambda: vault.delete_password("service", "name"),
    ):
        with pytest.raises(StoreCorruptError):
            act()
    path.write_bytes(b"something else entirely")
    with pytest.raises(StoreCorruptError):
        vault.get_password("service", "name")
    assert path.read_bytes() == b"something else entirely"


def with_header(content: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """Return a vault whose header was changed and whose checksum was made to fit."""
    from hashlib import sha256

    magic, header, _, rest = content.split(b"\n", 3)
    header = change(header)
    return b"\n".join((magic, header, sha256(header).hexdigest().encode(), rest))


def test_a_hostile_header_takes_no_memory_and_no_time(vault: Vault, path: Path) -> None:
    content = path.read_bytes()
    for old, new in (
        (b'"memory":64', b'"memory":4000000000'),
        (b'"memory":64', b'"memory":1'),
        (b'"passes":1', b'"passes":1000000'),
        (b'"passes":1', b'"passes":0'),
        (b'"lanes":1', b'"lanes":1000'),
        (b'"lanes":1', b'"lanes":1,"more":1'),
        (b'"salt":"', b'"salt":"AAAA'),
        (b"{", b"["),
    ):
        assert old in content
        path.write_bytes(with_header(content, lambda header, old=old, new=new: header.replace(old, new, 1)))
        with pytest.raises(StoreCorruptError):
            unlocked(path)


def test_a_header_changed_to_fit_the_same_key_is_noticed(vault: Vault, path: Path) -> None:
    path.write_bytes(with_header(path.read_bytes(), lambda header: header.replace(b",", b", ")))
    with pytest.raises(StoreCorruptError):
        unlocked(path)


def test_a_newer_vault_is_not_called_damaged(vault: Vault, path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"vault 1", b"vault 2", 1))
    with pytest.raises(StoreUnavailableError, match="newer"):
        unlocked(path)


def test_a_vault_beyond_all_sizes_is_not_read_into_memory(
    vault: Vault, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vault_module, "MOST_BYTES", 100)
    with pytest.raises(StoreCorruptError):
        unlocked(path)


def test_what_a_killed_write_left_is_removed_by_the_next(vault: Vault, path: Path) -> None:
    leftover = path.with_name(".vault.0123456789ab.tmp")
    leftover.write_bytes(b"half a vault")
    vault.set_password("service", "name", "new")
    assert not leftover.exists()


@pytest.mark.parametrize(("number", "kind"), [(ENOSPC, StoreFullError), (EACCES, StoreUnavailableError)])
def test_a_write_that_fails_keeps_the_old_vault(
    vault: Vault, path: Path, monkeypatch: pytest.MonkeyPatch, number: int, kind: type[Exception]
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as failing:
        failing.setattr(os, "fsync", fail)
        with pytest.raises(kind, match=os.strerror(number)):
            vault.set_password("service", "name", "new")
    assert vault.get_password("service", "name") == SECRET
    assert unlocked(path).get_password("service", "name") == SECRET
    assert sorted(item.name for item in path.parent.iterdir()) == ["vault", "vault.lock"]


def test_a_vault_in_a_place_that_is_no_folder_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailableError, match="cannot be used"):
        Vault.create(tmp_path / "file" / "vault", PASSPHRASE, cost=LIGHT)
    (tmp_path / "vault").mkdir()
    with pytest.raises(StoreUnavailableError, match="cannot be used"):
        unlocked(tmp_path / "vault")


def test_a_vault_held_by_another_process_is_a_sentence(
    vault: Vault, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vault_module, "_PATIENCE", 0.01)
    impatient = unlocked(path)
    with vault._changing(), pytest.raises(StoreUnavailableError, match="another smimetui"):
        impatient.set_password("service", "name", "x")
