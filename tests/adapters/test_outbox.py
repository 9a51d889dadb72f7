import stat
from pathlib import Path

import pytest

from smimetui.adapters.outbox import OutboxTransport
from smimetui.model.address import parse_address
from smimetui.model.errors import TransportUnreachableError
from smimetui.model.message import Outcome, SealedMessage


def message(data: bytes = b"Subject: x\r\n\r\nbody\r\n") -> SealedMessage:
    return SealedMessage(
        data=data,
        sender=parse_address("a@x.example"),
        recipients=(parse_address("b@x.example"),),
        message_id="<../../../etc/passwd@x>",
        signed=False,
    )


def test_each_envelope_becomes_a_file_with_its_bytes(tmp_path: Path) -> None:
    folder = tmp_path / "out" / "box"
    outbox = OutboxTransport(folder)
    sent = [f"message {number}\r\n".encode() for number in range(5)]
    for data in sent:
        assert outbox.send(message(data)) is Outcome.SENT
    files = sorted(folder.iterdir())
    assert [file.suffix for file in files] == [".eml"] * 5
    assert [file.read_bytes() for file in files] == sent
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_an_outbox_that_takes_nothing_says_that_nothing_left(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TransportUnreachableError, match="takes no message"):
        OutboxTransport(tmp_path / "file").send(message())
