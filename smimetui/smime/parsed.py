"""Certificates as the library parses them, those included that it cannot read as they stand."""

import warnings
from contextlib import AbstractContextManager

from cryptography import x509
from cryptography.utils import CryptographyDeprecationWarning

from smimetui.model.errors import FormatError
from smimetui.smime.ber import integer, sequence
from smimetui.smime.cursor import Cursor, walk

DSA_WITHOUT_PARAMETERS = bytes.fromhex("300906072a8648ce380401")
"""AlgorithmIdentifier of a key that leaves its parameters to the issuer's (RFC 3279 section 2.3.2)."""
_DSA = DSA_WITHOUT_PARAMETERS[2:]
_SEQUENCE = 0x30
_NO_PARAMETERS = sequence(integer(1), integer(1), integer(1))


def quietly() -> AbstractContextManager[object]:
    """Parse certificates without the library's warnings, which would reach the screen.

    Real roots have serial numbers of 0 and less (RFC 5280 section 4.1.2.2 asks to cope), and NULL parameters where none
    belong. Threads that meet here leave the same filter behind at worst.
    """
    return warnings.catch_warnings(action="ignore", category=CryptographyDeprecationWarning)


def parse_certificate(der: bytes) -> x509.Certificate:
    """Return the library's view of a certificate, to be used `quietly`. Raises what the library does, FormatError.

    A DSA key without parameters has some there that are none: its key and its own bytes must be taken from `der`.
    """
    return x509.load_der_x509_certificate(_readable(der) if DSA_WITHOUT_PARAMETERS in der else der)


def _readable(der: bytes) -> bytes:
    root = walk(der)
    outer = root.enter(_SEQUENCE)
    to_be_signed = _fields(outer.enter(_SEQUENCE))
    if not root.done:
        raise FormatError("something follows the certificate")
    return sequence(sequence(*map(_with_parameters, to_be_signed)), *_fields(outer))


def _with_parameters(part: bytes) -> bytes:
    """Return a field of a TBSCertificate; SubjectPublicKeyInfo, the only one that can begin so, with parameters."""
    if part[0] != _SEQUENCE:
        return part
    inner = walk(part).enter()
    first = b"" if inner.done else inner.encoded()
    return sequence(sequence(_DSA, _NO_PARAMETERS), *_fields(inner)) if first == DSA_WITHOUT_PARAMETERS else part


def _fields(cursor: Cursor) -> list[bytes]:
    found = []
    while not cursor.done:
        found.append(cursor.encoded())
    return found
