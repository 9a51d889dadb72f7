"""The places a store is tested over, each to be opened again and again, in this process and in others."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from subprocess import PIPE, Popen
from urllib.parse import quote

from smimetui.adapters.atomic_file import private_folder
from smimetui.adapters.items import Backend
from smimetui.adapters.os_keyring import OsKeyring
from smimetui.adapters.secret_store import SecretStore
from smimetui.adapters.vault import Vault
from smimetui.adapters.vault_file import Cost
from smimetui.services.ports import InstalledCertificate
from tests.conftest import need_program

PASSPHRASE = "correct horse"
LIGHT = Cost(memory=64, passes=1, lanes=1)
SMALL = 1200

_KEYRING_SESSION = """
printf 'pw\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
echo "$DBUS_SESSION_BUS_ADDRESS"
read -r _
"""


class SmallItems:
    """A backend like Windows': a file an item, and no item longer than `limit` characters."""

    def __init__(self, folder: Path, limit: int = SMALL) -> None:
        self.folder = private_folder(folder)
        self.limit = limit

    def path(self, service: str, username: str) -> Path:
        return self.folder / quote(f"{service}:{username}", safe="")

    def get_password(self, service: str, username: str) -> str | None:
        try:
            return self.path(service, username).read_text()
        except FileNotFoundError:
            return None

    def set_password(self, service: str, username: str, password: str) -> None:
        assert len(password) <= self.limit
        # Renamed into place as a keyring's items are, but not forced to disk: a kill is not a power cut.
        written = self.folder / f".{token_hex(8)}"
        written.write_text(password)
        written.replace(self.path(service, username))

    def delete_password(self, service: str, username: str) -> None:
        self.path(service, username).unlink(missing_ok=True)


def open_backend(place: str, folder: Path) -> Backend:
    """Return the backend of `place`: `vault`, `small` or `keyring` (the session of the environment)."""
    match place:
        case "vault":
            vault = Vault(folder / "vault")
            if vault.exists:
                vault.unlock(PASSPHRASE)
                return vault
            return Vault.create(folder / "vault", PASSPHRASE, cost=LIGHT)
        case "small":
            return SmallItems(folder / "items")
        case _:
            from keyring.backends.SecretService import Keyring

            return OsKeyring(Keyring(), patience=30)


def open_place(place: str, folder: Path) -> SecretStore:
    """Return a new store over `place`, as another process would open it."""
    backend = open_backend(place, folder)
    # The keyring outlives a test: each has a service of its own.
    service = f"smimetui-test {folder.name}"
    limit = getattr(backend, "limit", None)
    return SecretStore(backend, state=folder / "state", service=service, limit=limit)


def certificate(number: int) -> InstalledCertificate:
    """Return an installed certificate as long as real ones are; the store does not look into it."""
    der = sha256(str(number).encode()).digest() * 40
    return InstalledCertificate(
        der=der,
        sha256=sha256(der).hexdigest(),
        addresses=(f"person{number}@corp.example",),
        not_after=datetime(2028, 1, 1, tzinfo=UTC),
        installed_at=datetime(2026, 11, 23, tzinfo=UTC),
    )


@contextmanager
def keyring_session(home: Path) -> Iterator[str]:
    """Run gnome-keyring, unlocked, on a D-Bus session of its own with its files under `home`; yield the address."""
    need_program("gnome-keyring-daemon")
    runtime = home / "run"
    runtime.mkdir(mode=0o700)
    folders = {"HOME": home, "XDG_DATA_HOME": home / "data", "XDG_CONFIG_HOME": home / "config"}
    environment = {**os.environ, **{name: str(path) for name, path in folders.items()}, "XDG_RUNTIME_DIR": str(runtime)}
    # A prompt must not appear on the screen of whoever runs the tests.
    for display in ("DISPLAY", "WAYLAND_DISPLAY"):
        environment.pop(display, None)
    command = [need_program("dbus-run-session"), "--", "bash", "-c", _KEYRING_SESSION]
    # Closing its standard input ends the session, and the keyring goes with its bus.
    with (
        (home / "log").open("wb") as log,
        Popen(command, stdin=PIPE, stdout=PIPE, stderr=log, env=environment, text=True) as session,
    ):
        yield session.stdout.readline().strip()
        session.stdin.close()
        session.wait()
