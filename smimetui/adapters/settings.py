"""The settings file: read cheaply and strictly, written without losing what the person wrote in it."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import msgspec

from smimetui.adapters.folders import typed_path
from smimetui.model import message
from smimetui.model.address import Address, parse_address
from smimetui.model.errors import AddressError, ConfigError
from smimetui.services.account import Account

Glyphs = Literal["auto", "emoji", "unicode", "ascii"]
Store = Literal["auto", "keyring", "vault"]
Backend = Literal["maildir", "exchange"]
Auth = Literal["", "basic", "ntlm", "oauth"]
Revocation = Literal["soft", "hard", "off"]
Cipher = Literal["auto", "aes256_cbc", "aes256_gcm"]


class AccountSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `[[account]]`. `address` may carry the display name; A `path`, of the `anchor` too, may start with `~`.

    A maildir account has a path; an exchange account an endpoint and a way to log in, which setting it up found out.
    Passwords and tokens are in the store.
    """

    address: str
    backend: Backend = "maildir"
    path: str = ""
    endpoint: str = ""
    auth: Auth = ""
    login: str = ""
    version: str = ""
    anchor: str = ""
    """A private authority of the server: PEM; or the path of a file that has it, read at each start."""
    authority: str = ""
    client_id: str = ""
    encrypt_by_default: bool = True
    sign_by_default: bool = True
    directory_vouches: bool = True
    cipher: Cipher = "auto"
    """Auto: the best that all recipients' programs are known to read."""
    signing_identity: str = ""
    """SHA-256 of the own certificate to sign with, where the person chose one."""
    encryption_identity: str = ""
    """SHA-256 of the own certificate to be written to with, likewise."""
    signature: str = ""
    """The text that ends a new message."""

    @property
    def mailbox(self) -> Address:
        """The address, parsed; settings that were loaded hold valid ones only."""
        return parse_address(self.address)

    @property
    def folder(self) -> Path:
        """The Maildir."""
        return typed_path(self.path)


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything a person may choose; the first account is the default one."""

    theme: str = "dark"
    glyphs: Glyphs = "auto"
    store: Store = "auto"
    lock_after: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 15
    """Minutes without use after which the store forgets what it holds, and a vault is locked; 0 for never."""
    undo_send: Annotated[int, msgspec.Meta(ge=0, le=600)] = 10
    """Seconds in which a message can be taken back after Send, 0 for none; ten are what iOS Mail gives."""
    revocation: Revocation = "soft"
    """What not knowing whether a certificate was revoked means: soft lets it pass, hard does not, off never asks."""
    accounts: tuple[AccountSettings, ...] = msgspec.field(default=(), name="account")
    keys: dict[str, str] = {}
    """Action to key, over the usual keys."""

    def account(self, address: Address) -> AccountSettings | None:
        """Return the account of this address."""
        return next((account for account in self.accounts if account.mailbox == address), None)


_TEXT = "a text in quotes"
_SWITCH = "true or false"
_GOT = {
    "int": "a number",
    "float": "a number",
    "str": "a text",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "null": "nothing",
}
_EXPECTED = {
    "theme": "a theme's name in quotes",
    "glyphs": "one of " + ", ".join(f'"{word}"' for word in get_args(Glyphs)),
    "store": "one of " + ", ".join(f'"{word}"' for word in get_args(Store)),
    "lock_after": "a whole number of minutes, 0 for never",
    "undo_send": "a whole number of seconds up to 600, 0 for none",
    "revocation": "one of " + ", ".join(f'"{word}"' for word in get_args(Revocation)),
    "account": "tables that start with [[account]]",
    "keys": 'a table [keys] with lines like send = "f5"',
    "address": "a mail address in quotes",
    "backend": 'one of "maildir", "exchange"',
    "path": "a folder's path in quotes",
    "endpoint": 'the web service in quotes, like "https://mail.example/EWS/Exchange.asmx"',
    "auth": 'one of "basic", "ntlm", "oauth"',
    "login": "a login name in quotes",
    "version": "a server's version in quotes",
    "anchor": "a certificate (PEM), or its file's path, in quotes",
    "authority": "a sign-in address in quotes",
    "client_id": "an application's id in quotes",
    "encrypt_by_default": _SWITCH,
    "sign_by_default": _SWITCH,
    "directory_vouches": _SWITCH,
    "signing_identity": "a certificate's SHA-256 in quotes",
    "encryption_identity": "a certificate's SHA-256 in quotes",
    "signature": "a text in quotes",
    "cipher": "one of " + ", ".join(f'"{word}"' for word in get_args(Cipher)),
}


def with_account(settings: Settings, account: AccountSettings) -> Settings:
    """Return the settings with one more account, the last. Raises ConfigError where its address has one."""
    if settings.account(account.mailbox) is not None:
        raise ConfigError(f"there is an account {account.mailbox.spec} already", "see smimetui account list")
    return msgspec.structs.replace(settings, accounts=(*settings.accounts, account))


def account_of(settings: AccountSettings) -> Account:
    """Return what the services need of an account's settings."""
    return Account(
        address=settings.mailbox,
        encrypt_by_default=settings.encrypt_by_default,
        sign_by_default=settings.sign_by_default,
        directory_vouches=settings.directory_vouches,
        cipher=None if settings.cipher == "auto" else message.Cipher(settings.cipher),
        signing_identity=settings.signing_identity,
        encryption_identity=settings.encryption_identity,
        signature=settings.signature,
    )


def with_look(settings: Settings, theme: str, glyphs: str) -> Settings:
    """Return the settings with another theme and glyph set; whether there are such ones is checked on writing."""
    return msgspec.structs.replace(settings, theme=theme, glyphs=glyphs)


def with_undo_send(settings: Settings, seconds: int) -> Settings:
    """Return the settings with another time in which a message can be taken back."""
    return msgspec.structs.replace(settings, undo_send=seconds)


def with_defaults(settings: Settings, account: Account) -> Settings:
    """Return the settings with this account's choices in place of those they have for it."""
    accounts = tuple(
        msgspec.structs.replace(
            old,
            encrypt_by_default=account.encrypt_by_default,
            sign_by_default=account.sign_by_default,
            directory_vouches=account.directory_vouches,
            signing_identity=account.signing_identity,
            encryption_identity=account.encryption_identity,
        )
        if old.mailbox == account.address
        else old
        for old in settings.accounts
    )
    return msgspec.structs.replace(settings, accounts=accounts)


def load_settings(path: Path) -> Settings:
    """Return the settings of the file, the defaults where there is none.

    Raises ConfigError with a sentence that names the file, the key and what is expected.
    """
    try:
        return _parse(path, path.read_bytes())
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise ConfigError(f"the settings {path} cannot be read: {error.strerror}") from error


def save_settings(path: Path, settings: Settings) -> None:
    """Write the settings; comments, order and what did not change stay as they are. Raises ConfigError."""
    change_settings(path, lambda _: settings)


def change_settings(path: Path, change: Callable[[Settings], Settings]) -> Settings:
    """Apply `change` to the settings as the file has them now, no other process writing meanwhile.

    A file that cannot be read is not written over. Raises ConfigError.
    """
    from filelock import FileLock, Timeout

    from smimetui.adapters.atomic_file import private_folder, write_atomically

    try:
        # A settings file may be a link into a folder that the person keeps under version control.
        target = path.resolve()
        private_folder(target.parent)
        with FileLock(target.with_name(f".{target.name}.lock"), timeout=10, mode=0o600):
            before = load_settings(target)
            after = change(before)
            _check_accounts(path, after)
            old = target.read_bytes() if target.exists() else b""
            new = _edited(path, old.decode(), before, after).encode()
            if new != old:
                write_atomically(target, new)
            return after
    except Timeout as error:
        raise ConfigError(f"another program holds the settings {path}") from error
    except OSError as error:
        raise ConfigError(f"the settings {path} cannot be written: {error.strerror}") from error


def _parse(path: Path, content: bytes) -> Settings:
    try:
        settings = msgspec.toml.decode(content, type=Settings)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {_explained(str(error))}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from error
    _check_accounts(path, settings)
    return settings


def _check_accounts(path: Path, settings: Settings) -> None:
    seen: set[Address] = set()
    for number, account in enumerate(settings.accounts, 1):
        try:
            address = account.mailbox
        except AddressError as error:
            raise ConfigError(f"{path}: account {number}, “address”: {error.summary}", error.hint) from error
        if address in seen:
            raise ConfigError(f"{path}: account {number}, “address”: there is an account {address.spec} already")
        seen.add(address)
        for key in ("path",) if account.backend == "maildir" else ("endpoint", "auth"):
            if not getattr(account, key):
                raise ConfigError(f"{path}: account {number}, “{key}”: expected {_EXPECTED[key]}")


def _explained(message: str) -> str:
    """Turn msgspec's `fault - at $.account[0].path` into our words."""
    fault, _, place = message.partition(" - at ")
    named = re.search(r"(unknown|required) field `([^`]*)`", fault)
    keys = re.findall(r"\.([^.\[\]`]+)", place)
    if named:
        keys.append(named[2])
    key = keys[-1] if keys else ""
    number = re.search(r"account\[(\d+)\]", place)
    where = f"account {int(number[1]) + 1}, " if number and key != "account" else ""
    if named and named[1] == "unknown":
        return f"{where}“{key}” is no setting"
    got = re.search(r"got `([^`]*)`", fault)
    expected = "a key's name in quotes in each line" if place == "`$.keys[...]`" else _EXPECTED.get(key, _TEXT)
    return f"{where}“{key}”: expected {expected}" + (f", not {_GOT.get(got[1], got[1])}" if got else "")


def _edited(path: Path, text: str, before: Settings, after: Settings) -> str:
    """Return the file's text with the differences between the two applied; it reads back as `after`."""
    import tomlkit

    try:
        document = tomlkit.parse(text)
        _edit(document, before, after)
        edited = tomlkit.dumps(document)
        if _parse(path, edited.encode()) == after:
            return edited
    except (ValueError, LookupError, ConfigError):
        # TOML has more ways to write a thing than there is code to edit it.
        pass
    raise ConfigError(f"{path} is written in a way that is not edited here", "change it by hand")


def _edit(document: Any, before: Settings, after: Settings) -> None:
    for key in ("theme", "glyphs", "store", "lock_after", "undo_send", "revocation"):
        if getattr(before, key) != getattr(after, key):
            document[key] = getattr(after, key)
    if before.keys != after.keys:
        keys = document.setdefault("keys", _new_table())
        for action in before.keys.keys() - after.keys.keys():
            del keys[action]
        for action, key in after.keys.items():
            if before.keys.get(action) != key:
                keys[action] = key
    if before.accounts != after.accounts:
        _edit_accounts(document, before, after)


def _edit_accounts(document: Any, before: Settings, after: Settings) -> None:
    """Edit accounts where they stand; where their order changes, or they stand in one line, set them anew."""
    import tomlkit

    old = {account.mailbox: account for account in before.accounts}
    wanted = {account.mailbox: account for account in after.accounts}
    tables = dict(zip(old, document.get("account", ()), strict=True))
    for mailbox in old.keys() & wanted.keys():
        _set_fields(tables[mailbox], wanted[mailbox], old[mailbox])
    kept = [mailbox for mailbox in old if mailbox in wanted]
    new = [mailbox for mailbox in wanted if mailbox not in old]
    if list(old) == list(wanted):
        return
    standing = document.get("account")
    if wanted and isinstance(standing, tomlkit.items.AoT) and [*kept, *new] == list(wanted):
        for index in range(len(old) - 1, -1, -1):
            if list(old)[index] not in wanted:
                del standing[index]
        for mailbox in new:
            standing.append(_set_fields(_new_table(), wanted[mailbox]))
        return
    document.pop("account", None)
    if wanted:
        anew = tomlkit.aot()
        for mailbox, account in wanted.items():
            table = tables.get(mailbox)
            known = isinstance(table, tomlkit.items.Table)
            anew.append(table if known else _set_fields(_new_table(), account))
        document.append("account", anew)


def _set_fields(table: Any, account: AccountSettings, known: AccountSettings | None = None) -> Any:
    import tomlkit

    for field, value in msgspec.structs.asdict(account).items():
        if value != getattr(known, field) if known is not None else value != "":
            table[field] = tomlkit.string(value, multiline=True) if field == "anchor" and "\n" in value else value
    return table


def _new_table() -> Any:
    import tomlkit

    table = tomlkit.table()
    table.trivia.indent = "\n"
    return table
