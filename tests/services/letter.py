"""A letter of Alice's, and how its readers see it."""

import re

from smimetui.model.address import Address
from smimetui.model.message import Attachment, Draft, OpenedMessage, Protection, SealedMessage
from tests.services.world import ALICE, make_world, person

BOTH = Protection(sign=True, encrypt=True)
SIGNED = Protection(sign=True, encrypt=False)
PLAIN = Protection(sign=False, encrypt=False)
ENCRYPTED = Protection(sign=False, encrypt=True)
SECRET = "The quarterly figures are 4711."
FILE = Attachment(name="q3.ods", content_type="application/octet-stream", content=b"\x00\xff" * 100)


def draft(*to: Address, cc: tuple[Address, ...] = (), bcc: tuple[Address, ...] = ()) -> Draft:
    return Draft(sender=ALICE, to=to, cc=cc, bcc=bcc, subject="Q3 figures", body=SECRET, attachments=(FILE,))


def header(envelope: SealedMessage, name: str) -> str:
    head = envelope.data.partition(b"\r\n\r\n")[0].decode("ascii")
    found = re.search(rf"^{name}: (.*(?:\r\n[ \t].*)*)", head, re.MULTILINE | re.IGNORECASE)
    return found[1].strip() if found else ""


def read_by(address: Address, envelope: SealedMessage) -> OpenedMessage:
    return make_world(identities=[person(address).identity]).session.reader.open(envelope.data)
