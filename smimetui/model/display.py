"""Text that others wrote, made safe to show.

Headers, bodies, file names, certificate names, server errors and pastes may hold escape sequences, bidirectional
controls and look-alike blanks. Everything the program did not write itself goes through here before it is shown.
"""

import unicodedata

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_KEPT_BLANKS = {"\n", "\t"}
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# Joiners inside emoji and Indic or Persian words: invisible, harmless, and wrong to break.
_JOINERS = {"\u200c", "\u200d"}

_BLANKS = "\t\n\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
# Letters without a shape, and Braille without a dot: a name filled with them would push what follows off the screen.
_FILLERS = "\u115f\u1160\u2800\u3164\uffa0"
_SPACES = dict.fromkeys(map(ord, _BLANKS + _FILLERS), " ")

# A text uses some hundred different characters; a hostile one may use all 1,114,112.
_MOST_KNOWN = 10_000

_KILO = 1000


class _Shown(dict[int, int]):
    """What is shown for a code point, found on first use: nothing is made for each character of a long text."""

    def __missing__(self, code: int) -> int:
        character = chr(code)
        kept = character in _KEPT_BLANKS or character in _JOINERS
        acts = not kept and unicodedata.category(character) in _INVISIBLE
        shown = ord(_REPLACEMENT) if acts else code
        if len(self) < _MOST_KNOWN:
            self[code] = shown
        return shown


_SHOWN = _Shown()


def printable(text: str) -> str:
    """Return `text` with every character that could act on a terminal shown as U+FFFD.

    Line feeds and tabs stay; CRLF and CR become line feeds; C0, C1, bidirectional controls, surrogates, private use
    and unassigned characters are replaced. Idempotent; never changes ordinary text.
    """
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.translate(_SHOWN)


def printable_line(text: str) -> str:
    """Return `printable(text)` on one line: any run of blanks becomes a single space, ends are trimmed."""
    line = printable(text).translate(_SPACES)
    # Halved until none is left: a list of the words would take many times a long text.
    while "  " in line:
        line = line.replace("  ", " ")
    return line.strip(" ")


def as_sentence(text: str) -> str:
    """Return a reason as a sentence of its own: a capital letter, a full stop; an empty text stays so."""
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def file_size(size: int) -> str:
    """Return a size in bytes as people say it: `812 B`, `48 kB`, `2.1 MB` (powers of 1,000)."""
    if size < _KILO:
        return f"{size} B"
    if size < _KILO**2:
        return f"{size / _KILO:.0f} kB"
    return f"{size / _KILO**2:.1f} MB"


def fingerprint_groups(sha256: str) -> str:
    """Return a SHA-256 fingerprint (64 hexadecimal digits) in upper-case groups of four."""
    digits = sha256.upper()
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))
