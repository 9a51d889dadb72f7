"""Certificates in vCards (RFC 6350 section 6.8.1; RFC 2426; vCard 2.1): the KEY properties, nothing else.

A KEY is base64, a data URI, or text; a link to somewhere else is never followed.
"""

import re
from binascii import Error as Base64Error
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

import pybase64

from smimetui.model.certificate import Certificate
from smimetui.model.errors import FormatError, UnsupportedError
from smimetui.smime.x509 import MOST_CERTIFICATES, load_certificates

# A line that begins with a blank goes on with the one before; quoted-printable of vCard 2.1 ends in "=" instead.
_FOLDS = (b"\r\n ", b"\r\n\t", b"\n ", b"\n\t")
_KEY_LINE = re.compile(rb'(?im)^(?:[a-z0-9-]{1,64}\.)?KEY((?:;(?:[^":;\r\n]|"[^"\r\n]*")*+)*+):([^\r\n]*)')
_LINK = re.compile(rb"(?i)(?:https?|ftp|ldaps?|file|cid|mid):")
_DATA = re.compile(rb"(?i)data:([^,]{0,300}?)\\?,")
_ESCAPE = re.compile(rb"\\(.)")
_OPENPGP = (b"PGP", b"application/pgp-keys")


def load_vcard(data: bytes) -> tuple[Certificate, ...]:
    """Return the certificates in the KEY properties of vCards, each once; OpenPGP keys are left out.

    What cannot be read beside others is left out. Raises FormatError where there is none, UnsupportedError where there
    are but links, or kinds that are unknown here.
    """
    found: dict[Certificate, None] = {}
    failure: FormatError | UnsupportedError = FormatError("the vCard holds no certificate")
    for value in _keys(data):
        try:
            found.update(dict.fromkeys(load_certificates(_content(value))))
        except (FormatError, UnsupportedError) as error:
            failure = error
        if len(found) > MOST_CERTIFICATES:
            raise FormatError("a file of over 10,000 certificates is not read")
    if not found:
        raise failure
    return tuple(found)


def _keys(data: bytes) -> Iterator[bytes]:
    for fold in _FOLDS:
        data = data.replace(fold, b"")
    for line in _KEY_LINE.finditer(data):
        parameters, value = line[1], line[2].strip()
        if value and not any(word.lower() in (parameters + value[:100]).lower() for word in _OPENPGP):
            yield value


def _content(value: bytes) -> bytes:
    """Return the octets of a KEY."""
    if _LINK.match(value):
        raise UnsupportedError(
            "the vCard only says where its certificate lies, and nothing is fetched", "ask for the certificate itself"
        )
    uri = _DATA.match(value)
    if uri is not None:
        rest = value[uri.end() :]
        return _decoded(unquote_to_bytes(rest)) if b"base64" in uri[1].lower() else unquote_to_bytes(rest)
    if b"-----BEGIN" in value:
        return _ESCAPE.sub(lambda escape: b"\n" if escape[1] in b"nN" else escape[1], value)
    return _decoded(value)


def _decoded(text: bytes) -> bytes:
    try:
        return pybase64.b64decode(text.translate(None, b"\\ \t\n\r\v\f"), validate=True)
    except (Base64Error, ValueError) as error:
        raise FormatError("the certificate in the vCard is damaged: its base64 text cannot be read") from error
