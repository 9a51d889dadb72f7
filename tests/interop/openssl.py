"""Runs the machine's openssl as a correspondent: keys and certificates as files, `openssl cms` as a function."""

import subprocess
from pathlib import Path

from tests.conftest import need_program
from tests.pki import NOW, Issued


class OpenSsl:
    """One correspondent's folder. `cms` returns what openssl writes; a failure is an AssertionError with its words."""

    def __init__(self, folder: Path) -> None:
        self.program = need_program("openssl")
        self.folder = folder

    def file(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path

    def certificate(self, person: Issued) -> Path:
        return self.file(f"{person.certificate.sha256[:16]}.pem", person.pem)

    def key(self, person: Issued) -> Path:
        return self.file(f"{person.certificate.sha256[:16]}.key", person.key_pem)

    def cms(self, *arguments: object, data: bytes) -> bytes:
        source, target = self.file("in", data), self.folder / "out"
        target.unlink(missing_ok=True)
        command = [self.program, "cms", *map(str, arguments), "-in", str(source), "-out", str(target)]
        done = subprocess.run(command, capture_output=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr.decode()
        return target.read_bytes()

    def decrypt(self, person: Issued, data: bytes) -> bytes:
        # With the certificate given, openssl tries no other recipient and says so when there is none.
        return self.cms("-decrypt", "-inkey", self.key(person), "-recip", self.certificate(person), data=data)

    def verify(self, root: Issued, data: bytes, *options: str) -> bytes:
        trust = ("-CAfile", self.file("root.pem", root.pem), "-attime", int(NOW.timestamp()))
        return self.cms("-verify", *trust, *options, data=data)

    def sign(self, person: Issued, data: bytes, *options: object) -> bytes:
        chain = self.file("chain.pem", b"".join(_pem(issuer.der) for issuer in person.chain))
        more = ("-certfile", chain) if person.chain else ()
        who = ("-signer", self.certificate(person), "-inkey", self.key(person))
        return self.cms("-sign", *who, *more, *options, data=data)

    def encrypt(self, person: Issued, data: bytes, *options: object) -> bytes:
        return self.cms("-encrypt", *options, "-recip", self.certificate(person), data=data)


def _pem(der: bytes) -> bytes:
    from base64 import encodebytes

    return b"-----BEGIN CERTIFICATE-----\n" + encodebytes(der) + b"-----END CERTIFICATE-----\n"
