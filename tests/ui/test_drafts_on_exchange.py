"""Drafts on the server: kept encrypted to their writer, and opened again on another machine that has the key."""

from collections.abc import Iterator

import pytest

from smimetui.demo.exchange import ExchangeServer
from smimetui.services.session import Session
from smimetui.ui.start import ShowList
from smimetui.ui.widgets.recipients import RecipientField
from tests.adapters.exchange.people import PASSWORD, connect
from tests.fakes import MemoryStore
from tests.services.world import ALICE, BOB, CAROL, DAVE, person
from tests.ui.exchange_scene import session_over
from tests.ui.stage import stage
from tests.ui.test_drafts import open_drafts, save, write


@pytest.fixture
def server() -> Iterator[ExchangeServer]:
    with ExchangeServer() as running:
        running.add_mailbox(ALICE.spec, PASSWORD, name="Alice Archer")
        running.publish("Bob Baker", [BOB.spec], [person(BOB).certificate.der])
        yield running
    assert running.front.crashes == []


@pytest.fixture
def machines(server: ExchangeServer) -> Iterator[tuple[Session, Session]]:
    """Two configurations of Alice's that share nothing but the server and her key."""
    connections = [connect(server), connect(server)]
    first, second = map(session_over, connections)
    assert first.store is not second.store
    yield first, second
    for connection in connections:
        connection.close()


async def test_a_draft_is_written_on_one_machine_and_sent_from_another(
    server: ExchangeServer, machines: tuple[Session, Session]
) -> None:
    first, second = machines
    async with stage(first, start=ShowList()) as on:
        await write(on)
        on.composer.query_one("#bcc", RecipientField).add(CAROL)
        await save(on)
    (kept,) = server.items(ALICE.spec, "drafts")
    assert kept.is_draft
    assert kept.headers.item_class == "IPM.Note.SMIME"
    for secret in (b"The first half", b"dave@ext.example", b"carol@corp.example"):
        assert secret not in kept.mime

    async with stage(second, start=ShowList()) as on:
        await on.sees("messages")
        await open_drafts(on)
        await on.press("enter")
        await on.sees("The first half.")
        draft = on.composer.draft(second)
        assert (draft.to, draft.bcc, draft.subject, draft.body) == (
            (BOB, DAVE),
            (CAROL,),
            "Half done",
            "The first half.",
        )
        assert on.composer.wanted
        on.composer.query_one("#body").focus()
        await on.type("Now ")
        await save(on)
        await on.until(lambda: len(server.items(ALICE.spec, "drafts")) == 1, "one version is left")
        await on.press("enter")
        await on.sees("Now The first half.")
        for name, gone in (("#to", DAVE), ("#bcc", CAROL)):
            on.composer.query_one(name, RecipientField).take_out([gone])
        on.composer.follow()
        await on.sees("🔒 Encrypted")
        await on.press("f5")
        await on.until(lambda: server.sent and not server.items(ALICE.spec, "drafts"), "sent, and the draft is gone")
    (sent,) = server.sent
    assert sent.recipients == (BOB.spec,)


async def test_a_machine_without_the_key_shows_that_it_cannot_read_the_draft(
    server: ExchangeServer, machines: tuple[Session, Session]
) -> None:
    first, second = machines
    async with stage(first, start=ShowList()) as on:
        await write(on)
        await save(on)
    store = second.store
    assert isinstance(store, MemoryStore)
    for identity in store.identities():
        store.remove_identity(identity.certificate.sha256)
    async with stage(second, start=ShowList()) as on:
        await on.sees("messages")
        await open_drafts(on)
        await on.press("enter")
        await on.sees("cannot be decrypted with your keys")
    assert len(server.items(ALICE.spec, "drafts")) == 1


async def test_a_draft_that_the_server_does_not_take_stays_on_the_screen(
    server: ExchangeServer, machines: tuple[Session, Session]
) -> None:
    from smimetui.demo.exchange.misbehaviour import unavailable

    first, _ = machines
    async with stage(first, start=ShowList()) as on:
        await write(on)
        server.misbehave("CreateItem", unavailable())
        await on.press("escape")
        await on.sees("Save Draft")
        await on.press("down", "enter")
        await on.sees("too busy")
        assert on.composer.draft(first).body == "The first half."
    assert server.items(ALICE.spec, "drafts") == ()
