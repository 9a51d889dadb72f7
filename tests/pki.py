"""A public key infrastructure for tests: authorities, and certificates with whatever is wrong that a test needs.

    root = make_authority("Root CA")
    alice = root.issue("alice@corp.example", name="Alice")
    alice.identity.sign(...); alice.certificate.addresses

Keys are made once in a process and reused, since an RSA key costs 50 to 300 ms: two certificates share a key when their
`key` and their `key_name` (by default the addresses) are the same.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from itertools import count
from random import Random

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa, x448, x25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from smimetui.model.certificate import Certificate
from smimetui.smime.identity import SoftwareIdentity
from smimetui.smime.x509 import load_certificate

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""The time at which what this module makes by default is valid."""

EMAIL = ExtendedKeyUsageOID.EMAIL_PROTECTION
ANY = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE
SERVER = ExtendedKeyUsageOID.SERVER_AUTH
SMTP_UTF8_MAILBOX = ObjectIdentifier("1.3.6.1.5.5.7.8.9")

_CURVES: dict[str, type[ec.EllipticCurve]] = {
    "p224": ec.SECP224R1,
    "p256": ec.SECP256R1,
    "p384": ec.SECP384R1,
    "p521": ec.SECP521R1,
    "brainpool256": ec.BrainpoolP256R1,
}
_OTHERS = {
    "ed25519": ed25519.Ed25519PrivateKey,
    "ed448": ed448.Ed448PrivateKey,
    "x25519": x25519.X25519PrivateKey,
    "x448": x448.X448PrivateKey,
}
_USAGE_FIELDS = {
    "digitalSignature": "digital_signature",
    "nonRepudiation": "content_commitment",
    "keyEncipherment": "key_encipherment",
    "dataEncipherment": "data_encipherment",
    "keyAgreement": "key_agreement",
    "keyCertSign": "key_cert_sign",
    "cRLSign": "crl_sign",
}
_SERIALS = count(1000)
_DEFAULT_EKU = (EMAIL,)


@cache
def private_key(kind: str, name: str = "") -> object:
    """Return a private key: `rsa2048`, `p256`, `ed25519`, …; the same one for the same kind and name.

    `fixed-p256` and `fixed-rsa2048` are the same in every process.
    """
    if kind.startswith("fixed-"):
        return _fixed_key(kind.removeprefix("fixed-"), name)
    if kind.startswith("rsa"):
        return rsa.generate_private_key(public_exponent=65537, key_size=int(kind[3:]))
    if kind.startswith("dsa"):
        return _dsa_parameters(int(kind[3:])).generate_private_key()
    if kind in _CURVES:
        return ec.generate_private_key(_CURVES[kind]())
    return _OTHERS[kind].generate()


@cache
def _dsa_parameters(bits: int) -> dsa.DSAParameters:
    return dsa.generate_parameters(bits)


def _fixed_key(kind: str, name: str) -> object:
    """Return a key (`p256`, `rsa2048`) that its name alone makes: what decrypts recorded mail in every process."""
    seed = int.from_bytes(sha256(f"{kind}:{name}".encode()).digest())
    if kind in _CURVES:
        return ec.derive_private_key(seed >> 1, _CURVES[kind]())
    random, bits = Random(seed), int(kind[3:]) // 2
    p, q = _prime(random, bits), _prime(random, bits)
    d = pow(65537, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(65537, p * q)
    dmp1, dmq1, iqmp = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)
    return rsa.RSAPrivateNumbers(p, q, d, dmp1, dmq1, iqmp, public).private_key()


def _prime(random: Random, bits: int) -> int:
    """Return a probable prime whose two top bits are set (Fermat: nobody chose the numbers)."""
    while True:
        candidate = random.getrandbits(bits) | 3 << (bits - 2) | 1
        if all(candidate % small for small in range(3, 2000, 2)) and pow(2, candidate - 1, candidate) == 1:
            return candidate


@dataclass(frozen=True, kw_only=True)
class Issued:
    """A certificate with its key and its chain, the root left out."""

    parsed: x509.Certificate
    key: object = field(repr=False)
    chain: tuple[Certificate, ...] = ()

    @property
    def der(self) -> bytes:
        return self.parsed.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.parsed.public_bytes(Encoding.PEM)

    @property
    def certificate(self) -> Certificate:
        return load_certificate(self.der)

    @property
    def pkcs8(self) -> bytes:
        return self.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @property
    def identity(self) -> SoftwareIdentity:
        return SoftwareIdentity(pkcs8=self.pkcs8, certificate=self.certificate, chain=self.chain)

    def pkcs12(self, password: str) -> bytes:
        """Return a PKCS#12 file (AES-256) with the key, the certificate and the chain."""
        chain = [x509.load_der_x509_certificate(issuer.der) for issuer in self.chain]
        name = self.certificate.display_name.encode()
        return pkcs12.serialize_key_and_certificates(
            name, self.key, self.parsed, chain, BestAvailableEncryption(password.encode())
        )


@dataclass(frozen=True)
class _Elsewhere:
    """A private key that is not here."""

    public: object

    def public_key(self) -> object:
        return self.public


@dataclass(frozen=True, kw_only=True)
class Authority(Issued):
    """A certificate authority; `issue` makes certificates of people, `intermediate` an authority below this one."""

    is_root: bool = False

    def issue(  # noqa: PLR0913 - each is a thing that can be wrong with a certificate
        self,
        *addresses: str,
        name: str | None = None,
        key: str = "rsa2048",
        key_name: str | None = None,
        not_before: datetime = NOW - timedelta(days=30),
        not_after: datetime = NOW + timedelta(days=700),
        key_usage: Iterable[str] | None = ("digitalSignature", "keyEncipherment", "keyAgreement"),
        eku: Sequence[ObjectIdentifier] | None = _DEFAULT_EKU,
        san: bool = True,
        email_in_dn: bool | None = None,
        utf8_mailboxes: Sequence[str] = (),
        digest: hashes.HashAlgorithm | None = None,
        pss: bool = False,
        serial: int | None = None,
        extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
        public_key: object = None,
    ) -> Issued:
        """Return a person's certificate.

        `key_usage` and `eku` None leave the extension out. `san=False` puts the addresses into the subject alone;
        `email_in_dn=True` puts them there too. `utf8_mailboxes` become SmtpUTF8Mailbox names (RFC 9598).
        `public_key` is that of a request, whose private key stays where it is.
        """
        label = name if name is not None else (addresses or utf8_mailboxes or ("Nobody",))[0].partition("@")[0].title()
        in_subject = not san if email_in_dn is None else email_in_dn
        subject = _name(label, addresses if in_subject else ())
        owner = private_key(key, key_name if key_name is not None else ",".join(addresses) or label)
        if public_key is not None:
            owner = _Elsewhere(public_key)
        builder = _builder(subject, self.parsed.subject, owner, not_before, not_after, serial)
        names: list[x509.GeneralName] = [x509.RFC822Name(address) for address in addresses] if san else []
        names += [x509.OtherName(SMTP_UTF8_MAILBOX, _utf8(mailbox)) for mailbox in utf8_mailboxes]
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        if key_usage is not None:
            builder = builder.add_extension(_key_usage(key_usage), critical=True)
        if eku is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage(eku), critical=False)
        parsed = self._signed(builder, extensions, digest, pss=pss)
        return Issued(parsed=parsed, key=owner, chain=self._own_chain())

    def intermediate(  # noqa: PLR0913 - as above
        self,
        name: str,
        *,
        key: str = "p256",
        not_before: datetime = NOW - timedelta(days=365),
        not_after: datetime = NOW + timedelta(days=3650),
        key_usage: Iterable[str] | None = ("keyCertSign", "cRLSign"),
        eku: Sequence[ObjectIdentifier] | None = None,
        path_length: int | None = None,
        is_ca: bool = True,
        digest: hashes.HashAlgorithm | None = None,
        serial: int | None = None,
        extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
    ) -> "Authority":
        """Return an authority whose certificate this one signs."""
        owner = private_key(key, f"ca:{name}")
        builder = _builder(_name(name), self.parsed.subject, owner, not_before, not_after, serial)
        constraints = x509.BasicConstraints(ca=is_ca, path_length=path_length if is_ca else None)
        builder = builder.add_extension(constraints, critical=True)
        if key_usage is not None:
            builder = builder.add_extension(_key_usage(key_usage), critical=True)
        if eku is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage(eku), critical=False)
        parsed = self._signed(builder, extensions, digest)
        return Authority(parsed=parsed, key=owner, chain=self._own_chain())

    def crl(
        self,
        *revoked: Issued,
        this_update: datetime = NOW - timedelta(days=1),
        next_update: datetime = NOW + timedelta(days=30),
        revoked_at: datetime = NOW - timedelta(days=2),
    ) -> bytes:
        """Return a certificate revocation list (DER) of this authority."""
        builder = x509.CertificateRevocationListBuilder(
            issuer_name=self.parsed.subject, last_update=this_update, next_update=next_update
        )
        for issued in revoked:
            entry = x509.RevokedCertificateBuilder(issued.parsed.serial_number, revoked_at)
            builder = builder.add_revoked_certificate(entry.build())
        builder = builder.add_extension(x509.CRLNumber(1), critical=False).add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
        )
        return builder.sign(self.key, _digest_for(self.key)).public_bytes(Encoding.DER)

    def _own_chain(self) -> tuple[Certificate, ...]:
        return () if self.is_root else (self.certificate, *self.chain)

    def _signed(
        self,
        builder: x509.CertificateBuilder,
        extensions: Sequence[tuple[x509.ExtensionType, bool]],
        digest: hashes.HashAlgorithm | None,
        *,
        pss: bool = False,
    ) -> x509.Certificate:
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        builder = builder.add_extension(identifier, critical=False)
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        digest = digest or _digest_for(self.key)
        scheme = padding.PSS(padding.MGF1(digest), digest.digest_size) if pss else None
        return builder.sign(self.key, digest, rsa_padding=scheme)


def make_authority(
    name: str = "Test Root CA",
    *,
    key: str = "p256",
    not_before: datetime = NOW - timedelta(days=3650),
    not_after: datetime = NOW + timedelta(days=3650),
    digest: hashes.HashAlgorithm | None = None,
) -> Authority:
    """Return a self-signed root authority."""
    owner = private_key(key, f"ca:{name}")
    subject = _name(name)
    builder = _builder(subject, subject, owner, not_before, not_after, None)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    builder = builder.add_extension(_key_usage(("keyCertSign", "cRLSign")), critical=True)
    parsed = builder.sign(owner, digest or _digest_for(owner))
    return Authority(parsed=parsed, key=owner, is_root=True)


def _name(common_name: str, addresses: Sequence[str] = ()) -> x509.Name:
    attributes = [
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test"),
        x509.NameAttribute(NameOID.COMMON_NAME, common_name),
    ]
    attributes += [x509.NameAttribute(NameOID.EMAIL_ADDRESS, address) for address in addresses]
    return x509.Name(attributes)


def _builder(  # noqa: PLR0913, PLR0917 - the fields of a certificate
    subject: x509.Name,
    issuer: x509.Name,
    key: object,
    not_before: datetime,
    not_after: datetime,
    serial: int | None,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(next(_SERIALS) if serial is None else serial)
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _key_usage(names: Iterable[str]) -> x509.KeyUsage:
    wanted = {_USAGE_FIELDS[name] for name in names}
    flags = {flag: flag in wanted for flag in _USAGE_FIELDS.values()}
    return x509.KeyUsage(**flags, encipher_only=False, decipher_only=False)


def _utf8(text: str) -> bytes:
    content = text.encode()
    return b"\x0c" + bytes([len(content)]) + content


def _digest_for(key: object) -> hashes.HashAlgorithm | None:
    return None if isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey) else hashes.SHA256()


def sha1_signed(issued: Issued, authority: Authority, *, md5: bool = False) -> Issued:
    """Return a certificate signed again with SHA-1, or MD5, which no library at hand does any more.

    The authority is RSA.
    """
    sha256_with_rsa, old_with_rsa = bytes.fromhex("2a864886f70d01010b"), bytes.fromhex("2a864886f70d010105")
    if md5:
        old_with_rsa = bytes.fromhex("2a864886f70d010104")
    signed = issued.parsed.tbs_certificate_bytes.replace(sha256_with_rsa, old_with_rsa)
    signature = authority.key.sign(signed, padding.PKCS1v15(), hashes.MD5() if md5 else hashes.SHA1())
    algorithm = b"\x30\x0d\x06\x09" + old_with_rsa + b"\x05\x00"
    content = signed + algorithm + b"\x03" + _length(len(signature) + 1) + b"\x00" + signature
    parsed = x509.load_der_x509_certificate(b"\x30" + _length(len(content)) + content)
    return replace(issued, parsed=parsed)


def _length(value: int) -> bytes:
    if value < 0x80:
        return bytes([value])
    octets = value.to_bytes((value.bit_length() + 7) // 8)
    return bytes([0x80 | len(octets)]) + octets
