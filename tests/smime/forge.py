"""Messages as other programs and forgers make them: CMS structures put together by hand, and MIME around them."""

import zlib
from base64 import encodebytes
from collections.abc import Sequence
from hashlib import new
from itertools import count

from smimetui.smime import oids
from smimetui.smime.ber import field, identifier, integer, octet_string, sequence, set_of
from smimetui.smime.certificate_id import certificate_fields
from smimetui.smime.der import fields, read_field
from tests.pki import Issued

HEADER = b"From: Alice Archer <alice@corp.example>\r\nTo: bob@corp.example\r\nSubject: Figures\r\nMIME-Version: 1.0\r\n"
NULL = b"\x05\x00"
END = b"\x00\x00"
_BOUNDARIES = count(1000)


def signer_info(  # noqa: PLR0913 - what a forger varies
    person: Issued,
    content: bytes,
    *,
    digest: str = "sha256",
    attributes: Sequence[bytes] | None = (),
    content_type: str = oids.DATA,
    signer: bytes | None = None,
    algorithm: bytes | None = None,
    digest_algorithm: bytes | None = None,
    value: bytes | None = None,
    pss: bool = False,
) -> bytes:
    """Return a SignerInfo over `content`: with attributes None without any, else with these beside the needed ones."""
    signed = b""
    covered = content
    if attributes is not None:
        covered = set_of(
            attribute(oids.CONTENT_TYPE, identifier(content_type)),
            attribute(oids.MESSAGE_DIGEST, octet_string(new(digest, content).digest())),
            *attributes,
        )
        signed = b"\xa0" + covered[1:]
    return sequence(
        integer(1),
        signer or certificate_fields(person.certificate).issuer_and_serial,
        digest_algorithm or sequence(identifier(oids.DIGEST_IDENTIFIERS[digest]), NULL),
        signed,
        algorithm or _signature_algorithm(person, digest),
        octet_string(person.identity.sign(covered, digest, pss=pss) if value is None else value),
    )


def _signature_algorithm(person: Issued, digest: str) -> bytes:
    kind = person.certificate.key_algorithm
    if kind == "RSA":
        return sequence(identifier(oids.RSA), NULL)
    if kind == "DSA":
        return sequence(identifier("2.16.840.1.101.3.4.3.2" if digest == "sha256" else "1.2.840.10040.4.3"))
    return sequence(identifier(oids.ED25519 if kind == "Ed25519" else oids.ECDSA_IDENTIFIERS[digest]))


def attribute(kind: str, *values: bytes) -> bytes:
    return sequence(identifier(kind), set_of(*values))


def signed_data(
    *signers: bytes,
    content: bytes | None = None,
    certificates: Sequence[Issued | bytes] = (),
    content_type: str = oids.DATA,
) -> bytes:
    """Return a ContentInfo with SignedData; a certificate may be any octets."""
    inside = b"" if content is None else field(0xA0, octet_string(content))
    ders = [found if isinstance(found, bytes) else found.der for found in certificates]
    chain = field(0xA0, *ders) if ders else b""
    body = sequence(integer(1), set_of(), sequence(identifier(content_type), inside), chain, field(0x31, *signers))
    return sequence(identifier(oids.SIGNED_DATA), field(0xA0, body))


def compressed_data(content: bytes, *, cut: int = 0) -> bytes:
    packed = zlib.compress(content)
    body = sequence(
        integer(0),
        sequence(identifier(oids.ZLIB)),
        sequence(identifier(oids.DATA), field(0xA0, octet_string(packed[: len(packed) - cut]))),
    )
    return sequence(identifier(oids.COMPRESSED_DATA), field(0xA0, body))


def enveloped(infos: bytes, cipher: bytes, ciphertext: bytes) -> bytes:
    """Return a ContentInfo with EnvelopedData."""
    encrypted = sequence(identifier(oids.DATA), cipher, field(0x80, ciphertext))
    body = sequence(integer(0), field(0x31, infos), encrypted)
    return sequence(identifier(oids.ENVELOPED_DATA), field(0xA0, body))


def entity(text: str = "Hello\r\n", kind: str = "text/plain; charset=utf-8") -> bytes:
    return f"Content-Type: {kind}\r\n\r\n{text}".encode()


def pkcs7(cms: bytes, kind: str = "application/pkcs7-mime; name=smime.p7m", header: bytes = HEADER) -> bytes:
    """Return a message, or with an empty header an entity, that carries a CMS structure."""
    return (
        header
        + f"Content-Type: {kind}\r\n".encode()
        + b"Content-Transfer-Encoding: base64\r\n\r\n"
        + encodebytes(cms).replace(b"\n", b"\r\n")
    )


def multipart_signed(content: bytes, cms: bytes, header: bytes = HEADER, more: Sequence[bytes] = ()) -> bytes:
    signature = pkcs7(cms, "application/pkcs7-signature; name=smime.p7s", header=b"")
    kind = 'multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256'
    return multipart(content, signature, *more, kind=kind, header=header)


def multipart(*parts: bytes, kind: str = "multipart/mixed", header: bytes = HEADER) -> bytes:
    boundary = f"=_{next(_BOUNDARIES)}"
    delimiter = f"--{boundary}".encode()
    body = b"".join(delimiter + b"\r\n" + part + b"\r\n" for part in parts)
    return header + f'Content-Type: {kind}; boundary="{boundary}"\r\n\r\n'.encode() + body + delimiter + b"--\r\n"


def signed(content: bytes, *people: Issued, header: bytes = HEADER) -> bytes:
    """Return a multipart/signed message that these people signed."""
    infos = [signer_info(person, content) for person in people]
    return multipart_signed(content, signed_data(*infos, certificates=people), header=header)


def opaque(content: bytes, *people: Issued, header: bytes = HEADER) -> bytes:
    """Return an opaque message that these people signed."""
    infos = [signer_info(person, content) for person in people]
    return pkcs7(signed_data(*infos, content=content, certificates=people), header=header)


def as_ber(der: bytes, *, segment: int = 3, implicit: bool = False) -> bytes:
    """Return DER with every constructed field of indefinite length and every octet string cut into segments.

    With `implicit`, a context-specific primitive [0] is an octet string too, as in EncryptedContentInfo. Certificates
    and signed attributes, whose octets are signed, stay as they are.
    """
    found = read_field(der, 0, len(der))
    content = der[found.content : found.end]
    if found.tag == 0x04 or (implicit and found.tag == 0x80 and len(content) > 24):
        segments = [octet_string(content[start : start + segment]) for start in range(0, len(content), segment)]
        return bytes((found.tag | 0x20, 0x80)) + b"".join(segments) + END
    if not found.tag & 0x20 or (content[:1] == b"\x30" and found.tag == 0xA0 and _signed_octets(content)):
        return der
    inner = b"".join(
        as_ber(der[each.start : each.after], segment=segment, implicit=implicit)
        for each in fields(der, found.content, found.end)
    )
    return bytes((found.tag, 0x80)) + inner + END


def _signed_octets(content: bytes) -> bool:
    """Certificates begin with two sequences; signed attributes with a sequence and an identifier."""
    first = read_field(content, 0, len(content))
    return content[first.content] in {0x30, 0x06}
