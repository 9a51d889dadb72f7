"""SMIMECapabilities (RFC 8551 section 2.5.2): what a correspondent's program reads, and the cipher all of them read."""

from collections.abc import Sequence

from smimetui.model.errors import FormatError
from smimetui.model.message import Cipher
from smimetui.smime import oids
from smimetui.smime.ber import identifier
from smimetui.smime.cursor import walk

_MOST_CAPABILITIES = 200
_NULL = b"\x05\x00"
_SHA256 = identifier(oids.DIGEST_IDENTIFIERS["sha256"])


def offered(capabilities: bytes) -> frozenset[str]:
    """Return the dotted identifiers of a SMIMECapabilities value (DER); empty where it cannot be read."""
    found: set[str] = set()
    try:
        listed = walk(capabilities).enter(0x30)
        while not listed.done and len(found) < _MOST_CAPABILITIES:
            capability = listed.enter(0x30)
            name = capability.oid()
            parameters = b"" if capability.done else capability.encoded()
            if name != oids.RSA_OAEP or _is_ours(parameters):
                found.add(name)
    except FormatError:
        return frozenset()
    return frozenset(found)


def _is_ours(oaep: bytes) -> bool:
    """Tell whether OAEP parameters (RFC 4055 section 4.1) allow SHA-256; who names none is taken to read any."""
    return oaep in {b"", _NULL} or oaep.count(_SHA256) == len(("digest", "mask generation"))


def common_cipher(capabilities: Sequence[bytes | None]) -> Cipher:
    """Return the strongest cipher that all recipients' programs say they read; CBC where any of them is unknown.

    AES-256-GCM comes with OAEP, so both must be offered: Outlook and Exchange Online break on AuthEnvelopedData.
    """
    known = [offered(value) for value in capabilities if value is not None]
    if not known or len(known) < len(capabilities):
        return Cipher.AES256_CBC
    if all({oids.AES256_GCM, oids.RSA_OAEP} <= one for one in known):
        return Cipher.AES256_GCM
    return Cipher.AES256_CBC
