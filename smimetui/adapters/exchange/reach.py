"""Whether an account's server answers at all, asked without a login: nothing secret travels."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from smimetui.adapters.exchange.loading import load
from smimetui.adapters.settings import AccountSettings
from smimetui.model.errors import ConfigError, TransportUnreachableError

_SECONDS = 4.0


def reach(settings: AccountSettings) -> tuple[str, datetime | None]:
    """Return the server's name and the time it has, UTC, where it says it.

    Any answer of HTTP will do. Takes some 8 s at most, a slow name server not counted. Raises ConfigError and
    TransportUnreachableError; neither quotes the endpoint, which may hold what a person should not have written there.
    """
    load()
    from requests import RequestException

    from smimetui.adapters.exchange.failures import explain
    from smimetui.adapters.exchange.opening import anchors_of
    from smimetui.adapters.exchange.place import Place, checked_endpoint
    from smimetui.adapters.exchange.web import silence, tls_context, web_session

    silence()
    try:
        endpoint = checked_endpoint(settings.endpoint)
    except ConfigError as error:
        raise ConfigError(
            "the endpoint in the settings cannot be used", "remove the account and add it anew"
        ) from error
    place = Place(address=settings.mailbox, endpoint=endpoint, auth="basic")
    try:
        with (
            web_session(tls_context(anchors_of(settings)), endpoint) as session,
            session.get(endpoint, timeout=_SECONDS, allow_redirects=False, stream=True) as answer,
        ):
            return place.host, _date(answer.headers.get("Date", ""))
    except (OSError, RequestException) as error:
        failure = explain(error, place.host)
        raise TransportUnreachableError(failure.summary, failure.hint) from error


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
