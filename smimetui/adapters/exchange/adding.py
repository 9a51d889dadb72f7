"""Adding an Exchange account, and logging in to one anew: tried first, kept only when it works."""

from collections.abc import Callable
from dataclasses import field
from threading import Event

from smimetui.adapters.exchange.connection import Connection
from smimetui.adapters.exchange.oauth import Application, authority_url
from smimetui.adapters.exchange.opening import (
    RemovableSecrets,
    password_name,
    place_of,
    token_name,
    token_source,
)
from smimetui.adapters.exchange.place import Auth, Password, Place, SecretSource
from smimetui.adapters.exchange.setup import Wish, find_place, log_in
from smimetui.adapters.settings import AccountSettings
from smimetui.model.address import Address
from smimetui.model.errors import ConfigError, SmimetuiError
from smimetui.model.value import dataclass

Tell = Callable[[str], None]
_CANCELLED = "the sign-in was cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewExchange:
    """What a person says of an account; empty texts and None are to be found out."""

    address: Address
    endpoint: str = ""
    auth: Auth | None = None
    login: str = ""
    password: str = field(default="", repr=False)
    anchor: str = ""
    """The server's private authority: PEM."""
    authority: str = ""
    client_id: str = ""


def way_in(auth: str) -> Auth | None:
    """Return a way to log in by its name; None for an empty one. Raises ConfigError for another."""
    ways: dict[str, Auth | None] = {"": None, "basic": "basic", "ntlm": "ntlm", "oauth": "oauth"}
    if auth not in ways:
        raise ConfigError(f"“{auth}” is no way to log in", "basic, ntlm or oauth")
    return ways[auth]


def add_exchange(
    new: NewExchange,
    *,
    secrets: RemovableSecrets,
    keep: Callable[[AccountSettings], None],
    tell: Tell,
    cancelled: Event | None = None,
) -> None:
    """Find the server, log in, and keep the login in the store and the account by `keep`.

    `tell` gets the sentence to show while somebody signs in by OAuth. Raises SmimetuiError, as it does once `cancelled`
    is set; then nothing is kept.
    """
    wish = Wish(
        address=new.address,
        endpoint=new.endpoint,
        auth=new.auth,
        login=new.login,
        anchors=(new.anchor,) if new.anchor else (),
        authority=authority_url(new.authority),
    )
    place = find_place(wish, Password(new.password))
    _go_on(cancelled)
    before = {name: secrets.secret(name) for name in (password_name(new.address), token_name(new.address))}
    try:
        place, connection = _logged_in(place, new, secrets, tell, cancelled)
        connection.close()
        _go_on(cancelled)
        keep(_settings(new, place))
    except SmimetuiError:
        _put_back(before, secrets)
        raise


def renew_login(
    settings: AccountSettings,
    password: str,
    *,
    secrets: RemovableSecrets,
    tell: Tell,
    cancelled: Event | None = None,
) -> Place:
    """Take a new password, or have the person sign in again; the old login stays where the new one fails."""
    place = place_of(settings)
    new = NewExchange(
        address=settings.mailbox,
        password=password,
        authority=settings.authority,
        client_id=settings.client_id,
    )
    place, connection = _logged_in(place, new, secrets, tell, cancelled)
    connection.close()
    return place


def _logged_in(
    place: Place, new: NewExchange, secrets: RemovableSecrets, tell: Tell, cancelled: Event | None
) -> tuple[Place, Connection]:
    source = _signed_in(place, new, secrets, tell, cancelled) if place.auth == "oauth" else Password(new.password)
    connection = Connection(place, source)
    try:
        place = log_in(connection)
    except SmimetuiError:
        connection.close()
        raise
    if isinstance(source, Password):
        secrets.set_secret(password_name(new.address), source.secret())
    return place, connection


def _signed_in(
    place: Place, new: NewExchange, secrets: RemovableSecrets, tell: Tell, cancelled: Event | None
) -> SecretSource:
    application = Application(client_id=new.client_id, authority=authority_url(new.authority))
    tokens = token_source(place, application, secrets)
    started = tokens.begin()
    tell(f"Open {started.url} in a browser, anywhere, and type the code {started.code}")
    if not tokens.finish(started, cancelled=cancelled):
        raise ConfigError(_CANCELLED)
    return tokens


def _go_on(cancelled: Event | None) -> None:
    if cancelled is not None and cancelled.is_set():
        raise ConfigError(_CANCELLED)


def _put_back(before: dict[str, str | None], secrets: RemovableSecrets) -> None:
    for name, value in before.items():
        if value is None:
            secrets.remove_secret(name)
        elif secrets.secret(name) != value:
            secrets.set_secret(name, value)


def _settings(new: NewExchange, place: Place) -> AccountSettings:
    return AccountSettings(
        address=str(new.address),
        backend="exchange",
        endpoint=place.endpoint,
        auth=place.auth,
        login=place.login,
        version=place.version,
        anchor=new.anchor,
        authority=authority_url(new.authority) if new.authority.strip() else "",
        client_id=new.client_id,
    )
