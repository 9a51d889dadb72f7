"""A signed message that brings no certificate (openssl's `-nocerts`), which some clients send to people they know."""

import base64

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder

from smimetui.model.address import Address
from tests.pki import Issued


def without_certificates(signer: Issued, *, sender: Address) -> bytes:
    """Return an opaque-signed message whose SignedData holds no certificate."""
    builder = PKCS7SignatureBuilder().set_data(b"Content-Type: text/plain\r\n\r\nHello.\r\n")
    builder = builder.add_signer(signer.parsed, signer.key, hashes.SHA256())  # type: ignore[arg-type]
    der = builder.sign(Encoding.DER, [PKCS7Options.NoCerts, PKCS7Options.Binary])
    headers = (
        f"From: {sender.spec}\r\nTo: alice@corp.example\r\nSubject: Hello\r\nMIME-Version: 1.0\r\n"
        'Content-Type: application/pkcs7-mime; smime-type=signed-data; name="smime.p7m"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return headers.encode() + base64.encodebytes(der).replace(b"\n", b"\r\n")
