"""A certificate as the rest of the program sees it: what RFC 5280 says of a key and its owner."""

from base64 import b64encode
from dataclasses import field
from datetime import datetime
from enum import Enum

from smimetui.model.value import dataclass


class Purpose(Enum):
    """What a certificate is asked to do."""

    SIGN = "sign"
    ENCRYPT = "encrypt"


class Source(Enum):
    """Where a certificate came from; the value is the word of the command line's JSON."""

    INSTALLED = "installed"
    GAL = "gal"
    CONTACTS = "contacts"
    LDAP = "ldap"
    FILE = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """An X.509 certificate (RFC 5280); two are equal when their DER is.

    Text fields are as the issuer wrote them, not yet made printable. `sha256` is 64 lower-case hexadecimal digits.
    `addresses` holds the rfc822Name and SmtpUTF8Mailbox names, then the e-mail addresses of the subject, without
    repetition. `key_usage` and `extended_key_usage` are None where the extension is absent; usages carry the names of
    RFC 5280 (`digitalSignature`, `keyEncipherment`, …), extended usages dotted object identifiers.
    """

    der: bytes = field(repr=False)
    sha256: str = field(compare=False)
    subject: str = field(compare=False)
    common_name: str = field(compare=False)
    issuer: str = field(compare=False)
    issuer_common_name: str = field(compare=False)
    serial_number: int = field(compare=False)
    not_before: datetime = field(compare=False)
    not_after: datetime = field(compare=False)
    addresses: tuple[str, ...] = field(compare=False)
    key_algorithm: str = field(compare=False)
    """`RSA`, `EC`, `Ed25519`, `X25519`, …"""
    key_size: int = field(compare=False)
    """Bits of the modulus or of the curve; 0 where a DSA key leaves its parameters to the issuer's (RFC 3279 2.3.2)."""
    inherited_parameters: bytes = field(default=b"", compare=False, repr=False)
    """Such parameters (DER), once an issuer is known."""
    curve: str = field(default="", compare=False)
    signature_algorithm: str = field(default="", compare=False)
    key_usage: frozenset[str] | None = field(default=None, compare=False)
    extended_key_usage: frozenset[str] | None = field(default=None, compare=False)
    is_ca: bool = field(default=False, compare=False)
    subject_key_identifier: bytes | None = field(default=None, compare=False)
    is_self_issued: bool = field(default=False, compare=False)

    @property
    def key_description(self) -> str:
        """The key as people name it: `RSA 3072`, `P-256`, `Ed25519`."""
        if self.curve:
            return self.curve
        sized = self.key_algorithm in {"RSA", "DSA"} and self.key_size
        return f"{self.key_algorithm} {self.key_size}" if sized else self.key_algorithm

    @property
    def pem(self) -> str:
        """The certificate as a PEM block with a final line end (RFC 7468)."""
        text = b64encode(self.der).decode()
        lines = (text[start : start + 64] for start in range(0, len(text), 64))
        return "\n".join(("-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""))

    @property
    def display_name(self) -> str:
        """The name to put over the certificate: its common name, else its first address, else its subject."""
        return self.common_name or (self.addresses[0] if self.addresses else self.subject)
