"""Header fields as they arrive (RFC 5322, 2045, 2231): unfolded, split, their parameters read. Never raises."""

import re
from urllib.parse import unquote_to_bytes

from smimetui.model.address import decode_words
from smimetui.smime.charset import decode_text

# A parameter list is a line or two; a longer one is cut, since nothing beyond can be meant for a reader.
_MOST_VALUE = 16_384
_MOST_PARAMETERS = 100
# Possessive: where to turn back to would be kept for each letter, in 200 octets.
_PARAMETER = re.compile(r';\s*([^\s=;"]{1,100})\s*=\s*(?:"((?:[^"\\]|\\.)*+)"?|([^;\s]*))', re.DOTALL)
_CONTINUED = re.compile(r"([^*]+)\*(\d{1,3})(\*?)")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+/[!#$%&'*+.^_`|~0-9a-z-]+")
_UNSAFE_IN_NAMES = re.compile(r'[\x00-\x1f\x7f/\\:<>|"*?]+')
_LONGEST_NAME = 200


def media_type(value: str, default: str = "text/plain") -> tuple[str, dict[str, str]]:
    """Return type/subtype in lower case (the default where there is none that is valid) and the parameters."""
    main, parameters = parameterised(value)
    return (main if _TOKEN.fullmatch(main) else default), parameters


def parameterised(value: str) -> tuple[str, dict[str, str]]:
    """Return the main value in lower case and the parameters by lower-case name, RFC 2231 pieces joined."""
    if not value:
        return "", {}
    value = value[:_MOST_VALUE]
    main = value.partition(";")[0].strip().lower()
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for count, match in enumerate(_PARAMETER.finditer(value)):
        if count >= _MOST_PARAMETERS:
            break
        name = match[1].lower()
        text = re.sub(r"\\(.)", r"\1", match[2], flags=re.DOTALL) if match[2] is not None else match[3]
        continued = _CONTINUED.fullmatch(name)
        if continued is not None:
            pieces.setdefault(continued[1], {})[int(continued[2])] = (text, bool(continued[3]))
        elif name.endswith("*"):
            pieces.setdefault(name[:-1], {})[0] = (text, True)
        else:
            plain.setdefault(name, text)
    for name, numbered in pieces.items():
        plain[name] = _joined(numbered)
    return main, plain


def file_name(disposition: dict[str, str], content: dict[str, str]) -> str:
    """Return the bare file name that a part's parameters give, or an empty string."""
    name = decode_words(disposition.get("filename") or content.get("name") or "")
    if not name:
        return ""
    bare = _UNSAFE_IN_NAMES.sub("_", re.split(r"[/\\]", name.strip())[-1]).strip(" .")
    return bare[:_LONGEST_NAME]


def _joined(numbered: dict[int, tuple[str, bool]]) -> str:
    """Join the pieces of a parameter value (RFC 2231 sections 3 and 4)."""
    charset, octets = "utf-8", b""
    for position, number in enumerate(sorted(numbered)):
        text, encoded = numbered[number]
        if encoded and position == 0 and text.count("'") >= 2:  # noqa: PLR2004 - charset'language'text
            charset, _, text = text.split("'", 2)
        octets += unquote_to_bytes(text) if encoded else text.encode()
    return decode_text(octets, charset)
