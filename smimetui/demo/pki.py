"""The certification authorities of the sandbox and the certificates they issue. Keys are made anew in every sandbox."""

from dataclasses import field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from smimetui.model.value import dataclass

_YEAR = timedelta(days=365)

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A certificate (DER) and its private key, unencrypted PKCS#8 DER."""

    certificate: bytes
    pkcs8: bytes = field(repr=False)


def ec_key() -> ec.EllipticCurvePrivateKey:
    """Return a new P-256 key: 20 µs, so that 200 people cost nothing."""
    return ec.generate_private_key(ec.SECP256R1())


def rsa_key() -> rsa.RSAPrivateKey:
    """Return a new RSA-2048 key: 20 to 100 ms, so only a few people have one."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A certification authority: its certificate (DER), and a key to issue others with."""

    certificate: bytes
    name: x509.Name
    organisation: str
    key: ec.EllipticCurvePrivateKey = field(repr=False)
    now: datetime

    def issue(
        self,
        *,
        name: str,
        address: str,
        key: PrivateKey | None = None,
        valid_until: datetime | None = None,
        encryption: bool = True,
    ) -> Holder:
        """Return a mail certificate for one person with its key (P-256 unless given).

        It is valid for two years around now, or up to `valid_until`; without `encryption` it is for signing only.
        """
        key = key or ec_key()
        end = valid_until or self.now + timedelta(days=430)
        builder = (
            _builder(_name(name, self.organisation), self.name, key, self.key)
            .not_valid_before(end - 2 * _YEAR)
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(
                _usage(
                    signatures=True,
                    encipherment=encryption and isinstance(key, rsa.RSAPrivateKey),
                    agreement=encryption and isinstance(key, ec.EllipticCurvePrivateKey),
                ),
                critical=True,
            )
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
            .add_extension(x509.SubjectAlternativeName([x509.RFC822Name(address)]), critical=False)
        )
        return Holder(
            certificate=_der(builder.sign(self.key, hashes.SHA256())),
            pkcs8=key.private_bytes(
                serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ),
        )


def make_authority(*, common_name: str, organisation: str, now: datetime, issuer: Authority | None = None) -> Authority:
    """Return a root authority, or an intermediate under `issuer`."""
    key = ec_key()
    name = _name(common_name, organisation)
    issuer_name, issuer_key = (issuer.name, issuer.key) if issuer else (name, key)
    builder = (
        _builder(name, issuer_name, key, issuer_key)
        .not_valid_before(now - 4 * _YEAR)
        .not_valid_after(now + 12 * _YEAR)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None if issuer is None else 0), critical=True)
        .add_extension(_usage(certificates=True), critical=True)
    )
    certificate = _der(builder.sign(issuer_key, hashes.SHA256()))
    return Authority(certificate=certificate, name=name, organisation=organisation, key=key, now=now)


def _builder(subject: x509.Name, issuer: x509.Name, key: PrivateKey, issuer_key: PrivateKey) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )


def _name(common_name: str, organisation: str) -> x509.Name:
    # RFC 5280 appendix A: a common name holds at most 64 characters.
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64].strip()),
        ]
    )


def _usage(
    *, signatures: bool = False, encipherment: bool = False, agreement: bool = False, certificates: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signatures,
        content_commitment=False,
        key_encipherment=encipherment,
        data_encipherment=False,
        key_agreement=agreement,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)
