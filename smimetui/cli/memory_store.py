"""A certificate book and identities in memory: for `--isolated`, and for what options add to the store for one run."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256

from smimetui.model.address import address_key
from smimetui.model.certificate import Certificate, Source
from smimetui.services.ports import CertificateStore, IdentityStore, InstalledCertificate
from smimetui.smime.identity import Identity, SoftwareIdentity
from smimetui.smime.x509 import load_certificate


class MemoryStore:
    """CertificateStore and IdentityStore in memory; nothing outlives the process."""

    def __init__(self) -> None:
        self._installed: dict[str, InstalledCertificate] = {}
        self._anchors: dict[str, bytes] = {}
        self._identities: dict[str, Identity] = {}

    def copy_from(self, certificates: CertificateStore, identities: IdentityStore) -> None:
        """Take over what a store holds now; raises StoreError."""
        self.install(*certificates.installed())
        for anchor in certificates.anchors():
            self.add_anchor(anchor)
        self.use(identities.identities())

    def use(self, identities: Iterable[Identity]) -> None:
        """Add own keys, whatever holds them."""
        self._identities |= {identity.certificate.sha256: identity for identity in identities}

    def pin(self, certificates: Iterable[Certificate], *, now: datetime) -> None:
        """Install certificates from files for the addresses they name."""
        self.install(
            *(
                InstalledCertificate(
                    der=certificate.der,
                    sha256=certificate.sha256,
                    addresses=tuple(map(address_key, certificate.addresses)),
                    not_after=certificate.not_after,
                    installed_at=now,
                    source=Source.FILE,
                    name=certificate.common_name,
                )
                for certificate in certificates
            )
        )

    def installed(self) -> tuple[InstalledCertificate, ...]:
        """Return all installed certificates, oldest first."""
        return tuple(self._installed.values())

    def install(self, *certificates: InstalledCertificate) -> None:
        """Add certificates; one that is there already is replaced."""
        for certificate in certificates:
            self._installed.pop(certificate.sha256, None)
            self._installed[certificate.sha256] = certificate

    def remove(self, sha256: str) -> None:
        """Remove an installed certificate; does nothing if it is not there."""
        self._installed.pop(sha256, None)

    def version(self) -> str:
        """Return a text that is another one after each change."""
        return str(hash((tuple(self._installed.items()), tuple(self._anchors), tuple(self._identities))))

    def anchors(self) -> tuple[bytes, ...]:
        """Return the DER of the trust anchors."""
        return tuple(self._anchors.values())

    def add_anchor(self, der: bytes) -> None:
        """Add a trust anchor; does nothing if it is there."""
        self._anchors[sha256(der).hexdigest()] = der

    def remove_anchor(self, sha256: str) -> None:
        """Remove a trust anchor; does nothing if it is not there."""
        self._anchors.pop(sha256, None)

    def identities(self) -> tuple[Identity, ...]:
        """Return all own identities, newest certificate first."""
        return tuple(
            sorted(self._identities.values(), key=lambda identity: identity.certificate.not_before, reverse=True)
        )

    def add_identity(self, pkcs8: bytes, certificate: bytes, chain: Sequence[bytes]) -> None:
        """Keep a private key (PKCS#8 DER) with its certificate and chain (DER)."""
        own = load_certificate(certificate)
        self._identities[own.sha256] = SoftwareIdentity(
            pkcs8=pkcs8, certificate=own, chain=tuple(load_certificate(link) for link in chain)
        )

    def remove_identity(self, sha256: str) -> None:
        """Forget a key; does nothing if it is not there."""
        self._identities.pop(sha256, None)
