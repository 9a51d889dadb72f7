"""From an account's settings and secrets to its directories, mailbox, transport and contacts. Asks nothing yet."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from smimetui.adapters.exchange.connection import Connection
from smimetui.adapters.exchange.contacts import ExchangeContacts
from smimetui.adapters.exchange.directory import ExchangeDirectory
from smimetui.adapters.exchange.mailbox import ExchangeMailbox
from smimetui.adapters.exchange.oauth import Application, TokenSource, authority_url
from smimetui.adapters.exchange.place import Place, Secrets, SecretSource, StoredPassword, checked_endpoint
from smimetui.adapters.exchange.transport import ExchangeTransport
from smimetui.adapters.folders import typed_path
from smimetui.adapters.settings import AccountSettings
from smimetui.model.address import Address
from smimetui.model.certificate import Source
from smimetui.model.errors import ConfigError, FormatError, UnsupportedError
from smimetui.model.value import dataclass
from smimetui.services.account_check import Line


class RemovableSecrets(Secrets, Protocol):
    """Secrets that can be forgotten."""

    def remove_secret(self, name: str) -> None:
        """Forget a secret; does nothing if it is not there."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What an Exchange account brings; all of it shares one connection."""

    connection: Connection
    directories: tuple[ExchangeDirectory, ...]
    mailbox: ExchangeMailbox
    transport: ExchangeTransport
    contacts: ExchangeContacts

    def examine(self) -> Iterator[Line]:
        """Try what the server allows, one thing after the other."""
        from smimetui.adapters.exchange.setup import examine

        return examine(self.connection)

    def close(self) -> None:
        """Close for good: no thread, no connection and no password is left behind."""
        self.mailbox.close()
        self.connection.close()


def open_exchange(
    settings: AccountSettings, secrets: Secrets, *, on_refused: Callable[[], None] | None = None
) -> Exchange:
    """Return an account's adapters. Raises StoreError, and ConfigError for an endpoint or file that cannot be used.

    `on_refused` is called, from any thread, whenever the login is refused.
    """
    place = place_of(settings)
    return exchange_over(Connection(place, secret_source(place, settings, secrets), on_refused=on_refused))


def exchange_over(connection: Connection) -> Exchange:
    """Return the adapters over a connection: the address list before the contacts."""
    return Exchange(
        connection=connection,
        directories=(ExchangeDirectory(connection, Source.GAL), ExchangeDirectory(connection, Source.CONTACTS)),
        mailbox=ExchangeMailbox(connection),
        transport=ExchangeTransport(connection),
        contacts=ExchangeContacts(connection),
    )


def place_of(settings: AccountSettings) -> Place:
    """Return where an account is. Raises ConfigError."""
    return Place(
        address=settings.mailbox,
        endpoint=checked_endpoint(settings.endpoint),
        auth=settings.auth or "basic",
        login=settings.login,
        version=settings.version,
        anchors=anchors_of(settings),
    )


def anchors_of(settings: AccountSettings) -> tuple[str, ...]:
    """Return an account's private authorities: kept as they are, or in a file that somebody wrote the path of.

    Raises ConfigError where that cannot be read.
    """
    if not settings.anchor:
        return ()
    kept = settings.anchor.lstrip().startswith("-----BEGIN ")
    return (settings.anchor if kept else read_anchor(typed_path(settings.anchor)),)


def read_anchor(path: Path) -> str:
    """Return the certificates of a private authority's file as PEM, and nothing else that is in it.

    Raises ConfigError where it cannot be read.
    """
    from smimetui.smime.x509 import load_certificates

    try:
        return "".join(certificate.pem for certificate in load_certificates(path.read_bytes()))
    except OSError as error:
        raise ConfigError(f"the private authority {path} cannot be read: {error.strerror}") from error
    except (FormatError, UnsupportedError) as error:
        raise ConfigError(f"{path} is no PEM file with a certificate") from error


def secret_source(place: Place, settings: AccountSettings, secrets: Secrets) -> SecretSource:
    """Return what the account logs in with; a password is read now, a token when it is needed. Raises StoreError."""
    if place.auth == "oauth":
        return token_source(
            place, Application(client_id=settings.client_id, authority=authority_url(settings.authority)), secrets
        )
    return StoredPassword(secrets, password_name(settings.mailbox))


def token_source(place: Place, application: Application, secrets: Secrets) -> TokenSource:
    """Return the tokens of an account."""
    return TokenSource(place, application, secrets, name=token_name(place.address))


def password_name(address: Address) -> str:
    """Return the name of an account's password among the store's secrets."""
    return f"password:{address.key}"


def token_name(address: Address) -> str:
    """Return the name of an account's tokens among the store's secrets."""
    return f"token:{address.key}"


def forget_secrets(address: Address, secrets: RemovableSecrets) -> None:
    """Remove what the store keeps for an account's login. Raises StoreError."""
    for name in (password_name(address), token_name(address)):
        secrets.remove_secret(name)
