"""An account, as far as the services care."""

from dataclasses import replace

from smimetui.model.address import Address
from smimetui.model.certificate import Purpose
from smimetui.model.message import Cipher
from smimetui.model.value import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who writes, and how messages start."""

    address: Address
    encrypt_by_default: bool = True
    sign_by_default: bool = True
    cipher: Cipher | None = None
    """The content encryption; None takes the best that all recipients' programs are known to read."""
    directory_vouches: bool = True
    """The organisation's directory stands in for an unknown issuer, for encryption."""
    signing_identity: str = ""
    """SHA-256 of the own certificate to sign with; empty, or one that does not fit now, leaves it to `own_identity`."""
    signature: str = ""
    """The text that ends a new message, without its mark; empty for none."""
    encryption_identity: str = ""
    """SHA-256 of the own certificate that sent mail, and answers to it, are encrypted to; likewise."""

    def chosen(self, purpose: Purpose) -> str:
        """Return the SHA-256 of the own certificate that the person chose for a purpose, or an empty text."""
        return self.signing_identity if purpose is Purpose.SIGN else self.encryption_identity

    def chosen_for(self, sender: Address, purpose: Purpose) -> str:
        """Return what `chosen` does, for what this sender writes: empty too where that is another account's."""
        return self.chosen(purpose) if sender == self.address else ""

    def choosing(self, purpose: Purpose, sha256: str) -> "Account":
        """Return the account with that own certificate chosen for a purpose; an empty text takes the choice back."""
        if purpose is Purpose.SIGN:
            return replace(self, signing_identity=sha256)
        return replace(self, encryption_identity=sha256)
