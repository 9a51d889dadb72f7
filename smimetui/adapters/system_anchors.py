"""The system's certificate bundle as trust anchors: read once, when first asked for, and never written."""

import re
import ssl
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Lock

from smimetui.model.certificate import Certificate
from smimetui.model.errors import FormatError, UnsupportedError
from smimetui.smime.x509 import load_certificate

_BLOCK = re.compile(rb"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END ")
_DEBIAN = Path("/etc/ssl/certs/ca-certificates.crt")
# The usual bundle has 220 kB; what is longer by far is none.
_MOST_BYTES = 16_000_000


class SystemAnchors:
    """AnchorSource over one PEM file; `bundle` None takes the system's own."""

    def __init__(self, bundle: Path | None = None) -> None:
        self._bundle = bundle
        self._lock = Lock()
        self._anchors: tuple[Certificate, ...] | None = None

    def anchors(self) -> tuple[Certificate, ...]:
        """Return the anchors, each once; empty where there is no bundle. What does not parse is left out."""
        with self._lock:
            if self._anchors is None:
                self._anchors = tuple(dict.fromkeys(_certificates(_content(self._bundle or system_bundle()))))
            return self._anchors


def system_bundle() -> Path | None:
    """Return the PEM file that OpenSSL and Python use here, or Debian's; None where there is neither."""
    paths = ssl.get_default_verify_paths()
    for candidate in (paths.cafile, paths.openssl_cafile, _DEBIAN):
        if candidate and Path(candidate).is_file():
            return Path(candidate)
    return None


def _content(bundle: Path | None) -> bytes:
    try:
        if bundle is not None:
            with bundle.open("rb") as stream:
                return stream.read(_MOST_BYTES)
    except OSError:
        pass
    return b""


def _certificates(content: bytes) -> Iterator[Certificate]:
    for block in _BLOCK.finditer(content):
        # A bundle holds what others put there, odd old roots included: one of them must not hide the rest.
        with suppress(FormatError, UnsupportedError, Base64Error, ValueError):
            yield load_certificate(b64decode(block[1]))
