"""What can be done on a screen now: one list for the line of keys, the help and the palette."""

from collections.abc import Iterator
from dataclasses import replace

from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

from smimetui.model.value import dataclass


@dataclass(frozen=True, slots=True)
class Act:
    """An action with the keys it is bound to now, as they are shown."""

    keys: tuple[str, ...]
    label: str
    what: str
    """A sentence for help and palette."""
    moves: bool
    """Moves within a widget: not worth a place in the palette."""
    action: str
    node: DOMNode | None


PALETTE = Act(("^P",), "More", "All commands, themes and glyph sets", False, "command_palette", None)


def acts(screen: Screen[object], *, shown: bool = False) -> Iterator[Act]:
    """Yield what the program's own bindings do, in the order written; with `shown` the focused widget's main act first.

    With `shown`, only what belongs on the line of keys. Keys that the settings remap appear as remapped.
    """
    found: dict[tuple[DOMNode | None, str], Act] = {}
    for key, entry in screen.active_bindings.items():
        binding, node = entry.binding, entry.node
        if not entry.enabled or not binding.description or binding.action not in _written(node):
            continue
        if shown and (not binding.show or node is screen.app):
            continue
        name = key_name(screen.app.get_key_display(binding.with_key(key)))
        # A screen's own key for what the app does, as q is for quit, is a key more for the same act.
        act = binding.action.removeprefix("app.")
        place = (node if act == binding.action else screen.app, act)
        if place in found:
            found[place] = replace(found[place], keys=(*found[place].keys, name))
        else:
            found[place] = Act(
                (name,),
                binding.description,
                binding.tooltip or binding.description,
                not binding.tooltip,
                binding.action,
                node,
            )
    order = list(_written(screen))

    def place_of(act: Act) -> int:
        if act.node is screen:
            return order.index(act.action)
        if act.node is screen.app:
            return len(order)
        return -1 if shown else len(order) + 1

    yield from sorted(found.values(), key=place_of)


def key_name(display: str) -> str:
    """Return a key as the product writes it: `F5`, `Esc`, `Enter`, `^P`, `r`."""
    names = {
        "esc": "Esc",
        "enter": "Enter",
        "⏎": "Enter",
        "⌫": "Backspace",
        "backspace": "Backspace",
        "delete": "Del",
        "del": "Del",
    }
    names |= {"space": "Space", "tab": "Tab", "pgup": "PgUp", "pgdn": "PgDn", "home": "Home", "end": "End"}
    if display in names:
        return names[display]
    return display.upper() if display.startswith(("f", "^")) and len(display) > 1 else display


def _written(node: DOMNode) -> dict[str, None]:
    """Return the actions that the program's own classes bind on a node, in the order they are written."""
    actions: dict[str, None] = {}
    for owner in type(node).__mro__:
        if owner.__module__.startswith("smimetui."):
            bindings = owner.__dict__.get("BINDINGS", ())
            actions |= {binding.action: None for binding in bindings if isinstance(binding, Binding)}
    return actions
