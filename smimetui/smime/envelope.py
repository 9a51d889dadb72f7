"""EnvelopedData and AuthEnvelopedData (RFC 5652 section 6, RFC 5083): content encrypted in chunks, and decrypted."""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher as Encryption
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, GCM

from smimetui.model.certificate import Certificate
from smimetui.model.errors import DecryptionError, FormatError, UnsupportedError
from smimetui.model.message import Cipher
from smimetui.model.value import dataclass
from smimetui.smime import oids
from smimetui.smime.ber import field_header, identifier, integer, octet_string, sequence, set_of
from smimetui.smime.certificate_id import marks, names
from smimetui.smime.cms import EnvelopedData
from smimetui.smime.cursor import walk
from smimetui.smime.identity import Identity
from smimetui.smime.recipient_infos import Recipient
from smimetui.smime.recipients import suits, unwrap
from smimetui.smime.wrapping import KeyWrapper

# Where no RecipientInfo names an own certificate, a renewed one may still have the same key. Each trial costs a
# private-key operation of a millisecond, and nobody is named more than once or twice.
MOST_TRIALS = 32

_TAG_OCTETS = 16
_SHORTEST_TAG = 12
UNREADABLE = "the message cannot be decrypted with your keys"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decrypted:
    """The content of an envelope: the first `size` octets of `data` (what follows is padding)."""

    data: bytes = field(repr=False)
    size: int


def encrypt(content: Iterable[bytes], size: int, recipients: Sequence[Certificate], cipher: Cipher) -> Iterator[bytes]:
    """Return a ContentInfo (DER) in pieces; `size` is the number of octets in `content`.

    AES-256-GCM comes with OAEP for RSA keys: who reads the one reads the other. Raises UnsupportedError for a
    recipient whose key cannot receive.
    """
    key = secrets.token_bytes(32)
    authenticated = cipher is Cipher.AES256_GCM
    infos = KeyWrapper(key, oaep=authenticated).recipient_infos(recipients)
    if authenticated:
        return _encrypt_gcm(content, size, infos, key)
    return _encrypt_cbc(content, size, infos, key)


def _encrypt_cbc(content: Iterable[bytes], size: int, infos: list[bytes], key: bytes) -> Iterator[bytes]:
    nonce = secrets.token_bytes(16)
    scheme = sequence(identifier(oids.AES256_CBC), octet_string(nonce))
    encryptor = Encryption(AES(key), CBC(nonce)).encryptor()
    padding = 16 - size % 16
    yield _opening(infos, scheme, size + padding, 0)
    for piece in content:
        yield encryptor.update(piece)
    yield encryptor.update(bytes((padding,)) * padding) + encryptor.finalize()


def _encrypt_gcm(content: Iterable[bytes], size: int, infos: list[bytes], key: bytes) -> Iterator[bytes]:
    nonce = secrets.token_bytes(12)
    scheme = sequence(identifier(oids.AES256_GCM), sequence(octet_string(nonce), integer(_TAG_OCTETS)))
    encryptor = Encryption(AES(key), GCM(nonce)).encryptor()
    yield _opening(infos, scheme, size, len(octet_string(bytes(_TAG_OCTETS))))
    for piece in content:
        yield encryptor.update(piece)
    encryptor.finalize()
    yield octet_string(encryptor.tag)


def _opening(infos: list[bytes], scheme: bytes, size: int, trailing: int) -> bytes:
    """Return all that stands before the ciphertext; `trailing` octets follow it in the same structure."""
    agreed = any(info[0] != 0x30 for info in infos)  # noqa: PLR2004 - a KeyTransRecipientInfo is a bare SEQUENCE
    content = identifier(oids.DATA) + scheme + field_header(0x80, size)
    pieces = [
        integer(0 if trailing or not agreed else 2),
        set_of(*infos),
        field_header(0x30, len(content) + size),
        content,
    ]
    kind = identifier(oids.AUTH_ENVELOPED_DATA if trailing else oids.ENVELOPED_DATA)
    # Joined once, for a thousand RecipientInfos are half a megabyte.
    for tag, first in ((0x30, b""), (0xA0, b""), (0x30, kind)):
        length = len(first) + sum(map(len, pieces)) + size + trailing
        pieces = [field_header(tag, length), first, *pieces]
    return b"".join(pieces)


def decrypt(envelope: EnvelopedData, identities: Sequence[Identity]) -> Decrypted:
    """Return the content, opened with the first own key that does.

    Raises DecryptionError, always the same, whatever failed; UnsupportedError and FormatError for what depends on
    the envelope alone and not on a key.
    """
    known = oids.CIPHERS.get(envelope.cipher.oid)
    if known is None:
        raise UnsupportedError("the message is encrypted with a cipher this program does not read", envelope.cipher.oid)
    content = _Content(envelope, known[1])
    unsupported: UnsupportedError | None = None
    for recipient, identity, named in _attempts(envelope, identities):
        try:
            key = unwrap(recipient, identity)
        except DecryptionError:
            key = b""
        except UnsupportedError as error:
            unsupported = error
            continue
        if len(key) != content.key_octets:
            # RFC 3218: a key that did not decode must end like one that decoded to the wrong value.
            key = secrets.token_bytes(content.key_octets)
        opened = content.open(key, plausible=not named)
        if opened is not None:
            return opened
    if unsupported is not None:
        raise unsupported
    raise DecryptionError(UNREADABLE)


def _attempts(envelope: EnvelopedData, identities: Sequence[Identity]) -> Iterator[tuple[Recipient, Identity, bool]]:
    """Yield what to try: RecipientInfos that name an own certificate, else all an own key could open."""
    named = 0
    for identity in identities:
        for recipient in envelope.recipients.mentioning(*marks(identity.certificate)):
            if names(recipient.recipient, identity.certificate):
                named += 1
                if named > MOST_TRIALS:
                    return
                yield recipient, identity, True
    if named:
        return
    trials = 0
    recipients = tuple(envelope.recipients) if identities else ()
    for identity in identities:
        for recipient in recipients:
            if suits(recipient, identity.certificate):
                trials += 1
                if trials > MOST_TRIALS:
                    return
                yield recipient, identity, False


class _Content:
    """The encrypted content with its algorithm's parameters."""

    def __init__(self, envelope: EnvelopedData, key_octets: int) -> None:
        self.key_octets = key_octets
        self._envelope = envelope
        parameters = walk(envelope.cipher.parameters)
        self._authenticated = envelope.cipher.oid in oids.GCM_CIPHERS
        if self._authenticated:
            inner = parameters.enter(0x30)
            self._nonce = inner.content(0x04)
            self._tag = envelope.mac or b""
            # RFC 5084 section 3.2: 12 octets where the length is not given.
            octets = _SHORTEST_TAG if inner.done else inner.integer()
            if not _SHORTEST_TAG <= octets <= _TAG_OCTETS or octets != len(self._tag) or not self._nonce:
                raise FormatError("the parameters of the message's cipher are not valid")
        else:
            self._nonce = parameters.content(0x04)
            if envelope.mac is not None or len(self._nonce) != self._block_octets:
                raise FormatError("the parameters of the message's cipher are not valid")

    @property
    def _block_octets(self) -> int:
        return 8 if self._envelope.cipher.oid == oids.TRIPLE_DES else 16

    def open(self, key: bytes, *, plausible: bool) -> Decrypted | None:
        """Return the content, or None; with `plausible` only what begins like mail."""
        if self._authenticated:
            return self._open_gcm(key)
        return self._open_cbc(key, plausible=plausible)

    def _open_gcm(self, key: bytes) -> Decrypted | None:
        try:
            decryptor = Encryption(AES(key), GCM(self._nonce, self._tag, _SHORTEST_TAG)).decryptor()
            decryptor.authenticate_additional_data(self._envelope.authenticated_attributes)
            data = decryptor.update(self._envelope.ciphertext)
            decryptor.finalize()
        except (InvalidTag, ValueError):
            return None
        return Decrypted(data=data, size=len(data))

    def _open_cbc(self, key: bytes, *, plausible: bool) -> Decrypted | None:
        block = self._block_octets
        ciphertext = self._envelope.ciphertext
        if not ciphertext or len(ciphertext) % block:
            return None
        # The last block alone tells the padding: a wrong key does not cost a pass over the content.
        previous = ciphertext[-2 * block : -block] if len(ciphertext) > block else self._nonce
        ending = self._cbc(key, bytes(previous), ciphertext[-block:])
        padding = ending[-1]
        if not 1 <= padding <= block or ending[-padding:] != bytes((padding,)) * padding:
            return None
        if plausible and not _begins_like_mail(self._cbc(key, self._nonce, ciphertext[:block])):
            return None
        return Decrypted(data=self._cbc(key, self._nonce, ciphertext), size=len(ciphertext) - padding)

    def _cbc(self, key: bytes, nonce: bytes, ciphertext: memoryview) -> bytes:
        triple = self._envelope.cipher.oid == oids.TRIPLE_DES
        decryptor = Encryption(TripleDES(key) if triple else AES(key), CBC(nonce)).decryptor()
        return decryptor.update(ciphertext)


def _begins_like_mail(start: bytes) -> bool:
    return all(32 <= octet < 127 or octet in b"\t\r\n" for octet in start[:8])  # noqa: PLR2004 - printable ASCII
