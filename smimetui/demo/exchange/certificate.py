"""TLS for the loopback: a certificate from a CA of its own, or one that nobody should believe."""

import hashlib
import ssl
from datetime import UTC, datetime, timedelta
from enum import Enum
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from smimetui.model.value import dataclass


class Tls(Enum):
    """How the server is reached."""

    NONE = "plain HTTP"
    PRIVATE_CA = "a certificate of a private CA"
    SELF_SIGNED = "a self-signed certificate"
    EXPIRED = "a certificate of the private CA that has expired"
    OTHER_NAME = "a certificate of the private CA for another host"


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A context to serve with, the certificate it shows (DER), and the CA to trust (PEM)."""

    context: ssl.SSLContext
    certificate: bytes
    authority_pem: bytes


def make_channel(kind: Tls, folder: Path, *, host: str) -> Channel:
    """Return the TLS channel; its files lie in `folder`, the key readable by the owner alone."""
    now = datetime.now(UTC)
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority_name, name = _name("Sandbox TLS CA"), _name("mail.other.example" if kind is Tls.OTHER_NAME else host)
    authority = _sign(_builder(authority_name, authority_name, authority_key, now), authority_key, authority_key, None)
    end = now - timedelta(days=1) if kind is Tls.EXPIRED else now
    if kind is Tls.SELF_SIGNED:
        builder, signer, issuer_key = _builder(name, name, key, end), key, key
    else:
        builder, signer, issuer_key = _builder(name, authority_name, key, end), authority_key, authority_key
    alternative = [x509.DNSName("mail.other.example")] if kind is Tls.OTHER_NAME else _loopback(host)
    certificate = _sign(builder, signer, issuer_key, x509.SubjectAlternativeName(alternative))
    key_file = folder / "server.key"
    key_file.touch(mode=0o600)
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    certificate_file = folder / "server.pem"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_file, key_file)
    trusted = certificate if kind is Tls.SELF_SIGNED else authority
    return Channel(
        context=context,
        certificate=certificate.public_bytes(serialization.Encoding.DER),
        authority_pem=trusted.public_bytes(serialization.Encoding.PEM),
    )


def digest(certificate: bytes) -> bytes:
    """Return the hash for tls-server-end-point: these certificates are signed with SHA-256."""
    return hashlib.sha256(certificate).digest()


def _loopback(host: str) -> list[x509.GeneralName]:
    return [x509.DNSName(host), x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - timedelta(days=2))
        .not_valid_after(end if end < datetime.now(UTC) - timedelta(hours=1) else end + timedelta(days=90))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _sign(
    builder: x509.CertificateBuilder,
    signer: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    names: x509.SubjectAlternativeName | None,
) -> x509.Certificate:
    is_authority = names is None
    builder = builder.add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
    )
    builder = builder.add_extension(_usage(is_authority=is_authority), critical=True)
    if names is not None:
        builder = builder.add_extension(names, critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return builder.sign(signer, hashes.SHA256())


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )
