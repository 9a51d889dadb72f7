"""A draft made into one S/MIME message (RFC 8551 section 3): MIME, signed, encrypted, with the header that leaves.

Also what a sealed message says of itself, read back from its bytes. No Bcc field is ever written.
"""

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from io import BytesIO

from smimetui.model.certificate import Certificate
from smimetui.model.errors import FormatError, IdentityNotFoundError, UnsupportedError
from smimetui.model.message import Cipher, Draft, Protection
from smimetui.model.value import dataclass
from smimetui.smime import oids
from smimetui.smime.certificate_id import identify
from smimetui.smime.cms import EnvelopedData, SignedData, read_cms
from smimetui.smime.cms_ids import CertificateId
from smimetui.smime.envelope import encrypt
from smimetui.smime.header_build import address_header, date_header, header, identifier_header, parameterised
from smimetui.smime.identity import Identity
from smimetui.smime.mime import parse
from smimetui.smime.mime_build import base64_lines, draft_entity, multipart
from smimetui.smime.parallel import ahead, blocks
from smimetui.smime.signing import Signing

_MICALG = {"sha256": "sha-256", "sha384": "sha-384", "sha512": "sha-512"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SealFacts:
    """What the bytes of a message say of its protection. Inside an envelope, `signed` is not to be seen."""

    signed: bool
    encrypted: bool
    cipher: str = ""
    recipient_ids: tuple[CertificateId, ...] = ()


def seal(  # noqa: PLR0913 - each is a decision of the caller's; none follows from another
    draft: Draft,
    *,
    protection: Protection,
    identity: Identity | None,
    recipients: Sequence[Certificate],
    message_id: str,
    date: datetime,
    cipher: Cipher | None = None,
    opaque: bool = False,
    encryption_certificate: Certificate | None = None,
) -> bytes:
    """Return a whole RFC 5322 message with CR LF line ends, signed and encrypted as `protection` says.

    `recipients` holds the sender's own certificate too; it says who can read, the draft's To and Cc only what the
    header shows. `encryption_certificate` is the one to answer to, where it is not the identity's; by default the one
    among `recipients` that names the sender. Raises IdentityError, UnsupportedError for a key that cannot receive.
    """
    content = blocks(draft_entity(draft))
    if protection.sign:
        if identity is None:
            raise IdentityNotFoundError("there is no certificate of your own to sign with", "import your .p12 file")
        own = encryption_certificate or _own_certificate(draft, identity, recipients)
        signing = Signing(identity=identity, date=date, encryption_certificate=own)
        content = _signed(content, signing, opaque=opaque)
    out = BytesIO()
    for piece in _fields(draft, message_id, date):
        out.write(piece)
    sealed = content
    if protection.encrypt:
        sealed = _encrypted(list(content), tuple(dict.fromkeys(recipients)), cipher or Cipher.AES256_CBC)
    for piece in sealed:
        out.write(piece)
    return out.getvalue()


def read_back(data: bytes) -> SealFacts:
    """Return what a message's bytes say of its outermost protection. Raises FormatError, UnsupportedError."""
    entity = parse(data)
    if entity.content_type == "multipart/signed":
        return SealFacts(signed=True, encrypted=False)
    if entity.content_type != "application/pkcs7-mime":
        return SealFacts(signed=False, encrypted=False)
    structure = read_cms(entity.decoded())
    if isinstance(structure, EnvelopedData):
        known = oids.CIPHERS.get(structure.cipher.oid)
        if known is None:
            raise FormatError("the envelope names a cipher this program does not make")
        return SealFacts(
            signed=False,
            encrypted=True,
            cipher=known[0],
            recipient_ids=tuple(recipient.recipient for recipient in structure.recipients),
        )
    return SealFacts(signed=isinstance(structure, SignedData) and bool(structure.signers), encrypted=False)


def encrypted_to(data: bytes, certificates: Sequence[Certificate]) -> tuple[Certificate, ...]:
    """Return those of `certificates` that have a RecipientInfo in `data`. Raises FormatError, UnsupportedError."""
    present = {(found.issuer, found.serial, found.key_identifier) for found in read_back(data).recipient_ids}
    return tuple(certificate for certificate in certificates if _keys(certificate) & present)


def _keys(certificate: Certificate) -> set[tuple[bytes, int, bytes]]:
    who = identify(certificate)
    keys = {(who.issuer, who.serial, b"")}
    return keys | {(b"", 0, who.key_identifier)} if who.key_identifier else keys


def _own_certificate(draft: Draft, identity: Identity, recipients: Sequence[Certificate]) -> Certificate | None:
    """Return the certificate to answer to, where it is not the signer's."""
    own = {address.casefold() for address in identity.certificate.addresses} or {draft.sender.spec.casefold()}
    mine = [found for found in recipients if own & {address.casefold() for address in found.addresses}]
    return None if not mine or identity.certificate in mine else mine[0]


def _fields(draft: Draft, message_id: str, date: datetime) -> Iterator[bytes]:
    yield address_header("From", [draft.sender])
    if draft.to:
        yield address_header("To", draft.to)
    elif not draft.cc:
        # RFC 5322 section 3.4: a group without members, where every recipient is hidden.
        yield b"To: undisclosed-recipients:;\r\n"
    if draft.cc:
        yield address_header("Cc", draft.cc)
    yield header("Subject", draft.subject)
    yield date_header(date)
    yield identifier_header("Message-ID", [message_id])
    yield identifier_header("In-Reply-To", [draft.in_reply_to])
    yield identifier_header("References", draft.references)
    yield b"MIME-Version: 1.0\r\n"


def _signed(entity: Iterable[bytes], signing: Signing, *, opaque: bool) -> Iterator[bytes]:
    digest = hashlib.new(signing.digest)
    content: list[bytes] = []
    for piece in ahead(entity):
        digest.update(piece)
        content.append(piece)
    if opaque:
        structure = signing.opaque(digest.digest(), content, sum(map(len, content)))
        return blocks(itertools.chain([_pkcs7_header("signed-data")], base64_lines(structure)))
    signature = [
        parameterised("Content-Type", "application/pkcs7-signature", name="smime.p7s"),
        parameterised("Content-Disposition", "attachment", filename="smime.p7s"),
        b"Content-Transfer-Encoding: base64\r\n\r\n",
        *base64_lines([signing.detached(digest.digest())]),
    ]
    return multipart(
        "multipart/signed",
        [content, signature],
        protocol="application/pkcs7-signature",
        micalg=_MICALG[signing.digest],
    )


def _encrypted(content: list[bytes], recipients: Sequence[Certificate], cipher: Cipher) -> Iterator[bytes]:
    if not recipients:
        raise UnsupportedError("there is nobody to encrypt to")
    size = sum(map(len, content))
    kind = "authEnveloped-data" if cipher is Cipher.AES256_GCM else "enveloped-data"
    yield _pkcs7_header(kind)
    yield from base64_lines(ahead(encrypt(_drained(content), size, recipients, cipher)))


def _drained(pieces: list[bytes]) -> Iterator[bytes]:
    """Yield the pieces and let go of each, so that plain text and ciphertext are not both held whole."""
    pieces.reverse()
    while pieces:
        yield pieces.pop()


def _pkcs7_header(kind: str) -> bytes:
    return (
        parameterised("Content-Type", "application/pkcs7-mime", smime_type=kind, name="smime.p7m")
        + parameterised("Content-Disposition", "attachment", filename="smime.p7m")
        + b"Content-Transfer-Encoding: base64\r\n\r\n"
    )
