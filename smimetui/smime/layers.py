"""The S/MIME layers of a message, recognised one at a time (RFC 8551 section 3) by their bytes, not by name alone.

Older types, missing and wrong smime-type parameters, and octet streams with a telling name are all met in mail.
"""

import zlib
from collections.abc import Sequence

from smimetui.model.certificate import Certificate
from smimetui.model.errors import FormatError, UnsupportedError
from smimetui.model.value import dataclass
from smimetui.smime import oids
from smimetui.smime.cms import CompressedData, EnvelopedData, SignedData, read_cms
from smimetui.smime.mime import MOST_OCTETS, Entity, decode_base64, parse
from smimetui.smime.signature import CheckedSigner, Content, check_signers
from smimetui.smime.x509 import load_certificate

# Text packs to a tenth; what grows more was made to fill the memory, unless it is small anyway.
MOST_EXPANSION = 20
ALWAYS_ALLOWED = 4_000_000

_MIME_TYPES = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_SIGNATURE_TYPES = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature"})
_UNTYPED = frozenset({"application/octet-stream", "application/binary", "application/x-unknown"})
_SEQUENCE = 0x30


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedLayer:
    """A signature around `inner`; `structure` is None where the signature part could not be read."""

    inner: Entity
    structure: SignedData | None
    content: Content

    def certificates(self) -> tuple[Certificate, ...]:
        """Return the certificates the layer brings; those that cannot be read are left out."""
        found = []
        for der in self.structure.certificates if self.structure is not None else ():
            try:
                found.append(load_certificate(der))
            except (FormatError, UnsupportedError):
                continue
        return tuple(dict.fromkeys(found))

    def check(self, certificates: Sequence[Certificate]) -> tuple[CheckedSigner, ...]:
        """Check every signer; none where the signature part could not be read or contradicts itself."""
        if self.structure is None:
            return ()
        return check_signers(self.structure, self.content, certificates)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopedLayer:
    """Encrypted content, not yet opened."""

    structure: EnvelopedData


@dataclass(frozen=True, slots=True, kw_only=True)
class CompressedLayer:
    """Compressed content, opened."""

    inner: Entity


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificatesOnly:
    """SignedData that carries certificates and signs nothing (RFC 8551 section 3.8)."""

    structure: SignedData


Layer = SignedLayer | EnvelopedLayer | CompressedLayer | CertificatesOnly


def layer_of(entity: Entity, most: int = MOST_OCTETS) -> Layer | None:
    """Return the S/MIME layer that `entity` is, or None; `most` octets may come of compressed content.

    Raises FormatError and UnsupportedError where it says to be S/MIME and cannot be read.
    """
    if entity.content_type == "multipart/signed":
        return _detached(entity)
    certain = entity.content_type in _MIME_TYPES
    if not certain and not _named_like(entity, (".p7m", ".p7z")):
        return None
    try:
        return _opaque(entity, most)
    except (FormatError, UnsupportedError):
        if certain:
            raise
        return None


def _detached(entity: Entity) -> SignedLayer | None:
    """Read multipart/signed (RFC 1847). With other than two parts, or another's signature, nothing is signed."""
    parts = list(entity.parts()) if entity.is_multipart else []
    if len(parts) != 2 or not is_signature(parts[1]):  # noqa: PLR2004 - RFC 1847: exactly two
        return None
    signed, signature = parts
    structure: SignedData | None = None
    try:
        read = read_cms(_binary(signature))
        # Content beside the detached content: what is shown and what is signed could differ.
        structure = read if isinstance(read, SignedData) and read.content is None else None
    except (FormatError, UnsupportedError):
        structure = None
    return SignedLayer(inner=signed, structure=structure, content=Content(signed.octets, is_text=True))


def is_signature(entity: Entity) -> bool:
    """Tell whether a part is a detached S/MIME signature, by type or by name."""
    return entity.content_type in _SIGNATURE_TYPES or _named_like(entity, (".p7s",))


def _opaque(entity: Entity, most: int) -> Layer:
    structure = read_cms(_binary(entity))
    if isinstance(structure, EnvelopedData):
        return EnvelopedLayer(structure=structure)
    if isinstance(structure, CompressedData):
        return CompressedLayer(inner=parse(_inflated(structure, most)))
    if structure.content is None:
        if structure.signers:
            raise FormatError("the signed message has no content")
        return CertificatesOnly(structure=structure)
    inner = bytes(structure.content)
    return SignedLayer(inner=parse(inner), structure=structure, content=Content(memoryview(inner), is_text=False))


def _binary(entity: Entity) -> bytes:
    """Return the CMS octets of a part; base64 counts even where the header does not say so."""
    octets = entity.decoded()
    if octets[:1] == bytes((_SEQUENCE,)):
        return octets
    decoded = decode_base64(octets)
    return decoded if decoded[:1] == bytes((_SEQUENCE,)) else octets


def _inflated(structure: CompressedData, most: int) -> bytes:
    """Return decompressed content (RFC 3274). Raises FormatError, also for content that grows out of proportion."""
    if structure.algorithm.oid != oids.ZLIB:
        raise UnsupportedError("the message is compressed in a way this program does not read", structure.algorithm.oid)
    most = min(most, max(ALWAYS_ALLOWED, MOST_EXPANSION * len(structure.content)))
    machine = zlib.decompressobj()
    try:
        # With a limit of 0 the library knows none.
        content = machine.decompress(structure.content, max(1, most))
    except zlib.error as error:
        raise FormatError("the compressed content of the message is damaged") from error
    if machine.unconsumed_tail:
        raise FormatError(f"the compressed content grows more than {MOST_EXPANSION} times, past the limit")
    if not machine.eof:
        raise FormatError("the compressed content of the message is damaged")
    return content


def _named_like(entity: Entity, endings: tuple[str, ...]) -> bool:
    return entity.content_type in _UNTYPED and entity.file_name.lower().endswith(endings)
