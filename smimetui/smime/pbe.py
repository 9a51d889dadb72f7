"""Password-based encryption and integrity, to read with: PKCS#12 (RFC 7292 appendix B), PBES2 (RFC 8018), PBMAC1.

The old ciphers are here because people's files use them. Nothing is made with this module but a MAC with SHA-256.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterator
from typing import NamedTuple

from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4, TripleDES
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from smimetui.model.errors import FormatError, UnsupportedError
from smimetui.smime import rc2
from smimetui.smime.cursor import Cursor, walk
from smimetui.smime.der import INTEGER, OCTET_STRING, SEQUENCE

# Files in the wild ask for up to 1,000,000 rounds in each of three derivations (Mozilla). Much more would hang the
# program for a file somebody sent: a round of one digest takes 0.35 µs.
_MOST_ROUNDS = 5_000_000
# What else costs, in such rounds: the digests of 64 octets, scrypt's 128 octets of memory, an octet of RC2, done here.
_LONG_DIGEST_COST, _SCRYPT_COST, _RC2_COST = 1.6, 5, 9
_RSA_COST = 3_000
_MOST_SCRYPT_BYTES = 192 * 1024 * 1024

_DIGESTS = {
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
    "1.2.840.113549.2.5": "md5",
}
_HMACS = {
    "1.2.840.113549.2.7": "sha1",
    "1.2.840.113549.2.8": "sha224",
    "1.2.840.113549.2.9": "sha256",
    "1.2.840.113549.2.10": "sha384",
    "1.2.840.113549.2.11": "sha512",
}
_PBES2, _PBKDF2, _PBMAC1 = "1.2.840.113549.1.5.13", "1.2.840.113549.1.5.12", "1.2.840.113549.1.5.14"
_SCRYPT, _RC2_CBC = "1.3.6.1.4.1.11591.4.11", "1.2.840.113549.3.2"
_BLOCK_CIPHERS: dict[str, tuple[Callable[[bytes], BlockCipherAlgorithm], int]] = {
    "2.16.840.1.101.3.4.1.2": (AES, 16),
    "2.16.840.1.101.3.4.1.22": (AES, 24),
    "2.16.840.1.101.3.4.1.42": (AES, 32),
    "1.2.840.113549.3.7": (TripleDES, 24),
}
# RFC 7292 appendix C: algorithm, key length in octets.
_PKCS12_CIPHERS = {
    "1.2.840.113549.1.12.1.1": ("rc4", 16),
    "1.2.840.113549.1.12.1.2": ("rc4", 5),
    "1.2.840.113549.1.12.1.3": ("3des", 24),
    "1.2.840.113549.1.12.1.4": ("3des", 16),
    "1.2.840.113549.1.12.1.5": ("rc2", 16),
    "1.2.840.113549.1.12.1.6": ("rc2", 5),
}
_RC2_VERSIONS = {160: 40, 120: 64, 58: 128}
_MOST_PADDING = 16
_SHORT_DIGEST = 32
_KEY, _INITIAL, _MAC = 1, 2, 3


class Budget:
    """The rounds of key derivation that one file may cost, all its parts together."""

    def __init__(self) -> None:
        self._left: float = _MOST_ROUNDS

    def spend(self, rounds: int, cost: float = 1, what: str = "rounds of key derivation") -> int:
        """Return `rounds`. Raises UnsupportedError once they are too many, FormatError for none."""
        if rounds < 1:
            raise FormatError("the file asks for less than one round of key derivation")
        # A number of thousands of digits can be neither multiplied by a cost nor written out.
        self._left -= min(rounds, _MOST_ROUNDS + 1) * cost
        if self._left < 0:
            raise UnsupportedError(f"the file asks for too many {what}")
        return rounds

    def digest(self, rounds: int, digest: str, length: int) -> int:
        """Return `rounds`, which are spent for each digest that `length` octets of key take."""
        size = hashlib.new(digest).digest_size
        return self.spend(rounds, -(-length // size) * (_LONG_DIGEST_COST if size > _SHORT_DIGEST else 1))

    def private_operation(self, bits: int) -> None:
        """Spend what an RSA key of that size takes to sign: 1 ms for 2048 bits, eight times that for 4096."""
        self.spend(max(1, _RSA_COST * bits**3 // 2048**3), what="operations of private keys")

    def rc2(self, encrypted: bytes) -> bytes:
        """Return `encrypted`, which is RC2."""
        self.spend(max(1, len(encrypted)), _RC2_COST, "octets in RC2")
        return encrypted


class Secret(NamedTuple):
    """A password, its form for the old ciphers (one of `legacy_forms`), and what may be spent on it."""

    password: str
    legacy: bytes
    budget: Budget

    def __repr__(self) -> str:
        return "Secret()"


class Algorithm(NamedTuple):
    """An AlgorithmIdentifier: dotted identifier, and its parameters as DER (empty if there are none)."""

    identifier: str
    parameters: bytes


def read_algorithm(cursor: Cursor) -> Algorithm:
    """Return the AlgorithmIdentifier that comes next. Raises FormatError."""
    inner = cursor.enter(SEQUENCE)
    identifier = inner.oid()
    return Algorithm(identifier, b"" if inner.done else inner.encoded())


def legacy_forms(password: str) -> Iterator[bytes]:
    """Yield the forms of a password that files are made with, the right one (RFC 7292 appendix B.1) first.

    BMPString with its terminator; none at all, for an empty password; and, from old programs, UTF-8 or Latin-1 octets
    taken for characters.
    """
    yield password.encode("utf-16-be", "surrogatepass") + b"\0\0"
    if not password:
        yield b""
    elif not password.isascii():
        for encoding in ("utf-8", "latin-1"):
            octets = password.encode(encoding, "replace")
            yield octets.decode("latin-1").encode("utf-16-be") + b"\0\0"


def decrypt(algorithm: Algorithm, encrypted: bytes, secret: Secret) -> bytes:
    """Return what was encrypted.

    Raises ValueError where padding or length show a wrong password or damage, FormatError, UnsupportedError.
    """
    if algorithm.identifier in _PKCS12_CIPHERS:
        parameters = walk(algorithm.parameters).enter(SEQUENCE)
        derivation12 = _Derivation(secret, parameters.content(OCTET_STRING), parameters.integer())
        return _decrypt_pkcs12(*_PKCS12_CIPHERS[algorithm.identifier], encrypted, derivation12)
    if algorithm.identifier != _PBES2:
        raise UnsupportedError(f"the file is encrypted in a way this program does not know ({algorithm.identifier})")
    parameters = walk(algorithm.parameters).enter(SEQUENCE)
    derivation, cipher = read_algorithm(parameters), read_algorithm(parameters)
    if cipher.identifier == _RC2_CBC:
        options = walk(cipher.parameters).enter(SEQUENCE)
        # RFC 8018 appendix B.2.3: the version names the effective bits; 32 where it is absent.
        bits = _RC2_VERSIONS.get(options.integer(), 0) if options.tag == INTEGER else 32
        if not bits:
            raise UnsupportedError("the file is encrypted with a form of RC2 this program does not know")
        key = _derive(derivation, secret, (bits + 7) // 8)
        return _unpadded(rc2.decrypt_cbc(key, bits, options.content(OCTET_STRING), secret.budget.rc2(encrypted)))
    if cipher.identifier not in _BLOCK_CIPHERS:
        raise UnsupportedError(f"the file is encrypted with a cipher this program does not know ({cipher.identifier})")
    make, length = _BLOCK_CIPHERS[cipher.identifier]
    initial = walk(cipher.parameters).content(OCTET_STRING)
    return _unpadded(_decrypt_blocks(make(_derive(derivation, secret, length)), initial, encrypted))


def mac_matches(cursor: Cursor, content: bytes, secret: Secret) -> bool:
    """Tell whether the MacData (RFC 7292 section 4) that comes next was made over `content` with the secret.

    Raises FormatError, UnsupportedError.
    """
    mac = cursor.enter(SEQUENCE)
    digest_info = mac.enter(SEQUENCE)
    algorithm, expected = read_algorithm(digest_info), digest_info.content(OCTET_STRING)
    salt = mac.content(OCTET_STRING)
    rounds = 1 if mac.done else mac.integer()
    if algorithm.identifier == _PBMAC1:
        parameters = walk(algorithm.parameters).enter(SEQUENCE)
        derivation, scheme = read_algorithm(parameters), read_algorithm(parameters)
        digest = _named(_HMACS, scheme.identifier)
        key = _derive(derivation, secret, hashlib.new(digest).digest_size)
    else:
        digest = _named(_DIGESTS, algorithm.identifier)
        derivation12 = _Derivation(secret, salt, rounds, digest)
        key = derivation12.octets(_MAC, hashlib.new(digest).digest_size)
    return hmac.compare_digest(hmac.digest(key, content, digest), expected)


def sha256_mac(content: bytes, password: str, *, salt: bytes, rounds: int) -> bytes:
    """Return the MAC of RFC 7292 section 4 over `content`, with HMAC and key derivation of SHA-256."""
    secret = Secret(password, next(legacy_forms(password)), Budget())
    key = _Derivation(secret, salt, rounds, "sha256").octets(_MAC, hashlib.sha256().digest_size)
    return hmac.digest(key, content, "sha256")


class _Derivation(NamedTuple):
    """Key derivation of RFC 7292 appendix B.2."""

    secret: Secret
    salt: bytes
    rounds: int
    digest: str = "sha1"

    def octets(self, purpose: int, length: int, *, drops_zeros: bool = False) -> bytes:
        """Return `length` octets for a purpose: key, initialisation vector or MAC key.

        GnuPG drops leading zero octets of the sums in step 6 c, so that one key in a hundred comes
        out wrong; `drops_zeros` does as it does.
        """
        self.secret.budget.digest(self.rounds, self.digest, length)
        make = getattr(hashlib, self.digest)
        block, size = make().block_size, make().digest_size
        made = bytearray()
        mixed = bytearray(_filled(self.salt, block) + _filled(self.secret.legacy, block))
        while True:
            value = make(bytes([purpose]) * block + mixed).digest()
            for _ in range(self.rounds - 1):
                value = make(value).digest()
            made += value
            if len(made) >= length:
                return bytes(made[:length])
            addend = int.from_bytes((value * (block // size + 1))[:block]) + 1
            for start in range(0, len(mixed), block):
                total = (int.from_bytes(mixed[start : start + block]) + addend) % (1 << 8 * block)
                sum_octets = total.to_bytes(block)
                if drops_zeros:
                    sum_octets = sum_octets.lstrip(b"\0")
                mixed[start : start + len(sum_octets)] = sum_octets


def _filled(value: bytes, block: int) -> bytes:
    """Return `value` repeated to whole blocks."""
    length = block * -(-len(value) // block)
    return (value * (length // len(value) + 1))[:length] if value else b""


def _decrypt_pkcs12(kind: str, length: int, encrypted: bytes, derivation: _Derivation) -> bytes:
    key = derivation.octets(_KEY, length)
    if kind == "rc4":
        decryptor = Cipher(ARC4(key), None).decryptor()
        return decryptor.update(encrypted) + decryptor.finalize()
    initial = derivation.octets(_INITIAL, rc2.BLOCK)
    if kind == "rc2":
        return _unpadded(rc2.decrypt_cbc(key, 8 * length, initial, derivation.secret.budget.rc2(encrypted)))
    try:
        return _unpadded(_decrypt_blocks(_triple_des(key), initial, encrypted))
    except ValueError:
        key = derivation.octets(_KEY, length, drops_zeros=True)
        return _unpadded(_decrypt_blocks(_triple_des(key), initial, encrypted))


def _triple_des(key: bytes) -> TripleDES:
    # With two keys the first is used again: 16 octets make 24.
    return TripleDES((key + key[:8])[:24])


def _decrypt_blocks(cipher: BlockCipherAlgorithm, initial: bytes, encrypted: bytes) -> bytes:
    decryptor = Cipher(cipher, CBC(initial)).decryptor()
    return decryptor.update(encrypted) + decryptor.finalize()


def _unpadded(plain: bytes) -> bytes:
    count = plain[-1] if plain else 0
    if not 1 <= count <= min(_MOST_PADDING, len(plain)) or plain[-count:] != bytes([count]) * count:
        raise ValueError("the padding is not right")
    return plain[:-count]


def _derive(algorithm: Algorithm, secret: Secret, length: int) -> bytes:
    parameters = walk(algorithm.parameters).enter(SEQUENCE)
    octets = secret.password.encode("utf-8", "surrogatepass")
    salt = parameters.content(OCTET_STRING)
    if algorithm.identifier == _PBKDF2:
        rounds = parameters.integer()
        if parameters.tag == INTEGER:
            parameters.integer()
        digest = "sha1" if parameters.done else _named(_HMACS, read_algorithm(parameters).identifier)
        return hashlib.pbkdf2_hmac(digest, octets, salt, secret.budget.digest(rounds, digest, length), length)
    if algorithm.identifier == _SCRYPT:
        cost, block, lanes = parameters.integer(), parameters.integer(), parameters.integer()
        secret.budget.spend(cost * block * lanes, _SCRYPT_COST)
        try:
            return hashlib.scrypt(octets, salt=salt, n=cost, r=block, p=lanes, dklen=length, maxmem=_MOST_SCRYPT_BYTES)
        except (ValueError, OverflowError) as error:
            raise FormatError("the parameters of the file's key derivation are not valid") from error
    raise UnsupportedError(f"the file's key derivation is not known to this program ({algorithm.identifier})")


def _named(names: dict[str, str], identifier: str) -> str:
    if identifier not in names:
        raise UnsupportedError(f"the file uses a digest this program does not know ({identifier})")
    return names[identifier]
