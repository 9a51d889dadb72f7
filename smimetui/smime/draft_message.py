"""A draft as a message to oneself: encrypted to the own certificate, and given back exactly as it was.

Other programs that hold the key show its text and files. What they would not give back exactly (who it is for, Bcc
among them, blanks and line ends) stands in a part of its own. Never signed: nobody has decided to say this yet.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from smimetui.model.address import Address, parse_address
from smimetui.model.certificate import Certificate
from smimetui.model.errors import AddressError, FormatError
from smimetui.model.message import Attachment, Draft, Protection
from smimetui.model.value import dataclass
from smimetui.smime.envelope import decrypt
from smimetui.smime.identity import Identity
from smimetui.smime.layers import EnvelopedLayer, layer_of
from smimetui.smime.mime import parse, parse_message
from smimetui.smime.seal import seal

_TYPE = "application/vnd.smimetui.draft+json"
_NAME = "draft.json"
_NO_DRAFT = "this is no draft of this program"
_DAMAGED = "the draft is damaged"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDraft:
    """A draft, what its lock and its signature were set to, and which version of it this is."""

    draft: Draft
    protection: Protection
    version: str
    """A word that no other version has."""
    replaces: tuple[str, ...] = ()
    """Earlier versions, which count no more where this one is."""


def seal_draft(kept: KeptDraft, *, certificate: Certificate, message_id: str, date: datetime) -> bytes:
    """Return a whole message with CR LF line ends; of the draft, only the sender and the subject are to be seen.

    Raises UnsupportedError for a key that cannot receive.
    """
    draft = kept.draft
    facts = Attachment(name=_NAME, content_type=_TYPE, content=json.dumps(facts_of(kept)).encode("ascii"))
    return seal(
        Draft(
            sender=draft.sender,
            subject=draft.subject,
            body=draft.body,
            attachments=(*draft.attachments, facts),
        ),
        # CBC: servers take AuthEnvelopedData for an ordinary message with a file, and mail programs do not read it.
        protection=Protection(sign=False, encrypt=True),
        identity=None,
        recipients=(certificate,),
        message_id=message_id,
        date=date,
    )


def open_draft(raw: bytes, identities: Sequence[Identity]) -> KeptDraft:
    """Return the draft that `seal_draft` made a message of.

    Raises FormatError for anything else, UnsupportedError, and DecryptionError where none of the keys opens it.
    """
    layer = layer_of(parse_message(raw))
    if not isinstance(layer, EnvelopedLayer):
        raise FormatError(_NO_DRAFT)
    content = decrypt(layer.structure, identities)
    entity = parse(content.data, 0, content.size)
    parts = list(entity.parts()) if entity.is_multipart else []
    if len(parts) < 2 or parts[-1].content_type != _TYPE:  # noqa: PLR2004 - the text, the files, the facts
        raise FormatError(_NO_DRAFT)
    try:
        facts = json.loads(parts[-1].decoded())
    except (ValueError, RecursionError) as error:
        raise FormatError(_DAMAGED) from error
    return kept_draft(facts, [part.decoded() for part in parts[1:-1]])


def facts_of(kept: KeptDraft) -> dict[str, object]:
    """Return all of a draft but what its files contain, as JSON takes it."""
    draft = kept.draft
    return {
        "version": kept.version,
        "replaces": kept.replaces,
        "sign": kept.protection.sign,
        "encrypt": kept.protection.encrypt,
        "from": address_facts(draft.sender),
        "to": [address_facts(address) for address in draft.to],
        "cc": [address_facts(address) for address in draft.cc],
        "bcc": [address_facts(address) for address in draft.bcc],
        "subject": draft.subject,
        "body": draft.body,
        "files": [[file.name, file.content_type] for file in draft.attachments],
        "in_reply_to": draft.in_reply_to,
        "references": draft.references,
    }


def kept_draft(facts: Any, contents: Sequence[bytes]) -> KeptDraft:
    """Return the draft of these facts and of its files. Raises FormatError for what `facts_of` would not say."""
    try:
        return _read(facts, contents)
    except (ValueError, TypeError, KeyError, AddressError) as error:
        raise FormatError(_DAMAGED) from error


def _read(facts: Any, contents: Sequence[bytes]) -> KeptDraft:
    files = tuple(
        Attachment(name=_text(name), content_type=_text(kind), content=content)
        for (name, kind), content in zip(facts["files"], contents, strict=True)
    )
    draft = Draft(
        sender=address_of(facts["from"]),
        to=tuple(map(address_of, facts["to"])),
        cc=tuple(map(address_of, facts["cc"])),
        bcc=tuple(map(address_of, facts["bcc"])),
        subject=_text(facts["subject"]),
        body=_text(facts["body"]),
        attachments=files,
        in_reply_to=_text(facts["in_reply_to"]),
        references=tuple(map(_text, facts["references"])),
    )
    protection = Protection(sign=facts["sign"] is True, encrypt=facts["encrypt"] is not False)
    return KeptDraft(
        draft=draft,
        protection=protection,
        version=_text(facts["version"]),
        replaces=tuple(map(_text, facts["replaces"])),
    )


def address_facts(address: Address) -> tuple[str, str, str]:
    """Return an address as JSON takes it."""
    return address.local, address.domain, address.display_name


def address_of(facts: Any) -> Address:
    """Read what `address_facts` wrote; raises ValueError, TypeError and AddressError for anything else."""
    local, domain, name = map(_text, facts)
    address = Address(local, domain, name)
    # Others may write to the folder: what is no address must not reach a header or a server.
    if parse_address(address.spec) != address:
        raise ValueError
    return address


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
