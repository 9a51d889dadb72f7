"""`identity`: own keys come from PKCS#12, are listed, and go only when asked twice."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.running import one_line, smimetui
from tests.pki import Issued, make_authority

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
