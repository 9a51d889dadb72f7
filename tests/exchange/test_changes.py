"""Synchronisation and notifications: what changed, told once and in order."""

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
from exchangelib import Account, Message
from exchangelib.errors import ErrorInvalidSyncStateData, ErrorInvalidWatermark, ErrorSubscriptionNotFound
from exchangelib.folders import BaseFolder
from exchangelib.properties import Notification
from exchangelib.services import GetStreamingEvents

from smimetui.demo.exchange import ExchangeServer
from tests.exchange.clients import ALICE, BOB, LETTER, account, ask, walk


@pytest.fixture
def alice(server: ExchangeServer) -> Account:
    server.fill(ALICE, 5)
    return account(server)


def sync(folder: BaseFolder, **more: object) -> list[tuple[str, object]]:
    return list(folder.sync_items(only_fields=["subject", "is_read"], **more))


def test_the_first_sync_gives_everything_in_portions_newest_first(server: ExchangeServer, alice: Account) -> None:
    changes = sync(alice.inbox, max_changes_returned=2)
    assert [kind for kind, _ in changes] == ["create"] * 5
    assert [item.subject for _, item in changes] == [f"Message {n}" for n in (5, 4, 3, 2, 1)]
    assert server.count("SyncFolderItems") == 3
    assert sync(alice.inbox) == []


def test_later_syncs_tell_what_came_what_was_read_and_what_is_gone(server: ExchangeServer, alice: Account) -> None:
    inbox = alice.inbox
    messages = {item.subject: item for _, item in sync(inbox)}
    server.deliver(ALICE, LETTER)
    messages["Message 1"].is_read = False
    messages["Message 1"].save(update_fields=["is_read"])
    messages["Message 2"].move_to_trash()
    messages["Message 3"].delete()
    passing = server.deliver(ALICE, LETTER)
    alice.bulk_delete([(passing, "x")])
    changes = sync(inbox)
    assert sorted(kind for kind, _ in changes) == ["create", "delete", "delete", "read_flag_change"]
    assert next(item for kind, item in changes if kind == "create").subject == "The plan"
    assert next(item for kind, item in changes if kind == "read_flag_change")[1] is False
    assert {kind for kind, _ in sync(alice.trash)} == {"create"}


def test_an_edited_draft_is_an_update(alice: Account) -> None:
    draft = Message(account=alice, folder=alice.drafts, mime_content=LETTER).save()
    folder = alice.drafts
    assert [kind for kind, _ in sync(folder)] == ["create"]
    draft.mime_content = LETTER.replace(b"plan", b"plot")
    draft.save(update_fields=["mime_content"])
    [(kind, item)] = sync(folder)
    assert (kind, item.subject) == ("update", "The plot")


def test_what_comes_while_the_first_sync_is_going_on_is_told_after_it(server: ExchangeServer, alice: Account) -> None:
    changes = alice.inbox.sync_items(only_fields=["subject"], max_changes_returned=2)
    seen = [next(changes)[1].subject]
    server.deliver(ALICE, LETTER)
    seen += [item.subject for _, item in changes]
    assert sorted(seen) == ["Message 1", "Message 2", "Message 3", "Message 4", "Message 5", "The plan"]


def test_a_busy_log_is_told_in_portions_without_loss(server: ExchangeServer, alice: Account) -> None:
    inbox = alice.inbox
    sync(inbox)
    for _ in range(7):
        server.deliver(ALICE, LETTER)
    newest = server.items(ALICE, "inbox")[5:]
    for item in inbox.filter(subject="The plan"):
        item.is_read = True
        item.save(update_fields=["is_read"])
    changes = sync(inbox, max_changes_returned=3)
    created = [item.id for kind, item in changes if kind == "create"]
    assert len(set(created)) == len(newest) == 7


def test_items_can_be_left_out_and_foreign_states_are_refused(server: ExchangeServer, alice: Account) -> None:
    known = next(iter(alice.inbox.all().only("subject")))
    assert len(sync(alice.inbox, ignore=[known])) == 4
    content = (
        "<m:SyncFolderItems><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape>"
        '<m:SyncFolderId><t:DistinguishedFolderId Id="{}"/></m:SyncFolderId><m:SyncState>{}</m:SyncState>'
        "<m:MaxChangesReturned>5</m:MaxChangesReturned></m:SyncFolderItems>"
    )
    refused = ErrorInvalidSyncStateData.__name__
    assert ask(server, content.format("inbox", "nonsense!")).code == refused
    assert ask(server, content.format("inbox", "AAAA")).code == refused
    assert ask(server, content.format("drafts", alice.inbox.item_sync_state or "c3luYzszOzA7MA==")).code == refused
    assert ask(server, content.format("notes", "")).code == "ErrorFolderNotFound"


def test_the_tree_of_folders_is_synchronised(server: ExchangeServer, alice: Account) -> None:
    root = alice.root
    first = [folder.name for _, folder in root.sync_hierarchy(only_fields=["name"])]
    assert "Inbox" in first
    server.add_folder(ALICE, "New", parent="inbox")
    assert [(kind, folder.name) for kind, folder in root.sync_hierarchy(only_fields=["name"])] == [("create", "New")]
    shape = "<m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape>"
    content = f"<m:SyncFolderHierarchy>{shape}{{}}</m:SyncFolderHierarchy>"
    assert ask(server, content.format("<m:SyncState>AAAA</m:SyncState>")).code == "ErrorInvalidSyncStateData"
    everything = ask(server, content.format(""))
    assert "New" in [node.text for node in walk(everything.root) if node.name == "DisplayName"]


def test_pulled_events_tell_what_happened_since_the_watermark(server: ExchangeServer, alice: Account) -> None:
    with alice.inbox.pull_subscription() as (identifier, mark):
        [quiet] = alice.inbox.get_events(identifier, mark)
        assert [type(event).__name__ for event in quiet.events] == ["StatusEvent"]
        server.deliver(ALICE, LETTER)
        server.deliver(ALICE, LETTER, folder="drafts")
        message = alice.inbox.get(subject="The plan")
        message.is_read = True
        message.save(update_fields=["is_read"])
        message.move_to_trash()
        [told] = alice.inbox.get_events(identifier, mark)
        assert [type(event).__name__ for event in told.events] == [
            "NewMailEvent",
            "CreatedEvent",
            "ModifiedEvent",
            "MovedEvent",
        ]
        assert not told.more_events
        later = told.events[-1].watermark
        message = alice.inbox.get(subject="Message 1")
        message.delete()
        [told] = alice.inbox.get_events(identifier, later)
        assert [type(event).__name__ for event in told.events] == ["DeletedEvent"]
    with pytest.raises(ErrorSubscriptionNotFound):
        list(alice.inbox.get_events(identifier, later))
    with pytest.raises(ErrorSubscriptionNotFound):
        alice.inbox.unsubscribe(identifier)


def test_a_mark_that_nobody_gave_is_invalid(alice: Account) -> None:
    with alice.inbox.pull_subscription() as (identifier, _), pytest.raises(ErrorInvalidWatermark):
        list(alice.inbox.get_events(identifier, "AQAAA"))


def test_a_subscription_names_folders_or_wants_all(server: ExchangeServer) -> None:
    content = (
        "<m:Subscribe><m:PullSubscriptionRequest{}><t:EventTypes><t:EventType>NewMailEvent</t:EventType></t:EventTypes>"
        "<t:Timeout>1</t:Timeout></m:PullSubscriptionRequest></m:Subscribe>"
    )
    assert ask(server, content.format("")).code == "ErrorInvalidSubscriptionRequest"
    assert ask(server, content.format(' SubscribeToAllFolders="true"')).code == "NoError"
    assert len(server.service.subscriptions) == 1
    server.service.subscriptions.forget()
    assert len(server.service.subscriptions) == 0


def stream(alice: Account, identifier: str) -> Iterator[Notification]:
    return GetStreamingEvents(account=alice).call(subscription_ids=[identifier], connection_timeout=1)


def test_new_mail_is_told_over_an_open_stream(server: ExchangeServer, alice: Account) -> None:
    server.options.heartbeat = 0.02
    with alice.inbox.streaming_subscription() as identifier, closing(stream(alice, identifier)) as notifications:
        threading.Timer(0.1, server.deliver, args=(ALICE, LETTER)).start()
        told = next(notifications)
        assert told.subscription_id == identifier
        assert [type(event).__name__ for event in told.events] == ["NewMailEvent", "CreatedEvent"]
        server.deliver(BOB, LETTER)
        server.deliver(ALICE, LETTER)
        assert len(next(notifications).events) == 2


def test_what_happened_before_the_stream_was_opened_is_told_too(server: ExchangeServer, alice: Account) -> None:
    with alice.inbox.streaming_subscription() as identifier:
        server.deliver(ALICE, LETTER)
        with closing(stream(alice, identifier)) as notifications:
            assert len(next(notifications).events) == 2


def test_a_stream_ends_after_its_time(server: ExchangeServer, alice: Account) -> None:
    server.options.minute = 0.05
    with alice.inbox.streaming_subscription() as identifier:
        assert list(stream(alice, identifier)) == []


def test_a_stream_of_a_lost_subscription_is_closed(server: ExchangeServer, alice: Account) -> None:
    with pytest.raises(ErrorSubscriptionNotFound):
        list(stream(alice, "lost"))
    server.options.heartbeat = 0.02
    identifier = alice.inbox.subscribe_to_streaming()
    with closing(stream(alice, identifier)) as notifications:
        threading.Timer(0.1, server.service.subscriptions.forget).start()
        with pytest.raises(ErrorSubscriptionNotFound):
            next(notifications)


def test_a_stopping_server_closes_its_streams(server: ExchangeServer, alice: Account) -> None:
    identifier = alice.inbox.subscribe_to_streaming()
    with closing(stream(alice, identifier)) as notifications:
        threading.Timer(0.1, server.stop).start()
        assert list(notifications) == []
