"""A program that moves a store and is killed before each write, rename and removal in turn.

After each kill the store that the settings name must be whole, and moving again must finish. Prints how many kills it
took each way; ends with an AssertionError where something was lost.
"""

import os
import shutil
import sys
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from smimetui.adapters import vault as vault_module
from smimetui.adapters.folders import Folders, folders_under
from smimetui.adapters.open_store import open_store
from smimetui.adapters.passphrases import Passphrases
from smimetui.adapters.secret_store import SecretStore
from smimetui.adapters.settings import change_settings, load_settings
from smimetui.adapters.store_contents import Contents
from smimetui.adapters.store_keeper import StoreKeeper
from tests.adapters.places import LIGHT, PASSPHRASE, SmallItems, certificate
from tests.pki import make_authority

KILLED = 9


class SmallKeyring(SmallItems):
    """A keyring of small items as `find_keyring` would return it."""

    name = "Small"


def keeper(root: Path, passphrases: Passphrases | None = None) -> StoreKeeper:
    """Return the keeper of everything under `root`: settings, vault and keyring."""
    folders = folders_under(root)
    return StoreKeeper(
        folders,
        settings=lambda: load_settings(folders.settings_file),
        change_settings=lambda change: change_settings(folders.settings_file, change),
        passphrases=passphrases or Passphrases(ask=lambda _: PASSPHRASE, from_file=lambda: PASSPHRASE),
        find=lambda: SmallKeyring(root / "items"),
    )


def in_use(root: Path) -> SecretStore:
    """Return the store that the program would open now, unlocked."""
    folders = folders_under(root)
    choice = load_settings(folders.settings_file).store
    store, _ = open_store(choice, folders, find=lambda: SmallKeyring(root / "items"))
    if store.vault is not None and store.vault.exists:
        store.unlock(PASSPHRASE)
    return store


def fill(store: SecretStore) -> None:
    """Put some of everything into a store."""
    issued = make_authority().issue("a@x.example", key="p256")
    store.install(*(certificate(number) for number in range(3)))
    store.add_anchor(b"anchor")
    store.add_identity(issued.pkcs8, issued.der, [issuer.der for issuer in issued.chain])
    store.set_secret("password:a@x.example", "pässword")


def is_change(event: str, arguments: tuple[object, ...]) -> bool:
    """Tell whether an audit event announces a change on disk."""
    if event == "open":
        flags = arguments[2]
        return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
    return event in {"os.rename", "os.remove", "os.mkdir", "os.rmdir"}


def killed_before(number: int, root: Path, to: str) -> bool:
    """Move in a process that dies before its change of this number; return whether it did."""
    child = os.fork()
    if not child:
        done = 0

        def watch(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal done
            if is_change(event, arguments):
                done += 1
                if done == number:
                    os._exit(KILLED)

        sys.addaudithook(watch)
        keeper(root).move(to)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == KILLED


def check(root: Path, folders: Folders, to: str, expected: Contents) -> None:
    """Check that nothing is lost now, and that moving again finishes."""
    assert in_use(root).contents().same_as(expected)
    keeper(root).move(to)
    store = in_use(root)
    assert load_settings(folders.settings_file).store == to
    assert ("keyring" if store.vault is None else "vault") == to
    assert store.contents().same_as(expected)
    assert keeper(root).status().unfinished_move is None
    gone = folders.vault_file.exists() if to == "keyring" else bool(list((root / "items").glob("[!.]*")))
    assert not gone


def main() -> None:
    """Move both ways, killed at each point."""
    vault_module.Cost = lambda: LIGHT
    for to in ("vault", "keyring"):
        with TemporaryDirectory() as folder:
            template, root = Path(folder) / "template", Path(folder) / "root"
            fill_place(template, to)
            expected = in_use(template).contents()
            for number in count(1):
                shutil.rmtree(root, ignore_errors=True)
                shutil.copytree(template, root)
                if not killed_before(number, root, to):
                    break
                check(root, folders_under(root), to, expected)
            print(f"{number - 1} kills on the way to the {to}")


def fill_place(root: Path, to: str) -> None:
    """Fill the place that is left by a move to `to`."""
    folders = folders_under(root)
    folders.settings_file.parent.mkdir(parents=True)
    if to == "keyring":
        vault_module.Vault.create(folders.vault_file, PASSPHRASE)
    fill(in_use(root))


if __name__ == "__main__":
    main()
