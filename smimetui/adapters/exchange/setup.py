"""Setting an account up: finding the server and the way in, and saying what works there."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from smimetui.adapters.exchange.connection import Connection
from smimetui.adapters.exchange.directory import ExchangeDirectory
from smimetui.adapters.exchange.mailbox import ExchangeMailbox
from smimetui.adapters.exchange.oauth import MICROSOFT
from smimetui.adapters.exchange.place import Auth, Place, SecretSource, checked_endpoint
from smimetui.model.address import Address
from smimetui.model.certificate import Source
from smimetui.model.display import printable_line
from smimetui.model.errors import ConfigError, DirectoryError, SmimetuiError
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that was tried: whether it works, and what was found."""

    works: bool
    text: str

    def __str__(self) -> str:
        return f"{'works' if self.works else 'does not work'}: {self.text}"


def find_place(wish: Wish, source: SecretSource) -> Place:
    """Return the place with its endpoint and its way to log in; the login itself is not tried on the endpoint yet.

    Raises DirectoryError, AuthenticationFailedError, ConfigError.
    """
    unknown = Place(
        address=wish.address, endpoint="", auth=wish.auth or "basic", login=wish.login, anchors=wish.anchors
    )
    if wish.auth == "oauth" and not wish.endpoint and wish.authority == MICROSOFT:
        return replace(unknown, endpoint=_ONLINE)
    place = replace(unknown, endpoint=_endpoint(wish, unknown, source))
    return place if wish.auth else replace(place, auth=_way_in(place))


def log_in(connection: Connection) -> Place:
    """Make the first request, and return the place with the server's version. Raises DirectoryError."""
    with connection.for_directory():
        from smimetui.adapters.exchange.calls import STANDARD, get_folder, standard_folder

        account = connection.account()
        (answer,) = get_folder(account, [standard_folder(account, STANDARD["Inbox"])], [])
        if isinstance(answer, Exception):
            raise answer
    return replace(connection.place, version=connection.version)


def examine(connection: Connection) -> tuple[Line, ...]:
    """Try everything that sending and receiving needs, and say what works; where the login fails, that alone."""
    place = connection.place
    try:
        place = log_in(connection)
    except DirectoryError as error:
        return (Line(works=False, text=f"login: {error}"),)
    product = _PRODUCTS.get(".".join(place.version.split(".")[:2]), "Exchange")
    way = _WAYS[place.auth]
    lines = [Line(works=True, text=f"login: {place.user} at {place.host} by {way}, {product} {place.version}")]
    lines += [
        _tried("mailbox", lambda: _mailbox(connection)),
        _tried("address list", lambda: _listed(connection)),
        _tried("contacts", lambda: _contacts(connection)),
        _tried("sending", lambda: _sending(connection)),
    ]
    return tuple(lines)


def _endpoint(wish: Wish, place: Place, source: SecretSource) -> str:
    if wish.endpoint and not urlsplit(wish.endpoint).path.lower().endswith(_AUTODISCOVER):
        return checked_endpoint(wish.endpoint)
    from smimetui.adapters.exchange.autodiscover import discover

    return discover(place, source, [checked_endpoint(wish.endpoint)] if wish.endpoint else (), auth=wish.auth)


def _way_in(place: Place) -> Auth:
    with Connection(place, _Nothing()).for_directory():
        from smimetui.adapters.exchange.autodiscover import asked_auth

        found = asked_auth(place)
    if found == "oauth":
        raise ConfigError(f"{place.host} lets people in by OAuth alone", "--auth oauth --client-id ID")
    if found is None:
        raise ConfigError(f"{place.host} does not say how to log in", "give it with --auth")
    return found


class _Nothing:
    """No secret: nothing is told."""

    def secret(self) -> str:
        raise ConfigError("no login was asked for")


def _tried(what: str, attempt: Callable[[], str]) -> Line:
    try:
        return Line(works=True, text=f"{what}: {attempt()}")
    except _NotGrantedError as error:
        return Line(works=False, text=f"{what}: {error}")
    except SmimetuiError as error:
        return Line(works=False, text=f"{what}: {error}")


class _NotGrantedError(Exception):
    """The server answers, and says no."""


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


def _sending(connection: Connection) -> str:
    """Ask for the right to put messages into Sent: no other sign of the right to send can be had without sending."""
    with connection.for_directory():
        from smimetui.adapters.exchange.calls import STANDARD, get_folder, standard_folder

        account = connection.account()
        (answer,) = get_folder(account, [standard_folder(account, STANDARD["Sent"])], ["effective_rights"])
        if isinstance(answer, Exception):
            raise answer
        granted = answer.xpath("string(.//*[local-name()='EffectiveRights']/*[local-name()='CreateContents'])")
    if granted and granted.strip().lower() not in {"true", "1"}:
        raise _NotGrantedError("this login may not file messages in Sent")
    return f"messages leave as {connection.place.address.spec}"
