"""SOAP as Exchange speaks it: envelopes, faults, response messages."""

from collections.abc import Mapping, Sequence

from smimetui.demo.exchange.grammar import words
from smimetui.demo.exchange.markup import ERRORS, MESSAGES, SOAP, TYPES, MalformedXmlError, Node, leaf, node, parse

BUILD = {"MajorVersion": "15", "MinorVersion": "2", "MajorBuildNumber": "1544", "MinorBuildNumber": "4"}
"""Exchange Server 2019, cumulative update 14."""
_SCHEMA_VERSION = "V2017_07_11"
_is_known_version = words(
    "Exchange2007 Exchange2007_SP1 Exchange2010 Exchange2010_SP1 Exchange2010_SP2 Exchange2013 Exchange2013_SP1 "
    "Exchange2015 Exchange2016 V2015_10_05 V2016_01_06 V2016_04_13 V2016_07_13 V2016_10_10 V2017_01_07 V2017_04_14 "
    "V2017_07_11"
)


class FaultError(Exception):
    """The request as a whole is refused: a SOAP fault, HTTP 500."""

    def __init__(
        self, code: str, text: str, *, values: Mapping[str, str] | None = None, details: Sequence[Node] = ()
    ) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.details = [
            *details,
            *(node(f"{TYPES}Value", text=value, Name=name) for name, value in (values or {}).items()),
        ]


class RefusedError(Exception):
    """One item of a request is refused: a response message of class Error, HTTP 200."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def read_request(data: bytes) -> tuple[Node, Node | None]:
    """Return the request (the only child of the SOAP body) and the header. Raises MalformedXmlError, FaultError."""
    envelope = parse(data)
    body = envelope.find(f"{SOAP}Body")
    if envelope.tag != f"{SOAP}Envelope" or body is None or len(body.children) != 1:
        raise MalformedXmlError("not a SOAP envelope with one request")
    return body.children[0], envelope.find(f"{SOAP}Header")


def check_version(header: Node | None) -> None:
    """Raise FaultError for a RequestServerVersion that no server knows."""
    version = header.find(f"{TYPES}RequestServerVersion") if header is not None else None
    if version is not None and not _is_known_version(version.attributes.get("Version", "")):
        raise FaultError("ErrorInvalidServerVersion", "The specified server version is invalid.")


def envelope(body: Node) -> Node:
    """Return the answer in its envelope, with the server's version in the header."""
    version = node(f"{TYPES}ServerVersionInfo", **BUILD, Version=_SCHEMA_VERSION)
    return node(f"{SOAP}Envelope", node(f"{SOAP}Header", version), node(f"{SOAP}Body", body))


def fault(error: FaultError) -> Node:
    """Return the envelope of a fault; Exchange sends those without a header."""
    detail = [leaf(f"{ERRORS}ResponseCode", error.code), leaf(f"{ERRORS}Message", error.text)]
    if error.details:
        detail.append(node(f"{TYPES}MessageXml", *error.details))
    return node(
        f"{SOAP}Envelope",
        node(
            f"{SOAP}Body",
            node(
                f"{SOAP}Fault",
                leaf("faultcode", f"a:{error.code}"),
                leaf("faultstring", error.text),
                node("detail", *detail),
            ),
        ),
    )


def answer(operation: str, messages: Sequence[Node]) -> Node:
    """Return the response of an operation around its response messages."""
    return node(f"{MESSAGES}{operation}Response", node(f"{MESSAGES}ResponseMessages", *messages))


def success(operation: str, *children: Node) -> Node:
    """Return a response message of class Success."""
    return _message(operation, "Success", leaf(f"{MESSAGES}ResponseCode", "NoError"), *children)


def warning(operation: str, code: str, text: str, *children: Node) -> Node:
    """Return a response message of class Warning, with its content."""
    return _message(operation, "Warning", *_reason(code, text), *children)


def failure(operation: str, code: str, text: str, *children: Node) -> Node:
    """Return a response message of class Error."""
    return _message(operation, "Error", *_reason(code, text), *children)


def _message(operation: str, response_class: str, *children: Node) -> Node:
    return node(f"{MESSAGES}{operation}ResponseMessage", *children, ResponseClass=response_class)


def _reason(code: str, text: str) -> tuple[Node, Node, Node]:
    return (
        leaf(f"{MESSAGES}MessageText", text),
        leaf(f"{MESSAGES}ResponseCode", code),
        leaf(f"{MESSAGES}DescriptiveLinkKey", "0"),
    )
