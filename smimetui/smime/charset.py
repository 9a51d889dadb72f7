"""Octets of mail as text. Unknown and lying charsets are the normal case: what does not decode is replaced."""

import codecs

# Text encodings of Python's that no mail means, and the only ones that raise although told to replace.
_REFUSED = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"})
# The longest name of a charset (IANA) has 45 characters. Whatever is looked up is kept until the program ends.
_LONGEST_NAME = 45
_ASCII_FAMILY = frozenset({"ascii", "utf-8"})


def decode_text(octets: bytes, charset: str) -> str:
    """Return `octets` as text; never raises.

    What calls itself ASCII is read as UTF-8, which it is a part of; what is no UTF-8 and says nothing better is read as
    Windows-1252, the charset of programs that do not say.
    """
    name = _python_name(charset)
    if name in _ASCII_FAMILY:
        try:
            return octets.decode()
        except UnicodeDecodeError:
            name = "utf-8" if charset.strip().lower() in {"utf-8", "utf8"} else "cp1252"
    text = octets.decode(name, "replace")
    # The one text encoding that brings forth halves of characters, which can be neither written nor sent.
    return text.encode("utf-8", "replace").decode() if name == "utf-7" else text


def _python_name(charset: str) -> str:
    name = charset.strip().strip("\"'").lower()
    if not name or not name.isascii() or "\0" in name or len(name) > _LONGEST_NAME:
        return "ascii"
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return "ascii"
    # Not every codec is for text (`zlib`, `rot13`); CPython's own mark for those that are is the only one there is.
    if found.name in _REFUSED or not getattr(found, "_is_text_encoding", True):
        return "ascii"
    # RFC 2046's Latin-1 is Windows-1252 wherever its controls are used.
    return "cp1252" if found.name == "iso8859-1" else found.name
