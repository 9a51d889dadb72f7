"""Content-encryption keys put into RecipientInfos, one for each recipient; `recipients` takes them out.

RSA key transport (RFC 8017, RFC 3560), elliptic-curve key agreement (RFC 5753, RFC 8418) with AES key wrap (RFC 3394).
"""

from collections.abc import Callable, Sequence
from functools import partial
from operator import call

from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, x25519
from cryptography.hazmat.primitives.keywrap import aes_key_wrap

from smimetui.model.certificate import Certificate
from smimetui.model.errors import UnsupportedError
from smimetui.smime import oids
from smimetui.smime.ber import field, identifier, integer, octet_string, sequence
from smimetui.smime.certificate_id import certificate_fields
from smimetui.smime.parallel import each
from smimetui.smime.recipients import Derivation

_NULL = b"\x05\x00"
_RSA_PKCS1 = sequence(identifier(oids.RSA), _NULL)
_SHA256 = sequence(identifier(oids.DIGEST_IDENTIFIERS["sha256"]), _NULL)
_OAEP_SHA256 = sequence(
    identifier(oids.RSA_OAEP),
    sequence(field(0xA0, _SHA256), field(0xA1, sequence(identifier(oids.MGF1), _SHA256))),
)
_WRAP_AES256 = sequence(identifier(oids.AES256_WRAP))
_ECDH = sequence(identifier(oids.ECDH_SHA256), _WRAP_AES256)
_ECDH_HKDF = sequence(identifier(oids.ECDH_HKDF_SHA256), _WRAP_AES256)
_EC_KEY = sequence(identifier(oids.EC_PUBLIC_KEY))
_X25519_KEY = sequence(identifier(oids.X25519))
_SHA256_DERIVATION, _HKDF_DERIVATION = Derivation(), Derivation(hkdf=True)


_PKCS1 = padding.PKCS1v15()
_OAEP = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)
_VERSION_0, _VERSION_3 = integer(0), integer(3)


class KeyWrapper:
    """Wraps one content-encryption key for any number of recipients.

    On a curve all of them get the same ephemeral key (RFC 5753 section 3.1.1): each secret is still a recipient's own,
    and making a key for each would cost a quarter of the time.
    """

    def __init__(self, key: bytes, *, oaep: bool) -> None:
        self._key = key
        # RFC 8017 sections 7.1.1, 7.2.1: what the padding takes of the modulus.
        self._transport = (_OAEP, _OAEP_SHA256, 66 + len(key)) if oaep else (_PKCS1, _RSA_PKCS1, 11 + len(key))
        self._ephemeral: dict[str, tuple[ec.EllipticCurvePrivateKey, bytes]] = {}

    def recipient_infos(self, certificates: Sequence[Certificate]) -> list[bytes]:
        """Return the RecipientInfos (DER) that bring the key to the certificates' holders, in their order.

        RSA PKCS#1 v1.5, or OAEP with SHA-256; on curves ECDH with the SHA-256 function and AES-256 key wrap. Raises
        UnsupportedError for keys that cannot receive.
        """
        # What reads keys and writes DER holds the interpreter: only the operations between run at once.
        prepared = [self._prepared(certificate) for certificate in certificates]
        operations = [
            partial(_used, certificate, operation)
            for certificate, (operation, _) in zip(certificates, prepared, strict=True)
        ]
        results = each(call, operations)
        return [info(result) for (_, info), result in zip(prepared, results, strict=True)]

    def _prepared(self, certificate: Certificate) -> tuple[Callable[[], bytes], Callable[[bytes], bytes]]:
        """Return the operation with a recipient's key, and what makes a RecipientInfo of its result."""
        fields = certificate_fields(certificate)
        named = fields.issuer_and_serial
        try:
            public = serialization.load_der_public_key(fields.key)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise _unusable(certificate) from error
        if isinstance(public, rsa.RSAPublicKey):
            scheme, identified, octets = self._transport
            if public.key_size < 8 * octets:
                raise UnsupportedError(f"the key of “{certificate.display_name}” is too short to encrypt to")
            return partial(public.encrypt, self._key, scheme), partial(_key_transport, named, identified)
        if isinstance(public, ec.EllipticCurvePublicKey):
            own, originator = self._ephemeral_key(public.curve)
            return partial(own.exchange, ec.ECDH(), public), partial(self._key_agreement, named, originator, _ECDH)
        if isinstance(public, x25519.X25519PublicKey):
            once = x25519.X25519PrivateKey.generate()
            originator = _originator(_X25519_KEY, once.public_key().public_bytes_raw())
            return partial(once.exchange, public), partial(self._key_agreement, named, originator, _ECDH_HKDF)
        kind = f"its kind is {certificate.key_description}"
        raise UnsupportedError(f"the key of “{certificate.display_name}” is for signatures only", kind)

    def _ephemeral_key(self, curve: ec.EllipticCurve) -> tuple[ec.EllipticCurvePrivateKey, bytes]:
        """Return the own key on a curve, and its OriginatorIdentifierOrKey."""
        found = self._ephemeral.get(curve.name)
        if found is None:
            own = ec.generate_private_key(curve)
            encoding, form = serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
            point = own.public_key().public_bytes(encoding, form)
            found = self._ephemeral[curve.name] = own, _originator(_EC_KEY, point)
        return found

    def _key_agreement(self, named: bytes, originator: bytes, scheme: bytes, secret: bytes) -> bytes:
        """Return the RecipientInfo that holds the key wrapped under a shared secret."""
        derivation = _HKDF_DERIVATION if scheme is _ECDH_HKDF else _SHA256_DERIVATION
        wrapped = octet_string(aes_key_wrap(derivation.key(secret, _WRAP_AES256), self._key))
        return field(0xA1, _VERSION_3, originator, scheme, sequence(sequence(named, wrapped)))


def _used(certificate: Certificate, operation: Callable[[], bytes]) -> bytes:
    """Return the result of an operation with a certificate's key. Raises UnsupportedError for a key that is none."""
    try:
        return operation()
    except (ValueError, InternalError) as error:
        raise _unusable(certificate) from error


def _unusable(certificate: Certificate) -> UnsupportedError:
    return UnsupportedError(f"the key of “{certificate.display_name}” cannot be used to encrypt")


def _key_transport(named: bytes, scheme: bytes, encrypted: bytes) -> bytes:
    """Return the RecipientInfo that holds the key encrypted to an RSA key."""
    return sequence(_VERSION_0, named, scheme, octet_string(encrypted))


def _originator(algorithm: bytes, point: bytes) -> bytes:
    """Return OriginatorIdentifierOrKey (RFC 5652 section 6.2.2) with a key."""
    return field(0xA0, field(0xA1, algorithm, field(0x03, b"\x00", point)))
