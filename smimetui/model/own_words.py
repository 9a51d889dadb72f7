"""What a person wrote themselves in a message, and whether it promises a file."""

import re

from smimetui.model.flowed import SIGNATURE

_PROMISE = re.compile(
    r"\b(?:attached|attachments?|attaching|enclosed|enclosing|"
    r"anbei|beigefügt\w*|beiliegend\w*|angehängt\w*|anhang|anhänge|anlagen?|im anhang|hänge\b.{0,40}\ban)\b",
    re.IGNORECASE,
)
_QUOTE_BEGINS = re.compile(r"^(?:On .{0,200} wrote:|.{0,200} wrote:|-{5,} Forwarded message -{5,})$")


def own_words(text: str) -> str:
    """Return a message's text without what is quoted, what was forwarded, and the signature at its end."""
    own: list[str] = []
    for line in text.split("\n"):
        if line == SIGNATURE or line.startswith("-----"):
            break
        if not line.startswith(">") and _QUOTE_BEGINS.fullmatch(line) is None:
            own.append(line)
    return "\n".join(own)


def promises_file(text: str, subject: str = "") -> bool:
    """Tell whether the own words of a message, or a new subject, speak of a file that comes with it."""
    new = "" if ":" in subject else subject
    return _PROMISE.search(f"{new}\n{own_words(text)}") is not None
