"""Moves everything from one store to another: copied, read back and compared before the old one is touched.

A note in the state folder tells a move that was interrupted from a store that has a life of its own. Until the settings
name the new place the old one is in use and whole; from then on the new one is. Running the move again finishes it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from smimetui.adapters.atomic_file import private_folder, write_atomically
from smimetui.adapters.secret_store import SecretStore
from smimetui.adapters.store_contents import Contents
from smimetui.model.errors import StoreError, StoreUnavailableError
from smimetui.model.value import dataclass

Kind: TypeAlias = Literal["keyring", "vault"]


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """A move that was begun and is not finished."""

    to: Kind
    merge: bool = False
    """It adds to what was at the new place."""
    copied: bool = False
    """All is at the new place, verified; the old one may be gone in part."""


class MoveNote:
    """What is left to do of a move, kept in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "store-move.json"

    def read(self) -> Begun | None:
        """Return the move that is under way, or was interrupted."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Begun)
        except (OSError, msgspec.DecodeError):
            return None

    def write(self, begun: Begun) -> None:
        """Note how far the move is. Raises StoreUnavailableError."""
        try:
            private_folder(self._path.parent)
            write_atomically(self._path, msgspec.json.encode(begun))
        except OSError as error:
            raise self._failure(error) from error

    def remove(self) -> None:
        """Note that the move is finished. Raises StoreUnavailableError."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise self._failure(error) from error

    def _failure(self, error: OSError) -> StoreError:
        return StoreUnavailableError(f"{self._path} cannot be written: {error.strerror}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A move between two open stores; `choose` writes the new place, or the old one, into the settings."""

    source: SecretStore
    target: SecretStore
    to: Kind
    note: MoveNote
    choose: Callable[[Kind], None]

    def run(self, *, merge: bool) -> Contents:
        """Do it, or finish it, and return what was moved. Raises StoreError, ConfigError; nothing is lost then.

        Unless it is to `merge`, a target that holds something of its own is refused.
        """
        with self.source.held():
            moved, there = self.source.contents(), self.target.contents()
            begun = self._begun(moved, there, merge=merge)
            # What was copied once is not taken back, whatever is left at the old place.
            expected = there.with_(moved) if begun.merge or begun.copied else moved
            self.target.take(expected)
            if not self.target.contents().same_as(expected):
                raise StoreUnavailableError(f"the {self.to} did not keep what was copied to it", "nothing was removed")
            self.note.write(Begun(to=self.to, merge=begun.merge, copied=True))
            self.source.close_to_others()
            self.choose(self.to)
            self.source.erase()
            if self.source.vault is not None:
                self.source.vault.remove()
        self.note.remove()
        return moved

    def _begun(self, moved: Contents, there: Contents, *, merge: bool) -> Begun:
        begun = self.note.read()
        if begun is not None and begun.to == self.to:
            return Begun(to=self.to, merge=begun.merge or merge, copied=begun.copied)
        if not there.empty and not there.same_as(moved) and not merge:
            raise StoreUnavailableError(
                f"the {self.to} holds certificates or keys already", "--merge adds yours to them"
            )
        # Named in the settings, the old place stays the one in use, whatever is found at the new one.
        self.choose("vault" if self.to == "keyring" else "keyring")
        begun = Begun(to=self.to, merge=merge)
        self.note.write(begun)
        return begun
