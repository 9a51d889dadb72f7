"""The composition root: builds adapters, from them services, from them the app or a command."""

import gc
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from smimetui.adapters.clock import SystemClock
from smimetui.adapters.folders import Folders, folders_under, own_folders
from smimetui.cli.accounts import Accounts
from smimetui.cli.input import ask_passphrase
from smimetui.cli.run import run
from smimetui.model.errors import ConfigError, StoreError, StoreLockedError

if TYPE_CHECKING:
    from smimetui.adapters.file_opening import FileOpener
    from smimetui.adapters.own_store import OwnStore
    from smimetui.adapters.passphrases import Passphrases
    from smimetui.adapters.secret_store import SecretStore
    from smimetui.adapters.settings import AccountSettings, Settings
    from smimetui.adapters.store_keeper import StoreKeeper
    from smimetui.adapters.text_editor import TextEditor
    from smimetui.cli.world import SandboxWorld, Store
    from smimetui.demo.exchange import ExchangeServer
    from smimetui.model.message import Attachment
    from smimetui.services.account import Account
    from smimetui.services.ports import AnchorSource, RevocationSource
    from smimetui.services.session import Session
    from smimetui.ui.app import SmimetuiApp
    from smimetui.ui.start import Start

Ask = Callable[[str], str]

_WHILE_RUNNING = gc.get_threshold()
_WHILE_LOADING = 50_000
"""Objects made before garbage is looked for among them: more than a small command makes."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code."""
    if argv is not None:
        return run(argv, Home)
    # The process is this command's: what it loads stays until its end. To look for garbage in it again and again, and
    # once more when all is done, was a fifth of a short one.
    gc.set_threshold(_WHILE_LOADING)
    try:
        return run(sys.argv[1:], Home)
    finally:
        gc.freeze()


class Home:
    """The person's own folders, store and accounts."""

    _fixed = ""
    """Why the store neither moves nor takes another passphrase."""

    def __init__(self, passphrase_file: Path | None, folders: Folders | None = None) -> None:
        self._passphrase_file = passphrase_file
        self._own_folders = folders
        self._own_store: OwnStore | None = None
        self._revocation: RevocationSource | None = None
        self._opening = Lock()
        self._on_terminal: Ask = ask_passphrase
        self.accounts = Accounts(self)
        self.clock = SystemClock()

    @property
    def _folders(self) -> Folders:
        if self._own_folders is None:
            self._own_folders = own_folders()
        return self._own_folders

    def settings(self) -> "Settings":
        """Return the settings as the file has them now."""
        from smimetui.adapters.settings import load_settings

        return load_settings(self._folders.settings_file)

    def change_settings(self, change: "Callable[[Settings], Settings]") -> None:
        """Apply a change to the settings and write them."""
        from smimetui.adapters.settings import change_settings

        change_settings(self._folders.settings_file, change)

    def store(self) -> "Store":
        """Return the store, unlocked."""
        return self.store_by(self._on_terminal)

    def store_by(self, ask: Ask) -> "Store":
        """Return the store, unlocked by what `ask` answers where it must; one question is open at a time."""
        with self._opening:
            return self._store(ask)

    def keeper(self) -> "StoreKeeper":
        """Return what looks at the store as a whole, moves, saves and mends it."""
        from smimetui.adapters.store_keeper import StoreKeeper

        return StoreKeeper(
            self._folders,
            settings=self.settings,
            change_settings=self.change_settings,
            passphrases=self._passphrases(self._on_terminal),
            fixed=self._fixed,
        )

    def anchors(self) -> "AnchorSource":
        """Return the system's trust anchors."""
        from smimetui.adapters.system_anchors import SystemAnchors

        return SystemAnchors()

    def revocation(self) -> "RevocationSource | None":
        """Return what is known of revocation, asked of the authorities where the settings allow it."""
        if self.settings().revocation == "off":
            return None
        if self._revocation is None:
            from smimetui.adapters.revocation import FetchedRevocation

            self._revocation = FetchedRevocation(self._folders.revocation, self.clock)
        return self._revocation

    def session(self, account: str | None) -> "Session":
        """Return the services of an account."""
        return self._session(account, self._on_terminal)

    def show(self, start: "Start", account: str | None = None) -> int:
        """Run the app until the person leaves it."""
        app = self.app(start, account)
        # What is loaded by now stays: full garbage collections would hold the screen up for 40 ms and more.
        gc.freeze()
        gc.set_threshold(*_WHILE_RUNNING)
        # The terminal is the screen's now: a question there would hang unseen.
        self._on_terminal = _refuse_to_ask
        try:
            return app.run() or app.return_code or 0
        finally:
            self._on_terminal = ask_passphrase

    def app(self, start: "Start", account: str | None = None) -> "SmimetuiApp":
        """Return the app; its session opens behind the first frame."""
        from smimetui.adapters.settings import change_settings, with_defaults, with_look, with_undo_send
        from smimetui.ui.app import SmimetuiApp
        from smimetui.ui.preferences import Preferences

        settings = self.settings()
        file = self._folders.settings_file

        def save_look(theme: str, glyphs: str) -> None:
            change_settings(file, lambda settings: with_look(settings, theme, glyphs))

        def save_account(account: "Account") -> None:
            change_settings(file, lambda settings: with_defaults(settings, account))

        def save_undo_send(seconds: int) -> None:
            change_settings(file, lambda settings: with_undo_send(settings, seconds))

        def open_session(ask: Ask, chosen: str | None) -> "Session":
            self._editor.sweep()
            return self._session(chosen or account, ask)

        preferences = Preferences(
            theme=settings.theme,
            glyphs=settings.glyphs,
            themes_folder=self._folders.themes,
            keys=settings.keys,
            save_look=save_look,
            save_account=save_account,
            undo_send=settings.undo_send,
            save_undo_send=save_undo_send,
            accounts=tuple(found.mailbox for found in settings.accounts),
            book=self.accounts,
            edit=self._edit,
            open_file=self._open_file,
        )
        return SmimetuiApp(open_session, start=start, preferences=preferences)

    @property
    def _editor(self) -> "TextEditor":
        from smimetui.adapters.text_editor import TextEditor

        return TextEditor(self._folders.state / "editor")

    def _edit(self, text: str, saved: Callable[[str], None]) -> str:
        return self._editor.edit(text, saved)

    def _open_file(self, attachment: "Attachment") -> str:
        from smimetui.ui.files import safe_name

        return self._opener.open(attachment, safe_name(attachment.name))

    @cached_property
    def _opener(self) -> "FileOpener":
        from smimetui.adapters.file_opening import FileOpener

        return FileOpener()

    def sandbox(self, *, fresh: bool, exchange: bool = False) -> "SandboxWorld":
        """Return the world of the sandbox, built if need be."""
        from smimetui.demo.marker import is_current

        folder = self._folders.data / "demo"
        if fresh or not is_current(folder):
            from smimetui.demo.sandbox import build_sandbox

            try:
                build_sandbox(folder, fresh=fresh, now=datetime.now().astimezone())
            except OSError as error:
                raise ConfigError(f"the sandbox cannot be built in {folder}: {error.strerror}") from error
        return Sandbox(folder, exchange=exchange)

    def _session(self, account: str | None, ask: Ask) -> "Session":
        from smimetui.adapters.maildir import Maildir
        from smimetui.adapters.settings import account_of
        from smimetui.adapters.shelf import shelves_in
        from smimetui.model.address import Address
        from smimetui.services.account import Account
        from smimetui.services.session import build_session
        from smimetui.smime.revocation import RevocationMode

        chosen = self._chosen(account)
        store = self.store_by(ask)
        exchanges = self.accounts.exchanges(store, chosen)
        opened = tuple(exchanges.values())

        def close() -> None:
            for exchange in opened:
                exchange.close()

        own = exchanges.pop(chosen.mailbox, None) if chosen else None
        maildir = Maildir(chosen.folder, self._folders.headers) if chosen and chosen.backend == "maildir" else None
        return build_session(
            account=account_of(chosen) if chosen else Account(address=Address("nobody", "account.invalid")),
            store=store,
            identities=store,
            directories=own.directories if own else (),
            other_directories=[directory for other in exchanges.values() for directory in other.directories],
            system=self.anchors(),
            mailbox=own.mailbox if own else maildir,
            transport=own.transport if own else None,
            contacts=own.contacts if own else None,
            examine=own.examine if own else None,
            secrets=store,
            clock=self.clock,
            notice=self._own_store.notice if self._own_store else "",
            revocation=self.revocation(),
            mode=RevocationMode(self.settings().revocation),
            shelves=shelves_in(self._folders),
            close_ports=close,
        )

    def _chosen(self, account: str | None) -> "AccountSettings | None":
        """Return an account's settings; None where no account is set up and none was named."""
        from smimetui.model.address import parse_address

        settings = self.settings()
        if account is None:
            return settings.accounts[0] if settings.accounts else None
        chosen = settings.account(parse_address(account))
        if chosen is None:
            raise ConfigError(f"there is no account {account}", "see smimetui account list")
        return chosen

    def _store(self, ask: Ask) -> "Store":
        if self._own_store is None:
            from smimetui.adapters.own_store import OwnStore

            self._own_store = OwnStore(self._open_store, self._passphrases)
        return self._own_store.open(ask)

    def _open_store(self) -> "tuple[SecretStore, str]":
        from smimetui.adapters.open_store import open_store

        settings = self.settings()
        return open_store(settings.store, self._folders, idle=60.0 * settings.lock_after)

    def _passphrases(self, ask: Ask) -> "Passphrases":
        from smimetui.adapters.passphrases import Passphrases

        file = self._passphrase_file
        return Passphrases(ask=ask, from_file=None if file is None else lambda: _read_passphrase(file))


class Sandbox(Home):
    """The world of `smimetui demo`: everything in one folder, a vault that opens by itself, an outbox to send to.

    With `exchange` the same people and post are on an Exchange server of the loopback.
    """

    _fixed = "the sandbox's vault is its own and opens by itself"

    def __init__(self, folder: Path, *, exchange: bool = False) -> None:
        super().__init__(None, folders_under(folder))
        self.folder = folder
        self._on_exchange = exchange
        self._served: tuple[ExchangeServer, str] | None = None

    @property
    def outbox(self) -> Path:
        """The folder that sent envelopes are written to."""
        from smimetui.demo.sandbox import sandbox_outbox

        return sandbox_outbox(self.folder)

    def anchors(self) -> "AnchorSource":
        """Return nothing: in the sandbox its own authority counts alone."""
        from smimetui.adapters.no_anchors import NoAnchors

        return NoAnchors()

    def revocation(self) -> "RevocationSource | None":
        """Return nothing: the sandbox asks nobody."""
        return None

    def sandbox(self, *, fresh: bool, exchange: bool = False) -> "SandboxWorld":
        """Raise ConfigError: a sandbox holds no other."""
        del exchange
        raise ConfigError(f"{self.folder} is the sandbox already", "--fresh builds it anew" if fresh else "")

    def _session(self, account: str | None, ask: Ask) -> "Session":
        from smimetui.demo.sandbox import open_sandbox

        chosen = self._chosen(account)
        session = open_sandbox(self.folder, clock=self.clock)
        if self._on_exchange:
            session = self._over_exchange(session)
        if chosen is None or chosen.mailbox == session.account.address:
            return session
        return super()._session(account, ask)

    def _over_exchange(self, session: "Session") -> "Session":
        """Return the session over the server, which is started unless it runs."""
        from smimetui.adapters.shelf import shelves_in
        from smimetui.demo.sandbox_exchange import serve_sandbox, session_on

        if self._served is None:
            self._served = serve_sandbox(self.folder)
        return session_on(*self._served, session, system=self.anchors(), shelves=shelves_in(self._folders))

    def _open_store(self) -> "tuple[SecretStore, str]":
        from smimetui.demo.sandbox import open_sandbox_store

        return open_sandbox_store(self.folder), ""

    def _passphrases(self, ask: Ask) -> "Passphrases":
        from smimetui.adapters.passphrases import Passphrases
        from smimetui.demo.sandbox import sandbox_passphrase

        return Passphrases(ask=ask, from_file=lambda: sandbox_passphrase(self.folder))


def _refuse_to_ask(question: str) -> str:
    raise StoreLockedError("the store is locked", f"“{question}” cannot be asked here")


def _read_passphrase(path: Path) -> str:
    from smimetui.cli.input import read_password

    try:
        return read_password(path)
    except OSError as error:
        raise StoreError(f"the passphrase file {path} cannot be read: {error.strerror}") from error


if __name__ == "__main__":
    sys.exit(main())
