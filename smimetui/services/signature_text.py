"""The text that ends one's messages, under its own mark (RFC 3676 section 4.3)."""

from smimetui.model.flowed import SIGNATURE

_MOST_LINES = 12
"""A block with more lines under the mark is no signature, but perhaps the message."""


def swapped(body: str, before: str, after: str) -> str:
    """Return `body` with the signature text `after` at its end, in the place of `before`; either may be empty."""
    old, new = _block(before), _block(after)
    bare = body.rstrip("\n")
    if old and bare.endswith(old):
        bare = bare.removesuffix(old)
    elif not new or bare.endswith(new):
        return body
    return f"{bare}{new}\n" if new else bare


def without_signature(text: str) -> str:
    """Return a text without the signature at its end: a quote repeats what was said, not who said it."""
    head, mark, tail = f"\n{text}".rpartition(f"\n{SIGNATURE}\n")
    if not mark or not head.strip() or tail.count("\n") >= _MOST_LINES or "\n>" in f"\n{tail}":
        return text
    return head.removeprefix("\n").rstrip("\n")


def _block(signature: str) -> str:
    text = signature.strip("\n").removeprefix(f"{SIGNATURE}\n")
    return f"\n\n{SIGNATURE}\n{text}" if text.strip() else ""
