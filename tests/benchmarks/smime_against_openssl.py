"""Seals and opens messages against an `openssl cms` pipe that does the same nested job, and prints the ratios.

    python -m tests.benchmarks.smime_against_openssl [--quick]

Both sides run on this machine in one go; medians of several rounds. Ours is measured in process, the parsing of our own
certificates included; openssl's two processes are measured from start to end. Peak memory is what a process of ours
takes above the same process without the job.
"""

import argparse
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes

from smimetui.model.address import Address
from smimetui.model.message import Attachment, Draft, Protection
from smimetui.smime.identity import SoftwareIdentity
from smimetui.smime.mime_build import draft_entity
from smimetui.smime.open import open_message
from smimetui.smime.path import TrustPolicy
from smimetui.smime.seal import seal
from smimetui.smime.x509 import load_certificate
from tests.pki import NOW, Issued, make_authority

SIZES = {"10 kB": 10_000, "1 MB": 1_000_000, "25 MB": 25_000_000}
ALICE = Address("alice", "corp.example", "Alice Archer")


@dataclass(frozen=True, kw_only=True)
class Bench:
    """One case: who signs, to whom, how much."""

    folder: Path
    root: Issued
    alice: Issued
    people: Sequence[Issued]
    draft: Draft
    stored: Sequence[bytes]
    """The recipients' certificates as a store keeps them."""

    def seal(self) -> bytes:
        """Our whole job, from stored octets to the message."""
        certificates = [load_certificate(der) for der in self.stored]
        own = certificates[0]
        identity = SoftwareIdentity(pkcs8=self.alice.pkcs8, certificate=own)
        return seal(
            self.draft,
            protection=Protection(sign=True, encrypt=True),
            identity=identity,
            recipients=certificates,
            message_id="<1@corp.example>",
            date=NOW,
        )

    def open(self, sealed: bytes) -> None:
        identity = SoftwareIdentity(pkcs8=self.alice.pkcs8, certificate=load_certificate(self.alice.der))
        policy = TrustPolicy(anchors=(load_certificate(self.root.der),))
        opened = open_message(sealed, identities=[identity], policy=policy, at=NOW)
        if opened.signature is None or not opened.signature.trusted:
            raise SystemExit("the message did not open as trusted")

    def prepare(self) -> None:
        """Write openssl's files."""
        self._file("alice.key", self.alice.key_pem)
        self._file("alice.pem", self.alice.pem)
        self._file("root.pem", self.root.pem)
        for number, person in enumerate(self.people):
            self._file(f"{number}.pem", person.pem)
        self._file("content", b"".join(draft_entity(self.draft)))

    def openssl_seal(self, stream: str = "") -> None:
        recipients = " ".join(f"{number}.pem" for number in range(len(self.people)))
        self._shell(
            f"openssl cms -sign {stream} -binary -crlfeol -in content -signer alice.pem -inkey alice.key"
            f" | openssl cms -encrypt {stream} -binary -aes256 -out sealed {recipients}"
        )

    def openssl_open(self) -> None:
        self._shell(
            "openssl cms -decrypt -binary -in sealed -inkey alice.key -recip alice.pem"
            f" | openssl cms -verify -CAfile root.pem -attime {int(NOW.timestamp())} -out opened"
        )

    def _file(self, name: str, content: bytes) -> None:
        (self.folder / name).write_bytes(content)

    def _shell(self, command: str) -> None:
        subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], cwd=self.folder, check=True, capture_output=True)


def median(job: Callable[[], object], rounds: int) -> float:
    """Return the median of some rounds, in milliseconds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        job()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def bench(folder: Path, key: str, size: int, recipients: int) -> Bench:
    """Build a case; a thousand recipients share their key, not their certificate."""
    root = make_authority("Benchmark CA")
    alice = root.issue(ALICE.spec, key=key, name="Alice Archer")
    others = [root.issue(f"person{number}@corp.example", key=key, key_name="shared") for number in range(1, recipients)]
    file = Attachment(name="figures.bin", content_type="application/octet-stream", content=token_bytes(size))
    draft = Draft(sender=ALICE, to=(ALICE,), subject="Figures", body="See the file.\n", attachments=(file,))
    people = [alice, *others]
    stored = [person.der for person in people]
    return Bench(folder=folder, root=root, alice=alice, people=people, draft=draft, stored=stored)


def report(label: str, case: Bench, rounds: int) -> None:
    """Measure one case and print its line."""
    case.prepare()
    sealed = case.seal()
    case.open(sealed)
    ours = median(case.seal, rounds)
    theirs = median(case.openssl_seal, rounds)
    streamed = median(lambda: case.openssl_seal("-stream"), rounds)
    case.openssl_seal()
    ours_open = median(lambda: case.open(sealed), rounds)
    theirs_open = median(case.openssl_open, rounds)
    print(
        f"{label:32} seal {ours:8.1f} ms  openssl {theirs:7.1f} ({ours / theirs:4.2f} x)"
        f"  -stream {streamed:7.1f} ({ours / streamed:4.2f} x)"
        f"  open {ours_open:7.1f} ms  openssl {theirs_open:7.1f} ({ours_open / theirs_open:4.2f} x)"
    )


def command(rounds: int) -> None:
    """Print what sealing 10 kB takes as a command, from start to end, compiled and warm."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        case = bench(folder, "rsa2048", 10_000, 1)
        case.prepare()
        (folder / "draft").write_bytes(
            b"".join([f"From: {ALICE}\r\nTo: {ALICE}\r\n".encode(), *draft_entity(case.draft)])
        )
        (folder / "alice.p12").write_bytes(case.alice.pkcs12("secret"))
        (folder / "password").write_text("secret\n", encoding="ascii")
        identity = ["--identity", "alice.p12", "--password-file", "password", "--certificate", "alice.pem"]
        words = [sys.executable, "-m", "smimetui", "seal", "draft", "--isolated", "--sign", "--encrypt", *identity]
        places = {"PYTHONPATH": str(Path.cwd()), "PYTHONPYCACHEPREFIX": str(folder / "compiled")}
        surroundings = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"} | places

        def ours() -> None:
            subprocess.run(words, cwd=folder, env=surroundings, check=True, capture_output=True)

        ours()
        taken, theirs = median(ours, rounds), median(case.openssl_seal, rounds)
        print(f"{'smimetui seal, 10 kB':32} seal {taken:8.1f} ms  openssl {theirs:7.1f} ({taken / theirs:4.1f} x)")


def memory(size: int) -> None:
    """Print the peak memory of sealing and opening, above the idle process, as multiples of the sealed size."""
    for job in ("seal", "open"):
        command = [sys.executable, "-m", "tests.benchmarks.smime_against_openssl", "--peak", job, "--size", str(size)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        print(f"peak memory, {job:5} {size / 1e6:.0f} MB   {done.stdout.strip()}")


def peak(job: str, size: int) -> None:
    """Do one job in this process, and print what it took."""
    with tempfile.TemporaryDirectory() as folder:
        small = bench(Path(folder), "rsa2048", 1000, 1)
        small.open(small.seal())
        path = Path(folder) / "sealed"
        # The other side's work happens in a child, so that its memory is not counted here.
        child = multiprocessing.get_context("fork").Process(target=_seal_into, args=(path, size))
        child.start()
        child.join()
        if job == "open":
            sealed = path.read_bytes()
            before = _high_water()
            small.open(sealed)
        else:
            case = bench(Path(folder), "rsa2048", size, 1)
            before = _high_water()
            sealed = case.seal()
        taken = _high_water() - before
        print(f"{taken / 1e6:.0f} MB, {taken / len(sealed):.1f} x the sealed size")


def _seal_into(path: Path, size: int) -> None:
    path.write_bytes(bench(path.parent, "rsa2048", size, 1).seal())


def _high_water() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def main() -> None:
    """Run the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, no 25 MB")
    parser.add_argument("--peak", choices=["seal", "open"])
    parser.add_argument("--size", type=int, default=25_000_000)
    arguments = parser.parse_args()
    if arguments.peak:
        peak(arguments.peak, arguments.size)
        return
    rounds = 5 if arguments.quick else 11
    for key in ("rsa2048", "p256"):
        for name, size in SIZES.items():
            if arguments.quick and size > 1_000_000:
                continue
            with tempfile.TemporaryDirectory() as folder:
                report(f"{key}, {name}, 1 recipient", bench(Path(folder), key, size, 1), rounds)
        for recipients in (10, 100, 1000):
            with tempfile.TemporaryDirectory() as folder:
                report(f"{key}, 10 kB, {recipients} recipients", bench(Path(folder), key, 10_000, recipients), rounds)
    command(rounds)
    memory(arguments.size)


if __name__ == "__main__":
    main()
