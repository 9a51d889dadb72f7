"""Public S/MIME material with known verdicts: NSS's envelopes and Thunderbird's messages."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from smimetui.model.errors import FormatError
from smimetui.model.verdict import Problem, Verdict
from smimetui.smime.open import open_message
from smimetui.smime.path import TrustPolicy
from smimetui.smime.pkcs12 import load_pkcs12
from smimetui.smime.x509 import load_certificates

VECTORS = Path(__file__).parents[2].parent / "shared" / "vectors"
pytestmark = pytest.mark.skipif(not VECTORS.is_dir(), reason=f"the public vectors are not at {VECTORS}")

AT = datetime(2026, 11, 1, tzinfo=UTC)


def identities(*paths: str) -> tuple:
    return tuple(found for path in paths for found in load_pkcs12((VECTORS / path).read_bytes(), "nss"))


def policy() -> TrustPolicy:
    return TrustPolicy(anchors=load_certificates((VECTORS / "thunderbird/TestCA.pem").read_bytes()))


def files(pattern: str) -> list[str]:
    return sorted(path.name for path in VECTORS.glob(pattern))


@pytest.mark.parametrize("name", files("nss/*.env"))
def test_every_envelope_of_nss_decrypts(name: str) -> None:
    raw = (VECTORS / "nss" / name).read_bytes()
    opened = open_message(raw, identities=identities("nss/Fran.p12", "nss/Fran-ec.p12"), policy=TrustPolicy(), at=AT)
    assert opened.body.strip() == "This is a test message to Fran."
    assert opened.encryption is not None
    assert opened.encryption.decrypted
    assert opened.layers == ("enveloped",)


def test_there_are_seventeen_envelopes_of_nss() -> None:
    assert len(files("nss/*.env")) == 17


@pytest.mark.parametrize("name", [name for name in files("thunderbird/alice.*sig*.eml") if "SHA1" not in name])
def test_messages_of_thunderbird_are_trusted(name: str) -> None:
    raw = (VECTORS / "thunderbird" / name).read_bytes()
    opened = open_message(raw, identities=identities("thunderbird/Bob.p12"), policy=policy(), at=AT)
    assert opened.signature is not None
    assert opened.signature.problems == ()
    assert opened.signature.verdict is Verdict.PASSED
    assert opened.signature.trusted
    assert opened.layers == (("enveloped", "signed") if name.endswith(".env.eml") else ("signed",))
    assert "This is a test message from Alice" in opened.body
    assert all(part.protected for part in opened.parts)


def test_a_sha1_signature_of_thunderbird_is_intact_and_not_trusted() -> None:
    raw = (VECTORS / "thunderbird/alice.dsig.SHA1.multipart.eml").read_bytes()
    opened = open_message(raw, identities=(), policy=policy(), at=AT)
    assert opened.signature is not None
    assert opened.signature.intact
    assert opened.signature.verdict is Verdict.PASSED
    assert opened.signature.matches_from
    assert Problem.WEAK_ALGORITHM in opened.signature.problems
    assert not opened.signature.trusted


def test_an_envelope_of_thunderbird_decrypts_for_its_recipient_alone() -> None:
    raw = (VECTORS / "thunderbird/alice.env.eml").read_bytes()
    opened = open_message(raw, identities=identities("thunderbird/Bob.p12"), policy=policy(), at=AT)
    assert "This is a test message from Alice" in opened.body
    closed = open_message(raw, identities=identities("thunderbird/Dave.p12"), policy=policy(), at=AT)
    assert closed.encryption is not None
    assert not closed.encryption.decrypted
    assert closed.body == ""
    assert closed.parts == ()


@pytest.mark.parametrize("name", files("*/*.e*"))
def test_a_vector_cut_anywhere_is_a_format_error_or_opens(name: str) -> None:
    path = next(VECTORS.glob(f"*/{name}"))
    raw = path.read_bytes()
    keys = identities("nss/Fran.p12", "thunderbird/Bob.p12")
    for end in range(0, len(raw), max(1, len(raw) // 60)):
        try:
            opened = open_message(raw[:end], identities=keys, policy=policy(), at=AT)
        except FormatError:
            continue
        assert opened.signature is None or not opened.signature.trusted or end > len(raw) * 0.9
