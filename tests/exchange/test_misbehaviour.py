"""Each misbehaviour, as exchangelib meets it: what it raises, and what the server has done all the same."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from exchangelib import NTLM, Account, Message
from exchangelib.errors import (
    ErrorInternalServerError,
    ErrorQuotaExceeded,
    ErrorServerBusy,
    ErrorTimeoutExpired,
    EWSError,
    MalformedResponseError,
    RedirectError,
    SOAPError,
    TransportError,
    UnauthorizedError,
)

from smimetui.demo.exchange import ExchangeServer
from smimetui.demo.exchange.misbehaviour import (
    ANY,
    Drop,
    ExpirePassword,
    Fault,
    Garble,
    Hang,
    Misbehaviour,
    Refuse,
    Slow,
    Truncate,
    busy,
    login_page,
    redirect,
    unauthorized,
    unavailable,
)
from tests.exchange.clients import ALICE, LETTER, account, ask, post, resolve, soap


def look_up(alice: Account) -> list[object]:
    return alice.protocol.resolve_names(["bob"])


@pytest.mark.parametrize(
    ("how", "error"),
    [
        (unauthorized(), UnauthorizedError),
        (unavailable(), ErrorServerBusy),
        (unavailable(retry_after=30), ErrorServerBusy),
        (busy(1500), ErrorServerBusy),
        (Fault("ErrorInternalServerError"), ErrorInternalServerError),
        (Refuse("ErrorQuotaExceeded"), ErrorQuotaExceeded),
        (Truncate(), (ErrorTimeoutExpired, SOAPError)),
        (Garble(), (SOAPError, AttributeError)),  # exchangelib stumbles over some broken XML
        (Drop(), ErrorTimeoutExpired),
        (Drop(after_work=True), ErrorTimeoutExpired),
        (login_page(), (SOAPError, MalformedResponseError)),
        (redirect("https://login.elsewhere.example/adfs"), RedirectError),
        (redirect("http://127.0.0.1:9/EWS/Exchange.asmx", code=301), RedirectError),
    ],
)
def test_a_misbehaviour_is_met_once_and_then_all_is_well(
    server: ExchangeServer, how: Misbehaviour, error: type[Exception]
) -> None:
    server.misbehave("ResolveNames", how)
    alice = account(server)
    with pytest.raises(error):
        look_up(alice)
    assert len(look_up(alice)) == 1


def test_a_busy_server_says_how_long_to_wait(server: ExchangeServer) -> None:
    server.misbehave(ANY, busy(1500))
    with pytest.raises(ErrorServerBusy) as caught:
        look_up(account(server))
    assert caught.value.back_off == 1.5
    server.misbehave(ANY, unavailable(retry_after=30))
    assert post(server.url, soap(resolve("bob"))).headers["retry-after"] == "30"


def test_misbehaviour_is_counted_kept_to_its_operation_and_forgotten(server: ExchangeServer) -> None:
    server.misbehave("ResolveNames", Fault("ErrorInternalServerError"), times=2)
    server.misbehave("ExpandDL", Fault("ErrorInternalServerError"), times=None)
    expand = "<m:ExpandDL><m:Mailbox><t:EmailAddress>a@b</t:EmailAddress></m:Mailbox></m:ExpandDL>"
    asked = [ask(server, content).code for content in (resolve("bob"), resolve("bob"), resolve("bob"), expand, expand)]
    assert asked == [*["ErrorInternalServerError"] * 2, "NoError", *["ErrorInternalServerError"] * 2]
    server.behave()
    assert ask(server, expand).code == "ErrorNameResolutionNoResults"


def test_misbehaviours_come_in_the_order_they_were_ordered(server: ExchangeServer) -> None:
    server.misbehave("ResolveNames", Fault("ErrorServerBusy"))
    server.misbehave("ResolveNames", Slow(1))
    server.misbehave("ResolveNames", Fault("ErrorTooManyObjectsOpened"))
    codes = [ask(server, resolve("bob")).code for _ in range(3)]
    assert codes == ["ErrorServerBusy", "ErrorTooManyObjectsOpened", "NoError"]


def test_a_slow_answer_is_the_right_one(server: ExchangeServer) -> None:
    server.delay("ResolveNames", 150)
    before = time.monotonic()
    assert len(look_up(account(server))) == 1
    assert time.monotonic() - before > 0.14


def test_slow_answers_are_on_their_way_at_once(server: ExchangeServer) -> None:
    server.delay("ResolveNames", 150)
    alice = account(server)
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda _: look_up(alice), range(24)))
    assert server.front.most_at_once == 8


def test_a_hanging_server_times_the_client_out_and_stops_when_told(server: ExchangeServer) -> None:
    server.misbehave("ResolveNames", Hang())
    with pytest.raises(ErrorTimeoutExpired):
        look_up(account(server, timeout=0.1))
    server.stop()


def test_a_password_can_expire_in_mid_session(server: ExchangeServer) -> None:
    alice = account(server, auth=NTLM)
    assert len(look_up(alice)) == 1
    server.misbehave("ResolveNames", ExpirePassword())
    for _ in range(2):
        with pytest.raises(UnauthorizedError):
            look_up(alice)
    with pytest.raises(UnauthorizedError):
        _ = alice.inbox
    assert server.door.accounts[ALICE].expired


def test_the_server_says_it_is_busy_to_more_requests_than_it_takes_at_once(server: ExchangeServer) -> None:
    server.throttle(2)
    server.delay("ResolveNames", 200)
    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(lambda _: ask(server, resolve("bob")).code, range(4)))
    assert sorted(codes) == ["ErrorServerBusy", "ErrorServerBusy", "NoError", "NoError"]
    server.behave()
    assert ask(server, resolve("bob")).code == "NoError"


@pytest.mark.parametrize("how", [Drop(after_work=True), Garble(), Truncate(), Hang(after_work=True)])
def test_a_message_may_have_left_although_the_answer_is_none(server: ExchangeServer, how: Misbehaviour) -> None:
    alice = account(server, timeout=0.3)
    folder = alice.sent
    server.misbehave("CreateItem", how)
    with pytest.raises((ErrorTimeoutExpired, SOAPError, TransportError)):
        Message(account=alice, folder=folder, mime_content=LETTER).send_and_save()
    assert len(server.sent) == 1
    assert alice.sent.filter(message_id="<plan@corp.example>").count() == 1


@pytest.mark.parametrize("how", [Drop(), unavailable(), busy(), Refuse("ErrorQuotaExceeded"), unauthorized()])
def test_a_message_has_not_left_where_the_server_did_not_get_to_it(server: ExchangeServer, how: Misbehaviour) -> None:
    alice = account(server)
    folder = alice.sent
    server.misbehave("CreateItem", how)
    with pytest.raises(EWSError):
        Message(account=alice, folder=folder, mime_content=LETTER).send_and_save()
    assert server.sent == ()


def test_a_stopped_server_is_unreachable_and_comes_back_on_its_port_with_what_it_had(server: ExchangeServer) -> None:
    alice = account(server)
    server.deliver(ALICE, LETTER)
    assert alice.inbox.total_count == 1
    server.stop()
    server.stop()
    with pytest.raises(ErrorTimeoutExpired):
        look_up(alice)
    server.start()
    assert len(look_up(alice)) == 1
    assert [message.subject for message in alice.inbox.all().only("subject")] == ["The plan"]


def test_dropped_connections_are_an_error_once(server: ExchangeServer) -> None:
    alice = account(server)
    look_up(alice)
    server.drop_connections()
    assert retried(lambda: look_up(alice))


def retried(work: Callable[[], list[object]]) -> list[object]:
    try:
        return work()
    except ErrorTimeoutExpired:
        return work()


def test_requests_are_logged_with_the_person_and_the_content(server: ExchangeServer) -> None:
    look_up(account(server))
    [request] = server.requests
    assert (request.operation, request.address) == ("ResolveNames", ALICE)
    assert request.content is not None
    assert request.content.children[0].text == "bob"
    assert server.count("ResolveNames") == 1


def test_a_server_leaves_no_thread_behind() -> None:
    before = set(threading.enumerate())
    with ExchangeServer() as server:
        server.add_mailbox(ALICE, "x")
        look = post(server.url, soap(resolve("alice")), headers={"Authorization": "Basic bm8="})
        assert look.status == 401
    assert set(threading.enumerate()) <= before


def test_a_crash_of_the_server_is_kept_and_answered() -> None:
    with ExchangeServer() as server:
        server.add_mailbox(ALICE, "sesame")
        server.service.people.resolve = None  # type: ignore[method-assign, assignment]
        reply = post(server.url, soap(resolve("a")), headers={"Authorization": "Basic YWxpY2U6c2VzYW1l"})
        assert (reply.status, reply.code) == (500, "ErrorInternalServerError")
        assert len(server.front.crashes) == 1
