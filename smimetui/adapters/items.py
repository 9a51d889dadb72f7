"""Texts of any length in a keyring-like backend whose items may be small, each with a checksum.

An item is `1 whole SHA256 GENERATION TEXT`, or `1 parts SHA256 GENERATION COUNT` beside COUNT items that hold the
pieces. The pieces are written first and carry the generation in their names, the item that names them last: a kill
leaves the old text or the new. Changes need the caller's lock; reading does not.
"""

import binascii
import re
from base64 import b64decode, b64encode
from contextlib import suppress
from dataclasses import field
from hashlib import sha256
from typing import Literal, Protocol

from smimetui.model.errors import StoreCorruptError, StoreError, StoreUnavailableError
from smimetui.model.value import dataclass

_MARK = "1"
# Room for the mark, the kind, the checksum, the generation and the blanks between them.
_ENVELOPE = 100
# Pieces of an abandoned generation are looked for up to here; a book of 10,000 certificates has some 17,000.
_MOST_PARTS = 100_000
# Generations looked through for the pieces of a text whose manifest is damaged.
_MOST_SOUGHT = 5_000
_PIECE = 1 << 18


class Backend(Protocol):
    """What the `keyring` library's backends do, and the vault too. Each method raises StoreError."""

    def get_password(self, service: str, username: str) -> str | None:
        """Return the item's text; None if there is none."""
        ...

    def set_password(self, service: str, username: str, password: str) -> None:
        """Write the item, replacing it."""
        ...

    def delete_password(self, service: str, username: str) -> None:
        """Remove the item; does nothing if it is not there."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Manifest:
    checksum: str = ""
    generation: int = 0
    text: str = field(default="", repr=False)
    parts: int = 0


class Items:
    """The items of one service in one backend; `limit` is the longest text an item takes, None for no limit."""

    def __init__(self, backend: Backend, service: str, limit: int | None = None) -> None:
        self._backend = backend
        self._service = service
        self._limit = limit

    def get(self, name: str) -> str | None:
        """Return the text of `name`, None if there is none.

        Raises StoreCorruptError when what is there is not what was written. Without the lock this may also mean that
        another process is just replacing it: read again under the lock.
        """
        stored = self.raw(name)
        if stored is None:
            return None
        manifest = _manifest(name, stored)
        # Megabytes that are not needed twice.
        del stored
        text = manifest.text if not manifest.parts else self._joined(name, manifest)
        if _checksum(text) != manifest.checksum:
            raise _corrupt(name)
        return _from_ascii(name, text)

    def put(self, name: str, text: str, *, generation: int = 0) -> None:
        """Write `text` and read it back; `generation` is the least to use, so that pieces kept aside stay untouched.

        Raises StoreError; the old text is then still there, or there again.
        """
        old = self.raw(name)
        before = _Manifest() if old is None else _manifest(name, old)
        generation = max(before.generation + 1, generation)
        ascii_text = _to_ascii(text)
        pieces = self._pieces(ascii_text)
        for index, piece in enumerate(pieces):
            self._write(_part(name, generation, index), piece)
        kind, rest = ("parts", str(len(pieces))) if pieces else ("whole", ascii_text)
        try:
            self._write(name, f"{_MARK} {kind} {_checksum(ascii_text)} {generation} {rest}")
        except StoreError:
            if old is not None:
                with suppress(StoreError):
                    self._backend.set_password(self._service, name, old)
            raise
        if self._limit is not None:
            # The generation before the last is there when a kill came between its successor and this step.
            self._drop_parts(name, before.generation)
            self._drop_parts(name, before.generation - 1)
            self._drop_parts(name, generation, start=len(pieces))

    def delete(self, name: str) -> None:
        """Remove the text; does nothing if it is not there."""
        stored = self.raw(name)
        if stored is None:
            return
        self._backend.delete_password(self._service, name)
        try:
            manifest = _manifest(name, stored)
        except StoreCorruptError:
            return
        if manifest.parts:
            self._drop_parts(name, manifest.generation, named=manifest.parts)

    def readable(self, name: str) -> str:
        """Return what is left of a damaged text, checked by nothing."""
        stored = self.raw(name) or ""
        try:
            manifest = _manifest(name, stored)
        except StoreError:
            return self._last_pieces(name) or stored
        pieces = (self.raw(_part(name, manifest.generation, index)) or "" for index in range(manifest.parts))
        return "".join(pieces) or manifest.text

    def _last_pieces(self, name: str) -> str:
        """Return the pieces of the newest generation that is found without a manifest to name it."""
        generations = range(_MOST_SOUGHT, 0, -1) if self._limit is not None else ()
        newest = next((number for number in generations if self.raw(_part(name, number, 0)) is not None), 0)
        pieces: list[str] = []
        while newest and (piece := self.raw(_part(name, newest, len(pieces)))) is not None:
            pieces.append(piece)
        return "".join(pieces)

    def raw(self, name: str) -> str | None:
        """Return the item `name` as it is stored."""
        return self._backend.get_password(self._service, name)

    def set_aside(self, name: str, new_name: str) -> None:
        """Move a damaged item and the pieces it names, as they are stored; what is kept aside is written first."""
        stored = self.raw(name)
        if stored is None:
            return
        try:
            manifest = _manifest(name, stored)
        except StoreCorruptError:
            manifest = _Manifest()
        for index in range(manifest.parts):
            piece = self.raw(_part(name, manifest.generation, index))
            if piece is not None:
                self._write(_part(new_name, manifest.generation, index), piece)
        self._write(new_name, stored)
        self.delete(name)

    def _pieces(self, text: str) -> list[str]:
        if self._limit is None or len(text) + _ENVELOPE <= self._limit:
            return []
        return [text[start : start + self._limit] for start in range(0, len(text), self._limit)]

    def _joined(self, name: str, manifest: _Manifest) -> str:
        # A book of 5,000 certificates comes in thousands of pieces: no calls in between.
        get, service, start = self._backend.get_password, self._service, _part(name, manifest.generation, "")
        pieces = []
        for index in range(manifest.parts):
            piece = get(service, f"{start}{index}")
            if piece is None:
                raise _corrupt(name)
            pieces.append(piece)
        return "".join(pieces)

    def _write(self, name: str, text: str) -> None:
        self._backend.set_password(self._service, name, text)
        if self.raw(name) != text:
            raise StoreUnavailableError("the keyring did not keep what was written to it", 'set store = "vault"')

    def _drop_parts(self, name: str, generation: int, *, start: int = 0, named: int = 0) -> None:
        # From the last to the first: after a kill in between, counting up from `start` still finds the rest.
        end = max(start, named)
        while end < _MOST_PARTS and self.raw(_part(name, generation, end)) is not None:
            end += 1
        for index in range(end - 1, start - 1, -1):
            self._backend.delete_password(self._service, _part(name, generation, index))


def _part(name: str, generation: int, index: int | Literal[""]) -> str:
    return f"{name}.{generation}.{index}"


def _manifest(name: str, stored: str) -> _Manifest:
    mark = stored.partition(" ")[0]
    if _is_count(mark) and mark != _MARK:
        raise StoreUnavailableError("the store was written by a newer smimetui", "update this one")
    match stored.split(" ", 4):
        case ["1", "whole", checksum, generation, text] if _is_count(generation):
            return _Manifest(checksum=checksum, generation=int(generation), text=text)
        case ["1", "parts", checksum, generation, parts] if _is_count(generation) and _is_count(parts):
            return _Manifest(checksum=checksum, generation=int(generation), parts=int(parts))
    raise _corrupt(name)


def _is_count(text: str) -> bool:
    return re.fullmatch("[1-9][0-9]{0,9}", text) is not None


def _checksum(text: str) -> str:
    # In pieces: no second copy of megabytes.
    found = sha256()
    for start in range(0, len(text), _PIECE):
        found.update(text[start : start + _PIECE].encode(errors="surrogatepass"))
    return found.hexdigest()


def _to_ascii(text: str) -> str:
    # Backends count characters, UTF-16 units or bytes: in ASCII these are the same.
    return text if text.isascii() and not text.startswith("=") else "=" + b64encode(text.encode()).decode()


def _from_ascii(name: str, text: str) -> str:
    if not text.startswith("="):
        return text
    try:
        return b64decode(text[1:], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise _corrupt(name) from error


def _corrupt(name: str) -> StoreCorruptError:
    return StoreCorruptError(f"the stored item “{name}” is damaged", "it was left as it is")
