"""How much longer own certificates are good for, in words; said from 30 days before the end."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from smimetui.model.certificate import Certificate, Purpose
from smimetui.model.errors import IdentityNotFoundError
from smimetui.services.account import Account
from smimetui.services.own_keys import own_identity
from smimetui.smime.identity import Identity

_WARNED_BEFORE = timedelta(days=30)
_WORDS = {
    (Purpose.SIGN,): "signing",
    (Purpose.ENCRYPT,): "encryption",
    (Purpose.SIGN, Purpose.ENCRYPT): "signing and encryption",
}


def standing(certificate: Certificate, at: datetime) -> str:
    """Return `expired on 22 Nov 2026`, `expires in 12 days`, `valid from 1 Dec 2026`; empty while there is no need."""
    if at < certificate.not_before:
        return f"valid from {day(certificate.not_before)}"
    if at > certificate.not_after:
        return f"expired on {day(certificate.not_after)}"
    left = certificate.not_after - at
    if left > _WARNED_BEFORE:
        return ""
    match left.days:
        case 0:
            return "expires within a day"
        case 1:
            return "expires in 1 day"
        case days:
            return f"expires in {days} days"


def in_use(identities: Sequence[Identity], account: Account, at: datetime) -> dict[Purpose, Identity]:
    """Return the own identity that serves each purpose now; a purpose that none serves is left out."""
    found = {}
    for purpose in Purpose:
        try:
            found[purpose] = own_identity(
                identities, purpose=purpose, address=account.address, at=at, chosen=account.chosen(purpose)
            )
        except IdentityNotFoundError:
            continue
    return found


def expiry_warning(identities: Sequence[Identity], account: Account, at: datetime) -> str:
    """Return what ends soon of what is in use, as a sentence without a final full stop; empty if nothing does."""
    ending: dict[str, list[Purpose]] = {}
    ends: dict[str, Certificate] = {}
    for purpose, identity in in_use(identities, account, at).items():
        if standing(identity.certificate, at):
            ending.setdefault(identity.certificate.sha256, []).append(purpose)
            ends[identity.certificate.sha256] = identity.certificate
    return "; ".join(
        f"your certificate for {_WORDS[tuple(purposes)]} {standing(ends[found], at)}, on {day(ends[found].not_after)}"
        for found, purposes in ending.items()
    )


def day(moment: datetime) -> str:
    """Return a date as people write it: `5 Dec 2026`."""
    return f"{moment.day} {moment:%b %Y}"
