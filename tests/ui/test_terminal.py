"""The real program in a real pty: the main job, judged by openssl, and what hostile mail does to a terminal."""

import re
import subprocess
from pathlib import Path

import pytest

from smimetui.__main__ import Sandbox
from smimetui.adapters.folders import own_folders
from tests.conftest import need_program
from tests.terminal import Terminal, terminal

BODY = "The figures of the third quarter, for your eyes only."


def sandbox() -> Sandbox:
    """The sandbox that the program built under this test's own XDG folders."""
    return Sandbox(own_folders().data / "demo")


def openssl(*arguments: str) -> bytes:
    return subprocess.run([need_program("openssl"), *arguments], capture_output=True, check=True).stdout


def own_files(folder: Path) -> tuple[Path, Path, Path]:
    """Alice's key and certificate and the sandbox's anchors, as PEM files for openssl."""
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        load_der_private_key,
    )

    from smimetui.smime.identity import SoftwareIdentity
    from smimetui.smime.x509 import load_certificate

    session = sandbox().session(None)
    identity = session.identities.identities()[0]
    assert isinstance(identity, SoftwareIdentity)
    key, certificate, anchors = folder / "key.pem", folder / "alice.pem", folder / "anchors.pem"
    private = load_der_private_key(identity.pkcs8, None)
    key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    certificate.write_text(identity.certificate.pem)
    anchors.write_text("".join(load_certificate(der).pem for der in session.store.anchors()))
    return key, certificate, anchors


def write_to_a_blue_and_a_red_recipient(on: Terminal) -> None:
    on.sees("Signed contract")
    on.press("c")
    on.sees("New Message")
    on.press("bob@corp.example,", "dave@ext.example,")
    on.sees("Unable to Encrypt")
    on.press("tab", "tab", "tab", "Q3 figures", "enter", BODY)
    on.sees(BODY)
    on.press("f5")
    on.sees("Send Unencrypted")
    on.press("down", "enter")
    on.until(lambda: "Unable to Encrypt" not in on.text and "Encrypted" in on.text, "Encrypted")
    on.press("f5")
    on.sees("Sent, encrypted, to bob@corp.example")


@pytest.mark.timeout(180)
def test_what_the_program_sends_openssl_decrypts_and_verifies_byte_for_byte(tmp_path: Path) -> None:
    need_program("openssl")
    with terminal("demo") as on:
        write_to_a_blue_and_a_red_recipient(on)
        on.press("ctrl+q")
        assert on.ends() == 0
    (sent,) = sandbox().outbox.glob("*.eml")
    assert BODY.encode() not in sent.read_bytes()
    key, certificate, anchors = own_files(tmp_path)
    inner = tmp_path / "inner.eml"
    inner.write_bytes(openssl("cms", "-decrypt", "-in", str(sent), "-inkey", str(key), "-recip", str(certificate)))
    for binary in ([], ["-binary", "-crlfeol"]):
        entity = openssl("cms", "-verify", "-in", str(inner), "-CAfile", str(anchors), "-purpose", "any", *binary)
        assert entity.partition(b"\r\n\r\n")[2].rstrip(b"\r\n") == BODY.encode()


@pytest.mark.timeout(180)
def test_erin_is_won_in_four_keys_and_then_blue(tmp_path: Path) -> None:
    with terminal("demo") as on:
        on.sees("Signed contract")
        on.press("/", "signed contract", "enter", "enter")
        on.sees("Not Trusted")
        on.sees("is unknown here")
        on.press("enter")
        on.sees("View Certificate")
        on.press("enter")
        on.sees("Compare the fingerprint")
        on.press("enter")
        on.sees("Remove")
        on.press("escape")
        on.sees("View Certificate")
        on.press("escape")
        on.until(lambda: "Trusted" in on.text and "Not Trusted" not in on.text, "Trusted")
        on.press("c")
        on.sees("New Message")
        on.press("erin@partner.example,")
        on.until(lambda: "Encrypted" in on.text and "Unable" not in on.text, "Encrypted")
        on.press("ctrl+q")
        assert on.ends() == 0


@pytest.mark.timeout(180)
def test_hostile_headers_never_reach_the_terminal(tmp_path: Path) -> None:
    """No control sequence but Textual's own: none that sets a title, a clipboard, or that the message chose."""
    with terminal("demo") as on:
        on.sees("Signed contract")
        on.press("G", "enter")
        on.until(lambda: "of 12" in on.text, "the message")
        on.press("h")
        on.sees("Message-ID:")
        on.press("q", "v")
        on.sees("Source")
        on.press("q", "/owned")
        on.sees("owned”")
        on.press("escape", "enter")
        on.sees("Not signed: anybody")
        on.press("escape")
        on.until(lambda: "Not signed" not in on.text, "the sheet is gone")
        on.press("r")
        on.sees("Re:")
        on.press("f2")
        on.sees("Recipient")
        on.press("ctrl+q")
        on.ends()
    assert b"\x1b]0;owned" not in on.received
    assert b"\x1b]52;" not in on.received
    assert not re.search(rb"[\x80-\x9f]", re.sub(rb"[\xc2-\xf4][\x80-\xbf]+", b"", on.received))
    for bidi in ("\u202e", "\u2066", "\u200f", "\x9b"):
        assert bidi.encode() not in on.received


@pytest.mark.timeout(180)
@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "linux"}, {"LC_ALL": "C", "LANG": "C"}])
def test_states_are_told_without_colour_and_without_unicode(environment: dict[str, str]) -> None:
    with terminal("demo", **environment) as on:
        on.sees("Signed contract")
        on.press("c")
        on.sees("New Message")
        on.press("bob@corp.example,", "dave@ext.example,")
        on.sees("Unable to Encrypt")
        if "NO_COLOR" in environment:
            assert not re.search(rb"\x1b\[[0-9;]*(?:3[1-7]|38;[25])[0-9;]*m", on.received)
        else:
            on.sees("dave@ext.example [!]")
            row = next(line for line in on.text.splitlines() if "bob@corp.example" in line)
            assert row.isascii()
            assert "bob@corp.example [#]" in row
