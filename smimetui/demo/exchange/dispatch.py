"""From the octets of a SOAP request to those of its answer."""

from collections.abc import Iterator

from smimetui.demo.exchange.grammar import SchemaViolationError
from smimetui.demo.exchange.markup import TYPES, Node, leaf, render
from smimetui.demo.exchange.operations import HANDLERS
from smimetui.demo.exchange.schema import validate_request
from smimetui.demo.exchange.service import Call, Service
from smimetui.demo.exchange.soap import FaultError, answer, check_version, envelope, failure, fault
from smimetui.demo.exchange.store import Mailbox
from smimetui.model.value import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP status with a document, or with documents that come as things happen."""

    status: int = 200
    document: bytes = b""
    stream: Iterator[bytes] | None = None


def perform(service: Service, mailbox: Mailbox, request: Node, header: Node | None, *, pretty: bool) -> Answer:
    """Return the answer to a request. What breaks the schema is a fault, with the line that shows it."""
    try:
        check_version(header)
        _hold_against_schema(request)
        result = HANDLERS[request.name](Call(service=service, mailbox=mailbox, request=request))
    except FaultError as error:
        return Answer(status=500, document=render(fault(error), pretty=pretty))
    if isinstance(result, Node):
        return Answer(document=render(envelope(result), pretty=pretty))
    return Answer(stream=(render(envelope(part), pretty=pretty) for part in result))


def faulted(code: str, text: str, back_off: int | None, *, pretty: bool) -> Answer:
    """Return a fault; with `back_off` in milliseconds, for throttled clients."""
    values = None if back_off is None else {"BackOffMilliseconds": str(back_off)}
    return Answer(status=500, document=render(fault(FaultError(code, text, values=values)), pretty=pretty))


def refused(operation: str, code: str, text: str, *, pretty: bool) -> Answer:
    """Return a response with one message of class Error."""
    return Answer(document=render(envelope(answer(operation, [failure(operation, code, text)])), pretty=pretty))


def _hold_against_schema(request: Node) -> None:
    if request.name not in HANDLERS:
        raise FaultError("ErrorInvalidRequest", f"This server does not know the operation {request.name}.")
    try:
        validate_request(request)
    except SchemaViolationError as error:
        place = [
            leaf(f"{TYPES}LineNumber", str(error.line)),
            leaf(f"{TYPES}LinePosition", str(error.column)),
            leaf(f"{TYPES}Violation", error.violation),
        ]
        raise FaultError(
            "ErrorSchemaValidation", f"The request failed schema validation: {error.violation}", details=place
        ) from error
