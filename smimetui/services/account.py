"""An account, as far as the services care."""

from dataclasses import dataclass

from smimetui.model.address import Address
from smimetui.model.message import Cipher


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
