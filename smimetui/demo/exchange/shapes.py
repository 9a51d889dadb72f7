"""Items as elements, in the view the client asked for."""

from smimetui.demo.exchange.item_fields import FIELDS, extended
from smimetui.demo.exchange.markup import TYPES as T
from smimetui.demo.exchange.markup import Node, node
from smimetui.demo.exchange.store import Item
from smimetui.demo.exchange.view import View, is_wanted


def show(item: Item, view: View) -> Node:
    """Return the element of an item."""
    shown = node(T + kind_of(item))
    for field in FIELDS:
        if not is_wanted(field.uri, view):
            continue
        if field.uri == "extended":
            shown.children.extend(extended(item, view))
        elif (element := field.build(item, view)) is not None:
            shown.children.append(element)
    return shown


def kind_of(item: Item) -> str:
    """Return the name of the item's element."""
    if item.card is None:
        return "Message"
    return "DistributionList" if item.card.is_list else "Contact"
