"""The sandbox on disk: built whole or not at all, in one folder, and opened without a question.

Its vault is the sandbox's own: the passphrase lies beside it, for there is nothing in it to protect. Neither the
person's keyring nor the network is ever asked.
"""

import json
import os
import secrets
import shutil
import tempfile
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from smimetui.adapters.atomic_file import private_folder, write_atomically
from smimetui.adapters.clock import SystemClock
from smimetui.adapters.file_directory import FileDirectory, write_entries
from smimetui.adapters.folders import folders_under
from smimetui.adapters.maildir import Maildir
from smimetui.adapters.no_anchors import NoAnchors
from smimetui.adapters.open_store import vault_store
from smimetui.adapters.outbox import OutboxTransport
from smimetui.adapters.secret_store import SecretStore
from smimetui.adapters.settings import AccountSettings, Settings, account_of, load_settings, save_settings
from smimetui.adapters.shelf import shelves_in
from smimetui.adapters.vault import Vault
from smimetui.adapters.vault_file import Cost
from smimetui.demo.marker import MARKER, VERSION, is_current
from smimetui.demo.organisation import Organisation, found_organisation
from smimetui.demo.people import ALICE
from smimetui.demo.post import make_post
from smimetui.model.certificate import Source
from smimetui.model.errors import ConfigError, StoreCorruptError
from smimetui.services.ports import Clock
from smimetui.services.session import Account, Session, build_session

_MAIL, _OUTBOX, _GAL, _CONTACTS, _PASSPHRASE = "mail", "outbox", "gal.json", "contacts.json", "passphrase"
_OWN_NAMES = {MARKER, _MAIL, _OUTBOX, _GAL, _CONTACTS, _PASSPHRASE, "config", "data", "state", "cache"}
_LIGHT = Cost(memory=8 * 1024, passes=1, lanes=1)
"""Argon2id for a passphrase of 192 random bits that lies beside the vault: stretching adds nothing."""
_ABANDONED = 3600.0
"""Seconds after which a half-built sandbox is nobody's any more."""


def build_sandbox(folder: Path, *, fresh: bool = False, now: datetime) -> None:
    """Build the sandbox in `folder`, unless a whole one of this version is there; with `fresh`, build it anew.

    `now` carries the time zone of the messages' dates. A kill at any moment leaves the old sandbox or the new. Raises
    ConfigError where `folder` holds something else, OSError.
    """
    if not fresh and is_current(folder):
        return
    _refuse_strangers(folder)
    private_folder(folder.parent)
    _clear_abandoned(folder)
    building = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", suffix=".building", dir=folder.parent))
    try:
        _furnish(building, folder, now)
        _put_in_place(building, folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def open_sandbox(folder: Path, *, clock: Clock | None = None) -> Session:
    """Return a session on a sandbox that was built; its vault opens by itself.

    Raises ConfigError and StoreError where the sandbox was damaged.
    """
    store = open_sandbox_store(folder)
    return build_session(
        account=_account(folder),
        store=store,
        identities=store,
        directories=(FileDirectory(folder / _GAL, Source.GAL), FileDirectory(folder / _CONTACTS, Source.CONTACTS)),
        system=NoAnchors(),
        mailbox=Maildir(folder / _MAIL, folders_under(folder).headers),
        transport=OutboxTransport(folder / _OUTBOX),
        secrets=store,
        clock=clock or SystemClock(),
        shelves=shelves_in(folders_under(folder)),
        notice="The sandbox: its vault opens by itself, your own keyring is never touched",
    )


def open_sandbox_store(folder: Path) -> SecretStore:
    """Return the sandbox's store, unlocked; raises StoreError."""
    store = vault_store(folders_under(folder))
    store.unlock(sandbox_passphrase(folder))
    return store


def sandbox_passphrase(folder: Path) -> str:
    """Return what opens the sandbox's vault; raises StoreCorruptError where it is gone."""
    try:
        return (folder / _PASSPHRASE).read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise StoreCorruptError(
            "the sandbox has lost its passphrase", "build it anew: smimetui demo --fresh"
        ) from error


def sandbox_gal(folder: Path) -> Path:
    """Return the file of the sandbox's address list."""
    return folder / _GAL


def sandbox_contacts(folder: Path) -> Path:
    """Return the file of the sandbox's contacts."""
    return folder / _CONTACTS


def sandbox_mailbox(folder: Path) -> Path:
    """Return the Maildir of the sandbox."""
    return folder / _MAIL


def sandbox_outbox(folder: Path) -> Path:
    """Return the folder that sent envelopes are written to."""
    return folder / _OUTBOX


def _account(folder: Path) -> Account:
    settings = load_settings(folders_under(folder).settings_file)
    kept = settings.account(ALICE.mailbox)
    if kept is None:
        return Account(address=ALICE.mailbox)
    return account_of(kept)


def _furnish(building: Path, folder: Path, now: datetime) -> None:
    """Fill the folder `building`, which will become `folder`; the marker comes last."""
    organisation = found_organisation(now)
    write_entries(building / _GAL, organisation.gal, organisation.members)
    write_entries(building / _CONTACTS, organisation.contacts)
    _fill_store(building, organisation)
    _fill_mailbox(building / _MAIL, organisation, now)
    private_folder(building / _OUTBOX)
    account = AccountSettings(address=str(ALICE.mailbox), backend="maildir", path=str(folder.absolute() / _MAIL))
    save_settings(folders_under(building).settings_file, Settings(accounts=(account,), store="vault"))
    marker = {"what": "the sandbox of smimetui demo", "version": VERSION, "built": now.isoformat()}
    write_atomically(building / MARKER, json.dumps(marker).encode())


def _fill_store(building: Path, organisation: Organisation) -> None:
    passphrase = secrets.token_urlsafe(24)
    write_atomically(building / _PASSPHRASE, passphrase.encode())
    folders = folders_under(building)
    private_folder(folders.vault_file.parent)
    Vault.create(folders.vault_file, passphrase, cost=_LIGHT)
    store = vault_store(folders)
    store.unlock(passphrase)
    store.add_anchor(organisation.root)
    alice = organisation.identity(ALICE)
    store.add_identity(alice.pkcs8, alice.certificate.der, [link.der for link in alice.chain])


def _fill_mailbox(folder: Path, organisation: Organisation, now: datetime) -> None:
    """Write the letters under names that tell them apart, for `smimetui demo open FILE`."""
    Maildir.create(folder)
    for letter in make_post(organisation, now):
        stamp = letter.date.timestamp()
        name = f"{stamp:.0f}.{letter.name}.{ALICE.mailbox.domain}"
        path = folder / "cur" / f"{name}:2,S" if letter.seen else folder / "new" / name
        path.write_bytes(letter.raw)
        path.chmod(0o600)
        os.utime(path, (stamp, stamp))


def _refuse_strangers(folder: Path) -> None:
    """Raise ConfigError where the folder holds what no sandbox holds: it would be lost."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise ConfigError(f"{folder} is not a folder of its own", "move it away")
    if folder.is_dir() and not (folder / MARKER).is_file():
        strange = sorted({path.name for path in folder.iterdir()} - _OWN_NAMES)
        if strange:
            raise ConfigError(f"{folder} holds something else than the sandbox: {strange[0]}", "move it away")


def _clear_abandoned(folder: Path) -> None:
    """Remove what builds that were killed long ago left."""
    for leftover in folder.parent.glob(f".{folder.name}-*.building"):
        with suppress(OSError):
            if time.time() - leftover.stat().st_mtime > _ABANDONED:
                shutil.rmtree(leftover, ignore_errors=True)


def _put_in_place(building: Path, folder: Path) -> None:
    old = building.with_name(f".{folder.name}-{secrets.token_hex(6)}.building")
    had_old = folder.exists()
    if had_old:
        folder.rename(old)
    try:
        building.rename(folder)
    except OSError:
        # Another process that started at the same moment may have been first, and its sandbox is as good.
        if not is_current(folder):
            if had_old:
                old.rename(folder)
            raise
    if had_old:
        shutil.rmtree(old, ignore_errors=True)
