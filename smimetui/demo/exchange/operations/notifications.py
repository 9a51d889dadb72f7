"""Subscribe, Unsubscribe, GetEvents, GetStreamingEvents ([MS-OXWSNTIF])."""

import time
from collections.abc import Iterator, Sequence

from smimetui.demo.exchange.markup import MESSAGES as M
from smimetui.demo.exchange.markup import TYPES as T
from smimetui.demo.exchange.markup import Node, leaf, node
from smimetui.demo.exchange.operations.finding_ids import folder_of
from smimetui.demo.exchange.operations.folders import child
from smimetui.demo.exchange.service import Call
from smimetui.demo.exchange.soap import RefusedError, answer, failure, success
from smimetui.demo.exchange.subscriptions import Subscription, read_watermark, status, watermark

_NOT_FOUND = ("ErrorSubscriptionNotFound", "The specified subscription was not found.")


def subscribe(call: Call) -> Node:
    """Answer Subscribe, for pulling or for streaming."""
    asked = call.request.children[0]
    streaming = asked.tag == f"{M}StreamingSubscriptionRequest"
    folders = asked.find(f"{T}FolderIds")
    kinds = asked.find(f"{T}EventTypes")
    assert kinds is not None
    try:
        everywhere = asked.attributes.get("SubscribeToAllFolders", "false") in {"true", "1"}
        if everywhere is (folders is not None):
            raise _wrong_folders()
        with call.mailbox.lock:
            numbers = frozenset(folder_of(call, one).number for one in folders.children) if folders else frozenset()
            position = len(call.mailbox.log)
    except RefusedError as error:
        return answer("Subscribe", [failure("Subscribe", error.code, error.text)])
    made = call.service.subscriptions.add(
        call.mailbox,
        folders=numbers,
        kinds=frozenset(kind.text for kind in kinds.children),
        streaming=streaming,
        position=position,
    )
    mark = [] if streaming else [leaf(f"{M}Watermark", watermark(position))]
    return answer("Subscribe", [success("Subscribe", leaf(f"{M}SubscriptionId", made.identifier), *mark)])


def unsubscribe(call: Call) -> Node:
    """Answer Unsubscribe."""
    identifier = call.request.text_of(f"{M}SubscriptionId")
    if call.service.subscriptions.get(identifier, call.mailbox) is None:
        return answer("Unsubscribe", [failure("Unsubscribe", *_NOT_FOUND)])
    call.service.subscriptions.remove(identifier)
    return answer("Unsubscribe", [success("Unsubscribe")])


def get_events(call: Call) -> Node:
    """Answer GetEvents: what happened since a watermark."""
    identifier = call.request.text_of(f"{M}SubscriptionId")
    found = call.service.subscriptions.get(identifier, call.mailbox)
    after = read_watermark(call.request.text_of(f"{M}Watermark"))
    if found is None or found.streaming:
        return answer("GetEvents", [failure("GetEvents", *_NOT_FOUND)])
    if after is None:
        return answer("GetEvents", [failure("GetEvents", "ErrorInvalidWatermark", "The watermark is invalid.")])
    with call.mailbox.lock:
        events = found.events(after) or [status(len(call.mailbox.log))]
    notification = node(
        f"{M}Notification",
        leaf(f"{T}SubscriptionId", identifier),
        leaf(f"{T}PreviousWatermark", watermark(after)),
        leaf(f"{T}MoreEvents", "false"),
        *events,
    )
    return answer("GetEvents", [success("GetEvents", notification)])


def get_streaming_events(call: Call) -> Iterator[Node]:
    """Answer GetStreamingEvents: an envelope at once, one with every event, one now and then, one at the end."""
    asked = [one.text for one in child(call.request, "SubscriptionIds").children]
    found = [call.service.subscriptions.get(identifier, call.mailbox) for identifier in asked]
    known = [one for one in found if one is not None and one.streaming]
    if len(known) < len(asked):
        yield _missing(sorted(set(asked) - {one.identifier for one in known}))
        return
    options, mailbox = call.service.options, call.mailbox
    end = time.monotonic() + int(call.request.text_of(f"{M}ConnectionTimeout")) * options.minute
    yield _streamed("OK")
    while (left := end - time.monotonic()) > 0 and not call.service.closing.is_set():
        with mailbox.lock:
            notifications = _collect(known)
            if not notifications:
                mailbox.news.wait(min(left, options.heartbeat))
                notifications = _collect(known)
        if any(call.service.subscriptions.get(one.identifier, mailbox) is None for one in known):
            yield _missing([one.identifier for one in known])
            return
        yield _streamed("OK", *([node(f"{M}Notifications", *notifications)] if notifications else []))
    yield _streamed("Closed")


def _collect(subscriptions: Sequence[Subscription]) -> list[Node]:
    """Return the notifications of what is new, and note that it was told."""
    notifications = []
    for subscription in subscriptions:
        events = subscription.events(subscription.position)
        subscription.position = len(subscription.mailbox.log)
        for event in events:
            # A stream has no place to go back to: its events carry no watermark.
            event.children = [part for part in event.children if part.tag != f"{T}Watermark"]
        if events:
            identifier = leaf(f"{T}SubscriptionId", subscription.identifier)
            notifications.append(node(f"{M}Notification", identifier, *events))
    return notifications


def _streamed(connection: str, *content: Node) -> Node:
    message = success("GetStreamingEvents", *content, leaf(f"{M}ConnectionStatus", connection))
    return answer("GetStreamingEvents", [message])


def _missing(identifiers: Sequence[str]) -> Node:
    lost = node(f"{M}ErrorSubscriptionIds", *(leaf(f"{M}SubscriptionId", one) for one in identifiers))
    closed = leaf(f"{M}ConnectionStatus", "Closed")
    return answer("GetStreamingEvents", [failure("GetStreamingEvents", *_NOT_FOUND, lost, closed)])


def _wrong_folders() -> RefusedError:
    return RefusedError("ErrorInvalidSubscriptionRequest", "Name folders, or subscribe to all of them.")
