"""Who is at the server, and letters between them."""

import time
from collections.abc import Callable

from smimetui.adapters.exchange.connection import Connection
from smimetui.adapters.exchange.place import Auth, Password, Place
from smimetui.demo.exchange import ExchangeServer
from smimetui.model.address import Address, parse_address
from smimetui.model.message import SealedMessage

ALICE, BOB, CAROL = map(parse_address, ("alice@corp.example", "bob@corp.example", "carol@corp.example"))
PASSWORD = "sesame öffne dich"


def connect(  # noqa: PLR0913 - keyword-only beside the server
    server: ExchangeServer,
    *,
    auth: Auth = "basic",
    password: str = PASSWORD,
    anchors: tuple[str, ...] = (),
    seconds: float = 10.0,
    patience: float = 0.0,
) -> Connection:
    place = Place(address=ALICE, endpoint=server.url, auth=auth, anchors=anchors)
    return Connection(place, Password(password), seconds=seconds, patience=patience)


def sealed(*recipients: Address, number: int = 1, to: tuple[Address, ...] | None = None, cc: str = "") -> SealedMessage:
    """Return an envelope to `recipients` whose header names `to`, or else them."""
    named = ", ".join(address.spec for address in (recipients if to is None else to))
    fields = [
        "From: Alice Archer <alice@corp.example>",
        f"To: {named}",
        *([f"Cc: {cc}"] if cc else []),
        f"Message-ID: <{number}@corp.example>",
        "Subject: Q3",
        "MIME-Version: 1.0",
        "Content-Type: application/pkcs7-mime; smime-type=enveloped-data;\r\n name=smime.p7m",
        "Content-Transfer-Encoding: base64",
    ]
    data = "\r\n".join([*fields, "", "MIAGCSqGSIb3DQEHA6CAMIACAQAxggE=", ""]).encode()
    return SealedMessage(
        data=data, sender=ALICE, recipients=recipients, message_id=f"<{number}@corp.example>", signed=False
    )


def eventually(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait until a condition holds that another thread brings about; fail if it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.005)
