"""Sending: once, to whom the envelope says, and honest about what became of it."""

import pytest

from smimetui.adapters.exchange.connection import Connection
from smimetui.adapters.exchange.opening import Exchange
from smimetui.adapters.exchange.transport import ExchangeTransport, addressed
from smimetui.demo.exchange import ExchangeServer
from smimetui.demo.exchange.misbehaviour import (
    Drop,
    Garble,
    Hang,
    Misbehaviour,
    Refuse,
    Truncate,
    busy,
    login_page,
    redirect,
    unauthorized,
    unavailable,
)
from smimetui.model.address import parse_address
from smimetui.model.errors import (
    AuthenticationFailedError,
    MailboxError,
    TransportError,
    TransportRefusedError,
    TransportUncertainError,
    TransportUnreachableError,
)
from smimetui.model.message import Outcome
from tests.adapters.exchange.people import BOB, CAROL, PASSWORD, connect, sealed

DAVE = parse_address("dave@ext.example")


def transport_of(connection: Connection) -> ExchangeTransport:
    return ExchangeTransport(connection, pause=lambda _: None)


@pytest.fixture
def transport(connection: Connection) -> ExchangeTransport:
    return transport_of(connection)


def test_a_message_leaves_once_and_lies_in_sent(server: ExchangeServer, exchange: Exchange) -> None:
    assert exchange.transport.send(sealed(BOB)) is Outcome.SENT
    (sent,) = server.sent
    assert sent.recipients == ("bob@corp.example",)
    page = exchange.mailbox.page("Sent", offset=0, limit=5)
    assert (page.total, page.unread) == (1, 0)
    assert b"Message-ID: <1@corp.example>" in exchange.mailbox.fetch("Sent", page.rows[0].uid)
    assert page.rows[0].content_type == "application/pkcs7-mime"
    (delivered,) = server.items("bob@corp.example", "inbox")
    assert delivered.mime.endswith(sealed(BOB).data.split(b"\r\n\r\n")[1])


def test_a_bcc_envelope_goes_to_its_recipient_alone_and_names_nobody(
    server: ExchangeServer, transport: ExchangeTransport
) -> None:
    transport.send(sealed(BOB, DAVE, to=(BOB,), cc=DAVE.spec))
    transport.send(sealed(CAROL, to=(BOB,), cc=DAVE.spec))
    first, second = server.sent
    assert set(first.recipients) == {BOB.spec, DAVE.spec}
    assert second.recipients == (CAROL.spec,)
    assert BOB.spec.encode() not in second.mime
    assert DAVE.spec.encode() not in second.mime
    assert len(server.items("bob@corp.example", "inbox")) == 1


def test_a_recipient_that_the_header_does_not_name_is_added(
    server: ExchangeServer, transport: ExchangeTransport
) -> None:
    transport.send(sealed(BOB, DAVE, to=(BOB,)))
    assert set(server.sent[0].recipients) == {BOB.spec, DAVE.spec}


def test_a_message_with_bcc_lies_in_sent_once_and_names_everybody(
    server: ExchangeServer, exchange: Exchange, transport: ExchangeTransport
) -> None:
    """Each envelope leaves a copy, which shows that it left; together they become the one a person expects."""
    envelopes = [sealed(BOB), sealed(CAROL, to=(BOB,)), sealed(DAVE, to=(BOB,))]
    transport.send(sealed(BOB, number=2))
    for envelope in envelopes:
        assert transport.send(envelope) is Outcome.SENT
    assert exchange.mailbox.page("Sent", offset=0, limit=9).total == 4

    transport.sent_copies.unite(envelopes, b"Bcc: carol@corp.example\r\n" + envelopes[0].data, (CAROL, DAVE))

    whole, _ = exchange.mailbox.page("Sent", offset=0, limit=9).rows
    assert (whole.seen, whole.content_type) == (True, "application/pkcs7-mime")
    assert exchange.mailbox.fetch("Sent", whole.uid).startswith(b"Bcc: carol@corp.example\r\nFrom: Alice")
    newest = server.items("alice@corp.example", "sentitems")[-1]
    assert ([one.address for one in newest.bcc], newest.is_draft) == ([CAROL.spec, DAVE.spec], False)
    assert len(server.sent) == 4


def test_copies_in_sent_are_counted_by_message(exchange: Exchange, transport: ExchangeTransport) -> None:
    for envelope in (sealed(BOB), sealed(CAROL, to=(BOB,)), sealed(BOB, number=2)):
        transport.send(envelope)

    counts = [transport.sent_copies.count(found) for found in ("<1@corp.example>", "<2@corp.example>", "<3@x.example>")]

    assert counts == [2, 1, 0]


def test_a_sent_folder_that_does_not_answer_is_no_count(server: ExchangeServer, transport: ExchangeTransport) -> None:
    transport.send(sealed(BOB))
    server.misbehave("FindItem", Drop(), times=None)

    with pytest.raises(MailboxError, match="cannot look into Sent"):
        transport.sent_copies.count("<1@corp.example>")


def test_the_copies_of_an_earlier_run_are_not_taken_for_those_of_this_one(
    server: ExchangeServer, connection: Connection, transport: ExchangeTransport
) -> None:
    transport.send(sealed(BOB))
    later = transport_of(connection)
    later.resume("<1@corp.example>", 1)
    server.misbehave("CreateItem", Drop(), times=1)

    with pytest.raises(TransportUncertainError):
        later.send(sealed(CAROL, to=(BOB,)))


def test_bcc_that_the_server_keeps_beside_the_text_is_read_with_it(
    server: ExchangeServer, exchange: Exchange, transport: ExchangeTransport
) -> None:
    transport.send(sealed(BOB, CAROL, to=(BOB,)))
    (row,) = exchange.mailbox.page("Sent", offset=0, limit=9).rows
    assert exchange.mailbox.fetch("Sent", row.uid).startswith(b"Bcc: carol@corp.example\r\n")
    assert all(b"carol" not in item.mime for item in server.items("bob@corp.example", "inbox"))


@pytest.mark.parametrize("operation", ["FindItem", "CreateItem", "DeleteItem"])
def test_whatever_fails_while_copies_become_one_a_copy_stays(
    server: ExchangeServer, exchange: Exchange, transport: ExchangeTransport, operation: str
) -> None:
    envelopes = [sealed(BOB), sealed(CAROL, to=(BOB,))]
    for envelope in envelopes:
        transport.send(envelope)
    server.misbehave(operation, Drop(), times=None)
    with pytest.raises(MailboxError, match="cannot make one message of the copies in Sent"):
        transport.sent_copies.unite(envelopes, envelopes[0].data, (CAROL,))
    server.behave()
    assert exchange.mailbox.page("Sent", offset=0, limit=9).total >= 2
    assert len(server.sent) == 2


def test_no_bcc_field_is_handed_over() -> None:
    message = sealed(BOB)
    from dataclasses import replace

    with_bcc = replace(message, data=b"Bcc: carol@corp.example,\r\n dave@ext.example\r\n" + message.data)
    data, hidden = addressed(with_bcc)
    assert b"carol" not in data
    assert hidden == (BOB,)


def test_a_header_without_an_end_is_not_cut() -> None:
    from dataclasses import replace

    message = replace(sealed(BOB), data=b"no header at all")
    assert addressed(message) == (b"no header at all", (BOB,))


@pytest.mark.parametrize("how", [Drop(after_work=True), Truncate(), Garble()])
def test_what_left_though_the_answer_says_nothing_is_found_in_sent(
    server: ExchangeServer, transport: ExchangeTransport, how: Misbehaviour
) -> None:
    server.misbehave("CreateItem", how)
    assert transport.send(sealed(BOB)) is Outcome.SENT
    assert len(server.sent) == 1
    assert server.count("CreateItem") == 1


def test_a_timeout_after_the_message_left_is_found_in_sent(server: ExchangeServer) -> None:
    connection = connect(server, seconds=0.2)
    server.misbehave("CreateItem", Hang(after_work=True))
    assert transport_of(connection).send(sealed(BOB)) is Outcome.SENT
    assert (len(server.sent), server.count("CreateItem")) == (1, 1)
    connection.close()


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        (Drop(), "broke the connection off"),
        (login_page(), "answered with something that is not Exchange's"),
        (Refuse("ErrorInternalServerError", "No luck."), "says InternalServerError: No luck"),
        (Refuse("ErrorQuotaExceeded", "Full."), "says QuotaExceeded: Full"),
    ],
)
def test_what_may_have_left_and_is_not_in_sent_is_uncertain_and_tried_once(
    server: ExchangeServer, transport: ExchangeTransport, how: Misbehaviour, sentence: str
) -> None:
    server.misbehave("CreateItem", how)
    with pytest.raises(TransportUncertainError, match=sentence) as caught:
        transport.send(sealed(BOB))
    assert caught.value.summary.startswith("it is uncertain whether the message was sent: 127.0.0.1 ")
    assert caught.value.hint == "look into Sent before sending it again"
    assert (len(server.sent), server.count("CreateItem"), server.count("FindItem")) == (0, 1, 3)


def test_a_timeout_without_a_trace_in_sent_is_uncertain(server: ExchangeServer) -> None:
    connection = connect(server, seconds=0.2)
    server.misbehave("CreateItem", Hang())
    with pytest.raises(TransportUncertainError, match="does not answer in time"):
        transport_of(connection).send(sealed(BOB))
    assert server.count("CreateItem") == 1
    connection.close()


def test_where_sent_cannot_be_looked_at_either_it_stays_uncertain(
    server: ExchangeServer, transport: ExchangeTransport
) -> None:
    server.misbehave("CreateItem", Drop(after_work=True))
    server.misbehave("FindItem", unavailable(), times=None)
    with pytest.raises(TransportUncertainError):
        transport.send(sealed(BOB))
    assert len(server.sent) == 1


def test_the_copy_of_the_first_envelope_does_not_vouch_for_the_second(
    server: ExchangeServer, transport: ExchangeTransport
) -> None:
    """All envelopes of a message have its Message-ID."""
    transport.send(sealed(BOB))
    server.misbehave("CreateItem", Drop())
    with pytest.raises(TransportUncertainError):
        transport.send(sealed(CAROL, to=(BOB,)))
    server.misbehave("CreateItem", Drop(after_work=True))
    assert transport.send(sealed(DAVE, to=(BOB,))) is Outcome.SENT


@pytest.mark.parametrize(
    ("how", "kind", "sentence"),
    [
        (unauthorized(), AuthenticationFailedError, "127.0.0.1 refused the login"),
        (unavailable(), TransportUnreachableError, "127.0.0.1 is too busy"),
        (unavailable(retry_after=30), TransportUnreachableError, "is too busy and asks to wait 30 seconds"),
        (busy(5000), TransportUnreachableError, "is too busy and asks to wait 5 seconds"),
        (redirect("https://other.example/ews"), TransportRefusedError, "points to https://other.example/ews instead"),
        (Refuse("ErrorSendAsDenied", "Not yours."), TransportRefusedError, "says SendAsDenied: Not yours"),
        (Refuse("ErrorMessageSizeExceeded", "Too big."), TransportRefusedError, "says MessageSizeExceeded: Too big"),
    ],
)
def test_a_refusal_says_that_nothing_left(
    server: ExchangeServer, transport: ExchangeTransport, how: Misbehaviour, kind: type[TransportError], sentence: str
) -> None:
    server.misbehave("CreateItem", how)
    with pytest.raises(kind, match=sentence) as caught:
        transport.send(sealed(BOB))
    assert not isinstance(caught.value, TransportUncertainError)
    assert (len(server.sent), server.count("FindItem")) == (0, 0)


def test_a_server_that_is_gone_took_nothing(server: ExchangeServer, transport: ExchangeTransport) -> None:
    server.stop()
    with pytest.raises(TransportUnreachableError, match="cannot be reached"):
        transport.send(sealed(BOB))


def test_a_password_that_expires_in_mid_session_is_a_refused_login(
    server: ExchangeServer, transport: ExchangeTransport
) -> None:
    transport.send(sealed(BOB))
    server.expire_password("alice@corp.example")
    with pytest.raises(AuthenticationFailedError, match="refused the login"):
        transport.send(sealed(BOB, number=2))
    assert len(server.sent) == 1


def test_the_wish_to_be_left_alone_is_heeded(server: ExchangeServer) -> None:
    now = [0.0]
    connection = connect(server)
    connection._clock = lambda: now[0]
    transport = transport_of(connection)
    server.misbehave("CreateItem", busy(20_000))
    for _ in range(3):
        with pytest.raises(TransportUnreachableError, match="too busy"):
            transport.send(sealed(BOB))
    assert server.count("CreateItem") == 1
    now[0] = 21.0
    assert transport.send(sealed(BOB)) is Outcome.SENT
    connection.close()


@pytest.mark.parametrize("auth", ["basic", "ntlm"])
def test_a_large_message_leaves_once_however_one_logs_in(server: ExchangeServer, auth: str) -> None:
    from dataclasses import replace

    connection = connect(server, auth=auth)
    message = sealed(BOB)
    large = replace(message, data=message.data + b"QUJD" * 19 * 50_000)
    assert transport_of(connection).send(large) is Outcome.SENT
    assert len(server.sent) == 1
    assert PASSWORD not in repr(connection.account().protocol.config)
    connection.close()


def test_no_second_version_of_the_protocol_is_tried_for_a_message(
    server: ExchangeServer, transport: ExchangeTransport
) -> None:
    server.misbehave("CreateItem", Refuse("ErrorInvalidServerVersion", "Unknown."), times=None)
    with pytest.raises(TransportRefusedError):
        transport.send(sealed(BOB))
    assert server.count("CreateItem") == 1
