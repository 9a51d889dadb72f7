"""`identity`: own keys come from PKCS#12, are listed, and go only when asked twice."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from smimetui.smime.pkcs12 import load_pkcs12
from tests.cli.running import one_line, smimetui
from tests.pki import Issued, make_authority
from tests.smime.test_pkcs12 import DSA, PASSWORDS, VECTORS, needs_vectors

ALICE = "alice@corp.example"
START = datetime.now(UTC) - timedelta(days=9)


@pytest.fixture(scope="module")
def alice() -> Issued:
    return make_authority("Root CA").intermediate("Mail CA").issue("alice@new.example", name="Alice", not_before=START)


@pytest.fixture
def files(tmp_path: Path, alice: Issued) -> tuple[Path, Path]:
    key, password = tmp_path / "alice.p12", tmp_path / "password"
    key.write_bytes(alice.pkcs12("pass word"))
    password.write_text("pass word\r\n")
    return key, password


def test_a_key_is_imported_with_its_chain_listed_and_removed(
    sandbox: Path, files: tuple[Path, Path], alice: Issued
) -> None:
    key, password = files
    done = smimetui("demo", "identity", "import", key, "--password-file", password)
    assert done.code == 0
    assert "Alice <alice@new.example>" in done.out
    listed = smimetui("demo", "identity", "list", "--json").json
    assert alice.certificate.sha256 in [entry["sha256"] for entry in listed]
    fingerprint = alice.certificate.sha256[:16]
    kept = smimetui("demo", "identity", "remove", fingerprint)
    assert kept.code == 1
    assert "--yes" in kept.err
    assert smimetui("demo", "identity", "remove", fingerprint, "--yes").code == 0
    assert "alice@new.example" not in smimetui("demo", "identity", "list").out


def test_a_wrong_password_is_one_line_and_nothing_is_imported(sandbox: Path, files: tuple[Path, Path]) -> None:
    key, password = files
    password.write_text("guess\n")
    done = smimetui("demo", "identity", "import", key, "--password-file", password)
    assert done.code == 1
    assert one_line(done.err)
    assert "guess" not in done.err
    assert "alice@new.example" not in smimetui("demo", "identity", "list").out


def test_without_a_terminal_the_password_must_come_from_a_file(sandbox: Path, files: tuple[Path, Path]) -> None:
    done = smimetui("demo", "identity", "import", files[0])
    assert done.code == 2
    assert "--password-file" in done.err


@pytest.mark.parametrize("which", ["ffffffffffffffff", "", "x"])
def test_an_unknown_key_is_one_line(sandbox: Path, which: str) -> None:
    done = smimetui("demo", "identity", "remove", which, "--yes")
    assert done.code == 1
    assert one_line(done.err)


def test_nobody_has_a_key_at_first(own_world: Path) -> None:
    assert smimetui("identity", "list").out == "you have no key of your own yet\n"


def test_a_request_is_written_its_key_waits_in_the_store_and_the_certificate_joins_it(
    sandbox: Path, tmp_path: Path
) -> None:
    request = tmp_path / "alice.csr"
    made = smimetui("demo", "identity", "create", ALICE, "--name", "Alice", "--key", "p256", "--request", request)
    assert made.code == 0
    asked = x509.load_pem_x509_csr(request.read_bytes())
    assert "waits for its certificate" in smimetui("demo", "identity", "list").out
    waiting = [entry for entry in smimetui("demo", "identity", "list", "--json").json if entry["kind"] == "waiting"]
    assert [entry["addresses"] for entry in waiting] == [[ALICE]]
    issued = make_authority("Corp CA").issue(
        ALICE, public_key=asked.public_key(), not_before=datetime.now(UTC) - timedelta(days=1)
    )
    certificate = tmp_path / "alice.pem"
    certificate.write_bytes(issued.pem)
    assert smimetui("demo", "identity", "import", certificate).code == 0
    listed = smimetui("demo", "identity", "list").out
    assert "waits" not in listed
    assert issued.certificate.sha256[:16] in listed


def test_a_waiting_key_is_removed_like_any_other(sandbox: Path, tmp_path: Path) -> None:
    smimetui("demo", "identity", "create", ALICE, "--key", "p256", "--request", tmp_path / "a.csr")
    (waiting,) = [entry for entry in smimetui("demo", "identity", "list", "--json").json if entry["kind"] == "waiting"]
    which = waiting["public_key_sha256"][:16]
    assert smimetui("demo", "identity", "remove", which).code == 1
    assert smimetui("demo", "identity", "remove", which, "--yes").code == 0
    assert "waits" not in smimetui("demo", "identity", "list").out


def test_a_request_is_never_written_over_a_file(sandbox: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.write_text("precious")
    done = smimetui("demo", "identity", "create", ALICE, "--key", "p256", "--request", there)
    assert done.code == 1
    assert "there already" in done.err
    assert there.read_text() == "precious"
    assert "waits" not in smimetui("demo", "identity", "list").out


def test_a_certificate_of_somebody_else_is_one_line(sandbox: Path, tmp_path: Path, alice: Issued) -> None:
    path = tmp_path / "other.pem"
    path.write_bytes(alice.pem)
    done = smimetui("demo", "identity", "import", path)
    assert done.code == 1
    assert one_line(done.err)
    assert "no key here belongs to the certificate of Alice" in done.err


def test_a_self_signed_key_is_for_trying_out_and_is_used_only_where_no_issued_one_is(sandbox: Path) -> None:
    made = smimetui("demo", "identity", "create", "new@corp.example", "--key", "p256", "--self-signed")
    assert made.code == 0
    assert "(self-signed, for trial)" in made.out
    first = smimetui("demo", "identity", "create", ALICE, "--key", "p256", "--self-signed").out
    for line in smimetui("demo", "identity", "list").out.splitlines():
        assert ("used for" in line) == (ALICE in line and "trial" not in line)
    assert "Nobody vouches" in first


def test_which_key_is_used_is_a_choice_that_lasts_and_can_be_taken_back(sandbox: Path) -> None:
    smimetui("demo", "identity", "create", ALICE, "--key", "p256", "--self-signed")
    (trial,) = [
        entry["sha256"] for entry in smimetui("demo", "identity", "list", "--json").json if "trial" in entry["subject"]
    ]
    assert smimetui("demo", "identity", "use", trial[:16], "--for", "signing").code == 0
    used = {entry["sha256"]: entry["used_for"] for entry in smimetui("demo", "identity", "list", "--json").json}
    assert used.pop(trial) == ["signing"]
    assert sorted(used.values()) == [["decrypting"]]
    assert smimetui("demo", "identity", "use", "--automatic").code == 0
    used = {entry["sha256"]: entry["used_for"] for entry in smimetui("demo", "identity", "list", "--json").json}
    assert used[trial] == []


def test_a_key_that_does_not_fit_is_not_chosen(sandbox: Path) -> None:
    made = smimetui("demo", "identity", "create", "other@corp.example", "--key", "p256", "--self-signed").out
    fingerprint = "".join(made.split("SHA-256")[1].split("\n")[0].split())[:16]
    done = smimetui("demo", "identity", "use", fingerprint)
    assert done.code == 1
    assert "cannot sign: your certificate is for other@corp.example" in done.err
    assert smimetui("demo", "identity", "use").code == 2
    assert smimetui("demo", "identity", "use", fingerprint, "--automatic").code == 2


def test_a_key_is_exported_under_a_passphrase_for_its_owner_alone_and_never_over_a_file(
    sandbox: Path, tmp_path: Path, files: tuple[Path, Path]
) -> None:
    target, password = tmp_path / "out.p12", files[1]
    done = smimetui("demo", "identity", "export", target, "--password-file", password)
    assert done.code == 0
    assert target.stat().st_mode & 0o777 == 0o600
    (identity,) = load_pkcs12(target.read_bytes(), password.read_text().strip())
    assert identity.certificate.sha256[:16] in smimetui("demo", "identity", "list").out
    again = smimetui("demo", "identity", "export", ALICE, target, "--password-file", password)
    assert again.code == 1
    assert "there already" in again.err
    for which in ("nobody@corp.example", "ffff"):
        assert smimetui("demo", "identity", "export", which, tmp_path / "x", "--password-file", password).code == 1
    smimetui("demo", "identity", "import", *files[:1], "--password-file", password)
    several = smimetui("demo", "identity", "export", tmp_path / "y.p12", "--password-file", password)
    assert "2 of your keys" in several.err


def test_an_export_without_a_passphrase_is_refused(sandbox: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.write_text("\n")
    done = smimetui("demo", "identity", "export", tmp_path / "out.p12", "--password-file", empty)
    assert done.code == 1
    assert not (tmp_path / "out.p12").exists()
    assert smimetui("demo", "identity", "export", tmp_path / "out.p12").code == 1


@needs_vectors
@pytest.mark.parametrize("name", [name for name in PASSWORDS if not name.startswith(("nss", "thunderbird"))])
def test_every_published_file_is_imported_and_what_is_not_supported_is_said_so(
    sandbox: Path, tmp_path: Path, name: str
) -> None:
    password = tmp_path / "password"
    password.write_text(PASSWORDS[name] + "\n")
    done = smimetui("demo", "identity", "import", VECTORS / name, "--password-file", password)
    if name == DSA:
        assert done.code == 1
        assert "DSA key, which is no longer used for mail" in done.err
    else:
        assert done.code == 0
        assert "imported:" in done.out


def test_wrong_password_not_supported_and_damaged_are_three_sentences(
    sandbox: Path, tmp_path: Path, files: tuple[Path, Path], alice: Issued
) -> None:
    key, password = files
    damaged, loose, wrong = tmp_path / "damaged.p12", tmp_path / "loose.pem", tmp_path / "wrong"
    damaged.write_bytes(key.read_bytes()[:900])
    loose.write_bytes(alice.key_pem)
    wrong.write_text("guess\n")
    said = [
        smimetui("demo", "identity", "import", file, "--password-file", secret).err
        for file, secret in ((key, wrong), (loose, password), (damaged, password))
    ]
    assert all(map(one_line, said))
    for sentence, words in zip(said, ("the password does not open", "not imported", "damaged"), strict=True):
        assert words in sentence
