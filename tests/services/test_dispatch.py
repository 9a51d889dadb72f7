import pytest

from smimetui.model.address import parse_address
from smimetui.model.errors import (
    MailboxError,
    TransportError,
    TransportRefusedError,
    TransportUncertainError,
    TransportUnreachableError,
)
from smimetui.model.message import Outcome, SealedMessage
from smimetui.services.dispatch import SendReport, dispatch
from tests.fakes import MemoryCopies, MemoryMailbox, MemoryTransport

ALICE = parse_address("alice@corp.example")


def envelopes(*recipients: str) -> list[SealedMessage]:
    return [
        SealedMessage(
            data=f"to {recipient}".encode(),
            sender=ALICE,
            recipients=(parse_address(recipient),),
            message_id="<1@corp.example>",
            signed=True,
        )
        for recipient in recipients
    ]


def sent_by(
    *plan: Outcome | TransportError, people: tuple[str, ...], mailbox: MemoryMailbox | None = None
) -> tuple[SendReport, MemoryTransport, list[str]]:
    transport, told = MemoryTransport(*plan), list[str]()
    report = dispatch(envelopes(*people), transport=transport, mailbox=mailbox, on_progress=told.append)
    return report, transport, told


def names(messages: tuple[SealedMessage, ...]) -> list[str]:
    return [address.spec for message in messages for address in message.recipients]


def test_each_envelope_is_handed_over_once_and_the_first_is_filed() -> None:
    mailbox = MemoryMailbox()

    report, transport, told = sent_by(people=("bob@x.example", "carol@x.example"), mailbox=mailbox)

    assert len(transport.taken) == 2
    assert names(report.sent) == ["bob@x.example", "carol@x.example"]
    assert report.complete
    assert report.warnings == ()
    assert list(mailbox.messages["Sent"].values()) == [b"to bob@x.example"]
    assert told == ["Sending 1 of 2…", "Sending 2 of 2…", "Filing in Sent…"]


def test_one_envelope_is_not_counted() -> None:
    _, _, told = sent_by(people=("bob@x.example",))

    assert told == ["Sending…"]


def test_a_first_envelope_that_does_not_leave_raises_and_nothing_else_is_tried() -> None:
    transport = MemoryTransport(TransportRefusedError("the server refused the message"))
    mailbox = MemoryMailbox()

    with pytest.raises(TransportRefusedError):
        dispatch(envelopes("b@x.example", "c@x.example"), transport=transport, mailbox=mailbox, on_progress=str)

    assert len(transport.taken) == 1
    assert mailbox.messages["Sent"] == {}


@pytest.mark.parametrize("end", [Outcome.UNCERTAIN, TransportUncertainError("the answer was lost")])
def test_an_uncertain_send_is_reported_and_never_retried(end: Outcome | TransportError) -> None:
    mailbox = MemoryMailbox()

    report, transport, _ = sent_by(end, people=("b@x.example", "c@x.example"), mailbox=mailbox)

    assert len(transport.taken) == 1
    assert names(report.uncertain) == ["b@x.example"]
    assert [address.spec for address in report.unsent] == ["c@x.example"]
    assert not report.complete
    assert mailbox.messages["Sent"] == {}
    assert report.warnings == (
        "it is uncertain whether the message to b@x.example was sent: look for it before sending again",
        "not sent to c@x.example: not tried after the failure before",
    )


def test_a_refused_bcc_does_not_stop_the_others() -> None:
    refused = TransportRefusedError("no such user\x1b[2J")

    report, _, _ = sent_by(Outcome.SENT, refused, people=("b@x.example", "c@x.example", "d@x.example"))

    assert names(report.sent) == ["b@x.example", "d@x.example"]
    assert [address.spec for address in report.unsent] == ["c@x.example"]
    assert report.warnings == ("not sent to c@x.example: no such user�[2J",)


def test_a_server_that_goes_away_stops_the_rest() -> None:
    gone = TransportUnreachableError("the server does not answer")

    report, transport, _ = sent_by(Outcome.SENT, gone, people=("b@x.example", "c@x.example", "d@x.example"))

    assert len(transport.taken) == 2
    assert [address.spec for address in report.unsent] == ["c@x.example", "d@x.example"]


def test_a_sent_message_that_cannot_be_filed_is_a_warning_not_a_failure() -> None:
    report, _, _ = sent_by(people=("b@x.example",), mailbox=MemoryMailbox(MailboxError("the disk is full")))

    assert report.complete
    assert report.warnings == ("sent, but not filed in Sent: the disk is full",)


def test_the_copy_in_sent_names_the_hidden_recipients_it_went_to_and_what_leaves_names_nobody() -> None:
    mailbox, transport = MemoryMailbox(), MemoryTransport(Outcome.SENT, Outcome.SENT, TransportRefusedError("no"))
    carol, dave = map(parse_address, ("Carol Chen <carol@x.example>", "dave@x.example"))

    dispatch(
        envelopes("bob@x.example", carol.spec, dave.spec),
        transport=transport,
        mailbox=mailbox,
        on_progress=str,
        hidden=(carol, dave),
    )

    assert list(mailbox.messages["Sent"].values()) == [b"Bcc: Carol Chen <carol@x.example>\r\nto bob@x.example"]
    assert not any(b"Bcc" in envelope.data for envelope in transport.taken)


@pytest.mark.parametrize(
    ("plan", "united"),
    [
        ((Outcome.SENT, Outcome.SENT), [(2, b"Bcc: c@x.example\r\nto b@x.example")]),
        ((Outcome.SENT, Outcome.UNCERTAIN), []),
        ((Outcome.SENT, TransportRefusedError("no such user")), []),
    ],
    ids=["all left", "one is uncertain", "only one left"],
)
def test_the_copies_that_the_server_filed_become_one_unless_they_are_needed_to_look_at(
    plan: tuple[Outcome | TransportError, ...], united: list[tuple[int, bytes]]
) -> None:
    copies, mailbox = MemoryCopies(), MemoryMailbox()

    dispatch(
        envelopes("b@x.example", "c@x.example"),
        transport=MemoryTransport(*plan, sent_copies=copies),
        mailbox=mailbox,
        on_progress=str,
        hidden=(parse_address("c@x.example"),),
    )

    assert copies.united == united
    assert mailbox.messages["Sent"] == {}


def test_copies_that_stay_several_are_a_warning() -> None:
    transport = MemoryTransport(sent_copies=MemoryCopies(MailboxError("the server does not answer")))

    report = dispatch(envelopes("b@x.example", "c@x.example"), transport=transport, mailbox=None, on_progress=str)

    assert report.complete
    assert report.warnings == ("sent, but in Sent there is a copy for each Bcc: the server does not answer",)
