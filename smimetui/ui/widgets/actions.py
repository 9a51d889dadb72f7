"""Acts that can be focused, chosen by Enter and clicked: the words at the end of a sheet."""

from collections.abc import Iterable, Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container
from textual.content import Content
from textual.message import Message
from textual.widgets import Static


class Action(Static, can_focus=True):
    """A word that does something; `-danger` for what cannot be taken back or costs safety."""

    DEFAULT_CSS = """
    Action { width: auto; height: 1; padding: 0 1; color: $primary; text-style: bold; pointer: pointer; }
    Action:focus { background: $selection; }
    Action:nocolor:focus, Action:ansi:focus { text-style: bold reverse; }
    Action.-danger { color: $error; }
    """
    BINDINGS = [Binding("enter,space", "choose", "Choose", show=False)]  # noqa: RUF012 - Textual's own type

    class Chosen(Message):
        """The act was chosen; `name` says which."""

        def __init__(self, act: str) -> None:
            super().__init__()
            self.act = act

    def __init__(self, label: str, act: str, *, danger: bool = False) -> None:
        super().__init__(Content(label), id=f"act-{act}", classes="-danger" if danger else None, markup=False)
        self.act = act
        self.label = label

    def rename(self, label: str, act: str, *, danger: bool = False) -> None:
        """Turn into another act, in place."""
        self.label, self.act = label, act
        self.set_class(danger, "-danger")
        self.update(Content(label))

    def action_choose(self) -> None:
        """Tell that this was chosen."""
        self.post_message(self.Chosen(self.act))

    def on_click(self) -> None:
        """Choose on a click."""
        self.action_choose()


class Actions(Container):
    """A row or a column of acts; arrows move between them."""

    DEFAULT_CSS = """
    Actions { height: auto; layout: horizontal; margin-top: 1; }
    Actions Action { margin-right: 2; }
    Actions.-column { layout: vertical; }
    """
    BINDINGS = [  # noqa: RUF012
        Binding("left,up,k,h", "step(-1)", "Previous", show=False),
        Binding("right,down,j,l", "step(1)", "Next", show=False),
    ]

    def __init__(self, actions: Sequence[Action], *, column: bool = False) -> None:
        super().__init__(classes="-column" if column else None)
        self._actions = actions

    def compose(self) -> ComposeResult:
        """Lay out the acts."""
        yield from self._actions

    def action_step(self, step: int) -> None:
        """Focus the next or previous act that can be focused."""
        acts = [act for act in self.query(Action) if act.display and not act.disabled]
        focused = self.screen.focused
        if isinstance(focused, Action) and focused in acts:
            acts[(acts.index(focused) + step) % len(acts)].focus()


def following(choices: Iterable[str], current: str) -> str:
    """Return the choice after the current one, around the end; the first where that is none of them."""
    names = list(choices)
    return names[(names.index(current) + 1) % len(names)] if current in names else names[0]
