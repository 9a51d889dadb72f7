"""HTML as text. Nothing is fetched, run or hidden: styles are dropped, links stand with the target they really have."""

import re
from collections.abc import Iterator
from typing import Any

# A newsletter has 200 kB. What is longer is cut, and says so.
MOST_CHARACTERS = 4_000_000
# Laying out costs 10 µs an element and, in tables and nested lists, blanks for every line: past these the text is
# taken without a layout.
_MOST_LAID_OUT = 20_000
_MOST_TABLE_AREA = 20_000_000
_MOST_LAYOUT_DEPTH = 100

_CUT = "\n[the rest of this text is too long to be shown]"
_DROPPED = ("script", "style", "head", "title", "meta", "link", "base")
_KEPT_ATTRIBUTES = ("alt", "start", "colspan")
_BLOCKS = frozenset(
    (
        *("address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "fieldset", "figure", "footer"),
        *(
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
        ),
        *("form", "tr", "ul"),
    )
)
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*>", re.IGNORECASE)
# libxml2 reads these, and lxml refuses to write them.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# libxml2 compares each attribute of a tag with all before it: 0.5 s for so many.
_MOST_ATTRIBUTES = 20_000
_BETWEEN_ATTRIBUTES = re.compile(r"[\s/=\"']+")
# Where a value in quotes begins depends on what a parser makes of the text before: each reading counts.
_QUOTED_VALUES = tuple(map(re.compile, (r"=\s*(?:\"[^\"]*\"|'[^']*')", r"=\s*\"[^\"]*\"", r"=\s*'[^']*'")))
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*){2,}")
# Looked for at the start of a run alone: from each blank of a long one it would take the square of its length.
_LINE_ENDS = re.compile(r"(?<![ \t])[ \t]+$", re.MULTILINE)


def html_to_text(html: str) -> str:
    """Return the text of an HTML document, hidden text included, a link as `text <target>`; never raises."""
    from lxml import etree
    from lxml import html as lxml_html

    cut = html[:MOST_CHARACTERS]
    if _has_endless_tag(cut):
        return _without_tags(cut) + (_CUT if len(html) > MOST_CHARACTERS else "")
    # libxml2 ends at a NUL, which another reader passes over.
    source = _CONTROL.sub("\ufffd", _DECLARATION.sub("", cut)).encode()
    parser = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True)
    try:
        tree = lxml_html.document_fromstring(source, parser=parser)
    except etree.LxmlError:
        tree = None
    # libxml2 stops in documents nested too deep; what it left out would be hidden.
    complete = tree is not None and not parser.error_log.filter_from_fatals()
    text = _laid_out(tree) if complete else _without_tags(cut)
    return text + (_CUT if len(html) > MOST_CHARACTERS else "")


def _has_endless_tag(html: str) -> bool:
    """Tell whether a tag may have more attributes than a parser survives."""
    if len(html) < 2 * _MOST_ATTRIBUTES:
        return False
    readings = (html, *(pattern.sub("=", html) for pattern in _QUOTED_VALUES))
    return any(_most_attributes(reading) > _MOST_ATTRIBUTES for reading in readings)


def _most_attributes(html: str) -> int:
    stretches = (stretch for stretch in html.split(">") if len(stretch) > _MOST_ATTRIBUTES)
    return max((sum(1 for _ in _BETWEEN_ATTRIBUTES.finditer(stretch)) for stretch in stretches), default=0)


def _laid_out(tree: Any) -> str:
    from inscriptis.css_profiles import STRICT_CSS_PROFILE
    from inscriptis.html_engine import Inscriptis
    from inscriptis.model.config import ParserConfig

    elements = _cleaned(tree)
    rows = sum(1 for _ in tree.iter("tr"))
    size = sum(map(len, tree.itertext()))
    simple = elements > _MOST_LAID_OUT or rows * size > _MOST_TABLE_AREA or _depth(tree) > _MOST_LAYOUT_DEPTH
    if not simple:
        laid_out = Inscriptis(tree, ParserConfig(css=STRICT_CSS_PROFILE.copy(), display_images=True)).get_text()
    else:
        laid_out = "".join(_flat(tree))
    return _BLANK_LINES.sub("\n\n", _LINE_ENDS.sub("", laid_out)).strip("\n")


def _cleaned(tree: Any) -> int:
    """Drop what is no text and what hides text, write targets out; return the number of elements left."""
    for element in list(tree.iter(*_DROPPED)):
        element.clear(keep_tail=True)
    count = 0
    for element in tree.iter():
        count += 1
        target = element.get("href", "").strip() if element.tag in {"a", "area"} else ""
        kept = {name: value for name in _KEPT_ATTRIBUTES if (value := element.get(name))}
        # All at once: an attribute may have a name that lxml reads and will not look up.
        element.attrib.clear()
        for name, value in kept.items():
            element.set(name, _CONTROL.sub("\ufffd", value))
        if target and "".join(element.itertext()).strip() not in {target, target.removeprefix("mailto:")}:
            _append(element, f" <{target}>")
    return count


def _append(element: Any, text: str) -> None:
    if len(element):
        last = element[-1]
        last.tail = _CONTROL.sub("\ufffd", (last.tail or "") + text)
    else:
        element.text = _CONTROL.sub("\ufffd", (element.text or "") + text)


def _depth(tree: Any) -> int:
    deepest = level = 0
    from lxml import etree

    for event, _ in etree.iterwalk(tree, events=("start", "end")):
        level += 1 if event == "start" else -1
        deepest = max(deepest, level)
    return deepest


def _flat(tree: Any) -> Iterator[str]:
    """Yield the text with line ends at blocks and without any further layout."""
    from lxml import etree

    for event, element in etree.iterwalk(tree, events=("start", "end")):
        block = element.tag in _BLOCKS
        if block:
            yield "\n"
        if event == "start":
            yield element.text or element.get("alt") or ""
        else:
            yield element.tail or ""


def _without_tags(html: str) -> str:
    return re.sub(r"<[^<>]*>", " ", html).strip()
