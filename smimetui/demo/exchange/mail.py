"""Mail on its way: the outer headers as the store reads them, and the block that Exchange writes anew when it sends.

Only the outer headers are read or written. The body, with whatever is signed in it, stays as it is to the octet.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.header import Header, decode_header
from email.utils import format_datetime, getaddresses, parsedate_to_datetime

from smimetui.model.value import dataclass

_KEPT = (
    "From",
    "Sender",
    "Reply-To",
    "To",
    "CC",
    "Subject",
    "Thread-Topic",
    "Date",
    "Message-ID",
    "References",
    "In-Reply-To",
    "Importance",
    "Disposition-Notification-To",
)
"""What the sender says and the server keeps, in the server's order."""
_CONTENT = ("Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "Content-Description")
_LINE = 76
_ADDRESSES = {"from", "sender", "reply-to", "to", "cc"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Headers:
    """The outer headers: name as written, value unfolded, in order."""

    fields: tuple[tuple[str, str], ...]

    def raw(self, name: str) -> str:
        """Return the value of the first field of that name, undecoded; "" where there is none."""
        wanted = name.lower()
        return next((value for field, value in self.fields if field.lower() == wanted), "")

    def text(self, name: str) -> str:
        """Return the value with its encoded words decoded."""
        return decode(self.raw(name))

    def addresses(self, *names: str) -> tuple[tuple[str, str], ...]:
        """Return the display names and addresses of all fields of those names."""
        wanted = {name.lower() for name in names}
        values = [value for field, value in self.fields if field.lower() in wanted]
        return tuple((decode(name), address) for name, address in getaddresses(values) if "@" in address)

    @property
    def sender(self) -> tuple[str, str]:
        """The display name and address in From."""
        return next(iter(self.addresses("From")), ("", ""))

    @property
    def date(self) -> datetime | None:
        """What Date says, in UTC."""
        try:
            date = parsedate_to_datetime(self.raw("Date"))
        except (ValueError, IndexError):
            return None
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)

    @property
    def item_class(self) -> str:
        """The message class that Exchange gives S/MIME messages by their outer type."""
        kind = self.raw("Content-Type").lower()
        if kind.startswith("multipart/signed") and "pkcs7" in kind:
            return "IPM.Note.SMIME.MultipartSigned"
        if re.match(r"application/(x-)?pkcs7-mime", kind):
            return "IPM.Note.SMIME"
        return "IPM.Note"


def read_headers(mime: bytes) -> Headers:
    """Return the outer headers."""
    head, _ = split(mime)
    fields: list[tuple[str, str]] = []
    for line in head.decode("utf-8", "replace").splitlines():
        if line[:1] in {" ", "\t"} and fields:
            name, value = fields[-1]
            fields[-1] = (name, f"{value} {line.strip()}")
        elif ":" in line:
            name, _, value = line.partition(":")
            fields.append((name.strip(), value.strip()))
    return Headers(fields=tuple(fields))


def split(mime: bytes) -> tuple[bytes, bytes]:
    """Return the header block and the body, without the empty line between them."""
    found = re.search(rb"\r?\n\r?\n", mime)
    return (mime, b"") if found is None else (mime[: found.start()], mime[found.end() :])


def decode(value: str) -> str:
    """Return a header value with its encoded words decoded (RFC 2047); what cannot be decoded stays."""
    try:
        pieces = decode_header(value)
        return "".join(
            piece if isinstance(piece, str) else piece.decode(charset or "ascii", "replace")
            for piece, charset in pieces
        )
    except (ValueError, LookupError):
        return value


def rewrite(mime: bytes, *, host: str, at: datetime, name_of: Callable[[str], str]) -> bytes:
    """Return the message as it leaves the server: another header block, the same body.

    Names of people in the directory become the directory's, headers nobody needs are gone, Bcc above all.
    """
    _, body = split(mime)
    headers = read_headers(mime)
    lines = _received(host, format_datetime(at))
    for name in _KEPT:
        if name.lower() in _ADDRESSES:
            pairs = headers.addresses(name)
            lines.extend([_addresses(name, pairs, name_of)] if pairs else [])
        elif value := headers.text(name):
            lines.append(_fold(name, re.sub(r"[\r\n]+", " ", value)))
    lines += ["Accept-Language: en-US", "Content-Language: en-US", "X-MS-Has-Attach: yes", "X-MS-TNEF-Correlator:"]
    lines += [f"{name}: {_refold(headers.raw(name))}" for name in _CONTENT if headers.raw(name)]
    lines.append("MIME-Version: 1.0")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _received(host: str, date: str) -> list[str]:
    by_smtp = (
        f"Received: from {host} (10.0.0.5) by\r\n {host} (10.0.0.5) with Microsoft SMTP Server\r\n"
        f" (version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id\r\n 15.2.1544.4; {date}"
    )
    by_mapi = f"Received: from {host} ([fe80::1]) by {host}\r\n ([fe80::1%4]) with mapi id 15.02.1544.004; {date}"
    return [by_smtp, by_mapi]


def _addresses(name: str, pairs: tuple[tuple[str, str], ...], name_of: Callable[[str], str]) -> str:
    shown = []
    for written, address in pairs:
        display = name_of(address) or written
        quoted = (
            display if re.fullmatch(r"[A-Za-z0-9 ]*", display) else '"' + re.sub(r'(["\\])', r"\\\1", display) + '"'
        )
        encoded = quoted if quoted.isascii() else Header(display, "utf-8", maxlinelen=70).encode(linesep="\r\n")
        shown.append(f"{encoded} <{address}>".strip() if display else f"<{address}>")
    return f"{name}: " + ",\r\n\t".join(shown)


def _fold(name: str, value: str) -> str:
    if not value.isascii():
        return f"{name}: " + Header(value, "utf-8", maxlinelen=70, header_name=name).encode(linesep="\r\n")
    words, line, lines = value.split(" "), f"{name}:", []
    for word in words:
        if len(line) + len(word) > _LINE and line.strip() and not line.endswith(":"):
            lines.append(line)
            line = ""
        line += f" {word}"
    return "\r\n".join([*lines, line])


def _refold(value: str) -> str:
    return ";\r\n\t".join(part.strip() for part in _parameters(value))


def _parameters(value: str) -> list[str]:
    """Split at the semicolons outside quoted strings."""
    return [part for part in re.split(r';(?=(?:[^"]*"[^"]*")*[^"]*$)', value) if part.strip()]
