"""`seal`: what comes out is S/MIME that openssl opens, or nothing."""

import subprocess
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.cli.running import one_line, smimetui
from tests.conftest import need_program
from tests.pki import Issued, make_authority

BODY = "Hello Bob,\r\n\r\n 1,250,000 =3D and a line: Grüße.\r\nFrom here on it ends.\r\n"
START = datetime.now(UTC) - timedelta(days=9)


class Desk:
    """Files of an organisation: a root, alice with her PKCS#12, certificates of others."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = make_authority("Root CA")
        self.alice = self.person("alice")
        self.write("root.pem", self.root.pem)
        self.write("alice.p12", self.alice.pkcs12("pass"))
        self.write("password", b"pass\n")

    def person(self, name: str, **wishes: object) -> Issued:
        issued = self.root.issue(f"{name}@corp.example", name=name.title(), not_before=START, **wishes)
        self.write(f"{name}.pem", issued.pem)
        self.write(f"{name}.key", issued.key_pem)
        return issued

    def write(self, name: str, data: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(data)
        return path

    def draft(self, body: str = BODY, **fields: str) -> Path:
        head = {"From": "alice@corp.example", "To": "bob@corp.example", "Subject": "Q3"} | fields
        text = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        return self.write("draft.eml", f"{text}Content-Type: text/plain; charset=utf-8\r\n\r\n{body}".encode())

    def seal(self, draft: Path, *options: object, certificates: tuple[str, ...] = ()) -> object:
        files = [word for name in certificates for word in ("--certificate", self.folder / f"{name}.pem")]
        own = ["--identity", self.folder / "alice.p12", "--password-file", self.folder / "password"]
        return smimetui("seal", draft, "--isolated", *own, *files, *options)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def openssl(*arguments: object, stdin: bytes) -> bytes:
    command = [need_program("openssl"), *map(str, arguments)]
    done = subprocess.run(command, input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def text_of(entity: bytes) -> bytes:
    part = message_from_bytes(entity)
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content


@pytest.mark.parametrize("key", ["rsa2048", "rsa3072", "p256", "p384"])
def test_openssl_decrypts_and_verifies_the_body_byte_for_byte(desk: Desk, key: str) -> None:
    desk.person("bob", key=key)
    done = desk.seal(desk.draft(), certificates=("bob",))
    assert (done.code, done.err) == (0, "")
    for reader in ("bob", "alice"):
        files = desk.folder / f"{reader}.pem", desk.folder / f"{reader}.key"
        signed = openssl("cms", "-decrypt", "-recip", files[0], "-inkey", files[1], stdin=done.raw)
        entity = openssl("cms", "-verify", "-CAfile", desk.folder / "root.pem", "-purpose", "smimesign", stdin=signed)
        assert text_of(entity) == BODY.encode()


def test_what_leaves_holds_no_bcc_and_no_plain_text(desk: Desk) -> None:
    desk.person("bob")
    done = desk.seal(desk.draft(), certificates=("bob",))
    assert b"Hello" not in done.raw
    assert b"\r\n" in done.raw
    assert done.raw.replace(b"\r\n", b"").count(b"\n") == 0


def test_attachments_travel_along(desk: Desk) -> None:
    desk.person("bob")
    draft = desk.write(
        "draft.eml",
        b"From: alice@corp.example\nTo: bob@corp.example\nMIME-Version: 1.0\n"
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhi\n--b\nContent-Type: application/pdf\n"
        b"Content-Disposition: attachment; filename=q3.pdf\nContent-Transfer-Encoding: base64\n\nAAECAw==\n--b--\n",
    )
    sealed = desk.write("sealed.eml", desk.seal(draft, certificates=("bob",)).raw)
    opened = smimetui(
        "open",
        sealed,
        "--json",
        "--isolated",
        "--identity",
        desk.folder / "alice.p12",
        "--password-file",
        desk.folder / "password",
    )
    assert opened.json["attachments"] == [{"name": "q3.pdf", "type": "application/pdf", "size": 4}]


def test_each_bcc_is_an_envelope_of_its_own(desk: Desk) -> None:
    for name in ("bob", "carol", "dana"):
        desk.person(name, key="p256")
    draft = desk.draft(Cc="carol@corp.example", Bcc="dana@corp.example")
    out = desk.folder / "out"
    done = desk.seal(draft, "--output", out, certificates=("bob", "carol", "dana"))
    assert (done.code, done.err) == (0, "")
    first, second = sorted(out.iterdir())
    assert f"{first}\tbob@corp.example, carol@corp.example" in done.out
    assert f"{second}\tdana@corp.example" in done.out
    for path in (first, second):
        head = path.read_bytes().partition(b"\r\n\r\n")[0].lower()
        assert b"bcc" not in head
        assert b"dana" not in head
    dana = desk.folder / "dana.pem", desk.folder / "dana.key"
    openssl("cms", "-decrypt", "-recip", dana[0], "-inkey", dana[1], stdin=second.read_bytes())


def test_a_bcc_without_a_folder_is_a_wrong_command_line(desk: Desk) -> None:
    done = desk.seal(desk.draft(Bcc="dana@corp.example"))
    assert (done.code, done.raw) == (2, b"")
    assert "--output" in done.err


def test_every_recipient_that_stops_it_is_named_and_nothing_comes_out(desk: Desk) -> None:
    desk.person("bob")
    desk.person("carol", key_usage=("digitalSignature",))
    draft = desk.draft(Cc="carol@corp.example, dave@ext.example")
    done = desk.seal(draft, certificates=("bob", "carol"))
    assert (done.code, done.raw) == (3, b"")
    lines = done.err.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["carol@corp.example", "dave@ext.example"]
    assert all(line.partition(": ")[2] for line in lines)


def test_a_sender_who_could_not_read_it_again_stops_it(desk: Desk) -> None:
    desk.person("bob")
    done = smimetui("seal", desk.draft(), "--isolated", "--no-sign", "--certificate", desk.folder / "bob.pem")
    assert (done.code, done.raw) == (3, b"")
    assert done.err.startswith("alice@corp.example: ")


def test_signing_alone_and_encrypting_alone(desk: Desk) -> None:
    desk.person("bob")
    signed = desk.seal(desk.draft(), "--no-encrypt")
    assert signed.code == 0
    entity = openssl("cms", "-verify", "-CAfile", desk.folder / "root.pem", stdin=signed.raw)
    assert text_of(entity) == BODY.encode()
    sealed = desk.seal(desk.draft(), "--no-sign", certificates=("bob",))
    bob = desk.folder / "bob.pem", desk.folder / "bob.key"
    entity = openssl("cms", "-decrypt", "-recip", bob[0], "-inkey", bob[1], stdin=sealed.raw)
    assert text_of(entity) == BODY.encode()


def test_signing_without_a_key_is_one_line(desk: Desk) -> None:
    done = smimetui("seal", desk.draft(), "--isolated", "--no-encrypt")
    assert (done.code, done.raw) == (1, b"")
    assert one_line(done.err)


@pytest.mark.parametrize("cipher", ["aes256_cbc", "aes256_gcm"])
def test_the_cipher_can_be_chosen(desk: Desk, cipher: str) -> None:
    desk.person("bob")
    sealed = desk.write("sealed.eml", desk.seal(desk.draft(), "--cipher", cipher, certificates=("bob",)).raw)
    own = ["--identity", desk.folder / "alice.p12", "--password-file", desk.folder / "password"]
    report = smimetui("open", sealed, "--json", "--isolated", *own).json["encryption"]
    assert report["content_encryption_algorithm"] == cipher
    assert report["authenticated"] is (cipher == "aes256_gcm")


def test_the_draft_may_come_through_standard_input(desk: Desk) -> None:
    draft = desk.draft().read_bytes()
    own = ["--identity", desk.folder / "alice.p12", "--password-file", desk.folder / "password"]
    done = smimetui("seal", "-", "--isolated", "--no-encrypt", *own, stdin=draft)
    assert done.code == 0


def test_no_envelope_replaces_another(desk: Desk) -> None:
    desk.person("bob")
    out = desk.folder / "out"
    for _ in range(2):
        assert desk.seal(desk.draft(), "--output", out, certificates=("bob",)).code == 0
    assert len(list(out.iterdir())) == 2


def test_the_sandbox_seals_with_its_own_key_and_address_list(sandbox: Path, tmp_path: Path) -> None:
    draft = tmp_path / "draft.eml"
    draft.write_text("From: alice@corp.example\nTo: bob@corp.example, dave@ext.example\n\nhi\n")
    done = smimetui("demo", "seal", draft)
    assert done.code == 3
    assert done.err == "dave@ext.example: no certificate in the address list, contacts or installed\n"
    draft.write_text("From: alice@corp.example\nTo: bob@corp.example\n\nhi\n")
    done = smimetui("demo", "seal", draft)
    assert done.code == 0
    assert smimetui("demo", "open", "-", stdin=done.raw).out.endswith("\nhi\n")


@pytest.mark.parametrize("draft", [b"", b"To: bob@corp.example\n\nhi", b"From: a@x.example\n\nno recipient", b"\xff"])
def test_what_is_no_draft_is_one_line(tmp_path: Path, draft: bytes) -> None:
    done = smimetui("seal", "-", "--isolated", "--no-sign", "--no-encrypt", stdin=draft)
    assert (done.code, done.raw) == (1, b"")
    assert one_line(done.err)
    assert "fault of the program" not in done.err
