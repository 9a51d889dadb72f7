"""FindItem, GetItem, DeleteItem, MoveItem."""

from collections.abc import Sequence

from smimetui.demo.exchange.item_fields import item_id
from smimetui.demo.exchange.markup import MESSAGES as M
from smimetui.demo.exchange.markup import TYPES as T
from smimetui.demo.exchange.markup import Node, node
from smimetui.demo.exchange.operations.finding_ids import each, folder_of, item_of
from smimetui.demo.exchange.operations.folders import child
from smimetui.demo.exchange.search import ordered, page, query, restriction
from smimetui.demo.exchange.service import Call
from smimetui.demo.exchange.shapes import kind_of, show
from smimetui.demo.exchange.soap import answer, success
from smimetui.demo.exchange.store import Folder, Item
from smimetui.demo.exchange.view import path_of, read_view


def find_item(call: Call) -> Node:
    """Answer FindItem ([MS-OXWSSRCH])."""
    request = call.request
    paging = request.find(f"{M}IndexedPageItemView")

    def work(identifier: Node) -> Node:
        view = read_view(
            child(request, "ItemShape"),
            call.mailbox,
            listing=True,
            addresses_in_listing=call.service.options.addresses_in_listings,
        )
        with call.mailbox.lock:
            folder = folder_of(call, identifier)
            shown, attributes = page(_found(request, folder), paging)
            items = [show(item, view) for item in shown]
        root = Node(tag=f"{M}RootFolder", attributes=attributes, children=[node(f"{T}Items", *items)])
        return success("FindItem", root)

    return answer("FindItem", each("FindItem", child(request, "ParentFolderIds").children, work))


def get_item(call: Call) -> Node:
    """Answer GetItem ([MS-OXWSCORE])."""
    view = read_view(child(call.request, "ItemShape"), call.mailbox)

    def work(identifier: Node) -> Node:
        with call.mailbox.lock:
            return success("GetItem", node(f"{M}Items", show(item_of(call, identifier), view)))

    return answer("GetItem", each("GetItem", child(call.request, "ItemIds").children, work, node(f"{M}Items")))


def delete_item(call: Call) -> Node:
    """Answer DeleteItem: to the deleted items, or for good."""
    to_trash = call.request.attributes["DeleteType"] == "MoveToDeletedItems"

    def work(identifier: Node) -> Node:
        with call.mailbox.lock:
            item = item_of(call, identifier)
            if to_trash:
                call.mailbox.move(item, call.mailbox.folder("deleteditems"))
            else:
                call.mailbox.remove(item)
        return success("DeleteItem")

    return answer("DeleteItem", each("DeleteItem", child(call.request, "ItemIds").children, work))


def move_item(call: Call) -> Node:
    """Answer MoveItem: the item gets a new identifier."""

    def work(identifier: Node) -> Node:
        with call.mailbox.lock:
            target = folder_of(call, child(call.request, "ToFolderId").children[0])
            moved = call.mailbox.move(item_of(call, identifier), target)
            return success("MoveItem", node(f"{M}Items", node(T + kind_of(moved), item_id(moved, call.mailbox))))

    return answer("MoveItem", each("MoveItem", child(call.request, "ItemIds").children, work, node(f"{M}Items")))


def _found(request: Node, folder: Folder) -> Sequence[Item]:
    order = request.find(f"{M}SortOrder")
    fields = order.children if order is not None else []
    if request.find(f"{M}Restriction") is None and request.find(f"{M}QueryString") is None:
        asked = " ".join(f"{path_of(field.children[0])} {field.attributes['Order']}" for field in fields)
        if folder.sorted[:2] != (folder.revision, asked):
            folder.sorted = (folder.revision, asked, ordered(folder.items.values(), fields))
        return folder.sorted[2]
    items: Sequence[Item] = list(folder.items.values())
    if (restricted := request.find(f"{M}Restriction")) is not None:
        test = restriction(restricted)
        items = [item for item in items if test(item)]
    if (words := request.find(f"{M}QueryString")) is not None:
        test = query(words.text)
        items = [item for item in items if test(item)]
    return ordered(items, fields)
