"""What the commands read: files, standard input, passwords; every failure a sentence."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from smimetui.model.display import file_size, printable_line
from smimetui.model.errors import FormatError, SmimetuiError

if TYPE_CHECKING:
    from smimetui.model.certificate import Certificate
    from smimetui.smime.identity import Identity

_MOST_MESSAGE = 256_000_000
"""Bytes of a message: ten times what mail servers carry, and a file that never ends does not fill the memory."""
_MOST_SMALL = 16_000_000
"""Bytes read of a certificate, key or revocation list."""
_MOST_PASSWORD = 4096


class UsageError(SmimetuiError):
    """Options that do not belong together: exit 2."""


def read_input(name: str) -> bytes:
    """Return the bytes of a message file, or of standard input for `-`; raises FormatError past 256 MB, OSError."""
    if name == "-":
        data = sys.stdin.buffer.read(_MOST_MESSAGE + 1)
        return _checked(data, _MOST_MESSAGE, "standard input")
    return _read(Path(name), _MOST_MESSAGE)


def read_small(path: Path) -> bytes:
    """Return the bytes of a certificate, key or list; raises FormatError past 16 MB, OSError."""
    return _read(path, _MOST_SMALL)


def read_password(path: Path) -> str:
    """Return the first line of a password file without its line end."""
    data = _read(path, _MOST_PASSWORD)
    line = data.split(b"\n", 1)[0].removesuffix(b"\r")
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise FormatError(f"{path}: the password is not UTF-8 text") from error


def ask_password(prompt: str, instead: str) -> str:
    """Ask on the terminal; raises SmimetuiError, with `instead` as the hint, where there is none."""
    if not can_ask():
        raise SmimetuiError(f"{prompt} is needed, and there is no terminal to ask on", instead)
    import getpass

    return getpass.getpass(f"{printable_line(prompt)}: ")


def ask_passphrase(question: str) -> str:
    """Ask for the store's passphrase on the terminal. Raises SmimetuiError where there is none."""
    return ask_password(question, "use --passphrase-file F")


def can_ask() -> bool:
    """Whether somebody can be asked for a password: beside pipes, too, for that goes to the terminal itself."""
    return on_terminal() or sys.stderr.isatty()


def on_terminal() -> bool:
    """Whether a person sits at both ends."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def require_terminal(what: str) -> None:
    """Raise SmimetuiError where there is no terminal for a screen."""
    if not on_terminal():
        raise SmimetuiError(
            f"{what} needs a terminal, and standard input or output is none",
            "see smimetui --help for what works without",
        )


def terminal_for_input() -> None:
    """Read keys from the terminal again, after a message came in through standard input."""
    with suppress(OSError):
        terminal = os.open("/dev/tty", os.O_RDONLY)
        os.dup2(terminal, 0)
        os.close(terminal)


def read_certificates(paths: Sequence[Path]) -> "tuple[Certificate, ...]":
    """Return the certificates of PEM, DER, PKCS#7 or vCard files; raises FormatError that names the file, OSError."""
    from smimetui.smime.certificate_file import load_certificate_file

    found: list[Certificate] = []
    for path in paths:
        with naming(path):
            found += load_certificate_file(read_small(path))
    return tuple(found)


def read_identities(paths: Sequence[Path], password_files: Sequence[Path]) -> "tuple[Identity, ...]":
    """Return the own keys of PKCS#12 files, each opened by the password file in the same place.

    A missing password is asked for on a terminal. Raises UsageError where the pairs do not match, IdentityError,
    FormatError and UnsupportedError that name the file, OSError.
    """
    if len(password_files) > len(paths):
        raise UsageError("there is a --password-file without an --identity")
    if len(password_files) < len(paths) and not can_ask():
        raise UsageError("each --identity needs a --password-file")
    if not paths:
        return ()
    from smimetui.smime.pkcs12 import load_pkcs12

    found: list[Identity] = []
    for number, path in enumerate(paths):
        data = read_small(path)
        password = (
            read_password(password_files[number])
            if number < len(password_files)
            else ask_password(f"Password of {path.name}", "use --password-file")
        )
        with naming(path):
            found += load_pkcs12(data, password)
    return tuple(found)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Put the file's name before an error about its content."""
    try:
        yield
    except SmimetuiError as error:
        raise type(error)(f"{path}: {error.summary}", error.hint) from error


def _read(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        return _checked(file.read(most + 1), most, str(path))


def _checked(data: bytes, most: int, name: str) -> bytes:
    if len(data) > most:
        raise FormatError(f"{name} is larger than {file_size(most)}")
    return data
