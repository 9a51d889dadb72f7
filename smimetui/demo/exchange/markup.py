"""XML as the server reads and writes it: one light tree with line numbers, no DTDs, compact or pretty when written."""

from collections.abc import Iterator, Mapping
from dataclasses import field
from xml.parsers.expat import ExpatError, ParserCreate
from xml.sax.saxutils import escape, quoteattr

from smimetui.model.value import dataclass

SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
MESSAGES = "{http://schemas.microsoft.com/exchange/services/2006/messages}"
TYPES = "{http://schemas.microsoft.com/exchange/services/2006/types}"
ERRORS = "{http://schemas.microsoft.com/exchange/services/2006/errors}"
AUTODISCOVER = "{http://schemas.microsoft.com/exchange/2010/Autodiscover}"
ADDRESSING = "{http://www.w3.org/2005/08/addressing}"
POX_REQUEST = "{http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006}"
POX_RESPONSE = "{http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006}"
POX_OUTLOOK = "{http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a}"

_PREFIXES = {
    SOAP: "s",
    MESSAGES: "m",
    TYPES: "t",
    ERRORS: "e",
    AUTODISCOVER: "a",
    ADDRESSING: "wsa",
    POX_RESPONSE: "p",
    POX_OUTLOOK: "o",
}


_RETURN = {"\r": "&#xD;"}
"""A bare return would reach the reader as a line feed."""


class MalformedXmlError(Exception):
    """The octets are not well-formed XML, or bring a DTD."""


@dataclass(slots=True)
class Node:
    """An element. Tags are in Clark notation; line and column (1-based) are where a request's element begins."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""
    children: list["Node"] = field(default_factory=list)
    line: int = 0
    column: int = 0

    @property
    def name(self) -> str:
        """The local name."""
        return self.tag.rpartition("}")[2]

    @property
    def namespace(self) -> str:
        """The namespace, without braces."""
        return self.tag.rpartition("}")[0].lstrip("{")

    def find(self, tag: str) -> "Node | None":
        """Return the first child of that tag."""
        return next((child for child in self.children if child.tag == tag), None)

    def every(self, tag: str) -> Iterator["Node"]:
        """Yield the children of that tag."""
        return (child for child in self.children if child.tag == tag)

    def text_of(self, tag: str, default: str = "") -> str:
        """Return the text of the first child of that tag."""
        child = self.find(tag)
        return default if child is None else child.text


def node(tag: str, *children: Node, text: str = "", **attributes: str) -> Node:
    """Return an element to send."""
    return Node(tag=tag, attributes=attributes, text=text, children=list(children))


def leaf(tag: str, text: str) -> Node:
    """Return an element that holds text alone."""
    return Node(tag=tag, text=text)


def parse(data: bytes) -> Node:
    """Return the root of a document. Raises MalformedXmlError, also for a DTD: entities are how XML bites."""
    reader = _Reader()
    try:
        reader.parser.Parse(data, True)
    except (ExpatError, ValueError, LookupError) as error:
        raise MalformedXmlError(str(error)) from error
    assert reader.root is not None
    return reader.root


def render(root: Node, *, pretty: bool = False) -> bytes:
    """Return the document in UTF-8, with or without white space between its elements."""
    parts = ['<?xml version="1.0" encoding="utf-8"?>']
    used = dict.fromkeys(_namespaces(root))
    declared = "".join(f" xmlns:{_PREFIXES[space]}={quoteattr(space[1:-1])}" for space in used)
    _write(root, parts, declared, "\n" if pretty else "")
    return "".join(parts).encode()


class _Reader:
    """Builds the tree as expat reads."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self._open: list[Node] = []
        self.parser = ParserCreate(namespace_separator="}")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._refuse

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        element = Node(
            tag=_clark(name),
            attributes={_clark(key): value for key, value in attributes.items()},
            line=self.parser.CurrentLineNumber,
            column=self.parser.CurrentColumnNumber + 1,
        )
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def _end(self, _name: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        self._open[-1].text += text

    def _refuse(self, *_: object) -> None:
        raise MalformedXmlError("a document type declaration")


def _clark(name: str) -> str:
    return "{" + name if "}" in name else name


def _namespaces(root: Node) -> Iterator[str]:
    space, brace, _ = root.tag.rpartition("}")
    if brace:
        yield space + brace
    for child in root.children:
        yield from _namespaces(child)


def _write(element: Node, parts: list[str], declared: str, line: str) -> None:
    space, brace, local = element.tag.rpartition("}")
    name = f"{_PREFIXES[space + brace]}:{local}" if brace else local
    attributes = "".join(f" {key}={quoteattr(value)}" for key, value in element.attributes.items())
    head = f"{line}<{name}{declared}{attributes}"
    if element.children:
        parts.append(f"{head}>")
        for child in element.children:
            _write(child, parts, "", f"{line}  " if line else "")
        parts.append(f"{line}</{name}>")
    elif element.text:
        parts.append(f"{head}>{escape(element.text, _RETURN)}</{name}>")
    else:
        parts.append(f"{head}/>")
