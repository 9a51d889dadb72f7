"""How a message in the outbox is written down, and read again: nothing is believed of it that its bytes do not say."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from smimetui.model.address import Address
from smimetui.model.errors import AddressError, FormatError
from smimetui.model.message import SealedMessage
from smimetui.services.composer import Prepared
from smimetui.services.dispatch import Step
from smimetui.services.outbox_entry import Attempt, OutboxEntry
from smimetui.smime.draft_message import address_facts, address_of
from smimetui.smime.seal import encrypted_to, read_back
from smimetui.smime.sealed_record import Record
from smimetui.smime.x509 import load_certificate

_DAMAGED = "the message in the outbox is damaged"
_WRONG = (KeyError, TypeError, ValueError, IndexError, AddressError)


def entry_record(prepared: Prepared, *, account: Address, uid: str, at: datetime) -> Record:
    """Return what is told of a message: small, without its bytes."""
    facts = {
        "account": address_facts(account),
        "from": address_facts(prepared.draft.sender),
        "subject": prepared.draft.subject,
        "recipients": _written(prepared.draft.recipients),
        "encrypted": prepared.protection.encrypt,
        "at": at.isoformat(),
        "uid": uid,
        "message_id": prepared.envelopes[0].message_id,
        "hidden": _written(prepared.hidden),
        "groups": [[address_facts(group), _written(people)] for group, people in prepared.groups.items()],
        "envelopes": [_written(envelope.recipients) for envelope in prepared.envelopes],
    }
    return Record(facts=facts)


def mail_record(prepared: Prepared) -> Record:
    """Return the envelopes themselves; what several of them share stands there once."""
    contents: dict[bytes, int] = {}
    facts = [
        {
            "data": contents.setdefault(envelope.data, len(contents)),
            "signed": envelope.signed,
            "to": [contents.setdefault(found.der, len(contents)) for found in envelope.encrypted_to],
        }
        for envelope in prepared.envelopes
    ]
    return Record(facts=facts, contents=tuple(contents))


def journal_record(attempts: Sequence[Attempt]) -> Record:
    """Return the journal of attempts."""
    return Record(facts=[[line.at.isoformat(), line.step.value, line.envelope, line.why] for line in attempts])


def read_entry(name: str, record: Record, journal: Record | None) -> OutboxEntry:
    """Return what `entry_record` and `journal_record` wrote. Raises FormatError."""
    facts = record.facts
    try:
        entry = OutboxEntry(
            name=name,
            account=address_of(facts["account"]),
            sender=address_of(facts["from"]),
            subject=str(facts["subject"]),
            recipients=_addresses(facts["recipients"]),
            encrypted=facts["encrypted"] is not False,
            queued_at=datetime.fromisoformat(facts["at"]),
            uid=str(facts["uid"]),
            message_id=str(facts["message_id"]),
            hidden=_addresses(facts["hidden"]),
            groups={address_of(group): _addresses(people) for group, people in facts["groups"]},
            envelopes=tuple(map(_addresses, facts["envelopes"])),
            attempts=tuple(map(_attempt, journal.facts)) if journal is not None else (),
        )
        if any(not 0 <= attempt.envelope < len(entry.envelopes) for attempt in entry.attempts):
            raise FormatError(_DAMAGED)
    except _WRONG as error:
        raise FormatError(_DAMAGED) from error
    return entry


def read_mail(entry: OutboxEntry, record: Record) -> tuple[SealedMessage, ...]:
    """Return the envelopes of an entry. Raises FormatError, for one too that is not encrypted as its entry says."""
    try:
        return tuple(
            _envelope(entry, recipients, facts, record.contents)
            for recipients, facts in zip(entry.envelopes, record.facts, strict=True)
        )
    except _WRONG as error:
        raise FormatError(_DAMAGED) from error


def _envelope(
    entry: OutboxEntry, recipients: tuple[Address, ...], facts: Mapping[str, Any], contents: Sequence[bytes]
) -> SealedMessage:
    data = contents[facts["data"]]
    found = read_back(data)
    if found.encrypted is not entry.encrypted:
        raise FormatError(_DAMAGED)
    return SealedMessage(
        data=data,
        sender=entry.sender,
        recipients=recipients,
        message_id=entry.message_id,
        signed=facts["signed"] is True,
        encrypted_to=encrypted_to(data, [load_certificate(contents[number]) for number in facts["to"]]),
        cipher=found.cipher,
    )


def _attempt(line: Any) -> Attempt:
    at, step, envelope, why = line
    return Attempt(at=datetime.fromisoformat(at), step=Step(step), envelope=int(envelope), why=str(why))


def _written(addresses: Sequence[Address]) -> list[tuple[str, str, str]]:
    return list(map(address_facts, addresses))


def _addresses(facts: Any) -> tuple[Address, ...]:
    return tuple(map(address_of, facts))
