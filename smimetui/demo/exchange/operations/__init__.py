"""The operations of Exchange Web Services that this server has, by the name of their request."""

from collections.abc import Callable, Iterator, Mapping

from smimetui.demo.exchange.markup import Node
from smimetui.demo.exchange.operations.directory import convert_id, expand_dl, resolve_names
from smimetui.demo.exchange.operations.folders import find_folder, get_folder
from smimetui.demo.exchange.operations.items import delete_item, find_item, get_item, move_item
from smimetui.demo.exchange.operations.notifications import (
    get_events,
    get_streaming_events,
    subscribe,
    unsubscribe,
)
from smimetui.demo.exchange.operations.syncing import sync_folder_hierarchy, sync_folder_items
from smimetui.demo.exchange.operations.writing import create_item, send_item, update_item
from smimetui.demo.exchange.service import Call

HANDLERS: Mapping[str, Callable[[Call], Node | Iterator[Node]]] = {
    "ResolveNames": resolve_names,
    "ExpandDL": expand_dl,
    "ConvertId": convert_id,
    "GetFolder": get_folder,
    "FindFolder": find_folder,
    "FindItem": find_item,
    "GetItem": get_item,
    "DeleteItem": delete_item,
    "MoveItem": move_item,
    "CreateItem": create_item,
    "SendItem": send_item,
    "UpdateItem": update_item,
    "SyncFolderItems": sync_folder_items,
    "SyncFolderHierarchy": sync_folder_hierarchy,
    "Subscribe": subscribe,
    "Unsubscribe": unsubscribe,
    "GetEvents": get_events,
    "GetStreamingEvents": get_streaming_events,
}
