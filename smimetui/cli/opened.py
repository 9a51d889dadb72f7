"""`open`'s work: the reader with what the options bring, and its report as text and as JSON."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from smimetui.adapters.no_anchors import NoAnchors
from smimetui.cli.input import naming, read_small
from smimetui.cli.memory_store import MemoryStore
from smimetui.cli.world import World
from smimetui.model.certificate import Certificate
from smimetui.model.display import file_size, printable, printable_line
from smimetui.model.errors import FormatError
from smimetui.model.message import OpenedMessage
from smimetui.model.value import dataclass
from smimetui.model.verdict import SignatureReport
from smimetui.model.wording import UNREADABLE, security_parts
from smimetui.services.reader import Reader
from smimetui.services.revocation import Revocation
from smimetui.services.trust import Trust
from smimetui.smime.identity import Identity
from smimetui.smime.revocation import RevocationMode


@dataclass(frozen=True, slots=True)
class FixedClock:
    """A clock that stands still, for `--at`."""

    moment: datetime

    def now(self) -> datetime:
        """Return the chosen moment."""
        return self.moment


def open_message(  # noqa: PLR0913 - the options of the command, keyword-only
    raw: bytes,
    *,
    world: World,
    identities: Sequence[Identity] = (),
    anchors: Sequence[Certificate] = (),
    crls: Sequence[bytes] = (),
    at: datetime | None = None,
    isolated: bool = False,
) -> OpenedMessage:
    """Return the opened message; isolated, `world` is asked for the time alone.

    Raises FormatError, UnsupportedError, StoreError.
    """
    store = MemoryStore()
    if not isolated:
        own = world.store()
        store.copy_from(own, own)
    store.use(identities)
    clock = FixedClock(at) if at else world.clock
    source = None if isolated else world.revocation()
    trust = Trust(
        store=store,
        system=NoAnchors() if isolated else world.anchors(),
        clock=clock,
        extra_anchors=tuple(anchors),
        crls=tuple(crls),
        identities=store,
        revocation=source,
        # Whoever brings lists wants them to speak of every certificate.
        mode=RevocationMode.HARD if crls else _mode(world, isolated=isolated),
    )
    revocation = Revocation(trust=trust, source=source, clock=clock)
    reader = Reader(identities=store, trust=trust, clock=clock, revocation=revocation)
    message = reader.open(raw)
    return reader.open(raw) if revocation.refresh_pending() else message


def _mode(world: World, *, isolated: bool) -> RevocationMode:
    return RevocationMode.SOFT if isolated else RevocationMode(world.settings().revocation)


def read_crls(path: Path) -> tuple[bytes, ...]:
    """Return the DER of each revocation list in a file, PEM or DER; raises FormatError, OSError."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    data = read_small(path)
    end = b"-----END X509 CRL-----"
    with naming(path):
        try:
            if b"-----BEGIN X509 CRL-----" not in data:
                x509.load_der_x509_crl(data)
                return (data,)
            return tuple(
                x509.load_pem_x509_crl(piece + end).public_bytes(Encoding.DER) for piece in data.split(end)[:-1]
            )
        except ValueError as error:
            raise FormatError("this is no certificate revocation list") from error


def why_locked(message: OpenedMessage) -> str:
    """Return the sentence about a message that none of the keys opens."""
    return next((note for note in message.notes if UNREADABLE in note), f"the message {UNREADABLE}")


def as_json(message: OpenedMessage) -> dict[str, object]:
    """Return the object that `open --json` prints, in the order of its description."""
    headers = message.headers
    return {
        "headers": {
            "from": headers.from_text or ", ".join(map(str, headers.sender)),
            "to": [str(address) for address in headers.to],
            "subject": headers.subject,
            "date": headers.date.isoformat() if headers.date else "",
            "message_id": headers.message_id,
        },
        "layers": list(message.layers),
        "signature": _signature_json(message.signature),
        "encryption": None
        if message.encryption is None
        else {
            "decrypted": message.encryption.decrypted,
            "content_encryption_algorithm": message.encryption.content_encryption_algorithm,
            "authenticated": message.encryption.authenticated,
        },
        "body": printable(message.shown),
        "attachments": [
            {"name": file.name, "type": file.content_type, "size": file.size} for file in message.attachments
        ],
        "parts": [{"type": part.content_type, "protected": part.protected} for part in message.parts],
    }


def _signature_json(report: SignatureReport | None) -> dict[str, object] | None:
    if report is None:
        return None
    signer = report.signer
    return {
        "verdict": report.verdict.value,
        "trusted": report.trusted,
        "problems": [problem.name for problem in report.problems],
        "signer": None
        if signer is None
        else {"subject": signer.subject, "addresses": list(signer.addresses), "sha256": signer.sha256},
        "signing_time": report.signing_time.isoformat() if report.signing_time else "",
        "digest_algorithm": report.digest_algorithm,
        "matches_from": report.matches_from,
    }


def as_text(message: OpenedMessage) -> str:
    """Return the message as a person reads it without a screen."""
    headers = message.headers
    badge = ""
    if message.signature is not None:
        badge = f"  {'✓' if message.signature.trusted else '?'} {message.signature.badge}"
    lines = [
        f"From:     {printable_line(headers.from_text or ', '.join(map(str, headers.sender)))}{badge}",
        f"To:       {printable_line(', '.join(map(str, headers.to)))}",
        *([f"Cc:       {printable_line(', '.join(map(str, headers.cc)))}"] if headers.cc else []),
        f"Date:     {headers.date:%a %d %b %Y %H:%M}" if headers.date else "Date:",
        f"Subject:  {printable_line(headers.subject)}",
        f"Security: {printable_line(' · '.join(security_parts(message)) or 'not signed, not encrypted')}",
        *(f"Note:     {printable_line(note)}" for note in message.notes),
        *(
            f"File:     {printable_line(file.name)} ({printable_line(file.content_type)}, {file_size(file.size)})"
            for file in message.attachments
        ),
        "",
        printable(message.shown),
    ]
    return "\n".join(lines)
