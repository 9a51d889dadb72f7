"""Text that flows (RFC 3676): a paragraph is one line here, and several short ones on its way.

Both directions are exact: what was flowed reads back as it was written, or is not flowed at all.
"""

import re
from collections.abc import Iterator
from io import BytesIO

_MOST_TEXT = 1_000_000
"""Characters: longer texts are logs and listings, whose lines stand as they are."""
_LONGEST_LINE = 78
"""RFC 3676 section 4.2: lines are to be shorter than 79 characters, their soft break included."""
_WIDTH = 72
SIGNATURE = "-- "
"""The line before a signature text (RFC 3676 section 4.3), the one whose blank is no soft break."""
_QUOTED = re.compile(r"(>+)(?: (.*))?", re.DOTALL)
_BLANKS_AT_END = re.compile(r"[ \t]+$", re.MULTILINE)
_WORD = re.compile(r"[^ ]+ *| +")


def flow(text: str) -> str | None:
    """Return `text` with lines of at most 72 characters, soft breaks, space-stuffing and line feeds.

    None where nothing is long enough to need it, or where it would not read back exactly.
    """
    if len(text) > _MOST_TEXT or all(len(line) <= _LONGEST_LINE for line in _lines(text)):
        return None
    flowed = "\n".join(piece for line in _lines(text) for piece in _pieces(line))
    return flowed if unflow(flowed) == text else None


def unflow(text: str, *, delsp: bool = False) -> str:
    """Return format=flowed text with its soft breaks joined and its stuffing taken out; never raises.

    With `delsp` the blank of a soft break goes too. Quoted lines come back as `> text`, `>> text`.
    """
    if len(text) > _MOST_TEXT:
        return text
    # As octets: a StringIO keeps up to 100,000 pieces as they are, in 60 octets each.
    out = BytesIO()
    open_depth = -1
    for number, line in enumerate(_lines(text)):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        signature = content == SIGNATURE
        if depth != open_depth or signature:
            _write(out, "\n" * (number > 0) + ">" * depth + " " * (depth > 0 and content != ""))
        soft = content.endswith(" ") and not signature
        _write(out, content[:-1] if soft and delsp else content)
        open_depth = depth if soft else -1
    return out.getvalue().decode("utf-8", "surrogatepass")


def _write(out: BytesIO, text: str) -> None:
    out.write(text.encode("utf-8", "surrogatepass"))


def tidied(text: str) -> str:
    """Return `text` without blanks at the ends of lines, where they would be soft breaks (RFC 3676 section 4.2)."""
    tidy = _BLANKS_AT_END.sub("", text)
    return re.sub(r"^--$", SIGNATURE, tidy, flags=re.MULTILINE) if f"\n{SIGNATURE}\n" in f"\n{text}\n" else tidy


def _lines(text: str) -> Iterator[str]:
    # Not by `split`: a hostile text has a million lines.
    start = 0
    while (end := text.find("\n", start)) >= 0:
        yield text[start:end]
        start = end + 1
    yield text[start:]


def _pieces(line: str) -> Iterator[str]:
    """Yield a line as it travels."""
    quoted = _QUOTED.fullmatch(line)
    depth, content = (quoted[1], quoted[2] or "") if quoted else ("", line)
    if len(line) <= _LONGEST_LINE:
        yield _stuffed(depth, content)
        return
    room, piece = max(20, _WIDTH - len(depth) - 1), ""
    for word in _WORD.findall(content):
        if piece and len(piece) + len(word) > room and piece != SIGNATURE:
            yield _stuffed(depth, piece)
            piece = ""
        piece += word
    yield _stuffed(depth, piece)


def _stuffed(depth: str, content: str) -> str:
    """Return a line with the blank before it that a quoted one has, and one that would be read otherwise needs."""
    stuffing = " " if (content if depth else content.startswith((" ", ">", "From "))) else ""
    return f"{depth}{stuffing}{content}"
