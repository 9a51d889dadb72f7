"""NSS (Thunderbird's library) signs and encrypts for us and reads what we make, by way of its own command line."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from smimetui.model.message import Cipher, OpenedMessage
from smimetui.smime.mime import parse
from smimetui.smime.mime_build import draft_entity
from smimetui.smime.path import TrustPolicy
from tests.conftest import need_program
from tests.pki import Issued, make_authority
from tests.smime.correspondents import draft, opened, sealed

ENTITY = b"Content-Type: text/plain; charset=utf-8\r\n\r\nFrom Kiel\r\n"
TEXT = "From Kiel\n"
NOW = datetime.now(UTC)
ROOT = make_authority(
    "NSS test root", key="rsa2048", not_before=NOW - timedelta(days=9), not_after=NOW + timedelta(days=99)
)


def person(address: str, key: str) -> Issued:
    # NSS has no option for another time, so these are valid today.
    return ROOT.issue(
        address, key=key, not_before=NOW - timedelta(days=1), not_after=NOW + timedelta(days=9), email_in_dn=True
    )


class Nss:
    """A certificate database with some people's keys."""

    def __init__(self, folder: Path, *people: Issued) -> None:
        self.folder = folder
        self.run("certutil", "-N", "--empty-password")
        (folder / "root.pem").write_bytes(ROOT.pem)
        self.run("certutil", "-A", "-n", "root", "-t", "CT,C,C", "-a", "-i", folder / "root.pem")
        for each in people:
            (folder / "key.p12").write_bytes(each.pkcs12("secret"))
            self.run("pk12util", "-i", folder / "key.p12", "-W", "secret", "-K", "")

    def run(self, program: str, *arguments: object) -> bytes:
        command = [need_program(program), *map(str, arguments), "-d", f"sql:{self.folder}"]
        done = subprocess.run(command, capture_output=True, check=False, timeout=60, cwd=self.folder)
        assert done.returncode == 0, done.stderr.decode() + done.stdout.decode()
        return done.stdout

    def cms(self, *arguments: object, data: bytes) -> bytes:
        source, target = self.folder / "in", self.folder / "out"
        source.write_bytes(data)
        target.unlink(missing_ok=True)
        self.run("cmsutil", *arguments, "-i", source, "-o", target)
        return target.read_bytes()


def seen(cms: bytes, *people: Issued) -> OpenedMessage:
    from base64 import encodebytes

    header = (
        b"From: alice@corp.example\r\nTo: bob@corp.example\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: application/pkcs7-mime; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    )
    return opened(header + encodebytes(cms), *people, policy=TrustPolicy(anchors=(ROOT.certificate,)), at=NOW)


@pytest.mark.parametrize("key", ["rsa2048", "p256", "p384"])
@pytest.mark.parametrize("options", [(), ("-G",), ("-P",), ("-G", "-P", "-Y", "ek")], ids="".join)
def test_we_verify_what_nss_signs(tmp_path: Path, key: str, options: tuple[str, ...]) -> None:
    signer = person("alice@corp.example", key)
    nss = Nss(tmp_path, signer)
    name = signer.certificate.display_name
    filled = [name if option == "ek" else option for option in options]
    report = seen(nss.cms("-S", "-N", name, "-H", "SHA256", *filled, data=ENTITY))
    assert report.body == TEXT
    assert report.signature is not None
    assert report.signature.problems == ()
    assert report.signature.trusted


def test_we_decrypt_what_nss_encrypts(tmp_path: Path) -> None:
    # This cmsutil makes and reads no key agreement (nor openssl's): SEC_ERROR_INVALID_ALGORITHM.
    recipient = person("bob@corp.example", "rsa2048")
    nss = Nss(tmp_path, recipient)
    message = nss.cms("-E", "-r", "bob@corp.example", data=ENTITY)
    assert seen(message, recipient).body == TEXT


@pytest.mark.parametrize("signer_key", ["rsa2048", "p256", "p384"])
def test_nss_verifies_what_we_sign(tmp_path: Path, signer_key: str) -> None:
    signer = person("alice@corp.example", signer_key)
    nss = Nss(tmp_path)
    content, signature = parse(sealed(sign=signer, date=NOW)).parts()
    (tmp_path / "content").write_bytes(bytes(content.octets))
    found = nss.cms("-D", "-u", "4", "-c", tmp_path / "content", data=signature.decoded())
    assert found in {b"", bytes(content.octets)}
    opaque = parse(sealed(sign=signer, date=NOW, opaque=True)).decoded()
    assert nss.cms("-D", "-u", "4", data=opaque) == b"".join(draft_entity(draft()))


def test_nss_refuses_what_we_signed_and_somebody_changed(tmp_path: Path) -> None:
    signer = person("alice@corp.example", "rsa2048")
    nss = Nss(tmp_path)
    opaque = parse(sealed(sign=signer, date=NOW, opaque=True)).decoded()
    with pytest.raises(AssertionError):
        nss.cms("-D", "-u", "4", data=opaque.replace(b"third", b"first"))


@pytest.mark.parametrize("key", ["rsa2048", "rsa3072"])
def test_nss_decrypts_what_we_encrypt(tmp_path: Path, key: str) -> None:
    recipient = person("bob@corp.example", key)
    nss = Nss(tmp_path, recipient)
    sent = parse(sealed(encrypt=[person("alice@corp.example", "rsa2048"), recipient], cipher=Cipher.AES256_CBC))
    assert nss.cms("-D", data=sent.decoded()) == b"".join(draft_entity(draft()))
