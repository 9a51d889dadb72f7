"""What the app opens first."""

from pathlib import Path

from smimetui.model.address import Address
from smimetui.model.value import dataclass


@dataclass(frozen=True, slots=True)
class ShowList:
    """The message list of the default account."""


@dataclass(frozen=True, slots=True)
class FirstRun:
    """There is no account yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compose:
    """Straight to the composer; the program ends with it."""

    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    subject: str = ""
    body: str = ""
    attachments: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One message from a file; the program ends with it."""

    raw: bytes
    name: str


Start = ShowList | FirstRun | Compose | View
