"""Distinguished names (X.501, RFC 5280 section 4.1.2.4) as people read them, and the addresses inside them.

Decodes what issuers really wrote: TeletexString that holds Latin-1, empty values, unknown attributes. Never raises for
a value's characters, only for a name that is no name.
"""

from functools import lru_cache

from smimetui.model.errors import FormatError
from smimetui.smime.der import OID, SEQUENCE, SET, fields, read_field

Pairs = tuple[tuple[str, str], ...]
EMAIL_ADDRESS = "emailAddress"
_COMMON_NAME = "CN"
# RFC 4514 section 3, with the names other programs print for the rest.
_SHORT_NAMES = {
    "2.5.4.3": _COMMON_NAME,
    "2.5.4.4": "SN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "STREET",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "title",
    "2.5.4.42": "GN",
    "2.5.4.65": "pseudonym",
    "2.5.4.97": "organizationIdentifier",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": EMAIL_ADDRESS,
}
# The longest in use have a dozen octets; reading takes the square of the length.
_MOST_IDENTIFIER = 64
# The octets of a set of one attribute before its value, and the longest length that takes one octet.
_LEAST, _MOST_SHORT = 8, 0x7F
_BMP_STRING, _UNIVERSAL_STRING = 0x1E, 0x1C
_ESCAPED = frozenset(',+"\\<>;')


def decode_name(data: bytes, start: int, stop: int) -> Pairs:
    """Return (short name or dotted identifier, value) pairs of the RDNSequence between two offsets, in their order.

    Raises FormatError.
    """
    pairs: list[tuple[str, str]] = []
    position = start
    while position < stop:
        position = _short_form(data, position, stop, pairs) or _long_form(data, position, stop, pairs)
    return tuple(pairs)


def _short_form(data: bytes, start: int, stop: int, pairs: list[tuple[str, str]]) -> int:
    """Read a set of one attribute whose lengths all take one octet; return its end, or 0 if it is another thing.

    Nearly every name is made of these, and a book of 10,000 certificates has 60,000 of them.
    """
    if stop - start < _LEAST or data[start] != SET or data[start + 2] != SEQUENCE or data[start + 4] != OID:
        return 0
    end = start + 2 + data[start + 1]
    kind_end = start + 6 + data[start + 5]
    # In a set this short no length of several octets adds up to its end.
    if not (
        data[start + 1] <= _MOST_SHORT
        and start + 4 + data[start + 3] == end <= stop
        and kind_end + 2 <= end
        and kind_end + 2 + data[kind_end + 1] == end
    ):
        return 0
    pairs.append((_short_name(data[start + 6 : kind_end]), _text(data[kind_end], data[kind_end + 2 : end])))
    return end


def _long_form(data: bytes, start: int, stop: int, pairs: list[tuple[str, str]]) -> int:
    relative = read_field(data, start, stop)
    if relative.tag != SET:
        raise FormatError("a name is not made of sets of attributes")
    for attribute in fields(data, relative.content, relative.end):
        kind = read_field(data, attribute.content, attribute.end)
        value = read_field(data, kind.after, attribute.end)
        pairs.append((_short_name(data[kind.content : kind.end]), _text(value.tag, data[value.content : value.end])))
    return relative.after


def name_text(pairs: Pairs) -> str:
    """Return a name as one line, the most specific part first (RFC 4514)."""
    return ",".join([f"{kind}={_escaped(value)}" for kind, value in reversed(pairs)])


def common_name(pairs: Pairs) -> str:
    """Return the most specific common name, or an empty string."""
    return next((value for kind, value in reversed(pairs) if kind == _COMMON_NAME), "")


@lru_cache(maxsize=256)
def _short_name(content: bytes) -> str:
    dotted = dotted_oid(content)
    return _SHORT_NAMES.get(dotted, dotted)


def dotted_oid(content: bytes) -> str:
    """Return the dotted form of an object identifier's content octets (X.690 section 8.19); empty where it has none.

    Raises FormatError for one of more than 64 octets.
    """
    if len(content) > _MOST_IDENTIFIER:
        raise FormatError(f"an object identifier of more than {_MOST_IDENTIFIER} octets is not read")
    arcs, value = [], 0
    for octet in content:
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(value)
            value = 0
    if not arcs:
        return ""
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def _text(tag: int, content: bytes) -> str:
    if tag == _BMP_STRING:
        return content.decode("utf-16-be", "replace")
    if tag == _UNIVERSAL_STRING:
        return content.decode("utf-32-be", "replace")
    try:
        return content.decode()
    except UnicodeDecodeError:
        # TeletexString: in certificates always Latin-1, whatever T.61 says.
        return content.decode("latin-1")


def _escaped(value: str) -> str:
    if value.isalnum():
        return value
    escaped = "".join([f"\\{character}" if character in _ESCAPED else character for character in value])
    if escaped[:1] in {" ", "#"}:
        escaped = f"\\{escaped}"
    return f"{escaped[:-1]}\\ " if escaped.endswith(" ") and len(value) > 1 else escaped
