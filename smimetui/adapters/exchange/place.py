"""Where a person's Exchange is and how they log in: what the settings keep, as values."""

from ipaddress import ip_address
from threading import Lock
from typing import Literal, Protocol
from urllib.parse import urlsplit

from smimetui.model.address import Address
from smimetui.model.errors import ConfigError
from smimetui.model.value import dataclass

Auth = Literal["basic", "ntlm", "oauth"]
EWS_PATH = "/EWS/Exchange.asmx"


class SecretSource(Protocol):
    """Gives what a login needs at the moment it is needed: a password, or a token that is valid now."""

    def secret(self) -> str:
        """Return the password or the access token. Raises SmimetuiError with a sentence where there is none."""
        ...

    def forget(self) -> None:
        """Keep it in memory no longer; `secret` asks the store for it again."""
        ...

    @property
    def resting(self) -> bool:
        """It was forgotten, and the store is locked or was not used since: `secret` may ask the person."""
        ...


class Secrets(Protocol):
    """Where passwords and tokens are kept: `SecretStore`."""

    def secret(self, name: str) -> str | None:
        """Return a secret, None if there is none."""
        ...

    def set_secret(self, name: str, value: str) -> None:
        """Keep a secret."""
        ...

    @property
    def resting(self) -> bool:
        """It locked itself, and was not used since."""
        ...


@dataclass(frozen=True, slots=True)
class Password:
    """A password that is known already."""

    text: str

    def secret(self) -> str:
        """Return the password; raises ConfigError where it is empty."""
        if not self.text:
            raise ConfigError("no password is kept for this account", "set it with smimetui account login ADDRESS")
        return self.text

    def forget(self) -> None:
        """Keep it: it stands in no store."""

    @property
    def resting(self) -> bool:
        """It is always at hand."""
        return False

    def __repr__(self) -> str:
        return "Password()"


class StoredPassword:
    """A password of the store: read once, and again after it was forgotten. Safe for several threads."""

    def __init__(self, secrets: Secrets, name: str) -> None:
        self._secrets = secrets
        self._name = name
        self._lock = Lock()
        self._forgotten = False
        self._known: Password | None = Password(secrets.secret(name) or "")

    def secret(self) -> str:
        """Return the password. Raises ConfigError where there is none, StoreError."""
        with self._lock:
            if self._known is None:
                self._known, self._forgotten = Password(self._secrets.secret(self._name) or ""), False
            return self._known.secret()

    def forget(self) -> None:
        """Keep it in memory no longer."""
        # Whoever asks the store meanwhile, and perhaps the person, holds the lock.
        with self._lock:
            self._known, self._forgotten = None, True

    @property
    def resting(self) -> bool:
        """Asking for it may ask the person."""
        return self._forgotten and self._secrets.resting


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An account at a server. `endpoint` is the web service's URL, `anchors` are PEM texts of private authorities."""

    address: Address
    endpoint: str
    auth: Auth
    login: str = ""
    """The login name; empty stands for the address."""
    version: str = ""
    """The server's build, as it last said: `15.2.1118.7`."""
    anchors: tuple[str, ...] = ()

    @property
    def host(self) -> str:
        """The server's name, for sentences."""
        return urlsplit(self.endpoint).hostname or self.endpoint

    @property
    def user(self) -> str:
        """The name to log in with."""
        return self.login or self.address.spec


def checked_endpoint(text: str) -> str:
    """Return a web service's URL, as it is or made of a host name. Raises ConfigError for what is not safe to use.

    Passwords travel to it, so plain http is taken for this computer alone.
    """
    stripped = text.strip()
    url = stripped if "://" in stripped else f"https://{stripped}"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigError(f"“{text}” is not an address of a web service") from error
    if parts.scheme not in {"http", "https"} or not host or parts.username or parts.fragment or parts.query:
        raise ConfigError(f"“{text}” is not an address of a web service", f"write it as https://mail.example{EWS_PATH}")
    if parts.scheme == "http" and not is_loopback(host):
        raise ConfigError(f"{url} would send the password in the clear", "use https")
    return url if parts.path.strip("/") else f"{parts.scheme}://{parts.netloc}{EWS_PATH}"


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address is this computer."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
