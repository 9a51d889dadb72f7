"""The certificate book as the commands show it."""

import re
from collections.abc import Callable
from datetime import datetime

from smimetui.cli.world import Store
from smimetui.model.address import address_key
from smimetui.model.certificate import Certificate
from smimetui.model.display import fingerprint_groups, printable_line
from smimetui.model.errors import SmimetuiError
from smimetui.model.value import dataclass
from smimetui.services.expiry import day
from smimetui.services.ports import InstalledCertificate
from smimetui.smime.x509 import load_certificate

_FINGERPRINT = re.compile(r"[0-9a-f]{8,64}")
_EMAIL_PROTECTION = "1.3.6.1.5.5.7.3.4"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An installed certificate or a trust anchor."""

    certificate: Certificate
    is_anchor: bool = False
    addresses: tuple[str, ...] = ()
    """Comparison keys of the addresses it is installed for."""
    source: str = ""
    installed_at: datetime | None = None

    def has(self, text: str) -> bool:
        """Tell whether the name or an address holds `text`, in any case."""
        names = (self.certificate.display_name, *self.certificate.addresses, *self.addresses)
        return text.casefold() in "\n".join(names).casefold()


def entries(store: Store, wanted: Callable[[InstalledCertificate], bool] = lambda _: True) -> tuple[Entry, ...]:
    """Return the installed certificates that are wanted, oldest first, then all anchors; raises StoreError.

    None of the others is parsed: there may be thousands.
    """
    installed = tuple(
        Entry(
            certificate=load_certificate(found.der),
            addresses=found.addresses,
            source=found.source.value,
            installed_at=found.installed_at,
        )
        for found in store.installed()
        if wanted(found)
    )
    anchors = tuple(Entry(certificate=load_certificate(der), is_anchor=True) for der in store.anchors())
    return installed + anchors


def find(store: Store, which: str) -> tuple[Entry, ...]:
    """Return the entries of an address, or the one whose fingerprint starts so.

    Raises SmimetuiError where there is none, or where a fingerprint fits several.
    """
    if "@" in which:
        key = address_key(which)
        found = tuple(entry for entry in entries(store, lambda kept: key in kept.addresses) if not entry.is_anchor)
    else:
        digits = re.sub(r"[\s:]", "", which).lower()
        if not _FINGERPRINT.fullmatch(digits):
            raise SmimetuiError(
                f"“{which}” is no mail address and no fingerprint", "a fingerprint needs 8 hexadecimal digits or more"
            )
        near = entries(store, lambda kept: kept.sha256.startswith(digits))
        found = tuple(entry for entry in near if entry.certificate.sha256.startswith(digits))
        if len({entry.certificate.sha256 for entry in found}) > 1:
            raise SmimetuiError(f"more than one certificate starts with {digits}", "give more digits")
    if not found:
        raise SmimetuiError(f"no certificate is installed for {which}", "see smimetui certificate list")
    return found


def summary(certificate: Certificate) -> str:
    """Return a certificate on one line: name, addresses, end of validity."""
    addresses = f" <{', '.join(certificate.addresses)}>" if certificate.addresses else ""
    return printable_line(f"{certificate.display_name}{addresses}, valid to {day(certificate.not_after)}")


def as_line(entry: Entry) -> str:
    """Return an entry as a row of the list."""
    kind = "anchor" if entry.is_anchor else entry.source
    return f"{entry.certificate.sha256[:16]}  {kind:<9}  {summary(entry.certificate)}"


def as_json(entry: Entry) -> dict[str, object]:
    """Return an entry as JSON."""
    certificate = entry.certificate
    return {
        "sha256": certificate.sha256,
        "kind": "anchor" if entry.is_anchor else "installed",
        "installed_for": list(entry.addresses),
        "source": entry.source or None,
        "installed_at": entry.installed_at.isoformat() if entry.installed_at else None,
        "subject": certificate.subject,
        "addresses": list(certificate.addresses),
        "issuer": certificate.issuer,
        "not_before": certificate.not_before.isoformat(),
        "not_after": certificate.not_after.isoformat(),
    }


def as_text(certificate: Certificate, entry: Entry | None = None) -> str:
    """Return everything about a certificate, a line for each fact."""
    facts = {
        "Subject": certificate.subject,
        "Addresses": ", ".join(certificate.addresses) or "none",
        "Issuer": certificate.issuer,
        "Valid": f"{day(certificate.not_before)} to {day(certificate.not_after)}",
        "For": f"{_purposes(certificate)}, {certificate.key_description}",
        "Serial": f"{certificate.serial_number:x}",
        "Signed with": certificate.signature_algorithm,
    }
    if entry is not None:
        facts["Installed"] = "as trust anchor" if entry.is_anchor else f"for {', '.join(entry.addresses)}"
    lines = [printable_line(certificate.display_name)]
    lines += [f"{name + ':':<12} {printable_line(value)}" for name, value in facts.items()]
    groups = fingerprint_groups(certificate.sha256)
    half = len(groups) // 2
    lines += [f"{'SHA-256:':<12} {groups[:half].strip()}", f"{'':<12} {groups[half:].strip()}"]
    return "\n".join(lines)


def _purposes(certificate: Certificate) -> str:
    usage = certificate.key_usage
    purposes = []
    if certificate.is_ca:
        purposes.append("issuing certificates")
    if usage is None or usage & {"digitalSignature", "nonRepudiation"}:
        purposes.append("signing")
    if usage is None or usage & {"keyEncipherment", "keyAgreement"}:
        purposes.append("encryption")
    extended = certificate.extended_key_usage
    limit = "" if extended is None or _EMAIL_PROTECTION in extended or certificate.is_ca else ", not for mail"
    return " and ".join(purposes or ["nothing here"]) + limit
