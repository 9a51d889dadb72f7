"""Who is believed: anchors, pins, and what installing a certificate from a message would mean.

Installing pins a certificate for its addresses. It never makes an anchor: that is a separate, explicit act.
"""

import threading
from collections.abc import Iterable, Sequence

from smimetui.model.address import Address, address_key
from smimetui.model.certificate import Certificate, Purpose, Source
from smimetui.model.errors import SmimetuiError
from smimetui.model.message import OpenedMessage
from smimetui.model.value import dataclass
from smimetui.model.verdict import Problem, SignatureReport, explain
from smimetui.services.ports import (
    AnchorSource,
    CertificateStore,
    Clock,
    IdentityStore,
    InstalledCertificate,
    RevocationData,
    RevocationSource,
)
from smimetui.smime.path import TrustPolicy
from smimetui.smime.public_keys import public_key_of
from smimetui.smime.revocation import RevocationMode
from smimetui.smime.x509 import fitness, load_certificate, names_address


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallOffer:
    """What the certificate sheet of a signed message offers."""

    signer: Certificate | None
    encryption: Certificate | None
    """The certificate to write to the signer with; may be the signer's own, None if neither is made for it."""
    allowed: bool
    reason: str
    """A sentence: what installing does, or why it is not offered."""
    installed: bool
    """All that would be installed is installed for this address."""
    replaces: tuple[Certificate, ...] = ()
    """Installed certificates of the address, for the same purpose, with another key."""
    addresses: tuple[Address, ...] | None = None
    """Whom installing is for: the sender alone where nobody vouches for what else the certificate names, or None."""

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """What Install installs."""
        return tuple(dict.fromkeys(c for c in (self.signer, self.encryption) if c is not None))


class Trust:
    """The person's and the system's anchors, and the installed certificates as pins."""

    def __init__(  # noqa: PLR0913 - keyword-only collaborators
        self,
        *,
        store: CertificateStore,
        system: AnchorSource,
        clock: Clock,
        extra_anchors: Sequence[Certificate] = (),
        crls: Sequence[bytes] = (),
        identities: IdentityStore | None = None,
        revocation: RevocationSource | None = None,
        mode: RevocationMode = RevocationMode.SOFT,
    ) -> None:
        self._store = store
        self._system = system
        self._clock = clock
        self._extra = tuple(extra_anchors)
        self._crls = tuple(crls)
        self._identities = identities
        self._revocation = revocation
        self._mode = mode
        self._parsed: dict[bytes, Certificate] = {}
        self._lock = threading.Lock()
        self._last: tuple[tuple[object, ...], TrustPolicy] | None = None

    def policy(self) -> TrustPolicy:
        """Return what a path may end at and which certificates are pinned, as the store stands now."""
        installed, own = self._store.installed(), self._store.anchors()
        chains = self._chains()
        known = RevocationData() if self._revocation is None else self._revocation.known()
        key = (installed, own, chains, known)
        with self._lock:
            if self._last is not None and self._last[0] == key:
                return self._last[1]
        policy = TrustPolicy(
            anchors=tuple(dict.fromkeys((*self._extra, *self._load(own), *self._system.anchors()))),
            intermediates=tuple(
                dict.fromkeys((*chains, *self._authorities(installed), *self._load(known.authorities)))
            ),
            crls=(*self._crls, *known.crls),
            ocsps=known.ocsps,
            revocation=self._mode,
            pinned={entry.sha256: frozenset(entry.addresses) for entry in installed},
        )
        with self._lock:
            self._last = (key, policy)
        return policy

    def is_own_anchor(self, anchor: Certificate) -> bool:
        """Return whether the person made this anchor one, not the system."""
        return anchor in self._extra or anchor.der in self._store.anchors()

    def offer(self, opened: OpenedMessage) -> InstallOffer:
        """Return whether the signer's certificate may be installed from this message, and why not."""
        report = opened.signature
        if report is None:
            return _refused(None, "the message carries no signature over all that is shown")
        if report.signer is None:
            return _refused(None, "the message does not hold the signer's certificate")
        objection = _objection(report, report.signer, opened.headers.sender)
        if objection:
            return _refused(report.signer, objection)
        return self._allowed(report, report.signer, opened.headers.sender[0])

    def install(
        self,
        certificates: Sequence[Certificate],
        *,
        source: Source,
        addresses: Sequence[Address] | None = None,
        capabilities: bytes | None = None,
    ) -> None:
        """Pin certificates for `addresses`, or else for all the addresses each of them names.

        `capabilities` (SMIMECapabilities, DER) are kept with each; without any, those kept earlier stay, and so do
        addresses it was installed for.
        """
        before = {entry.sha256: entry for entry in self._store.installed()}
        entries = []
        for certificate in dict.fromkeys(certificates):
            earlier = before.get(certificate.sha256)
            wanted = _keys(certificate.addresses) if addresses is None else [address.key for address in addresses]
            entries.append(
                InstalledCertificate(
                    der=certificate.der,
                    sha256=certificate.sha256,
                    addresses=tuple(dict.fromkeys((*(earlier.addresses if earlier else ()), *wanted))),
                    not_after=certificate.not_after,
                    installed_at=self._clock.now(),
                    source=source,
                    name=certificate.common_name,
                    capabilities=earlier.capabilities if capabilities is None and earlier else capabilities,
                )
            )
        self._store.install(*entries)

    def remove(self, certificate: Certificate) -> None:
        """Take an installed certificate and its pin away."""
        self._store.remove(certificate.sha256)

    def is_installed(self, certificate: Certificate) -> bool:
        """Return whether this very certificate is installed, for whichever address."""
        return any(entry.sha256 == certificate.sha256 for entry in self._store.installed())

    def addresses_of(self, certificate: Certificate) -> tuple[str, ...]:
        """Return whom a certificate is installed for: of what it names, only that; empty where it is not installed."""
        keys = [
            key for entry in self._store.installed() if entry.sha256 == certificate.sha256 for key in entry.addresses
        ]
        return tuple(name for name in certificate.addresses if address_key(name) in keys) or tuple(keys)

    def installed_for(self, address: Address) -> tuple[Certificate, ...]:
        """Return the installed certificates pinned for an address, the newest first."""
        found = self._load(entry.der for entry in self._store.installed() if address.key in entry.addresses)
        return tuple(sorted(found, key=lambda certificate: certificate.not_before, reverse=True))

    def _allowed(self, report: SignatureReport, signer: Certificate, sender: Address) -> InstallOffer:
        encryption, caveat = self._encryption(report, signer, sender)
        here = self.installed_for(sender)
        offered = {signer, *([encryption] if encryption else [])}
        installed = offered <= set(here)
        if installed:
            reason = f"installed for {sender.spec}"
        elif encryption is None:
            reason = f"installing trusts it for messages from {sender.spec}; it is not made for encryption"
        else:
            reason = (
                f"installing trusts it for messages from {sender.spec} and lets you write to that address encrypted"
            )
        return InstallOffer(
            signer=signer,
            encryption=encryption,
            allowed=True,
            reason=f"{reason}; {caveat}" if caveat else reason,
            installed=installed,
            replaces=tuple(old for old in here if old not in offered and self._supersedes(offered, old)),
            # A name that nobody vouches for was written by whoever made the certificate: it could be anybody's.
            addresses=(sender,) if Problem.UNTRUSTED in report.problems or report.pinned else None,
        )

    def _encryption(
        self, report: SignatureReport, signer: Certificate, sender: Address
    ) -> tuple[Certificate | None, str]:
        wished, caveat = report.encryption_certificate, ""
        if wished is not None and wished != signer:
            if names_address(wished, sender) and Purpose.ENCRYPT in self._purposes(wished):
                return wished, ""
            caveat = "the separate encryption certificate is left out, it is not for this address and purpose"
        return (signer if Purpose.ENCRYPT in self._purposes(signer) else None), caveat

    def _purposes(self, certificate: Certificate) -> set[Purpose]:
        now = self._clock.now()
        return {
            purpose
            for purpose in Purpose
            if Problem.WRONG_USAGE not in fitness(certificate, purpose=purpose, address=None, at=now)
        }

    def _supersedes(self, offered: set[Certificate], old: Certificate) -> bool:
        purposes = self._purposes(old)
        rivals = [new for new in offered if purposes & self._purposes(new)]
        return bool(rivals) and all(public_key_of(new) != public_key_of(old) for new in rivals)

    def _chains(self) -> tuple[Certificate, ...]:
        if self._identities is None:
            return ()
        return tuple(dict.fromkeys(link for identity in self._identities.identities() for link in identity.chain))

    def _authorities(self, installed: Iterable[InstalledCertificate]) -> Iterable[Certificate]:
        return (found for found in self._load(e.der for e in installed if not e.addresses) if found.is_ca)

    def _load(self, ders: Iterable[bytes]) -> tuple[Certificate, ...]:
        return tuple(found for der in ders if (found := self.parse(der)) is not None)

    def parse(self, der: bytes) -> Certificate | None:
        """Return a stored certificate, parsed once; None for one that cannot be read: it must not hide the others."""
        found = self._parsed.get(der)
        if found is None:
            try:
                found = load_certificate(der)
            except SmimetuiError:
                return None
            self._parsed[der] = found
        return found


def _objection(report: SignatureReport, signer: Certificate, senders: tuple[Address, ...]) -> str:
    """Return why the signer's certificate must not be installed from this message, or an empty text."""
    if not report.intact:
        return "the signature does not hold, so nothing vouches for this certificate"
    if len(senders) != 1:
        return "the message does not name exactly one sender"
    if not names_address(signer, senders[0]):
        reason = explain(Problem.NAME_MISMATCH, signer if signer.addresses else None)
        return f"{reason}, not for the sender {senders[0].spec}"
    return explain(Problem.REVOKED, signer, report.faults) if Problem.REVOKED in report.problems else ""


def _keys(addresses: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(address_key(address) for address in addresses))


def _refused(signer: Certificate | None, reason: str) -> InstallOffer:
    return InstallOffer(signer=signer, encryption=None, allowed=False, reason=reason, installed=False)
