"""Searching a folder: restrictions, query strings, sort orders, pages."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from smimetui.demo.exchange.item_fields import extended_values, readable_text
from smimetui.demo.exchange.markup import TYPES as T
from smimetui.demo.exchange.markup import Node
from smimetui.demo.exchange.soap import RefusedError
from smimetui.demo.exchange.store import Item
from smimetui.demo.exchange.view import path_of

Value = str | int | bool | datetime
Test = Callable[[Item], bool]
_Thing = TypeVar("_Thing")

_VALUES: dict[str, Callable[[Item], Value | None]] = {
    "item:Subject": lambda item: item.card.name if item.card else item.headers.text("Subject"),
    "item:DateTimeReceived": lambda item: item.received,
    "item:DateTimeCreated": lambda item: item.received,
    "item:DateTimeSent": lambda item: item.received if item.card else item.headers.date or item.received,
    "item:Size": lambda item: len(item.mime),
    "item:IsDraft": lambda item: item.is_draft,
    "item:ItemClass": lambda item: "IPM.Contact" if item.card else item.headers.item_class,
    "item:HasAttachments": lambda item: not item.card and item.headers.item_class != "IPM.Note",
    "item:InReplyTo": lambda item: None if item.card else item.headers.text("In-Reply-To"),
    "item:DisplayTo": lambda item: None if item.card else item.headers.text("To"),
    "item:DisplayCc": lambda item: None if item.card else item.headers.text("Cc"),
    "item:Body": lambda item: None if item.card else readable_text(item),
    "message:From": lambda item: None if item.card else " ".join(item.headers.sender),
    "message:Sender": lambda item: None if item.card else " ".join(item.headers.sender),
    "message:InternetMessageId": lambda item: None if item.card else item.headers.text("Message-ID"),
    "message:References": lambda item: None if item.card else item.headers.text("References"),
    "message:ConversationTopic": lambda item: None if item.card else item.headers.text("Subject"),
    "message:IsRead": lambda item: item.is_read,
    "contacts:DisplayName": lambda item: item.card.name if item.card else None,
    "contacts:FileAs": lambda item: item.card.name if item.card else None,
    "contacts:GivenName": lambda item: item.card.given_name if item.card else None,
    "contacts:Surname": lambda item: item.card.surname if item.card else None,
    "contacts:CompanyName": lambda item: item.card.company if item.card else None,
}


def restriction(element: Node) -> Test:
    """Return the test that a Restriction stands for. Raises RefusedError for a property that cannot be searched."""
    return _expression(element.children[0])


def query(text: str) -> Test:
    """Return the test of a query string: words, all of which must occur; subject: and from: narrow one down."""
    words = text.lower().split()

    def matches(item: Item) -> bool:
        subject = str(_VALUES["item:Subject"](item)).lower()
        sender = str(_VALUES["message:From"](item) or "").lower()
        for word in words:
            field, colon, rest = word.partition(":")
            where = {"subject": subject, "from": sender}.get(field if colon else "")
            if where is None:
                where, rest = f"{subject} {sender} {str(_VALUES['item:Body'](item) or '').lower()}", word
            if rest.strip('"') not in where:
                return False
        return True

    return matches


def ordered(items: Iterable[Item], orders: Sequence[Node]) -> list[Item]:
    """Return the items by the FieldOrders, the first weighing most. Raises RefusedError."""
    found = list(items)
    for order in reversed(orders):
        value = _value(order.children[0])
        found.sort(key=lambda item: _sortable(value(item)), reverse=order.attributes["Order"] == "Descending")
    return found


def page(found: Sequence[_Thing], view: Node | None) -> tuple[Sequence[_Thing], dict[str, str]]:
    """Return one page of what was found, and the paging attributes of the answer."""
    offset, most = 0, len(found)
    if view is not None:
        offset = int(view.attributes["Offset"])
        most = int(view.attributes.get("MaxEntriesReturned", str(len(found))))
        if view.attributes["BasePoint"] == "End":
            offset = max(0, len(found) - offset - most)
    end = min(offset + most, len(found))
    attributes = {
        "IndexedPagingOffset": str(end),
        "TotalItemsInView": str(len(found)),
        "IncludesLastItemInRange": "true" if end >= len(found) else "false",
    }
    return found[offset:end], attributes


def _expression(element: Node) -> Test:
    if element.name in {"And", "Or"}:
        tests = [_expression(child) for child in element.children]
        return (
            (lambda item: all(test(item) for test in tests))
            if element.name == "And"
            else (lambda item: any(test(item) for test in tests))
        )
    if element.name == "Not":
        inner = _expression(element.children[0])
        return lambda item: not inner(item)
    value = _value(element.children[0])
    if element.name == "Exists":
        return lambda item: value(item) not in {None, ""}
    if element.name == "Contains":
        return _contains(element, value)
    return _comparison(element, value)


def _contains(element: Node, value: Callable[[Item], Value | None]) -> Test:
    exact = element.attributes.get("ContainmentComparison", "Exact") == "Exact"
    mode = element.attributes.get("ContainmentMode", "FullString")
    constant = element.children[1].attributes["Value"]
    wanted = constant if exact else constant.casefold()

    def matches(item: Item) -> bool:
        found = value(item)
        if not isinstance(found, str):
            return False
        text = found if exact else found.casefold()
        match mode:
            case "FullString":
                return text == wanted
            case "Prefixed":
                return text.startswith(wanted)
            case "PrefixOnWords":
                return any(word.startswith(wanted) for word in text.split())
            case _:
                return wanted in text

    return matches


def _comparison(element: Node, value: Callable[[Item], Value | None]) -> Test:
    other = element.children[1].children[0]
    if other.name != "Constant":
        raise RefusedError("ErrorUnsupportedPathForQuery", "Comparing two properties is not supported.")
    constant = other.attributes["Value"]

    compare = _COMPARISONS[element.name]

    def matches(item: Item) -> bool:
        found = value(item)
        if found is None:
            return element.name == "IsNotEqualTo"
        return compare(_order(found, constant))

    return matches


_COMPARISONS: dict[str, Callable[[int], bool]] = {
    "IsEqualTo": lambda order: order == 0,
    "IsNotEqualTo": lambda order: order != 0,
    "IsGreaterThan": lambda order: order > 0,
    "IsGreaterThanOrEqualTo": lambda order: order >= 0,
    "IsLessThan": lambda order: order < 0,
    "IsLessThanOrEqualTo": lambda order: order <= 0,
}


def _order(found: Value, constant: str) -> int:
    """Return -1, 0 or 1 as the value comes before, with or after the constant."""
    if isinstance(found, str):
        return (found > constant) - (found < constant)
    left, right = _numbers(found, constant)
    return (left > right) - (left < right)


def _numbers(found: float | datetime, constant: str) -> tuple[float, float]:
    if isinstance(found, bool):
        return float(found), float(constant.strip().lower() in {"true", "1"})
    if isinstance(found, datetime):
        at = datetime.fromisoformat(constant)
        return found.timestamp(), (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    return float(found), float(constant)


def _value(path: Node) -> Callable[[Item], Value | None]:
    name = path_of(path)
    if path.tag == f"{T}ExtendedFieldURI":
        return lambda item: next(iter(extended_values(item, name)), None)
    if name.startswith("contacts:EmailAddress#"):
        at = int(name[-1]) - 1 if name[-1].isdecimal() else 0
        return lambda item: item.card.addresses[at] if item.card and len(item.card.addresses) > at else None
    try:
        return _VALUES[name]
    except KeyError:
        raise RefusedError("ErrorUnsupportedPathForQuery", f"The property {name} cannot be searched.") from None


def _sortable(value: Value | None) -> tuple[int, float, str]:
    if value is None:
        return (0, 0.0, "")
    if isinstance(value, datetime):
        return (1, value.timestamp(), "")
    return (1, 0.0, value.casefold()) if isinstance(value, str) else (1, float(value), "")
