"""How large a message will be before it is sealed: base64 once for each file, and once more for what is encrypted."""

from smimetui.model.message import Draft, Protection

_BASE64 = 4 / 3 * 78 / 76
"""Octets for each octet: three become four, and each 76 get a line end."""
_HEADER, _PART, _SIGNATURE, _RECIPIENT = 800, 350, 5_000, 420
"""Octets of the message's header, of a part's, of a signature with its certificates, and for each recipient's key."""


def sealed_size(draft: Draft, protection: Protection) -> int:
    """Return about how many octets the envelope for To and Cc will have; within a tenth for what is worth asking."""
    size = len(draft.body.encode("utf-8", "replace")) + _PART
    size += sum(round(file.size * _BASE64) + _PART for file in draft.attachments)
    if protection.sign:
        size += _SIGNATURE
    if protection.encrypt:
        size = round((size + _RECIPIENT * (len(draft.recipients) + 1)) * _BASE64)
    return size + _HEADER
