"""What a person does with the store as a whole: look at it, move it, save it, bring it back, mend it."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from smimetui.adapters.atomic_file import write_atomically
from smimetui.adapters.folders import Folders
from smimetui.adapters.open_store import keyring_store, open_store, vault_store
from smimetui.adapters.os_keyring import OsKeyring, find_keyring
from smimetui.adapters.own_store import make_vault
from smimetui.adapters.passphrases import Passphrases
from smimetui.adapters.secret_store import SecretStore
from smimetui.adapters.settings import Settings
from smimetui.adapters.store_contents import Contents, sealed, unsealed
from smimetui.adapters.store_move import Kind, Move, MoveNote
from smimetui.adapters.vault import Vault
from smimetui.adapters.vault_file import MOST_BYTES
from smimetui.model.errors import StoreCorruptError, StoreUnavailableError
from smimetui.model.value import dataclass

Change = Callable[[Callable[[Settings], Settings]], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreStatus:
    """Where things are kept; the numbers are None as long as the vault is locked."""

    kind: Kind
    where: str
    notice: str
    """A sentence: which store, and why."""
    made: bool
    locked: bool
    certificates: int | None = None
    identities: int | None = None
    anchors: int | None = None
    secrets: int | None = None
    unfinished_move: Kind | None = None


class StoreKeeper:
    """The store of these folders and settings. Every method raises StoreError; passphrases come from `passphrases`.

    `fixed` says why this store neither moves nor takes another passphrase.
    """

    def __init__(  # noqa: PLR0913 - keyword-only collaborators
        self,
        folders: Folders,
        *,
        settings: Callable[[], Settings],
        change_settings: Change,
        passphrases: Passphrases,
        find: Callable[[], OsKeyring] = find_keyring,
        fixed: str = "",
    ) -> None:
        self._folders = folders
        self._settings = settings
        self._change_settings = change_settings
        self._passphrases = passphrases
        self._find = find
        self._fixed = fixed
        self._note = MoveNote(folders.state)

    def status(self) -> StoreStatus:
        """Look at the store; a locked vault is opened for it where nobody needs to be asked."""
        store, notice = self._chosen()
        vault = store.vault
        if self._passphrases.from_file is not None and vault is not None and vault.exists:
            self._unlock(store, vault)
        made, locked = vault is None or vault.exists, vault is not None and vault.exists and vault.locked
        look = made and not locked
        begun = self._note.read()
        return StoreStatus(
            kind=_kind(store),
            where=str(vault.path) if vault is not None else self._find().name,
            notice=notice,
            made=made,
            locked=locked,
            certificates=len(store.installed()) if look else None,
            identities=store.identity_count() if look else None,
            anchors=len(store.anchors()) if look else None,
            secrets=len(store.secrets()) if look else None,
            unfinished_move=None if begun is None else begun.to,
        )

    def change_passphrase(self, new: Callable[[], str]) -> Path:
        """Seal the vault under another passphrase, and return its path.

        Raises WrongPassphraseError for a wrong old one; `new` is asked for after that.
        """
        if self._fixed:
            raise StoreUnavailableError("this vault keeps its passphrase", self._fixed)
        store, notice = self._chosen()
        vault = store.vault
        if vault is None:
            raise StoreUnavailableError(notice, "a keyring has a password of its own, changed with the system's tools")
        if not vault.exists:
            raise StoreUnavailableError(f"there is no vault at {vault.path} yet", "it is made with the first key")
        old = self._passphrases.of(vault)
        vault.unlock(old)
        vault.change_passphrase(old, new())
        return vault.path

    def move(self, to: Kind, *, merge: bool = False) -> Contents | None:
        """Move everything to the keyring or the vault; return what was moved, None where it was there already.

        Interrupted at any point, one of both is whole and in use, and moving again finishes. `merge` adds to what is
        there already. Raises ConfigError too, where the settings cannot be written.
        """
        if self._fixed:
            raise StoreUnavailableError("this store stays where it is", self._fixed)
        store, _ = self._chosen()
        begun = self._note.read()
        unfinished = begun is not None and begun.to == to
        if begun is not None and begun.copied and _kind(store) == to:
            self._remove_old(to)
        elif _kind(store) != to or unfinished:
            if to == "vault" or self._vault_exists:
                source, target = (self._keyring(), self._vault()) if to == "vault" else (self._vault(), self._keyring())
                move = Move(source=source, target=target, to=to, note=self._note, choose=self._choose)
                return move.run(merge=merge)
            self._keyring().installed()
        self._choose(to)
        return None

    def export(self, path: Path, passphrase: Callable[[], str], *, overwrite: bool = False) -> Contents:
        """Write everything to one encrypted file, read it back, and return what it holds."""
        if path.exists() and not overwrite:
            raise StoreUnavailableError(f"there is a file {path} already", "--overwrite replaces it")
        store, _ = self._opened()
        contents, secret = store.contents(), passphrase()
        data = sealed(contents, secret)
        try:
            write_atomically(path, data)
        except OSError as error:
            raise StoreUnavailableError(f"{path} cannot be written: {error.strerror}") from error
        if not unsealed(_read(path), secret, f"the file {path}").same_as(contents):
            raise StoreUnavailableError(f"the file {path} does not hold what was written to it", "use another place")
        return contents

    def load(self, path: Path, passphrase: Callable[[], str], *, take_over: bool = False) -> tuple[Contents, Contents]:
        """Add everything from an exported file; return what it held, and what the store holds now.

        What is here and differs is refused, and nothing is changed; `take_over` takes the file's instead. Raises
        WrongPassphraseError, StoreCorruptError for a damaged file.
        """
        content = _read(path)
        found = unsealed(content, passphrase(), f"the file {path}")
        store = self._made()
        with store.held():
            here = store.contents()
            differing = here.differing(found)
            if differing and not take_over:
                more = f" and {len(differing) - 3} more" if len(differing) > 3 else ""  # noqa: PLR2004 - enough to see
                raise StoreUnavailableError(
                    f"the store has another version of {', '.join(differing[:3])}{more}", "--replace takes the file's"
                )
            store.take(here.with_(found))
            return found, store.contents()

    def repair(self) -> tuple[str, ...]:
        """Set aside what cannot be read, and return a sentence about each; nothing is written over or removed."""
        store = self._unchecked()
        vault = store.vault
        if vault is not None and vault.exists:
            try:
                self._unlock(store, vault)
            except StoreCorruptError:
                aside = vault.set_aside(f"{vault.path.name}.aside-{datetime.now(UTC):%Y%m%dT%H%M%S}")
                return (
                    f"the vault could not be read; it was set aside as {aside}",
                    f"to get it back, rename it to {vault.path}; a backup comes back with smimetui store import FILE",
                )
        elif vault is not None:
            return ()
        return (*self._mended_book(store), *_mended_identities(store))

    def bring_book_back(self, aside: str) -> str:
        """Use a book again that was set aside; return the name that the present one is kept under."""
        store = self._unchecked()
        if store.vault is not None:
            self._unlock(store, store.vault)
        return store.bring_book_back(aside)

    def _mended_book(self, store: SecretStore) -> tuple[str, ...]:
        try:
            store.installed()
        except StoreCorruptError:
            aside = store.set_book_aside()
        else:
            return ()
        place = f"the vault {store.vault.path}" if store.vault is not None else "the keyring"
        return (
            f"the certificate book could not be read; it was set aside in {place} as the item “{aside}” of “smimetui”",
            f"own keys that it still named are kept: {store.identity_count()}",
            "installed certificates and trust anchors come back from a backup with smimetui store import FILE, or",
            f"once the item can be read again, with smimetui store repair --bring-back {aside}",
        )

    def _remove_old(self, to: Kind) -> None:
        if to == "vault":
            self._keyring().erase()
        else:
            Vault(self._folders.vault_file).remove()
        self._note.remove()

    @property
    def _vault_exists(self) -> bool:
        return Vault(self._folders.vault_file).exists

    def _choose(self, kind: Kind) -> None:
        self._change_settings(lambda settings: replace(settings, store=kind))

    def _chosen(self) -> tuple[SecretStore, str]:
        return open_store(self._settings().store, self._folders, find=self._find)

    def _unchecked(self) -> SecretStore:
        try:
            return self._chosen()[0]
        except StoreCorruptError:
            return self._keyring()

    def _opened(self) -> tuple[SecretStore, str]:
        store, notice = self._chosen()
        if store.vault is not None:
            if not store.vault.exists:
                raise StoreUnavailableError("nothing is kept yet: there is neither a vault nor a key in it")
            self._unlock(store, store.vault)
        return store, notice

    def _made(self) -> SecretStore:
        store, _ = self._chosen()
        return store if store.vault is None else self._vault()

    def _keyring(self) -> SecretStore:
        return keyring_store(self._folders, self._find())

    def _vault(self) -> SecretStore:
        store = vault_store(self._folders)
        vault = store.vault
        assert vault is not None
        if vault.exists:
            self._unlock(store, vault)
        else:
            make_vault(store, vault, self._passphrases)
        return store

    def _unlock(self, store: SecretStore, vault: Vault) -> None:
        store.unlock(self._passphrases.of(vault))


def _mended_identities(store: SecretStore) -> tuple[str, ...]:
    sentences = []
    for fingerprint in store.unreadable():
        aside = store.set_identity_aside(fingerprint)
        sentences.append(
            f"the own key of certificate {fingerprint} could not be read; what is left of it is the item “{aside}”"
        )
    if sentences:
        sentences.append("import those keys again with smimetui identity import FILE, or smimetui store import FILE")
    return tuple(sentences)


def _kind(store: SecretStore) -> Kind:
    return "keyring" if store.vault is None else "vault"


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise StoreUnavailableError(f"{path} cannot be read: {error.strerror}") from error
    if len(content) > MOST_BYTES:
        raise StoreCorruptError(f"the file {path} is larger than any store")
    return content
