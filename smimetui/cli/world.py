"""What a command may ask of the world around it. The composition root provides it; the sandbox has one of its own."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from smimetui.services.ports import (
    AnchorSource,
    CertificateStore,
    Clock,
    IdentityStore,
    KeptSecrets,
    RevocationSource,
)

if TYPE_CHECKING:
    from smimetui.adapters.settings import Settings
    from smimetui.adapters.store_keeper import StoreKeeper
    from smimetui.cli.accounts import Accounts
    from smimetui.services.session import Session
    from smimetui.ui.app import SmimetuiApp
    from smimetui.ui.start import Start


class Store(CertificateStore, IdentityStore, KeptSecrets, Protocol):
    """Where certificates, own keys, and the accounts' passwords and tokens are kept."""

    @property
    def resting(self) -> bool:
        """It locked itself, and was not used since."""
        ...

    def on_lock(self, tell: Callable[[], None]) -> None:
        """Have `tell` called, on a thread of its own, whenever the store locks."""
        ...


class World(Protocol):
    """The person's own folders, store and accounts, or those of the sandbox.

    Nothing is opened before it is asked for. Every method raises SmimetuiError.
    """

    @property
    def clock(self) -> Clock:
        """The time."""
        ...

    @property
    def accounts(self) -> "Accounts":
        """The accounts, to list and change."""
        ...

    def settings(self) -> "Settings":
        """Return the settings as the file has them now."""
        ...

    def change_settings(self, change: "Callable[[Settings], Settings]") -> None:
        """Apply a change to the settings and write them."""
        ...

    def store(self) -> Store:
        """Return the store, unlocked: by the passphrase file, or by asking on the terminal.

        A vault that is not there yet is empty, and made with the first thing that is to be kept.
        """
        ...

    def keeper(self) -> "StoreKeeper":
        """Return what looks at the store as a whole, moves, saves and mends it."""
        ...

    def anchors(self) -> AnchorSource:
        """Return the system's trust anchors."""
        ...

    def revocation(self) -> RevocationSource | None:
        """Return what is known of revocation; None where nothing is to be asked of the network."""
        ...

    def session(self, account: str | None) -> "Session":
        """Return the services of an account, the default one for None.

        Where no account is set up, the services know the store alone, and write as nobody. Raises ConfigError for an
        account that is not there.
        """
        ...

    def show(self, start: "Start", account: str | None = None) -> int:
        """Run the app until the person leaves it, and return the exit code."""
        ...

    def app(self, start: "Start", account: str | None = None) -> "SmimetuiApp":
        """Return the app, not yet running; its session opens behind the first frame."""
        ...

    def sandbox(self, *, fresh: bool, exchange: bool = False) -> "SandboxWorld":
        """Return the world of the sandbox, built if need be; with `fresh`, built anew."""
        ...


class SandboxWorld(World, Protocol):
    """The world of the sandbox."""

    @property
    def outbox(self) -> Path:
        """The folder that sent envelopes are written to."""
        ...
