"""Files the person names in a sheet: attachments in, attachments out."""

import mimetypes
import os
import re
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import unquote

from smimetui.model.display import file_size, printable_line
from smimetui.model.errors import FormatError, SmimetuiError
from smimetui.model.message import Attachment

_MOST_BYTES = 100_000_000
"""Mail servers refuse far less; beyond it the program would hold several hundred megabytes."""
_MOST_NAME = 120
_MOST_DROPPED = 16_000
_CHUNK = 2_000_000
"""Octets: file systems take 255, and a number may come to it."""
_MOST_SUFFIX = 20
_DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"{name}{number}" for name in ("COM", "LPT") for number in range(1, 10))}
"""Names that mean no file to Windows, in a folder that may be shared with it."""


def typed_path(text: str) -> Path:
    """Return a path as a person types it, `~` being their home; the home of nobody known stays a name like others."""
    return Path(os.path.expanduser(text))  # noqa: PTH111 - pathlib's raises where there is no such person


def working_folder() -> str:
    """Return the folder the program runs in, to be offered; `~` where that is gone or its name acts on a terminal."""
    try:
        folder = str(Path.cwd())
    except OSError:
        return "~"
    return folder if printable_line(folder) == folder else "~"


def read_attachment(path: Path, on_progress: Callable[[int, int], bool] | None = None) -> Attachment:
    """Return the file as an attachment. Raises FormatError with a sentence that names the file.

    `on_progress` gets the bytes read and the bytes there are, and says whether to go on.
    """
    shown, where = printable_line(path.name), printable_line(f"in {path.parent}")
    try:
        if not path.is_file():
            raise FormatError(f"{shown} is not a file", where)
        if path.stat().st_size > _MOST_BYTES:
            raise FormatError(f"{shown} is larger than {file_size(_MOST_BYTES)}")
        content = _read(path, on_progress or (lambda _read, _all: True))
    except OSError as error:
        raise FormatError(f"{shown} cannot be read: {error.strerror}", where) from error
    content_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Attachment(name=path.name, content_type=content_type, content=content)


def _read(path: Path, on_progress: Callable[[int, int], bool]) -> bytes:
    size, pieces, done = path.stat().st_size, [], 0
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            pieces.append(piece)
            done += len(piece)
            if done > _MOST_BYTES:
                raise FormatError(f"{printable_line(path.name)} is larger than {file_size(_MOST_BYTES)}")
            if not on_progress(done, size):
                raise FormatError(f"{printable_line(path.name)} is not attached")
    return b"".join(pieces)


def dropped_files(text: str) -> tuple[Path, ...]:
    """Return the files that a text names and nothing else: what a terminal pastes when files are dropped on it.

    One for each line or quoted or escaped word, or as `file:` addresses; none where one of them is no file.
    """
    stripped = text.strip()
    if len(stripped) > _MOST_DROPPED or not stripped.startswith(("/", "~", "'", '"', "file:///", "\\")):
        return ()
    for split in (str.splitlines, _words):
        paths = [_path(word.strip()) for word in split(stripped) if word.strip()]
        if paths and all(path is not None and _is_file(path) for path in paths):
            return tuple(path for path in paths if path is not None)
    return ()


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return []


def _path(word: str) -> Path | None:
    if word.startswith("file:///"):
        word = unquote(word.removeprefix("file://"))
    return typed_path(word) if "\0" not in word and word.startswith(("/", "~")) else None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def read_small(path: Path, most: int = 16_000_000) -> bytes:
    """Return the bytes of a certificate or key. Raises SmimetuiError with a sentence that names the file."""
    shown = printable_line(str(path))
    try:
        if not path.is_file():
            raise FormatError(f"{shown} is not a file")
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise SmimetuiError(f"{shown} cannot be read: {error.strerror}") from error
    if len(data) > most:
        raise FormatError(f"{shown} is larger than {file_size(most)}")
    return data


def save_attachments(attachments: Sequence[Attachment], folder: Path) -> tuple[Path, ...]:
    """Write the files into `folder` under safe names, never over an existing file, and return the paths."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return tuple(_write_new(folder, safe_name(item.name), item.content) for item in attachments)
    except OSError as error:
        raise SmimetuiError(f"the files cannot be saved in {folder}: {error.strerror}") from error


def save_new(path: Path, content: bytes) -> Path:
    """Write a file that is not there yet, under the name given or, where that is taken, a numbered one."""
    try:
        return _write_new(path.parent, path.name, content)
    except OSError as error:
        raise SmimetuiError(f"{path} cannot be written: {error.strerror}") from error


def save_as(path: Path, content: bytes, *, private: bool = False) -> Path:
    """Write a file under exactly this name, never over another; a private one is its owner's alone (0600).

    Raises SmimetuiError; nothing is left then.
    """
    shown = printable_line(str(path))
    try:
        return _write(path, content, mode=0o600 if private else 0o666)
    except FileExistsError as error:
        raise SmimetuiError(f"{shown} is there already", "choose another name") from error
    except OSError as error:
        raise SmimetuiError(f"{shown} cannot be written: {error.strerror}") from error


def safe_name(name: str) -> str:
    """Return a file name without folders, controls, or a leading dot; never empty."""
    bare = re.split(r"[/\\]", printable_line(name))[-1]
    bare = re.sub(r'[\ufffd<>:"|?*\x00-\x1f]', "_", bare).lstrip(". ").rstrip(". ")
    stem, dot, suffix = bare.rpartition(".")
    if not dot or len(suffix.encode()) > _MOST_SUFFIX:
        stem, dot, suffix = bare, "", ""
    kept = stem.encode()[: _MOST_NAME - len((dot + suffix).encode())].decode("utf-8", "ignore").rstrip(". ")
    bare = kept + dot + suffix
    return f"_{bare}" if kept.partition(".")[0].rstrip().upper() in _DEVICES else bare or "attachment"


def _write(path: Path, content: bytes, mode: int = 0o666) -> Path:
    """Write a file that is not there yet, whole or not at all. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    return path


def _write_new(folder: Path, name: str, content: bytes) -> Path:
    stem, suffix = Path(name).stem, Path(name).suffix
    for number in range(1000):
        path = folder / (f"{stem} ({number}){suffix}" if number else name)
        try:
            return _write(path, content)
        except FileExistsError:
            continue
    raise SmimetuiError(f"{folder} already holds too many files named {name}")


def complete_path(text: str) -> str:
    """Return `text` completed as far as the file system makes it certain, or unchanged; printable names alone count."""
    path = typed_path(text)
    folder, start = (path, "") if text.endswith("/") else (path.parent, path.name)
    try:
        names = sorted(
            item.name + ("/" if item.is_dir() else "")
            for item in folder.iterdir()
            if item.name.startswith(start) and (start.startswith(".") or not item.name.startswith("."))
            # Who unpacks an archive has files whose names others chose: one that acts on a terminal is not put on it.
            if printable_line(item.name) == item.name
        )
    except OSError:
        return text
    if not names:
        return text
    common = names[0] if len(names) == 1 else _common(names)
    return text + common[len(start) :]


def _common(names: Sequence[str]) -> str:
    first, last = names[0], names[-1]
    length = next(
        (index for index, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]), len(first)
    )
    return first[:length]
