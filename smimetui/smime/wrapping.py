"""Content-encryption keys put into RecipientInfos, one for each recipient; `recipients` takes them out.

RSA key transport (RFC 8017, RFC 3560), elliptic-curve key agreement (RFC 5753, RFC 8418) with AES key wrap (RFC 3394).
"""

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, x25519
from cryptography.hazmat.primitives.keywrap import aes_key_wrap

from smimetui.model.certificate import Certificate
from smimetui.model.errors import UnsupportedError
from smimetui.smime import oids
from smimetui.smime.ber import field, identifier, integer, octet_string, sequence
from smimetui.smime.certificate_id import CertificateFields, certificate_fields
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
_SHA256_DERIVATION = Derivation()


class KeyWrapper:
    """Wraps one content-encryption key for any number of recipients.

    On a curve all of them get the same ephemeral key (RFC 5753 section 3.1.1): each secret is still a recipient's own,
    and making a key for each would cost a quarter of the time.
    """

    def __init__(self, key: bytes, *, oaep: bool) -> None:
        self._key = key
        self._oaep = oaep
        self._ephemeral: dict[str, tuple[ec.EllipticCurvePrivateKey, bytes]] = {}

    def recipient_info(self, certificate: Certificate) -> bytes:
        """Return the RecipientInfo (DER) that brings the key to a certificate's holder.

        RSA PKCS#1 v1.5, or OAEP with SHA-256; on curves ECDH with the SHA-256 function and AES-256 key wrap. Raises
        UnsupportedError for keys that cannot receive.
        """
        fields = certificate_fields(certificate)
        try:
            public = serialization.load_der_public_key(fields.key)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise UnsupportedError(f"the key of “{certificate.display_name}” cannot be used to encrypt") from error
        if isinstance(public, rsa.RSAPublicKey):
            return self._transport(public, fields)
        if isinstance(public, ec.EllipticCurvePublicKey):
            return self._ecdh(public, fields)
        if isinstance(public, x25519.X25519PublicKey):
            return self._x25519(public, fields)
        kind = f"its kind is {certificate.key_description}"
        raise UnsupportedError(f"the key of “{certificate.display_name}” is for signatures only", kind)

    def _transport(self, public: rsa.RSAPublicKey, fields: CertificateFields) -> bytes:
        scheme: padding.AsymmetricPadding = padding.PKCS1v15()
        if self._oaep:
            scheme = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)
        return sequence(
            integer(0),
            fields.issuer_and_serial,
            _OAEP_SHA256 if self._oaep else _RSA_PKCS1,
            octet_string(public.encrypt(self._key, scheme)),
        )

    def _ecdh(self, public: ec.EllipticCurvePublicKey, fields: CertificateFields) -> bytes:
        found = self._ephemeral.get(public.curve.name)
        if found is None:
            own = ec.generate_private_key(public.curve)
            encoding, form = serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
            point = own.public_key().public_bytes(encoding, form)
            found = self._ephemeral[public.curve.name] = own, _originator(_EC_KEY, point)
        own, originator = found
        kek = _SHA256_DERIVATION.key(own.exchange(ec.ECDH(), public), _WRAP_AES256)
        return self._agreement(fields, _ECDH, originator, kek)

    def _x25519(self, public: x25519.X25519PublicKey, fields: CertificateFields) -> bytes:
        own = x25519.X25519PrivateKey.generate()
        kek = Derivation(hkdf=True).key(own.exchange(public), _WRAP_AES256)
        originator = _originator(_X25519_KEY, own.public_key().public_bytes_raw())
        return self._agreement(fields, _ECDH_HKDF, originator, kek)

    def _agreement(self, fields: CertificateFields, scheme: bytes, originator: bytes, kek: bytes) -> bytes:
        wrapped = octet_string(aes_key_wrap(kek, self._key))
        return field(
            0xA1,
            integer(3),
            originator,
            scheme,
            sequence(sequence(fields.issuer_and_serial, wrapped)),
        )


def _originator(algorithm: bytes, point: bytes) -> bytes:
    """Return OriginatorIdentifierOrKey (RFC 5652 section 6.2.2) with a key."""
    return field(0xA0, field(0xA1, algorithm, field(0x03, b"\x00", point)))
