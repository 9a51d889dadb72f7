"""The text of an HTML document without a layout, read in a stream: no tree is built, whatever the document holds."""

import io
from typing import Final

DROPPED: Final = ("script", "style", "head", "title", "meta", "link", "base")
_LINES = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "br",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tr",
        "ul",
    ]
)
# libxml2 looks for what an end tag ends among all that is open: 15 s for 1 MB where nothing is closed.
_MOST_DEPTH = 1_000
_PIECE = 16_384
# Around the text of a link that is its own target.
_MOST_BLANKS = 1_000
_AFTER = {"td": "  ", "th": "  "}


def streamed_text(source: bytes) -> bytes | None:
    """Return the text of a document, both in UTF-8, links with their targets; None where the parser gives up."""
    reader = _Reader()
    try:
        # What the parser left out would be hidden.
        return reader.out.getvalue() if feed(source, reader) else None
    except _TooDeepError:
        return None


def feed(source: bytes, target: object) -> bool:
    """Have lxml's parser tell its `target` of a document in UTF-8; return whether it came to the end.

    Raises what the target does.
    """
    from lxml import etree

    parser = etree.HTMLParser(target=target, encoding="utf-8", no_network=True)
    try:
        # In pieces: a parser that its target gives up on still goes through what it has.
        for start in range(0, len(source), _PIECE):
            parser.feed(source[start : start + _PIECE])
        parser.close()
    except etree.LxmlError:
        return False
    return not parser.error_log.filter_from_fatals()


def names_itself(text: str, target: str) -> bool:
    """Tell whether the text of a link is its target."""
    return text.strip() in {target, target.removeprefix("mailto:")}


class _TooDeepError(Exception):
    """The document opens more elements, one in the other, than is sensible."""


class _Reader:
    """Takes what lxml's parser meets."""

    def __init__(self) -> None:
        # In UTF-8: one emoji makes a str of all of it take four octets a letter.
        self.out = io.BytesIO()
        self._depth = self._dropped = 0
        self._bullet = ""
        self._links: list[_Link | None] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _MOST_DEPTH:
            raise _TooDeepError
        if tag in DROPPED:
            self._dropped += 1
        if tag in {"a", "area"}:
            target = attributes.get("href", "").strip()
            self._links.append(_Link(target) if target else None)
        if tag in _LINES:
            self.data("\n")
        if tag == "li":
            self._bullet = "* "
        elif alternative := attributes.get("alt"):
            self.data(f"[{alternative}]")

    def end(self, tag: str) -> None:
        self._depth -= 1
        if tag in DROPPED:
            self._dropped -= 1
        if tag in {"a", "area"} and self._links:
            self._end_link(self._links.pop())
        if tag in _LINES:
            self.data("\n")
        elif tag in _AFTER:
            self.data(_AFTER[tag])

    def data(self, text: str) -> None:
        if self._dropped:
            return
        if self._bullet and not text.isspace():
            # Not before there is something to it: a bullet for every empty item would outgrow the document.
            self.out.write(self._bullet.encode())
            self._bullet = ""
        self.out.write(text.encode())
        if self._links and (link := self._links[-1]) is not None:
            link.read(text)

    def close(self) -> None:
        """End; the parser asks for this."""

    def _end_link(self, link: "_Link | None") -> None:
        if link is None:
            return
        if not link.names_itself():
            self.data(f" <{link.target}>")
        if self._links and (around := self._links[-1]) is not None:
            around.is_other = True


class _Link:
    """A link that is open: as much of its text as its target could have."""

    __slots__ = ("_left", "_pieces", "is_other", "target")

    def __init__(self, target: str) -> None:
        self.target = target
        self.is_other = False
        self._pieces: list[str] = []
        self._left = len(target) + _MOST_BLANKS

    def read(self, text: str) -> None:
        self._left -= len(text)
        if self._left < 0:
            self.is_other = True
            self._pieces.clear()
        elif not self.is_other:
            self._pieces.append(text)

    def names_itself(self) -> bool:
        return not self.is_other and names_itself("".join(self._pieces), self.target)
