"""Sentences about messages that the screens and the command line share."""

import re
from datetime import datetime
from typing import assert_never

from smimetui.model.address import Address
from smimetui.model.contact_group import is_group
from smimetui.model.display import printable_line
from smimetui.model.message import OpenedMessage
from smimetui.model.verdict import Problem, SignatureReport, Verdict, explain

UNREADABLE = "cannot be decrypted with your keys"
GROUP = "contact group"


def recipient_word(address: Address) -> str:
    """Return what sentences call a recipient: the address, or a contact group's name: its address says nothing."""
    return printable_line(address.label if is_group(address) else address.spec)


def signature_sentence(signature: SignatureReport) -> str:
    """Return what is to say of a signature, starting with `signed`, without a final full stop."""
    if signature.trusted:
        issuer = signature.anchor.display_name if signature.anchor else ""
        if signature.pinned:
            return "signed, with the certificate you installed"
        return printable_line(f"signed, vouched for by “{issuer}”") if issuer else "signed"
    return printable_line(f"signed: {why_not_trusted(signature)}")


def why_not_trusted(signature: SignatureReport) -> str:
    """Return the first reason against the blue check of a signature that has none, without a final full stop."""
    match signature.verdict:
        case Verdict.PASSED if not signature.aged:
            return printable_line(f"the signer is {_signer(signature)}, not the sender")
        case Verdict.PASSED | Verdict.FAILED | Verdict.INDETERMINATE:
            first = most_telling(signature.problems)
            if first is not None:
                return printable_line(explain(first, signature.signer, signature.faults))
            return "the signature could not be verified"
        case _:
            assert_never(signature.verdict)


def _signer(signature: SignatureReport) -> str:
    certificate = signature.signer
    if certificate is None:
        return "somebody"
    return next(iter(certificate.addresses), certificate.display_name)


def most_telling(problems: tuple[Problem, ...]) -> Problem | None:
    """Return the problem a person must hear of first."""
    order = (
        Problem.ALTERED,
        Problem.REVOKED,
        Problem.NAME_MISMATCH,
        Problem.WEAK_ALGORITHM,
        Problem.CHANGED,
        Problem.UNTRUSTED,
    )
    return next((problem for problem in order if problem in problems), problems[0] if problems else None)


def cipher_name(algorithm: str) -> str:
    """Return a content-encryption algorithm as people write it: `aes256_cbc` is `AES-256-CBC`."""
    match = re.fullmatch(r"aes(\d+)_(\w+)", algorithm)
    return f"AES-{match[1]}-{match[2].upper()}" if match else algorithm.replace("_", "-").upper()


def security_parts(opened: OpenedMessage) -> tuple[str, ...]:
    """Return the parts of the security line: encryption first, then the signature; empty for plain mail."""
    parts = []
    if opened.encryption is not None:
        if not opened.encryption.decrypted:
            parts.append(f"Encrypted, {UNREADABLE}")
        else:
            parts.append("Encrypted, with a weak algorithm" if opened.encryption.weak else "Encrypted")
    if opened.signature is not None:
        sentence = signature_sentence(opened.signature)
        parts.append(sentence[0].upper() + sentence[1:])
    return tuple(parts)


def local_time(date: datetime, now: datetime) -> datetime:
    """Return a received date in the time zone of `now`; as it stands where the calendar ends there."""
    try:
        return date.astimezone(now.tzinfo)
    except OverflowError:
        return date


def when(date: datetime | None, now: datetime) -> str:
    """Return a date for a list: `09:41` today, `Mon` within a week, `23 Nov` this year, else `2025-11-23`."""
    if date is None:
        return ""
    local = local_time(date, now)
    days = (now.date() - local.date()).days
    if days == 0:
        return f"{local:%H:%M}"
    if 0 < days < 7:  # noqa: PLR2004 - a week
        return f"{local:%a}"
    if local.year == now.year:
        return f"{local.day} {local:%b}"
    return f"{local:%Y-%m-%d}"


def long_date(date: datetime | None, now: datetime) -> str:
    """Return a date for a message: `Mon 23 Nov 2026  09:14`."""
    if date is None:
        return ""
    local = local_time(date, now)
    return f"{local:%a} {local.day} {local:%b %Y}  {local:%H:%M}"
