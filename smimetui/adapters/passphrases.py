"""Where a vault's passphrase comes from: a file that was named, or the person."""

from collections.abc import Callable

from smimetui.adapters.vault import Vault
from smimetui.model.errors import StoreLockedError
from smimetui.model.value import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Passphrases:
    """`ask` puts a question to the person, `from_file` reads the file instead. Each method raises SmimetuiError."""

    ask: Callable[[str], str]
    from_file: Callable[[], str] | None = None

    def of(self, vault: Vault) -> str:
        """Return the passphrase of a vault that is there."""
        return self.from_file() if self.from_file else self.ask(f"Passphrase of the vault {vault.path}")

    def new(self, what: str = "the new vault, which keeps your keys") -> str:
        """Return a passphrase that was typed twice, or stands in the file; `what` it is for. Never empty."""
        passphrase = self.from_file() if self.from_file else self.ask(f"Choose a passphrase for {what}")
        if not passphrase:
            raise StoreLockedError("a passphrase is needed, and an empty one is none")
        if self.from_file is None and self.ask("The same passphrase again") != passphrase:
            raise StoreLockedError("the two passphrases differ, so nothing was done")
        return passphrase
