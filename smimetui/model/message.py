"""Messages before, while and after they are protected: drafts, sealed messages, opened messages."""

from dataclasses import field, replace
from datetime import datetime
from enum import Enum

from smimetui.model.address import Address
from smimetui.model.certificate import Certificate
from smimetui.model.value import dataclass
from smimetui.model.verdict import EncryptionReport, SignatureReport

APART = "-" * 20
"""Between parts of a message that are protected differently."""


class Cipher(Enum):
    """Content encryption that a person may choose; the value is the word of the command line."""

    AES256_CBC = "aes256_cbc"
    AES256_GCM = "aes256_gcm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that travels with a message; `name` is a bare file name, `content_type` a MIME type without parameters."""

    name: str
    content_type: str
    content: bytes = field(repr=False)

    @property
    def size(self) -> int:
        """Bytes before any encoding."""
        return len(self.content)


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """What the person asked for."""

    sign: bool
    encrypt: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message as it is written; plain text that exists in memory only."""

    sender: Address
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    subject: str = ""
    body: str = ""
    """Text with line feeds."""
    attachments: tuple[Attachment, ...] = ()
    in_reply_to: str = ""
    """A Message-ID with its angle brackets, or empty."""
    references: tuple[str, ...] = ()

    @property
    def recipients(self) -> tuple[Address, ...]:
        """To, Cc and Bcc, each address once."""
        return tuple(dict.fromkeys((*self.to, *self.cc, *self.bcc)))

    def without(self, addresses: tuple[Address, ...]) -> "Draft":
        """Return the draft with these recipients taken out of every field."""
        gone = set(addresses)
        return replace(
            self,
            to=tuple(address for address in self.to if address not in gone),
            cc=tuple(address for address in self.cc if address not in gone),
            bcc=tuple(address for address in self.bcc if address not in gone),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedMessage:
    """One envelope, ready to leave: the only thing a Transport sends, and only the composer makes one.

    `encrypted_to`, `signed` and `cipher` are read back from `data`, not remembered from the wish.
    """

    data: bytes = field(repr=False)
    """The whole RFC 5322 message with CRLF line ends, without a Bcc field."""
    sender: Address
    recipients: tuple[Address, ...]
    """The envelope's recipients (RFC 5321 RCPT TO)."""
    message_id: str
    signed: bool
    encrypted_to: tuple[Certificate, ...] = ()
    cipher: str = ""


class Outcome(Enum):
    """How an attempt to send ended, when it did not raise."""

    SENT = "sent"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Headers:
    """The header fields a person reads, decoded, not yet made printable."""

    sender: tuple[Address, ...] = ()
    """Mailboxes of every From field."""
    from_text: str = ""
    """The From value as it stands, decoded, for messages whose From is no single mailbox."""
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    """In one's own copy of what one sent."""
    reply_to: tuple[Address, ...] = ()
    subject: str = ""
    date: datetime | None = None
    message_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A leaf of the opened message and whether it lies under the signature or encryption of the whole.

    `note` is a sentence for a part that is signed or encrypted by itself, apart from the whole: its protection is its
    own, and the text of one that was decrypted is not part of the body.
    """

    content_type: str
    protected: bool
    text: str | None = field(default=None, repr=False)
    """Decoded text, shown in the body; None for attachments."""
    attachment: Attachment | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedMessage:
    """A message after the reader: what the screen shows and what `open --json` prints."""

    headers: Headers
    layers: tuple[str, ...] = ()
    """Outermost first: `enveloped`, `signed`, `compressed`."""
    signature: SignatureReport | None = None
    """None unless one signature covers the whole message as shown."""
    encryption: EncryptionReport | None = None
    body: str = field(default="", repr=False)
    parts: tuple[Part, ...] = ()
    notes: tuple[str, ...] = ()
    """Sentences about parts that are protected apart, or could not be read."""
    raw: bytes = field(default=b"", repr=False)

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """The files of the message, in order."""
        return tuple(part.attachment for part in self.parts if part.attachment is not None)

    @property
    def shown(self) -> str:
        """The text as a person sees it: parts that are protected by themselves stand apart, each under its own line.

        A reply quotes `body`, never this: what was decrypted from elsewhere in the message must not travel on.
        """
        if not any(part.note and part.text is not None for part in self.parts):
            return self.body
        sections = []
        for part in self.parts:
            if part.text is not None:
                text = part.text.strip("\n")
                sections.append(f"[{part.note}]\n\n{text}" if part.note else text)
        return f"\n\n{APART}\n\n".join(sections)

    @property
    def encrypted(self) -> bool:
        """The message came in an envelope, opened or not."""
        return self.encryption is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A row of the message list: what the header alone tells."""

    uid: str
    """Names the message within its folder; opaque."""
    sender: str
    subject: str
    date: datetime | None
    seen: bool
    size: int
    content_type: str = ""
