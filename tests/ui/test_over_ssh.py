"""A session over ssh without D-Bus, on a real sshd of the loopback, and what such a session leaves behind.

The vault is unlocked, a message is written, sealed and sent, and nobody but the store holds a secret afterwards.
"""

import getpass
import os
import shlex
import socket
import subprocess
import time
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key

from smimetui.demo.exchange import ExchangeServer
from smimetui.smime.identity import SoftwareIdentity
from smimetui.smime.open import open_message
from smimetui.smime.path import TrustPolicy
from tests.cli.running import smimetui
from tests.conftest import ROOT, need_program
from tests.pki import Issued, make_authority
from tests.terminal import Terminal, in_shell, smimetui_command

ALICE, BOB = "alice@corp.example", "bob@corp.example"
PASSPHRASE, PASSWORD, P12_PASSWORD = "wisteria over the wall", "open sesame, twice", "marmalade for one"
BODY = "Meet me where the herons are."
_PASSED_ON = ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR")


@dataclass(frozen=True, kw_only=True)
class Person:
    """An account on a server, its key in the vault."""

    server: ExchangeServer
    alice: Issued
    bob: Issued
    root: Issued


@pytest.fixture
def person(own_world: Path, tmp_path: Path) -> Iterator[Person]:
    """Set the account and the identity up by the commands."""
    start = datetime.now(UTC) - timedelta(days=9)
    root = make_authority("Corp CA", not_before=start)
    alice, bob = root.issue(ALICE, not_before=start), root.issue(BOB, not_before=start)
    for name, secret in (("passphrase", PASSPHRASE), ("password", PASSWORD), ("p12", P12_PASSWORD)):
        (tmp_path / name).write_text(f"{secret}\n")
    (tmp_path / "alice.p12").write_bytes(alice.pkcs12(P12_PASSWORD))
    with ExchangeServer() as server:
        server.add_mailbox(ALICE, PASSWORD, name="Alice Archer")
        server.publish("Bob Baker", [BOB], [bob.der])
        for arguments in (
            (
                "account",
                "add",
                ALICE,
                "--endpoint",
                server.url,
                "--auth",
                "basic",
                "--password-file",
                tmp_path / "password",
            ),
            ("identity", "import", tmp_path / "alice.p12", "--password-file", tmp_path / "p12"),
        ):
            done = smimetui(*arguments, "--passphrase-file", tmp_path / "passphrase")
            assert (done.code, done.err) == (0, "")
        for name in ("passphrase", "password", "p12", "alice.p12"):
            (tmp_path / name).unlink()
        yield Person(server=server, alice=alice, bob=bob, root=root)


@pytest.fixture
def ssh(tmp_path: Path) -> Iterator[list[str]]:
    """Start sshd on a port of the loopback; return the command that logs in there as the one who runs the tests."""
    need_program("ssh")
    sshd = need_program("sshd")
    if os.geteuid() == 0:
        # Where no init system has made it, sshd refuses to start as root.
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    folder = tmp_path / "ssh"
    folder.mkdir(mode=0o700)
    for key in ("host", "own"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / key], check=True)
    (folder / "authorized").write_bytes((folder / "own.pub").read_bytes())
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/authorized\n"
        "PidFile none\nUsePAM no\nStrictModes no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\n"
    )
    server = subprocess.Popen([sshd, "-D", "-e", "-f", folder / "sshd_config"], stderr=subprocess.PIPE)
    try:
        _wait_for(port, server)
        yield [
            *("ssh", "-tt", "-q", "-F", "none", "-p", str(port), "-i", str(folder / "own"), "-o", "IdentitiesOnly=yes"),
            *("-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={folder}/known", "-o", "BatchMode=yes"),
            f"{getpass.getuser()}@127.0.0.1",
        ]
    finally:
        server.kill()
        server.communicate()


def _wait_for(port: int, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            continue
        return
    raise AssertionError(f"sshd does not answer: {server.communicate()[1]!r}" if server.poll() else "sshd is silent")


def write_a_letter(on: Terminal) -> None:
    """Unlock the vault, and write to Bob."""
    on.sees("New Message")
    on.sees("Passphrase")
    on.press(PASSPHRASE, "enter")
    on.until(lambda: "Encrypted" in on.text and "Unable" not in on.text and "Not Enc" not in on.text, "Encrypted")
    on.press(BODY)
    on.sees(BODY)


@pytest.mark.timeout(180)
def test_over_ssh_without_a_keyring_the_vault_is_unlocked_and_the_message_leaves_encrypted(
    person: Person, ssh: list[str]
) -> None:
    passed_on = [f"{name}={os.environ[name]}" for name in _PASSED_ON]
    environment = shlex.join(["env", "LC_ALL=C.UTF-8", *passed_on])
    command = smimetui_command("compose", BOB, "--subject", "Herons")
    with in_shell(shlex.join([*ssh, f"cd {shlex.quote(str(ROOT))} && exec {environment} {command}"])) as on:
        write_a_letter(on)
        on.press("f5")
        assert on.ends() == 0
    assert "Sent, encrypted, to bob@corp.example" in on.received.decode(errors="replace")
    opened = open_message(
        sent_by(person.server),
        identities=[SoftwareIdentity(pkcs8=person.bob.pkcs8, certificate=person.bob.certificate)],
        policy=TrustPolicy(anchors=(person.root.certificate,)),
        at=datetime.now(UTC),
    )
    assert opened.encryption is not None
    assert opened.encryption.decrypted
    assert opened.signature is not None
    assert opened.signature.trusted
    assert opened.body.strip() == BODY


@pytest.mark.timeout(180)
def test_after_a_session_no_secret_is_anywhere_but_in_the_store(person: Person, own_world: Path) -> None:
    outside = listing(own_world.parent)
    with in_shell(f"exec {smimetui_command('compose', BOB, '--subject', 'Herons')}") as on:
        write_a_letter(on)
        told = b"".join(Path(f"/proc/{on.process}/{what}").read_bytes() for what in ("environ", "cmdline"))
        assert found_in(told, secrets_of(person)) == []
        on.press("f5")
        assert on.ends() == 0
    for path in own_world.rglob("*"):
        if path.is_file():
            assert found_in(path.read_bytes(), [*secrets_of(person), BODY.encode()]) == [], path
    assert found_in(on.received, [*secrets_of(person)]) == []
    new = {path for path, seen in listing(own_world.parent).items() if outside.get(path) != seen}
    own = {own_world / folder / "smimetui" for folder in (".config", ".local/share", ".local/state", ".cache", "run")}
    assert [path for path in new if not any(path.is_relative_to(folder) for folder in own)] == []


def sent_by(server: ExchangeServer) -> bytes:
    """Return what Bob gets: the one message in Sent as it is on the server."""
    (message,) = server.sent
    return message.mime


def secrets_of(person: Person) -> list[bytes]:
    """Return what nobody but the store may hold: passwords, and the key in the forms it has on the way."""
    key = load_der_private_key(person.alice.pkcs8, None)
    assert isinstance(key, RSAPrivateKey)
    numbers = key.private_numbers()
    factors = [number.to_bytes((number.bit_length() + 7) // 8) for number in (numbers.d, numbers.p, numbers.q)]
    words = [text.encode() for text in (PASSPHRASE, PASSWORD, P12_PASSWORD)]
    # In base64 the same octets look different three ways; a run from within shows whichever it is.
    encoded = [b64encode(factor[start:])[8:48] for factor in factors for start in range(3)]
    return [*words, *(b64encode(word) for word in words), *factors, *encoded]


def found_in(data: bytes, secrets: list[bytes]) -> list[bytes]:
    """Return the secrets that stand in some octets."""
    return [secret for secret in secrets if secret in data]


def listing(folder: Path) -> dict[Path, tuple[int, int]]:
    """Return size and time of change of every file below a folder."""
    return {
        path: (path.stat().st_size, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file() and "pytest" not in path.name
    }
