"""Setting an account up: finding the server and the way in, and saying what works there."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from smimetui.adapters.exchange.connection import Connection
from smimetui.adapters.exchange.directory import ExchangeDirectory
from smimetui.adapters.exchange.loading import load
from smimetui.adapters.exchange.mailbox import ExchangeMailbox
from smimetui.adapters.exchange.oauth import MICROSOFT, is_microsoft
from smimetui.adapters.exchange.place import Auth, Password, Place, SecretSource, checked_endpoint
from smimetui.adapters.exchange.sending_rights import check_sending
from smimetui.model.address import Address
from smimetui.model.certificate import Source
from smimetui.model.display import printable_line
from smimetui.model.errors import ConfigError, DirectoryError
from smimetui.model.value import dataclass
from smimetui.services.account_check import LOGIN, Line, tried
from smimetui.smime.x509 import published_certificates

_ONLINE = "https://outlook.office365.com/EWS/Exchange.asmx"
_AUTODISCOVER = "/autodiscover.xml"
_WAYS = {"basic": "a password (basic)", "ntlm": "a password (NTLM)", "oauth": "OAuth"}
_PRODUCTS = {
    "15.20": "Exchange Online",
    "15.2": "Exchange 2019 or SE",
    "15.1": "Exchange 2016",
    "15.0": "Exchange 2013",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person gave. Empty fields are to be found out; the endpoint may be a host name, or autodiscover's URL."""

    address: Address
    endpoint: str = ""
    auth: Auth | None = None
    login: str = ""
    anchors: tuple[str, ...] = ()
    authority: str = MICROSOFT


def find_place(wish: Wish, source: SecretSource) -> Place:
    """Return the place with its endpoint and its way to log in; the login itself is not tried on the endpoint yet.

    Raises DirectoryError, AuthenticationFailedError, ConfigError.
    """
    unknown = Place(
        address=wish.address, endpoint="", auth=wish.auth or "basic", login=wish.login, anchors=wish.anchors
    )
    if wish.auth == "oauth" and not wish.endpoint:
        if not is_microsoft(wish.authority):
            raise ConfigError(
                "where people sign in elsewhere, the server is not found by itself", "give --endpoint URL"
            )
        return replace(unknown, endpoint=_ONLINE)
    place = replace(unknown, endpoint=_endpoint(wish, unknown, source))
    return place if wish.auth else replace(place, auth=_way_in(place))


def log_in(connection: Connection) -> Place:
    """Make the first request, and return the place with the server's version. Raises DirectoryError."""
    connection.try_login_again()
    with connection.for_directory():
        from smimetui.adapters.exchange.calls import STANDARD, get_folder, standard_folder

        account = connection.account()
        (answer,) = get_folder(account, [standard_folder(account, STANDARD["Inbox"])], [])
        if isinstance(answer, Exception):
            raise answer
    return replace(connection.place, version=connection.version)


def examine(connection: Connection) -> Iterator[Line]:
    """Try everything that sending and receiving needs, one after the other; where the login fails, that alone."""
    place = connection.place
    try:
        place = log_in(connection)
    except DirectoryError as error:
        yield Line(works=False, what=LOGIN, found=str(error))
        return
    product = _PRODUCTS.get(".".join(place.version.split(".")[:2]), "Exchange")
    way = _WAYS[place.auth]
    yield Line(works=True, what=LOGIN, found=f"{place.user} at {place.host} by {way}, {product} {place.version}")
    yield tried("mailbox", lambda: (True, _mailbox(connection)))
    yield tried("address list", lambda: (True, _listed(connection)))
    yield tried("contacts", lambda: (True, _contacts(connection)))
    yield tried("sending", lambda: check_sending(connection))


def _endpoint(wish: Wish, place: Place, source: SecretSource) -> str:
    if wish.endpoint and not urlsplit(wish.endpoint).path.lower().endswith(_AUTODISCOVER):
        return checked_endpoint(wish.endpoint)
    load()
    from smimetui.adapters.exchange.autodiscover import discover

    return discover(place, source, [checked_endpoint(wish.endpoint)] if wish.endpoint else (), auth=wish.auth)


def _way_in(place: Place) -> Auth:
    with Connection(place, Password("")).for_directory():
        from smimetui.adapters.exchange.autodiscover import asked_auth

        found = asked_auth(place)
    if found == "oauth":
        raise ConfigError(f"{place.host} lets people in by OAuth alone", "give --auth oauth and --client-id ID")
    if found is None:
        raise ConfigError(f"{place.host} does not say how to log in", "give --auth")
    return found


def _mailbox(connection: Connection) -> str:
    page = ExchangeMailbox(connection).page("Inbox", offset=0, limit=1)
    return f"{page.total} messages in Inbox, {page.unread} unread"


def _listed(connection: Connection) -> str:
    own = connection.place.address
    found = ExchangeDirectory(connection, Source.GAL).lookup(own)
    if not found:
        return f"it answers, and does not list {own.spec}"
    published = {
        certificate
        for entry in found
        for value in entry.certificates
        for certificate in published_certificates(value)
        if not certificate.is_ca
    }
    count = f"{len(published) or 'no'} certificate{'s' * (len(published) != 1)}"
    return f"you are listed as {printable_line(found[0].name) or own.spec}, with {count} published for you"


def _contacts(connection: Connection) -> str:
    ExchangeDirectory(connection, Source.CONTACTS).lookup(connection.place.address)
    return "they can be searched"
