"""The vault's format: items sealed under a passphrase, as bytes. Knows no files.

`smimetui-vault 1` LF, the header as JSON LF, its SHA-256 LF, then nonce (12 bytes) and AES-256-GCM over the JSON of
all items, with everything before the nonce as additional data. The key comes from the passphrase by Argon2id (RFC 9106)
and HKDF. Each sealing takes a new random nonce.
"""

import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import field
from hashlib import sha256
from hmac import compare_digest
from typing import TypeAlias

import msgspec

from smimetui.model.errors import StoreCorruptError, StoreUnavailableError, WrongPassphraseError
from smimetui.model.value import dataclass

ItemTexts: TypeAlias = Mapping[str, Mapping[str, str]]
"""Service -> name -> text."""

_MAGIC = b"smimetui-vault "
_VERSION = b"1"
_NONCE, _SALT = 12, 16
MOST_HEADER = 4096
"""So many bytes of a file hold all that a passphrase is tried on."""
# A book of 100,000 certificates is some 250 MB; more than this is no vault of ours.
MOST_BYTES = 1 << 29
"""No vault is longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Argon2id's parameters: memory in KiB, passes, lanes.

    The default is RFC 9106's second recommended option. What a file asks for is bounded, so that a hostile one takes
    neither all memory nor minutes.
    """

    memory: int = 64 * 1024
    passes: int = 3
    lanes: int = 4

    def within_bounds(self) -> bool:
        """Tell whether Argon2id takes these and a machine can bear them."""
        return 1 <= self.lanes <= 16 and 1 <= self.passes <= 16 and 8 * self.lanes <= self.memory <= 256 * 1024  # noqa: PLR2004 - the bounds themselves


class _Header(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    memory: int
    passes: int
    lanes: int
    salt: bytes
    check: bytes = b""
    """Derived from the passphrase beside the key: tells a wrong passphrase from a damaged file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealing:
    """A passphrase's key and the beginning of the files it seals."""

    prefix: bytes
    key: bytes = field(repr=False)

    def seal(self, items: ItemTexts) -> bytes:
        """Return the whole file that holds these items."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = secrets.token_bytes(_NONCE)
        return self.prefix + nonce + AESGCM(self.key).encrypt(nonce, msgspec.json.encode(items), self.prefix)

    def open(self, content: bytes, name: str) -> dict[str, dict[str, str]]:
        """Return the items of a file that starts with the prefix; `name` is what errors call it.

        Raises StoreCorruptError.
        """
        return items_of(self.plain(content, name), name)

    def plain(self, content: bytes, name: str) -> bytes:
        """Return what `items_of` reads, so that a file of megabytes can be let go of before. Raises as `open` does."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        sealed = memoryview(content)[len(self.prefix) :]
        try:
            return AESGCM(self.key).decrypt(sealed[:_NONCE], sealed[_NONCE:], self.prefix)
        except (InvalidTag, ValueError) as error:
            raise damaged(name) from error


def items_of(plain: bytes, name: str) -> dict[str, dict[str, str]]:
    """Return the items of a file that was decrypted. Raises StoreCorruptError."""
    try:
        return msgspec.json.decode(plain, type=dict[str, dict[str, str]])
    except (ValueError, msgspec.DecodeError) as error:
        raise damaged(name) from error


def new_sealing(passphrase: str, cost: Cost) -> Sealing:
    """Return a sealing with a new salt. Raises WrongPassphraseError for an empty passphrase."""
    if not passphrase:
        raise WrongPassphraseError("an empty passphrase protects nothing")
    if not cost.within_bounds():
        raise ValueError(cost)
    header = _Header(memory=cost.memory, passes=cost.passes, lanes=cost.lanes, salt=secrets.token_bytes(_SALT))
    key, header.check = _derive(passphrase, header)
    line = msgspec.json.encode(header)
    # The checksum tells a damaged header, which no passphrase opens, from a wrong passphrase.
    return Sealing(prefix=b"\n".join((_MAGIC + _VERSION, line, sha256(line).hexdigest().encode(), b"")), key=key)


def sealing_of(content: bytes, passphrase: str, name: str) -> Sealing:
    """Return the sealing of a file's bytes. Raises WrongPassphraseError, and StoreError as `check_header` does."""
    prefix, header = _split_header(content, name)
    key, check = _derive(passphrase, header)
    if not compare_digest(check, header.check):
        raise WrongPassphraseError(f"this passphrase does not open {name}")
    return Sealing(prefix=prefix, key=key)


def check_header(content: bytes, name: str) -> None:
    """Raise StoreCorruptError for what no passphrase can open, StoreUnavailableError for a newer version's."""
    _split_header(content, name)


def damaged(name: str) -> StoreCorruptError:
    """Return the error about a vault that is not what was written."""
    return StoreCorruptError(f"{name} is damaged", "it was left as it is; restore it from a backup")


def _split_header(content: bytes, name: str) -> tuple[bytes, _Header]:
    lines = content[:MOST_HEADER].split(b"\n", 3)
    if not content.startswith(_MAGIC) or len(lines) < 4:  # noqa: PLR2004 - magic, header, checksum, the rest
        raise damaged(name)
    if lines[0] != _MAGIC + _VERSION:
        raise StoreUnavailableError(f"{name} was written by a newer smimetui", "update this one")
    try:
        header = msgspec.json.decode(lines[1], type=_Header)
    except (msgspec.DecodeError, ValueError) as error:
        raise damaged(name) from error
    cost = Cost(memory=header.memory, passes=header.passes, lanes=header.lanes)
    if sha256(lines[1]).hexdigest().encode() != lines[2] or not cost.within_bounds() or len(header.salt) != _SALT:
        raise damaged(name)
    return content[: sum(len(line) + 1 for line in lines[:3])], header


def _derive(passphrase: str, header: _Header) -> tuple[bytes, bytes]:
    """Return the key and the check value (32 and 16 bytes)."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
    from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

    secret = Argon2id(
        salt=header.salt, length=32, iterations=header.passes, lanes=header.lanes, memory_cost=header.memory
    ).derive(unicodedata.normalize("NFC", passphrase).encode(errors="surrogatepass"))
    key = HKDFExpand(SHA256(), 32, b"smimetui vault key").derive(secret)
    return key, HKDFExpand(SHA256(), 16, b"smimetui vault check").derive(secret)
