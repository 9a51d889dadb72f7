"""Content-encryption keys taken out of their RecipientInfos; `wrapping` puts them in.

RSA key transport (RFC 8017, RFC 3560), elliptic-curve key agreement (RFC 5753, RFC 8418) with AES key wrap (RFC 3394).
"""

from functools import lru_cache
from hashlib import sha1
from hmac import compare_digest

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

from smimetui.model.certificate import Certificate
from smimetui.model.errors import DecryptionError, UnsupportedError
from smimetui.model.value import dataclass
from smimetui.smime import oids
from smimetui.smime.ber import field, octet_string, sequence
from smimetui.smime.cms_ids import Algorithm, algorithm
from smimetui.smime.cursor import Cursor, walk
from smimetui.smime.identity import Identity, OaepParameters
from smimetui.smime.recipient_infos import KeyAgreement, KeyTransport, Recipient

HASHES: dict[str, hashes.HashAlgorithm] = {
    "md5": hashes.MD5(),  # noqa: S303 - named, never trusted
    "sha1": hashes.SHA1(),  # noqa: S303 - named, never trusted; harmless in OAEP and key derivation
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
    "sha3_224": hashes.SHA3_224(),
    "sha3_256": hashes.SHA3_256(),
    "sha3_384": hashes.SHA3_384(),
    "sha3_512": hashes.SHA3_512(),
}

_OAEP_DIGESTS = frozenset({"sha1", "sha224", "sha256", "sha384", "sha512"})
# RFC 5753 section 3.1.2: user keying material is 64 octets. What the last messages agreed on stays in memory.
_MOST_AGREED = 4_096
_TRIPLE_DES_WRAP_NONCE = bytes.fromhex("4adda22c79e82105")


def unwrap(recipient: Recipient, identity: Identity) -> bytes:
    """Return the content-encryption key, of any length: the caller checks it.

    Raises DecryptionError without a cause, UnsupportedError for algorithms that are not read, FormatError.
    """
    if isinstance(recipient, KeyTransport):
        return identity.unwrap_rsa(recipient.encrypted_key, _oaep(recipient.algorithm))
    wrapping = algorithm(walk(recipient.algorithm.parameters))
    octets = oids.KEY_WRAPS.get(wrapping.oid)
    digest = oids.X963_SCHEMES.get(recipient.algorithm.oid)
    hkdf_digest = oids.HKDF_SCHEMES.get(recipient.algorithm.oid)
    agreed = len(recipient.algorithm.parameters) + len(recipient.user_material or b"")
    if octets is None or not (digest or hkdf_digest) or not recipient.originator_key or agreed > _MOST_AGREED:
        raise UnsupportedError(
            "the message's key is wrapped by a method this program does not read",
            f"{recipient.algorithm.oid} with {wrapping.oid}",
        )
    derivation = Derivation(digest=digest or hkdf_digest or "", hkdf=digest is None, octets=octets)
    secret = identity.agree(recipient.originator_key)
    kek = derivation.key(secret, recipient.algorithm.parameters, recipient.user_material)
    try:
        if wrapping.oid == oids.TRIPLE_DES_WRAP:
            return _triple_des_unwrap(kek, recipient.encrypted_key)
        return aes_key_unwrap(kek, recipient.encrypted_key)
    except (InvalidUnwrap, ValueError):
        raise DecryptionError("the message cannot be decrypted with your keys") from None


def _triple_des_unwrap(kek: bytes, wrapped: bytes) -> bytes:
    """Undo the Triple-DES key wrap (RFC 3217 section 3.2). Raises ValueError."""
    outer = Cipher(TripleDES(kek), CBC(_TRIPLE_DES_WRAP_NONCE)).decryptor()
    reversed_inner = (outer.update(wrapped) + outer.finalize())[::-1]
    inner = Cipher(TripleDES(kek), CBC(reversed_inner[:8])).decryptor()
    key_and_check = inner.update(reversed_inner[8:]) + inner.finalize()
    key, check = key_and_check[:-8], key_and_check[-8:]
    if not compare_digest(check, sha1(key, usedforsecurity=False).digest()[:8]):
        raise ValueError("the checksum of the wrapped key does not match")
    return key


def suits(recipient: Recipient, certificate: Certificate) -> bool:
    """Tell whether a key of this kind and size could open the RecipientInfo, whoever it names."""
    if isinstance(recipient, KeyAgreement):
        return certificate.key_algorithm in {"EC", "X25519", "X448"}
    return certificate.key_algorithm == "RSA" and len(recipient.encrypted_key) == (certificate.key_size + 7) // 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """How a Diffie-Hellman secret becomes a key-encryption key of some octets (RFC 5753, RFC 8418)."""

    digest: str = "sha256"
    hkdf: bool = False
    octets: int = 32

    def key(self, secret: bytes, wrapping: bytes, user_material: bytes | None = None) -> bytes:
        """Return the key; `wrapping` is the DER of the key-wrap algorithm, as it stands in the message."""
        info = _shared_info(wrapping, user_material, self.octets)
        if self.hkdf:
            return HKDF(HASHES[self.digest], self.octets, salt=None, info=info).derive(secret)
        return X963KDF(HASHES[self.digest], self.octets, info).derive(secret)


@lru_cache(maxsize=16)
def _shared_info(wrapping: bytes, user_material: bytes | None, octets: int) -> bytes:
    """Return ECC-CMS-SharedInfo (RFC 5753 section 7.2): the same for all recipients of a message."""
    material = b"" if user_material is None else field(0xA0, octet_string(user_material))
    return sequence(wrapping, material, field(0xA2, octet_string((octets * 8).to_bytes(4))))


def _oaep(scheme: Algorithm) -> OaepParameters | None:
    """Return the parameters of RSAES-OAEP (RFC 4055 section 4.1), None for PKCS#1 v1.5."""
    if scheme.oid == oids.RSA:
        return None
    if scheme.oid != oids.RSA_OAEP:
        raise UnsupportedError("the message's key is encrypted by a method this program does not read", scheme.oid)
    parameters = walk(scheme.parameters).enter(0x30) if scheme.parameters else Cursor(b"", 0, 0)
    digest = mgf_digest = "sha1"
    label = b""
    if parameters.tag == 0xA0:  # noqa: PLR2004 - hashAlgorithm [0]
        digest = digest_name(algorithm(parameters.enter()))
    if parameters.tag == 0xA1:  # noqa: PLR2004 - maskGenAlgorithm [1]
        mgf_digest = mgf1_digest(algorithm(parameters.enter()))
    if parameters.tag == 0xA2:  # noqa: PLR2004 - pSourceAlgorithm [2]
        source = algorithm(parameters.enter())
        if source.oid != oids.LABEL_SPECIFIED:
            raise UnsupportedError("the message's OAEP label is of a kind this program does not read", source.oid)
        label = walk(source.parameters).content(0x04) if source.parameters else b""
    if not {digest, mgf_digest} <= _OAEP_DIGESTS:
        raise UnsupportedError("the message's key is encrypted with a digest this program does not read", scheme.oid)
    return OaepParameters(digest=digest, mgf_digest=mgf_digest, label=label)


def mgf1_digest(generator: Algorithm) -> str:
    """Return the digest's name of an MGF1 AlgorithmIdentifier. Raises UnsupportedError for other generators."""
    if generator.oid != oids.MGF1:
        raise UnsupportedError("the message uses a mask generation this program does not know", generator.oid)
    return digest_name(algorithm(walk(generator.parameters)))


def digest_name(digest: Algorithm) -> str:
    """Return hashlib's name of a digest. Raises UnsupportedError."""
    name = oids.DIGESTS.get(digest.oid)
    if name is None:
        raise UnsupportedError("the message uses a digest this program does not know", digest.oid)
    return name
