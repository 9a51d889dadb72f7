"""A message's header as people read it: all fields, unfolded and decoded, in their order."""

import re

from smimetui.model.address import decode_words

_END = re.compile(rb"\r?\n\r?\n|\A\r?\n")
_FOLD = re.compile(r"\r?\n(?=[ \t])")
_MOST = 262_144
"""Octets of a header that are shown."""


def full_headers(raw: bytes) -> str:
    """Return a line for each field; what is no field is shown as it stands."""
    end = _END.search(raw, 0, _MOST)
    head = raw[: end.start() if end else _MOST]
    try:
        text = head.decode()
    except UnicodeDecodeError:
        text = head.decode("latin-1")
    lines = _FOLD.sub("", text).splitlines()
    fields = (line.partition(":") for line in lines)
    return "\n".join(f"{name}{colon} {decode_words(value.strip())}" if colon else name for name, colon, value in fields)
