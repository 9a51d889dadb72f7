"""HTML as text. Nothing is fetched, run or hidden: styles are dropped, links stand with the target they really have."""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from smimetui.smime.layout_cost import layout_octets, tree_exceeds
from smimetui.smime.streamed_html import DROPPED, names_itself, streamed_text

# A newsletter has 200 kB. What is longer is cut, and says so: for so many, paragraphs without a word take 1 s.
MOST_CHARACTERS = 2_000_000
# Laying out costs 10 µs an element, and memory for the tree and for the blanks that fill every line of tables and
# lists. A newsletter takes 10 x its size; what would take more than this, measured up to 1.4 x the estimate, is read
# without a layout, which takes 2 to 16 x its size.
_MOST_TAGS = 40_000
_MOST_LAYOUT_DEPTH = 100
_LAYOUT_OCTETS, _LAYOUT_RATIO = 2_500_000, 8

_CUT = "\n[the rest of this text is too long to be shown]"
_KEPT_ATTRIBUTES = ("alt", "start", "colspan")
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*>", re.IGNORECASE)
# libxml2 reads these, and lxml refuses to write them.
_CONTROLS = (*range(9), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF)
_SHOWN_CONTROLS = dict.fromkeys(_CONTROLS, "\ufffd")
# libxml2 compares each attribute of a tag with all before it: 0.5 s for so many.
_MOST_ATTRIBUTES = 20_000
_BETWEEN_ATTRIBUTES = re.compile(r"[\s/=\"']+")
# Where a value in quotes begins depends on what a parser makes of the text before: each reading counts.
_QUOTED_VALUES = tuple(map(re.compile, (r"=\s*(?:\"[^\"]*\"|'[^']*')", r"=\s*\"[^\"]*\"", r"=\s*'[^']*'")))
_TAG = re.compile(r"<[^<>]*>")
# Every one, in every tag: a quote or a < in a value before it must not hide the target that counts.
_TARGET = re.compile(r"[\s\"'/]href\s*=\s*(?:\"([^\"]*)|'([^']*)|([^\s>]*))", re.IGNORECASE)
_PIECE = 65_536


def html_to_text(html: str) -> str:
    """Return the text of an HTML document, hidden text included, a link as `text <target>`; never raises."""
    text = _text(html[:MOST_CHARACTERS])
    return text + (_CUT if len(html) > MOST_CHARACTERS else "")


def _text(html: str) -> str:
    if _has_endless_tag(html):
        return _without_tags(html)
    # libxml2 ends at a NUL, which another reader passes over.
    source = _shown(_DECLARATION.sub("", html)).encode()
    # By its letters: a damaged one of one octet becomes one of three here.
    most = _LAYOUT_OCTETS + _LAYOUT_RATIO * len(html)
    text = _laid_out(source, most) if html.count("<") <= _MOST_TAGS and not tree_exceeds(source, most) else None
    if text is None:
        text = streamed_text(source)
    if text is None:
        return _without_tags(html)
    return _tidied(text)


def _tidied(text: bytes) -> str:
    """Return a text in UTF-8 without blanks at the ends of lines, without empty lines around it, and one for many."""
    # Line by line: what a pattern keeps of many short ones takes 25 x their size.
    out, ends = BytesIO(), 0
    for line in BytesIO(text):
        kept = line.rstrip(b" \t\n")
        if kept and out.tell():
            out.write(b"\n" * min(ends, 2))
        out.write(kept)
        ends = 1 if kept else ends + 1
    return out.getvalue().decode()


def _shown(text: str) -> str:
    return text.translate(_SHOWN_CONTROLS)


def _has_endless_tag(html: str) -> bool:
    """Tell whether a tag may have more attributes than a parser survives."""
    if len(html) < 2 * _MOST_ATTRIBUTES:
        return False
    return _most_attributes(html) > _MOST_ATTRIBUTES or any(
        _most_attributes(pattern.sub("=", html)) > _MOST_ATTRIBUTES for pattern in _QUOTED_VALUES
    )


def _most_attributes(html: str) -> int:
    most = start = 0
    while len(html) - start > _MOST_ATTRIBUTES:
        near = html.rfind(">", start, start + _MOST_ATTRIBUTES)
        if near < 0:
            near = html.find(">", start)
            near = len(html) if near < 0 else near
            most = max(most, sum(1 for _ in _BETWEEN_ATTRIBUTES.finditer(html, start, near)))
        start = near + 1
    return most


def _laid_out(source: bytes, most: int) -> bytes | None:
    """Return the text, in UTF-8, laid out in lists and tables; None where that would take more octets than `most`."""
    from inscriptis.css_profiles import STRICT_CSS_PROFILE
    from inscriptis.html_engine import Inscriptis
    from inscriptis.model.config import ParserConfig
    from lxml import etree
    from lxml import html as lxml_html

    parser = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True)
    try:
        tree = lxml_html.document_fromstring(source, parser=parser)
    except etree.LxmlError:
        return None
    # libxml2 stops in documents nested too deep; what it left out would be hidden.
    if parser.error_log.filter_from_fatals() or _depth(tree) > _MOST_LAYOUT_DEPTH:
        return None
    _clean(tree)
    if layout_octets(tree) > most:
        return None
    text: str = Inscriptis(tree, ParserConfig(css=STRICT_CSS_PROFILE.copy(), display_images=True)).get_text()
    return text.encode()


def _clean(tree: Any) -> None:
    """Drop what is no text and what hides text, write targets out."""
    for element in list(tree.iter(*DROPPED)):
        element.clear(keep_tail=True)
    for element in tree.iter():
        target = element.get("href", "").strip() if element.tag in {"a", "area"} else ""
        kept = {name: value for name in _KEPT_ATTRIBUTES if (value := element.get(name))}
        # All at once: an attribute may have a name that lxml reads and will not look up.
        element.attrib.clear()
        for name, value in kept.items():
            element.set(name, _shown(value))
        if target and not names_itself("".join(element.itertext()), target):
            _append(element, f" <{target}>")


def _append(element: Any, text: str) -> None:
    if len(element):
        last = element[-1]
        last.tail = _shown((last.tail or "") + text)
    else:
        element.text = _shown((element.text or "") + text)


def _depth(tree: Any) -> int:
    deepest = level = 0
    from lxml import etree

    for event, _ in etree.iterwalk(tree, events=("start", "end")):
        level += 1 if event == "start" else -1
        deepest = max(deepest, level)
    return deepest


def _without_tags(html: str) -> str:
    return "".join(_TAG.sub(_target, piece) for piece in _pieces(html)).strip()


def _target(tag: re.Match[str]) -> str:
    targets = ("".join(found).strip() for found in _TARGET.findall(tag[0]))
    return " " + "".join(f"<{target}> " for target in targets if target)


def _pieces(html: str) -> Iterator[str]:
    """Yield the document in pieces that end before a tag: what is made of all its tags at once takes memory."""
    start = 0
    while start < len(html):
        end = html.find("<", start + _PIECE)
        yield html[start : end if end > 0 else len(html)]
        start = end if end > 0 else len(html)
