"""Chips: recipients with their state as tinted blocks that flow like words, and can be selected and removed.

One widget draws them all: a message to five hundred costs no more widgets than one to a friend.
"""

from collections.abc import Callable, Sequence
from typing import assert_never

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.binding import Binding
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from smimetui.model.address import Address
from smimetui.model.display import printable_line
from smimetui.model.verdict import RecipientState
from smimetui.ui.glyphs import Glyphs
from smimetui.ui.widgets.rows import fitted

_GAP = 1
_LEAST_INPUT = 4
"""Cells the input behind the chips needs before it moves to a line of its own."""
State = RecipientState | None
"""None is neutral: the lock is off."""


class RecipientChips(Widget, can_focus=True):
    """All chips of a field; Left and Right select, Backspace and Delete remove, Enter opens."""

    DEFAULT_CSS = """
    RecipientChips { height: auto; pointer: pointer; }
    RecipientChips > .neutral { background: $chip-neutral; color: $chip-neutral-text; }
    RecipientChips > .ready { background: $chip-ready; color: $chip-ready-text; }
    RecipientChips > .blocked { background: $chip-blocked; color: $chip-blocked-text; }
    RecipientChips > .unreachable { background: $chip-unreachable; color: $chip-unreachable-text; }
    RecipientChips > .checking { background: $chip-neutral; color: $muted; }
    RecipientChips > .selected { text-style: reverse; }
    """
    COMPONENT_CLASSES = {"neutral", "ready", "blocked", "unreachable", "checking", "selected"}  # noqa: RUF012 - Textual's own type
    BINDINGS = [  # noqa: RUF012
        Binding("enter,f2", "open", "Details", show=False, tooltip="Details of the selected recipient"),
        Binding("backspace,delete", "remove", "Remove", show=False, tooltip="Remove the selected recipient"),
        Binding("m", "move", "Move", show=False, tooltip="Move the selected recipient on, from To to Cc to Bcc"),
        Binding("left", "step(-1)", "Previous", show=False),
        Binding("right", "step(1)", "Next", show=False),
    ]

    cursor: reactive[int] = reactive(0)

    class Opened(Message):
        """Enter or a click on a chip."""

        def __init__(self, address: Address) -> None:
            super().__init__()
            self.address = address

    class Removed(Message):
        """A chip was removed."""

    class Moved(Message):
        """The chip is to go to the next field."""

        def __init__(self, address: Address) -> None:
            super().__init__()
            self.address = address

    class Selected(Message):
        """Another chip was selected."""

    class PastEnd(Message):
        """Right, behind the last chip, or nothing left to select."""

    def __init__(self, addresses: Sequence[Address], label: Callable[[Address], str]) -> None:
        super().__init__()
        self.addresses: list[Address] = list(dict.fromkeys(addresses))
        self._label = label
        self._states: dict[Address, State] = {}
        self._sizes: dict[Address, int] = {}
        self._places: list[Region] = []

    @property
    def glyphs(self) -> Glyphs:
        """The app's glyph set."""
        glyphs: Glyphs = getattr(self.app, "glyphs")  # noqa: B009 - the app's own type is known above this room
        return glyphs

    @property
    def selected(self) -> Address | None:
        """The chip under the cursor, while the chips have the focus."""
        return self.addresses[self.cursor] if self.has_focus and self.cursor < len(self.addresses) else None

    def show_states(self, state: Callable[[Address], State], size: Callable[[Address], int]) -> None:
        """Paint the states anew; `size` tells how many people are behind a list's address, 0 for one person."""
        states = {address: state(address) for address in self.addresses}
        sizes = {address: size(address) for address in self.addresses}
        if (states, sizes) != (self._states, self._sizes):
            # Only a glyph that comes or goes, or a count, makes a chip wider: answers alone move nothing.
            moved = sizes != self._sizes or any(
                (state is None) != (self._states.get(address) is None) for address, state in states.items()
            )
            self._states, self._sizes = states, sizes
            self.refresh(layout=moved)

    def add(self, addresses: Sequence[Address]) -> bool:
        """Add recipients behind the others, each once; return whether there were new ones."""
        before = len(self.addresses)
        self.addresses = list(dict.fromkeys((*self.addresses, *addresses)))
        self.refresh(layout=True)
        return len(self.addresses) > before

    def take_out(self, addresses: Sequence[Address]) -> None:
        """Remove recipients."""
        gone = set(addresses)
        self.addresses = [address for address in self.addresses if address not in gone]
        self.cursor = max(0, min(self.cursor, len(self.addresses) - 1))
        self.refresh(layout=True)

    def replace(self, address: Address, others: Sequence[Address]) -> None:
        """Put others in the place of one recipient."""
        index = self.addresses.index(address)
        self.addresses = list(dict.fromkeys((*self.addresses[:index], *others, *self.addresses[index + 1 :])))
        self.refresh(layout=True)

    def flow(self, width: int, needed: int) -> tuple[int, int, int]:
        """Place the chips on lines of `width` cells; return the number of lines and where the input begins (x, y)."""
        self._places = []
        x = y = 0
        glyph = self._glyph_cells
        for address in self.addresses:
            cells = min(width, self._cells(address, glyph) + 2)
            if x and x + cells > width:
                x, y = 0, y + 1
            self._places.append(Region(x, y, cells, 1))
            x += cells + _GAP
        if x and x + max(needed, _LEAST_INPUT) > width:
            x, y = 0, y + 1
        return y + 1, x, y

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """Return the lines that the chips and the input take."""
        del container, viewport
        return self.flow(width, 0)[0]

    def _cells(self, address: Address, glyph: int) -> int:
        """Return the width of a chip's text, for glyphs that are `glyph` cells wide."""
        return cell_len(self._labelled(address)) + (0 if self._states.get(address) is None else 1 + glyph)

    def _labelled(self, address: Address) -> str:
        label = printable_line(self._label(address))
        size = self._sizes.get(address)
        return f"{label} ({size})" if size else label

    def _text(self, address: Address) -> str:
        glyph = chip_glyph(self._states.get(address), self.glyphs)
        label = self._labelled(address)
        # Glyphs of one width: a chip does not grow, nor its neighbours jump, when the answer comes.
        return f"{label} {glyph}{' ' * (self._glyph_cells - cell_len(glyph))}" if glyph else label

    @property
    def _glyph_cells(self) -> int:
        return max(cell_len(chip_glyph(state, self.glyphs)) for state in RecipientState)

    def render_line(self, y: int) -> Strip:
        """Paint one line of chips."""
        segments, x = [], 0
        base = self.rich_style
        for index, place in enumerate(self._places):
            if place.y != y or index >= len(self.addresses):
                continue
            segments.append(Segment(" " * (place.x - x), base))
            segments.extend(self._segments(index, place.width))
            x = place.right
        return Strip(segments).adjust_cell_length(self.size.width, base)

    def _segments(self, index: int, width: int) -> tuple[Segment, Segment, Segment]:
        address = self.addresses[index]
        state = self._states.get(address)
        style = self.get_component_rich_style("neutral" if state is None else state.value)
        if self.has_focus and index == self.cursor:
            style += self.get_component_rich_style("selected", partial=True)
        text = fitted(self._text(address), width - 2, self.glyphs.ellipsis)
        return Segment(" ", style), Segment(text, style), Segment(" " * (width - 1 - cell_len(text)), style)

    def on_focus(self) -> None:
        """Show the selection."""
        self.cursor = max(0, min(self.cursor, len(self.addresses) - 1))
        self.refresh()
        self._show_selected()

    def on_blur(self) -> None:
        """Hide the selection."""
        self.refresh()

    def watch_cursor(self) -> None:
        """Paint the selection, and bring it into view."""
        self.refresh()
        if self.has_focus:
            self.post_message(self.Selected())
            self._show_selected()

    def _show_selected(self) -> None:
        if self.cursor < len(self._places) and isinstance(self.parent, Widget):
            self.parent.scroll_to_region(self._places[self.cursor], animate=False)

    def action_open(self) -> None:
        """Ask for the details."""
        if (selected := self.selected) is not None:
            self.post_message(self.Opened(selected))

    def action_remove(self) -> None:
        """Remove the chip and select its neighbour."""
        if (selected := self.selected) is not None:
            index = self.cursor
            self.take_out([selected])
            self.cursor = max(0, index - 1)
            self.post_message(self.Removed())
        if not self.addresses:
            self.post_message(self.PastEnd())

    def action_move(self) -> None:
        """Ask for the chip to be put into the next field."""
        if (selected := self.selected) is not None:
            self.post_message(self.Moved(selected))

    def action_step(self, step: int) -> None:
        """Move the selection."""
        if self.cursor + step >= len(self.addresses):
            self.post_message(self.PastEnd())
        else:
            self.cursor = max(0, self.cursor + step)

    def on_click(self, event: events.Click) -> None:
        """Open the chip that was clicked."""
        for address, place in zip(self.addresses, self._places, strict=False):
            if place.contains(event.x, event.y):
                self.post_message(self.Opened(address))
                return


def chip_glyph(state: State, glyphs: Glyphs) -> str:
    """Return the glyph of a chip's state; empty with the lock off."""
    match state:
        case None:
            return ""
        case RecipientState.READY:
            return glyphs.locked
        case RecipientState.BLOCKED:
            return glyphs.blocked
        case RecipientState.UNREACHABLE:
            return glyphs.unreachable
        case RecipientState.CHECKING:
            return glyphs.checking
        case _:
            assert_never(state)
