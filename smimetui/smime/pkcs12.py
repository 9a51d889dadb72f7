"""PKCS#12 files (RFC 7292): own keys and certificates, as they occur in the wild.

DER and BER, one key or several, every cipher `smime.pbe` reads. Nothing is written to disk, nothing leaves memory.
"""

from dataclasses import field

from cryptography.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa, x448, x25519
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from smimetui.model.certificate import Certificate
from smimetui.model.errors import FormatError, UnsupportedError, WrongPassphraseError
from smimetui.model.value import dataclass
from smimetui.smime.ber import to_der
from smimetui.smime.chain import longest_chain
from smimetui.smime.cursor import Cursor, walk
from smimetui.smime.der import CONTEXT_0, INTEGER, OCTET_STRING, SEQUENCE, fields, read_field
from smimetui.smime.identity import SoftwareIdentity
from smimetui.smime.parsed import quietly
from smimetui.smime.pbe import Algorithm, Budget, Secret, decrypt, legacy_forms, mac_matches, read_algorithm
from smimetui.smime.public_keys import public_key_of
from smimetui.smime.x509 import load_certificate

# A key, a certificate and its chain make 5; an archive of old keys some dozens.
_MOST_BAGS = 500
_MOST_DEPTH = 8
_MOST_BYTES = 16 * 1024 * 1024

_DATA, _ENCRYPTED_DATA = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.6"
_BAGS = "1.2.840.113549.1.12.10.1."
_KEY_BAG, _SHROUDED_BAG, _CERTIFICATE_BAG, _SAFE_BAG = "1", "2", "3", "6"
_X509 = "1.2.840.113549.1.9.22.1"
_CONSTRUCTED_OCTETS, _KEY_POSITION = 0x24, 2
_WRONG = "the password does not open this .p12 file"
_ENCRYPTED_CONTENT = 0x80
_MAIL_KEYS = (
    rsa.RSAPrivateKey,
    ec.EllipticCurvePrivateKey,
    ed25519.Ed25519PrivateKey,
    ed448.Ed448PrivateKey,
    x25519.X25519PrivateKey,
    x448.X448PrivateKey,
)


def load_pkcs12(data: bytes, password: str) -> tuple[SoftwareIdentity, ...]:
    """Return an identity for every private key of the file that has its certificate there, each with its chain.

    Raises WrongPassphraseError; UnsupportedError for what is well-formed and unknown here, DSA keys among it;
    FormatError for a damaged file and for one without a key.
    """
    if len(data) > _MOST_BYTES:
        raise FormatError("a .p12 file of over 16 MB is not read")
    content, mac = _outer(data)
    secrets = _secrets(password)
    proven = _proven(mac, content, secrets)
    safe = _Safe(secret=proven or secrets[0], proven=proven is not None)
    try:
        safe.read(content)
        if mac is not None and not safe.proven and not safe.decrypted:
            raise WrongPassphraseError(_WRONG)
        keys = _key_pairs(safe)
    except FormatError as error:
        if safe.decrypted and not safe.proven:
            raise WrongPassphraseError(_WRONG) from error
        raise
    return _identities(safe, keys)


def _outer(data: bytes) -> tuple[bytes, Cursor | None]:
    """Return the authenticated content, and a cursor at the MacData if there is one (RFC 7292 section 4)."""
    try:
        pfx = walk(to_der(data)).enter(SEQUENCE)
        pfx.take(INTEGER)
        safe = pfx.enter(SEQUENCE)
        if safe.oid() != _DATA:
            raise UnsupportedError("the .p12 file is sealed with a public key, not with a password")
        return safe.enter(CONTEXT_0).content(OCTET_STRING), None if pfx.done else pfx
    except FormatError as error:
        raise FormatError("the file is not a .p12 file, or a damaged one") from error


def _secrets(password: str) -> list[Secret]:
    budget = Budget()
    return [Secret(password, legacy, budget) for legacy in legacy_forms(password)]


def _proven(mac: Cursor | None, content: bytes, secrets: list[Secret]) -> Secret | None:
    """Return the form of the password that the file's MAC was made with.

    None where there is no MAC, or no form gives it: files exist with a MAC that is wrong for the right password, so
    then it is what the password decrypts that tells.
    """
    if mac is None:
        return None
    encoded = mac.encoded(SEQUENCE)
    return next((secret for secret in secrets if mac_matches(walk(encoded), content, secret)), None)


@dataclass(slots=True, kw_only=True)
class _Safe:
    """Collects what the bags hold."""

    secret: Secret = field(repr=False)
    proven: bool
    """The file's MAC proved the password: what fails now is damaged. Otherwise the password is wrong."""
    keys: list[bytes] = field(default_factory=list, repr=False)
    certificates: list[Certificate] = field(default_factory=list)
    unsupported: list[UnsupportedError] = field(default_factory=list)
    bags: int = 0
    decrypted: bool = False

    def read(self, content: bytes) -> None:
        """Read an AuthenticatedSafe (RFC 7292 section 4.1)."""
        for info in _elements(content):
            cursor = walk(to_der(info)).enter(SEQUENCE)
            kind = cursor.oid()
            if kind == _DATA:
                self._read_bags(cursor.enter(CONTEXT_0).content(OCTET_STRING), 0)
            elif kind == _ENCRYPTED_DATA:
                self._read_bags(self._decrypted(*_encrypted(cursor.enter(CONTEXT_0))), 0)
            else:
                raise UnsupportedError("a part of the .p12 file is sealed with a public key, not with a password")

    def _read_bags(self, content: bytes, depth: int) -> None:
        if depth > _MOST_DEPTH:
            raise FormatError("the .p12 file is nested too deep")
        for element in _elements(content):
            self.bags += 1
            if self.bags > _MOST_BAGS:
                raise FormatError(f"a .p12 file of over {_MOST_BAGS} entries is not read")
            cursor = walk(to_der(element)).enter(SEQUENCE)
            kind = cursor.oid().removeprefix(_BAGS)
            self._read_bag(kind, cursor.enter(CONTEXT_0), depth)

    def _read_bag(self, kind: str, value: Cursor, depth: int) -> None:
        if kind == _KEY_BAG:
            self.keys.append(value.encoded(SEQUENCE))
        elif kind == _SHROUDED_BAG:
            shrouded = value.enter(SEQUENCE)
            self.keys.append(self._decrypted(read_algorithm(shrouded), shrouded.content(OCTET_STRING)))
        elif kind == _CERTIFICATE_BAG:
            bag = value.enter(SEQUENCE)
            if bag.oid() == _X509:
                self._read_certificate(bag.enter(CONTEXT_0).content(OCTET_STRING))
        elif kind == _SAFE_BAG:
            self._read_bags(value.encoded(SEQUENCE), depth + 1)
        # Revocation lists and secrets are nothing to us.

    def _read_certificate(self, der: bytes) -> None:
        try:
            self.certificates.append(load_certificate(der))
        except UnsupportedError as error:
            self.unsupported.append(error)

    def _decrypted(self, algorithm: Algorithm, encrypted: bytes) -> bytes:
        self.decrypted = True
        try:
            return decrypt(algorithm, encrypted, self.secret)
        except (ValueError, UnsupportedAlgorithm, InternalError) as error:
            raise FormatError("the .p12 file is damaged: a part of it cannot be decrypted") from error


def _elements(content: bytes) -> list[bytes]:
    """Return the elements of a SEQUENCE OF, which may itself be wrapped once too often (Mozilla did)."""
    for _ in range(_MOST_DEPTH):
        if not content.startswith((b"\x04", b"\x24")):
            break
        content = walk(to_der(b"\x30\x80" + content + b"\0\0")).enter(SEQUENCE).content(OCTET_STRING)
    outer = next(fields(content, 0, len(content)), None)
    if outer is None or outer.tag != SEQUENCE:
        raise FormatError("the .p12 file is damaged: a list of entries is missing")
    return [content[element.start : element.after] for element in fields(content, outer.content, outer.end)]


def _encrypted(wrapper: Cursor) -> tuple[Algorithm, bytes]:
    """Return cipher and content of an EncryptedData (RFC 5652 section 8)."""
    cursor = wrapper.enter(SEQUENCE)
    cursor.integer()
    inner = cursor.enter(SEQUENCE)
    inner.oid()
    return read_algorithm(inner), inner.content(_ENCRYPTED_CONTENT)


def _key_pairs(safe: _Safe) -> dict[bytes, bytes]:
    """Return the private keys by their public keys; without a MAC a wrong password may first show in what is no key."""
    keys: dict[bytes, bytes] = {}
    for der in safe.keys:
        try:
            public, private = _key_pair(der, safe.secret)
            keys[public] = private
        except UnsupportedError as error:
            safe.unsupported.append(error)
    return keys


def _identities(safe: _Safe, keys: dict[bytes, bytes]) -> tuple[SoftwareIdentity, ...]:
    found = []
    certificates = tuple(dict.fromkeys(safe.certificates))
    for certificate in certificates:
        private_key = keys.get(public_key_of(certificate))
        if private_key is not None:
            chain = longest_chain(certificate, certificates)[1:]
            found.append(SoftwareIdentity(pkcs8=private_key, certificate=certificate, chain=chain))
    if not found and safe.unsupported:
        raise safe.unsupported[0]
    if not found and not safe.keys:
        raise FormatError("the .p12 file holds no private key", "export the certificate together with its key")
    if not found:
        raise FormatError("the .p12 file holds a private key without its certificate")
    return tuple(found)


def _key_pair(der: bytes, secret: Secret) -> tuple[bytes, bytes]:
    """Return the public key (SubjectPublicKeyInfo) and the private key (PKCS#8), both DER."""
    try:
        with quietly():
            # The library would look for factors of the primes, for 40 ms a key and seconds for a big one.
            key = load_der_private_key(_primitive_key(der), None, unsafe_skip_rsa_key_validation=True)
            if isinstance(key, rsa.RSAPrivateKey):
                _prove(key, secret)
    except UnsupportedAlgorithm as error:
        raise UnsupportedError("the .p12 file holds a key of a kind this program does not know") from error
    except (ValueError, TypeError, InternalError, InvalidSignature) as error:
        raise FormatError("the .p12 file is damaged: its private key cannot be read") from error
    if isinstance(key, dsa.DSAPrivateKey):
        raise UnsupportedError("the .p12 file holds a DSA key, which is no longer used for mail")
    if not isinstance(key, _MAIL_KEYS):
        raise UnsupportedError("the .p12 file holds a key that is not used for mail")
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return public, key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _prove(key: rsa.RSAPrivateKey, secret: Secret) -> None:
    """Calculate, sign and verify once, so that a damaged key is found now (RFC 8017 section 3.2).

    Raises ValueError, InternalError, InvalidSignature.
    """
    secret.budget.private_operation(key.key_size)
    numbers = key.private_numbers()
    p, q, d, public = numbers.p, numbers.q, numbers.d, numbers.public_numbers
    inverse = d * public.e - 1
    remainders = (d % (p - 1), d % (q - 1), numbers.iqmp * q % p) if min(p, q) > 1 else None
    if p * q != public.n or remainders != (numbers.dmp1, numbers.dmq1, 1) or inverse % (p - 1) or inverse % (q - 1):
        raise ValueError("the numbers of the key do not belong together")
    key.public_key().verify(key.sign(b"", PKCS1v15(), SHA256()), b"", PKCS1v15(), SHA256())


def _primitive_key(der: bytes) -> bytes:
    """Return a PKCS#8 structure whose key is a primitive octet string: GnuPG marks that of an EC key as constructed."""
    outer = read_field(der, 0, len(der))
    parts = list(fields(der, outer.content, outer.end))
    if len(parts) <= _KEY_POSITION or parts[_KEY_POSITION].tag != _CONSTRUCTED_OCTETS:
        return der
    start = parts[_KEY_POSITION].start
    return der[:start] + bytes([OCTET_STRING]) + der[start + 1 :]
