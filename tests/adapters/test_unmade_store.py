"""A store whose vault is not there yet."""

from pathlib import Path

import pytest

from smimetui.adapters.secret_store import SecretStore
from smimetui.adapters.unmade_store import UnmadeStore
from smimetui.adapters.vault import Vault


@pytest.fixture
def made() -> list[str]:
    return []


@pytest.fixture
def store(tmp_path: Path, made: list[str]) -> UnmadeStore:
    path = tmp_path / "vault"
    vault = Vault(path)

    def make() -> None:
        made.append("vault")
        Vault.create(path, "a passphrase")
        vault.unlock("a passphrase")

    return UnmadeStore(SecretStore(vault, state=tmp_path / "state"), make)


def test_looking_for_a_password_makes_no_vault(store: UnmadeStore, made: list[str]) -> None:
    assert store.secret("password:a@b.c") is None
    store.remove_secret("password:a@b.c")
    assert made == []


def test_keeping_a_password_makes_the_vault_once(store: UnmadeStore, made: list[str]) -> None:
    store.set_secret("password:a@b.c", "x")
    store.set_secret("password:c@b.c", "y")
    assert (store.secret("password:a@b.c"), made) == ("x", ["vault"])
    store.remove_secret("password:a@b.c")
    assert store.secret("password:a@b.c") is None
