"""Own keys: what signs and what unwraps. A protocol, so that a smart card can stand behind it."""

from dataclasses import dataclass
from typing import Protocol

from smimetui.model.certificate import Certificate


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
