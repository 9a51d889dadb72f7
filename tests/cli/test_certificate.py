"""`certificate`: the book of installed certificates, on the sandbox's vault and on the person's own."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from smimetui.model.display import fingerprint_groups
from tests.cli.running import letter, one_line, smimetui
from tests.pki import Issued, make_authority

START = datetime.now(UTC) - timedelta(days=9)


@pytest.fixture(scope="module")
def erin() -> Issued:
    return make_authority("Partner CA").issue("erin@partner.example", name="Erin Ext", not_before=START)


@pytest.fixture
def file(tmp_path: Path, erin: Issued) -> Path:
    path = tmp_path / "erin.pem"
    path.write_bytes(erin.pem)
    return path


@pytest.fixture
def passphrase(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase"
    path.write_text("correct horse\n")
    return path


def test_a_certificate_is_installed_listed_shown_exported_and_removed(sandbox: Path, file: Path, erin: Issued) -> None:
    installed = smimetui("demo", "certificate", "install", file)
    assert installed.code == 0
    assert "installed: Erin Ext <erin@partner.example>" in installed.out
    assert smimetui("demo", "check", "erin@partner.example").out == "erin@partner.example: ready, installed\n"
    assert "Erin Ext <erin@partner.example>" in smimetui("demo", "certificate", "list").out
    shown = smimetui("demo", "certificate", "show", "Erin@Partner.Example").out
    assert all(word in shown for word in ("Erin Ext", "Partner CA", "signing and encryption", "RSA 2048"))
    assert smimetui("demo", "certificate", "export", erin.certificate.sha256[:8]).raw == erin.pem
    assert smimetui("demo", "certificate", "remove", "erin@partner.example").code == 0
    assert "Erin" not in smimetui("demo", "certificate", "list").out


def test_installing_is_seen_in_messages(sandbox: Path, tmp_path: Path) -> None:
    message = letter(sandbox, "signed-contract")
    signer = smimetui("demo", "open", message, "--json").json["signature"]["signer"]
    assert signer["addresses"] == ["erin@partner.example"]
    smimetui("demo", "certificate", "install", _certificate_of(message, sandbox, tmp_path))
    assert smimetui("demo", "open", message, "--json").json["signature"]["trusted"] is True


def _certificate_of(message: Path, sandbox: Path, folder: Path) -> Path:
    from smimetui.demo.sandbox import open_sandbox

    opened = open_sandbox(sandbox).reader.open(message.read_bytes())
    assert opened.signature is not None
    assert opened.signature.signer is not None
    path = folder / "signer.der"
    path.write_bytes(opened.signature.signer.der)
    return path


def test_the_list_as_json(sandbox: Path, file: Path, erin: Issued) -> None:
    smimetui("demo", "certificate", "install", file)
    found = {entry["kind"]: entry for entry in smimetui("demo", "certificate", "list", "--json").json}
    assert found["installed"]["sha256"] == erin.certificate.sha256
    assert found["installed"]["installed_for"] == ["erin@partner.example"]
    assert found["anchor"]["subject"]


def test_an_authority_is_an_anchor_only_when_asked_for(sandbox: Path, tmp_path: Path) -> None:
    root = make_authority("Partner Root")
    path = tmp_path / "root.pem"
    path.write_bytes(root.pem)
    refused = smimetui("demo", "certificate", "install", path)
    assert refused.code == 1
    assert "--anchor" in refused.err
    unasked = smimetui("demo", "certificate", "install", "--anchor", path)
    assert unasked.code == 1
    assert one_line(unasked.err)
    assert fingerprint_groups(root.certificate.sha256) in unasked.err
    assert "Partner Root" not in smimetui("demo", "certificate", "list", "--anchors").out
    added = smimetui("demo", "certificate", "install", "--anchor", path, "--yes")
    assert added.code == 0
    assert fingerprint_groups(root.certificate.sha256) in added.out
    assert "Partner Root" in smimetui("demo", "certificate", "list").out
    assert "Partner Root" in smimetui("demo", "certificate", "list", "--anchors").out
    assert smimetui("demo", "certificate", "remove", root.certificate.sha256).code == 0
    assert "Partner Root" not in smimetui("demo", "certificate", "list").out


def test_a_person_is_no_anchor(sandbox: Path, file: Path) -> None:
    done = smimetui("demo", "certificate", "install", "--anchor", file, "--yes")
    assert done.code == 1
    assert "is no authority" in done.err


def test_the_anchors_have_a_list_of_their_own(sandbox: Path, own_world: Path, file: Path) -> None:
    smimetui("demo", "certificate", "install", file)
    assert {entry["kind"] for entry in smimetui("demo", "certificate", "list", "--anchors", "--json").json} == {
        "anchor"
    }
    assert smimetui("certificate", "list", "--anchors").out == "there is no trust anchor of your own\n"


def test_the_list_is_searched_by_name_and_address(sandbox: Path, file: Path) -> None:
    smimetui("demo", "certificate", "install", file)
    everything = smimetui("demo", "certificate", "list").out.splitlines()
    for text in ("ERIN ext", "@partner.EXAMPLE"):
        (line,) = smimetui("demo", "certificate", "list", text).out.splitlines()
        assert "Erin Ext <erin@partner.example>" in line
        assert line in everything
    assert smimetui("demo", "certificate", "list", "nobody").out == "nothing matches “nobody”\n"
    assert smimetui("demo", "certificate", "list", "nobody", "--json").json == []


def test_a_vcard_brings_its_certificate(sandbox: Path, tmp_path: Path, erin: Issued) -> None:
    card = tmp_path / "erin.vcf"
    card.write_bytes(b"BEGIN:VCARD\r\nVERSION:3.0\r\nKEY;ENCODING=b:" + b64encode(erin.der) + b"\r\nEND:VCARD\r\n")
    assert smimetui("demo", "certificate", "install", card).code == 0
    assert smimetui("demo", "certificate", "export", "erin@partner.example").raw == erin.pem
    card.write_bytes(b"BEGIN:VCARD\r\nKEY;VALUE=uri:https://partner.example/erin.cer\r\nEND:VCARD\r\n")
    done = smimetui("demo", "certificate", "install", card)
    assert done.code == 1
    assert "nothing is fetched" in done.err


def test_a_chain_file_installs_the_person_and_names_what_it_leaves_out(sandbox: Path, tmp_path: Path) -> None:
    root = make_authority("Partner Root")
    path = tmp_path / "chain.pem"
    path.write_bytes(root.issue("erin@partner.example", not_before=START).pem + root.pem)
    done = smimetui("demo", "certificate", "install", path)
    assert done.code == 0
    assert "left out" in done.err
    assert "Partner Root" in done.err


def test_a_file_is_shown_without_being_installed(file: Path, erin: Issued) -> None:
    done = smimetui("certificate", "show", file)
    assert done.code == 0
    assert erin.certificate.sha256[:4].upper() in done.out


@pytest.mark.parametrize("which", ["nobody@x.example", "0123456789abcdef", "short", "", "\x1b[2J"])
def test_what_is_not_installed_is_one_line(sandbox: Path, which: str) -> None:
    for action in ("show", "remove", "export"):
        done = smimetui("demo", "certificate", action, which)
        assert done.code == 1
        assert one_line(done.err)
        assert "\x1b" not in done.err


@pytest.mark.parametrize("content", [b"", b"hello", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_is_named_with_its_file(sandbox: Path, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "junk.pem"
    path.write_bytes(content)
    done = smimetui("demo", "certificate", "install", path)
    assert done.code == 1
    assert one_line(done.err)
    assert "junk.pem" in done.err


def test_an_export_never_replaces_a_file(sandbox: Path, file: Path, erin: Issued) -> None:
    smimetui("demo", "certificate", "install", file)
    done = smimetui("demo", "certificate", "export", "erin@partner.example", "--output", file)
    assert done.code == 1
    new = file.with_name("new.pem")
    assert smimetui("demo", "certificate", "export", "erin@partner.example", "--output", new).code == 0
    assert new.read_bytes() == erin.pem


def test_the_first_certificate_makes_the_vault(file: Path, passphrase: Path, own_world: Path) -> None:
    assert smimetui("certificate", "list").out == "no certificate is installed\n"
    vault = own_world / ".local/share/smimetui/vault"
    assert not vault.exists()
    assert smimetui("certificate", "install", file, "--passphrase-file", passphrase).code == 0
    assert vault.is_file()
    listed = smimetui("--passphrase-file", passphrase, "certificate", "list")
    assert "Erin Ext" in listed.out


def test_a_locked_vault_without_a_terminal_is_a_sentence(file: Path, passphrase: Path, tmp_path: Path) -> None:
    smimetui("certificate", "install", file, "--passphrase-file", passphrase)
    locked = smimetui("certificate", "list")
    assert locked.code == 1
    assert one_line(locked.err)
    assert "--passphrase-file" in locked.err
    wrong = tmp_path / "wrong"
    wrong.write_text("battery staple\n")
    refused = smimetui("certificate", "list", "--passphrase-file", wrong)
    assert refused.code == 1
    assert one_line(refused.err)
    assert "battery" not in refused.err


def test_nothing_is_written_outside_the_own_folders(
    file: Path, passphrase: Path, own_world: Path, tmp_path: Path
) -> None:
    before = set(tmp_path.rglob("*"))
    smimetui("certificate", "install", file, "--passphrase-file", passphrase)
    assert set(tmp_path.rglob("*")) == before
    written = [path.relative_to(own_world) for path in own_world.rglob("*") if path.is_file()]
    assert written
    assert all("smimetui" in path.parts for path in written)
