import ssl
from pathlib import Path

import pytest

from smimetui.adapters import system_anchors
from smimetui.adapters.system_anchors import SystemAnchors, system_bundle
from tests.pki import make_authority


def test_what_parses_is_returned_once_and_the_rest_is_passed_over(tmp_path: Path) -> None:
    one, two = make_authority("One"), make_authority("Two")
    bundle = tmp_path / "bundle.pem"
    broken = b"-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n"
    trusted = two.pem.replace(b"BEGIN CERT", b"BEGIN TRUSTED CERT").replace(b"END CERT", b"END TRUSTED CERT")
    bundle.write_bytes(
        b"# One\n" + one.pem + broken % b"AAAA" + broken % b"A" + broken % b"" + b"\xff\x00" + trusted + one.pem
    )
    assert SystemAnchors(bundle).anchors() == (one.certificate, two.certificate)


def test_the_bundle_is_read_when_first_asked_for_and_never_written(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pem"
    anchors = SystemAnchors(bundle)
    bundle.write_bytes(make_authority("One").pem)
    bundle.chmod(0o400)
    before = bundle.stat()
    first = anchors.anchors()
    bundle.unlink()
    assert anchors.anchors() is first
    assert before.st_size == len(make_authority("One").pem)


def test_a_system_without_a_bundle_has_no_anchors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert SystemAnchors(tmp_path / "none").anchors() == ()
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none"))
    nothing = ssl.DefaultVerifyPaths(None, None, "SSL_CERT_FILE", str(tmp_path / "none"), "SSL_CERT_DIR", "")
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: nothing)
    monkeypatch.setattr(system_anchors, "_DEBIAN", tmp_path / "none")
    assert system_bundle() is None
    assert SystemAnchors().anchors() == ()


def test_the_systems_own_bundle_holds_authorities() -> None:
    if system_bundle() is None:
        pytest.skip("this system has no bundle")
    anchors = SystemAnchors().anchors()
    assert anchors
    assert all(anchor.is_ca for anchor in anchors if anchor.key_usage is not None)
