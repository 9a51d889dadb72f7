"""`python -m tests.benchmarks.store`: a store with 5,000 installed certificates.

For each place, in a process of its own: how long the place takes to answer, how long the first look-up of a recipient
takes after that, the second one, the first completion, and what all of it costs in memory. Aims: the first look-up
within 50 ms after the store answered, under 30 MB.
"""

import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from smimetui.adapters.items import Backend
from smimetui.adapters.secret_store import SecretStore
from smimetui.model.address import parse_address
from smimetui.model.certificate import Source
from smimetui.services.account import Account
from smimetui.services.session import Session, build_session
from smimetui.services.trust import Trust
from smimetui.smime.x509 import load_certificate
from tests.adapters.places import PASSPHRASE, keyring_session, open_place
from tests.conftest import ROOT
from tests.fakes import FixedClock, MemoryStore, NoAnchors
from tests.pki import NOW

COUNT, PLACES = 5_000, ("vault", "small", "keyring")
WANTED = parse_address("person2500@corp.example")


def main() -> None:
    """Measure each place."""
    ders = certificates()
    print(f"{COUNT} certificates, {sum(map(len, ders)) / 1e6:.1f} MB of DER")
    for place in PLACES:
        with TemporaryDirectory() as folder:
            if place == "keyring":
                Path(folder, "session").mkdir()
                with keyring_session(Path(folder, "session")) as address:
                    os.environ["DBUS_SESSION_BUS_ADDRESS"] = address
                    measured_in_another_process(place, Path(folder), ders)
            else:
                measured_in_another_process(place, Path(folder), ders)


def certificates() -> list[bytes]:
    """Return certificates as an organisation issues them: RSA-2048, one address, the usual extensions."""
    issuer, key = rsa.generate_private_key(65537, 2048), rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Corp Issuing CA 1")])
    return [certificate(number, name, issuer, key.public_key()) for number in range(COUNT)]


def certificate(number: int, issuer: x509.Name, signer: rsa.RSAPrivateKey, key: rsa.RSAPublicKey) -> bytes:
    subject = x509.Name(
        [
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Corporation of Examples"),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, f"Given{number} Family{number % 997}"),
        ]
    )
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=True,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    point = x509.DistributionPoint([x509.UniformResourceIdentifier("http://crl.corp.example/1.crl")], None, None, None)
    uri = x509.UniformResourceIdentifier("http://ocsp.corp.example/issuing-ca-1")
    responder = x509.AccessDescription(x509.AuthorityInformationAccessOID.OCSP, uri)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(number + 1)
        .not_valid_before(NOW - timedelta(days=30))
        .not_valid_after(NOW + timedelta(days=700))
        .add_extension(x509.SubjectAlternativeName([x509.RFC822Name(f"person{number}@corp.example")]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.CRLDistributionPoints([point]), critical=False)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .add_extension(x509.AuthorityInformationAccess([responder]), critical=False)
    )
    return builder.sign(signer, SHA256()).public_bytes(Encoding.DER)


def measured_in_another_process(place: str, folder: Path, ders: list[bytes]) -> None:
    store = open_place(place, folder)
    trust = Trust(store=store, system=NoAnchors(), clock=FixedClock(NOW))
    took = timed(lambda: trust.install([load_certificate(der) for der in ders], source=Source.FILE))[0]
    print(f"\n{place}: installed in {took:.1f} s")
    subprocess.run([sys.executable, "-m", "tests.benchmarks.store", place, str(folder)], cwd=ROOT, check=True)


def measure(place: str, folder: Path) -> None:
    """Open the store, look up and complete; print the figures."""
    warm_up()
    gc.collect()
    before = memory()
    store = open_place(place, folder)
    if store.vault is not None:
        store.vault.lock()
        store.unlock(PASSPHRASE)
    clock = store._items._backend = Clocked(store._items._backend)
    session = session_over(store)
    busy = time.process_time()
    whole, found = timed(lambda: session.resolver.installed(WANTED))
    busy = time.process_time() - busy
    assert found is not None
    again, _ = timed(lambda: session.resolver.installed(parse_address("person77@corp.example")))
    completed, suggestions = timed(lambda: session.resolver.complete_installed("family9"))
    assert len(suggestions) == 8
    most = memory("VmHWM") - before
    gc.collect()
    print(f"  the place answers in {clock.spent * 1000:.0f} ms")
    print(f"  first look-up {whole * 1000:.0f} ms, so {(whole - clock.spent) * 1000:.0f} ms after that; aim 50")
    print(f"  of processor time {(busy - clock.busy) * 1000:.0f} ms, which is what an idle machine takes")
    print(f"  second look-up {again * 1000:.1f} ms, first completion {completed * 1000:.0f} ms")
    print(f"  memory {memory() - before:.1f} MB, at most {most:.1f} MB meanwhile; aim 30")


class Clocked:
    """A backend whose answers are timed, until the first look-up is done."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.spent = self.busy = 0.0

    def get_password(self, service: str, username: str) -> str | None:
        # Small items are asked for by thousands: the clocks themselves must not weigh.
        busy, began = time.process_time(), time.perf_counter()
        text = self._backend.get_password(service, username)
        self.spent += time.perf_counter() - began
        self.busy += time.process_time() - busy
        return text


def warm_up() -> None:
    """Load the modules, which is not what is measured, and freeze them, as the app does."""
    session_over(MemoryStore()).resolver.installed(WANTED)
    load_certificate(certificates_of_one())
    gc.freeze()


def certificates_of_one() -> bytes:
    signer = key = rsa.generate_private_key(65537, 2048)
    return certificate(0, x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "CA")]), signer, key.public_key())


def session_over(store: SecretStore | MemoryStore) -> Session:
    return build_session(
        account=Account(address=parse_address("alice@corp.example")),
        store=store,
        identities=store,
        secrets=store,
        directories=(),
        system=NoAnchors(),
        mailbox=None,
        transport=None,
        clock=FixedClock(NOW),
    )


def timed(act: Callable[[], object]) -> tuple[float, object]:
    began = time.perf_counter()
    result = act()
    return time.perf_counter() - began, result


def memory(what: str = "VmRSS") -> float:
    """Return the megabytes of this process, now or (VmHWM) at its largest."""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(what)]
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(sys.argv[1], Path(sys.argv[2]))
    else:
        main()
