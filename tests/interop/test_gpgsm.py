"""gpgsm reads what we make, and we what it makes; its home lies in a folder of its own."""

import subprocess
import tempfile
from base64 import encodebytes
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from pathlib import Path

import pytest

from smimetui.model.message import OpenedMessage
from smimetui.smime.mime import parse
from smimetui.smime.mime_build import draft_entity
from smimetui.smime.path import TrustPolicy
from tests.conftest import need_program
from tests.pki import Issued, make_authority
from tests.smime.correspondents import draft, opened, sealed

ENTITY = b"Content-Type: text/plain; charset=utf-8\r\n\r\nFrom Kiel\r\n"
TEXT = "From Kiel\n"
NOW = datetime.now(UTC)
SOON = NOW + timedelta(days=99)
ROOT = make_authority("gpgsm test root", key="rsa2048", not_before=NOW - timedelta(days=9), not_after=SOON)
HEADER = (
    b"From: alice@corp.example\r\nTo: bob@corp.example\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: application/pkcs7-mime; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n"
)


def person(address: str, key: str = "rsa2048") -> Issued:
    return ROOT.issue(address, key=key, not_before=NOW - timedelta(days=1), not_after=SOON)


class Gpgsm:
    """A home with some people's keys in it."""

    def __init__(self, home: Path, *people: Issued) -> None:
        self.home = home
        (home / "gpgsm.conf").write_text("disable-crl-checks\nagent-program " + need_program("gpg-agent") + "\n")
        (home / "trustlist.txt").write_text(f"{_sha1(ROOT.der)} S relax\n")
        (home / "gpg-agent.conf").write_text("allow-loopback-pinentry\nno-allow-mark-trusted\n")
        self.run("--import", data=ROOT.pem)
        for each in people:
            self.run("--import", data=_legacy_pkcs12(home, each))

    def run(self, *arguments: str, data: bytes) -> bytes:
        source, target = self.home / "in", self.home / "out"
        source.write_bytes(data)
        target.unlink(missing_ok=True)
        common = [
            "--batch",
            "--yes",
            "--pinentry-mode",
            "loopback",
            "--passphrase-fd",
            "0",
            "--homedir",
            str(self.home),
        ]
        done = subprocess.run(
            [
                need_program("gpgsm"),
                *common,
                "--homedir",
                str(self.home),
                "--output",
                str(target),
                *arguments,
                str(source),
            ],
            input=b"secret\n",
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr.decode()
        return target.read_bytes() if target.exists() else done.stderr

    def stop(self) -> None:
        command = [need_program("gpgconf"), "--homedir", str(self.home), "--kill", "all"]
        subprocess.run(command, capture_output=True, check=False, timeout=60)


@contextmanager
def gpgsm(*people: Issued) -> Iterator[Gpgsm]:
    need_program("gpgsm")
    # The agent's socket has a short limit on its path, which pytest's folders pass.
    with tempfile.TemporaryDirectory(prefix="gs") as folder:
        Path(folder).chmod(0o700)
        peer = Gpgsm(Path(folder), *people)
        try:
            yield peer
        finally:
            peer.stop()


def _sha1(der: bytes) -> str:
    return sha1(der, usedforsecurity=False).hexdigest().upper()


def _legacy_pkcs12(folder: Path, each: Issued) -> bytes:
    """gpgsm reads no other PKCS#12 than the old kind."""
    (folder / "each.pem").write_bytes(each.key_pem + each.pem)
    target = folder / "each.p12"
    command = [need_program("openssl"), "pkcs12", "-export", "-legacy", "-in", str(folder / "each.pem")]
    subprocess.run([*command, "-out", str(target), "-passout", "pass:secret"], check=True, capture_output=True)
    return target.read_bytes()


def read(message: bytes, *people: Issued) -> OpenedMessage:
    policy = TrustPolicy(anchors=(ROOT.certificate,))
    return opened(message, *people, policy=policy, at=datetime.now(UTC))


def seen(cms: bytes, *people: Issued) -> OpenedMessage:
    return read(HEADER + encodebytes(cms), *people)


def test_we_verify_what_gpgsm_signs() -> None:
    with gpgsm(person("alice@corp.example")) as peer:
        message = peer.run("--sign", "-u", "alice@corp.example", data=ENTITY)
        detached = peer.run("--detach-sign", "--base64", "-u", "alice@corp.example", data=ENTITY)
    for report in (seen(message), read(multipart(ENTITY, detached))):
        assert report.body == TEXT
        assert report.signature is not None
        assert report.signature.problems == ()
        assert report.signature.trusted


def multipart(entity: bytes, armoured: bytes) -> bytes:
    base64 = b"".join(line for line in armoured.splitlines(keepends=True) if not line.startswith(b"-----"))
    return (
        b"From: alice@corp.example\r\nContent-Type: multipart/signed; boundary=b;\r\n"
        b' protocol="application/pkcs7-signature"\r\n\r\n--b\r\n'
        + entity
        + b"\r\n--b\r\nContent-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64
        + b"\r\n--b--\r\n"
    )


def test_we_decrypt_what_gpgsm_encrypts() -> None:
    recipient = person("bob@corp.example")
    with gpgsm(recipient) as peer:
        message = peer.run("--encrypt", "-r", "bob@corp.example", data=ENTITY)
    assert seen(message, recipient).body == TEXT


@pytest.mark.parametrize("key", ["rsa2048", "p256"])
def test_gpgsm_verifies_what_we_sign(key: str) -> None:
    with gpgsm() as peer:
        opaque = parse(sealed(sign=person("alice@corp.example", key), date=datetime.now(UTC), opaque=True)).decoded()
        assert peer.run("--verify", data=opaque) == b"".join(draft_entity(draft()))


def test_gpgsm_decrypts_what_we_encrypt() -> None:
    recipient = person("bob@corp.example")
    sent = parse(sealed(encrypt=[person("alice@corp.example", "p256"), recipient]))
    with gpgsm(recipient) as peer:
        assert peer.run("--decrypt", data=sent.decoded()) == b"".join(draft_entity(draft()))
