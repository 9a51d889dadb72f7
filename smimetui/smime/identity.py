"""Own keys: what signs and what unwraps. A protocol, so that a smart card can stand behind it."""

from functools import cached_property
from typing import Protocol

from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_der_private_key

from smimetui.model.certificate import Certificate
from smimetui.model.errors import DecryptionError, IdentityError
from smimetui.model.value import dataclass

_DIGESTS: dict[str, type[hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
_CANNOT_OPEN = "the message cannot be decrypted with this key"


@dataclass(frozen=True, slots=True, kw_only=True)
class OaepParameters:
    """RSAES-OAEP parameters (RFC 8017 appendix A.2.1)."""

    digest: str = "sha1"
    mgf_digest: str = "sha1"
    label: bytes = b""


class Identity(Protocol):
    """A certificate and the private key that belongs to it."""

    @property
    def certificate(self) -> Certificate:
        """The certificate of the key."""
        ...

    @property
    def chain(self) -> tuple[Certificate, ...]:
        """Issuers from the certificate's own upwards, as far as they are known."""
        ...

    def sign(self, data: bytes, digest: str, *, pss: bool = False) -> bytes:
        """Return the signature value over `data` (the DER of the signed attributes) with `digest` (`sha256`, …).

        RSA PKCS#1 v1.5 (or PSS), ECDSA (DER, RFC 5753) or Ed25519, as the key is. Raises IdentityError.
        """
        ...

    def unwrap_rsa(self, encrypted_key: bytes, oaep: OaepParameters | None) -> bytes:
        """Return the content-encryption key; PKCS#1 v1.5 where `oaep` is None.

        Raises DecryptionError, or returns a wrong key where the padding is not authenticated.
        """
        ...

    def agree(self, originator_key: bytes) -> bytes:
        """Return the ECDH or X25519 shared secret with the originator's public key (X9.62 point, or raw X25519)."""
        ...


class SoftwareIdentity:
    """An identity whose private key is in memory, as an unencrypted PKCS#8 structure (RFC 5208).

    The key is parsed at its first use, which raises IdentityError if it is no key.
    """

    def __init__(self, *, pkcs8: bytes, certificate: Certificate, chain: tuple[Certificate, ...] = ()) -> None:
        self._pkcs8 = pkcs8
        self._certificate = certificate
        self._chain = chain

    @property
    def pkcs8(self) -> bytes:
        """The private key, DER, not encrypted: for the store alone."""
        return self._pkcs8

    @property
    def certificate(self) -> Certificate:
        """The certificate of the key."""
        return self._certificate

    @property
    def chain(self) -> tuple[Certificate, ...]:
        """Issuers from the certificate's own upwards, as far as they are known."""
        return self._chain

    def __repr__(self) -> str:
        return f"SoftwareIdentity({self._certificate.display_name!r}, {self._certificate.sha256[:16]})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SoftwareIdentity):
            return NotImplemented
        return self._certificate == other._certificate and self._pkcs8 == other._pkcs8

    def __hash__(self) -> int:
        return hash(self._certificate)

    def __reduce__(self) -> str:
        raise TypeError("an identity is not pickled: its key would leave the program's hands")

    def sign(self, data: bytes, digest: str, *, pss: bool = False) -> bytes:
        """Return the signature value over `data`; see `Identity.sign`. EdDSA brings its own digest."""
        match self._key:
            case rsa.RSAPrivateKey() as key:
                algorithm = _digest(digest)
                scheme = padding.PSS(padding.MGF1(algorithm), algorithm.digest_size) if pss else padding.PKCS1v15()
                return key.sign(data, scheme, algorithm)
            case ec.EllipticCurvePrivateKey() as key:
                return key.sign(data, ec.ECDSA(_digest(digest)))
            case ed25519.Ed25519PrivateKey() | ed448.Ed448PrivateKey() as key:
                return key.sign(data)
            case _:
                raise IdentityError(f"a key of the kind {self._certificate.key_algorithm} does not sign")

    def unwrap_rsa(self, encrypted_key: bytes, oaep: OaepParameters | None) -> bytes:
        """Return the content-encryption key; see `Identity.unwrap_rsa`."""
        key = self._key
        if not isinstance(key, rsa.RSAPrivateKey):
            raise DecryptionError(_CANNOT_OPEN)
        scheme: padding.AsymmetricPadding = padding.PKCS1v15()
        if oaep is not None:
            mask = padding.MGF1(_digest(oaep.mgf_digest))
            scheme = padding.OAEP(mgf=mask, algorithm=_digest(oaep.digest), label=oaep.label or None)
        try:
            return key.decrypt(encrypted_key, scheme)
        except (ValueError, UnsupportedAlgorithm, InternalError) as error:
            raise DecryptionError(_CANNOT_OPEN) from error

    def agree(self, originator_key: bytes) -> bytes:
        """Return the shared secret; see `Identity.agree`. DecryptionError for a point that is not on the curve."""
        try:
            match self._key:
                case ec.EllipticCurvePrivateKey() as key:
                    point = ec.EllipticCurvePublicKey.from_encoded_point(key.curve, originator_key)
                    return key.exchange(ec.ECDH(), point)
                case x25519.X25519PrivateKey() as key:
                    return key.exchange(x25519.X25519PublicKey.from_public_bytes(originator_key))
                case _:
                    raise DecryptionError(_CANNOT_OPEN)
        except (ValueError, UnsupportedAlgorithm, InternalError) as error:
            raise DecryptionError(_CANNOT_OPEN) from error

    @cached_property
    def _key(self) -> PrivateKeyTypes:
        try:
            # The key was proven when it was imported; looking for factors of its primes costs more than the signature.
            return load_der_private_key(self._pkcs8, None, unsafe_skip_rsa_key_validation=True)
        except (ValueError, TypeError, UnsupportedAlgorithm, InternalError) as error:
            raise IdentityError("the private key cannot be read", "import it again from its .p12 file") from error


def _digest(name: str) -> hashes.HashAlgorithm:
    try:
        return _DIGESTS[name]()
    except KeyError:
        raise IdentityError(f"the digest {name} is not one this program signs or unwraps with") from None
